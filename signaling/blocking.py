"""The commands by which people keep others away, and who is told: the blocker's own endpoints, and nobody else.
A report is told to the operator alone.

The law of this file

    A block is on disk before the answer leaves, and what goes on between the two ends before it, too.
    What was granted to whoever is blocked opens nothing any more, and an unblock does not revive it.
    Nothing changes on the side of whoever is blocked: what they may read of the blocker is what others read.
    The blocker hears nothing of them any more: not a call, not a new name, not a new identity.
    At a shared device it shows in nothing but that they do not ring there for the blocker: whoever else stands there
    is not to find out.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Protocol

from kith.core.ids import BlockId, ContactId, PersonId, new_block
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.core.reports import Why
from kith.directory.blocks import Block, Blocks
from kith.directory.contact_store import ContactStore
from kith.directory.ports import DirectoryStore
from kith.directory.registry import registered
from policy.quota import DAY, Quota
from signaling import protocol as wire
from signaling.announcing import Announcer
from signaling.dropping_in import DropIns
from signaling.sessions import Sessions
from signaling.switchboard import Switchboard
from signaling.views import block_view

log = logging.getLogger(__name__)

Command = wire.Block | wire.Unblock | wire.ListBlocks | wire.ReportPerson
BLOCK_COMMANDS = (wire.Block, wire.Unblock, wire.ListBlocks, wire.ReportPerson)

REPORTS = Quota(20, DAY)
"""Reports of one person: enough for a bad day, and somebody can still read all of them."""


class Reports(Protocol):
    """What people told the operator."""

    async def add(
        self,
        by: PersonId,
        person: PersonId,
        why: Why,
        text: str,
        *,
        quota: Quota,
        at: float,
        message: str | None = None,
    ) -> float:
        """Keep a report, and what the message said that it is about, if it is; returns 0, or where the reporter has
        used up the quota in how many seconds to try again."""
        ...


class BlockDesk:
    """Raises Problem for every "no"."""

    def __init__(
        self,
        blocks: Blocks,
        contacts: ContactStore,
        reports: Reports,
        directory: DirectoryStore,
        sessions: Sessions,
        switchboard: Switchboard,
        announcer: Announcer,
        clock: Callable[[], float],
        drop_ins: DropIns,
    ) -> None:
        self._drop_ins = drop_ins
        self._blocks = blocks
        self._contacts = contacts
        self._reports = reports
        self._clock = clock
        self._directory = directory
        self._sessions = sessions
        self._switchboard = switchboard
        self._announcer = announcer

    async def carry_out(self, principal: Principal, command: Command) -> wire.AnyReply:
        """One of the commands."""
        owner = registered(principal)
        match command:
            case wire.Block():
                block = await self._block(principal, owner, command)
                self._switchboard.keep_apart(owner, block.people)
                await self._drop_ins.keep_apart(owner, principal.household, block.people)
                await self._announcer.told(self._tell(owner))
                shown = await self._as_if_new(block) if principal.shared else block
                return wire.Blocked(re=command.id, block=block_view(shown))
            case wire.Unblock():
                block = await self._blocks.unblock(owner, BlockId(command.block))
                await self._announcer.told(self._tell(owner))
                await self._announcer.told(self._catch_up(owner, block.people))
                await self._announcer.told(self._drop_ins.settled(principal.household))
                return wire.Ok(re=command.id)
            case wire.ListBlocks():
                return wire.Blocks(re=command.id, blocks=await self.view(owner))
            case wire.ReportPerson():
                await self._report(owner, command)
                return wire.Ok(re=command.id)

    async def _block(self, principal: Principal, owner: PersonId, command: wire.Block) -> Block:
        match command.person, command.contact:
            case str(person), None:
                return await self._blocks.block(owner, PersonId(person))
            case None, str(contact):
                if principal.shared:  # nobody's list is read there
                    raise Problem(Code.NOT_PERMITTED)
                listed = await self._contacts.contact(owner, ContactId(contact))
                return await self._blocks.block_contact(owner, listed)
            case _:
                raise Problem(Code.INVALID, path="person")

    async def _as_if_new(self, block: Block) -> Block:
        """What a shared endpoint is shown: whether there was a block before, and since when, is not for everybody."""
        person = None if block.person is None else await self._directory.person(block.person)
        name = block.name if person is None else person.name
        return replace(block, id=new_block(), name=name, since=self._clock(), contact=None)

    async def _report(self, owner: PersonId, command: wire.ReportPerson) -> None:
        person = await self._directory.person(PersonId(command.person))
        if person is None or person.id == owner:
            raise Problem(Code.UNKNOWN_PERSON, path="person")
        wait = await self._reports.add(
            owner, person.id, command.why, command.text, quota=REPORTS, at=self._clock()
        )
        if wait > 0:
            raise Problem(Code.QUOTA_EXCEEDED, data={"retry_after": round(wait, 3)})
        log.warning("person reported: person=%s why=%s", person.id, command.why)

    async def view(self, owner: PersonId) -> tuple[wire.BlockView, ...]:
        """Whom a person has blocked, the latest first."""
        return tuple(block_view(block) for block in await self._blocks.of(owner))

    async def tell(self, owner: PersonId) -> None:
        """The own endpoints, of whom the person has blocked."""
        blocks = await self.view(owner)
        for endpoint in await self._directory.endpoints_for(owner):
            if not (endpoint.shared or endpoint.waiting):
                self._sessions.push(endpoint.id, wire.BlocksChanged(blocks=blocks))

    async def _tell(self, owner: PersonId) -> None:
        """The own endpoints: of the block, of the missed calls without or with theirs, and of who can be called."""
        await self.tell(owner)
        await self._switchboard.announce_missed(owner)
        await self._announcer.directory_of(owner)

    async def _catch_up(self, owner: PersonId, people: Iterable[PersonId]) -> None:
        """What was not told while the block stood."""
        for endpoint in await self._directory.endpoints_for(owner):
            for person in () if endpoint.shared or endpoint.waiting else people:
                self._sessions.push(endpoint.id, wire.IdentityChanged(person=person))
