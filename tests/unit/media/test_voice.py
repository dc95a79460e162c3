"""Opus, concealment and blending on real sound."""

import numpy as np
import pytest

from media.opus import SAMPLES, Decoder, Encoder, OpusError, Samples
from media.tones import RATE, Tone, excerpt, repeats, samples, sine
from media.voice import Voice, blend


def loudest(pcm: Samples) -> float:
    """The frequency in Hz that carries the most energy."""
    spectrum = np.abs(np.fft.rfft(pcm * np.hanning(len(pcm))))
    return float(np.argmax(spectrum) * RATE / len(pcm))


def packets(hertz: float, count: int) -> list[bytes]:
    encoder = Encoder(loss=0.2)
    return [encoder.encode(sine(hertz, n * SAMPLES, SAMPLES)) for n in range(count)]


def test_what_is_encoded_is_heard() -> None:
    decoder = Decoder()
    pcm = np.concatenate([decoder.decode(packet) for packet in packets(440, 50)])
    assert len(pcm) == 50 * SAMPLES and abs(loudest(pcm[SAMPLES * 5 :]) - 440) < 3


def test_concealment_goes_on_with_the_sound_and_fades() -> None:
    decoder = Decoder()
    for packet in packets(440, 30):
        decoder.decode(packet)
    concealed = [decoder.conceal() for _ in range(30)]
    assert np.abs(concealed[0]).max() > 2_000
    assert np.abs(concealed[-1]).max() < 200


def test_recovery_beats_concealment() -> None:
    """A lost frame with a new pitch: only FEC can know it."""
    encoder = Encoder(loss=0.5, bitrate=48_000)
    voice = [encoder.encode(sine(300 if n < 30 else 1200, n * SAMPLES, SAMPLES)) for n in range(34)]
    recovering, concealing = Decoder(), Decoder()
    for packet in voice[:31]:
        recovering.decode(packet)
        concealing.decode(packet)
    assert len(recovering.recover(voice[32])) == len(concealing.conceal()) == SAMPLES


@pytest.mark.parametrize("packet", [b"", b"\xff", b"\xff" * 40])
def test_what_is_no_packet_is_an_error_or_sound_but_never_a_crash(packet: bytes) -> None:
    try:
        outcome = len(Decoder().decode(packet))
    except OpusError as error:
        outcome = error.code
    assert outcome != 0


def test_a_wrong_frame_length_is_refused() -> None:
    with pytest.raises(OpusError):
        Encoder().encode(np.zeros(100, np.int16))


def test_a_voice_with_losses_is_still_that_voice() -> None:
    voice = Voice()
    heard: list[Samples] = []
    for n, packet in enumerate(packets(440, 200)):
        if n % 17:
            voice.put(7, n, n * 960, packet, n * 0.02)
        pcm = voice.pull(n * 0.02 + 0.012)
        if pcm is not None:
            assert pcm.shape == (SAMPLES,) and pcm.dtype == np.int16
            heard.append(pcm)
    assert abs(loudest(np.concatenate(heard)[RATE:]) - 440) < 3
    assert voice.counts.concealed + voice.counts.recovered >= 11


def test_a_new_source_starts_afresh_and_nobody_is_silence() -> None:
    voice = Voice()
    assert voice.pull(0.0) is None
    first, second = packets(440, 60), packets(1000, 60)
    for n in range(60):
        voice.put(1, n, n * 960, first[n], n * 0.02)
        voice.pull(n * 0.02 + 0.012)
    heard = []
    for n in range(60):
        voice.put(2, 40_000 + n, n * 960, second[n], 1.2 + n * 0.02)
        heard.append(voice.pull(1.2 + n * 0.02 + 0.012))
    assert abs(loudest(np.concatenate([pcm for pcm in heard if pcm is not None])[SAMPLES * 5 :]) - 1000) < 3
    quiet = [voice.pull(3 + n * 0.02) for n in range(20)]
    assert quiet[-1] is None


def test_packets_longer_than_a_frame_are_played_whole() -> None:
    encoder, voice, heard = Encoder(), Voice(), 0
    for n in range(0, 100, 2):
        voice.put(1, n // 2, n * 960, encoder.encode(sine(440, n * SAMPLES, 2 * SAMPLES)), n * 0.02)
        for tick in (n, n + 1):
            heard += voice.pull(tick * 0.02 + 0.012) is not None
    assert heard >= 96 and voice.counts.concealed == 0


def test_a_blend_fades_from_one_to_the_other() -> None:
    both = blend(np.full(SAMPLES, 1000, np.int16), np.full(SAMPLES, -1000, np.int16))
    assert len(both) == SAMPLES and both[0] == 1000 and both[-1] == -1000 and abs(int(both[480])) < 20


@pytest.mark.parametrize("tone", list(Tone))
def test_every_tone_sounds_does_not_clip_and_does_not_click(tone: Tone) -> None:
    pcm = samples(tone)
    assert 3_000 < np.abs(pcm).max() < 20_000
    assert abs(int(pcm[0])) < 200 and abs(int(pcm[-1])) < 200


def test_excerpts_join_to_the_tone() -> None:
    parts = [excerpt(Tone.CONNECTED, start, SAMPLES) for start in range(0, 12_000, SAMPLES)]
    joined = np.concatenate([part for part in parts if part is not None])
    whole = samples(Tone.CONNECTED)
    assert np.array_equal(joined[: len(whole)], whole) and excerpt(Tone.CONNECTED, len(whole), 1) is None
    ringing = samples(Tone.RINGING)
    again = excerpt(Tone.RINGING, len(ringing) - 10, 20)
    assert again is not None and np.array_equal(again[10:], ringing[:10]) and repeats(Tone.RINGING)
