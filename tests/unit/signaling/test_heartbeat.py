"""Everybody is beaten once a turn, nobody after leaving, and an empty wheel stands still."""

import asyncio

from signaling.heartbeat import Heartbeat


class _Counted:
    def __init__(self, goal: int) -> None:
        self.beats = 0
        self.goal = goal
        self.reached = asyncio.Event()

    def beat(self) -> None:
        self.beats += 1
        if self.beats == self.goal:
            self.reached.set()


async def test_beats_come_once_a_turn_until_one_leaves() -> None:
    heartbeat = Heartbeat(interval=0.06)
    leaving, staying = _Counted(1), _Counted(4)
    stop = heartbeat.add(leaving)
    heartbeat.add(staying)
    async with asyncio.timeout(10):
        await leaving.reached.wait()
        stop()
        await staying.reached.wait()
    assert leaving.beats == 1


async def test_an_empty_wheel_stands_still() -> None:
    heartbeat = Heartbeat(interval=0.06)
    counted = _Counted(1)
    stop = heartbeat.add(counted)
    async with asyncio.timeout(10):
        await counted.reached.wait()
    stop()
    stop()  # leaving twice is harmless
    turned = asyncio.Event()
    asyncio.get_running_loop().call_later(0.01, turned.set)  # longer than one spoke
    await turned.wait()
    assert heartbeat._timer is None


async def test_one_that_fails_does_not_stop_the_others() -> None:
    class Failing:
        def beat(self) -> None:
            raise RuntimeError

    heartbeat = Heartbeat(interval=0.06)
    heartbeat.add(Failing())
    counted = _Counted(3)
    heartbeat.add(counted)
    async with asyncio.timeout(10):
        await counted.reached.wait()
