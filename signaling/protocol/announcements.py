"""The messages by which somebody speaks to all devices of their own household at once. Pure.

What is said travels sealed, as a message does (kith.core.trust.message): the server passes it on and keeps it only
until it has been played. There is no connection between the devices, so nothing can come back from any of them.
"""

from typing import Annotated

from msgspec import Meta

from kith.core.trust.message import MessageEnvelope
from signaling.protocol.envelope import Command, Event, Part, Reply
from signaling.protocol.fields import EndpointRef, MessageRef, PersonRef
from signaling.protocol.identity import Keys
from signaling.protocol.messages import SealedKeys

MAX_PIECES = 16
"""Sealed pieces of one announcement: a minute of a voice, and more than twice that to be safe."""

MAX_TARGETS = 128

Pieces = Annotated[int, Meta(ge=0, le=MAX_PIECES)]


class HouseholdDevice(Part, frozen=True, kw_only=True):
    """A device of the own household at which an announcement could play: shared, or `person`'s own. Of another's own
    it says no more than what its person has signed."""

    endpoint: EndpointRef
    person: PersonRef | None = None
    shared: bool
    keys: Keys


# -- commands ---------------------------------------------------------------------------------------


class ListTargets(Command, frozen=True, kw_only=True, tag="list_targets"):
    """The other devices of the own household."""


class Announce(Command, frozen=True, kw_only=True, tag="announce"):
    """Play this at the devices in `to`, or at all of the household where that is absent, all at the same instant.
    `segments` is how many pieces of a recording were put (`put_segment`)."""

    envelope: MessageEnvelope
    keys: SealedKeys
    segments: Pieces = 0
    to: Annotated[tuple[EndpointRef, ...], Meta(min_length=1, max_length=MAX_TARGETS)] | None = None


class AnnouncementLoaded(Command, frozen=True, kw_only=True, tag="announcement_loaded"):
    """This device has all that it needs to play it."""

    announcement: MessageRef


class TellTime(Command, frozen=True, kw_only=True, tag="tell_time"):
    """What the server's clock shows."""


# -- replies ----------------------------------------------------------------------------------------


class Targets(Reply, frozen=True, kw_only=True, tag="targets"):
    devices: tuple[HouseholdDevice, ...]


class Announced(Reply, frozen=True, kw_only=True, tag="announced"):
    """It is for so many devices, and plays within seconds. Of somebody else's own device it is not told whether it
    does."""

    announcement: MessageRef
    targets: int


class Time(Reply, frozen=True, kw_only=True, tag="time"):
    """The server's clock, in Unix seconds: that by which `announcement_plays` says when."""

    now: float


# -- events -----------------------------------------------------------------------------------------


class Announcement(Event, frozen=True, kw_only=True, tag="announcement"):
    """Somebody at home announces something: fetch its pieces (`get_segment`), check it, and be ready. `name` is who
    speaks and `device` from where, by the server's word; `key` is sealed to this endpoint."""

    envelope: MessageEnvelope
    key: bytes
    segments: int
    name: str
    device: str


class AnnouncementPlays(Event, frozen=True, kw_only=True, tag="announcement_plays"):
    """Play it at this instant of the server's clock, or not at all."""

    announcement: MessageRef
    at: float
