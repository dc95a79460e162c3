"""What one endpoint of a call sends the other so that the server cannot read or change it. Pure.

X25519 (RFC 7748), HKDF-SHA-256 (RFC 5869) and AES-256-GCM (NIST SP 800-38D). Both keys of the pair are long-lived:
this hides descriptions and candidates from the server, and says from which endpoint they come. That the
other side takes part *now* is what the signatures of `session` are for.
"""

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kith.core.keys import KeyPair, PublicKeys, statement
from kith.core.trust.history import u64
from kith.core.trust.untrusted import Reason, Untrusted, require

LABEL = b"kith/1 signal-key"
FORMAT = b"\x01"
NONCE = 12
TAG = 16
MAX_PLAINTEXT = 32_000
"""Bytes. Sealed it still fits into a `signal` (32,768)."""

_OVERHEAD: Final = len(FORMAT) + NONCE + TAG


class Sealer:
    """Seals to the peer and opens what the peer sealed, within one epoch of one call. Prints redacted."""

    __slots__ = ("_from_peer", "_to_peer")

    def __init__(self, own: KeyPair, peer: PublicKeys, *, kind: str, call: str, epoch: int) -> None:
        """Raises Untrusted if the peer's keys cannot be used."""
        require(peer.consistent(), Reason.WEAK_KEY)
        # With oneself both directions would have one key, and what was sent could come back as an answer.
        require(peer.identity != own.public.identity, Reason.WEAK_KEY)
        try:
            shared = own.agree(peer.sealing)
        except ValueError:
            raise Untrusted(Reason.WEAK_KEY) from None
        about = (kind.encode(), call.encode(), u64(epoch))
        self._to_peer = AESGCM(agreed_key(LABEL, shared, about, own.public, peer))
        self._from_peer = AESGCM(agreed_key(LABEL, shared, about, peer, own.public))

    def __repr__(self) -> str:
        return "Sealer(redacted)"

    def seal(self, plaintext: bytes, nonce: bytes) -> bytes:
        """`nonce` is 12 random bytes, used once. Raises ValueError for more than MAX_PLAINTEXT bytes."""
        if len(plaintext) > MAX_PLAINTEXT or len(nonce) != NONCE:
            raise ValueError("too much to seal, or no nonce")
        return FORMAT + nonce + self._to_peer.encrypt(nonce, plaintext, FORMAT)

    def open(self, sealed: bytes) -> bytes:
        """The plaintext. Raises Untrusted if the peer did not seal exactly this for this call and epoch."""
        whole = _OVERHEAD <= len(sealed) <= _OVERHEAD + MAX_PLAINTEXT
        require(whole and sealed.startswith(FORMAT), Reason.UNREADABLE)
        body = len(FORMAT) + NONCE
        try:
            return self._from_peer.decrypt(sealed[len(FORMAT) : body], sealed[body:], FORMAT)
        except InvalidTag:
            raise Untrusted(Reason.UNREADABLE) from None


def agreed_key(
    label: bytes, shared: bytes, about: tuple[bytes, ...], sender: PublicKeys, receiver: PublicKeys
) -> bytes:
    """The 32 bytes under which `sender` seals to `receiver`, for one purpose and about one thing. `shared` is what the
    two have in common."""
    ends = (sender.identity, receiver.identity, sender.sealing, receiver.sealing)
    return HKDF(SHA256(), 32, salt=None, info=statement(label, *about, *ends)).derive(shared)
