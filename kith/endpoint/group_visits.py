"""Being dropped in on by a group: as in a drop in by one (kith.endpoint.drop_ins), with more than one at the other end.

    rings -> decided by what the server says -> joined -> who began it is connected and believed -> decided
          -> light and tone -> decided once more -> open for who began it
    each other member, once believed: somebody who lives here, or who may drop in as well; else this endpoint leaves
    who began it has gone, or has not been connected for MISSED -> over, whatever the server says

In a mesh nothing leaves for a member before this endpoint has decided about that very one. A mixer hears for all of
them: there, who began it has signed that they did, and the others are those that the server names.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from kith.core.problem import Problem
from kith.core.trust.grants import Mode
from kith.core.trust.untrusted import Untrusted
from kith.endpoint.dialling import Unreachable
from kith.endpoint.equipment import Equipment
from kith.endpoint.gate import Gate
from kith.endpoint.group import Group
from kith.endpoint.group_roster import Place, place
from kith.endpoint.ice import NoRelay
from kith.endpoint.identities import Meeting
from kith.endpoint.presentation import Presentation
from kith.endpoint.vigil import Vigil
from kith.endpoint.wire import Wire
from media.tones import Samples
from policy.drop_in import Admit, Bounds, Reason, Refuse
from policy.grants import Claim
from signaling import protocol
from signaling.call import RECOVERY_TIMEOUT
from signaling.protocol import GroupView, MemberView

log = logging.getLogger(__name__)

MISSED = RECOVERY_TIMEOUT
"""Seconds without a connection with who began it, after which this endpoint goes on for nobody else's sake: the server
may not have said that they have gone."""


@dataclass
class _Visit:
    """The one drop in here. `starter` is who began it as far as that is known, `began` the place at which they were
    believed, `others` who was believed besides."""

    group: Group
    starter: Claim
    others: dict[Place, tuple[MemberView, Claim]] = field(default_factory=dict)
    began: Place | None = None
    opens: bool = False
    vigil: Vigil | None = None
    again: asyncio.TimerHandle | None = None
    missed: asyncio.TimerHandle | None = None


class GroupVisits:
    """`proof` gives who is at both ends of a mixed group, as who began it has signed."""

    def __init__(
        self,
        gate: Gate,
        wire: Wire,
        equipment: Equipment,
        presentation: Presentation,
        *,
        show: Callable[[], None],
        emit: Callable[..., object],
    ) -> None:
        self._gate = gate
        self._wire = wire
        self._equipment = equipment
        self._presentation = presentation
        self._show = show
        self._emit = emit
        self._visit: _Visit | None = None

    # -- before it is joined --------------------------------------------------------------------------

    async def look(self, view: GroupView) -> Claim | Reason:
        """Whether those who ring may come any nearer, and who began it as it seems."""
        try:
            claim = await self._gate.seeming(view.started_by.person)
        except (Untrusted, Problem, Unreachable) as error:
            log.info("a group is not let in: %s", type(error).__name__)
            return Reason.NOT_VOUCHED
        decision = self._gate.decide(claim)
        return decision.reason if isinstance(decision, Refuse) else claim

    def begin(self, group: Group, claim: Claim, *, anew: bool) -> None:
        """It rings softly until somebody says so, or opens by itself: where it is `anew`, and did not before."""
        self._visit = visit = _Visit(group, claim)
        decision = self._gate.decide(claim)
        by_itself = isinstance(decision, Admit) and decision.mode is Mode.INSTANT
        if by_itself and anew and group.opens_by_itself:
            group.taken = group.by_itself = True
            self._wire.spawn(self._answer(group))
        else:
            self._presentation.announce(f"{group.name} and others would like to drop in")
            self._emit("group_knocks", group)
        self._watch(visit)

    async def _answer(self, group: Group) -> None:
        try:
            await group.answer(by_itself=True)
        except (NoRelay, Problem, Unreachable) as error:
            log.info("a group could not be joined: %s", type(error).__name__)

    # -- once somebody is connected -------------------------------------------------------------------

    def up(self, group: Group, member: MemberView, meeting: Meeting) -> None:
        """This member has signed a connection."""
        self._wire.spawn(self.judge(group, member, meeting))

    async def judge(self, group: Group, member: MemberView, meeting: Meeting) -> None:
        """The same, until it is decided about them. In a mixed group whoever began it comes last: what opens for one
        opens for all."""
        if (visit := self._of(group)) is not None:
            await self._judge(visit, member, meeting)

    async def _judge(self, visit: _Visit, member: MemberView, meeting: Meeting) -> None:
        try:
            claim = await self._gate.verified(meeting)
        except (Untrusted, Problem, Unreachable) as error:
            log.info("a group is not let in: %s", type(error).__name__)
            await self._end(visit, Reason.NOT_VOUCHED)
            return
        if self._visit is not visit:
            return
        where = place(member)
        # Only who began it moves to another device of theirs: the server makes nobody else the one who did.
        moved = visit.began in (None, where) or claim.root == visit.starter.root
        if not member.starter or not moved:
            await self._judge_other(visit, member, claim)
            return
        visit.starter, visit.began = claim, where
        visit.others.pop(where, None)
        self.reached(visit.group)
        reason = self._why_not(visit)
        if reason is not None:
            await self._end(visit, reason)
        elif visit.vigil is not None:
            visit.group.open(member)
        elif not visit.opens:
            visit.opens = True
            await self._open(visit, member)

    async def _judge_other(self, visit: _Visit, member: MemberView, claim: Claim) -> None:
        visit.others[place(member)] = (member, claim)
        reason = self._why_not_other(visit, claim)
        if reason is not None:
            await self._end(visit, reason)
        elif visit.vigil is not None:
            visit.group.open(member)

    async def _open(self, visit: _Visit, starter: MemberView) -> None:
        group = visit.group
        group.opening = True
        self._show()
        self._emit("group_drop_in", group)
        sounded = await self._presentation.opening()
        reason = self._why_not(visit) if sounded else Reason.NOT_READY
        if reason is not None:
            await self._end(visit, reason)
        elif group.reason is None:
            bounds = self._bounds(visit.starter)
            self._equipment.lens.frost(bounds.frost)
            visit.vigil = Vigil(
                bounds, chime=self._presentation.chime, over=lambda why: self._over(visit, why)
            )
            self._equipment.overhear = visit.vigil.heard
            self._emit("group_opens", group)
            for member in (starter, *(member for member, _ in visit.others.values())):
                group.open(member)

    # -- deciding -------------------------------------------------------------------------------------

    def _why_not(self, visit: _Visit) -> Reason | None:
        """Why it may not be, by all who are known to be there; None if it may."""
        reason = self._why_not_starter(visit)
        for _, claim in visit.others.values():
            reason = reason or self._why_not_other(visit, claim)
        return reason

    def _why_not_starter(self, visit: _Visit) -> Reason | None:
        decision = self._gate.decide(visit.starter)
        if isinstance(decision, Refuse):
            return decision.reason
        knocks = decision.mode is Mode.KNOCK and visit.vigil is None
        return Reason.NOT_GIVEN if knocks and visit.group.by_itself else None

    def _why_not_other(self, visit: _Visit, claim: Claim) -> Reason | None:
        return self._gate.why_not_along(claim, let_in=not visit.group.by_itself)

    def _bounds(self, claim: Claim) -> Bounds:
        decision = self._gate.decide(claim)
        return decision.bounds if isinstance(decision, Admit) else Bounds()

    # -- while it lasts -------------------------------------------------------------------------------

    def changed(self) -> None:
        """A set, a switch or the hour is another one: it is decided again at once."""
        visit = self._visit
        if visit is None or visit.group.reason is not None:
            return
        reason = self._why_not(visit)
        if reason is not None:
            self._wire.spawn(self._end(visit, reason))
        else:
            self._watch(visit)

    def heard(self, samples: Samples) -> None:
        """Everybody else's voice."""
        if self._visit is not None and self._visit.vigil is not None:
            self._visit.vigil.heard(samples)

    def left(self, group: Group, member: MemberView) -> None:
        """A member has gone; whoever comes back is judged anew. Without who began it nobody else may be here."""
        if (visit := self._of(group)) is None:
            return
        visit.others.pop(place(member), None)
        if place(member) == visit.began:
            self._over(visit, "done")

    def reached(self, group: Group) -> None:
        """Who is connected may be another one than before."""
        visit = self._of(group)
        if visit is None or visit.began is None or group.way is None:
            return
        if not group.way.reaches(visit.began):
            if visit.missed is None:
                loop = asyncio.get_running_loop()
                visit.missed = loop.call_later(MISSED, self._over, visit, "done")
        elif visit.missed is not None:
            visit.missed.cancel()
            visit.missed = None

    def ended(self, group: Group) -> None:
        """It is over, for whatever reason."""
        visit = self._of(group)
        if visit is None:
            return
        self._visit = None
        self._equipment.overhear = None
        self._equipment.lens.frost(None)
        if visit.vigil is not None:
            visit.vigil.close()
        for timer in (visit.again, visit.missed):
            if timer is not None:
                timer.cancel()

    def _of(self, group: Group) -> _Visit | None:
        return self._visit if self._visit is not None and self._visit.group is group else None

    def _watch(self, visit: _Visit) -> None:
        if visit.again is not None:
            visit.again.cancel()
        claims = (visit.starter, *(claim for _, claim in visit.others.values()))
        seconds = min(
            (found for claim in claims if (found := self._gate.next_change(claim)) is not None), default=None
        )
        if seconds is not None:
            visit.again = asyncio.get_running_loop().call_later(seconds + 0.01, self.changed)

    def _over(self, visit: _Visit, why: protocol.WhyOut) -> None:
        self._wire.spawn(self._leave(visit.group, why))

    async def _end(self, visit: _Visit, reason: Reason) -> None:
        if visit.group.reason is None:
            self._emit("group_refused", visit.group.view, reason)
            await self._leave(visit.group, "not_let_in" if visit.group.held else "done")

    async def _leave(self, group: Group, why: protocol.WhyOut) -> None:
        try:
            await group.hang_up(why)
        except (Problem, Unreachable) as error:
            log.info("the server was not told that a group was left: %s", type(error).__name__)
