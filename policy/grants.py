"""What the signed sets give one caller at one device. Pure.

Which sets count is for whoever asks: at a personal device its person's, at a shared one those of all members of its
household. A grant in any of them opens; what any of them closes is closed.

    own household   `home` of the sets: off in any refuses, else one that allows is needed, and knock wins over instant
    anybody else    a grant to the caller, or to a household in which caller and receiver live
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

import msgspec

from kith.core.trust.grants import DropInTerm, Grant, Grants, HomeTerm, Mode
from kith.core.trust.household import Roster
from kith.core.trust.household_links import HouseholdLink
from policy.hours import begun, turns, zone_of

DAY = 86_400

SOON = 300
"""Seconds by which honest clocks may differ."""

Void = tuple[bytes, bytes, int]
"""A grant that a block has made worthless for good: roots of giver and receiver, and `since`."""


@dataclass(frozen=True, slots=True)
class Place:
    """The device that would open. `household` is the root of its own roster, None if it has none; `alone`: one person
    is all of it."""

    identity: bytes
    shared: bool
    household: bytes | None = None
    alone: bool = False

    @property
    def one_persons(self) -> bool:
        """Whether whoever stands there is the one person whose device it is, as far as that can be said of anybody."""
        return self.alone or not self.shared


@dataclass(frozen=True, slots=True)
class Claim:
    """Who wants to drop in: for whom they speak (the root of a person, or of the household where a shared endpoint
    speaks for nobody else), with which endpoint, and where they live.

    `households`: by the root of each roster that was checked and has the caller in it (a shared endpoint's own key,
    too), those members who have signed a link in it themselves.
    """

    root: bytes
    identity: bytes
    shared: bool
    households: Mapping[bytes, frozenset[bytes]] = field(default_factory=dict)


class Why(StrEnum):
    """Why a caller has what they have; of several misses the nearest one, which is the last."""

    GIVEN = "given"
    HOME = "home"
    HOME_OFF = "home_off"
    HOME_UNSET = "home_unset"
    NOT_GIVEN = "not_given"
    VOID = "void"
    NOT_VOUCHED = "not_vouched"
    PERSON_ONLY = "person_only"
    OTHER_DEVICE = "other_device"
    EXPIRED = "expired"
    OUT_OF_HOURS = "out_of_hours"


_NEAREST = (
    Why.OUT_OF_HOURS,
    Why.EXPIRED,
    Why.OTHER_DEVICE,
    Why.PERSON_ONLY,
    Why.NOT_VOUCHED,
    Why.VOID,
)


@dataclass(frozen=True, slots=True)
class Standing:
    """`mode` None: nothing. `giver` is the root of whose word opens. `stale`: it would be more, were the set fresh.
    `ends`: the Unix second at which it does, by an expiry or by hours, if it is known to."""

    mode: Mode | None
    why: Why
    carer: bool = False
    giver: bytes = b""
    own: bool = False
    stale: bool = False
    ends: float | None = None


def claim(
    root: bytes, identity: bytes, *, shared: bool, rosters: Iterable[tuple[Roster, Collection[HouseholdLink]]]
) -> Claim:
    """Where the caller lives by these rosters, each with the links that it was made of. All were checked."""
    households = {}
    for roster, links in rosters:
        inside = root in roster.members or (shared and root == roster.root)
        if inside and (not shared or identity in roster.shared):
            households[roster.root] = roster.members & {link.person for link in links}
    return Claim(root, identity, shared, households)


def standing(
    sets: Iterable[Grants], place: Place, caller: Claim, now: float, void: frozenset[Void] = frozenset()
) -> Standing:
    """What the caller may do at this place now, by signed words alone."""
    every = tuple(sets)
    own = at_home(every, place, caller)
    found = list(_at_home(every, now)) if own else []
    if any(each.why is Why.HOME_OFF for each in found):
        return found[0]
    for grants in every:
        found += [_by(grant, grants, place, caller, now, void) for grant in _addressed(grants, caller)]
    found = [replace(each, own=own) for each in found]
    opening = [each for each in found if each.mode is not None]
    if opening:
        return max(opening, key=_strength)
    nothing = Standing(None, Why.HOME_UNSET if own else Why.NOT_GIVEN, own=own)
    return next((each for why in _NEAREST for each in found if each.why is why), nothing)


def at_home(sets: Iterable[Grants], place: Place, caller: Claim) -> bool:
    """Whether the caller is of the own household: they live there, or it is another device of the same person."""
    same = not place.shared and not caller.shared and any(caller.root == each.person for each in sets)
    return same or (place.household is not None and place.household in caller.households)


def term(sets: Iterable[Grants], identity: bytes) -> DropInTerm:
    """Who may drop in on this device by any of the sets: the strictest that one of them says."""
    said = {each.drop_in for grants in sets for each in grants.devices if each.identity == identity}
    return strictest(said)


def strictest(terms: Collection[DropInTerm]) -> DropInTerm:
    order = (DropInTerm.OFF, DropInTerm.HOUSEHOLD)
    return next((each for each in order if each in terms), DropInTerm.ON)


def stale(grants: Grants, now: float) -> bool:
    """Whether a newer set may have been held back for too long."""
    return now - grants.time > grants.fresh_days * DAY


def lapsed(grants: Grants) -> Grants:
    """What is left of a set whose signer is no endpoint of the person any more: it opens nothing, and still forbids."""
    home = HomeTerm.OFF if grants.home is HomeTerm.OFF else HomeTerm.UNSET
    return msgspec.structs.replace(grants, grants=(), home=home, enhanced=False)


def timely(sets: Iterable[Grants], now: float) -> tuple[Grants, ...]:
    """The sets as they count now: one from ahead of the clock opens nothing until its time has come, and moves no
    clock; it would be fresh for as long as it is ahead. What it forbids holds at once, or a clock that runs behind
    would keep out every revocation."""
    return tuple(each if each.time <= now + SOON else _as_of(lapsed(each), now) for each in sets)


def _as_of(grants: Grants, now: float) -> Grants:
    return msgspec.structs.replace(grants, time=int(now))


# -- the own household ----------------------------------------------------------------------------------------------


def _at_home(sets: Collection[Grants], now: float) -> Iterator[Standing]:
    """At most one: what the sets together let the household do."""
    said = [each for each in sets if each.home is not HomeTerm.UNSET]
    for each in said:
        if each.home is HomeTerm.OFF:
            yield Standing(None, Why.HOME_OFF, giver=each.person, own=True)
            return
    fresh = [each for each in said if each.home is HomeTerm.INSTANT and not stale(each, now)]
    knock = [each for each in said if each.home is HomeTerm.KNOCK]
    if said:
        mode = Mode.INSTANT if fresh and not knock else Mode.KNOCK
        giver = (knock or fresh or said)[0].person
        yield Standing(mode, Why.HOME, giver=giver, own=True, stale=not knock and not fresh)


# -- grants -----------------------------------------------------------------------------------------------------------


def _addressed(grants: Grants, caller: Claim) -> Iterator[Grant]:
    for grant in grants.grants:
        if grant.receiver == caller.root or (grant.household and grant.household in caller.households):
            yield grant


def _by(
    grant: Grant, grants: Grants, place: Place, caller: Claim, now: float, void: frozenset[Void]
) -> Standing:
    """What this one grant, which is to the caller or their household, gives."""
    miss = _miss(grant, grants, place, caller, now, void)
    if miss is not None:
        return Standing(None, miss, giver=grants.person)
    old = stale(grants, now)
    return Standing(
        mode=Mode.KNOCK if old else grant.mode,
        why=Why.GIVEN,
        carer=grant.carer and not old,
        giver=grants.person,
        stale=old and grant.mode is Mode.INSTANT,
        ends=_ends(grant, grants, now),
    )


def _miss(
    grant: Grant, grants: Grants, place: Place, caller: Claim, now: float, void: frozenset[Void]
) -> Why | None:
    if (grants.person, grant.receiver, grant.since) in void:
        return Why.VOID
    if grant.receiver not in caller.households.get(grant.household, ()):
        # The receiver needs nobody's word for who they are, but a device that others use, too, does.
        if grant.receiver != caller.root:
            return Why.NOT_VOUCHED
        if caller.shared:
            return Why.PERSON_ONLY
    if grant.devices and place.identity not in grant.devices:
        return Why.OTHER_DEVICE
    if grant.until and now >= grant.until:
        return Why.EXPIRED
    if grant.hours and not _open(grant, grants.zone, now):
        return Why.OUT_OF_HOURS
    return None


def _open(grant: Grant, zone_name: str, now: float) -> bool:
    """Whether one of the hours lasts. None does in a zone that nobody here knows."""
    zone = zone_of(zone_name)
    return zone is not None and any(begun(each, zone, now) is not None for each in grant.hours)


def _ends(grant: Grant, grants: Grants, now: float) -> float | None:
    """When it may end: what adjoins it is looked at then."""
    zone = zone_of(grants.zone)
    shut = [turn for each in grant.hours if zone for turn in turns(each, zone, now)]
    return min([*shut, *([float(grant.until)] if grant.until else [])], default=None)


def _strength(found: Standing) -> tuple[bool, bool, float]:
    forever = float("inf")
    return found.carer, found.mode is Mode.INSTANT, forever if found.ends is None else found.ends
