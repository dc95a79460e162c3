"""The side of a pairing that somebody else signs for: a new endpoint, until it knows whose it is. Pure.

By a link it proves that it has the secret, and believes who proves the same. By a bare code six digits are shown
here and there, and a person says whether they are the same. See docs/trust.md, section 4.
"""

from collections.abc import Callable
from dataclasses import dataclass

from kith.core.keys import KeyPair
from kith.core.trust.endpoints import Endpoints
from kith.core.trust.history import History, Point
from kith.core.trust.pairing_digits import NONCE, Answer, PairingNew
from kith.core.trust.pairing_proof import check_own, new_proof, require_taken_in
from kith.core.trust.untrusted import Reason, Untrusted, require
from kith.endpoint.home import Pairing
from kith.endpoint.pairing_steps import Ask, Commit, Counter, Done, Proof, Reveal, Step, Stop, Vouch
from signaling.protocol import Keys

ATTEMPTS = 3
"""Digits that are shown without a person asking for them. If the server could have as many as it likes, it would go on
until they are alike."""


@dataclass(frozen=True, slots=True)
class Say:
    """A step for the endpoint `to`."""

    to: str
    step: Step


@dataclass(frozen=True, slots=True)
class _Named:
    """Which chain or roster it is, as somebody said who was believed."""

    root: bytes
    point: Point


class Joining:
    """Methods return what is to be said. What they raise is Untrusted, and ends this attempt."""

    def __init__(
        self,
        pairing: Pairing,
        *,
        endpoint: str,
        server: bytes,
        own: KeyPair,
        authority: bytes,
        random: Callable[[int], bytes],
    ) -> None:
        """`endpoint` is the own id, `server` the server's identity key, `authority` the SHA-256 of the certificate
        authority that this endpoint believes, empty if it has none of its own."""
        self._pairing = pairing
        self._endpoint = endpoint
        self._server = server
        self._own = own
        self._authority = authority
        self._random = random
        self._attempts = 0
        self._partner = ""
        self._digits: PairingNew | None = None
        self._named: _Named | None = None

    @property
    def digits(self) -> str | None:
        """What to show beside "Do both show the same?", while that is the question."""
        asked = self._digits is not None and self._digits.answer is not None and not self._digits.same
        return self._digits.digits() if asked and self._digits is not None else None

    def begin(self) -> list[Say]:
        """Signed in, and nobody has signed yet."""
        pairing = self._pairing
        if pairing.by is None or pairing.trusting:
            return []
        if pairing.secret is not None:
            proof = new_proof(pairing.secret, pairing.code, self._server, self._own.public)
            return [Say(pairing.by, Proof(keys=self._keys(), proof=proof))]
        return self._commit(pairing.by)

    def unanswered(self) -> list[Say]:
        """What was said and has no answer yet: whoever is to answer may have been away, or not able to."""
        if self._pairing.secret is not None:
            return [] if self._named is not None else self.begin()
        waits = self._digits is not None and self._digits.answer is None
        return self._commit(self._partner) if waits else []

    def again(self) -> list[Say]:
        """A person here wants to compare digits once more."""
        self._attempts = 0
        self._digits = None
        return self.begin() if not self._partner else self._commit(self._partner)

    def take(self, sender: str, step: Step) -> list[Say]:
        match step:
            case Vouch():
                self._take_vouch(step)
            case Ask():
                return self._commit(sender)
            case Counter() if sender == self._partner and self._digits is not None:
                answer = Answer(step.nonce, step.identity, step.root, Point(step.version, step.head))
                self._digits = self._digits.answered(answer)
                self._attempts += 1
                return [Say(sender, Reveal(keys=self._keys(), nonce=self._digits.reveal()))]
            case Stop() if sender == self._partner:
                self._digits = None
                raise Untrusted(Reason.NOT_CONFIRMED)
            case Commit() | Counter() | Reveal() | Proof() | Done() | Stop():
                pass
        return []

    def compared(self, *, same: bool) -> list[Say]:
        """A person has looked at both."""
        if self._digits is None:
            raise Untrusted(Reason.OUT_OF_TURN)
        if not same:
            self._digits = None
            return [Say(self._partner, Stop())]
        self._digits = self._digits.compared(same=True)
        answer = self._digits.answer
        assert answer is not None
        self._named = _Named(answer.root, answer.point)
        return []

    def check(self, history: History, endpoints: Endpoints) -> None:
        """Raises Untrusted unless this is the chain or roster to belong to, and this endpoint is in it."""
        if self._pairing.trusting:
            require(self._own.public.identity in endpoints.active, Reason.NOT_ACTIVE)
            return
        if self._named is None:
            raise Untrusted(Reason.OUT_OF_TURN)
        named = self._named
        require_taken_in(
            history, endpoints, root=named.root, point=named.point, own=self._own.public.identity
        )

    def _commit(self, partner: str) -> list[Say]:
        """Bind this endpoint to a nonce, anew unless the last one is still to be answered."""
        if self._digits is None or self._digits.answer is not None:
            if self._attempts >= ATTEMPTS:
                return [Say(partner, Stop())]
            self._digits = PairingNew(self._endpoint, self._server, self._own.public, self._random(NONCE))
        self._partner = partner
        return [Say(partner, Commit(commitment=self._digits.commitment()))]

    def _take_vouch(self, vouch: Vouch) -> None:
        secret = self._pairing.secret
        if secret is None:
            raise Untrusted(Reason.OUT_OF_TURN)
        check_own(
            vouch.proof,
            secret,
            self._pairing.code,
            self._server,
            self._own.public.identity,
            root=vouch.root,
            point=vouch.point,
            authority=vouch.authority,
        )
        require(vouch.authority == self._authority or not self._authority, Reason.WRONG_PROOF)
        self._named = _Named(vouch.root, vouch.point)

    def _keys(self) -> Keys:
        keys = self._own.public
        return Keys(identity=keys.identity, sealing=keys.sealing, sealing_signature=keys.sealing_signature)
