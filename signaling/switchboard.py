"""The live calls. Gathers facts, asks policy, steps the call, saves it, and only then speaks.

Each call has a queue of its own: one event is decided, saved and told before the next begins,
and calls never wait for each other. Blobs between the two who talk pass without touching the state.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Protocol, TypeVar, assert_never

from kith.core.ids import CallId, EndpointId, PersonId
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.directory.model import Endpoint
from kith.directory.ports import DirectoryStore
from kith.directory.registry import registered
from policy.call import Admit, CallFacts, Reason, Refuse, may_call
from presence.reachable import Reachable
from signaling import call as calls
from signaling import protocol as wire
from signaling.call import Acceptance, Call, Connectivity, EndReason, Role
from signaling.call_step import start, step
from signaling.deadlines import Deadlines
from signaling.sessions import Sessions
from signaling.views import Faces, call_view, missed_view

log = logging.getLogger(__name__)
K = TypeVar("K")

MAX_LIVE_CALLS_PER_PERSON = 8
"""A person with more calls at once is a robot or a fault."""

MAX_QUEUE = 256
"""Events that may wait for one call's disk. Two endpoints cannot honestly make so many."""

RETRY_SAVE = 1.0
"""When something could not be saved: look again after so many seconds."""

_REFUSALS = {
    Reason.CALLER_NOT_REGISTERED: Code.NOT_REGISTERED,
    Reason.CALLEE_UNKNOWN: Code.UNKNOWN_PERSON,
    Reason.CALLEE_NOT_REGISTERED: Code.UNKNOWN_PERSON,
    Reason.OWN_ENDPOINT: Code.SELF_CALL,
}

_LEG_ENDS = {
    Acceptance.LOST: EndReason.ANSWERED_ELSEWHERE,
    Acceptance.DECLINED: EndReason.DECLINED,
    Acceptance.BUSY: EndReason.BUSY,
}


class CallStore(Protocol):
    """Where calls outlive the process. Every method may raise Problem(storage_unavailable)."""

    async def add(self, call: Call) -> bool: ...
    async def save(self, call: Call) -> None:
        """Save what became of it, and with its end that it was missed (signaling.call.missed_by)."""
        ...

    async def find(self, call: CallId) -> Call | None: ...
    async def live(self) -> list[Call]: ...


class _LiveCall:
    """`behind`: something that happened could not be saved, so the call does not show it yet."""

    __slots__ = ("behind", "call", "faces", "queue", "running")

    def __init__(self, call: Call, faces: Faces) -> None:
        self.call = call
        self.faces = faces
        self.queue: deque[tuple[calls.Event, asyncio.Future[None]]] = deque()
        self.running = False
        self.behind = False


class Switchboard:
    """Owns every live call of this server."""

    def __init__(
        self,
        store: CallStore,
        directory: DirectoryStore,
        sessions: Sessions,
        reachable: Reachable,
        deadlines: Deadlines,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._directory = directory
        self._sessions = sessions
        self._reachable = reachable
        self._deadlines = deadlines
        self._clock = clock
        self._live: dict[CallId, _LiveCall] = {}
        self._of_endpoint: dict[EndpointId, set[CallId]] = {}
        self._of_callee: dict[PersonId, set[CallId]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.ignored = 0

    def __len__(self) -> int:
        return len(self._live)

    # -- beginning and end of the process --------------------------------------------------------

    async def load(self) -> None:
        """Take up the calls that were live when the server stopped."""
        for call in await self._store.live():
            live = _LiveCall(call, await self._faces(call))
            self._index(live)
            await self._settled(live, calls.Restarted())

    async def settle(self) -> None:
        """Wait until every event that has arrived is saved and told."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    # -- commands --------------------------------------------------------------------------------

    async def place(self, principal: Principal, command: wire.PlaceCall) -> wire.AnyReply:
        """Start a call; the same call id again is the same call."""
        known = self._live.get(CallId(command.call))
        if known is not None:
            return self._placed_before(known, principal, command)
        facts, callee, ring = await self._gather(principal, command.to)
        decision = may_call(facts)
        if isinstance(decision, Refuse):
            log.info(
                "call refused: call=%s by=%s reason=%s", command.call, principal.endpoint, decision.reason
            )
            code = _REFUSALS[decision.reason]
            if code is Code.UNKNOWN_PERSON and command.to.startswith("e_"):
                code = Code.UNKNOWN_ENDPOINT
            raise Problem(code, path="to")
        caller = registered(principal)
        faces = await self._name(caller, callee, principal.endpoint, ring)

        # From here to the index nothing awaits: two invites cannot both miss each other.
        known = self._live.get(CallId(command.call))
        if known is not None:
            return self._placed_before(known, principal, command)
        glare = self._glaring(principal, command.to)
        if glare is not None:
            return await self._answer_glare(glare, principal, command)
        if len(self._of_endpoint.get(principal.endpoint, ())) >= MAX_LIVE_CALLS_PER_PERSON:
            raise Problem(Code.RATE_LIMITED, data={"limit": MAX_LIVE_CALLS_PER_PERSON})
        return await self._begin(principal, caller, callee, command, decision, ring, faces)

    async def _begin(
        self,
        principal: Principal,
        caller: PersonId,
        callee: PersonId | None,
        command: wire.PlaceCall,
        decision: Admit,
        ring: Sequence[Endpoint],
        faces: Faces,
    ) -> wire.AnyReply:
        new, effects = start(
            call=CallId(command.call),
            caller=principal.endpoint,
            caller_person=caller,
            caller_personal=not principal.shared,
            callee_person=callee,
            callee_household=ring[0].household if ring else principal.household,
            target=command.to,
            video=command.video,
            ring={endpoint.id: not endpoint.shared for endpoint in ring if endpoint.id in decision.ring},
            online=frozenset(endpoint.id for endpoint in ring if endpoint.id in self._reachable),
            now=self._clock(),
        )
        live = _LiveCall(new, faces)
        live.running = True  # events that come while it is being saved wait in its queue
        self._index(live)
        try:
            added = await self._store.add(new)
        except BaseException:
            self._forget(live)
            self._refuse_waiting(live, Problem(Code.STORAGE_UNAVAILABLE))
            raise
        if not added:
            self._forget(live)
            self._refuse_waiting(live, Problem(Code.CALL_ID_TAKEN))
            return await self._over_before(new, principal, command.id)
        self._tell(live, effects)
        self._arm(live)
        self._run_on(live)
        return self._reply(live.call, principal.endpoint, live.faces, command.id)

    async def act(
        self,
        endpoint: EndpointId,
        command: wire.Command,
        call: str,
        event: Callable[[EndpointId], calls.Event],
    ) -> wire.AnyReply:
        """One event of an endpoint in a call. The reply says how the call stands for it afterwards."""
        live = self._live.get(CallId(call))
        if live is None:
            return await self._ended_before(CallId(call), endpoint, command.id)
        if endpoint not in live.call.legs:
            raise Problem(Code.UNKNOWN_CALL, path="call")
        await self._submit(live, event(endpoint))
        return self._reply(live.call, endpoint, live.faces, command.id)

    async def move(self, principal: Principal, command: wire.Move) -> wire.AnyReply:
        """Let `principal`'s endpoint take over the side that another own endpoint has now."""
        live = self._live.get(CallId(command.call))
        person = registered(principal)
        if live is None:
            return await self._ended_before(CallId(command.call), principal.endpoint, command.id)
        call = live.call
        source = (
            call.caller
            if person == call.caller_person
            else call.winner
            if person == call.callee_person
            else None
        )
        record = await self._directory.endpoint(principal.endpoint)
        if source is None or record is None:
            raise Problem(Code.UNKNOWN_CALL, path="call")
        live.faces.endpoints[principal.endpoint] = self._current(record)
        self._of_endpoint.setdefault(principal.endpoint, set()).add(call.id)
        await self._submit(live, calls.Moved(principal.endpoint, source))
        if principal.endpoint not in live.call.legs:
            raise Problem(Code.NOT_ANSWERED, path="call")
        return self._reply(live.call, principal.endpoint, live.faces, command.id)

    def signal(self, endpoint: EndpointId, command: wire.Signal) -> None:
        """Pass a blob on. No state changes and nothing is saved."""
        self._sessions.push(
            self._peer(endpoint, command.call, command.epoch),
            wire.Signalled(call=command.call, epoch=command.epoch, sender=endpoint, body=command.body),
        )

    def indicate(self, endpoint: EndpointId, command: wire.Indicate) -> None:
        live = self._live.get(CallId(command.call))
        epoch = 0 if live is None else live.call.epoch
        self._sessions.push(
            self._peer(endpoint, command.call, epoch),
            wire.PeerIndicated(
                call=command.call,
                audio=command.audio,
                video=command.video,
                hardware_muted=command.hardware_muted,
            ),
        )

    def _peer(self, endpoint: EndpointId, call: str, epoch: int) -> EndpointId:
        live = self._live.get(CallId(call))
        if live is None or endpoint not in live.call.legs:
            raise Problem(Code.UNKNOWN_CALL, path="call")
        peer = live.call.peer_of(endpoint, epoch)
        if peer is None:
            raise Problem(Code.NOT_ANSWERED if live.call.winner is None else Code.CALL_OVER, path="call")
        return peer

    # -- endpoints come and go -------------------------------------------------------------------

    async def arrived(self, endpoint: Endpoint) -> None:
        """Signaling is there (again): resume its calls, and let it ring for those of its people.

        That what it was away for cannot be saved keeps nobody from signing in."""
        for live in self._calls_of(endpoint.id):
            leg = live.call.legs.get(endpoint.id)
            if leg is not None and (leg.away_until is not None or leg.acceptance is Acceptance.PENDING):
                await self._settled(live, calls.SignalingBack(endpoint.id))
        for live in self._ringing_for(endpoint):
            live.faces.endpoints[endpoint.id] = self._current(endpoint)
            self._of_endpoint.setdefault(endpoint.id, set()).add(live.call.id)
            await self._settled(live, calls.Joined(endpoint.id, personal=not endpoint.shared))

    def went(self, endpoint: EndpointId) -> None:
        """Signaling is away; media may well flow on."""
        for live in self._calls_of(endpoint):
            self._enqueue(live, calls.SignalingLost(endpoint))

    def left(self, endpoint: EndpointId) -> None:
        """The endpoint is going off on purpose: out of every call that it speaks in."""
        for live in self._calls_of(endpoint):
            leg = live.call.legs.get(endpoint)
            if leg is not None and leg.acceptance is Acceptance.WON:
                self._enqueue(live, calls.HungUp(endpoint))

    def views_for(self, endpoint: EndpointId) -> tuple[wire.CallView, ...]:
        """The calls that this endpoint has a part in, for a snapshot."""
        return tuple(
            call_view(live.call, endpoint, live.faces)
            for live in self._calls_of(endpoint)
            if _has_part(live.call, endpoint)
        )

    # -- one event after the other ---------------------------------------------------------------

    def _enqueue(self, live: _LiveCall, event: calls.Event) -> "asyncio.Future[None]":
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.add_done_callback(_observe)
        live.queue.append((event, done))
        self._run_on(live, idle_only=True)
        return done

    async def _submit(self, live: _LiveCall, event: calls.Event) -> None:
        """What somebody asks for. Raises Problem where it cannot be saved, or too much waits already."""
        if len(live.queue) >= MAX_QUEUE:
            raise Problem(Code.RATE_LIMITED)
        await asyncio.shield(self._enqueue(live, event))

    async def _settled(self, live: _LiveCall, event: calls.Event) -> None:
        """What has happened whether or not it can be saved: `_catch_up` sees to it later."""
        with suppress(Problem):
            await asyncio.shield(self._enqueue(live, event))

    def _run_on(self, live: _LiveCall, *, idle_only: bool = False) -> None:
        """Carry on with a call's queue, unless somebody is at it."""
        if idle_only and live.running:
            return
        live.running = bool(live.queue)
        if live.running:
            task = asyncio.get_running_loop().create_task(self._run(live))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _run(self, live: _LiveCall) -> None:
        while live.queue:
            event, done = live.queue.popleft()
            try:
                await self._process(live, event)
            except Problem as problem:
                _fail(done, problem)
            except Exception:  # a bug must not leave the call stuck
                log.exception("call event failed: call=%s event=%s", live.call.id, type(event).__name__)
                _fail(done, Problem(Code.INTERNAL))
            else:
                if not done.done():
                    done.set_result(None)
        live.running = False

    async def _process(self, live: _LiveCall, event: calls.Event) -> None:
        after, effects = step(live.call, event, self._clock())
        if after is not live.call:
            try:
                await self._store.save(after)
            except Problem:
                live.behind = True
                when = self._clock() + RETRY_SAVE
                self._deadlines.set(live.call.id, when, lambda: self._catch_up(live))
                raise
            self._refresh_faces(live, after)
            live.call = after
        self._tell(live, effects)
        if after.over:
            self._forget(live)
        elif live.behind:
            self._catch_up(live)
        else:
            self._arm(live)

    def _tell(self, live: _LiveCall, effects: calls.Effects) -> None:
        call = live.call
        for effect in effects:
            match effect:
                case calls.Ring(endpoint):
                    self._sessions.push(endpoint, wire.Ringing(call=call_view(call, endpoint, live.faces)))
                case calls.Update(endpoint):
                    self._sessions.push(
                        endpoint, wire.CallChanged(call=call_view(call, endpoint, live.faces))
                    )
                case calls.End(endpoint, reason):
                    self._sessions.push(endpoint, wire.Ended(call=call.id, reason=reason))
                case calls.Finished(reason):
                    self._finished(call, reason)
                case calls.Ignored():
                    self.ignored += 1
                case _:
                    assert_never(effect)

    def _finished(self, call: Call, reason: EndReason) -> None:
        log.info("call ended: call=%s reason=%s", call.id, reason)
        person = calls.missed_by(call)
        if person is not None:
            task = asyncio.get_running_loop().create_task(self._tell_missed(call, person))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _tell_missed(self, call: Call, person: PersonId) -> None:
        try:
            await self.announce_missed(person)
        except Problem as problem:
            log.warning("missed call not announced: call=%s code=%s", call.id, problem.code)

    async def announce_missed(self, person: PersonId) -> None:
        """Tell the person's own endpoints the list of missed calls as it is now."""
        missed = tuple(missed_view(one) for one in await self._directory.missed(person))
        for endpoint in await self._directory.endpoints_for(person):
            if not endpoint.shared:
                self._sessions.push(endpoint.id, wire.MissedCalls(missed=missed))

    def _arm(self, live: _LiveCall) -> None:
        self._deadlines.set(live.call.id, calls.next_deadline(live.call), self._passer(live))

    def _catch_up(self, live: _LiveCall) -> None:
        """Something could not be saved. What people asked for was refused; what happened all the same
        (time, endpoints that came and went) is made up for by comparing the call with the world."""
        live.behind = False
        for leg in live.call.legs.values():
            here = leg.endpoint in self._reachable
            if here and leg.away_until is not None:
                self._enqueue(live, calls.SignalingBack(leg.endpoint))
            elif not here and leg.away_until is None and _has_part(live.call, leg.endpoint):
                self._enqueue(live, calls.SignalingLost(leg.endpoint))
        self._arm(live)

    def _passer(self, live: _LiveCall) -> Callable[[], None]:
        def pass_deadline() -> None:
            self._enqueue(live, calls.DeadlinePassed())

        return pass_deadline

    # -- facts, names, indices -------------------------------------------------------------------

    async def _gather(
        self, principal: Principal, target: str
    ) -> tuple[CallFacts, PersonId | None, Sequence[Endpoint]]:
        """What policy must know, whose call it is, and the endpoints that could ring."""
        caller = registered(principal)
        if target.startswith("e_"):
            endpoint = await self._directory.endpoint(EndpointId(target))
            ring = [endpoint] if endpoint is not None else []
            # One device may be called by those who live with it, and by whose it is.
            known = endpoint is not None and (
                endpoint.person == caller or (endpoint.shared and endpoint.household == principal.household)
            )
            callee = endpoint.person if endpoint is not None else None
            callee_registered = True
        else:
            callee = PersonId(target)
            if callee == caller:
                raise Problem(Code.SELF_CALL, path="to")
            ring = list(await self._directory.endpoints_for(callee))
            known = await self._directory.knows(caller, callee)
            person = await self._directory.person(callee)
            callee_registered = person is not None and person.registered is not None
        facts = CallFacts(
            caller_registered=principal.registered,
            caller_endpoint=principal.endpoint,
            known=known,
            callee_registered=callee_registered,
            endpoints=frozenset(endpoint.id for endpoint in ring),
        )
        return facts, callee, [self._current(endpoint) for endpoint in ring]

    async def _name(
        self, caller: PersonId, callee: PersonId | None, own: EndpointId, ring: Iterable[Endpoint]
    ) -> Faces:
        faces = Faces({endpoint.id: endpoint for endpoint in ring}, {})
        if own not in faces.endpoints:
            record = await self._directory.endpoint(own)
            if record is None:
                raise Problem(Code.UNKNOWN_ENDPOINT)
            faces.endpoints[own] = self._current(record)
        for person in (caller, callee):
            found = None if person is None else await self._directory.person(person)
            if found is not None:
                faces.people[found.id] = found.name
        return faces

    async def _faces(self, call: Call) -> Faces:
        ring = [await self._directory.endpoint(endpoint) for endpoint in call.legs]
        return await self._name(
            call.caller_person,
            call.callee_person,
            call.caller,
            [endpoint for endpoint in ring if endpoint is not None],
        )

    def _current(self, endpoint: Endpoint) -> Endpoint:
        """The endpoint with what it declares right now."""
        live = self._sessions.of(endpoint.id)
        return endpoint if live is None else replace(endpoint, capabilities=live.capabilities)

    def _refresh_faces(self, live: _LiveCall, after: Call) -> None:
        """Media lines are negotiated at the answer and anew in each epoch, never in between."""
        if after.winner is live.call.winner and after.epoch == live.call.epoch:
            return
        for endpoint, face in live.faces.endpoints.items():
            live.faces.endpoints[endpoint] = self._current(face)

    def _index(self, live: _LiveCall) -> None:
        call = live.call
        self._live[call.id] = live
        for endpoint in call.legs:
            self._of_endpoint.setdefault(endpoint, set()).add(call.id)
        if call.callee_person is not None:
            self._of_callee.setdefault(call.callee_person, set()).add(call.id)

    def _forget(self, live: _LiveCall) -> None:
        call = live.call
        self._live.pop(call.id, None)
        self._deadlines.set(call.id, None, lambda: None)
        for endpoint in call.legs.keys() | live.faces.endpoints.keys():
            _discard(self._of_endpoint, endpoint, call.id)
        if call.callee_person is not None:
            _discard(self._of_callee, call.callee_person, call.id)

    def _calls_of(self, endpoint: EndpointId) -> list[_LiveCall]:
        ids = sorted(self._of_endpoint.get(endpoint, ()))
        return [self._live[call] for call in ids if call in self._live]

    def _ringing_for(self, endpoint: Endpoint) -> list[_LiveCall]:
        """Calls to the person (or, on a shared endpoint, to anybody of the household) that ring now."""
        people = list(self._of_callee) if endpoint.shared else [endpoint.person]
        ids = set(self._of_endpoint.get(endpoint.id, ()))
        for person in people:
            ids |= self._of_callee.get(person, set()) if person is not None else set()
        return [self._live[call] for call in sorted(ids) if _may_join(self._live[call].call, endpoint)]

    # -- glare -----------------------------------------------------------------------------------

    def _glaring(self, principal: Principal, target: str) -> _LiveCall | None:
        """The call by which `target` is ringing `principal` right now."""
        if principal.person is None:
            return None
        candidates = self._of_callee.get(principal.person, set()) | self._of_endpoint.get(
            principal.endpoint, set()
        )
        for call in sorted(candidates):
            live = self._live[call]
            rings_me = live.call.target in (principal.person, principal.endpoint)
            leg = live.call.legs.get(principal.endpoint)
            said_no = leg is not None and leg.acceptance in (Acceptance.DECLINED, Acceptance.BUSY)
            if (
                rings_me
                and not said_no
                and live.call.phase is calls.Phase.RINGING
                and target in (live.call.caller_person, live.call.caller)
            ):
                return live
        return None

    async def _answer_glare(
        self, live: _LiveCall, principal: Principal, command: wire.PlaceCall
    ) -> wire.AnyReply:
        """Both want to talk to each other: the second invite is the answer to the first."""
        if principal.endpoint not in live.call.legs:
            record = await self._directory.endpoint(principal.endpoint)
            if record is None:
                raise Problem(Code.UNKNOWN_ENDPOINT)
            live.faces.endpoints[principal.endpoint] = self._current(record)
            self._of_endpoint.setdefault(principal.endpoint, set()).add(live.call.id)
            await self._submit(live, calls.Joined(principal.endpoint, personal=not principal.shared))
        await self._submit(live, calls.Answered(principal.endpoint, video=command.video))
        return self._reply(live.call, principal.endpoint, live.faces, command.id)

    # -- replies ---------------------------------------------------------------------------------

    def _placed_before(self, live: _LiveCall, principal: Principal, command: wire.PlaceCall) -> wire.AnyReply:
        call = live.call
        if call.caller != principal.endpoint or call.target != command.to:
            raise Problem(Code.CALL_ID_TAKEN, path="call")
        return self._reply(call, principal.endpoint, live.faces, command.id)

    async def _over_before(self, new: Call, principal: Principal, request: str) -> wire.AnyReply:
        """The id is on record: a retry of a call that is over, or somebody else's."""
        old = await self._store.find(new.id)
        if old is None or old.caller != principal.endpoint or old.target != new.target:
            raise Problem(Code.CALL_ID_TAKEN, path="call")
        return wire.CallEnded(re=request, call=old.id, reason=_reason_for(old, principal.endpoint))

    async def _ended_before(self, call: CallId, endpoint: EndpointId, request: str) -> wire.AnyReply:
        old = await self._store.find(call)
        if old is None or endpoint not in old.legs:
            raise Problem(Code.UNKNOWN_CALL, path="call")
        return wire.CallEnded(re=request, call=call, reason=_reason_for(old, endpoint))

    def _reply(self, call: Call, endpoint: EndpointId, faces: Faces, request: str) -> wire.AnyReply:
        if _has_part(call, endpoint):
            return wire.CallState(re=request, call=call_view(call, endpoint, faces))
        return wire.CallEnded(re=request, call=call.id, reason=_reason_for(call, endpoint))

    def _refuse_waiting(self, live: _LiveCall, problem: Problem) -> None:
        while live.queue:
            _fail(live.queue.popleft()[1], problem)


def _has_part(call: Call, endpoint: EndpointId) -> bool:
    """Whether the call goes on for this endpoint."""
    leg = call.legs.get(endpoint)
    if leg is None or call.over:
        return False
    if leg.acceptance is Acceptance.WON:
        return leg.connectivity is not Connectivity.LEFT
    return leg.acceptance in calls.OPEN


def _may_join(call: Call, endpoint: Endpoint) -> bool:
    """Whether a call rings at an endpoint that was not there when it began."""
    leg = call.legs.get(endpoint.id)
    if call.phase is not calls.Phase.RINGING or call.callee_household != endpoint.household:
        return False
    if leg is None:
        theirs = endpoint.shared or endpoint.person == call.callee_person
        return theirs and call.target == call.callee_person
    return leg.acceptance is Acceptance.UNREACHABLE


def _reason_for(call: Call, endpoint: EndpointId) -> EndReason:
    """Why it is over for this endpoint, in its own terms."""
    leg = call.legs[endpoint]
    if leg.role is Role.CALLEE and leg.acceptance in _LEG_ENDS:
        answered_late = leg.acceptance is Acceptance.LOST and call.winner is None
        if not answered_late:
            return _LEG_ENDS[leg.acceptance]
    if leg.connectivity is Connectivity.LEFT and not call.over:
        return EndReason.MOVED
    return call.reason or EndReason.NO_ANSWER


def _fail(done: "asyncio.Future[None]", problem: Problem) -> None:
    if not done.done():
        done.set_exception(problem)


def _observe(done: "asyncio.Future[None]") -> None:
    """Nobody may be waiting for this one: its failure was logged or answered elsewhere."""
    if not done.cancelled():
        done.exception()


def _discard(index: dict[K, set[CallId]], key: K, call: CallId) -> None:
    ids = index.get(key)
    if ids is not None:
        ids.discard(call)
        if not ids:
            del index[key]
