"""What a message says, as the bytes that are sealed: JSON in UTF-8 (RFC 8259). Pure.

`{"text": "…"}`, or `{"voice": {"seconds": 7.4, "segments": 3, "bytes": 31000}}`. Unknown fields are ignored.
"""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from kith.core.trust.message import MAX_SEGMENTS
from kith.core.trust.untrusted import Reason, Untrusted, require

MAX_TEXT = 4_000
"""Characters (Unicode code points). However they are written, the content still fits into an envelope."""

MAX_SECONDS = 300
MAX_BYTES = 1 << 20


class Voice(Struct, frozen=True, kw_only=True):
    """Opus in Ogg (RFC 7845), mono, cut into `segments`: one that is cut off, or left out, is noticed."""

    seconds: Annotated[float, Meta(ge=0, le=MAX_SECONDS)]
    segments: Annotated[int, Meta(ge=1, le=MAX_SEGMENTS)]
    bytes: Annotated[int, Meta(ge=1, le=MAX_BYTES)]


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
    return found
