"""Owns the live calls. Steps a call, saves it, and only then speaks.

The law of this file

    Each call takes its turns by itself (signaling.live_call), so calls never wait for each other.
    Nothing is told before it is saved; what could not be saved was refused, or is made up for as soon as it can be.
    What an endpoint sees of the world (who is here, what is quiet there) is compared with the call, never assumed.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from kith.core.ids import CallId, EndpointId
from kith.core.problem import Code, Problem
from kith.directory.contact_store import ContactStore
from kith.directory.ports import DirectoryStore
from presence.reachable import Reachable
from signaling import call as calls
from signaling import protocol as wire
from signaling.call import Call
from signaling.call_facts import Closing, Distances, FactFinder, Limiting
from signaling.call_index import LiveCalls
from signaling.call_replies import has_part
from signaling.call_step import step
from signaling.call_store import Bounds, CallStore
from signaling.call_telling import CallTelling
from signaling.deadlines import Deadlines, drop_in_key
from signaling.elsewhere import Elsewhere, places
from signaling.journal import Notes
from signaling.live_call import LiveCall
from signaling.passing import Passing
from signaling.quiet import Quieting
from signaling.sessions import Sessions
from signaling.views import Faces, call_view

log = logging.getLogger(__name__)

RETRY_SAVE = 1.0
"""When something could not be saved: try again after so many seconds."""


class CallBoard(Passing):
    """Every live call of this server."""

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
        self._reachable = reachable
        self._deadlines = deadlines
        self._clock = clock
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
        self.witnesses: tuple[Callable[[Call, Faces], None], ...] = ()
        """What is told of each state of each call, once that is saved. None of them waits."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._telling = CallTelling(directory, sessions, journal, self.spawn)

    def __len__(self) -> int:
        return len(self._calls)

    # -- beginning and end of the process -------------------------------------------------------

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

    def spawn(self, telling: Coroutine[Any, Any, None]) -> None:
        """Let it run; `settle` waits for it."""
        task = asyncio.get_running_loop().create_task(telling)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- what goes on ---------------------------------------------------------------------------

    async def find(self, call: CallId) -> Call | None:
        """A call, live or over. Raises Problem(storage_unavailable)."""
        live = self._calls.get(call)
        return await self._store.find(call) if live is None else live.call

    def drop_ins(self) -> list[LiveCall]:
        """All that go on, or have begun to."""
        return [live for live in self._calls if live.call.kind is calls.CallKind.DROP_IN]

    def views_for(self, endpoint: EndpointId) -> tuple[wire.CallView, ...]:
        """The calls that this endpoint has a part in, for a snapshot."""
        return tuple(
            call_view(live.call, endpoint, live.faces)
            for live in self._calls.of_endpoint(endpoint)
            if live.begun and has_part(live.call, endpoint)
        )

    # -- one call: begin, step, save, tell ------------------------------------------------------

    async def begin(self, live: LiveCall, effects: calls.Effects) -> bool:
        """Save a new call, and only then let it be heard of; False, and nothing heard, where its id is on record."""
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
            return False
        # The reply leaves first: how long it takes must not depend on how many there are to ring.
        asyncio.get_running_loop().call_soon(self._telling.tell, live, effects)
        self._seen(live)
        self._arm(live)
        live.begin()
        return True

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
        self._telling.tell(live, effects)
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

    async def _join(self, live: LiveCall, endpoint: EndpointId, *, personal: bool) -> None:
        try:
            quiet = await self.finder.quiet(endpoint)
        except Problem:  # what cannot be read rings: a call that is heard is better than one that is not
            quiet = False
        await live.settled(calls.Joined(endpoint, personal=personal, quiet=quiet))

    def _seen(self, live: LiveCall) -> None:
        for witness in self.witnesses:
            witness(live.call, live.faces)
