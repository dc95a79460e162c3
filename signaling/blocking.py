"""The commands by which people keep others away, and who is told: the blocker's own endpoints, and nobody else.

The law of this file

    A block is on disk before the answer leaves, and what goes on between the two ends before it, too.
    Nothing changes on the side of whoever is blocked: what they may read of the blocker is what others read.
    The blocker hears nothing of them any more: not a call, not a new name, not a new identity.
"""

from collections.abc import Iterable

from kith.core.ids import BlockId, PersonId
from kith.core.principal import Principal
from kith.directory.blocks import Blocks
from kith.directory.ports import DirectoryStore
from kith.directory.registry import registered
from signaling import protocol as wire
from signaling.announcing import Announcer
from signaling.sessions import Sessions
from signaling.switchboard import Switchboard
from signaling.views import block_view

Command = wire.Block | wire.Unblock | wire.ListBlocks
BLOCK_COMMANDS = (wire.Block, wire.Unblock, wire.ListBlocks)


class BlockDesk:
    """Raises Problem for every "no"."""

    def __init__(
        self,
        blocks: Blocks,
        directory: DirectoryStore,
        sessions: Sessions,
        switchboard: Switchboard,
        announcer: Announcer,
    ) -> None:
        self._blocks = blocks
        self._directory = directory
        self._sessions = sessions
        self._switchboard = switchboard
        self._announcer = announcer

    async def carry_out(self, principal: Principal, command: Command) -> wire.AnyReply:
        """One of the commands."""
        owner = registered(principal)
        match command:
            case wire.Block():
                block = await self._blocks.block(owner, PersonId(command.person))
                people = await self._blocks.people_of(block.id)
                self._switchboard.keep_apart(owner, principal.household, people)
                await self._announcer.told(self._tell(owner))
                return wire.Blocked(re=command.id, block=block_view(block))
            case wire.Unblock():
                people = await self._blocks.people_of(BlockId(command.block))
                await self._blocks.unblock(owner, BlockId(command.block))
                await self._announcer.told(self._tell(owner))
                await self._announcer.told(self._catch_up(owner, people))
                return wire.Ok(re=command.id)
            case wire.ListBlocks():
                return wire.Blocks(re=command.id, blocks=await self.view(owner))

    async def view(self, owner: PersonId) -> tuple[wire.BlockView, ...]:
        """Whom a person has blocked, the latest first."""
        return tuple(block_view(block) for block in await self._blocks.of(owner))

    async def _tell(self, owner: PersonId) -> None:
        """The own endpoints: of the block, of the missed calls without or with theirs, and of who can be called."""
        blocks = await self.view(owner)
        for endpoint in await self._directory.endpoints_for(owner):
            if not (endpoint.shared or endpoint.waiting):
                self._sessions.push(endpoint.id, wire.BlocksChanged(blocks=blocks))
        await self._switchboard.announce_missed(owner)
        await self._announcer.directory_of(owner)

    async def _catch_up(self, owner: PersonId, people: Iterable[PersonId]) -> None:
        """What was not told while the block stood."""
        for endpoint in await self._directory.endpoints_for(owner):
            for person in people:
                self._sessions.push(endpoint.id, wire.IdentityChanged(person=person))
