"""Carries out the orders: participants join, send evenly spread over every 20 ms, are measured, and leave."""

import asyncio
import gc
import time
from statistics import median
from typing import Any, Protocol

from bench.meter import cpu_seconds
from bench.rooms import hearing, quality
from bench.rooms.material import VOICES, Voice, room_noise, voice
from bench.rooms.participant import Participant
from bench.rooms.pump import Pump
from kith.simulator.distribution import percentile

SETTLE = 3.0
"""Seconds from the last one's joining until numbers count."""

LISTENERS = 4
"""Participants of the first room whose hearing is looked into."""

JOINING = 8
"""Participants that join at a time."""


class Mixer(Protocol):
    """One kind of mixer. `pids` and `ports` are of its processes, as far as the load started them."""

    pids: list[int]
    ports: list[int]

    async def start(self) -> None: ...
    async def seat(self, room: int, participant: Participant) -> None: ...
    async def clear(self) -> None: ...
    async def close(self) -> None: ...


class Load:
    def __init__(self, mixer: Mixer) -> None:
        self._mixer = mixer
        self._rooms: list[list[Participant]] = []
        self._talkers = 0
        self._pump: Pump | None = None

    async def join(self, *, rooms: int, size: int, talkers: int, level: bool) -> dict[str, Any]:
        """Fill `rooms` with `size` participants each, the first `talkers` of whom talk. Everybody sends at once."""
        began = time.perf_counter()
        self._talkers = talkers
        self._rooms = [
            [_participant(room, seat, talks=seat < talkers, level=level) for seat in range(size)]
            for room in range(rooms)
        ]
        self._pump = pump = Pump()
        everybody = [(room, one) for room, people in enumerate(self._rooms) for one in people]
        await self._mixer.seat(*everybody[0])  # who makes the room
        pump.add(everybody[0][1])

        async def joins(room: int, one: Participant) -> None:
            await self._mixer.seat(room, one)
            pump.add(one)

        for first in range(1, len(everybody), JOINING):
            async with asyncio.TaskGroup() as group:
                for room, one in everybody[first : first + JOINING]:
                    group.create_task(joins(room, one))
        return {"seconds": round(time.perf_counter() - began, 2)}

    async def measure(self, seconds: float, pids: list[int]) -> dict[str, Any]:
        """CPU milliseconds for each second of each participant, and what `LISTENERS` of them hear of the talkers."""
        everybody = [one for people in self._rooms for one in people]
        watched = self._rooms[0][: max(LISTENERS, self._talkers)]
        gc.collect()
        gc.disable()
        await asyncio.sleep(SETTLE)
        for one in watched:
            one.remember()
        got, sent = [one.received for one in everybody], sum(one.count for one in everybody)
        own, cpu, began = time.process_time(), _cpu(pids), time.perf_counter()
        await asyncio.sleep(seconds)
        cpu, took, own = _cpu(pids) - cpu, time.perf_counter() - began, time.process_time() - own
        rates = [(one.received - before) / took for one, before in zip(everybody, got, strict=True)]
        sent = sum(one.count for one in everybody) - sent
        gc.enable()
        late = await asyncio.to_thread(self._latencies, watched)
        return {
            "cpu_ms": 1000 * cpu / took / len(everybody),
            "packets_min": min(rates),
            "packets_mean": sum(rates) / len(rates),
            "sent_mean": sent / took / len(everybody),
            "load_percent": 100 * own / took,
            "latency_p50_ms": 1000 * percentile(late, 0.5) if late else None,
            "latency_p95_ms": 1000 * percentile(late, 0.95) if late else None,
            "latency_packets": len(late),
        }

    async def listen(self, seconds: float) -> dict[str, Any]:
        """Everybody begins anew, so that each mixer gets the same; then how well the last one of the first room hears
        all who talk."""
        for people in self._rooms:
            for one in people:
                one.rewind()
                one.remember()
        await asyncio.sleep(seconds)
        *talkers, listener = self._rooms[0]
        said = [(one.voice, one.sent or ()) for one in talkers[: self._talkers]]
        scores = await asyncio.to_thread(quality.scores, listener.remembered(), said)
        return {"estoi": median(scores) if scores else None, "stretches": len(scores)}

    def _latencies(self, watched: list[Participant]) -> list[float]:
        talkers = [(one, hearing.Said.of(one.voice, one.sent or ())) for one in watched[: self._talkers]]
        return [
            late
            for listener in watched[:LISTENERS]
            for heard in [hearing.heard(listener.remembered())]
            for talker, said in talkers
            if talker is not listener
            for late in hearing.latencies(heard, said)
        ]

    async def leave(self) -> dict[str, Any]:
        if self._pump is not None:
            self._pump.stop()
        await self._mixer.clear()
        for people in self._rooms:
            for one in people:
                await one.close()
        self._rooms = []
        return {}

    async def start(self) -> dict[str, Any]:
        await self._mixer.start()
        return {"pids": self._mixer.pids, "ports": self._mixer.ports}

    async def end(self) -> None:
        await self.leave()
        await self._mixer.close()


def _participant(room: int, seat: int, *, talks: bool, level: bool) -> Participant:
    said: Voice = voice(seat % VOICES) if talks else room_noise()
    begin = (seat // VOICES * 311 + room * 97 + (0 if talks else seat * 37)) % len(said.packets)
    return Participant(f"p{room}-{seat}", said, begin=begin, level=level)


def _cpu(pids: list[int]) -> float:
    return sum(cpu_seconds(pid) for pid in pids)
