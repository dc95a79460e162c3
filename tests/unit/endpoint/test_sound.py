"""The sound card's side that needs no sound card: frames cross into the loop, and the echo is taken out."""

import asyncio
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from kith.endpoint import sound
from media.tones import RATE, Samples

pytest.importorskip("pywebrtc_audio")

N = 960


class Stream:
    def __init__(self, callback: Callable[..., None], **options: Any) -> None:
        self.callback, self.options, self.closed = callback, options, False

    def start(self) -> None:
        """Nothing plays by itself here."""

    def close(self) -> None:
        self.closed = True


class PortAudio:
    """Stands for the module `sounddevice`: keeps the streams that were opened."""

    class PortAudioError(Exception):
        """As the module has it."""

    def __init__(self) -> None:
        self.streams: list[Stream] = []

    def _open(self, **options: Any) -> Stream:
        self.streams.append(Stream(**options))
        return self.streams[-1]

    InputStream = OutputStream = _open


@pytest.fixture
def portaudio(monkeypatch: pytest.MonkeyPatch) -> PortAudio:
    fake = PortAudio()
    monkeypatch.setattr(sound, "_portaudio", lambda: fake)
    return fake


async def test_frames_cross_in_order_and_the_oldest_give_way(portaudio: PortAudio) -> None:
    microphone = sound.SoundCard().open_microphone()
    heard = portaudio.streams[0].callback
    waiting = asyncio.create_task(microphone.read())
    await asyncio.sleep(0)
    await asyncio.to_thread(heard, np.zeros((N, 1), np.int16), N, None, None)
    assert (await asyncio.wait_for(waiting, 5)).samples.shape == (N,)
    for _ in range(sound.BACKLOG + 10):
        heard(np.zeros((N, 1), np.int16), N, None, None)
    for _ in range(sound.BACKLOG):
        await asyncio.wait_for(microphone.read(), 5)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(microphone.read(), 0.02)
    microphone.close()
    assert portaudio.streams[0].closed


async def test_the_speaker_sets_the_pace_and_plays_silence_when_it_has_nothing(portaudio: PortAudio) -> None:
    speaker = sound.SoundCard().open_speaker()
    play = portaudio.streams[0].callback
    for n in range(sound.AHEAD - 1):
        await asyncio.wait_for(speaker.play(np.full(N, n + 1, np.int16)), 5)
    waiting = asyncio.create_task(speaker.play(np.full(N, 9, np.int16)))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    out = np.zeros((N, 1), np.int16)
    await asyncio.to_thread(play, out, N, None, None)
    assert out[0, 0] == 1
    await asyncio.wait_for(waiting, 5)
    played = []
    for _ in range(sound.AHEAD):
        play(out, N, None, None)
        played.append(int(out[0, 0]))
    assert played == [2, 9, 0]
    speaker.close()


async def test_what_the_speaker_says_is_taken_out_of_what_the_microphone_hears(portaudio: PortAudio) -> None:
    card = sound.SoundCard()
    microphone, speaker = card.open_microphone(), card.open_speaker()
    hear, play = (stream.callback for stream in portaudio.streams)
    noise = np.random.default_rng(1)
    room: Samples = np.zeros(N, np.int16)
    before, after = [], []
    for n in range(200):
        far = (noise.normal(0, 4_000, N) * (1 + np.sin(n / 9))).astype(np.int16)
        speaking = asyncio.create_task(speaker.play(far))
        await asyncio.sleep(0)
        out = np.zeros((N, 1), np.int16)
        play(out, N, None, None)
        await speaking
        echo = np.concatenate((room[-240:], out[:-240, 0]))  # 5 ms through the room
        hear((echo // 2).reshape(N, 1), N, None, None)
        room = out[:, 0].copy()
        cleaned = (await microphone.read()).samples
        if n >= 150:
            before.append(echo // 2)
            after.append(cleaned)

    def energy(frames: list[Samples]) -> float:
        return float((np.concatenate(frames).astype(float) ** 2).mean()) + 1e-9

    assert 10 * np.log10(energy(before) / energy(after)) > 15
    assert RATE == 48_000


def test_without_portaudio_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Any:
        raise OSError(f"no sound without PortAudio: {sound.HOW_TO_INSTALL}")

    monkeypatch.setattr(sound, "_portaudio", missing)
    assert "libportaudio2" in (sound.why_silent() or "")
    with pytest.raises(OSError, match="libportaudio2"):
        sound.SoundCard()
