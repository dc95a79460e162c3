"""Which way does the media of a group go, if any? Pure: facts in, decision out.

The law of this file

    All who take part have opted in to what decrypts media at the server: the mixer.
    Else up to MESH_MOST endpoints send to each other, end to end.
    Else there is no such group, and nobody is told who is why.
    What somebody has opted in to is nobody else's business: before anything rings an answer is about several together,
    and whoever may not be asked counts as one who has not.

Nothing here is about one of those who are asked: that is for `policy.call` and `policy.drop_in`, for each alone.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import combinations
from typing import Literal

from kith.core.trust.grants import Mode

MESH_MOST = 5
"""Endpoints in a mesh. Each sends to each of the others: at six a phone's uplink and battery are what one hears."""

MIXER_MOST = 32
"""Endpoints in a group that is mixed, where the operator sets nothing else."""

TOLD_OF = 2
"""Of so many others together a plan says whether all have opted in. Of one alone it would be their own setting."""

AT_A_TIME = 3
"""Groups that one household may have begun at a time. A mixer is the server's most expensive thing."""


class Path(StrEnum):
    """How media goes between those who take part."""

    MESH = "mesh"
    MIXER = "mixer"

    @property
    def e2ee(self) -> bool:
        """Whether only those who take part can hear it."""
        return self is Path.MESH


Wish = Literal["any", "mesh", "mixer"]
"""What whoever starts wants: what there is, or one of the two and nothing else."""


class Reason(StrEnum):
    NOT_AVAILABLE = "not_available"
    TOO_MANY_GROUPS = "too_many_groups"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFacts:
    """What is known before a group begins, or grows.

    `endpoints` would take part at most: the starter's, and one for each who is asked. `opted_in`: the starter and
    everybody who is asked, whoever of them would come. `mixing`: there is a mixer. `live` groups have been begun by the
    household of the starter, this one not counted.
    """

    endpoints: int
    opted_in: bool
    mixing: bool
    wish: Wish = "any"
    largest: int = MIXER_MOST
    live: int = 0


@dataclass(frozen=True, slots=True)
class Admit:
    path: Path


@dataclass(frozen=True, slots=True)
class Refuse:
    reason: Reason


Decision = Admit | Refuse


def decide(facts: GroupFacts) -> Decision:
    """Decide one group."""
    if facts.live >= AT_A_TIME:
        return Refuse(Reason.TOO_MANY_GROUPS)
    mixer = facts.opted_in and facts.mixing and facts.endpoints <= facts.largest
    if mixer and facts.wish != "mesh":
        return Admit(Path.MIXER)
    if facts.endpoints <= MESH_MOST and facts.wish != "mixer":
        return Admit(Path.MESH)
    return Refuse(Reason.NOT_AVAILABLE)


def planned(facts: GroupFacts) -> Decision:
    """Decide what is only planned: nobody is asked, and nobody is told that somebody wanted to know."""
    return decide(replace(facts, opted_in=facts.opted_in and facts.endpoints > TOLD_OF))


# -- who meets whom -------------------------------------------------------------------------------------------------


def apart(people: Collection[str], blocks: Collection[tuple[str, str]]) -> frozenset[str]:
    """Who of `people` is not rung, because one of the others has blocked them: pairs of who blocks, and whom. Of two
    who have blocked each other it is the later one in the order in which they were asked."""
    order = list(dict.fromkeys(people))
    gone: set[str] = set()
    for one, other in combinations(order, 2):
        if {one, other} & gone:
            continue
        if (one, other) in blocks:
            gone.add(other)
        elif (other, one) in blocks:
            gone.add(one)
    return frozenset(gone)


def mode_among(mode: Mode, home: str, others: Collection[str]) -> Mode:
    """How a drop in begins at a place whose household is `home`: by itself only where all others in the group, but for
    the starter who was granted it, live there, too. `others` are their households."""
    return mode if all(one == home for one in others) else Mode.KNOCK
