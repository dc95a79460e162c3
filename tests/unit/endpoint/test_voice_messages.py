"""The sound of a voice message: recorded in segments while it is spoken, played from the first segment on."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import av
import numpy as np
import pytest

from kith.endpoint import recorder
from kith.endpoint.capture import Capture, Spoken
from kith.endpoint.equipment import Equipment
from kith.endpoint.playback import Playback
from kith.endpoint.recital import recite
from kith.endpoint.recorder import SEGMENT, NoMicrophone, Recording, pieces
from kith.endpoint.voice_codec import Decoder, Encoder, Unplayable, decoded, encoded
from media.tones import RATE, Samples, Tone, sine

SECOND = sine(440, 0, RATE)


class Quick:
    """A microphone and a speaker that are as fast as they are asked."""

    latency = 0.0

    def __init__(self) -> None:
        self.read_so_far = 0
        self.played: list[Samples] = []
        self.on_play: Callable[[], None] = lambda: None

    async def read(self) -> Spoken:
        await asyncio.sleep(0)
        samples = sine(440, self.read_so_far, 960)
        self.read_so_far += 960
        return Spoken(cast("Any", None), 0, samples)

    async def play(self, samples: Samples) -> None:
        self.played.append(samples)
        self.on_play()
        await asyncio.sleep(0)

    def close(self) -> None: ...

    @property
    def heard(self) -> Samples:
        return np.concatenate(self.played)


def hertz(sound: Samples) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(sound))) * RATE / len(sound))


def equipment(microphone: Quick, *, off: bool = False) -> Equipment:
    voice: Capture[Spoken] = Capture(lambda: microphone, 3, lambda: None)
    parts = SimpleNamespace(voice=voice, microphone_off=off, capabilities=SimpleNamespace(microphone=True))
    return cast("Equipment", parts)


def test_what_is_encoded_is_heard_again_and_is_small() -> None:
    ogg = encoded(np.tile(SECOND, 2))
    sound = decoded(ogg)
    assert len(sound) == 2 * RATE and hertz(sound) == pytest.approx(440, abs=1)
    assert len(ogg) < 2 * 24_000 / 8 * 2


def test_bytes_are_ready_before_it_is_over() -> None:
    encoder = Encoder()
    ready = [encoder.add(SECOND[:960]) for _ in range(100)]
    assert sum(map(len, ready)) > 2_000 and encoder.seconds == 2


def test_what_is_no_voice_message_is_not_played() -> None:
    ogg = encoded(SECOND)
    other = io.BytesIO()
    with av.open(other, "w", format="ogg") as container:
        stream = container.add_stream("flac", rate=RATE, layout="mono")
        for start in range(0, RATE, 960):
            frame = av.AudioFrame.from_ndarray(SECOND[start : start + 960].reshape(1, -1), "s16", "mono")
            frame.sample_rate = RATE
            container.mux(stream.encode(frame))
    for bad in (b"", b"RIFF" * 100, ogg[:40], ogg[:200], other.getvalue()):
        with pytest.raises(Unplayable):
            decoded(bad)


def test_no_more_is_decoded_than_a_voice_message_may_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kith.endpoint.voice_codec.MAX_SECONDS", 1)
    assert len(decoded(encoded(SECOND))) == RATE
    with pytest.raises(Unplayable):
        decoded(encoded(np.tile(SECOND, 3)))


@pytest.mark.parametrize("size", [1, SEGMENT, SEGMENT + 1, 3 * SEGMENT])
def test_all_pieces_but_the_last_are_whole_and_none_is_empty(size: int) -> None:
    cut = pieces(bytes(size))
    assert sum(map(len, cut)) == size and {len(one) for one in cut[:-1]} <= {SEGMENT}
    assert 0 < len(cut[-1]) <= SEGMENT


async def test_segments_leave_while_somebody_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "SEGMENT", 1_000)
    microphone = Quick()
    parts = equipment(microphone)
    recording, heard = Recording(parts), list[bytes]()
    assert not parts.voice.live, "nothing is captured before it begins"
    async for segment in recording.segments():
        heard.append(segment)
        if len(heard) == 3:
            assert recording.seconds > 0 and parts.voice.live
            recording.stop()
    assert not parts.voice.live
    whole = b"".join(heard)
    assert recording.size == len(whole) and hertz(decoded(whole)) == pytest.approx(440, abs=3)


async def test_what_is_discarded_ends_without_a_last_segment() -> None:
    recording = Recording(equipment(Quick()))
    recording.discard()
    assert [segment async for segment in recording.segments()] == []
    with pytest.raises(NoMicrophone):
        Recording(equipment(Quick(), off=True))


async def test_it_ends_by_itself_when_it_is_long_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "MAX_SECONDS", 0.5)
    recording = Recording(equipment(Quick()))
    whole = b"".join([segment async for segment in recording.segments()])
    assert len(decoded(whole)) == RATE // 2 == recording.seconds * RATE


async def test_a_message_is_played_from_its_first_segment_on() -> None:
    """The second is not there before the first has been heard."""
    speaker = Quick()
    playback = Playback(lambda: speaker)
    cut = pieces(encoded(np.tile(SECOND, 8)))
    assert len(cut) > 1
    started = asyncio.Event()
    speaker.on_play = lambda: started.set() if np.any(speaker.played[-1]) else None

    async def segments() -> AsyncIterator[bytes]:
        yield cut[0]
        await started.wait()
        for one in cut[1:]:
            yield one

    async with asyncio.timeout(10):
        assert await recite(playback, segments())
    sound = speaker.heard[np.flatnonzero(speaker.heard)[0] :]
    assert hertz(sound[:RATE]) == pytest.approx(440, abs=2) and len(sound) >= 8 * RATE - 960


async def test_a_ring_comes_before_a_message() -> None:
    speaker = Quick()
    playback = Playback(lambda: speaker)
    speaker.on_play = lambda: playback.tone(Tone.CONFIRMED) if len(speaker.played) == 5 else None
    assert await recite(playback, _all(encoded(np.tile(SECOND, 5)))) is False
    assert len(speaker.played) < RATE * 5 // 960


@pytest.mark.parametrize("ogg", [b"not an Ogg file", b""])
async def test_what_cannot_be_played_is_said(ogg: bytes) -> None:
    with pytest.raises(Unplayable):
        await recite(Playback(Quick), _all(ogg))


async def test_a_segment_that_never_comes_is_said() -> None:
    async def segments() -> AsyncIterator[bytes]:
        yield encoded(SECOND)[:2_000]
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        await recite(Playback(Quick), segments())


async def test_without_a_speaker_it_was_not_heard(tmp_path: Path) -> None:
    def none() -> Quick:
        raise OSError("no speaker")

    assert await recite(Playback(none), _all(encoded(SECOND))) is False


async def _all(ogg: bytes) -> AsyncIterator[bytes]:
    for piece in pieces(ogg):
        yield piece


def test_a_decoder_that_is_given_up_lets_its_thread_go() -> None:
    decoder = Decoder()
    decoder.put(encoded(SECOND)[:500])
    decoder.end()
    with pytest.raises(Unplayable):
        list(decoder.chunks())
