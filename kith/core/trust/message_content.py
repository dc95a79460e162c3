"""What a message says, as the bytes that are sealed: JSON in UTF-8 (RFC 8259). Pure.

`{"text": "…"}`, or `{"voice": {"seconds": 7.4, "segments": 3, "bytes": 31000, "hashes": ["…", …]}}`. Unknown fields are
ignored. Everybody who can read a message has its key, and could seal another piece under it: so the content, which its
sender signed, has the hash of each.
"""

import hashlib
from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from kith.core.trust.history import Hash
from kith.core.trust.message import MAX_SEGMENTS
from kith.core.trust.untrusted import Reason, Untrusted, require

MAX_TEXT = 4_000
"""Characters (Unicode code points). However they are written, the content still fits into an envelope."""

MAX_SECONDS = 300
MAX_BYTES = 1 << 20


class Voice(Struct, frozen=True, kw_only=True):
    """Opus in Ogg (RFC 7845), mono, cut into `segments`: one that is cut off, or left out, is noticed. `hashes` are
    those of the segments as they are sealed (SHA-256)."""

    seconds: Annotated[float, Meta(ge=0, le=MAX_SECONDS)]
    segments: Annotated[int, Meta(ge=1, le=MAX_SEGMENTS)]
    bytes: Annotated[int, Meta(ge=1, le=MAX_BYTES)]
    hashes: Annotated[tuple[Hash, ...], Meta(min_length=1, max_length=MAX_SEGMENTS)]


class Content(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One of the two."""

    text: Annotated[str, Meta(min_length=1, max_length=MAX_TEXT)] | None = None
    voice: Voice | None = None


_decode = msgspec.json.Decoder(Content).decode


def write(content: Content) -> bytes:
    return msgspec.json.encode(content)


def read(content: bytes) -> Content:
    """Raises Untrusted(malformed) for what is neither a text nor a voice message."""
    try:
        found = _decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Untrusted(Reason.MALFORMED) from None
    require((found.text is None) != (found.voice is None), Reason.MALFORMED)
    require(found.voice is None or len(found.voice.hashes) == found.voice.segments, Reason.MALFORMED)
    return found


def hashes_of(sealed: Iterable[bytes]) -> tuple[bytes, ...]:
    """Of the segments of a voice message, in order, as they are sealed."""
    return tuple(hashlib.sha256(one).digest() for one in sealed)


def require_segment(voice: Voice, index: int, sealed: bytes) -> None:
    """Raises Untrusted unless this is what the sender sealed as this segment. To be asked before it is opened."""
    known = 0 <= index < len(voice.hashes) and hashlib.sha256(sealed).digest() == voice.hashes[index]
    require(known, Reason.UNREADABLE)
