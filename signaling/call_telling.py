"""What is told of a call: each effect to whom it concerns, and what nobody who took part can write down."""

import logging
from collections.abc import Callable, Coroutine
from typing import Any, assert_never

from kith.core.ids import PersonId
from kith.core.problem import Problem
from kith.core.trust.grants import Mode
from kith.core.trust.log import Outcome, What
from kith.directory.ports import DirectoryStore
from signaling import call as calls
from signaling import protocol as wire
from signaling.call import Call, EndReason
from signaling.journal import Notes
from signaling.live_call import LiveCall
from signaling.sessions import Sessions
from signaling.views import Faces, call_view, missed_view

log = logging.getLogger(__name__)


class CallTelling:
    """Pushes and notes; what it has to look up first it does beside the call's turn, by `spawn`."""

    def __init__(
        self,
        directory: DirectoryStore,
        sessions: Sessions,
        journal: Notes,
        spawn: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._directory = directory
        self._sessions = sessions
        self._journal = journal
        self._spawn = spawn

    def tell(self, live: LiveCall, effects: calls.Effects) -> None:
        """Everybody whom these effects of a saved state concern."""
        call = live.call
        for effect in effects:
            match effect:
                case calls.Ring(endpoint):
                    self._sessions.push(endpoint, wire.Ringing(call=call_view(call, endpoint, live.faces)))
                case calls.Update(endpoint):
                    view = call_view(call, endpoint, live.faces)
                    self._sessions.push(endpoint, wire.CallChanged(call=view))
                case calls.End(endpoint, reason):
                    self._sessions.push(endpoint, wire.Ended(call=call.id, reason=reason))
                case calls.Finished(reason):
                    self._finished(live, reason)
                case calls.Ignored():
                    pass
                case _:
                    assert_never(effect)

    def _finished(self, live: LiveCall, reason: EndReason) -> None:
        call = live.call
        log.info("call ended: call=%s reason=%s", call.id, reason)
        said_no = calls.Acceptance.DECLINED in {leg.acceptance for leg in call.legs.values()}
        if call.winner is None and not call.silent and not said_no:
            outcome = Outcome.MISSED if call.kind is calls.CallKind.CALL else Outcome.NOT_LET_IN
            quiet = calls.silenced(call)
            self.note(call, live.faces, Outcome.SILENCED if quiet else outcome, "quiet" if quiet else reason)
        person = calls.missed_by(call)
        if person is not None:
            self._spawn(self._tell_missed(call, person))

    def note(self, call: Call, faces: Faces, outcome: Outcome, reason: str) -> None:
        """What no endpoint writes into the log of whoever was called, because none took part."""
        own = call.target == call.callee_person and call.callee_person is not None
        self._journal.note(
            call.callee_person if own and call.callee_person is not None else call.callee_household,
            What.CALL if call.mode is None else What.KNOCK if call.mode is Mode.KNOCK else What.DROP_IN,
            outcome,
            call=call.id,
            person=call.caller_person,
            name=faces.people.get(call.caller_person, ""),
            device=faces.endpoints[call.caller].name if call.caller in faces.endpoints else "",
            reason=reason,
        )

    async def _tell_missed(self, call: Call, person: PersonId) -> None:
        try:
            await self.announce_missed(person)
        except Problem as problem:
            log.warning("missed call not announced: call=%s code=%s", call.id, problem.code)

    async def announce_missed(self, person: PersonId) -> None:
        """Tell the person's own endpoints the list of missed calls as it is now."""
        missed = tuple(missed_view(one) for one in await self._directory.missed(person))
        for endpoint in await self._directory.endpoints_for(person):
            if not (endpoint.shared or endpoint.waiting):
                self._sessions.push(endpoint.id, wire.MissedCalls(missed=missed))
