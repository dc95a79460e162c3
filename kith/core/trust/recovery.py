"""The recovery key, printed on paper: what is left when every endpoint of a person is lost. Pure."""

import base64
import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kith.core.trust.untrusted import Reason, require

LABEL = b"kith/1 recovery"
SEED = 32
CHECK = 2
SYMBOLS = 55
GROUP = 5

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RFC_4648 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_WRITE = str.maketrans(_RFC_4648, _ALPHABET, "=")
_READ = str.maketrans(_ALPHABET, _RFC_4648)
_FORGIVE = str.maketrans("OIL", "011", "- ")


class RecoveryKey:
    """An Ed25519 key that lives on paper. Prints redacted."""

    __slots__ = ("_private", "_seed", "public")

    def __init__(self, seed: bytes) -> None:
        """`seed` is 32 random bytes."""
        self._seed = seed
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._private.public_key().public_bytes_raw()

    def __repr__(self) -> str:
        return "RecoveryKey(redacted)"

    def sign(self, message: bytes) -> bytes:
        return self._private.sign(message)

    def text(self) -> str:
        """What is printed: eleven groups of five symbols of Crockford's base32, two check bytes among them."""
        symbols = base64.b32encode(self._seed + _check(self._seed)).decode().translate(_WRITE)
        return "-".join(symbols[at : at + GROUP] for at in range(0, SYMBOLS, GROUP))

    @classmethod
    def from_text(cls, text: str) -> "RecoveryKey":
        """Read what somebody typed: case, spaces and hyphens do not matter, nor O for 0, I and L for 1.

        Raises Untrusted (MISTYPED) if it cannot be what was printed.
        """
        require(text.isascii(), Reason.MISTYPED)
        symbols = text.upper().translate(_FORGIVE)
        require(len(symbols) == SYMBOLS and set(symbols) <= set(_ALPHABET), Reason.MISTYPED)
        whole = base64.b32decode(symbols.translate(_READ) + "=")
        seed, check = whole[:SEED], whole[SEED:]
        require(check == _check(seed), Reason.MISTYPED)
        key = cls(seed)
        require(key.text().replace("-", "") == symbols, Reason.MISTYPED)  # the three bits of padding are zero
        return key


def _check(seed: bytes) -> bytes:
    return hashlib.sha256(LABEL + seed).digest()[:CHECK]
