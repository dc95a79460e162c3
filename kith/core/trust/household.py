"""Who lives in a household and which endpoints it shares: a chain like a person's, signed by its members. Pure.

A member's key may be lost and removed from the member's own chain. So that it signs nothing here afterwards, each
link carries the point of the signer's chain at which it was signed, and no later link may rest on an older
point of that person, nor on a chain that does not pass through it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar, assert_never

import msgspec

from kith.core.keys import PublicKeys, verify
from kith.core.trust.endpoints import Endpoints
from kith.core.trust.history import History, Point
from kith.core.trust.household_links import (
    HouseholdAdd,
    HouseholdBegin,
    HouseholdConfirm,
    HouseholdJoin,
    HouseholdLeave,
    HouseholdLink,
    HouseholdRemove,
    keys_in,
    member_point,
    message,
    person_point,
)
from kith.core.trust.person import Chain
from kith.core.trust.untrusted import Reason, Untrusted, require

MAX_LINKS = 4096
MAX_MEMBERS = 64
MAX_ENDPOINTS = 64

Persons = Mapping[bytes, Chain]
"""Chains by root: of everybody who ever signed or joined."""

_Link = TypeVar("_Link", bound=HouseholdLink)


@dataclass(frozen=True, slots=True)
class Roster:
    """A household's roster, every link of which was checked.

    `members` are roots of persons; `pins` the newest point of each person's chain that the roster rests on, kept
    when they leave; `endpoints` the shared ones.
    """

    history: History
    members: frozenset[bytes]
    pins: Mapping[bytes, Point]
    endpoints: Endpoints = field(default_factory=Endpoints)

    @property
    def root(self) -> bytes:
        return self.history.root

    @property
    def point(self) -> Point:
        return self.history.newest

    @property
    def shared(self) -> Mapping[bytes, PublicKeys]:
        return self.endpoints.active

    def active_at(self, identity: bytes, version: int) -> bool:
        """Whether the endpoint was shared here once the link of this number stood."""
        return version <= self.point.version and self.endpoints.active_at(identity, version)


def signed(link: _Link, sign: Callable[[bytes], bytes]) -> _Link:
    """The link with its signature. `sign` gives 64 bytes for a message, as `KeyPair.sign` does."""
    return msgspec.structs.replace(link, signature=sign(message(link)))


def replay(links: Iterable[HouseholdLink], persons: Persons) -> Roster:
    """The roster that these links make, in this order. Raises Untrusted; so does an empty one."""
    roster: Roster | None = None
    for link in links:
        roster = extend(roster, link, persons)
    if roster is None:
        raise Untrusted(Reason.WRONG_START)
    return roster


def extend(roster: Roster | None, link: HouseholdLink, persons: Persons) -> Roster:
    """The roster with one more link. Raises Untrusted if anything about the link is not as it must be."""
    signed_bytes = message(link)
    before = roster.history if roster else History()
    history = before.after(link.version, link.previous, link.time, signed_bytes, limit=MAX_LINKS)
    require(isinstance(link, HouseholdBegin) == (roster is None), Reason.WRONG_START)
    here = roster or Roster(before, frozenset([link.person]), {})
    require(link.person in here.members, Reason.NOT_A_MEMBER)
    pinned = _pinned(here, link.person, person_point(link), persons)
    require(persons[link.person].active_at(link.signer, link.person_version), Reason.NOT_ACTIVE)
    require(verify(link.signer, link.signature, signed_bytes), Reason.BAD_SIGNATURE)
    return replace(_changed(pinned, link, persons), history=history)


def _pinned(roster: Roster, person: bytes, point: Point, persons: Persons) -> Roster:
    """The roster resting on this point of the person's chain, which it must not have passed already."""
    require(person in persons and persons[person].root == person, Reason.UNKNOWN_PERSON)
    chain = persons[person].history
    chain.require(point)
    if pin := roster.pins.get(person):
        chain.require(pin)
        require(point.version >= pin.version, Reason.STALE)
    return replace(roster, pins={**roster.pins, person: point})


def _changed(roster: Roster, link: HouseholdLink, persons: Persons) -> Roster:
    match link:
        case HouseholdBegin() | HouseholdConfirm():
            return roster
        case HouseholdJoin():
            require(link.member not in roster.members, Reason.ALREADY_THERE)
            require(len(roster.members) < MAX_MEMBERS, Reason.TOO_MANY)
            welcoming = _pinned(roster, link.member, member_point(link), persons)
            return replace(welcoming, members=roster.members | {link.member})
        case HouseholdLeave():
            require(link.member in roster.members, Reason.NOT_THERE)
            require(len(roster.members) > 1, Reason.LAST_ONE)
            return replace(roster, members=roster.members - {link.member})
        case HouseholdAdd():
            entered = roster.endpoints.entered(keys_in(link), link.version, limit=MAX_ENDPOINTS)
            return replace(roster, endpoints=entered)
        case HouseholdRemove():
            return replace(roster, endpoints=roster.endpoints.left([link.identity], link.version))
    assert_never(link)
