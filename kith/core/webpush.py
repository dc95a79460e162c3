"""Web Push as bytes: what a push service is given, encrypted for the browser (RFC 8291) and signed by this server (RFC
8292). No clock and no chance: time, salt and the one-time key are passed in.

A push service sees for whom a push is, how large it is, and when; it can read nothing of it, and the size is always the
same (`PADDED`).
"""

import base64
import json
import struct
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PADDED = 128
"""Bytes of plaintext with its padding: no push is told from another by its length."""

RECORD = 4096
"""The record size that is announced: one record is all there is (RFC 8291, section 4)."""

TOKEN_LIFE = 12 * 3600
"""Seconds until what signs for this server has to be signed anew. A push service takes no more than 24 hours."""

_CURVE = ec.SECP256R1()


@dataclass(frozen=True, slots=True)
class Subscription:
    """Where a browser is reached, and what to encrypt for it with. `url` is a secret: whoever knows it can push, were
    it not for the key that signs."""

    url: str = field(repr=False)
    p256dh: bytes = field(repr=False)
    auth: bytes = field(repr=False)


def encrypt(data: bytes, to: Subscription, *, own: ec.EllipticCurvePrivateKey, salt: bytes) -> bytes:
    """The body of a push message, `aes128gcm` (RFC 8188) with the key of RFC 8291, section 3.4. `own` is used for this
    message only, `salt` are 16 random bytes. Raises ValueError for a key that is no point of the curve, and for data
    that is longer than PADDED."""
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, to.p256dh)
    ours = public_bytes(own)
    shared = own.exchange(ec.ECDH(), theirs)
    key = _derive(shared, to.auth, b"WebPush: info\0" + to.p256dh + ours, 32)
    secret = _derive(key, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derive(key, salt, b"Content-Encoding: nonce\0", 12)
    header = salt + struct.pack(">IB", RECORD, len(ours)) + ours
    return header + AESGCM(secret).encrypt(nonce, data + b"\2", None)


def padded(data: bytes) -> bytes:
    """JSON made as long as every other one, by spaces that mean nothing. Raises ValueError if there is no room."""
    if len(data) > PADDED:
        raise ValueError("a push is longer than all others")
    return data.ljust(PADDED)


def token(key: ec.EllipticCurvePrivateKey, audience: str, *, now: float, contact: str | None = None) -> str:
    """What says to the push service at the origin `audience` that this server is the one which the browser subscribed
    for: the value of `Authorization` (RFC 8292, section 3)."""
    claims: dict[str, str | int] = {"aud": audience, "exp": int(now) + TOKEN_LIFE}
    if contact is not None:
        claims["sub"] = contact
    signed = f"{_json({'typ': 'JWT', 'alg': 'ES256'})}.{_json(claims)}"
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    signature = _text(r.to_bytes(32, "big") + s.to_bytes(32, "big"))  # RFC 7518, section 3.4
    return f"vapid t={signed}.{signature}, k={_text(public_bytes(key))}"


def origin_of(url: str) -> str:
    """Of a push resource. Raises ValueError for what is no https address of anybody's."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.password:
        raise ValueError("not the address of a push service")
    return f"https://{parts.netloc.lower()}"


def public_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    """65 bytes: the uncompressed point."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def is_point(data: bytes) -> bool:
    """Whether these 65 bytes are somebody's public key."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, data)
    except ValueError:
        return False
    return True


def new_key() -> ec.EllipticCurvePrivateKey:
    """A key of P-256 (RFC 8291, section 2.1; RFC 8292, section 2)."""
    return ec.generate_private_key(_CURVE)


def key_from(raw: bytes) -> ec.EllipticCurvePrivateKey:
    """Inverse of `raw_key`. Raises ValueError unless these are the 32 bytes of a key."""
    if len(raw) != 32:
        raise ValueError("a key for Web Push is exactly 32 bytes")
    return ec.derive_private_key(int.from_bytes(raw, "big"), _CURVE)


def raw_key(key: ec.EllipticCurvePrivateKey) -> bytes:
    """32 bytes, to be stored with mode 0600 and nowhere else."""
    return key.private_numbers().private_value.to_bytes(32, "big")


def _derive(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def _json(value: object) -> str:
    return _text(json.dumps(value, separators=(",", ":")).encode())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
