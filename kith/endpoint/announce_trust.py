"""Whom an endpoint believes that they announce something at home, and whom it lets hear what it announces. Pure.

Both go by the household's roster and the chains of its members, and by nothing that the server says.
"""

from collections.abc import Iterable, Mapping

from kith.core.keys import PublicKeys
from kith.core.trust.history import Point
from kith.core.trust.household import Roster
from kith.core.trust.message import MessageEnvelope, require_sender, require_signed
from kith.core.trust.untrusted import Reason, Untrusted, require
from kith.endpoint.believing import Person, public
from signaling.protocol import HouseholdDevice

STALE = 600.0
"""Seconds by which an announcement may be older than it should be by the own clock. Whoever holds one back, to play it
when nobody is at home, has so long; less would silence devices whose clocks were never set right."""


def speaker(envelope: MessageEnvelope, roster: Roster, person: Person | None) -> PublicKeys:
    """The keys of the device that announces this to the household with this roster: one that it shares, or `person`'s,
    who is a member and for whom the envelope speaks. Raises Untrusted."""
    require(envelope.kind == "announcement", Reason.OUT_OF_TURN)
    require(envelope.to_root == roster.root, Reason.NOT_A_MEMBER)
    if envelope.person is None:
        require_signed(envelope)
        require(envelope.root == roster.root, Reason.UNKNOWN_PERSON)
        roster.history.require(Point(envelope.version, envelope.head))
        return _found(roster.shared.get(envelope.identity))
    if person is None or person.id != envelope.person:
        raise Untrusted(Reason.UNKNOWN_PERSON)
    require_sender(envelope, person.chain)
    require(person.chain.root in roster.members, Reason.NOT_A_MEMBER)
    return _found(person.chain.active.get(envelope.identity))


def require_recent(envelope: MessageEnvelope, last: int, now: float) -> None:
    """Raises Untrusted for one that is not newer than the `last` of the same device (Unix milliseconds), or was held
    back: nobody plays one twice, nor at an hour for which it was not meant."""
    require(envelope.sent > last, Reason.STALE)
    require(envelope.sent / 1_000 >= now - STALE, Reason.STALE)


def listeners(
    devices: Iterable[HouseholdDevice], roster: Roster, housemates: Mapping[str, Person]
) -> dict[str, PublicKeys]:
    """Those of the devices that are the household's, by id: what it shares, and what is its members' own."""
    found = {each.endpoint: _keys(each, roster, housemates) for each in devices}
    return {endpoint: keys for endpoint, keys in found.items() if keys is not None}


def _keys(device: HouseholdDevice, roster: Roster, housemates: Mapping[str, Person]) -> PublicKeys | None:
    """The keys that were signed for, where they are those that the server has."""
    shown = public(device.keys)
    if device.shared:
        signed = roster.shared.get(shown.identity)
    else:
        person = housemates.get(device.person or "")
        member = person is not None and person.chain.root in roster.members
        signed = person.chain.active.get(shown.identity) if person is not None and member else None
    return signed if signed == shown else None


def _found(keys: PublicKeys | None) -> PublicKeys:
    if keys is None:
        raise Untrusted(Reason.NOT_ACTIVE)
    return keys
