"""How well those who talk at once are heard: ESTOI of the mix, by the package pystoi.

ESTOI (Jensen and Taal, 2016) compares short pieces of the spectrum of what is heard with those of a clean original:
1 is as intelligible as the original. The original is the sum of what the talkers said before any codec, each
as late as it is in the mix at that moment: how late is measured elsewhere, and who listens does not notice if 20 ms of
a pause are left out. They do notice what is at the seam, and so does the score. It does not mind the overall loudness.
"""

import importlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.rooms.hearing import THINNED, Sound, decoded, in_order_sent, place, thinned
from bench.rooms.material import Voice
from bench.rooms.participant import Arrival
from media.opus import RATE

STRETCH = 4 * RATE
"""Samples that are compared at a time."""

PIECE = RATE // 2
"""Samples for which a talker is taken to be equally late."""

SKIPPED = RATE
"""Samples at the beginning, in which everybody began to speak anew."""

NEAR = RATE // 4
"""Samples by which the beginnings of two pieces may be nearer to, or further from, each other than in the original."""

SURE = 0.12
"""Correlation of a whole stretch: eight who talk at once have 0.35 with their sum, two sentences by chance 0.05."""

SURE_OF_PIECE = 0.25

LOOKAHEAD = 312
"""Samples by which what a decoder makes is later than what was encoded: 6.5 ms (RFC 6716 section 2)."""

Sent = Sequence[tuple[float, int]]


def scores(arrivals: Sequence[Arrival], said: Sequence[tuple[Voice, Sent]]) -> list[float]:
    """ESTOI of each stretch in which all talkers are found."""
    stoi: Any = importlib.import_module("pystoi").stoi  # it has no types
    _, mix = decoded(arrivals)
    found = []
    for begin in range(SKIPPED, len(mix) - STRETCH + 1, STRETCH):
        stretch = mix[begin : begin + STRETCH]
        originals = [_aligned(stretch, voice, sent) for voice, sent in said]
        if all(original is not None for original in originals):
            original = np.sum([one for one in originals if one is not None], axis=0)
            found.append(float(stoi(original, stretch.astype(np.float64), RATE, extended=True)))
    return found


def _aligned(stretch: NDArray[Any], voice: Voice, sent: Sent) -> NDArray[Any] | None:
    """What the talker said in this stretch of the mix; None if they are not to be made out."""
    sound = thinned(in_order_sent(voice.sound, sent))
    whole = place(thinned(stretch), sound, SURE)
    if whole is None:
        return None
    clean = in_order_sent(voice.clean, sent).astype(np.float64)
    places = _places(thinned(stretch), sound, whole)
    return np.concatenate([_part(clean, at * THINNED - LOOKAHEAD) for at in places])


def _places(stretch: Sound, sound: Sound, whole: int) -> Iterator[int]:
    """Where in `sound` each piece is; where it is not to be made out, as late as the one before."""
    late = whole
    size, near = PIECE // THINNED, NEAR // THINNED
    for begin in range(0, len(stretch), size):
        first = max(0, begin + whole - near)
        match = place(
            stretch[begin : begin + size], sound[first : begin + whole + size + near], SURE_OF_PIECE
        )
        late = late if match is None else first + match - begin
        yield begin + late


def _part(clean: NDArray[Any], begin: int) -> NDArray[Any]:
    """A piece of it; silence where there was nothing yet, or nothing any more."""
    part = clean[max(0, begin) : max(0, begin + PIECE)]
    return (
        np.pad(part, (min(PIECE, max(0, -begin)), 0))[:PIECE]
        if begin < 0
        else np.pad(part, (0, PIECE - len(part)))
    )
