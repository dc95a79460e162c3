"""Keys and signed statements.

A statement is a purpose label followed by length-prefixed fields, so that a signature made for
one purpose can never be read as one for another, nor one field as a part of its neighbour:

    label || for each field: uint16 big-endian length || field

Every endpoint makes an Ed25519 identity key (RFC 8032) when it is enrolled and an X25519 key
(RFC 7748), signed by the identity key, to which other endpoints will seal what they send.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from kith.core.files import write_whole

SIGN_IN = b"kith/1 sign-in"
SEALING_KEY = b"kith/1 sealing-key"


def statement(label: bytes, *fields: bytes) -> bytes:
    """The bytes to sign. A field is at most 65,535 bytes."""
    return label + b"".join(struct.pack(">H", len(field)) + field for field in fields)


def sign_in_statement(server: bytes, origin: str, nonce: bytes, endpoint: str) -> bytes:
    """What an endpoint signs to sign in: bound to this server, this origin, this challenge."""
    return statement(SIGN_IN, server, origin.encode(), nonce, endpoint.encode())


def sealing_statement(identity: bytes, sealing: bytes) -> bytes:
    """What binds an endpoint's X25519 key to its identity key."""
    return statement(SEALING_KEY, identity, sealing)


def verify(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` is that of the 32-byte Ed25519 key `public` on `message`."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


_P = 2**255 - 19


def small_order(public: bytes) -> bool:
    """Whether a 32-byte Ed25519 key is one of the few points for which anybody can forge signatures.

    Eight times such a point is the neutral one. With the curve of RFC 8032, section 5.1,
    -x² + y² = 1 - 121665/121666 x²y², those of order 1 and 2 have y = ±1 and those of order 4
    y = 0; doubling one of order 8 must give y = 0, that is x² = -y², put into the curve.
    """
    y = int.from_bytes(public, "little") % 2**255  # the highest bit is the sign of x
    square = y * y
    order_8 = 121_665 * square * square - 2 * 121_666 * square + 121_666
    return y * (square - 1) * order_8 % _P == 0


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """An endpoint's public half: Ed25519 (32 bytes), X25519 (32), the former's signature on the latter (64)."""

    identity: bytes
    sealing: bytes
    sealing_signature: bytes

    def consistent(self) -> bool:
        """Whether the keys belong together, and the identity is one for which signatures can be trusted."""
        signed = sealing_statement(self.identity, self.sealing)
        return not small_order(self.identity) and verify(self.identity, self.sealing_signature, signed)


class KeyPair:
    """An endpoint's (or the server's) private keys. Prints redacted."""

    __slots__ = ("_identity", "_sealing", "public")

    def __init__(self, identity: Ed25519PrivateKey, sealing: X25519PrivateKey) -> None:
        self._identity = identity
        self._sealing = sealing
        identity_public = identity.public_key().public_bytes_raw()
        sealing_public = sealing.public_key().public_bytes_raw()
        self.public = PublicKeys(
            identity_public, sealing_public, identity.sign(sealing_statement(identity_public, sealing_public))
        )

    def __repr__(self) -> str:
        return "KeyPair(redacted)"

    @classmethod
    def generate(cls) -> "KeyPair":
        return cls(Ed25519PrivateKey.generate(), X25519PrivateKey.generate())

    @classmethod
    def from_private_bytes(cls, raw: bytes) -> "KeyPair":
        """Inverse of `private_bytes`. Raises ValueError unless `raw` is 64 bytes."""
        if len(raw) != 64:
            raise ValueError("a key file holds exactly 64 bytes")
        return cls(
            Ed25519PrivateKey.from_private_bytes(raw[:32]), X25519PrivateKey.from_private_bytes(raw[32:])
        )

    def private_bytes(self) -> bytes:
        """64 bytes: Ed25519 seed, X25519 scalar. To be stored with mode 0600 and nowhere else."""
        return self._identity.private_bytes_raw() + self._sealing.private_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        return self._identity.sign(message)

    def agree(self, sealing: bytes) -> bytes:
        """The 32 bytes that this endpoint and the holder of the X25519 key `sealing` have in common.

        Raises ValueError for a key with which everybody would have the same ones (RFC 7748, section 6.1).
        """
        return self._sealing.exchange(X25519PublicKey.from_public_bytes(sealing))


def load_or_create(path: Path) -> KeyPair:
    """The key pair in `path`, made there with mode 0600 if the file does not exist.

    Raises OSError if it cannot be read or made, ValueError if it is not a key file.
    """
    try:
        return KeyPair.from_private_bytes(path.read_bytes())
    except FileNotFoundError:
        pair = KeyPair.generate()
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, pair.private_bytes())  # half a key would keep the endpoint out for good
        return pair
