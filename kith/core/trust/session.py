"""What both endpoints of a call sign before any sound or picture leaves either. Pure.

The callee signs when it answers, as it then knows everything; the caller once it has verified that. Both
nonces and both certificates are in what is signed, so neither signature is good for any other connection.
"""

from dataclasses import dataclass
from typing import Literal

from kith.core.keys import statement, verify
from kith.core.trust.history import Point, u64
from kith.core.trust.untrusted import Reason, require

LABEL = b"kith/1 session"
NONCE = 32

Role = Literal["caller", "callee"]
Kind = Literal["call", "drop_in", "group_call", "group_drop_in"]


@dataclass(frozen=True, slots=True)
class Party:
    """One end: for whom it speaks, with which endpoint, certificate (SHA-256) and nonce (32 bytes).

    `root` and `point` are those of the person's chain, or of the household's roster where a shared endpoint
    acts for nobody.
    """

    root: bytes
    point: Point
    identity: bytes
    fingerprint: bytes
    nonce: bytes


@dataclass(frozen=True, slots=True)
class Session:
    """One peer connection of a call, as both ends must see it alike."""

    kind: Kind
    call: str
    epoch: int
    caller: Party
    callee: Party

    def transcript(self, role: Role) -> bytes:
        """The bytes that the endpoint in this role signs."""
        return statement(
            LABEL,
            role.encode(),
            self.kind.encode(),
            self.call.encode(),
            u64(self.epoch),
            *_who(self.caller),
            *_who(self.callee),
            self.caller.fingerprint,
            self.callee.fingerprint,
            self.caller.nonce,
            self.callee.nonce,
        )

    def verify(self, role: Role, signature: bytes) -> None:
        """Raises Untrusted unless the endpoint in this role signed exactly this."""
        party = self.caller if role == "caller" else self.callee
        sizes = all(len(part) == NONCE for part in (party.fingerprint, party.nonce))
        require(sizes, Reason.MALFORMED)
        require(verify(party.identity, signature, self.transcript(role)), Reason.BAD_SIGNATURE)


def _who(party: Party) -> tuple[bytes, ...]:
    return party.root, *party.point.fields(), party.identity
