"""Microphones, speakers, playback and equipment that need no sound card."""

import asyncio
import wave
from pathlib import Path

import numpy as np
import pytest

from kith.endpoint import metronome
from kith.endpoint.equipment import Equipment, capabilities_of
from kith.endpoint.metronome import Metronome
from kith.endpoint.microphones import FileMicrophone, ToneMicrophone, at_rate, read_wav
from kith.endpoint.playback import Playback
from kith.endpoint.speakers import FileSpeaker, NullSpeaker
from kith.endpoint.speech import speak
from media.tones import RATE, Samples, Tone, excerpt, samples, sine


def write_wav(path: Path, sound: Samples, *, rate: int = RATE, channels: int = 1) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.repeat(sound, channels).astype("<i2").tobytes())


async def test_the_beat_does_not_drift(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metronome, "GIVE_UP", 30.0)  # however busy the machine is
    loop, beat = asyncio.get_running_loop(), Metronome(0.01)
    start = await beat.tick()
    for n in range(1, 11):
        await asyncio.sleep(0.004)
        assert await beat.tick() == pytest.approx(start + n * 0.01)
    monkeypatch.setattr(metronome, "GIVE_UP", 0.2)
    await asyncio.sleep(0.35)
    assert await beat.tick() == pytest.approx(loop.time(), abs=0.5)
    assert await beat.tick() > start + 0.35, "what was slept through is dropped"


async def test_a_file_is_heard_over_and_over(tmp_path: Path) -> None:
    path = tmp_path / "voice.wav"
    write_wav(path, sine(500, 0, 1500))
    microphone = FileMicrophone(read_wav(path))
    heard = np.concatenate([(await microphone.read()).samples for _ in range(4)])
    assert np.array_equal(heard[1500:3000], heard[:1500])
    microphone.close()


def test_other_rates_and_channels_become_ours(tmp_path: Path) -> None:
    path = tmp_path / "stereo.wav"
    angle = np.arange(8_000) * 2 * np.pi * 440 / 8_000
    write_wav(path, (8_000 * np.sin(angle)).astype(np.int16), rate=8_000, channels=2)
    sound = read_wav(path)
    assert abs(len(sound) - RATE) <= 1
    assert abs(int(np.argmax(np.abs(np.fft.rfft(sound)))) - 440) <= 1
    same = sine(1, 0, 10)
    assert at_rate(same, RATE) is same


@pytest.mark.parametrize("content", [b"", b"not a wav file", b"RIFF\0\0\0\0WAVE"])
def test_what_is_no_sound_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.wav"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"broken\.wav"):
        read_wav(path)


async def test_voice_tone_and_speech_are_mixed_into_the_file(tmp_path: Path) -> None:
    path = tmp_path / "out.wav"
    playback = Playback(lambda: FileSpeaker(path))
    position = 0
    enough = asyncio.Event()

    def voice(now: float) -> Samples:
        nonlocal position
        position += 960
        if position == 960 * 40:
            enough.set()
        return sine(1000, position, 960)

    playback.say(sine(300, 0, 9_600))
    playback.tone(Tone.RINGBACK)
    playback.voice(voice)
    await enough.wait()
    playback.voice(None)
    playback.tone(None)
    await playback.close()
    sound = read_wav(path)
    said, rang = (np.abs(np.fft.rfft(part)) for part in (sound[:9_600], sound[12_000:31_200]))
    assert {int(n) * 5 for n in np.argsort(said)[-2:]} == {300, 1000}
    assert {round(int(n) * 2.5) for n in np.argsort(rang)[-3:]} == {440, 480, 1000}


async def test_playback_rests_when_there_is_nothing_to_play() -> None:
    whole = sum(1 for n in range(100) if excerpt(Tone.CONNECTED, n * 960, 960) is not None)
    all_played = asyncio.Event()

    class Count:
        played = 0
        closed = False
        latency = 0.0

        async def play(self, samples: Samples) -> None:
            self.played += 1
            if self.played == whole:
                all_played.set()
            await asyncio.sleep(0)

        def close(self) -> None:
            self.closed = True

    speaker = Count()
    playback = Playback(lambda: speaker)
    playback.tone(Tone.CONNECTED)
    await all_played.wait()
    await asyncio.sleep(0.05)
    assert whole <= speaker.played <= whole + 1
    await playback.close()
    assert speaker.closed


async def test_a_tone_has_sounded_only_when_its_last_sample_has() -> None:
    assert 0.6 <= len(samples(Tone.DROP_IN)) / RATE <= 1.0
    loop, seconds = asyncio.get_running_loop(), len(samples(Tone.CONNECTED)) / RATE
    playback = Playback(NullSpeaker)
    began = loop.time()
    playback.say(sine(300, 0, RATE))
    assert await playback.sound(Tone.CONNECTED)
    assert seconds <= loop.time() - began < seconds + 0.4, "and nothing that was to be said is said first"
    cut = asyncio.create_task(playback.sound(Tone.DROP_IN))
    await asyncio.sleep(0)
    playback.tone(None)
    assert not await cut
    await playback.close()


async def test_without_a_speaker_no_tone_has_sounded() -> None:
    def broken() -> NullSpeaker:
        raise OSError("it is in use")

    playback = Playback(broken)
    assert not await playback.sound(Tone.DROP_IN)
    await playback.close()


async def test_parts_become_capabilities_and_switches_show() -> None:
    changed: list[None] = []
    equipment = Equipment(
        {"microphone": "tone:500", "speaker": "null", "camera": "pattern", "screen": True},
        changed=lambda: changed.append(None),
        own_frame=lambda frame: None,
    )
    assert equipment.capabilities.can_send_audio and equipment.capabilities.can_send_video
    equipment.switch(shutter_closed=True)
    assert equipment.capabilities.can_send_audio and not equipment.capabilities.can_send_video
    equipment.switch(microphone_off=True, shutter_closed=False)
    assert not equipment.capabilities.can_send_audio and not equipment.capabilities.can_send_video
    assert not equipment.voice.allowed and not equipment.picture.allowed
    assert capabilities_of({"microphone": "none"}).microphone is False


@pytest.mark.parametrize(
    "parts",
    [{"microphone": "tone:1"}, {"microphone": "tone:loud"}, {"microphone": "x.wav"}, {"camera": "x.mp4"}],
)
async def test_parts_that_mean_nothing_are_refused(parts: dict[str, str]) -> None:
    with pytest.raises((ValueError, OSError)):
        Equipment(
            {"speaker": "null", "microphone": "silence", **parts},  # type: ignore[typeddict-item]
            changed=lambda: None,
            own_frame=lambda frame: None,
        )


async def test_speech_is_sound_or_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kith.endpoint.speech.find_spec", lambda name: None)  # without the extra
    sound = await speak("Call from Anna")
    assert sound is None or (len(sound) > RATE / 2 and np.abs(sound).max() > 1_000)
    monkeypatch.setenv("PATH", "")
    assert await speak("Call from Anna") is None


async def test_a_tone_has_its_pitch() -> None:
    microphone = ToneMicrophone(1_000)
    heard = np.concatenate([(await microphone.read()).samples for _ in range(5)])
    assert np.argmax(np.abs(np.fft.rfft(heard))) * RATE / len(heard) == pytest.approx(1_000, abs=11)
    microphone.close()
