"""Sends for a crowd: 50 packets a second for each, evenly spread over every 20 ms."""

import asyncio
import time

from bench.rooms.participant import Participant

PACKET = 0.02
PHASES = 10
"""Heaps into which 20 ms are divided. Real participants are not in step either."""


class Pump:
    """`pace` is how long the participants take 20 ms to be: a clock that is 200 ppm slow has 0.020004."""

    def __init__(self, pace: float = PACKET) -> None:
        self._pace = pace
        self._phases: list[list[Participant]] = [[] for _ in range(PHASES)]
        self._running = asyncio.create_task(self._run())

    def add(self, *participants: Participant) -> None:
        for one in participants:
            min(self._phases, key=len).append(one)

    async def _run(self) -> None:
        """A heap that is late is sent at once."""
        began, beat = time.perf_counter(), 0
        while True:
            await asyncio.sleep(max(0.0, began + beat * self._pace / PHASES - time.perf_counter()))
            for one in self._phases[beat % PHASES]:
                one.send()
            beat += 1

    def stop(self) -> None:
        self._running.cancel()
