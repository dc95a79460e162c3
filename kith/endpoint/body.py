"""What two endpoints say to each other through `signal`: session descriptions and candidates.

The server carries these bytes without reading them. They are UTF-8 JSON:

    {"v": 1, "kind": "description", "type": "offer" | "answer", "sdp": "..."}
    {"v": 1, "kind": "candidate", "candidate": {"candidate": "...", "sdpMid": ..., "sdpMLineIndex": ...} | null}

`null` ends the candidates of that side. A body of another version or kind is ignored, so that either side may be newer.
"""

from typing import Literal

import msgspec

VERSION = 1


class Description(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="description"):
    v: int = VERSION
    type: Literal["offer", "answer"]
    sdp: str


class CandidateLine(msgspec.Struct, frozen=True, kw_only=True):
    """As RTCIceCandidateInit has it."""

    candidate: str
    sdpMid: str | None = None  # noqa: N815 - names of the browsers' API
    sdpMLineIndex: int | None = None  # noqa: N815


class Candidate(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="candidate"):
    v: int = VERSION
    candidate: CandidateLine | None


Body = Description | Candidate
_decoder = msgspec.json.Decoder(Body)


def write(body: Body) -> bytes:
    return msgspec.json.encode(body)


def read(data: bytes) -> Body | None:
    """None for what this version does not understand."""
    try:
        body: Body = _decoder.decode(data)
    except msgspec.DecodeError:
        return None
    return body if body.v == VERSION else None
