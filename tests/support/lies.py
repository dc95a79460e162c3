"""What a forged server says of who is at the other end of a call, and why nobody believes it."""

from dataclasses import dataclass

from kith.core.trust.untrusted import Reason
from tests.support.conspiracy import Who


@dataclass(frozen=True)
class Lie:
    """`why` is what a Python endpoint gives as its reason; `helper` says what the server cannot, in a call of
    its own or when it is called. `strange`: with the server's keys."""

    forgery: str
    why: Reason
    helper: Who = "phone"
    strange: bool = True
    household: bool = False
    called: Reason | None = None
    """The reason where it is another one when Anna's endpoint calls."""
    shared: Reason | None = None
    """The same at an endpoint that the household shares: it goes by the household's roster."""


LIES = [
    Lie("keys swapped", Reason.NOT_DELEGATED),
    Lie("another identity", Reason.FORKED, shared=Reason.UNKNOWN_PERSON),
    Lie("an endpoint that signed itself in", Reason.NOT_ACTIVE),
    Lie("an endpoint that nobody signed in", Reason.BAD_SIGNATURE),
    Lie("a removal withheld", Reason.STALE, "old phone", strange=False),
    Lie(
        "a removal withheld, under another id", Reason.STALE, "old phone", strange=False, called=Reason.FORKED
    ),
    Lie("a forked chain", Reason.FORKED, "old phone", strange=False),
    Lie("no identity", Reason.UNKNOWN_PERSON, strange=False),
    Lie("somebody else", Reason.FORKED),
    Lie("a delegation that nobody signed", Reason.NOT_DELEGATED),
    Lie("a delegation not taken back", Reason.NOT_DELEGATED, "kitchen", strange=False),
    Lie("an invented member", Reason.NOT_A_MEMBER, "porch", household=True),
    Lie("an invented endpoint", Reason.BAD_SIGNATURE, "porch", household=True),
    Lie("a roster rolled back", Reason.STALE, "hall", strange=False),
    Lie("a roster withheld", Reason.STALE, "hall", strange=False),
]
