"""A wall clock that is set while deadlines wait: NTP after start, somebody's hand, a summer night."""

import asyncio

import pytest

from signaling.deadlines import Deadlines

HOUR = 3600.0


class WallClock:
    """Runs like the loop's, and can be set."""

    def __init__(self) -> None:
        self.offset = 1_800_000_000.0

    def __call__(self) -> float:
        return asyncio.get_running_loop().time() + self.offset


async def passed(event: asyncio.Event) -> None:
    async with asyncio.timeout(10):
        await event.wait()


@pytest.mark.parametrize("jump", [-HOUR, HOUR])
async def test_a_clock_that_is_set_moves_no_deadline(jump: float) -> None:
    clock = WallClock()
    deadlines = Deadlines(clock)
    first, second, far = asyncio.Event(), asyncio.Event(), asyncio.Event()
    deadlines.set("first", clock() + 0.01, first.set)
    deadlines.set("second", clock() + 0.03, second.set)
    deadlines.set("far", clock() + HOUR / 2, far.set)
    clock.offset += jump
    await passed(first)
    await passed(second)
    assert not far.is_set()
    deadlines.close()


async def test_a_deadline_that_is_set_after_the_jump_keeps_its_time() -> None:
    clock = WallClock()
    deadlines = Deadlines(clock)
    before, after = asyncio.Event(), asyncio.Event()
    deadlines.set("before", clock() + HOUR, before.set)
    clock.offset -= HOUR
    deadlines.set("after", clock() + 0.01, after.set)
    await passed(after)
    assert not before.is_set()
    deadlines.close()


async def test_one_that_is_overdue_passes_at_once() -> None:
    clock = WallClock()
    deadlines = Deadlines(clock)
    late = asyncio.Event()
    deadlines.set("late", clock() - HOUR, late.set)
    await passed(late)
    deadlines.close()


async def test_one_that_is_set_again_to_the_same_time_stays_where_it_was() -> None:
    """A call sets its deadline after every step, also where that has not moved."""
    clock = WallClock()
    deadlines = Deadlines(clock)
    passed_by: list[str] = []
    late, done = clock() + 0.02, asyncio.Event()
    deadlines.set("call", late, lambda: passed_by.append("first"))
    clock.offset -= HOUR
    deadlines.set("call", late, done.set)
    await passed(done)
    assert passed_by == []
    deadlines.close()
