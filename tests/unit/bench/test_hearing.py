"""What was said is found in what is heard, and how late it is."""

import numpy as np
import pytest

from bench.rooms.hearing import FRAME, STRETCH, Heard, Said, Sound, latencies, place

PACKET = 0.02


def _speech(packets: int, seed: int) -> Sound:
    """As loud and as unlike any other."""
    return np.random.default_rng(seed).normal(scale=1_000, size=packets * FRAME).astype(np.float64)


def _times(packets: int) -> Sound:
    return np.arange(packets).astype(np.float64) * PACKET


def _said(sound: Sound) -> Said:
    return Said(_times(len(sound) // FRAME), sound)


@pytest.mark.parametrize("samples", [0, 37, 5 * FRAME])
def test_sound_is_late_by_what_lies_between_its_capture_and_its_arrival(samples: int) -> None:
    one, other = _speech(100, 1), _speech(100, 2)
    mix = np.concatenate((np.zeros(samples), one + np.roll(other, 4_000)))[: 100 * FRAME]
    found = latencies(Heard(_times(100) + 0.007, mix), _said(one))
    assert len(found) >= 2 * STRETCH
    assert found == pytest.approx([samples / 8_000 + 0.007] * len(found), abs=2e-4)


def test_who_is_not_in_it_is_not_found() -> None:
    heard = Heard(_times(100), _speech(100, 3))
    assert latencies(heard, _said(_speech(100, 4))) == []
    assert place(np.zeros(0), _speech(1, 5)) is None
    assert place(np.zeros(100), _speech(1, 5)) is None
