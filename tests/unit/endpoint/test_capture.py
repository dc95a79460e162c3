"""A source is open exactly while somebody wants it and it is allowed."""

import asyncio
from fractions import Fraction

import numpy as np
import pytest
from aiortc.mediastreams import MediaStreamError
from av import VideoFrame

from kith.endpoint.cameras import RATE as RATE_OF_PICTURES
from kith.endpoint.cameras import PatternCamera
from kith.endpoint.capture import Capture, Outlet, OutletTrack, PictureSource, Timeline, VoiceSource
from kith.endpoint.lens import Lens
from kith.endpoint.microphones import SAMPLES, ToneMicrophone
from media.level import loudness
from media.opus import Decoder
from media.tones import RATE, Samples


class Numbers:
    """A source that counts, as fast as it is asked."""

    def __init__(self) -> None:
        self.opened = 0
        self.closed = 0
        self._count = 0

    def open(self) -> "Numbers":
        self.opened += 1
        return self

    async def read(self) -> int:
        await asyncio.sleep(0.001)
        self._count += 1
        return self._count

    def close(self) -> None:
        self.closed += 1


class Changes:
    """Waits for `live` to become what a test expects."""

    def __init__(self) -> None:
        self._happened = asyncio.Event()

    def __call__(self) -> None:
        self._happened.set()

    async def until(self, capture: Capture[int], *, live: bool) -> None:
        async with asyncio.timeout(5):
            while capture.live is not live:
                self._happened.clear()
                await self._happened.wait()


@pytest.mark.row("R134")
async def test_live_means_open_and_open_means_wanted_and_allowed() -> None:
    source, changes = Numbers(), Changes()
    capture: Capture[int] = Capture(source.open, 3, changes)
    assert not capture.live and source.opened == 0
    outlet = capture.attach()
    await changes.until(capture, live=True)
    assert await outlet.get() < await outlet.get()

    capture.allowed = False
    assert not capture.live
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(outlet.get(), 0.02)
    assert source.closed == 1

    capture.allowed = True
    await changes.until(capture, live=True)
    outlet.enabled = False
    assert not capture.live
    outlet.enabled = True
    await changes.until(capture, live=True)
    capture.detach(outlet)
    assert not capture.live
    await asyncio.sleep(0)
    assert source.opened == source.closed == 3


async def test_one_source_serves_many_and_each_outlet_forgets_the_oldest() -> None:
    source, changes = Numbers(), Changes()
    capture: Capture[int] = Capture(source.open, 2, changes)
    slow, quick = capture.attach(), capture.attach()
    quick.enabled = False
    quick.enabled = True
    seen = [await quick.get() for _ in range(10)]
    assert seen == sorted(seen) and source.opened == 1
    assert await slow.get() >= seen[-1] - 2
    capture.detach(quick)
    capture.detach(slow)


async def test_a_source_that_cannot_be_opened_is_no_catastrophe() -> None:
    def fail() -> Numbers:
        raise OSError("unplugged")

    capture: Capture[int] = Capture(fail, 3, lambda: None)
    outlet = capture.attach()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(outlet.get(), 0.02)
    assert not capture.live
    capture.detach(outlet)


async def test_a_source_that_fails_is_closed_and_not_live() -> None:
    class Breaks(Numbers):
        async def read(self) -> int:
            raise OSError("unplugged")

    source = Breaks()
    changed: asyncio.Queue[bool] = asyncio.Queue()
    capture: Capture[int] = Capture(source.open, 3, lambda: changed.put_nowait(capture.live))
    capture.attach()
    async with asyncio.timeout(5):
        assert [await changed.get(), await changed.get()] == [True, False]
    await asyncio.sleep(0)
    assert source.closed == 1 and not capture.live


def test_timestamps_count_exactly_and_jump_over_pauses() -> None:
    timeline = Timeline(100.0)
    stamps = [timeline.stamp(100.0 + n * 0.02 + (n % 3) * 0.004) for n in range(100)]
    assert stamps == [n * SAMPLES for n in range(100)]
    later = timeline.stamp(110.0)
    assert later == 10 * RATE and timeline.stamp(110.001) == later + SAMPLES


async def test_a_voice_is_encoded_at_its_pace_and_stays_itself() -> None:
    loop = asyncio.get_running_loop()
    heard: list[Samples] = []
    source = VoiceSource(ToneMicrophone(440), Timeline(loop.time()), heard.append)
    began = loop.time()
    spoken = [await source.read() for _ in range(11)]
    packets = [one.packet for one in spoken]
    assert 0.19 <= loop.time() - began < 3.0, "and not all at once, nor ever later"
    assert len(heard) == 11
    assert {one.level for one in spoken} == {round(-loudness(heard[0]))}, "each says how loud it is"
    assert [packet.pts for packet in packets] == [n * SAMPLES for n in range(11)]
    assert packets[0].time_base == Fraction(1, RATE)
    decoder = Decoder()
    pcm = np.concatenate([decoder.decode(bytes(packet)) for packet in packets])
    spectrum = np.abs(np.fft.rfft(pcm[SAMPLES * 3 :]))
    assert abs(np.argmax(spectrum) * RATE / (len(pcm) - SAMPLES * 3) - 440) < 10
    source.close()


async def test_the_pattern_moves_and_the_self_view_is_what_is_sent() -> None:
    seen: list[VideoFrame] = []
    source = PictureSource(PatternCamera(), Lens(), asyncio.get_running_loop().time(), seen.append)
    first, second = await source.read(), await source.read()
    assert seen == [first, second] and first.pts is not None and second.pts is not None
    assert first.pts < second.pts
    assert (
        second.pts / 90_000 >= 1 / RATE_OF_PICTURES - 0.01
    )  # a machine that is busy makes them late, never early
    assert not np.array_equal(first.to_ndarray(), second.to_ndarray())
    source.close()


async def test_a_track_ends() -> None:
    track = OutletTrack("audio", Outlet(3, lambda: None))
    track.stop()
    with pytest.raises(MediaStreamError):
        await track.recv()
