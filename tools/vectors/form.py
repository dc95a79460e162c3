"""How values are written in the vectors, and who plays in them."""

import base64
import hashlib
from typing import Any

import msgspec

from kith.core.keys import KeyPair
from kith.core.trust.recovery import RecoveryKey

Case = dict[str, Any]


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def fixed(name: str) -> bytes:
    """32 bytes that stand for random ones."""
    return hashlib.sha256(b"kith test vectors: " + name.encode()).digest()


def endpoint(name: str) -> KeyPair:
    return KeyPair.from_private_bytes(fixed(f"{name} identity") + fixed(f"{name} sealing"))


def printed(name: str) -> RecoveryKey:
    return RecoveryKey(fixed(f"{name} recovery"))


def plain(link: msgspec.Struct) -> Case:
    """A link as it crosses the wire."""
    made: Case = msgspec.to_builtins(link)
    return made
