"""Whom the person of this endpoint lets drop in, as they say and sign it here. For a personal endpoint.

await endpoint.grants.give("Anna")                                      # Anna alone, and she knocks
await endpoint.grants.give("Anna", household=True, mode=Mode.INSTANT)
await endpoint.grants.home(HomeTerm.INSTANT)
await endpoint.grants.quiet(on=True)
await endpoint.grants.revoke("Anna")

All of it is one signed set, of which each change signs the next version; devices act by it once they have heard it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from kith.core.keys import KeyPair
from kith.core.problem import Code, Problem
from kith.core.trust import grants_write, person_write
from kith.core.trust.delegations import delegate
from kith.core.trust.grants import (
    EVERYWHERE,
    DropInTerm,
    Grant,
    Grants,
    HomeTerm,
    Hours,
    Mode,
    Schedule,
    signed,
)
from kith.core.trust.person import Chain, extend
from kith.core.trust.untrusted import Reason, Untrusted
from kith.endpoint.believing import Person
from kith.endpoint.directory import Directory, the_one
from kith.endpoint.identities import Identities
from kith.endpoint.sets import Sets
from kith.endpoint.utterance import Named
from kith.endpoint.wire import Wire
from policy.grants import lapsed
from signaling import protocol

TRIES = 3
DAY = 86_400.0
STALE = 3600.0
"""Seconds after which a set is signed again though nothing has changed, so that it stays fresh."""

Edit = Callable[[Grants], Grants]


class Granting:
    """`chain` gives the own person, if this endpoint may sign for them. Methods raise Problem, Unreachable, Untrusted,
    and directory.Unclear for a name that means nobody or several."""

    def __init__(
        self,
        sets: Sets,
        wire: Wire,
        directory: Directory,
        identities: Identities,
        keys: KeyPair,
        chain: Callable[[], Awaitable[Person]],
    ) -> None:
        self._sets = sets
        self._wire = wire
        self._directory = directory
        self._identities = identities
        self._keys = keys
        self._chain = chain
        self._changing = asyncio.Lock()

    async def own(self) -> Grants | None:
        """The set in force; None as long as nothing was ever granted."""
        return self._sets.terms.known((await self._chain()).chain.root)

    async def heard(self) -> tuple[protocol.HeardView, ...]:
        """Which endpoints have which set of one's own, by their own signature."""
        reply = await self._wire.request(protocol.ShowGrants(id=self._wire.new_id()))
        sets = reply.sets if isinstance(reply, protocol.GrantsShown) else ()
        own = (await self._chain()).id
        return next((one.heard for one in sets if one.person == own), ())

    # -- for contacts ---------------------------------------------------------------------------------

    async def give(
        self,
        whom: str,
        *,
        household: bool = False,
        mode: Mode = Mode.KNOCK,
        carer: bool = False,
        days: float = grants_write.CONTACT_DAYS,
        hours: Sequence[Hours] = (),
        devices: Sequence[str] = (),
    ) -> None:
        """Let a person, by id or name, drop in; with `household` whoever lives with them too. `days` 0: until it is
        revoked. `devices`, by id or name, are the only ones for which it is."""
        person = self._directory.find(whom).id
        receiver, home = await self._receiver(person)
        at = tuple(sorted([await self._identity(one) for one in devices]))
        if household and home is None:
            raise Untrusted(Reason.MISSING)
        now = int(self._sets.now())
        grant = Grant(
            receiver=receiver,
            household=home if household and home is not None else b"",
            mode=Mode.INSTANT if carer else mode,
            carer=carer,
            since=now,
            until=round(now + days * DAY) if days else 0,
            hours=tuple(hours),
            devices=at,
        )
        await self.change(lambda known: grants_write.given(known, grant))

    async def revoke(self, whom: str) -> None:
        """Neither this person, by id or name, nor their household any more."""
        receiver, _ = await self._receiver(self._directory.find(whom).id)
        await self.change(lambda known: grants_write.revoked(known, receiver))

    # -- for the household and devices ----------------------------------------------------------------

    async def home(self, term: HomeTerm) -> None:
        """What those who live here may, one's own other devices included."""
        await self.change(lambda known: grants_write.at_home(known, term))

    async def device(self, name: str, term: DropInTerm) -> None:
        """Who may drop in on one device, by id or name."""
        identity = await self._identity(name)
        await self.change(lambda known: grants_write.at_device(known, identity, term))

    async def quiet(self, *, on: bool, device: str | None = None) -> None:
        """Do Not Disturb at one device, by id or name, or at all of them."""
        identity = EVERYWHERE if device is None else await self._identity(device)
        await self.change(lambda known: grants_write.quieted(known, identity, on=on))

    async def schedules(self, *schedules: Schedule, zone: str) -> None:
        """When Do Not Disturb comes by itself, by the clock of `zone` (of the time zone database)."""
        await self.change(lambda known: msgspec.structs.replace(known, schedules=schedules, zone=zone))

    async def enhanced(self, *, on: bool) -> None:
        """Whether groups that this person takes part in may use what decrypts media at the server."""
        await self.change(lambda known: grants_write.enhanced(known, on=on))

    async def frost(self, seconds: int) -> None:
        """How long a picture stays frosted, 3 to 60 seconds."""
        await self.change(lambda known: msgspec.structs.replace(known, frost=seconds))

    async def renew(self) -> None:
        """Sign again what is in force, so that it stays fresh; at most once an hour."""
        known = await self.own()
        if known is not None and self._sets.now() - known.time >= STALE:
            await self.change(lambda same: same)

    async def after_removal(self, identity: bytes) -> None:
        """An endpoint is out: nothing needs to be said of it any more. A set that it had signed last has lapsed: what
        it forbade is signed anew, and what it granted is the person's to give again."""
        known = self._sets.terms.sets.values()
        if identity != self._keys.public.identity and any(
            one.signer == identity or grants_write.without(one, [identity]) != one for one in known
        ):
            await self.change(lambda same: grants_write.without(same, [identity]))

    async def panic(self) -> None:
        """Close everything: no grant is left, nobody from outside gets in, and every other endpoint of the person's is
        out until it is signed in again. Nothing remote undoes it."""
        async with self._changing:
            person = await self._chain()
            known = self._sets.terms.known(person.chain.root)
            chain, links = person.chain, []
            for identity in sorted(set(chain.active) - {self._keys.public.identity}):
                link = person_write.remove(chain, self._keys, identity, time=int(self._sets.now()))
                links.append(link)
                chain = extend(chain, link)
            delegations = person.delegations
            if delegations is not None and delegations.signer != self._keys.public.identity:
                endpoints = delegations.endpoints
                delegations = delegate(chain, self._keys, delegations, endpoints, time=int(self._sets.now()))
            else:
                delegations = None
            following = self._next(chain, known, grants_write.shut)
            await self._wire.request(
                protocol.Panic(
                    id=self._wire.new_id(), grants=following, links=tuple(links), delegations=delegations
                )
            )
            self._identities.grown(person.id)
            await self._sets.hear(person.id, following)

    async def open_again(self) -> None:
        """After a panic: whom one grants it from now on may drop in again. A person has been asked twice."""
        await self.change(grants_write.opened)

    # -- the pieces -----------------------------------------------------------------------------------

    async def change(self, edit: Edit) -> None:
        """Sign the set that follows the one in force. Where another endpoint was faster, what it signed comes first."""
        async with self._changing:
            for left in reversed(range(TRIES)):
                person = await self._chain()
                known = self._sets.terms.known(person.chain.root)
                following = self._next(person.chain, known, edit)
                try:
                    await self._wire.request(protocol.SetGrants(id=self._wire.new_id(), grants=following))
                except Problem as problem:
                    if problem.code is not Code.UNTRUSTED or not left:
                        raise
                    self._identities.grown(person.id)
                    await self._sets.look()
                else:
                    await self._sets.hear(person.id, following)
                    return

    def _next(self, chain: Chain, known: Grants | None, edit: Edit) -> Grants:
        if known is not None and known.signer not in chain.active:
            known = lapsed(known)  # who took that device may have granted something with it
        draft = grants_write.draft(chain, self._keys, known, time=int(self._sets.now()))
        return signed(edit(draft), self._keys.sign)

    async def _receiver(self, person: str) -> tuple[bytes, bytes | None]:
        """The roots of a person and of the household in which the server says they are. (What rests on the latter, the
        device checks that opens.)"""
        found = await self._identities.person(person)
        command = protocol.ListIdentities(id=self._wire.new_id(), persons=(person,))
        reply = await self._wire.request(command)
        shown = reply.identities if isinstance(reply, protocol.Identities) else ()
        home = next((one.household for one in shown if one.person == person), None)
        return found.chain.root, home

    async def _identity(self, name: str) -> bytes:
        """The key of an endpoint of one's own, or of one that the household shares."""
        reply = await self._wire.request(protocol.ListEndpoints(id=self._wire.new_id()))
        if not isinstance(reply, protocol.Endpoints):
            raise Problem(Code.MALFORMED)
        wanted = the_one(name, [Named(one.id, one.name) for one in reply.endpoints]).id
        return next(one.identity for one in reply.endpoints if one.id == wanted)
