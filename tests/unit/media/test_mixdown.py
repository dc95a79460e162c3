"""Several voices in one loudspeaker."""

import numpy as np

from media.level import announced
from media.mixdown import KNEE, PEAK, mixdown
from media.tones import RATE, Samples, sine


def loud(hertz: float, amplitude: float) -> Samples:
    wave: Samples = (
        sine(hertz, 0, RATE).astype(np.float64) / np.abs(sine(hertz, 0, RATE)).max() * amplitude
    ).astype(np.int16)
    return wave


def test_nobody_is_nothing_and_one_alone_is_left_as_it_is() -> None:
    one = loud(440, PEAK)
    assert mixdown([]) is None
    assert mixdown([one]) is one


def test_quiet_voices_are_added_as_they_are() -> None:
    voices = [loud(hertz, KNEE / 3) for hertz in (300, 500, 900)]
    mixed = mixdown(voices)
    assert mixed is not None and np.array_equal(mixed, sum(voice.astype(np.int32) for voice in voices))


def test_loud_ones_are_bent_and_never_cut_nor_turned_over() -> None:
    voices = [loud(hertz, PEAK) for hertz in (440, 450, 460, 470)]
    mixed = mixdown(voices)
    true = np.sum([voice.astype(np.int64) for voice in voices], axis=0)
    assert mixed is not None
    assert (np.sign(mixed[np.abs(true) > 1_000]) == np.sign(true[np.abs(true) > 1_000])).all()
    near = np.abs(true) < KNEE
    assert np.array_equal(mixed[near], true[near]), "what is not loud is not touched"
    two = mixdown([loud(440, 20_000), loud(440, 20_000)])
    assert two is not None
    tops = np.abs(two.astype(np.int32))
    assert tops.max() < PEAK and (tops == tops.max()).mean() < 0.05, "a wave's top stays round"


def test_the_level_beside_a_packet_is_in_decibels_below_full_scale() -> None:
    assert announced(loud(440, PEAK)[:960]) == 3
    assert announced(np.zeros(960, np.int16)) == 96
    assert announced(loud(440, 33)[:960]) in (62, 63, 64)
