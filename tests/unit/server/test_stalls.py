"""Stalls of the event loop are measured on a loop that is really held up."""

import asyncio
import time

from kith.server.stalls import Stalls


async def held_up(stalls: Stalls, seconds: float) -> float:
    await asyncio.sleep(0.03)
    time.sleep(seconds)  # noqa: ASYNC251 - what no code in the server may do
    await asyncio.sleep(0.03)
    return stalls.take_worst()


async def test_a_blocking_call_is_seen_and_forgotten_once_it_was_told() -> None:
    stalls = Stalls()
    assert stalls.take_worst() == 0.0, "watching begins with the first question"
    assert 0.05 < await held_up(stalls, 0.08) < 0.2
    assert await held_up(stalls, 0.0) < 0.04
    stalls.stop()


async def test_nothing_is_watched_unless_somebody_asks() -> None:
    stalls = Stalls()
    assert await held_up(stalls, 0.08) == 0.0
    stalls.stop()
    stalls.stop()
