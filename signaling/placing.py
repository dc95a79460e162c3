"""What endpoints ask for: a call that begins, an event of one that goes on, another endpoint for one's own side.

The law of this file

    Facts are gathered, policy decides, and from there to the index nothing awaits: of two that are placed at once each
    knows of the other. Facts from before people were kept apart are looked up again.
    The same call id again is the same call, whether that one goes on, is over, or was answered by calling back.
"""

import logging
from collections.abc import Callable, Iterable, Sequence

from kith.core.ids import CallId, EndpointId, PersonId
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.core.trust.log import Outcome
from kith.directory.model import Endpoint
from kith.directory.registry import registered
from policy.call import Admit, Reason, Refuse, RingOut, may_call
from signaling import call as calls
from signaling import protocol as wire
from signaling.call import Call
from signaling.call_board import CallBoard
from signaling.call_facts import Wanted
from signaling.call_replies import reason_for, refusal, reply_about
from signaling.call_step import start
from signaling.live_call import LiveCall
from signaling.views import Faces

log = logging.getLogger(__name__)

MAX_PLACED = 8
"""Calls that one person may have placed at a time. More is a robot or a fault."""


class Placing(CallBoard):
    """The part of the switchboard that carries out commands."""

    changes = 0
    """How often people were kept apart: facts that are older than the last time are looked up again."""

    async def place(self, principal: Principal, command: wire.PlaceCall) -> wire.AnyReply:
        """Start a call; the same call id again is the same call."""
        known = await self.known(principal, command)
        if known is not None:
            return known
        while True:
            changes = self.changes
            wanted = await self.finder.wanted(principal, registered(principal), command.to)
            decision = may_call(wanted.facts)
            if isinstance(decision, Refuse):
                log.info(
                    "call refused: call=%s by=%s reason=%s", command.call, principal.endpoint, decision.reason
                )
                if decision.reason is Reason.QUOTA:
                    self.spawn(self.over_quota(wanted.caller, wanted.facts.quota_wait))
                raise refusal(decision, wanted.facts, command.to)
            faces = await self.finder.faces(wanted, principal.endpoint)
            if changes == self.changes:
                break

        # From here to the index nothing awaits: two invites cannot both miss each other.
        before = self._calls.get(command.call)
        if before is not None:
            return await self._placed_before(before, principal, command)
        glare = self._calls.glaring(principal, command.to)
        if glare is not None:
            return await self._answer_glare(glare, principal, command)
        new, effects = self._start(principal, wanted, command, decision)
        if isinstance(decision, RingOut):
            self._telling.note(new, faces, Outcome.REFUSED, decision.reason)
        return await self.put_through(new, effects, faces, command)

    async def known(
        self, principal: Principal, command: wire.PlaceCall | wire.DropIn
    ) -> wire.AnyReply | None:
        """The reply where there is a call of this id already: it is the same call again."""
        found = self._calls.get(command.call)
        return None if found is None else await self._placed_before(found, principal, command)

    async def put_through(
        self, new: Call, effects: calls.Effects, faces: Faces, command: wire.PlaceCall | wire.DropIn
    ) -> wire.AnyReply:
        """Let a call that was decided begin. Nothing awaits before it can be found by its id."""
        if self._calls.placed_by(new.caller_person) >= MAX_PLACED:
            raise Problem(Code.RATE_LIMITED, data={"limit": MAX_PLACED})
        if self._calls.get(new.id) is not None:  # while it was decided
            raise Problem(Code.CALL_ID_TAKEN, path="call")
        live = LiveCall(new, faces, self._take_turn, self._tasks)
        if not await self.begin(live, effects):
            return await self._over_before(new, command)
        return reply_about(live.call, live.call.caller, faces, command.id)

    async def faces(
        self, people: Iterable[PersonId], caller: EndpointId, endpoints: Sequence[Endpoint]
    ) -> Faces:
        """Names and endpoints for a call that is about to begin."""
        return await self.finder.faces_for(people, caller, endpoints)

    async def act(
        self,
        endpoint: EndpointId,
        command: wire.Command,
        call: str,
        event: Callable[[EndpointId], calls.Event],
    ) -> wire.AnyReply:
        """One event of an endpoint in a call. The reply says how the call stands for it afterwards."""
        live = self._calls.get(call)
        if live is None:
            return await self._ended_before(CallId(call), endpoint, command.id)
        if endpoint not in live.call.legs:
            raise Problem(Code.UNKNOWN_CALL, path="call")
        await live.submit(event(endpoint))
        return reply_about(live.call, endpoint, live.faces, command.id)

    async def move(self, principal: Principal, command: wire.Move) -> wire.AnyReply:
        """Let `principal`'s endpoint take over the side that another own endpoint has now.

        A shared endpoint may not: whoever stands before it is not known to be the one who talks.
        """
        person = registered(principal)
        endpoint = principal.endpoint
        if principal.shared:
            raise Problem(Code.NOT_PERMITTED)
        live = self._calls.get(command.call)
        if live is None:
            return await self._ended_before(CallId(command.call), endpoint, command.id)
        sides = {live.call.callee_person: live.call.winner, live.call.caller_person: live.call.caller}
        if person not in sides:
            raise Problem(Code.UNKNOWN_CALL, path="call")
        source = sides[person]
        if live.call.kind is calls.CallKind.DROP_IN:
            raise Problem(Code.NOT_MOVABLE, path="call")
        if source is None or live.call.phase is not calls.Phase.ACTIVE:
            raise Problem(Code.NOT_ANSWERED, path="call")
        live.faces.endpoints[endpoint] = await self.finder.endpoint(endpoint)
        await live.submit(calls.Moved(endpoint, source))
        if endpoint not in (live.call.moving, live.call.caller, live.call.winner):
            raise Problem(Code.NOT_ANSWERED, path="call")
        return reply_about(live.call, endpoint, live.faces, command.id)

    async def over_quota(self, person: PersonId, wait: float) -> None:
        """The person was refused another call for so many seconds: the operator is told."""
        try:
            await self._store.over_quota(person, wait, at=self._clock())
        except Problem as problem:
            log.warning("quota not noted for the operator: code=%s", problem.code)

    def _start(
        self, principal: Principal, wanted: Wanted, command: wire.PlaceCall, decision: Admit | RingOut
    ) -> calls.Step:
        admitted = decision if isinstance(decision, Admit) else Admit(frozenset())
        ring = admitted.ring | admitted.silenced
        if isinstance(decision, RingOut):
            log.info(
                "call rings out: call=%s by=%s reason=%s", command.call, principal.endpoint, decision.reason
            )
        return start(
            call=CallId(command.call),
            caller=principal.endpoint,
            caller_person=wanted.caller,
            caller_personal=not principal.shared,
            callee_person=wanted.callee,
            callee_household=wanted.household,
            target=command.to,
            video=command.video,
            ring={one.id: not one.shared for one in wanted.ring if one.id in ring},
            online=frozenset(one.id for one in wanted.ring if one.id in self._reachable),
            now=self._clock(),
            silent=isinstance(decision, RingOut),
            ringing=self.bounds.ringing,
            longest=self.bounds.longest,
            quiet=admitted.silenced,
        )

    # -- calls that are there already, or over --------------------------------------------------

    async def _answer_glare(
        self, live: LiveCall, principal: Principal, command: wire.PlaceCall
    ) -> wire.AnyReply:
        """Both want to talk to each other: the second invite is the answer to the first."""
        endpoint = principal.endpoint
        if endpoint not in live.call.legs:
            live.faces.endpoints[endpoint] = await self.finder.endpoint(endpoint)
            await live.submit(calls.Joined(endpoint, personal=not principal.shared))
        await live.submit(calls.Answered(endpoint, video=command.video, instead_of=CallId(command.call)))
        if endpoint not in live.call.legs:
            raise Problem(Code.UNKNOWN_CALL, path="call")
        return reply_about(live.call, endpoint, live.faces, command.id)

    async def _placed_before(
        self, live: LiveCall, principal: Principal, command: wire.PlaceCall | wire.DropIn
    ) -> wire.AnyReply:
        await live.wait_begun()
        call = live.call
        same = command.to in (call.target, wire.HOME)
        own = same and (call.id, call.caller) == (command.call, principal.endpoint)
        answered = command.call in call.aliases and call.winner == principal.endpoint
        if not own and not answered:
            raise Problem(Code.CALL_ID_TAKEN, path="call")
        return reply_about(call, principal.endpoint, live.faces, command.id)

    async def _over_before(self, new: Call, command: wire.PlaceCall | wire.DropIn) -> wire.AnyReply:
        """The id is on record: a retry of a call that is over, or somebody else's."""
        old = await self._store.find(new.id)
        if old is None or old.caller != new.caller or old.target != new.target:
            raise Problem(Code.CALL_ID_TAKEN, path="call")
        return wire.CallEnded(re=command.id, call=old.id, reason=reason_for(old, new.caller))

    async def _ended_before(self, call: CallId, endpoint: EndpointId, request: str) -> wire.AnyReply:
        old = await self._store.find(call)
        if old is None or endpoint not in old.legs:
            raise Problem(Code.UNKNOWN_CALL, path="call")
        return wire.CallEnded(re=request, call=call, reason=reason_for(old, endpoint))
