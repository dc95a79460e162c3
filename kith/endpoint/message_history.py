"""What messages are as an endpoint tells them to another one of the same person, when that one is new. Pure.

JSON in UTF-8, `{"messages": […]}`, the newest first. The sound of voice messages is not told, what they say is.
"""

from collections.abc import Iterable, Iterator
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from kith.core.trust.history import MAX_EXACT
from kith.core.trust.message import MAX_OWN_ITEM, MAX_SEGMENTS, Id, PersonRef
from kith.core.trust.message_content import MAX_BYTES, MAX_SECONDS, MAX_TEXT
from kith.core.trust.untrusted import Reason, Untrusted
from kith.endpoint.message_kept import Message, Voice

MOST = 1_000
"""Messages that a new endpoint is told of."""

MOST_TRANSCRIPT = 16_000
"""Characters of what a voice message says: five minutes of quick speech are 6,000."""

Place = Annotated[int, Meta(ge=1, le=MAX_EXACT)]
Seconds = Annotated[float, Meta(ge=0, le=MAX_EXACT)]


class Sound(Struct, frozen=True, kw_only=True):
    """How much of a recording there was."""

    seconds: Annotated[float, Meta(ge=0, le=MAX_SECONDS)]
    segments: Annotated[int, Meta(ge=1, le=MAX_SEGMENTS)]
    bytes: Annotated[int, Meta(ge=1, le=MAX_BYTES)]


class Told(Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"other": "with"}):
    """One message. `at` and when its transcript `expires` are in Unix seconds, `sent` in milliseconds. `signed_out` is
    told, too, or what is doubtful at one endpoint would not be so at the next."""

    id: Id
    other: PersonRef
    name: Annotated[str, Meta(max_length=200)]
    seq: Place
    at: Seconds
    mine: bool
    sent: Annotated[int, Meta(ge=0, le=MAX_EXACT)] = 0
    text: Annotated[str, Meta(max_length=MAX_TEXT)] | None = None
    voice: Sound | None = None
    transcript: Annotated[str, Meta(max_length=MOST_TRANSCRIPT)] | None = None
    expires: Seconds | None = None
    signed_out: bool = False


class Batch(Struct, frozen=True, kw_only=True):
    messages: tuple[Told, ...]


class Transcript(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a voice message says; empty where nobody could make it out. `expires` is in Unix seconds."""

    message: Id
    text: Annotated[str, Meta(max_length=MOST_TRANSCRIPT)]
    expires: Seconds | None = None


_batch = msgspec.json.Decoder(Batch).decode
_transcript = msgspec.json.Decoder(Transcript).decode


def batches(messages: Iterable[Message]) -> Iterator[bytes]:
    """As many at a time as one item holds. What the server has not taken is not told."""
    told: list[Told] = []
    size = 0
    for one in map(_told, (message for message in messages if message.seq is not None)):
        more = len(msgspec.json.encode(one)) + 1
        if told and size + more > MAX_OWN_ITEM - 64:
            yield msgspec.json.encode(Batch(messages=tuple(told)))
            told, size = [], 0
        told.append(one)
        size += more
    if told:
        yield msgspec.json.encode(Batch(messages=tuple(told)))


def read(body: bytes, person: str, endpoint: str) -> tuple[list[Message], list[Transcript]]:
    """The messages of `person`, as `endpoint` told them, and what recordings say. Raises Untrusted(malformed)."""
    try:
        told = _batch(body).messages
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Untrusted(Reason.MALFORMED) from None
    transcripts = [
        Transcript(message=one.id, text=one.transcript, expires=one.expires)
        for one in told
        if one.transcript is not None
    ]
    return [_message(one, person, endpoint) for one in told], transcripts


def read_transcript(body: bytes) -> Transcript:
    """Raises Untrusted(malformed)."""
    try:
        return _transcript(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Untrusted(Reason.MALFORMED) from None


def write_transcript(transcript: Transcript) -> bytes:
    return msgspec.json.encode(transcript)


def _told(message: Message) -> Told:
    assert message.seq is not None
    voice = message.voice
    return Told(
        id=message.id,
        other=message.other,
        name=message.name,
        seq=message.seq,
        at=message.at,
        mine=message.mine,
        sent=int(message.at * 1_000),
        text=message.text,
        voice=None
        if voice is None
        else Sound(seconds=voice.seconds, segments=voice.segments, bytes=voice.size),
        transcript=message.transcript,
        expires=message.expires,
        signed_out=message.signed_out,
    )


def _message(told: Told, person: str, endpoint: str) -> Message:
    voice = told.voice
    return Message(
        id=told.id,
        person=person,
        other=told.other,
        name=told.name,
        mine=told.mine,
        endpoint=endpoint,
        at=told.at,
        state="sent" if told.mine else "received",
        seq=told.seq,
        text=told.text,
        sent=told.sent / 1_000,
        signed_out=told.signed_out,
        voice=None if voice is None else Voice(voice.seconds, voice.segments, voice.bytes),
    )
