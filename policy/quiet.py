"""Do Not Disturb at a device: who says so. Pure.

It is on where anybody says so whose word counts: whoever stood at the device, and each person whose set counts there,
by hand or by a schedule. What was switched off at the device overrides what it had heard until then, and what had
begun, and nothing that comes later.

The device decides by its own switch. The server does by what the device reports, which is a switch like any other: what
the device said, when, and which sets it had heard (its receipts). Until it has heard a newer set, that one counts.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from kith.core.trust.grants import EVERYWHERE, Grants, Quiet, Schedule
from policy.hours import begun, turns, zone_of

AT_DEVICE = b""
"""Who says so, if it was switched on at the device itself: there is no telling who stood there."""


@dataclass(frozen=True, slots=True)
class Switch:
    """What was last said at the device: on or off, when (Unix seconds), and which version of each person's set it had
    heard by then, by the root of the person."""

    on: bool
    at: float
    heard: Mapping[bytes, int] = field(default_factory=dict)


def quiet_by(sets: Iterable[Grants], identity: bytes, switch: Switch | None, now: float) -> frozenset[bytes]:
    """Who says that the device is not to disturb: roots of persons, AT_DEVICE. Empty: it may."""
    every = tuple(sets)
    saying = {each.person for each in every if _says(each, identity, switch, now)}
    if switch is not None and switch.on and not any(_ended(each, identity, switch) for each in every):
        saying.add(AT_DEVICE)
    return frozenset(saying)


def next_turn(sets: Iterable[Grants], identity: bytes, now: float) -> float | None:
    """When a schedule begins or ends next, so that one may wait for it. None: none does within a week."""
    return min((turn for each in sets for turn in _turns(each, identity, now)), default=None)


def _says(grants: Grants, identity: bytes, switch: Switch | None, now: float) -> bool:
    entry = _newest(grants, identity)
    if entry is not None and entry.on and not _overridden(grants, entry, switch):
        return True
    off_at = switch.at if switch is not None and not switch.on else None
    return any(_lasts(each, grants.zone, now, off_at) for each in _schedules(grants, identity))


def _newest(grants: Grants, identity: bytes) -> Quiet | None:
    """The entry that was switched last, for this device or everywhere; of two at once, the one that is on."""
    entries = [each for each in grants.quiet if each.identity in (identity, EVERYWHERE)]
    return max(entries, key=lambda each: (each.changed, each.on), default=None)


def _overridden(grants: Grants, entry: Quiet, switch: Switch | None) -> bool:
    return switch is not None and not switch.on and not _later(grants, entry, switch)


def _later(grants: Grants, entry: Quiet, switch: Switch) -> bool:
    return entry.changed > switch.heard.get(grants.person, -1)


def _ended(grants: Grants, identity: bytes, switch: Switch) -> bool:
    """Whether the person has switched off, later, what was switched on at the device."""
    entry = _newest(grants, identity)
    return entry is not None and not entry.on and _later(grants, entry, switch)


def _schedules(grants: Grants, identity: bytes) -> Iterator[Schedule]:
    return (each for each in grants.schedules if not each.devices or identity in each.devices)


def _lasts(schedule: Schedule, zone_name: str, now: float, off_at: float | None) -> bool:
    zone = zone_of(zone_name)
    if zone is None:  # whoever does not know when it is, rather disturbs nobody
        return True
    began = begun(schedule, zone, now)
    return began is not None and (off_at is None or began > off_at)


def _turns(grants: Grants, identity: bytes, now: float) -> Iterator[float]:
    zone = zone_of(grants.zone)
    if zone is not None:
        for each in _schedules(grants, identity):
            yield from turns(each, zone, now)
