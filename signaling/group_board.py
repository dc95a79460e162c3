"""The live groups. Steps a group, saves it, and only then speaks; follows endpoints that come and go.

Each group takes its turns by itself (signaling.turns), so groups never wait for each other, nor calls for groups.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Sequence
from typing import Any, Protocol, assert_never

from kith.core.ids import CallId, EndpointId, PersonId
from kith.core.problem import Code, Problem
from kith.core.trust.grants import Mode
from kith.core.trust.log import Outcome, What
from kith.directory.model import Endpoint
from policy.group import AT_A_TIME, Path
from presence.reachable import Reachable
from signaling import group as groups
from signaling import protocol as wire
from signaling.call import (
    Acceptance,
    CallKind,
    DeadlinePassed,
    EndReason,
    Hushed,
    Restarted,
    SignalingBack,
    SignalingLost,
)
from signaling.call_facts import FactFinder
from signaling.deadlines import Deadlines, drop_in_key
from signaling.group import Group, Place, PlaceState
from signaling.group_beside import beside, joinable
from signaling.group_index import LiveGroups
from signaling.group_parts import finished
from signaling.group_step import step
from signaling.group_views import group_view
from signaling.journal import Notes
from signaling.live_group import LiveGroup
from signaling.rooms import Rooms
from signaling.sessions import Sessions
from signaling.views import Faces

log = logging.getLogger(__name__)

RETRY_SAVE = 1.0
"""When something could not be saved: try again after so many seconds."""


class GroupStore(Protocol):
    """Where groups outlive the process. Every method may raise Problem(storage_unavailable)."""

    async def add(self, group: Group) -> bool:
        """Save a new group; False, and nothing saved, where its id was used before."""
        ...

    async def save(self, group: Group, missed: Collection[PersonId]) -> None:
        """Save what became of it, and with that who has missed it."""
        ...

    async def find(self, group: CallId) -> Group | None: ...
    async def live(self) -> Sequence[Group]: ...


class GroupBoard:
    """Owns every live group of this server."""

    def __init__(
        self,
        store: GroupStore,
        sessions: Sessions,
        reachable: Reachable,
        deadlines: Deadlines,
        clock: Callable[[], float],
        finder: FactFinder,
        journal: Notes,
        rooms: Rooms,
        missed: Callable[[PersonId], Coroutine[Any, Any, None]],
    ) -> None:
        """`missed` tells a person's endpoints that they missed a call."""
        self.live = LiveGroups()
        self._store = store
        self._sessions = sessions
        self._reachable = reachable
        self._deadlines = deadlines
        self._clock = clock
        self._finder = finder
        self._journal = journal
        self._rooms = rooms
        self._missed = missed
        self.witnesses: tuple[Callable[[Group, Faces], None], ...] = ()
        """What is told of each state of each group, once that is saved. None of them waits."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._leaving = False

    async def load(self) -> None:
        """Take up the groups that were live when the server stopped."""
        for group in await self._store.live():
            try:
                faces = await self._finder.faces_for(group.people(), group.starter, ())
                await self._add_faces(faces, group.endpoints() | _named(group))
            except Problem as problem:
                log.warning("group not taken up: group=%s code=%s", group.id, problem.code)
                if problem.code is not Code.STORAGE_UNAVAILABLE:
                    await self._give_up(group)
                continue
            self.live.follow(LiveGroup(group, faces, self._take_turn, self._tasks))
        await asyncio.gather(*(one.settled(Restarted()) for one in self.live))

    async def _give_up(self, group: Group) -> None:
        """An endpoint of it is gone for good, so it cannot be shown to anybody any more: it is over."""
        after = finished(group, EndReason.LOST, self._clock())
        missed = groups.missed_at(group, after)
        try:
            await self._store.save(after, missed)
        except Problem as problem:
            log.warning("group not ended: group=%s code=%s", group.id, problem.code)
            return
        for person in sorted(missed):
            self.spawn(self._tell_missed(person))

    async def settle(self) -> None:
        """Wait until every event that has arrived is saved and told."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def spawn(self, telling: Coroutine[Any, Any, None]) -> None:
        """Let it run; `settle` waits for it."""
        task = asyncio.get_running_loop().create_task(telling)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- beginning -------------------------------------------------------------------------------

    async def put_through(
        self, new: Group, effects: groups.Effects, faces: Faces, others: Collection[EndpointId] = ()
    ) -> LiveGroup | None:
        """Let a group that was decided begin: save it, and only then let it be heard of. None where its id was used
        before. `others` are further endpoints of whoever starts it. Nothing awaits before it can be found by its id.
        Raises Problem(group_limit), (call_id_taken)."""
        if self.live.get(new.id) is not None:  # while it was decided
            raise Problem(Code.CALL_ID_TAKEN, path="call")
        if self.live.begun_in(new.starting_place.household) >= AT_A_TIME:
            raise Problem(Code.GROUP_LIMIT)
        live = LiveGroup(new, faces, self._take_turn, self._tasks)
        live.beside = dict.fromkeys(others, new.home)
        live.hold()
        self.live.follow(live)
        try:
            added = await self._store.add(new)
        except BaseException:
            self.live.remove(live)
            live.refuse(Problem(Code.STORAGE_UNAVAILABLE))
            raise
        if not added:
            self.live.remove(live)
            live.refuse(Problem(Code.CALL_ID_TAKEN, path="call"))
            return None
        # The reply leaves first: how long it takes must not depend on how many there are to ring.
        asyncio.get_running_loop().call_soon(self._tell, live, effects)
        self._seen(live)
        self._arm(live)
        live.begin()
        return live

    async def over(self, group: str) -> Group | None:
        """One that is over, by its id."""
        return await self._store.find(CallId(group))

    def view(self, live: LiveGroup, viewer: EndpointId, place: Place | None = None) -> wire.GroupView:
        """As this endpoint sees it, which is shown it; `place` is where it may come, if it has no part."""
        shown = group_view(live.group, viewer, live.faces, place)
        if live.group.concerns(viewer) or place is not None:
            live.shown[viewer] = shown
        return shown

    async def know(self, live: LiveGroup, endpoint: EndpointId) -> None:
        """An endpoint is about to have a part. Raises Problem(unknown_endpoint)."""
        live.faces.endpoints[endpoint] = await self._finder.endpoint(endpoint)

    async def _add_faces(self, faces: Faces, endpoints: Collection[EndpointId]) -> None:
        missing = [one for one in sorted(endpoints) if one not in faces.endpoints]
        for one in missing:
            more = await self._finder.faces_for((), one, ())
            faces.endpoints |= more.endpoints

    # -- endpoints come and go -------------------------------------------------------------------

    async def arrived(self, endpoint: Endpoint) -> None:
        """Signaling is there (again): its groups go on, and those of its people ring."""
        for live in self.live.of(endpoint.id):
            await live.settled(SignalingBack(endpoint.id))
            for signal in live.parked.pop(endpoint.id, ()):
                self._sessions.push(endpoint.id, signal)
        if endpoint.waiting:
            return
        for live in self.live.of(endpoint.household):
            for place in list(live.group.places.values()):
                if _could_ring(place, endpoint):
                    live.faces.endpoints[endpoint.id] = self._finder.current(endpoint)
                    await self._ring(live, place, endpoint.id, personal=not endpoint.shared)

    async def woken(self, endpoint: Endpoint, group: CallId) -> LiveGroup | None:
        """A group that rings at this endpoint, which is no connection yet but knows of it."""
        live = self.live.get(group)
        if live is None or endpoint.waiting:
            return None
        for place in list(live.group.places.values()):
            if _could_ring(place, endpoint):
                live.faces.endpoints[endpoint.id] = self._finder.current(endpoint)
                await self._ring(live, place, endpoint.id, personal=not endpoint.shared)
        return live if live.group.ringing_at(endpoint.id) else None

    async def _ring(self, live: LiveGroup, place: Place, endpoint: EndpointId, *, personal: bool) -> None:
        try:
            quiet = await self._finder.quiet(endpoint)
        except Problem:  # what cannot be read rings: a call that is heard is better than one that is not
            quiet = False
        await live.settled(groups.Rings(endpoint, place.target, personal=personal, quiet=quiet))

    async def hush(self, endpoint: EndpointId) -> None:
        """Do Not Disturb was switched on or off there, perhaps: what rings falls silent, what was silent rings."""
        for live in self.live.of(endpoint):
            rings = [
                (place, ring)
                for place in live.group.places.values()
                if place.state is PlaceState.RINGING and (ring := place.rings.get(endpoint)) is not None
            ]
            if rings and await self._finder.quiet(endpoint):
                await live.settled(Hushed(endpoint))
            elif endpoint in self._reachable:
                for place, ring in rings:
                    await live.settled(groups.Rings(endpoint, place.target, personal=ring.personal))

    def leave(self) -> None:
        """The server is about to end: groups stay as they are saved."""
        self._leaving = True

    def went(self, endpoint: EndpointId) -> None:
        """Signaling is away; media may well flow on."""
        if not self._leaving:
            for live in self.live.of(endpoint):
                live.enqueue(SignalingLost(endpoint))

    def left(self, endpoint: EndpointId) -> None:
        """The endpoint is going off on purpose: out of every group that it takes part in."""
        for live in self.live.of(endpoint):
            if endpoint in live.group.members:
                live.enqueue(groups.Leaves(endpoint))

    def views_for(self, endpoint: Endpoint) -> tuple[wire.GroupView, ...]:
        """The groups that this endpoint is in, that ring here, or that its person could still join."""
        found = []
        for live in self.live.of(endpoint.household):
            if not live.begun:
                continue
            personal = endpoint.person is not None and not (endpoint.shared or endpoint.waiting)
            place = joinable(live.group, endpoint.person or "") if personal else None
            if live.group.concerns(endpoint.id):
                found.append(self.view(live, endpoint.id))
            elif place is not None:
                live.beside[endpoint.id] = place.target
                found.append(self.view(live, endpoint.id, place))
        return tuple(found)

    def occupied(self, endpoint: EndpointId) -> bool:
        """Whether the endpoint takes part in a group."""
        return any(endpoint in live.group.members for live in self.live.of(endpoint))

    def people_with(self, endpoint: EndpointId) -> set[PersonId]:
        """Everybody in a group that this endpoint has a part in."""
        return {
            person
            for live in self.live.of(endpoint)
            if live.group.concerns(endpoint)
            for person in live.group.people()
        }

    # -- one turn: step, save, tell --------------------------------------------------------------

    async def _take_turn(self, live: LiveGroup, event: groups.Event) -> None:
        before = live.group
        after, effects = step(before, event, self._clock())
        if after is not before:
            missed = groups.missed_at(before, after)
            try:
                await self._store.save(after, missed)
            except Problem:
                live.behind = True
                self._deadlines.set(_key(before), self._clock() + RETRY_SAVE, lambda: self._catch_up(live))
                raise
            live.group = after
            self.live.follow(live)
            self._seen(live)
            for person in sorted(missed):
                self.spawn(self._tell_missed(person))
        self._tell(live, effects)
        if after.over:
            for key in (_key(after), drop_in_key(after.id)):
                self._deadlines.set(key, None, lambda: None)
            self.live.remove(live)
        elif live.behind:
            self._catch_up(live)
        else:
            self._arm(live)

    def _arm(self, live: LiveGroup) -> None:
        due = groups.next_deadline(live.group)

        def passed() -> None:
            live.enqueue(DeadlinePassed(due or 0.0))

        self._deadlines.set(_key(live.group), due, passed)

    def _catch_up(self, live: LiveGroup) -> None:
        """Something could not be saved. What people asked for was refused; endpoints that came and went meanwhile are
        made up for by comparing the group with the world."""
        live.behind = False
        for endpoint in sorted(live.group.endpoints()):
            live.enqueue(SignalingBack(endpoint) if endpoint in self._reachable else SignalingLost(endpoint))
        self._arm(live)

    async def _tell_missed(self, person: PersonId) -> None:
        try:
            await self._missed(person)
        except Problem as problem:
            log.warning("missed group not announced: code=%s", problem.code)

    def _seen(self, live: LiveGroup) -> None:
        for witness in self.witnesses:
            witness(live.group, live.faces)

    # -- telling ---------------------------------------------------------------------------------

    def _tell(self, live: LiveGroup, effects: groups.Effects) -> None:
        group = live.group
        for effect in effects:
            match effect:
                case groups.Ring(endpoint):
                    self._sessions.push(endpoint, wire.GroupRings(group=self.view(live, endpoint)))
                case groups.Update():
                    self._show(live)
                case groups.End(endpoint, reason):
                    live.shown.pop(endpoint, None)
                    self._sessions.push(endpoint, wire.GroupEnded(call=group.id, reason=reason))
                case groups.Unseat(endpoint):
                    self._rooms.unseat(group.id, endpoint)
                case groups.RangOut(target):
                    self._rang_out(live, group.places[target])
                case groups.Finished(reason):
                    self._finished(live, reason)
                case groups.Ignored():
                    pass
                case _:
                    assert_never(effect)

    def _show(self, live: LiveGroup) -> None:
        """To everybody who has a part, or may take one, and sees something else now."""
        group = live.group
        others = beside(group, live.beside)
        self._forget(live, live.shown.keys() - others.keys(), EndReason.HUNG_UP)
        for endpoint, place in sorted(others.items(), key=lambda one: one[0]):
            before = live.shown.get(endpoint)
            if self.view(live, endpoint, place) != before:
                self._sessions.push(endpoint, wire.GroupChanged(group=live.shown[endpoint]))
        rung = {one for place in group.places.values() for one in place.rings if group.concerns(one)}
        for endpoint in sorted({*group.members, *rung}):
            before = live.shown.get(endpoint)
            if endpoint in live.faces.endpoints and self.view(live, endpoint) != before:
                self._sessions.push(endpoint, wire.GroupChanged(group=live.shown[endpoint]))

    def _forget(self, live: LiveGroup, shown: Collection[EndpointId], reason: EndReason) -> None:
        """Those who might have come may not any more; whoever has a part is none of them."""
        for endpoint in sorted(one for one in shown if not live.group.concerns(one)):
            del live.shown[endpoint]
            self._sessions.push(endpoint, wire.GroupEnded(call=live.group.id, reason=reason))

    def _finished(self, live: LiveGroup, reason: EndReason) -> None:
        self._forget(live, tuple(live.shown), reason)
        log.info("group ended: group=%s reason=%s", live.group.id, reason)
        if live.group.path is Path.MIXER:
            self._rooms.close(live.group.id)

    def _rang_out(self, live: LiveGroup, place: Place) -> None:
        """What no endpoint writes into the log of whoever was asked, because none took part."""
        if any(ring.acceptance is Acceptance.DECLINED for ring in place.rings.values()):
            return
        quiet = groups.silenced(place)
        rang = Outcome.MISSED if live.group.kind is CallKind.CALL else Outcome.NOT_LET_IN
        self.note(
            live.group,
            live.faces,
            place,
            Outcome.SILENCED if quiet else rang,
            "quiet" if quiet else "no_answer",
        )

    def note(self, group: Group, faces: Faces, place: Place, outcome: Outcome, reason: str) -> None:
        """For whoever was asked at this place."""
        starter, face = group.starting_place.person, faces.endpoints.get(group.starter)
        own = place.person is not None and place.target == place.person
        self._journal.note(
            place.person if own and place.person is not None else place.household,
            What.CALL if place.mode is None else What.KNOCK if place.mode is Mode.KNOCK else What.DROP_IN,
            outcome,
            call=group.id,
            person=starter or "",
            name="" if starter is None else faces.people.get(starter, ""),
            device="" if face is None else face.name,
            reason=reason,
        )


def _named(group: Group) -> set[EndpointId]:
    """Devices that were asked as such."""
    return {EndpointId(one) for one in group.places if one.startswith("e_")}


def _could_ring(place: Place, endpoint: Endpoint) -> bool:
    """Whether a place rings at an endpoint that was not there when it began."""
    if place.state is not PlaceState.RINGING or place.silent or not place.asked:
        return False
    if place.target.startswith("e_"):
        return place.target == endpoint.id
    theirs = endpoint.person == place.person and not endpoint.shared
    return theirs or (endpoint.shared and endpoint.household == place.household)


def _key(group: Group) -> str:
    return f"group {group.id}"
