"""What the two endpoints of a pairing say to each other through `pairing_signal` (docs/trust.md, section 4). Pure.

UTF-8 JSON, bytes as base64: `{"v": 1, "step": "...", ...}`. Another version or an unknown step is ignored.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from kith.core.trust.history import Count, Hash, Key, Point
from signaling.protocol import Keys

VERSION = 1

Nonce = Annotated[bytes, Meta(min_length=32, max_length=32)]
Authority = Annotated[bytes, Meta(max_length=32)]


class StepBase(msgspec.Struct, frozen=True, kw_only=True, tag_field="step"):
    v: int = VERSION


class Proof(StepBase, frozen=True, kw_only=True, tag="proof"):
    """From the new endpoint, which has scanned the secret."""

    keys: Keys
    proof: Hash


class Vouch(StepBase, frozen=True, kw_only=True, tag="vouch"):
    """It was signed for; with the chain or roster in which it is now."""

    root: Hash
    version: Count
    head: Hash
    authority: Authority
    proof: Hash

    @property
    def point(self) -> Point:
        return Point(self.version, self.head)


class Ask(StepBase, frozen=True, kw_only=True, tag="ask"):
    """Somebody wants to sign for the new endpoint: it may commit to a nonce."""


class Commit(StepBase, frozen=True, kw_only=True, tag="commit"):
    commitment: Hash


class Counter(StepBase, frozen=True, kw_only=True, tag="nonce"):
    """The other's nonce, its identity, and which chain or roster it would add to, as it is."""

    nonce: Nonce
    identity: Key
    root: Hash
    version: Count
    head: Hash


class Reveal(StepBase, frozen=True, kw_only=True, tag="reveal"):
    keys: Keys
    nonce: Nonce


class Done(StepBase, frozen=True, kw_only=True, tag="done"):
    """It was signed for."""


class Stop(StepBase, frozen=True, kw_only=True, tag="stop"):
    """The digits differ, or something was not as it must be: this pairing is over."""


Step = Proof | Vouch | Ask | Commit | Counter | Reveal | Done | Stop
_decoder = msgspec.json.Decoder(Step)


def write(step: Step) -> bytes:
    return msgspec.json.encode(step)


def read(data: bytes) -> Step | None:
    """None for what is not understood."""
    try:
        step: Step = _decoder.decode(data)
    except msgspec.DecodeError:
        return None
    return step if step.v == VERSION else None
