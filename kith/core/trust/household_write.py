"""Writing the next link of a household's roster. Whether it may be written, `household.extend` says. Pure."""

from typing import TypedDict

from kith.core.keys import KeyPair, PublicKeys
from kith.core.trust.history import History
from kith.core.trust.household import Roster, signed
from kith.core.trust.household_links import (
    HouseholdAdd,
    HouseholdBegin,
    HouseholdConfirm,
    HouseholdJoin,
    HouseholdLeave,
    HouseholdRemove,
)
from kith.core.trust.person import Chain


class _Place(TypedDict):
    version: int
    previous: bytes
    time: int
    signature: bytes
    person: bytes
    person_version: int
    person_head: bytes
    signer: bytes


def _place(history: History, person: Chain, own: KeyPair, time: int) -> _Place:
    return {
        **history.place(time),
        "person": person.root,
        "person_version": person.point.version,
        "person_head": person.point.head,
        "signer": own.public.identity,
    }


def begin(person: Chain, own: KeyPair, *, time: int) -> HouseholdBegin:
    """A household's first link. `person` is the chain of the person whose endpoint `own` is, here and below."""
    return signed(HouseholdBegin(**_place(History(), person, own, time)), own.sign)


def join(roster: Roster, person: Chain, own: KeyPair, member: Chain, *, time: int) -> HouseholdJoin:
    link = HouseholdJoin(
        **_place(roster.history, person, own, time),
        member=member.root,
        member_version=member.point.version,
        member_head=member.point.head,
    )
    return signed(link, own.sign)


def leave(roster: Roster, person: Chain, own: KeyPair, member: bytes, *, time: int) -> HouseholdLeave:
    """`member` is the root of who leaves."""
    return signed(HouseholdLeave(**_place(roster.history, person, own, time), member=member), own.sign)


def add(roster: Roster, person: Chain, own: KeyPair, shared: PublicKeys, *, time: int) -> HouseholdAdd:
    link = HouseholdAdd(
        **_place(roster.history, person, own, time),
        identity=shared.identity,
        sealing=shared.sealing,
        sealing_signature=shared.sealing_signature,
    )
    return signed(link, own.sign)


def remove(roster: Roster, person: Chain, own: KeyPair, identity: bytes, *, time: int) -> HouseholdRemove:
    return signed(HouseholdRemove(**_place(roster.history, person, own, time), identity=identity), own.sign)


def confirm(roster: Roster, person: Chain, own: KeyPair, *, time: int) -> HouseholdConfirm:
    return signed(HouseholdConfirm(**_place(roster.history, person, own, time)), own.sign)
