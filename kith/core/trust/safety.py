"""The safety number of two persons: what they compare to know that nobody stands between them. Pure.

It is made of both roots, so it stays the same while their endpoints come and go, and changes with a new identity.
"""

import base64
import hashlib

from kith.core.keys import statement

LABEL = b"kith/1 safety"
ROUNDS = 5200
"""Makes trying out keys for a number that looks alike 5,200 times as dear."""

QR_PREFIX = "kith-safety:1:"


def safety_number(one: bytes, other: bytes) -> str:
    """60 digits, the same whoever's root (32 bytes) comes first. To be shown in twelve groups of five."""
    return "".join(sorted((_half(one), _half(other))))


def safety_qr(one: bytes, other: bytes) -> str:
    """What each shows for the other to scan; equal texts mean equal persons."""
    both = b"".join(sorted((one, other)))
    return QR_PREFIX + base64.urlsafe_b64encode(both).decode().rstrip("=")


def _half(root: bytes) -> str:
    hashed = hashlib.sha256(statement(LABEL, root)).digest()
    for _ in range(ROUNDS):
        hashed = hashlib.sha256(hashed + root).digest()
    groups = (int.from_bytes(hashed[at : at + 5], "big") % 100_000 for at in range(0, 30, 5))
    return "".join(f"{group:05}" for group in groups)
