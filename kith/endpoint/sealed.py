"""What the two ends of a call say to each other in one epoch, sealed and signed, and when media may flow. Pure.

    caller   offer ->                            nothing may flow
                        <- answer, signed        callee
             confirm, signed ->                  verified at the caller: media may flow
                                                 verified at the callee: media may flow

Each message is taken once and in its turn. The same one again, after a server forgot what it had passed on, brings the
same reply again; another one instead is refused.
"""

from collections.abc import Callable
from dataclasses import dataclass

from msgspec import UNSET

from kith.core.keys import KeyPair
from kith.core.trust.fingerprint import fingerprint_of
from kith.core.trust.seal import NONCE as SEAL_NONCE
from kith.core.trust.seal import Sealer
from kith.core.trust.session import NONCE, Kind, Party, Role, Session
from kith.core.trust.untrusted import Reason, Untrusted, require
from kith.endpoint import body
from kith.endpoint.believing import Side


@dataclass(frozen=True, slots=True)
class Remote:
    """The other side's description, believed. A caller has verified it and sends `confirm`; a callee answers."""

    sdp: str
    fingerprint: bytes
    confirm: bytes | None = None


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The caller has signed too: media may flow."""


@dataclass(frozen=True, slots=True)
class Again:
    """The other side does not know that this arrived: `reply` is to be sent once more."""

    reply: bytes


@dataclass(frozen=True, slots=True)
class Reach:
    """A way to the other side; None: there are no more."""

    line: body.CandidateLine | None


@dataclass(frozen=True, slots=True)
class Anew:
    """The other side has lost what connected the two, and leaves the next offer to this one."""


Taken = Remote | Confirmed | Again | Reach | Anew | body.Sends


class Conversation:
    """One epoch, from one end. What it raises is Untrusted, and it has not changed then."""

    def __init__(
        self,
        role: Role,
        *,
        call: str,
        epoch: int,
        own: KeyPair,
        speaks: Side,
        peer: Side,
        random: Callable[[int], bytes],
        kind: Kind = "call",
    ) -> None:
        """`speaks` is for whom this end speaks, `peer` whom it believes to be at the other. `random` gives that many
        bytes which nobody can foresee."""
        self.verified = False
        """Whether the other end has signed this very connection: nothing may be sent before."""
        self.peer = peer
        self._role = role
        self._kind = kind
        self._call = call
        self._epoch = epoch
        self._own = own
        self._random = random
        self._nonce = random(NONCE)
        self._root, self._point = speaks.root, speaks.point
        self._sealer = Sealer(own, peer.keys, kind=kind, call=call, epoch=epoch)
        self._described: Party | None = None
        self._theirs: tuple[body.Description, Party] | None = None
        self._reply: bytes | None = None

    # -- what goes out --------------------------------------------------------------------------------

    def offer(self, sdp: str) -> bytes:
        """The caller's first word."""
        require(self._role == "caller" and self._described is None, Reason.OUT_OF_TURN)
        self._described = self._party(fingerprint_of(sdp))
        return self._seal(self._description("offer", sdp))

    def answer(self, sdp: str) -> bytes:
        """The callee's, once it has taken the offer."""
        require(self._role == "callee" and self._described is None, Reason.OUT_OF_TURN)
        described = self._party(fingerprint_of(sdp))
        signature = self._own.sign(self._session(described).transcript("callee"))
        self._described = described
        self._reply = self._seal(self._description("answer", sdp, signature))
        return self._reply

    def candidate(self, line: body.CandidateLine | None) -> bytes:
        return self._seal(body.Candidate(candidate=line))

    def sends(self, *, audio: bool, video: bool) -> bytes:
        """What really leaves this end now."""
        return self._seal(body.Sends(audio=audio, video=video))

    def again(self) -> bytes:
        """Asks for a new epoch; only the caller begins one."""
        return self._seal(body.Again())

    # -- what comes in --------------------------------------------------------------------------------

    def take(self, data: bytes) -> Taken | None:
        """What a sealed body means; None for one that says nothing new or nothing that is understood."""
        match body.read(self._sealer.open(data)):
            case body.Description() as description:
                return self._take_description(description)
            case body.Confirm(signature=signature):
                return self._take_confirm(signature)
            case body.Candidate(candidate=line):
                return Reach(line)
            case body.Again() if self._role == "caller":
                return Anew()
            case body.Sends() as sends:
                return sends
        return None

    def _take_description(self, description: body.Description) -> Taken | None:
        if self._theirs is not None:
            require(description == self._theirs[0], Reason.OUT_OF_TURN)
            return None if self._reply is None else Again(self._reply)
        require((description.type == "answer") is (self._role == "caller"), Reason.OUT_OF_TURN)
        self.peer.accept(description.root, description.point)
        theirs = Party(
            description.root,
            description.point,
            self.peer.keys.identity,
            fingerprint_of(description.sdp),
            description.nonce,
        )
        if self._role == "callee":
            require(description.signature is UNSET, Reason.MALFORMED)
            self._theirs = (description, theirs)
            return Remote(description.sdp, theirs.fingerprint)
        if self._described is None:
            raise Untrusted(Reason.OUT_OF_TURN)
        if description.signature is UNSET:
            raise Untrusted(Reason.BAD_SIGNATURE)
        session = Session(self._kind, self._call, self._epoch, self._described, theirs)
        session.verify("callee", description.signature)
        self._theirs, self.verified = (description, theirs), True
        self._reply = self._seal(body.Confirm(signature=self._own.sign(session.transcript("caller"))))
        return Remote(description.sdp, theirs.fingerprint, self._reply)

    def _take_confirm(self, signature: bytes) -> Confirmed | None:
        if self._role != "callee" or self._described is None:
            raise Untrusted(Reason.OUT_OF_TURN)
        self._session(self._described).verify("caller", signature)
        if self.verified:
            return None
        self.verified = True
        return Confirmed()

    # -- the pieces -----------------------------------------------------------------------------------

    def _session(self, callee: Party) -> Session:
        if self._theirs is None:
            raise Untrusted(Reason.OUT_OF_TURN)
        return Session(self._kind, self._call, self._epoch, caller=self._theirs[1], callee=callee)

    def _party(self, fingerprint: bytes) -> Party:
        return Party(self._root, self._point, self._own.public.identity, fingerprint, self._nonce)

    def _description(self, kind: str, sdp: str, signature: bytes | None = None) -> body.Description:
        return body.Description(
            type="offer" if kind == "offer" else "answer",
            sdp=sdp,
            nonce=self._nonce,
            root=self._root,
            version=self._point.version,
            head=self._point.head,
            signature=UNSET if signature is None else signature,
        )

    def _seal(self, said: body.Body) -> bytes:
        return self._sealer.seal(body.write(said), self._random(SEAL_NONCE))
