"""Secrets are stored as keyed digests, so that a stolen database opens nothing.

The key is derived from the server's private key, which is in a file of its own: short codes could be
found by trying all of them if their hash alone were known.
"""

import hmac
from hashlib import sha256

from kith.core.keys import KeyPair

NUMBER = "number"
"""The purpose of what is kept of a number that is blocked, or not admitted any more."""


class Digest:
    """HMAC-SHA256 with a key per purpose."""

    def __init__(self, server: KeyPair) -> None:
        self._key = hmac.digest(server.private_bytes(), b"kith/1 stored secrets", sha256)

    def __repr__(self) -> str:
        return "Digest(redacted)"

    def __call__(self, purpose: str, secret: str) -> bytes:
        """32 bytes. A digest made for one purpose matches no other."""
        return hmac.digest(self._key, purpose.encode() + b"\x00" + secret.encode(), sha256)
