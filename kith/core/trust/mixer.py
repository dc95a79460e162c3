"""What the server says of its mixer to an endpoint that is about to send it what it hears. Pure.

A mixer has no identity of its own: it is a process of the server, with a certificate that it made when it started. The
server vouches for that certificate with its identity key, which every endpoint pinned when it was enrolled. The
endpoint's nonce and its own certificate are in what is signed, so that the word is good for this one connection:
whoever hears it cannot show it to another endpoint, nor to the same one another time.
"""

from dataclasses import dataclass

from kith.core.keys import KeyPair, statement, verify
from kith.core.trust.history import u64
from kith.core.trust.untrusted import Reason, require

LABEL = b"kith/1 mixer"
LENGTH = 32
"""Bytes of keys, fingerprints (SHA-256) and nonces."""


@dataclass(frozen=True, slots=True)
class MixerPromise:
    """The one connection for which the server vouches: that of the endpoint with `identity` in this epoch of a group.

    `mixer` is the fingerprint of the mixer's certificate, `own` that of the endpoint's as in its offer, `nonce` what
    the endpoint sent with it. The call's id is the group's.
    """

    call: str
    epoch: int
    identity: bytes
    mixer: bytes
    own: bytes
    nonce: bytes

    def message(self) -> bytes:
        """The bytes that the server signs. Raises Untrusted (malformed) where a part has a size that none can have."""
        sizes = all(len(part) == LENGTH for part in (self.identity, self.mixer, self.own, self.nonce))
        require(sizes, Reason.MALFORMED)
        return statement(
            LABEL, self.call.encode(), u64(self.epoch), self.identity, self.mixer, self.own, self.nonce
        )

    def sign(self, server: KeyPair) -> bytes:
        """64 bytes, with the server's identity key."""
        return server.sign(self.message())

    def verify(self, server: bytes, signature: bytes) -> None:
        """Raises Untrusted unless the server with this identity key (32 bytes, the pinned one) signed exactly this."""
        require(verify(server, signature, self.message()), Reason.BAD_SIGNATURE)
