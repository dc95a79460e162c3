"""Whom a person lets drop in, and when nobody may: one signed set, whose version rises. Pure.

What a set means at a device is in `policy.grants`; here is how it is signed, what follows it, and who has heard it.
"""

import hashlib
from collections.abc import Callable, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

from kith.core.keys import KeyPair, statement, verify
from kith.core.trust.history import Count, Hash, Key, Point, Signature, u64
from kith.core.trust.person import Chain
from kith.core.trust.untrusted import Reason, require

_Key = TypeVar("_Key", bytes, tuple[bytes, bytes])

LABEL = b"kith/1 grants"
HEARD = b"kith/1 heard-grants"

DAY_MINUTES = 24 * 60

MAX_GRANTS = 64
MAX_DEVICES = 64
MAX_HOURS = 7
MAX_GRANT_DEVICES = 16
MAX_SCHEDULES = 16

EVERYWHERE = b""
"""Instead of an identity: all devices at which the set counts."""


class Mode(StrEnum):
    """How a drop in begins: with a soft ring that somebody must let in, or by itself."""

    KNOCK = "knock"
    INSTANT = "instant"


class HomeTerm(StrEnum):
    """What a person's own household may, their own other devices included. Unset is as good as off, but takes nothing
    away from what other members of the household allow at a device that they share."""

    UNSET = "unset"
    OFF = "off"
    KNOCK = "knock"
    INSTANT = "instant"


class DropInTerm(StrEnum):
    """Who may drop in on one device: whoever has a grant, only the own household, or nobody."""

    ON = "on"
    HOUSEHOLD = "household"
    OFF = "off"


Household = Annotated[bytes, Meta(max_length=32)]
"""The root of a roster, or nothing."""

Where = Annotated[bytes, Meta(max_length=32)]
"""The identity of a device, or EVERYWHERE."""

Days = Annotated[int, Meta(ge=1, le=127)]
"""Days of the week as bits: Monday 1, Tuesday 2, ... Sunday 64."""

Begin = Annotated[int, Meta(ge=0, lt=DAY_MINUTES)]
End = Annotated[int, Meta(ge=1, le=DAY_MINUTES)]
"""Minutes of the day, by the clock on the wall. An end that is not after its beginning is on the next day."""


class Hours(Struct, frozen=True, kw_only=True):
    """A time that comes again each week, from `begin` on these days until `end`."""

    days: Days
    begin: Begin
    end: End


class Grant(Struct, frozen=True, kw_only=True):
    """One person, or they and all who live with them, may drop in.

    `receiver` is the root of that person, `household` of their roster, or nothing: this person only. `since` and
    `until` are Unix seconds, `until` 0 where it does not end. No `hours`: always. No `devices`: at all of them.
    `carer`: by the giver's wish this one person, and nobody else, passes Do Not Disturb and does not knock.
    """

    receiver: Hash
    household: Household = b""
    mode: Mode = Mode.KNOCK
    carer: bool = False
    since: Count
    until: Count = 0
    hours: Annotated[tuple[Hours, ...], Meta(max_length=MAX_HOURS)] = ()
    devices: Annotated[tuple[Key, ...], Meta(max_length=MAX_GRANT_DEVICES)] = ()


class DeviceTerm(Struct, frozen=True, kw_only=True):
    """Who may drop in on one device. What is not listed is on."""

    identity: Key
    drop_in: DropInTerm


class Quiet(Struct, frozen=True, kw_only=True):
    """Do Not Disturb at one device or everywhere. `changed` is the version of the set that switched it."""

    identity: Where = EVERYWHERE
    on: bool
    changed: Count


class Schedule(Struct, frozen=True, kw_only=True):
    """Do Not Disturb that comes by itself. No `devices`: everywhere."""

    devices: Annotated[tuple[Key, ...], Meta(max_length=MAX_GRANT_DEVICES)] = ()
    days: Days
    begin: Begin
    end: End


Zone = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_+/-]+$")]
"""A name of the time zone database, such as Europe/Madrid. Whether there is such a zone, `policy.hours` knows."""


class Grants(Struct, frozen=True, kw_only=True):
    """The whole set of one person.

    `person`, `person_version` and `person_head` are the root of the person and the point of their chain at which
    `signer` is active. `time` is in Unix seconds. `frost` is in seconds, `fresh_days` in days; `longest`, `silence` and
    `chime` are in minutes, the last two 0 for never. `closed`: nobody at all, until a later set says otherwise.
    `enhanced`: what decrypts media at the server may be used, where everybody else in the call has it on as well.
    """

    person: Hash
    person_version: Count
    person_head: Hash
    version: Count
    time: Count
    grants: Annotated[tuple[Grant, ...], Meta(max_length=MAX_GRANTS)] = ()
    home: HomeTerm = HomeTerm.UNSET
    devices: Annotated[tuple[DeviceTerm, ...], Meta(max_length=MAX_DEVICES)] = ()
    quiet: Annotated[tuple[Quiet, ...], Meta(max_length=MAX_DEVICES)] = ()
    schedules: Annotated[tuple[Schedule, ...], Meta(max_length=MAX_SCHEDULES)] = ()
    zone: Zone = "UTC"
    frost: Annotated[int, Meta(ge=3, le=60)] = 10
    fresh_days: Annotated[int, Meta(ge=1, le=30)] = 7
    show_activity: bool = True
    closed: bool = False
    longest: Annotated[int, Meta(ge=1, le=480)] = 60
    silence: Annotated[int, Meta(ge=0, le=480)] = 10
    chime: Annotated[int, Meta(ge=0, le=480)] = 5
    enhanced: bool = False
    signer: Key
    signature: Signature


class Receipt(Struct, frozen=True, kw_only=True):
    """A device has heard a set: `hash` is that of the bytes which were signed, `identity` the device's."""

    person: Hash
    version: Count
    hash: Hash
    time: Count
    identity: Key
    signature: Signature


# -- what is signed -------------------------------------------------------------------------------------------------


def message(grants: Grants) -> bytes:
    """The bytes that `signer` signs. Raises Untrusted if a number is out of range."""
    return statement(
        LABEL,
        grants.person,
        *_point(grants).fields(),
        u64(grants.version),
        u64(grants.time),
        *_list([_grant(each) for each in grants.grants]),
        grants.home.encode(),
        *_list([statement(b"device", each.identity, each.drop_in.encode()) for each in grants.devices]),
        *_list([_quiet(each) for each in grants.quiet]),
        *_list([_schedule(each) for each in grants.schedules]),
        grants.zone.encode(),
        u64(grants.frost),
        u64(grants.fresh_days),
        _flag(grants.show_activity),
        _flag(grants.closed),
        u64(grants.longest),
        u64(grants.silence),
        u64(grants.chime),
        *_later(grants),
        grants.signer,
    )


def _later(grants: Grants) -> tuple[bytes, ...]:
    """What sets did not have from the beginning is named, and only where it is on: those signed before stay good."""
    return (b"enhanced",) if grants.enhanced else ()


def _list(parts: Sequence[bytes]) -> tuple[bytes, ...]:
    """How many there are, then each: where one list ends and the next begins is never a question."""
    return u64(len(parts)), *parts


def _grant(grant: Grant) -> bytes:
    return statement(
        b"grant",
        grant.receiver,
        grant.household,
        grant.mode.encode(),
        _flag(grant.carer),
        u64(grant.since),
        u64(grant.until),
        *_list([statement(b"hours", *_times(each)) for each in grant.hours]),
        *_list(grant.devices),
    )


def _quiet(quiet: Quiet) -> bytes:
    return statement(b"quiet", quiet.identity, _flag(quiet.on), u64(quiet.changed))


def _schedule(schedule: Schedule) -> bytes:
    return statement(b"schedule", *_list(schedule.devices), *_times(schedule))


def _times(when: Hours | Schedule) -> tuple[bytes, bytes, bytes]:
    return u64(when.days), u64(when.begin), u64(when.end)


def _flag(on: bool) -> bytes:  # noqa: FBT001 - the one thing that is written
    return b"\x01" if on else b"\x00"


def _point(grants: Grants) -> Point:
    return Point(grants.person_version, grants.person_head)


def signed(grants: Grants, sign: Callable[[bytes], bytes]) -> Grants:
    return msgspec.structs.replace(grants, signature=sign(message(grants)))


def hash_of(grants: Grants) -> bytes:
    """What a receipt names the set by."""
    return hashlib.sha256(message(grants)).digest()


# -- what is believed -----------------------------------------------------------------------------------------------


def check(grants: Grants, chain: Chain, known: Grants | None) -> None:
    """Raises Untrusted unless this set is in force, or comes after `known`, the newest seen.

    Its signer must be an endpoint of the person still, as with delegations: a lost one could otherwise, by an old
    point, sign a set newer than all others. Bounds that the decoder checks are not checked again.
    """
    signed_bytes = message(grants)
    _require_sound(grants)
    require(grants.person == chain.root, Reason.UNKNOWN_PERSON)
    chain.history.require(_point(grants))
    require(chain.active_at(grants.signer, grants.person_version), Reason.NOT_ACTIVE)
    require(grants.signer in chain.active, Reason.NOT_ACTIVE)
    require(verify(grants.signer, grants.signature, signed_bytes), Reason.BAD_SIGNATURE)
    if known is not None:
        require(grants.person == known.person, Reason.UNKNOWN_PERSON)
        require(grants.version >= known.version, Reason.STALE)
        same = grants.version > known.version or signed_bytes == message(known)
        require(same, Reason.FORKED)
        require(grants.person_version >= known.person_version, Reason.STALE)
        require(grants.time >= known.time, Reason.TIME_REVERSED)


def _require_sound(grants: Grants) -> None:
    """Raises Untrusted where the parts contradict each other or say a thing twice."""
    _require_ascending([(each.receiver, each.household) for each in grants.grants])
    _require_ascending([each.identity for each in grants.devices])
    _require_ascending([each.identity for each in grants.quiet])
    for grant in grants.grants:
        require(grant.receiver != grants.person, Reason.MALFORMED)
        require(len(grant.household) in (0, 32), Reason.MALFORMED)
        require(grant.since <= grants.time, Reason.TIME_REVERSED)
        _require_ascending(grant.devices)
        if grant.carer:  # one named person, and what it is for
            require(not grant.household and grant.mode is Mode.INSTANT, Reason.MALFORMED)
    for quiet in grants.quiet:
        require(len(quiet.identity) in (0, 32) and quiet.changed <= grants.version, Reason.MALFORMED)
    for schedule in grants.schedules:
        _require_ascending(schedule.devices)
        _require_some(schedule)
    for hours in (hours for grant in grants.grants for hours in grant.hours):
        _require_some(hours)


def _require_some(when: Hours | Schedule) -> None:
    """Raises Untrusted for a time that ends as it begins: nothing or the whole day, who could tell?"""
    require(when.begin != when.end, Reason.MALFORMED)


def _require_ascending(keys: Sequence[_Key]) -> None:
    """Each once, in one order only, so that the same terms are always the same bytes."""
    require(all(one < other for one, other in pairwise(keys)), Reason.MALFORMED)


# -- who has heard it -----------------------------------------------------------------------------------------------


def heard(receipt: Receipt) -> bytes:
    """The bytes that the device signs."""
    return statement(
        HEARD, receipt.person, u64(receipt.version), receipt.hash, u64(receipt.time), receipt.identity
    )


def hear(grants: Grants, own: KeyPair, *, time: int) -> Receipt:
    """The receipt of the device whose keys these are, for a set that it has checked and stored."""
    unsigned = Receipt(
        person=grants.person,
        version=grants.version,
        hash=hash_of(grants),
        time=time,
        identity=own.public.identity,
        signature=b"",
    )
    return msgspec.structs.replace(unsigned, signature=own.sign(heard(unsigned)))


def check_receipt(receipt: Receipt, grants: Grants) -> bool:
    """Whether the device has heard this very set, or, if not, an older one. Raises Untrusted for what is neither.

    Whose device `identity` is, and whether it counts, is for whoever asks.
    """
    require(receipt.person == grants.person, Reason.UNKNOWN_PERSON)
    require(verify(receipt.identity, receipt.signature, heard(receipt)), Reason.BAD_SIGNATURE)
    require(receipt.version <= grants.version, Reason.MISSING)
    if receipt.version < grants.version:
        return False
    require(receipt.hash == hash_of(grants), Reason.FORKED)
    return True
