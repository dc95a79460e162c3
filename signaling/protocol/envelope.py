"""What every message of a kind has in common. Pure."""

from typing import ClassVar

from msgspec import Struct

from signaling.protocol.fields import PersonRef, RequestId


class Part(Struct, frozen=True, kw_only=True):
    """A value inside a message."""


class Command(Struct, frozen=True, kw_only=True, tag_field="t", rename={"as_person": "as"}):
    """`as` names the person that a shared endpoint acts for; its default profile if absent."""

    id: RequestId
    as_person: PersonRef | None = None

    open: ClassVar[bool] = False
    """Whether it is accepted from a connection that has not signed in."""

    aside: ClassVar[bool] = False
    """Whether commands that come after it may be answered before it."""


class Reply(Struct, frozen=True, kw_only=True, tag_field="t"):
    re: str


class Event(Struct, frozen=True, kw_only=True, tag_field="t"):
    """`seq` is filled in for each session as the event enters its outbox."""

    seq: int = 0
