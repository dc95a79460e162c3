"""How a group begins: which way it can go, who is asked by whose root, and the server's leave.

Nothing rings before whoever begins it knows which way it goes. The mixer is nothing that a server can choose for those
who have not.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from kith.core.problem import Code, Problem
from kith.endpoint.calls import PLACE_WITHIN
from kith.endpoint.dialling import Unreachable
from kith.endpoint.directory import Directory
from kith.endpoint.group import Group
from kith.endpoint.group_invited import Invited
from kith.endpoint.group_roster import Fellowship
from kith.endpoint.sets import Sets
from kith.endpoint.wire import Wire
from policy.group import Path, Wish
from signaling import protocol
from signaling.call import CallKind, EndReason
from signaling.group import GroupPhase
from signaling.protocol import GroupView, StarterView, StartGroup

ASK_TRIES = 3


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person wants: these asked, by id, `acting` for whom."""

    to: tuple[str, ...]
    kind: CallKind
    video: bool
    path: Wish
    acting: str | None


class Starting:
    """`sets` say whether those whose device this is have opted in to the mixer."""

    def __init__(self, wire: Wire, directory: Directory, sets: Sets, invited: Invited) -> None:
        self._wire = wire
        self._directory = directory
        self._sets = sets
        self._invited = invited

    async def prepare(self, group: str, wanted: Wanted, fellowship: Fellowship) -> StartGroup:
        """What begins it. Raises Untrusted, Problem, Unreachable."""
        try:
            async with asyncio.timeout(PLACE_WITHIN):
                path = await self._plan(wanted)
                roster = await fellowship.begin(
                    self._speaks(wanted.acting),
                    await self._invited.roots(wanted.to),
                    kind=wanted.kind,
                    path=path,
                )
        except TimeoutError:
            raise Unreachable("the server does not answer") from None
        return StartGroup(
            id=self._wire.new_id(),
            as_person=wanted.acting,
            call=group,
            kind=wanted.kind,
            to=wanted.to,
            path=path,
            roster=roster,
            video=wanted.video,
        )

    async def _plan(self, wanted: Wanted) -> Path:
        wish: Wish = "mesh" if wanted.path == "any" and not self._sets.enhanced else wanted.path
        if wish == "mixer" and not self._sets.enhanced:
            raise Problem(Code.GROUP_NOT_AVAILABLE)
        plan = protocol.PlanGroup(
            id=self._wire.new_id(),
            as_person=wanted.acting,
            kind=wanted.kind,
            to=wanted.to,
            video=wanted.video,
            path=wish,
        )
        reply = await self._wire.request(plan)
        if not isinstance(reply, protocol.GroupPlan) or wish not in ("any", reply.path):
            raise Problem(Code.MALFORMED)
        return reply.path

    def _speaks(self, acting: str | None) -> str | None:
        """For whom this endpoint does; None for its household."""
        person = self._directory.person
        own = None if person is None or self._directory.shared else person.id
        return acting or own

    def unseen(self, command: StartGroup) -> GroupView:
        """A group as long as the server has not said how it stands."""
        own, person = self._wire.endpoint, self._speaks(command.as_person)
        return GroupView(
            id=command.call,
            kind=command.kind,
            path=command.path,
            e2ee=command.path.e2ee,
            epoch=0,
            video=command.video,
            phase=GroupPhase.RINGING,
            started_by=StarterView(
                endpoint=own, name="", device="", identity=command.roster.signer, person=person
            ),
            created=time.time(),
            own=own,
            members=(),
            places=(),
            own_person=person,
        )

    async def carry_out(self, group: Group, command: StartGroup) -> None:
        """Raises Problem, Unreachable, with which the group is over."""
        try:
            async with asyncio.timeout(PLACE_WITHIN):
                await group.perform(command)
        except TimeoutError:
            self._give_up(group)
            raise Unreachable("the server does not answer") from None
        except (Problem, Unreachable):
            group.finish(EndReason.CANCELLED)
            raise
        except asyncio.CancelledError:
            self._give_up(group)  # who stops waiting does not want it to ring
            raise

    def _give_up(self, group: Group) -> None:
        """It may have reached the server after all."""
        group.finish(EndReason.CANCELLED)
        self._wire.tell(protocol.LeaveGroup(id=self._wire.new_id(), call=group.id))

    async def ask_in(self, group: Group, fellowship: Fellowship, to: Sequence[str]) -> None:
        """Ask these besides; in a mesh they stand in its next roster. Raises Untrusted, Problem, Unreachable."""
        roots = await self._invited.roots(to)
        for tries_left in reversed(range(ASK_TRIES)):
            roster = fellowship.invite(roots) if group.path is Path.MESH else None
            new_id = self._wire.new_id()
            asking = protocol.AskIntoGroup(id=new_id, call=group.id, to=tuple(to), roster=roster)
            try:
                await group.perform(asking)
            except Problem as problem:
                if problem.code is not Code.UNTRUSTED or not tries_left:
                    raise  # else somebody's roster was faster: this one is to follow that
            else:
                return
