"""Pairing by a short code that is typed: six digits, shown by both sides and compared by a person. Pure.

The code only finds the other side. The new endpoint commits to its nonce before it knows the other's, and reveals
it after; so a server in between must guess the digits, once in a million, instead of trying keys until they fit.

    new     commitment ->
        <-  nonce, identity, root, version, head     own
    new     keys, nonce ->
            both show six digits, both ask whether they are the same
        <-  the chain, with the new endpoint in it   own
"""

import hashlib
import hmac
from dataclasses import dataclass, replace

from kith.core.keys import PublicKeys, statement
from kith.core.trust.history import Point
from kith.core.trust.untrusted import Reason, Untrusted, require

COMMIT = b"kith/1 pair-commit"
DIGITS = b"kith/1 pair-digits"
NONCE = 32


@dataclass(frozen=True, slots=True)
class Answer:
    """What the adult's endpoint says of itself: its nonce, its identity, and which chain it would add to, as it is."""

    nonce: bytes
    identity: bytes
    root: bytes
    point: Point


def commitment(code: str, server: bytes, keys: PublicKeys, nonce: bytes) -> bytes:
    """32 bytes that tell nothing of the nonce and allow no other."""
    message = statement(
        COMMIT, code.encode(), server, keys.identity, keys.sealing, keys.sealing_signature, nonce
    )
    return hashlib.sha256(message).digest()


def digits(code: str, server: bytes, keys: PublicKeys, nonce: bytes, answer: Answer) -> str:
    """Six digits. `keys` and `nonce` are the new endpoint's."""
    ends = (keys.identity, keys.sealing, answer.identity, answer.root, *answer.point.fields())
    hashed = hashlib.sha256(statement(DIGITS, code.encode(), server, *ends, nonce, answer.nonce)).digest()
    return f"{int.from_bytes(hashed[:8], 'big') % 1_000_000:06}"


@dataclass(frozen=True, slots=True)
class PairingNew:
    """The side that is enrolled. `nonce` is 32 random bytes, for this pairing alone."""

    code: str
    server: bytes
    keys: PublicKeys
    nonce: bytes
    answer: Answer | None = None
    same: bool = False

    def commitment(self) -> bytes:
        """The first message."""
        return commitment(self.code, self.server, self.keys, self.nonce)

    def answered(self, answer: Answer) -> "PairingNew":
        """Takes the second message, once. From here on the nonce may be revealed and the digits shown."""
        require(self.answer is None, Reason.OUT_OF_TURN)
        sizes = len(answer.nonce) == NONCE and len(answer.root) == 32 and len(answer.identity) == 32
        require(sizes, Reason.MALFORMED)
        return replace(self, answer=answer)

    def reveal(self) -> bytes:
        """The nonce, for the third message."""
        self._answer()
        return self.nonce

    def digits(self) -> str:
        return digits(self.code, self.server, self.keys, self.nonce, self._answer())

    def compared(self, *, same: bool) -> "PairingNew":
        """A person has looked at both: the chain or roster that `answer` names is the one to be taken into
        (pairing_proof.require_taken_in). Raises Untrusted if they said that the digits differ."""
        self._answer()
        require(same, Reason.NOT_CONFIRMED)
        return replace(self, same=True)

    def _answer(self) -> Answer:
        if self.answer is None:
            raise Untrusted(Reason.OUT_OF_TURN)
        return self.answer


@dataclass(frozen=True, slots=True)
class PairingOwn:
    """The side that enrols another. The nonce in `answer` is 32 random bytes, for this pairing alone."""

    code: str
    server: bytes
    answer: Answer
    commitment: bytes | None = None
    keys: PublicKeys | None = None
    nonce: bytes = b""
    same: bool = False

    def committed(self, commitment: bytes) -> "PairingOwn":
        """Takes the first message, once. From here on the answer may be sent."""
        require(self.commitment is None, Reason.OUT_OF_TURN)
        require(len(commitment) == 32, Reason.MALFORMED)
        return replace(self, commitment=commitment)

    def reply(self) -> Answer:
        """The second message."""
        require(self.commitment is not None, Reason.OUT_OF_TURN)
        return self.answer

    def revealed(self, keys: PublicKeys, nonce: bytes) -> "PairingOwn":
        """Takes the third message, once. Raises Untrusted if it is not what was committed to."""
        if self.commitment is None or self.keys is not None:
            raise Untrusted(Reason.OUT_OF_TURN)
        require(len(nonce) == NONCE, Reason.MALFORMED)
        require(keys.consistent(), Reason.WEAK_KEY)
        expected = commitment(self.code, self.server, keys, nonce)
        require(hmac.compare_digest(self.commitment, expected), Reason.WRONG_PROOF)
        return replace(self, keys=keys, nonce=nonce)

    def digits(self) -> str:
        return digits(self.code, self.server, self._keys(), self.nonce, self.answer)

    def compared(self, *, same: bool) -> "PairingOwn":
        """A person has looked at both. Raises Untrusted if they said that the digits differ."""
        self._keys()
        require(same, Reason.NOT_CONFIRMED)
        return replace(self, same=True)

    def enrolled(self) -> PublicKeys:
        """The keys that may now be signed into the chain."""
        require(self.same, Reason.OUT_OF_TURN)
        return self._keys()

    def _keys(self) -> PublicKeys:
        if self.keys is None:
            raise Untrusted(Reason.OUT_OF_TURN)
        return self.keys
