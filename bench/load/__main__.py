"""The load's process. `python -m bench.load CROWD`, one of CROWDS; see the package for what it is told."""

import asyncio
import itertools
import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import uvloop

from bench.load.ejabberd import Ejabberd
from bench.load.kith import Kith
from bench.load.kith_messages import KithMessages
from bench.load.lane import Lane
from bench.load.peerjs import PeerJs
from bench.load.synapse import Synapse
from bench.meter import cpu_seconds
from kith.simulator.distribution import percentile

TICK = 0.001
"""Seconds between looks at the clock: what is due since the last is sent. Evenly, so that the server sees single
messages and not heaps, which would be cheaper."""

SETTLE = 0.5
"""Seconds at the start of a round that are not counted, and after it for the last messages to arrive."""


class Crowd(Protocol):
    """The endpoints of one kind of server."""

    lanes: list[Lane]

    async def enrol(self, port: int, endpoints: int) -> None: ...
    async def connect(self, port: int, endpoints: int) -> None: ...
    async def pair(self, ahead: int = 0) -> None: ...
    async def close(self) -> None: ...
    @property
    def lost(self) -> int: ...


CROWDS: dict[str, Callable[[Callable[[float], None]], Crowd]] = {
    "kith": Kith,
    "peerjs": PeerJs,
    "kith-messages": KithMessages,
    "ejabberd": Ejabberd,
    "synapse": Synapse,
}


class Load:
    """Carries out the orders."""

    def __init__(self, kind: str) -> None:
        self._delays: list[float] = []
        self._crowd = CROWDS[kind](self._delays.append)

    async def close(self) -> None:
        """There are no more orders."""
        await self._crowd.close()

    async def carry_out(self, order: dict[str, Any]) -> dict[str, Any]:
        began = time.perf_counter()
        match order["do"]:
            case "enrol":
                await self._crowd.enrol(order["port"], order["endpoints"])
            case "connect":
                await self._crowd.connect(order["port"], order["endpoints"])
            case "pair":
                await self._crowd.pair(order.get("ahead", 0))
            case "relay":
                turns = in_turn(len(self._crowd.lanes), order["trickle"])
                return await self._relay(turns, order["pid"], order["rate"], order["seconds"])
            case other:
                raise ValueError(other)
        return {"seconds": round(time.perf_counter() - began, 2)}

    async def _relay(self, turns: Iterator[int], pid: int, rate: float, seconds: float) -> dict[str, Any]:
        """`rate` messages a second along the lanes in `turns`; the server's processor time is read around them."""
        lanes = self._crowd.lanes
        await self._send(turns, rate, SETTLE)
        self._delays.clear()
        cpu, began = cpu_seconds(pid), time.perf_counter()
        counted = await self._send(turns, rate, seconds)
        await asyncio.sleep(0.02)
        cpu, took = cpu_seconds(pid) - cpu, time.perf_counter() - began
        arrived = list(self._delays)
        await asyncio.sleep(SETTLE)
        return {
            "sent": counted,
            "rate": round(counted / took, 1),
            "missing": sum(lane.under_way for lane in lanes),
            "lost": self._crowd.lost,
            "cpu_us": cpu / counted * 1e6,
            "p50_ms": _ms(arrived, 0.5),
            "p99_ms": _ms(arrived, 0.99),
        }

    async def _send(self, turns: Iterator[int], rate: float, seconds: float) -> int:
        """Returns how many were sent."""
        began = time.perf_counter()
        total, sent = int(rate * seconds), 0
        while sent < total:
            due = min(total, int((time.perf_counter() - began) * rate))
            for turn in itertools.islice(turns, due - sent):
                self._crowd.lanes[turn].send()
            sent = due
            await asyncio.sleep(TICK)
        return total


def _ms(delays: list[float], share: float) -> float:
    return percentile(delays, share) * 1_000 if delays else math.inf


AT_ONCE = 20
"""Lanes that are in the middle of a trickle."""


def in_turn(lanes: int, trickle: int) -> Iterator[int]:
    """Which lane sends next, for ever: each sends `trickle` messages, with AT_ONCE others taking turns with it,
    and is then silent until all have. So do candidates come; with 1 the lanes send one after the other."""
    blocks = [range(first, min(first + AT_ONCE, lanes)) for first in range(0, lanes, AT_ONCE)]
    while True:
        for block in blocks:
            for _ in range(trickle):
                yield from block


async def main(kind: str) -> None:
    loop = asyncio.get_running_loop()
    load = Load(kind)
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    async for line in orders:
        print(json.dumps(await load.carry_out(json.loads(line))), flush=True)
    await load.close()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(sys.argv[1]))
