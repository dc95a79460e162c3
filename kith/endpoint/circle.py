"""Whose an endpoint is, and for whom it signs: its life with chains, rosters and pairings beside its calls.

A new endpoint waits here until somebody has signed for it. A personal one signs for others, and lets what its
household shares act for its person.
"""

import asyncio
import hashlib
import logging
import secrets
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from kith.core.keys import KeyPair, PublicKeys
from kith.core.problem import Problem
from kith.core.trust.pairing_digits import NONCE, Answer, PairingOwn
from kith.core.trust.pairing_proof import SECRET, check_new, own_proof
from kith.core.trust.untrusted import Reason, Untrusted, require
from kith.endpoint import pairing_steps, trust
from kith.endpoint.believing import Person, public
from kith.endpoint.dialling import Unreachable
from kith.endpoint.errands import Errands
from kith.endpoint.home import Enrolment, Home
from kith.endpoint.identities import Ask, Identities
from kith.endpoint.joining import Joining, Say
from kith.endpoint.lookout import Lookout, pauses
from kith.endpoint.pairing_code import plain, with_secret
from kith.endpoint.pairing_steps import Commit, Counter, Done, Proof, Reveal, Step, Stop, Vouch
from kith.endpoint.signing import Signing
from signaling import protocol
from signaling.protocol import IdentityChanged, PairingSignalled, RosterChanged, WaitingEndpoint

log = logging.getLogger(__name__)

INBOX = 8
"""Steps of one pairing that may wait: an honest one has three."""

OFFERS = 8
"""Codes that this endpoint has asked for and still knows; the server forgets them after ten minutes."""

Same = Callable[[str], Awaitable[bool]]
"""Asks a person whether the other endpoint shows these six digits too."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How a pairing stands. `endpoint` is the other one's id where that is known.

    `digits`: a person is asked whether both show `digits`. `signed`: it is done. `stopped`: `reason` says why.
    """

    step: Literal["digits", "signed", "stopped"]
    endpoint: str | None = None
    digits: str | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Offered:
    """`code` is to be typed, and digits are compared; `link` (the code with its secret) is to be scanned or copied."""

    code: str
    link: str
    expires: float


def spaced(digits: str) -> str:
    """Six digits as people compare them."""
    return f"{digits[:3]} {digits[3:]}"


@dataclass(frozen=True, slots=True)
class _Offer:
    code: str
    secret: bytes
    shared: bool
    same: Same | None


class Circle:
    """`told` hears how pairings go. Made without the server; everything is asked for when it is needed."""

    def __init__(
        self,
        home: Home,
        enrolment: Enrolment,
        keys: KeyPair,
        *,
        ask: Ask,
        new_id: Callable[[], str],
        told: Callable[[Progress], None],
    ) -> None:
        self.identities = Identities(ask=ask, new_id=new_id, home=home, enrolment=enrolment, keys=keys)
        self._home = home
        self._enrolment = enrolment
        self._keys = keys
        self._ask = ask
        self._new_id = new_id
        self._told = told
        self._signing: Signing | None = None
        if enrolment.person is not None:
            self._signing = Signing(self.identities, keys, enrolment.person, ask=ask, new_id=new_id)
        authority = home.authority()
        self._authority = b"" if authority is None else hashlib.sha256(trust.der(authority)).digest()
        pairing = home.pairing()
        self._joining: Joining | None = None
        if pairing is not None:
            self._joining = Joining(
                pairing,
                endpoint=enrolment.endpoint,
                server=enrolment.server_key,
                own=keys,
                authority=self._authority,
                random=secrets.token_bytes,
            )
        self._offers: deque[_Offer] = deque(maxlen=OFFERS)
        self._pairings: dict[str, asyncio.Queue[Step]] = {}
        self._lookout = Lookout(self._look_around, what="nothing is signed on what the household has signed")
        self._sessions = 0
        self._errands = Errands("a pairing")
        self._spawn = self._errands.spawn

    @property
    def joined(self) -> bool:
        """Whether somebody has signed for this endpoint, and it knows that."""
        return self._joining is None

    async def close(self) -> None:
        await self._errands.give_up()
        await self._lookout.close()

    # -- what the connection brings -------------------------------------------------------------------

    def begun_anew(self) -> None:
        """Signed in with a new session."""
        self.identities.forget_shown()
        if self._joining is not None:
            self._spawn(self._join(self._joining))
        self._lookout.begin()

    def happened(self, event: IdentityChanged | RosterChanged | PairingSignalled) -> None:
        match event:
            case IdentityChanged(person=person):
                self.identities.grown(person)
                self._lookout.wake()
            case RosterChanged():
                self.identities.roster_grown()
                self._lookout.wake()
            case PairingSignalled(endpoint=endpoint, body=body):
                step = pairing_steps.read(body)
                if step is not None:
                    self._take(endpoint, step)

    async def _look_around(self) -> None:
        if self._joining is not None:
            await self._complete(self._joining)
        elif self._signing is not None:
            await self._signing.delegate()

    # -- being signed for -----------------------------------------------------------------------------

    async def _join(self, joining: Joining) -> None:
        """Say what there is to say, and again while it has no answer, until somebody has signed for this endpoint or
        the session is another one."""
        self._sessions += 1
        session = self._sessions
        await self._say(joining.begin())
        for pause in pauses():
            await asyncio.sleep(pause)
            if self.joined or session != self._sessions:
                return
            await self._say(joining.unanswered())
            self._lookout.wake()

    async def compared(self, *, same: bool) -> None:
        """A person has compared the digits that this new endpoint shows. Raises Untrusted if none are shown."""
        if self._joining is None:
            raise Untrusted(Reason.OUT_OF_TURN)
        await self._say(self._joining.compared(same=same))
        if not same:
            self._told(Progress("stopped", reason=Reason.NOT_CONFIRMED))
        self._lookout.wake()

    async def compare_again(self) -> None:
        """A person here wants other digits."""
        if self._joining is not None:
            await self._say(self._joining.again())

    async def _complete(self, joining: Joining) -> None:
        """Look whether it has been signed for, by whom it should be."""
        person = self._enrolment.person
        try:
            if person is not None:
                found = await self.identities.person(person)
                joining.check(found.chain.history, found.chain.endpoints)
                await self.identities.vouch_for_person(found)
            else:
                roster = await self.identities.shown_roster()
                if roster is None:
                    return
                joining.check(roster.history, roster.endpoints)
                await self.identities.vouch_for_household(roster)
        except Untrusted as untrusted:
            log.info("not signed for yet: %s", untrusted.reason)
            return
        await asyncio.to_thread(self._home.paired)
        self._joining = None
        self._told(Progress("signed"))
        self._lookout.wake()

    def _take(self, sender: WaitingEndpoint, step: Step) -> None:
        if self._joining is not None:
            self._take_as_new(self._joining, sender.id, step)
        elif sender.id in self._pairings:
            inbox = self._pairings[sender.id]
            if not inbox.full():
                inbox.put_nowait(step)
        elif isinstance(step, (Proof, Commit)):
            self._spawn(self._meet_offer(sender, step))

    def _take_as_new(self, joining: Joining, sender: str, step: Step) -> None:
        shown = joining.digits
        try:
            self._spawn(self._say(joining.take(sender, step)))
        except Untrusted as untrusted:
            self._told(Progress("stopped", sender, reason=untrusted.reason))
            return
        if joining.digits is not None and joining.digits != shown:
            self._told(Progress("digits", sender, joining.digits))
        self._lookout.wake()

    # -- signing for others ---------------------------------------------------------------------------

    async def waiting(self) -> tuple[WaitingEndpoint, ...]:
        """Endpoints for which this one could sign. Raises Untrusted, Unreachable."""
        await self.identities.shown_roster(anew=True)
        return self.identities.waiting

    async def offer(self, *, shared: bool, same: Same | None) -> Offered:
        """Ask the server for a code; whoever comes with its secret is signed for, whoever comes with the bare code
        only if `same` says so. Raises Problem, Untrusted, Unreachable."""
        self._signer()
        reply = await self._ask(protocol.OfferPairing(id=self._new_id(), shared=shared))
        if not isinstance(reply, protocol.PairingOffered):
            raise Untrusted(Reason.MISSING)
        offer = _Offer(plain(reply.code), secrets.token_bytes(SECRET), shared, same)
        self._offers.append(offer)
        return Offered(reply.code, with_secret(reply.code, offer.secret), reply.expires)

    async def sign_for(self, endpoint: str, same: Same) -> None:
        """Sign for an endpoint that waits, once a person has compared digits.

        Raises Untrusted, Problem, Unreachable.
        """
        waiting = {one.id: one for one in await self.waiting()}
        if endpoint not in waiting:
            raise Untrusted(Reason.NOT_THERE)
        await self._pair(waiting[endpoint], [pairing_steps.Ask()], shared=waiting[endpoint].shared, same=same)

    async def _meet_offer(self, sender: WaitingEndpoint, step: Proof | Commit) -> None:
        """Somebody came with a code that was offered here."""
        try:
            if isinstance(step, Proof):
                await self._meet_proof(sender, step)
                return
            newest = reversed(self._offers)
            offer = next((one for one in newest if one.same and one.shared == sender.shared), None)
            if offer is not None and offer.same is not None:
                self._offers.remove(offer)
                await self._pair(sender, [], first=step, shared=offer.shared, same=offer.same)
        except (Untrusted, Problem, Unreachable) as error:
            reason = error.reason if isinstance(error, Untrusted) else None
            self._told(Progress("stopped", sender.id, reason=reason))

    async def _meet_proof(self, sender: WaitingEndpoint, step: Proof) -> None:
        keys = public(step.keys)
        for offer in self._offers:
            try:
                check_new(step.proof, offer.secret, offer.code, self._enrolment.server_key, keys)
            except Untrusted:
                continue
            require(offer.shared == sender.shared, Reason.WRONG_PROOF)
            root, point = await self._signer().take_in(keys, shared=offer.shared)
            proof = own_proof(
                offer.secret,
                offer.code,
                self._enrolment.server_key,
                keys.identity,
                root=root,
                point=point,
                authority=self._authority,
            )
            vouch = Vouch(
                root=root, version=point.version, head=point.head, authority=self._authority, proof=proof
            )
            await self._say([Say(sender.id, vouch)])
            self._told(Progress("signed", sender.id))
            return
        raise Untrusted(Reason.WRONG_PROOF)

    async def _pair(
        self, new: WaitingEndpoint, say: list[Step], *, shared: bool, same: Same, first: Step | None = None
    ) -> None:
        inbox: asyncio.Queue[Step] = asyncio.Queue(INBOX)
        self._pairings[new.id] = inbox
        try:
            await self._say([Say(new.id, step) for step in say])
            keys = await self._compare(new.id, inbox, first, shared=shared, same=same)
            await self._signer().take_in(keys, shared=shared)
            await self._say([Say(new.id, Done())])
        except Untrusted:
            await self._say([Say(new.id, Stop())])
            raise
        finally:
            self._pairings.pop(new.id, None)
        self._told(Progress("signed", new.id))

    async def _compare(
        self, new: str, inbox: "asyncio.Queue[Step]", first: Step | None, *, shared: bool, same: Same
    ) -> PublicKeys:
        """The keys of the endpoint that shows the same digits. One attempt: another commitment ends it."""
        signer = self._signer()
        there = await signer.begun_roster() if shared else (await signer.chain(anew=True)).chain
        answer = Answer(secrets.token_bytes(NONCE), self._keys.public.identity, there.root, there.point)
        own = PairingOwn(new, self._enrolment.server_key, answer)
        counter = Counter(
            nonce=answer.nonce,
            identity=answer.identity,
            root=answer.root,
            version=answer.point.version,
            head=answer.point.head,
        )
        while True:
            step = first if first is not None else await inbox.get()
            first = None
            match step:
                case Commit(commitment=commitment) if commitment != own.commitment:
                    own = own.committed(commitment)
                    own.reply()
                    await self._say([Say(new, counter)])
                case Commit():
                    await self._say([Say(new, counter)])
                case Reveal(keys=keys, nonce=nonce):
                    own = own.revealed(public(keys), nonce)
                    self._told(Progress("digits", new, own.digits()))
                    return own.compared(same=await same(own.digits())).enrolled()
                case Stop():
                    raise Untrusted(Reason.NOT_CONFIRMED)
                case _:
                    pass

    # -- the pieces -----------------------------------------------------------------------------------

    def _signer(self) -> Signing:
        if self._signing is None:
            raise Untrusted(Reason.NOT_ACTIVE)
        return self._signing

    async def move_in(self) -> None:
        """The own person knows the household that has taken them in. Raises Untrusted if none has."""
        self._signer()
        roster = await self.identities.shown_roster(anew=True)
        person = await self._signer().chain()
        if roster is None:
            raise Untrusted(Reason.MISSING)
        require(person.chain.root in roster.members, Reason.NOT_A_MEMBER)
        await self.identities.vouch_for_household(roster)
        self._lookout.wake()

    async def take_out(self, identity: bytes, *, shared: bool) -> None:
        """See `Signing.take_out`."""
        await self._signer().take_out(identity, shared=shared)

    async def welcome(self, person: str) -> None:
        """See `Signing.welcome`."""
        await self._signer().welcome(person)

    async def leave(self, *, for_good: bool) -> None:
        """See `Signing.leave`."""
        await self._signer().leave(for_good=for_good)

    async def own_person(self) -> Person:
        """The own person. Raises Untrusted unless this endpoint may sign for them, Unreachable."""
        return await self._signer().chain()

    def lives_at(self, household: str) -> None:
        """The server says where the own person lives."""
        self._spawn(self.identities.lives_at(household))
        self._lookout.wake()

    async def _say(self, steps: list[Say]) -> None:
        for one in steps:
            body = pairing_steps.write(one.step)
            try:
                await self._ask(protocol.PairingSignal(id=self._new_id(), to=one.to, body=body))
            except Problem as problem:
                log.info("the other endpoint of a pairing is not there: %s", problem.code)
