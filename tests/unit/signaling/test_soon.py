"""Replies that may wait: all of them, in their order, within the delay, and in one go where many wait."""

import asyncio
from collections.abc import Sequence

from signaling import soon
from signaling.closing import Close
from signaling.soon import DELAY, TOGETHER, Soon


class _Channel:
    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.arrived = asyncio.Event()

    def send(self, frame: bytes) -> None:
        self.sent.append(frame)
        self.arrived.set()

    def send_together(self, frames: Sequence[bytes]) -> None:
        for frame in frames:
            self.send(frame)

    def close(self, code: Close, reason: str) -> None:
        del code, reason


async def test_what_waits_is_sent_in_its_order_when_the_delay_is_over() -> None:
    one, other, later = _Channel(), _Channel(), Soon()
    loop = asyncio.get_running_loop()
    began = loop.time()
    later.send(one, b"1")
    later.send(other, b"x")
    later.send(one, b"2")
    assert one.sent == other.sent == []
    async with asyncio.timeout(10):
        await one.arrived.wait()
        await other.arrived.wait()
    assert (one.sent, other.sent) == ([b"1", b"2"], [b"x"])
    assert loop.time() - began >= DELAY * 0.9


async def test_many_do_not_wait() -> None:
    channel, later = _Channel(), Soon()
    for number in range(TOGETHER):
        later.send(channel, bytes([number]))
    assert channel.sent == [bytes([number]) for number in range(TOGETHER)]
    later.send(channel, b"next")
    async with asyncio.timeout(10):
        while b"next" not in channel.sent:
            channel.arrived.clear()
            await channel.arrived.wait()


def test_they_wait_for_less_than_people_notice_and_far_less_than_a_retry() -> None:
    assert soon.DELAY <= 0.25
    assert soon.TOGETHER <= 32 // 2
