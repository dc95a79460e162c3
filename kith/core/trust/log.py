"""The log of who called, dropped in or tried to: chains of entries, each signed by whoever writes it. Pure.

Every endpoint has one chain, and the server has one for each person and household: of what it refused without asking
an endpoint. An entry names the hash of the one before and that of its payload, so an entry that is edited, left out or
moved breaks its chain, and one that is cut off at the end is missed by whoever has seen the head before.

A payload can be taken away; its hash stays, and with it the gap. It begins with random bytes, or few tries would find
out what the hash of a short one is of.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, TypedDict

import msgspec
from msgspec import Meta, Struct

from kith.core.keys import statement, verify
from kith.core.trust.history import NO_HASH, Count, Hash, Key, Signature, u64
from kith.core.trust.untrusted import Reason, require

LABEL = b"kith/1 log"
MAX_PAYLOAD = 1_024
SALT = 16

Owner = Annotated[str, Meta(pattern=r"^[ph]_[0-9a-z]{20}$", max_length=22)]
PayloadBytes = Annotated[bytes, Meta(min_length=2, max_length=MAX_PAYLOAD)]


class What(StrEnum):
    """What an entry is about."""

    CALL = "call"
    DROP_IN = "drop_in"
    KNOCK = "knock"
    GRANTS = "grants"  # What may be done here was changed, and this device has heard of it.
    QUIET = "quiet"  # Do Not Disturb was switched at this device.
    DELETED = "deleted"  # Payloads were taken away.
    RESTARTED = "restarted"  # This device has lost what it remembered, and begins anew.


class Outcome(StrEnum):
    """What became of it."""

    ADMITTED = "admitted"
    LET_IN = "let_in"
    REFUSED = "refused"
    NOT_LET_IN = "not_let_in"
    MISSED = "missed"
    SILENCED = "silenced"
    ENDED = "ended"
    ON = "on"
    OFF = "off"


class Payload(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the owner reads, as JSON in UTF-8 (RFC 8259).

    `salt` is 16 random bytes. `person` and `name` are whom it was with, `device` where they called or dropped in from
    as far as that is known, `at` the device here. `reason` is a code with a sentence in the language files. `length` is
    in seconds. `chain` and `numbers` are the entries whose payloads a `deleted` one is about.
    """

    salt: Annotated[bytes, Meta(min_length=SALT, max_length=SALT)]
    what: What
    outcome: Outcome | None = None
    call: Annotated[str, Meta(max_length=22)] = ""
    person: Annotated[str, Meta(max_length=22)] = ""
    name: Annotated[str, Meta(max_length=64)] = ""
    device: Annotated[str, Meta(max_length=64)] = ""
    at: Annotated[str, Meta(max_length=64)] = ""
    reason: Annotated[str, Meta(max_length=32)] = ""
    length: Annotated[int, Meta(ge=0, le=31 * 86_400)] | None = None
    chain: Annotated[bytes, Meta(max_length=32)] = b""
    numbers: Annotated[tuple[Count, ...], Meta(max_length=32)] = ()


class Details(TypedDict, total=False):
    """What may be noted of something that happened, beside what it was and what became of it: as in Payload."""

    call: str
    person: str
    name: str
    device: str
    at: str
    reason: str
    length: int | None


class LogEntry(Struct, frozen=True, kw_only=True):
    """`number` counts from 0 in the chain of `writer` for `owner`; `time` is in Unix seconds."""

    owner: Owner
    number: Count
    previous: Hash
    time: Count
    payload_hash: Hash
    writer: Key
    signature: Signature


@dataclass(frozen=True, slots=True)
class Head:
    """How far a chain goes: the number of its newest entry, that one's hash and time."""

    number: int
    hash: bytes
    time: int = 0


def message(entry: LogEntry) -> bytes:
    """The bytes that `writer` signs. Raises Untrusted if a number is out of range."""
    return statement(
        LABEL,
        entry.owner.encode(),
        u64(entry.number),
        entry.previous,
        u64(entry.time),
        entry.payload_hash,
        entry.writer,
    )


def head_of(entry: LogEntry) -> Head:
    return Head(entry.number, hashlib.sha256(message(entry)).digest(), entry.time)


def told(salt: bytes, what: What, outcome: Outcome | None, details: Details) -> Payload:
    """What is written of something that happened. `salt` is new for each."""
    return Payload(salt=salt, what=what, outcome=outcome, **details)


def payload_hash(payload: bytes) -> bytes:
    return hashlib.sha256(payload).digest()


def write(payload: Payload) -> bytes:
    """The payload as it is hashed and kept."""
    return msgspec.json.encode(payload)


def read(payload: bytes) -> Payload:
    """Raises Untrusted(malformed) for what is none."""
    try:
        return msgspec.json.decode(payload, type=Payload)
    except msgspec.DecodeError:
        require(False, Reason.MALFORMED)  # noqa: FBT003 - never holds
        raise


def follow(
    head: Head | None,
    payload: bytes,
    *,
    owner: str,
    time: int,
    writer: bytes,
    sign: Callable[[bytes], bytes],
) -> LogEntry:
    """The next entry of a chain that goes up to `head`. Its time is not before that one's, whatever the clock says."""
    unsigned = LogEntry(
        owner=owner,
        number=0 if head is None else head.number + 1,
        previous=NO_HASH if head is None else head.hash,
        time=time if head is None else max(time, head.time),
        payload_hash=payload_hash(payload),
        writer=writer,
        signature=bytes(64),
    )
    return msgspec.structs.replace(unsigned, signature=sign(message(unsigned)))


def require_signed(entry: LogEntry) -> None:
    """Raises Untrusted unless its writer signed it, whatever chain it belongs to."""
    require(verify(entry.writer, entry.signature, message(entry)), Reason.BAD_SIGNATURE)


def after(head: Head | None, entry: LogEntry, payload: bytes | None) -> Head:
    """The head with this entry. Raises Untrusted unless it is the next one, signed, and has this payload (None where
    it was taken away)."""
    require(entry.number == (0 if head is None else head.number + 1), Reason.OUT_OF_ORDER)
    require(entry.previous == (NO_HASH if head is None else head.hash), Reason.BROKEN)
    require(head is None or entry.time >= head.time, Reason.TIME_REVERSED)
    require(payload is None or payload_hash(payload) == entry.payload_hash, Reason.BROKEN)
    require_signed(entry)
    return head_of(entry)


def verify_chain(entries: Iterable[tuple[LogEntry, bytes | None]], seen: Head | None = None) -> Head | None:
    """The head of a whole chain, from its first entry on. Raises Untrusted if anything about it is not as it was
    written, or if it does not pass through `seen`, a head that somebody remembers."""
    head: Head | None = None
    owner, writer = "", b""
    passed = seen is None
    for entry, payload in entries:
        owner, writer = owner or entry.owner, writer or entry.writer
        require((entry.owner, entry.writer) == (owner, writer), Reason.FORKED)
        head = after(head, entry, payload)
        if seen is not None and head.number == seen.number:
            require(head.hash == seen.hash, Reason.FORKED)
            passed = True
    require(passed, Reason.STALE)
    return head
