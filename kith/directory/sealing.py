"""Secrets that the server must be able to say again, such as the password of somebody's address book.

A stolen database shows none of them: the key is derived from the server's private key, which is in a file of its
own. Each is bound to what it is for, so that whoever can write into the database cannot have it sent elsewhere.
"""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kith.core.keys import KeyPair

_NONCE = 12  # bytes, NIST SP 800-38D, section 8.2.2


class Sealing:
    """AES-256-GCM under a key for this purpose (HKDF, RFC 5869)."""

    def __init__(self, server: KeyPair) -> None:
        key = HKDF(SHA256(), 32, salt=None, info=b"kith/1 sealed secrets").derive(server.private_bytes())
        self._cipher = AESGCM(key)

    def __repr__(self) -> str:
        return "Sealing(redacted)"

    def seal(self, secret: str, *purpose: str) -> bytes:
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, secret.encode(), _bound(purpose))

    def open(self, sealed: bytes, *purpose: str) -> str | None:
        """None for what was sealed under another key or for another purpose."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], _bound(purpose)).decode()
        except (InvalidTag, ValueError):
            return None


def _bound(purpose: tuple[str, ...]) -> bytes:
    """No two purposes give the same bytes: each word has its length before it."""
    words = (each.encode() for each in purpose)
    return b"".join(len(each).to_bytes(4, "big") + each for each in words)
