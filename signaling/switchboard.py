"""The live calls. Gathers facts, asks policy, steps the call, saves it, and only then speaks.

Each call takes its turns by itself (signaling.live_call), so calls never wait for each other. Blobs
between the two who talk pass without touching the state.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from typing import Any, Protocol, assert_never

from kith.core.ids import CallId, EndpointId, HouseholdId, PersonId
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.core.trust.grants import Mode
from kith.core.trust.log import Outcome, What
from kith.directory.contact_store import ContactStore
from kith.directory.model import Endpoint
from kith.directory.ports import DirectoryStore
from kith.directory.registry import registered
from policy.call import Admit, Reason, Refuse, RingOut, may_call
from presence.reachable import Reachable
from signaling import call as calls
from signaling import protocol as wire
from signaling.apart import apart, out
from signaling.call import Call, EndReason
from signaling.call_facts import Closing, Distances, FactFinder, Limiting, Wanted
from signaling.call_index import LiveCalls
from signaling.call_replies import has_part, reason_for, refusal, reply_about
from signaling.call_step import start, step
from signaling.call_store import Bounds, CallStore
from signaling.deadlines import Deadlines, drop_in_key
from signaling.elsewhere import Elsewhere, places
from signaling.journal import Notes
from signaling.live_call import LiveCall
from signaling.passing import Passing
from signaling.quiet import Quieting
from signaling.sessions import Sessions
from signaling.views import Faces, call_view, missed_view

log = logging.getLogger(__name__)

MAX_PLACED = 8
"""Calls that one person may have placed at a time. More is a robot or a fault."""


class Beside(Protocol):
    """What goes on beside calls and follows the same events (signaling.group_apart.Groups)."""

    async def arrived(self, endpoint: Endpoint) -> None: ...
    async def hush(self, endpoint: EndpointId) -> None: ...
    def leave(self) -> None: ...
    def went(self, endpoint: EndpointId) -> None: ...
    def left(self, endpoint: EndpointId) -> None: ...
    def keep_apart(self, owner: PersonId, others: Collection[PersonId]) -> None: ...
    def take_out(self, person: PersonId) -> None: ...
    async def taken_out(self, person: PersonId) -> None: ...
    def shut(self, household: HouseholdId) -> None: ...
    def withdraw(self, person: PersonId, endpoints: Collection[EndpointId]) -> None: ...
    def occupied(self, endpoint: EndpointId) -> bool: ...
    def people_with(self, endpoint: EndpointId) -> set[PersonId]: ...
    async def settle(self) -> None: ...


RETRY_SAVE = 1.0
"""When something could not be saved: try again after so many seconds."""


class Switchboard(Passing):
    """Owns every live call of this server."""

    def __init__(
        self,
        store: CallStore,
        directory: DirectoryStore,
        contacts: ContactStore,
        sessions: Sessions,
        reachable: Reachable,
        deadlines: Deadlines,
        clock: Callable[[], float],
        distances: Distances,
        journal: Notes,
        bounds: Bounds | None = None,
        limits: Limiting | None = None,
        quieting: Quieting | None = None,
        closing: Closing | None = None,
    ) -> None:
        super().__init__(LiveCalls(), sessions)
        self._store = store
        self._directory = directory
        self._reachable = reachable
        self._deadlines = deadlines
        self._clock = clock
        self._journal = journal
        self.bounds = bounds or Bounds()
        self.finder = FactFinder(
            directory,
            contacts,
            sessions,
            distances,
            store,
            clock,
            self.bounds.quotas,
            limits,
            quieting,
            closing,
        )
        self.elsewhere = Elsewhere(directory, sessions, self._calls)
        self.beside: tuple[Beside, ...] = ()
        """What is told, too, of all that happens to calls from outside."""
        self.witnesses: tuple[Callable[[Call, Faces], None], ...] = ()
        """What is told of each state of each call, once that is saved. None of them waits."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._leaving = False
        self._changes = 0
        """How often people were kept apart: facts that are older than the last time are looked up again."""

    def __len__(self) -> int:
        return len(self._calls)

    # -- beginning and end of the process --------------------------------------------------------

    async def load(self) -> None:
        """Take up the calls that were live when the server stopped."""
        for call in await self._store.live():
            try:
                faces = await self.finder.faces_of(call)
            except Problem:
                log.warning("call not taken up, an endpoint of it is gone: call=%s", call.id)
                continue
            self._calls.add(LiveCall(call, faces, self._take_turn, self._tasks))
        await asyncio.gather(*(live.settled(calls.Restarted()) for live in self._calls))
        for (
            live
        ) in self._calls:  # what was decided last may not have reached the calls before the server ended
            for role in await self.finder.withdrawn(live.call):
                await live.settled(calls.Withdrawn(role))

    async def settle(self) -> None:
        """Wait until every event that has arrived is saved and told."""
        while self._tasks:
            await asyncio.wait(self._tasks)
        for one in self.beside:
            await one.settle()

    # -- commands --------------------------------------------------------------------------------

    async def place(self, principal: Principal, command: wire.PlaceCall) -> wire.AnyReply:
        """Start a call; the same call id again is the same call."""
        known = await self.known(principal, command)
        if known is not None:
            return known
        while True:
            changes = self._changes
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
            if changes == self._changes:
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
            self._note(new, faces, Outcome.REFUSED, decision.reason)
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
        return await self._begin(live, effects, command)

    async def faces(
        self, people: Iterable[PersonId], caller: EndpointId, endpoints: Sequence[Endpoint]
    ) -> Faces:
        """Names and endpoints for a call that is about to begin."""
        return await self.finder.faces_for(people, caller, endpoints)

    def occupied(self, endpoint: EndpointId) -> bool:
        """Whether the endpoint speaks in a call, or is about to."""
        won = calls.Acceptance.WON
        live = self._calls.of_endpoint(endpoint)
        if any(one.occupied(endpoint) for one in self.beside):
            return True
        return any(one.call.legs[endpoint].acceptance is won and has_part(one.call, endpoint) for one in live)

    def drop_ins(self) -> list[LiveCall]:
        """All that go on, or have begun to."""
        return [live for live in self._calls if live.call.kind is calls.CallKind.DROP_IN]

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

    async def over_quota(self, person: PersonId, wait: float) -> None:
        """The person was refused another call for so many seconds: the operator is told."""
        try:
            await self._store.over_quota(person, wait, at=self._clock())
        except Problem as problem:
            log.warning("quota not noted for the operator: code=%s", problem.code)

    async def _begin(
        self, live: LiveCall, effects: calls.Effects, command: wire.PlaceCall | wire.DropIn
    ) -> wire.AnyReply:
        """Save the new call, and only then let it be heard of."""
        live.hold()
        self._calls.add(live)
        try:
            added = await self._store.add(live.call)
        except BaseException:
            self._calls.remove(live)
            live.refuse(Problem(Code.STORAGE_UNAVAILABLE))
            raise
        if not added:
            self._calls.remove(live)
            live.refuse(Problem(Code.CALL_ID_TAKEN, path="call"))
            return await self._over_before(live.call, command)
        # The reply leaves first: how long it takes must not depend on how many there are to ring.
        asyncio.get_running_loop().call_soon(self._tell, live, effects)
        self._seen(live)
        self._arm(live)
        live.begin()
        return reply_about(live.call, live.call.caller, live.faces, command.id)

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

    # -- endpoints come and go -------------------------------------------------------------------

    async def arrived(self, endpoint: Endpoint) -> None:
        """Signaling is there (again): resume its calls, and let it ring for those of its people.

        That what it was away for cannot be saved keeps nobody from signing in.
        """
        for live in self._calls.of_endpoint(endpoint.id):
            # Always, even where the call does not show it away: that it went may be waiting to be saved.
            await live.settled(calls.SignalingBack(endpoint.id))
            self._hand_over(live, endpoint.id)
        for live in () if endpoint.waiting else self._calls.joinable(endpoint):
            live.faces.endpoints[endpoint.id] = self.finder.current(endpoint)
            await self._join(live, endpoint.id, personal=not endpoint.shared)
        for one in self.beside:
            await one.arrived(endpoint)

    async def hush(self, endpoint: EndpointId) -> None:
        """Do Not Disturb was switched on or off there, perhaps: what rings falls silent, what was silent rings."""
        for live in self._calls.of_endpoint(endpoint):
            leg = live.call.legs[endpoint]
            if leg.role is calls.Role.CALLEE and live.call.phase is calls.Phase.RINGING:
                if await self.finder.quiet(endpoint):
                    await live.settled(calls.Hushed(endpoint))
                elif endpoint in self._reachable:
                    await live.settled(calls.Joined(endpoint, personal=leg.personal))
        for one in self.beside:
            await one.hush(endpoint)

    async def woken(self, endpoint: Endpoint, call: CallId) -> LiveCall | None:
        """A call that rings at this endpoint, which is no connection yet but knows of it and can decline it."""
        live = self._calls.get(call)
        if live is None:
            return None
        if live in self._calls.joinable(endpoint) and not endpoint.waiting:
            live.faces.endpoints[endpoint.id] = self.finder.current(endpoint)
            await self._join(live, endpoint.id, personal=not endpoint.shared)
        rings = live.call.phase is calls.Phase.RINGING and live.call.caller != endpoint.id
        return live if rings and has_part(live.call, endpoint.id) else None

    async def find(self, call: CallId) -> Call | None:
        """A call, live or over. Raises Problem(storage_unavailable)."""
        live = self._calls.get(call)
        return await self._store.find(call) if live is None else live.call

    async def _join(self, live: LiveCall, endpoint: EndpointId, *, personal: bool) -> None:
        try:
            quiet = await self.finder.quiet(endpoint)
        except Problem:  # what cannot be read rings: a call that is heard is better than one that is not
            quiet = False
        await live.settled(calls.Joined(endpoint, personal=personal, quiet=quiet))

    def leave(self) -> None:
        """The server is about to end, and whoever goes off from now on does so because of that. Calls stay as they
        are saved: the next server counts everybody as away, and asks of nobody what they could not help."""
        self._leaving = True
        for one in self.beside:
            one.leave()

    def went(self, endpoint: EndpointId) -> None:
        """Signaling is away; media may well flow on."""
        if self._leaving:
            return
        for live in self._calls.of_endpoint(endpoint):
            live.enqueue(calls.SignalingLost(endpoint))
        for one in self.beside:
            one.went(endpoint)

    def left(self, endpoint: EndpointId) -> None:
        """The endpoint is going off on purpose: out of every call that it speaks in."""
        for live in self._calls.of_endpoint(endpoint):
            leg = live.call.legs[endpoint]
            if leg.acceptance is calls.Acceptance.WON:
                live.enqueue(calls.HungUp(endpoint))
        for one in self.beside:
            one.left(endpoint)

    def keep_apart(self, owner: PersonId, others: Collection[PersonId]) -> None:
        """`owner` has blocked the others: what goes on between them ends, and what rings falls
        silent (signaling.apart). What they begin from now on is decided by facts that know of it."""
        self._changes += 1
        for live, event in apart(self._calls, owner, others):
            live.enqueue(event)
        for one in self.beside:
            one.keep_apart(owner, others)

    def take_out(self, person: PersonId) -> None:
        """`person` is suspended: out of every call, and none rings for them. As `keep_apart` for all others."""
        self._changes += 1
        for live, event in out(self._calls, person):
            live.enqueue(event)
        for one in self.beside:
            one.take_out(person)

    async def taken_out(self, person: PersonId) -> None:
        """As `take_out`, and done when it is saved: nothing of the person is written any more."""
        self._changes += 1
        await asyncio.gather(*(live.settled(event) for live, event in out(self._calls, person)))
        for live in self._calls.with_person(
            person
        ):  # what still rings out at a caller, for whom it looks like any
            await live.settled(calls.DeadlinePassed(live.call.deadline or 0.0))
        for one in self.beside:
            await one.taken_out(person)

    def shut(self, household: HouseholdId) -> None:
        """Everything is closed there: what the household shares talks to nobody from outside any more."""
        self._changes += 1
        for live in self._calls:
            faces = live.faces.endpoints
            for one, peer in live.call.talking().items():
                inside = faces[one].household == household and faces[one].shared
                if inside and faces[peer].household != household:
                    live.enqueue(calls.HungUp(one))
        for other in self.beside:
            other.shut(household)

    def withdraw(self, person: PersonId, endpoints: Collection[EndpointId]) -> None:
        """These shared endpoints speak for the person no more: out of the calls in which they do or might."""
        for endpoint in endpoints:
            for live in self._calls.of_endpoint(endpoint):
                if person not in (live.call.caller_person, live.call.callee_person):
                    continue
                won = live.call.legs[endpoint].acceptance is calls.Acceptance.WON
                live.enqueue(calls.HungUp(endpoint) if won else calls.Declined(endpoint))
        for one in self.beside:
            one.withdraw(person, endpoints)

    def views_for(self, endpoint: EndpointId) -> tuple[wire.CallView, ...]:
        """The calls that this endpoint has a part in, for a snapshot."""
        return tuple(
            call_view(live.call, endpoint, live.faces)
            for live in self._calls.of_endpoint(endpoint)
            if live.begun and has_part(live.call, endpoint)
        )

    def people_with(self, endpoint: EndpointId) -> set[PersonId]:
        """Everybody in a call that this endpoint has a part in."""
        live = [one.call for one in self._calls.of_endpoint(endpoint) if has_part(one.call, endpoint)]
        people = {person for call in live for person in (call.caller_person, call.callee_person)}
        return {person for person in people if person is not None}.union(
            *(one.people_with(endpoint) for one in self.beside)
        )

    # -- one turn: step, save, tell --------------------------------------------------------------

    async def _take_turn(self, live: LiveCall, event: calls.Event) -> None:
        before = live.call
        after, effects = step(before, event, self._clock())
        if after is not before:
            try:
                await self._store.save(after)
            except Problem:
                live.behind = True
                self._deadlines.set(before.id, self._clock() + RETRY_SAVE, lambda: self._catch_up(live))
                raise
            if after.winner != before.winner or after.epoch != before.epoch:
                # Media lines are negotiated at the answer and anew in each epoch, never in between.
                self.finder.refresh(live.faces)
            live.become(after)
            self._calls.follow(live)
            self._seen(live)
        self._tell(live, effects)
        if after.over:
            for key in (after.id, drop_in_key(after.id)):
                self._deadlines.set(key, None, lambda: None)
            self._calls.remove(live)
        elif live.behind:
            self._catch_up(live)
        else:
            self._arm(live)
        for person in {person for person, _ in places(before) ^ places(after)}:
            self.spawn(self.elsewhere.tell(person))

    def _arm(self, live: LiveCall) -> None:
        due = calls.next_deadline(live.call)

        def passed() -> None:
            live.enqueue(calls.DeadlinePassed(due or 0.0))

        self._deadlines.set(live.call.id, due, passed)

    def _catch_up(self, live: LiveCall) -> None:
        """Something could not be saved. What people asked for was refused; what happened all the same
        (time, endpoints that came and went) is made up for by comparing the call with the world."""
        live.behind = False
        for endpoint, face in live.faces.endpoints.items():
            leg = live.call.legs.get(endpoint)
            here = endpoint in self._reachable
            if here and (leg is None or leg.acceptance is calls.Acceptance.UNREACHABLE):
                self.spawn(self._join(live, endpoint, personal=not face.shared))
            elif here and leg is not None and leg.away_until is not None:
                live.enqueue(calls.SignalingBack(endpoint))
            elif not here and leg is not None and leg.away_until is None and has_part(live.call, endpoint):
                live.enqueue(calls.SignalingLost(endpoint))
        self._arm(live)

    def _seen(self, live: LiveCall) -> None:
        for witness in self.witnesses:
            witness(live.call, live.faces)

    # -- telling ---------------------------------------------------------------------------------

    def _tell(self, live: LiveCall, effects: calls.Effects) -> None:
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
            self._note(call, live.faces, Outcome.SILENCED if quiet else outcome, "quiet" if quiet else reason)
        person = calls.missed_by(call)
        if person is not None:
            self.spawn(self._tell_missed(call, person))

    def _note(self, call: Call, faces: Faces, outcome: Outcome, reason: str) -> None:
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

    def spawn(self, telling: Coroutine[Any, Any, None]) -> None:
        """Let it run; `settle` waits for it."""
        task = asyncio.get_running_loop().create_task(telling)
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
            if not (endpoint.shared or endpoint.waiting):
                self._sessions.push(endpoint.id, wire.MissedCalls(missed=missed))

    # -- calls that are there already, or over ---------------------------------------------------

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
