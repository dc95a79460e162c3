"""One group, from the first ring to the end. Pure."""

from enum import StrEnum


class GroupPhase(StrEnum):
    RINGING = "ringing"  # Nobody has joined who was asked.
    ACTIVE = "active"  # Somebody has.
    ENDED = "ended"  # Over, for the reason that stands beside it.


class PlaceState(StrEnum):
    RINGING = "ringing"  # They are being asked.
    JOINED = "joined"  # They take part.
    LEFT = "left"  # They did, and may come back.
    DECLINED = "declined"  # They said no.
    NO_ANSWER = "no_answer"  # Nobody came.
    REMOVED = "removed"  # Whoever started the group took them out.
