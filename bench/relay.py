"""What it costs to relay a message, against the PeerJS server on the same job.

Both servers run at the same time, each with its own load and `endpoints` connections over plain
WebSocket. Rounds are short and alternate, so that a noisy machine is equally unfair to both; the median
counts, and for the ratio the median of the ratios of two rounds that followed each other.

The load is what candidates are: each endpoint sends some in a row, 20 ms apart, as a browser finds them, then
none for a while. All endpoints together send evenly.
Kith does more for each message: it checks types and limits, knows who sent it, numbers it, keeps it until it
is acked, and answers the sender. All of that, and the acks it gets, are in its number.

Memory is what resident memory grew by for each idle, signed-in endpoint. Kith is started again
between enrolling and connecting, so that it holds what a server holds and not what enrolling left behind.
"""

import contextlib
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import click

from bench import report, servers
from bench.driver import Driver, driver
from bench.meter import resident_kib

CPU_RATIO = 0.75
MEMORY_RATIO = 1.5
WARM = 32
"""Endpoints that connect and leave before memory is measured: what a server allocates once is not theirs."""

SETTLE = 3.0
"""Seconds until the memory of idle connections is read."""


@dataclass(slots=True)
class Contender:
    """One server under measurement. `kib` is for each idle endpoint; `rounds` are the load's answers."""

    name: str
    server: servers.Server
    load: Driver
    kib: float
    rounds: list[dict[str, Any]] = field(default_factory=list)

    def middle(self, key: str) -> float:
        return float(median(one[key] for one in self.rounds))


@click.command()
@click.option("--endpoints", default=2_000, show_default=True)
@click.option(
    "--rate", default=1_000, show_default=True, help="Messages a second, of all endpoints together."
)
@click.option(
    "--trickle", default=10, show_default=True, help="Messages that an endpoint sends in a row, 20 ms apart."
)
@click.option("--seconds", default=2.0, show_default=True, help="Length of a round.")
@click.option("--rounds", default=20, show_default=True)
def relay(endpoints: int, rate: int, trickle: int, seconds: float, rounds: int) -> None:
    """CPU a relayed message and memory an idle endpoint, against PeerJS."""
    with contextlib.ExitStack() as stack:
        contenders = [_peerjs(stack, endpoints), _kith(stack, endpoints)]
        for number in range(rounds):
            for one in contenders[:: 1 if number % 2 else -1]:
                one.rounds.append(
                    one.load.order("relay", pid=one.server.pid, rate=rate, seconds=seconds, trickle=trickle)
                )
    report.emit(_result(*contenders) | {"endpoints": endpoints, "rate": rate, "trickle": trickle})


def _peerjs(stack: contextlib.ExitStack, endpoints: int) -> Contender:
    server = stack.enter_context(servers.peerjs())
    load = stack.enter_context(driver("bench.load", "peerjs"))
    kib = _connect(server, load, endpoints, _warm_baseline("peerjs", server))
    load.order("pair")
    return Contender("PeerJS", server, load, kib)


def _kith(stack: contextlib.ExitStack, endpoints: int) -> Contender:
    data: Path = stack.enter_context(servers.scratch())
    load = stack.enter_context(driver("bench.load", "kith"))
    with servers.kith(data) as first:
        load.order("enrol", port=first.port, endpoints=endpoints)
    server = stack.enter_context(servers.kith(data))
    kib = _connect(server, load, endpoints, _warm_baseline("kith", server))
    load.order("pair")
    return Contender("Kith", server, load, kib)


def _warm_baseline(kind: str, server: servers.Server) -> int:
    """KiB that the server holds when some endpoints have come and gone."""
    with driver("bench.load", kind) as warm:
        warm.order("enrol", port=server.port, endpoints=WARM)
        warm.order("connect", port=server.port, endpoints=WARM)
    time.sleep(SETTLE)
    return resident_kib(server.pid)


def _connect(server: servers.Server, load: Driver, endpoints: int, before: int) -> float:
    load.order("connect", port=server.port, endpoints=endpoints)
    time.sleep(SETTLE)
    return (resident_kib(server.pid) - before) / endpoints


def _result(peerjs: Contender, kith: Contender) -> dict[str, Any]:
    keys = ("cpu_us", "p50_ms", "p99_ms")
    report.show(
        "Relaying, median of the rounds",
        ("", "CPU µs a message", "p50 ms", "p99 ms", "KiB an idle endpoint"),
        [(one.name, *(one.middle(key) for key in keys), one.kib) for one in (peerjs, kith)],
    )
    cpu_ratio = median(
        mine["cpu_us"] / other["cpu_us"] for mine, other in zip(kith.rounds, peerjs.rounds, strict=True)
    )
    memory_ratio = kith.kib / peerjs.kib
    met = report.judge("cpu_ratio", cpu_ratio, CPU_RATIO) & report.judge(
        "memory_ratio", memory_ratio, MEMORY_RATIO
    )
    clean = all(not one["missing"] and not one["lost"] for side in (peerjs, kith) for one in side.rounds)
    if not clean:
        report.console.print("[red]messages or connections were lost[/]")
    return {
        "bench": "relay",
        "met": met and clean,
        "cpu_ratio": round(cpu_ratio, 3),
        "memory_ratio": round(memory_ratio, 3),
        **{
            one.name.lower(): {"kib": round(one.kib, 2), **{key: round(one.middle(key), 3) for key in keys}}
            for one in (peerjs, kith)
        },
    }
