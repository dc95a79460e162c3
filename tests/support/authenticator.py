"""An authenticator (WebAuthn, section 6) in Python, which may lie."""

import base64
import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field

import cbor2
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT = 0x01
VERIFIED = 0x04
ATTESTED = 0x40


@dataclass
class Authenticator:
    """Holds one ES256 credential. What it says of itself can be changed: `flags`, `counter`, `relying_party`."""

    relying_party: str
    handle: bytes = b""
    counter: int = 0
    flags: int = PRESENT | VERIFIED
    credential: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def __post_init__(self) -> None:
        self._key = generate_private_key(SECP256R1())

    @property
    def public_key(self) -> bytes:
        """In COSE form (RFC 9053, section 7.1.1)."""
        numbers = self._key.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        return bytes(cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y}))

    def make(self, challenge: bytes, origin: str) -> tuple[bytes, bytes]:
        """Client data and attestation object."""
        about = bytes(16) + struct.pack(">H", len(self.credential)) + self.credential + self.public_key
        data = self._data(ATTESTED) + about
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return client_data("webauthn.create", challenge, origin), bytes(attestation)

    def sign(self, challenge: bytes, origin: str) -> dict[str, bytes]:
        """The fields of `use_passkey` that come from it. It counts on, if it counts at all."""
        self.counter += self.counter > 0
        data = self._data()
        said = client_data("webauthn.get", challenge, origin)
        signature = self._key.sign(data + hashlib.sha256(said).digest(), ECDSA(SHA256()))
        return {
            "credential": self.credential,
            "client_data": said,
            "authenticator_data": data,
            "signature": signature,
            "handle": self.handle,
        }

    def _data(self, more: int = 0) -> bytes:
        name = hashlib.sha256(self.relying_party.encode()).digest()
        return name + struct.pack(">BI", self.flags | more, self.counter)


def client_data(kind: str, challenge: bytes, origin: str) -> bytes:
    text = base64.urlsafe_b64encode(challenge).decode().rstrip("=")
    return json.dumps({"type": kind, "challenge": text, "origin": origin, "crossOrigin": False}).encode()
