"""Recently active: whether somebody has been near a device of theirs in the last minutes. Pure.

Yes or no, without time, room or person. It turns at whole minutes only, so that no moment of anything can be read from
when it does, and it is computed anew from what is known then, so nothing is told late or kept.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil

from kith.core.trust.grants import DropInTerm

MINUTE = 60
WINDOW = 5 * MINUTE
"""Seconds for which an interaction or a motion counts. Shorter flickers while somebody cooks; longer says "at home"
of a house that was just left."""


@dataclass(frozen=True, slots=True)
class Source:
    """One device, and when it last noticed somebody: Unix seconds, None if never."""

    last: float | None
    quiet: bool = False
    drop_in: DropInTerm = DropInTerm.ON
    microphone_off: bool = False

    @property
    def silent(self) -> bool:
        """Whoever wants to be left alone at a device is not given away by it either."""
        return self.quiet or self.microphone_off or self.drop_in is DropInTerm.OFF


def recent(sources: Iterable[Source], now: float, *, shown: bool = True) -> bool:
    """Whether a person was recently active, in whole minutes. `shown` is their own switch (`show_activity`)."""
    minute = now // MINUTE * MINUTE
    return shown and any(
        not source.silent and source.last is not None and source.last <= minute < _until(source.last)
        for source in sources
    )


def next_turn(sources: Iterable[Source], now: float) -> float | None:
    """The next whole minute at which the answer may turn by itself; None if nothing is left to tell."""
    turns = (_turn(source.last, now) for source in sources if source.last is not None and not source.silent)
    return min((turn for turn in turns if turn is not None), default=None)


def _until(last: float) -> float:
    return ceil((last + WINDOW) / MINUTE) * MINUTE


def _turn(last: float, now: float) -> float | None:
    turns = (ceil(last / MINUTE) * MINUTE, _until(last))
    return next((float(turn) for turn in turns if turn > now), None)
