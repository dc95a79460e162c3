"""What two endpoints say to each other through `signal`, inside the seal (docs/trust.md, section 9). Pure.

UTF-8 JSON, bytes as base64. What has another version or a kind that is not known is ignored, so that either side
may be newer:

    {"v": 2, "kind": "description", "type": "offer" | "answer", "sdp": "...", "nonce": "...",
     "root": "...", "version": 3, "head": "...", "signature": "..." in an answer}
    {"v": 2, "kind": "confirm", "signature": "..."}
    {"v": 2, "kind": "candidate", "candidate": {"candidate": "...", "sdpMid": ..., "sdpMLineIndex": ...} | null}
    {"v": 2, "kind": "again"}                                                                            in a group
    {"v": 2, "kind": "sends", "audio": true, "video": false}                                             in a group

`root`, `version` and `head` are for whom the sender speaks, and the point of that chain which it signs. A null
candidate ends those of its side. By `again` the one who answers asks the one who offers for a new connection; `sends`
is what really leaves now.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from kith.core.trust.history import Count, Hash, Point, Signature
from kith.core.trust.untrusted import Reason, Untrusted

VERSION = 2

Nonce = Annotated[bytes, Meta(min_length=32, max_length=32)]


class Description(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="description"):
    v: int = VERSION
    type: Literal["offer", "answer"]
    sdp: str
    nonce: Nonce
    root: Hash
    version: Count
    head: Hash
    signature: Signature | UnsetType = UNSET

    @property
    def point(self) -> Point:
        return Point(self.version, self.head)


class Confirm(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="confirm"):
    v: int = VERSION
    signature: Signature


class CandidateLine(msgspec.Struct, frozen=True, kw_only=True):
    """As RTCIceCandidateInit has it."""

    candidate: str
    sdpMid: str | None = None  # noqa: N815 - names of the browsers' API
    sdpMLineIndex: int | None = None  # noqa: N815


class Candidate(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="candidate"):
    v: int = VERSION
    candidate: CandidateLine | None


class Again(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="again"):
    v: int = VERSION


class Sends(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="sends"):
    v: int = VERSION
    audio: bool
    video: bool


class _Head(msgspec.Struct, frozen=True):
    v: int = 0
    kind: str = ""


Body = Description | Confirm | Candidate | Again | Sends

_head = msgspec.json.Decoder(_Head)
_decoder = msgspec.json.Decoder(Body)
_KINDS = frozenset({"description", "confirm", "candidate", "again", "sends"})


def write(body: Body) -> bytes:
    return msgspec.json.encode(body)


def read(data: bytes) -> Body | None:
    """None for what this version does not understand. Raises Untrusted for what it should and cannot."""
    try:
        head = _head.decode(data)
        if head.v != VERSION or head.kind not in _KINDS:
            return None
        body: Body = _decoder.decode(data)
    except msgspec.DecodeError:
        raise Untrusted(Reason.MALFORMED) from None
    return body
