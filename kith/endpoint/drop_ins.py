"""Being dropped in on: from the ring to the last chime, at the endpoint that opens.

    rings -> decided by what the server says -> (somebody lets the caller in) -> answered -> connected and believed
          -> decided by what was verified -> the light is lit, the tone sounds to its end -> decided once more
          -> microphone and camera open, the picture frosted -> watched until it ends

Nothing is captured before the last of the decisions, and any that says no ends it: there is no way back to the call.
Whatever changes meanwhile, a set, a switch or the hour, it is decided again at once.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from kith.core.problem import Problem
from kith.core.trust.grants import Mode
from kith.core.trust.untrusted import Untrusted
from kith.endpoint.call import Call
from kith.endpoint.dialling import Unreachable
from kith.endpoint.equipment import Equipment
from kith.endpoint.gate import Gate
from kith.endpoint.ice import NoRelay
from kith.endpoint.presentation import Presentation
from kith.endpoint.vigil import Vigil
from kith.endpoint.wire import Wire
from media.tones import Samples
from policy.drop_in import Admit, Decision, Reason, Refuse
from policy.grants import Claim
from signaling import protocol
from signaling.protocol import CallView

log = logging.getLogger(__name__)


@dataclass
class _Visit:
    """The one drop in here. `claim` is who it is as far as that is known."""

    call: Call
    claim: Claim
    vigil: Vigil | None = None
    again: asyncio.TimerHandle | None = None


class DropIns:
    """`alert` tells the server that it rings here, `show` makes light and screen agree with the call."""

    def __init__(
        self,
        gate: Gate,
        wire: Wire,
        equipment: Equipment,
        presentation: Presentation,
        *,
        show: Callable[[], None],
        alert: Callable[[str], None],
        emit: Callable[..., object],
    ) -> None:
        self._gate = gate
        self._wire = wire
        self._equipment = equipment
        self._presentation = presentation
        self._show = show
        self._alert = alert
        self._emit = emit
        self._visit: _Visit | None = None

    # -- before the answer ----------------------------------------------------------------------------

    async def look(self, view: CallView) -> Claim | Reason:
        """Whether somebody who rings may come any nearer, and who it seems to be."""
        try:
            claim = await self._gate.seeming(view.peer_person)
        except (Untrusted, Problem, Unreachable) as error:
            log.info("a drop in is not let in: %s", type(error).__name__)
            return Reason.NOT_VOUCHED
        decision = self._gate.decide(claim)
        return decision.reason if isinstance(decision, Refuse) else claim

    def refuse(self, view: CallView, reason: Reason) -> None:
        """Nothing rings, and nothing is shown; the log has the reason."""
        self._wire.tell(protocol.Decline(id=self._wire.new_id(), call=view.id))
        self._emit("refused", view, reason)

    def begin(self, call: Call, claim: Claim) -> None:
        """It rings softly until somebody says so, or opens by itself."""
        self._visit = visit = _Visit(call, claim)
        decision = self._gate.decide(claim)
        by_itself = isinstance(decision, Admit) and decision.mode is Mode.INSTANT
        if by_itself and call.view.mode is Mode.INSTANT:
            call.taken = call.by_itself = True
            self._wire.spawn(self._answer(visit))
        else:
            self._alert(call.id)
            self._presentation.announce(f"{call.peer_name} would like to drop in")
            self._emit("knock", call)
        self._watch(visit)

    async def _answer(self, visit: _Visit) -> None:
        try:
            await visit.call.answer(by_itself=True)
        except (NoRelay, Problem, Unreachable) as error:
            log.info("a drop in could not be answered: %s", type(error).__name__)

    # -- once it is connected -------------------------------------------------------------------------

    def connected(self, call: Call) -> None:
        """The other end has signed this connection."""
        visit = self._visit
        if visit is not None and visit.call is call:
            self._wire.spawn(self._open(visit))

    async def _open(self, visit: _Visit) -> None:
        call = visit.call
        reason = await self._verify(visit)
        if reason is None:
            call.opening = True
            self._show()
            self._emit("drop_in", call)
            if not await self._presentation.opening():
                reason = Reason.NOT_READY
        decision = self._decide(visit)
        if reason is None and isinstance(decision, Refuse):
            reason = decision.reason
        if reason is not None or not isinstance(decision, Admit):
            await self._end(visit, reason or Reason.NOT_GIVEN)
        elif call.reason is None:
            bounds = decision.bounds
            self._equipment.lens.frost(bounds.frost)
            visit.vigil = Vigil(bounds, chime=self._chime, over=lambda why: self._over(visit, why))
            self._equipment.overhear = visit.vigil.heard
            self._emit("opens", call)
            call.open()

    async def _verify(self, visit: _Visit) -> Reason | None:
        """Who it is, now that they have signed; and why they may not, if they may not."""
        meeting = visit.call.met
        if meeting is None:
            return Reason.NOT_VOUCHED
        try:
            visit.claim = await self._gate.verified(meeting)
        except (Untrusted, Problem, Unreachable) as error:
            log.info("a drop in is not let in: %s", type(error).__name__)
            return Reason.NOT_VOUCHED
        decision = self._decide(visit)
        return decision.reason if isinstance(decision, Refuse) else None

    def _decide(self, visit: _Visit) -> Decision:
        """Also refused is what would have had to knock, and was let in by nobody."""
        decision = self._gate.decide(visit.claim)
        knocks = isinstance(decision, Admit) and decision.mode is Mode.KNOCK
        if knocks and visit.call.held and visit.call.by_itself:
            return Refuse(Reason.NOT_GIVEN)
        return decision

    # -- while it lasts -------------------------------------------------------------------------------

    def changed(self) -> None:
        """A set, a switch or the hour is another one: whoever may not be here any more goes at once."""
        visit = self._visit
        if visit is None or visit.call.reason is not None:
            return
        decision = self._decide(visit)
        if isinstance(decision, Refuse):
            self._wire.spawn(self._end(visit, decision.reason))
        else:
            self._watch(visit)

    def heard(self, samples: Samples) -> None:
        """The other side's voice."""
        if self._visit is not None and self._visit.vigil is not None:
            self._visit.vigil.heard(samples)

    def ended(self, call: Call) -> None:
        """It is over, for whatever reason."""
        visit = self._visit
        if visit is None or visit.call is not call:
            return
        self._visit = None
        self._equipment.overhear = None
        self._equipment.lens.frost(None)
        if visit.vigil is not None:
            visit.vigil.close()
        if visit.again is not None:
            visit.again.cancel()

    def _watch(self, visit: _Visit) -> None:
        if visit.again is not None:
            visit.again.cancel()
        seconds = self._gate.next_change(visit.claim)
        if seconds is not None:
            visit.again = asyncio.get_running_loop().call_later(seconds + 0.01, self.changed)

    def _chime(self) -> None:
        self._presentation.chime()

    def _over(self, visit: _Visit, why: protocol.WhyOut) -> None:
        self._wire.spawn(self._leave(visit.call, why))

    async def _end(self, visit: _Visit, reason: Reason) -> None:
        if visit.call.reason is None:
            self._emit("refused", visit.call.view, reason)
            await self._leave(visit.call, "not_let_in" if visit.call.held else "done")

    async def _leave(self, call: Call, why: protocol.WhyOut) -> None:
        try:
            await call.hang_up(why)
        except (Problem, Unreachable) as error:
            log.info("the server was not told that a drop in is over: %s", type(error).__name__)
