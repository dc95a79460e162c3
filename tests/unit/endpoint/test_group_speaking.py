"""Who speaks in a group."""

import numpy as np

from kith.endpoint.group_speaking import HOLD, PACE, Speaking
from media.tones import sine

LOUD, QUIET = sine(440, 0, 960), np.zeros(960, np.int16)


def test_who_is_loud_speaks_and_for_a_moment_longer() -> None:
    speaking = Speaking()
    speaking.note("ana", LOUD, 0.0)
    speaking.note("ben", QUIET, 0.0)
    assert speaking.changed(0.0) == frozenset({"ana"})
    assert speaking.changed(0.02) is None, "it was said"
    speaking.note("ana", QUIET, HOLD / 2)
    assert speaking.changed(HOLD / 2) is None
    assert speaking.changed(HOLD + 0.02) == frozenset()


def test_it_does_not_flicker() -> None:
    speaking = Speaking()
    speaking.note("ana", LOUD, 0.0)
    assert speaking.changed(0.0) == frozenset({"ana"})
    speaking.note("ben", LOUD, 0.02)
    assert speaking.changed(0.02) is None
    assert speaking.changed(PACE + 0.01) == frozenset({"ana", "ben"})


def test_who_has_left_speaks_no_more() -> None:
    speaking = Speaking()
    speaking.note("ana", LOUD, 0.0)
    speaking.forget("ana")
    assert speaking.changed(0.0) is None
