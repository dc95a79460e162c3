"""The messages about Web Push (RFC 8030): how an endpoint that is not connected is woken, and what by. Pure."""

from typing import Annotated, Literal

from msgspec import Meta

from signaling.protocol.envelope import Command, Reply
from signaling.protocol.fields import PersonRef

PushUrl = Annotated[str, Meta(min_length=12, max_length=2_048)]
PushKey = Annotated[
    bytes, Meta(min_length=65, max_length=65)
]  # a point of P-256, uncompressed (RFC 8291, 2.1)
PushSecret = Annotated[bytes, Meta(min_length=16, max_length=16)]  # RFC 8291, section 2.2
PushRef = Annotated[str, Meta(pattern=r"^[cm]_[0-9a-z]{20}$", max_length=22)]  # a call, a group, a message

Waker = Literal["call", "group", "message"]
Over = Literal["missed", "elsewhere"]


class SubscribePush(Command, frozen=True, kw_only=True, tag="subscribe_push"):
    """Wake this endpoint from now on, by the push service that its browser has chosen. It replaces what was there."""

    url: PushUrl
    p256dh: PushKey
    auth: PushSecret


class UnsubscribePush(Command, frozen=True, kw_only=True, tag="unsubscribe_push"):
    """Wake it no more."""


class ShowPush(Command, frozen=True, kw_only=True, tag="show_push"):
    """Whether this endpoint is woken, and by which key the browser is to know this server."""


class ShowPushed(Command, frozen=True, kw_only=True, tag="show_pushed"):
    """What a push was about, asked by whoever was woken by it. A call that still rings does so here from now on."""

    ref: PushRef


class PushShown(Reply, frozen=True, kw_only=True, tag="push_shown"):
    """`key` is what the browser subscribes for (RFC 8292, section 4), absent where the operator has switched push
    off."""

    key: PushKey | None
    subscribed: bool


class Pushed(Reply, frozen=True, kw_only=True, tag="pushed"):
    """Who calls or wrote. `over` is there where nothing rings any more: nobody answered, or somebody dealt with it
    elsewhere. `voice`: the message is to be heard."""

    what: Waker
    name: str
    person: PersonRef | None
    video: bool = False
    voice: bool = False
    over: Over | None = None
