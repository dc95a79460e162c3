"""One outgoing sound, as its listener decodes it."""

import numpy as np

from media.mixer.encoding import SETTLING, Encoding, silence
from media.opus import SAMPLES, Decoder
from media.tones import sine


def tone(n: int) -> np.ndarray:
    return sine(440, n * SAMPLES, SAMPLES, 0.3)


def test_silence_costs_nothing_once_it_has_settled() -> None:
    encoding = Encoding()
    assert encoding.encode(None, careful=False) == silence() and encoding.encoded == 0
    encoding.encode(tone(0), careful=False)
    packets = [encoding.encode(None, careful=False) for _ in range(SETTLING + 5)]
    assert encoding.encoded == 1 + SETTLING and packets[-5:] == [silence()] * 5


def test_a_sound_ends_and_begins_without_a_click() -> None:
    encoding, decoder = Encoding(), Decoder()
    for n in range(20):
        decoder.decode(encoding.encode(tone(n), careful=False))
    fading = [decoder.decode(encoding.encode(None, careful=False)) for _ in range(SETTLING + 10)]
    assert max(int(np.abs(one).max()) for one in fading[2:]) < 100
    begun = [decoder.decode(encoding.encode(tone(n), careful=False)) for n in range(5)]
    assert np.abs(np.diff(np.concatenate(begun).astype(int))).max() < 1_500, (
        "a 440 Hz sine of this level has 570"
    )


def test_whoever_begins_to_talk_hears_on_where_it_was() -> None:
    """Its decoder follows the fork of the listeners' encoder as if nothing had happened; a fresh one is heard."""
    shared, decoder, other = Encoding(), Decoder(), Decoder()
    for n in range(25):
        packet = shared.encode(tone(n), careful=False)
        decoder.decode(packet)
        other.decode(packet)
    own, fresh = shared.fork(), Encoding()
    worst_fresh = 0.0
    for n in range(25, 30):
        straight = shared.encode(tone(n), careful=False)
        assert own.encode(tone(n), careful=False) == straight
        reference = decoder.decode(straight).astype(float)
        heard = other.decode(fresh.encode(tone(n), careful=False)).astype(float)
        worst_fresh = max(worst_fresh, float(np.abs(heard - reference).max()))
    assert worst_fresh > 500


def vowel(n: int) -> np.ndarray:
    """20 ms of something that the speech layer takes for a voice: 120 pulses a second through a mouth."""
    time = np.arange(400) / 48_000
    mouth = np.exp(-300 * time) * np.sin(2 * np.pi * 600 * time)
    pulses = np.zeros(SAMPLES + 400)
    pulses[(-n * SAMPLES) % 400 :: 400] = 1.0
    return (9_000 * np.convolve(pulses, mouth)[400 : 400 + SAMPLES]).astype(np.int16)


def test_only_a_careful_encoding_carries_its_predecessor_along() -> None:
    """Hybrid packets with the flag of a second copy (RFC 6716 sections 3.1 and 4.2.4); the cheap ones have no SILK."""
    encoding = Encoding()
    encoding.encode(np.zeros(SAMPLES, np.int16), careful=True)
    careful = [encoding.encode(vowel(n), careful=True) for n in range(20)]
    assert all(packet[0] >> 3 < 16 for packet in careful)
    assert sum(packet[1] >> 6 & 1 for packet in careful) >= 15
    decoder = Decoder()
    for packet in careful:
        decoder.decode(packet)
    cheap = [encoding.encode(vowel(n), careful=False) for n in range(20, 25)]
    assert all(packet[0] >> 3 >= 16 for packet in cheap)
    assert {len(decoder.decode(packet)) for packet in cheap} == {SAMPLES}, "a decoder follows by itself"
