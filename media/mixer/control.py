"""What the server and a mixer process say to each other, and how it is framed. Pure.

They share a Unix stream socket. Each message is its length (32 bits, network order) and that many bytes of
MessagePack. Both ends are ours and come from one tree, so what is malformed is a bug: `ControlError` ends the process,
and the server starts another one.

A room is named by the call's id and a seat by its endpoint's id; to the mixer both are opaque.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Generic, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

LARGEST = 1 << 20
"""Bytes of a message. A `Load` of 500 seats has some 50,000, an offer 64,000 at most."""

Name = Annotated[str, Meta(min_length=1, max_length=64)]
Epoch = Annotated[int, Meta(ge=0, le=0xFFFF_FFFF)]
Sdp = Annotated[str, Meta(max_length=65_536)]
Share = Annotated[float, Meta(ge=0)]
Count = Annotated[int, Meta(ge=0)]


class ControlError(Exception):
    """What came over the control socket is not what this tree says."""


class Seat(Struct, frozen=True, tag="seat"):
    """Answer this offer. A higher epoch replaces the seat's former connection once it is connected."""

    room: Name
    seat: Name
    epoch: Epoch
    offer: Sdp


class Unseat(Struct, frozen=True, tag="unseat"):
    """Close the seat's connections, whichever epoch they have. No `Gone` follows."""

    room: Name
    seat: Name


class Close(Struct, frozen=True, tag="close"):
    """Close the room and all seats in it. No `Gone` follows."""

    room: Name


class Quit(Struct, frozen=True, tag="quit"):
    """End the process. The end of the socket means the same."""


class Ready(Struct, frozen=True, tag="ready"):
    """The first message: the SHA-256 of this process's certificate (DER), and its UDP port."""

    fingerprint: Annotated[bytes, Meta(min_length=32, max_length=32)]
    port: Annotated[int, Meta(ge=1, le=65_535)]


class Seated(Struct, frozen=True, tag="seated"):
    """The answer to a `Seat`: candidates are in it, nothing is connected yet."""

    room: Name
    seat: Name
    epoch: Epoch
    answer: Sdp


class Refused(Struct, frozen=True, tag="refused"):
    """`bad_offer`: it is not understood, or not newer than what sits there. `full`: no more fit in this process."""

    room: Name
    seat: Name
    epoch: Epoch
    reason: Literal["bad_offer", "full"]


class Connected(Struct, frozen=True, tag="connected"):
    """ICE and DTLS are through: the seat hears and is heard. A former epoch of it is closed already."""

    room: Name
    seat: Name
    epoch: Epoch


class Gone(Struct, frozen=True, tag="gone"):
    """The connection failed, was closed by the other side, or has shown no consent for half a minute."""

    room: Name
    seat: Name
    epoch: Epoch


class Speaking(Struct, frozen=True, tag="speaking"):
    """Who speaks now. Said when it changes, at most four times a second a room."""

    room: Name
    seats: tuple[Name, ...]


class SeatLoad(Struct, frozen=True):
    """What came from a seat since it was connected (packets), and how (milliseconds, now)."""

    seat: Name
    received: Count
    lost: Count
    jitter_ms: Share
    delay_ms: Share
    """What its voice waits in the playout buffer; 0 while it is quiet or forwarded."""


class RoomLoad(Struct, frozen=True):
    room: Name
    seats: tuple[SeatLoad, ...]


class Load(Struct, frozen=True, tag="load"):
    """Every two seconds: ticks that came more than half a tick late and the share of one core that was used, both
    since the last one."""

    late_ticks: Count
    cpu: Share
    rooms: tuple[RoomLoad, ...]


ToMixer = Seat | Unseat | Close | Quit
FromMixer = Ready | Seated | Refused | Connected | Gone | Speaking | Load

Message = TypeVar("Message")

_encode = msgspec.msgpack.Encoder().encode


def frame(message: ToMixer | FromMixer) -> bytes:
    """The message as it goes over the socket."""
    body = _encode(message)
    return len(body).to_bytes(4, "big") + body


class Deframer(Generic[Message]):
    """Bytes as they come, messages as they are complete."""

    def __init__(self, kind: Any) -> None:
        """`kind` is ToMixer or FromMixer: what the other end may say."""
        self._decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(kind)
        self._pending = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that `data` completes. Raises ControlError for what is none, or is too long."""
        self._pending += data
        while len(self._pending) >= 4:
            length = int.from_bytes(self._pending[:4], "big")
            if length > LARGEST:
                raise ControlError(f"a message of {length} bytes")
            if len(self._pending) < 4 + length:
                return
            body = bytes(self._pending[4 : 4 + length])
            del self._pending[: 4 + length]
            try:
                message = self._decoder.decode(body)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise ControlError("not a message of the control socket") from error
            yield message
