"""The limiter: below the ceiling it does nothing, above it it turns down without tearing."""

import numpy as np

from media.mixer.limiter import CEILING, Limiter
from media.tones import sine
from tests.support.mixer_peers import strengths

FRAME = 960


def test_what_fits_is_left_as_it_is() -> None:
    limiter = Limiter()
    mixed = sine(440, 0, FRAME, 0.8).astype(np.int32)
    assert np.array_equal(limiter.limit(mixed), mixed) and limiter.gain == 1.0


def test_two_loud_voices_are_turned_down_and_stay_sines() -> None:
    """Cut off at 16 bits, the third harmonics would be 20 dB below the tones."""
    limiter, out, cut = Limiter(), [], []
    for n in range(50):
        mixed = sine(400, n * FRAME, FRAME, 0.9).astype(np.int32) + sine(700, n * FRAME, FRAME, 0.9)
        out.append(limiter.limit(mixed))
        cut.append(np.clip(mixed, -32_768, 32_767).astype(np.int16))
    tones = (400, 700, 1_500, 1_800, 1_000, 100)  # the tones, then what distortion adds to them
    quiet = list(strengths(np.concatenate(out[10:]), tones))
    torn = list(strengths(np.concatenate(cut[10:]), tones))
    assert min(quiet[:2]) > 0.35 and max(quiet[2:]) < 0.002
    assert max(torn[2:]) > 0.05


def test_it_is_turned_down_within_milliseconds_and_up_within_seconds() -> None:
    limiter = Limiter()
    loud = np.full(FRAME, 60_000, np.int32)
    limited = limiter.limit(loud)
    assert int(np.abs(limited[240:]).max()) <= CEILING
    frames = 0
    while limiter.gain < 1.0:
        limiter.limit(np.full(FRAME, 1_000, np.int32))
        frames += 1
    assert 25 < frames < 150


def test_nothing_jumps_where_the_gain_changes() -> None:
    limiter = Limiter()
    out = np.concatenate(
        [limiter.limit(np.full(FRAME, level, np.int32)) for level in (20_000, 56_000, 56_000)]
    )
    assert int(np.abs(np.diff(out.astype(int)))[: FRAME - 1].max()) == 0
    after = out[FRAME:].astype(int)
    assert after[-1] == CEILING - 1 or after[-1] == CEILING
    assert np.abs(np.diff(after)).max() < 500
