"""What a parent lets a child do. Pure: limits in, yes or no out.

The law of this file

    A child reaches, and is reached by, whoever lives in the same household and whom a parent has chosen. Nobody else,
    in neither direction.
    Calling, messaging and drop in are switched off by themselves, also towards the own household.
    Dropping in on the own household is the child's only where a parent has said so. Being dropped in on there is what
    the grants say, as with everybody.
"""

from dataclasses import dataclass
from enum import StrEnum

from kith.core.ids import PersonId


class Way(StrEnum):
    """How one person reaches another."""

    CALL = "call"
    MESSAGE = "message"
    DROP_IN = "drop_in"


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one child. `contacts` are the chosen persons outside the household."""

    calling: bool = True
    messaging: bool = True
    drop_in: bool = True
    drop_in_home: bool = False
    contacts: frozenset[PersonId] = frozenset()

    def on(self, way: Way) -> bool:
        match way:
            case Way.CALL:
                return self.calling
            case Way.MESSAGE:
                return self.messaging
            case Way.DROP_IN:
                return self.drop_in


def may_reach(limits: Limits | None, way: Way, other: PersonId | None, *, at_home: bool) -> bool:
    """Whether a child reaches `other` this way; `at_home`: that is one of the household, or a device of it. No limits
    are those of somebody who is no child."""
    if limits is None:
        return True
    home = at_home and (way is not Way.DROP_IN or limits.drop_in_home)
    return limits.on(way) and (home or (not at_home and other in limits.contacts))


def may_be_reached(limits: Limits | None, way: Way, by: PersonId | None, *, at_home: bool) -> bool:
    """Whether a child is reached by `by` this way."""
    return limits is None or (limits.on(way) and (at_home or by in limits.contacts))
