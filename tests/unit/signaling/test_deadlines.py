"""One heap of deadlines: moved, taken away, in order."""

import asyncio

from signaling.deadlines import Deadlines


async def test_deadlines_pass_in_their_order_however_they_were_set() -> None:
    loop = asyncio.get_running_loop()
    deadlines = Deadlines(loop.time)
    passed: list[str] = []
    done = asyncio.Event()
    start = loop.time()
    deadlines.set("last", start + 0.04, done.set)
    deadlines.set("late", start + 0.03, lambda: passed.append("late"))
    deadlines.set("early", start + 0.01, lambda: passed.append("early"))
    deadlines.set("moved", start + 0.005, lambda: passed.append("moved too early"))
    deadlines.set("moved", start + 0.02, lambda: passed.append("moved"))
    deadlines.set("gone", start + 0.001, lambda: passed.append("gone"))
    deadlines.set("gone", None, lambda: None)
    async with asyncio.timeout(10):
        await done.wait()
    assert passed == ["early", "moved", "late"]
    deadlines.close()


async def test_a_deadline_that_fails_does_not_stop_the_others() -> None:
    loop = asyncio.get_running_loop()
    deadlines = Deadlines(loop.time)
    done = asyncio.Event()

    def fail() -> None:
        raise RuntimeError

    deadlines.set("failing", loop.time() + 0.001, fail)
    deadlines.set("next", loop.time() + 0.002, done.set)
    async with asyncio.timeout(10):
        await done.wait()
    deadlines.close()


async def test_a_deadline_that_is_moved_again_and_again_does_not_fill_the_heap() -> None:
    loop = asyncio.get_running_loop()
    deadlines = Deadlines(loop.time)
    for number in range(10_000):
        deadlines.set("call", loop.time() + 100 + number, lambda: None)
    assert len(deadlines._heap) <= 65
    deadlines.close()
