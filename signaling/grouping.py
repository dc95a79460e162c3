"""The commands about groups: decided, and handed to the live groups or their mixer. Raises Problem for every "no"."""

import logging
from collections.abc import Callable, Collection, Coroutine, Mapping
from typing import Any

from kith.core.ids import CallId, EndpointId, PersonId
from kith.core.keys import KeyPair
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.core.trust.group import GroupRoster
from kith.core.trust.untrusted import Reason as Unbelieved
from kith.directory.ports import DirectoryStore
from kith.directory.registry import registered
from policy.group import MIXER_MOST, Admit, Decision, GroupFacts, Path, Reason, Wish, decide, planned
from signaling import group as groups
from signaling import protocol as wire
from signaling.call import LONGEST, Busy, CallKind, Declined, EndReason
from signaling.call_facts import Distances
from signaling.group import MIXER, Group, Member, Place, PlaceState
from signaling.group_apart import Groups
from signaling.group_drop_ins import GroupDropIns
from signaling.group_facts import GroupFinder, Party
from signaling.group_having import concerned, gone, place_for, taking_part
from signaling.group_media import GroupMedia
from signaling.group_signing import require_follows, require_newest, require_there
from signaling.group_step import may_join, start
from signaling.limits import Buckets
from signaling.live_group import LiveGroup
from signaling.rooms import Rooms
from signaling.sessions import Sessions

log = logging.getLogger(__name__)

PLANS = (1.0, 20.0)
"""How often one person may plan or start a group, or ask more in: a second, and at once. Each looks at everybody who is
asked."""

JOINS = (1.0, 30.0)
"""How often one endpoint may come into groups. Each time it is saved, and all are told. To go is never refused."""

GROUP_COMMANDS = (
    wire.PlanGroup,
    wire.StartGroup,
    wire.JoinGroup,
    wire.DeclineGroup,
    wire.LeaveGroup,
    wire.RemoveFromGroup,
    wire.AskIntoGroup,
    wire.SignalGroup,
    wire.SignGroup,
    wire.OfferMixer,
    wire.GroupMedia,
)

_WHY_OUT: Mapping[wire.WhyOut, EndReason] = {
    "done": EndReason.HUNG_UP,
    "silence": EndReason.SILENCE,
    "not_let_in": EndReason.NOT_LET_IN,
}


class Grouping:
    """`over_quota` notes for the operator that a person was refused another call for so many seconds. `largest` bounds
    a group that is mixed, `longest` is how many seconds a group may last."""

    def __init__(
        self,
        live: Groups,
        finder: GroupFinder,
        drop_ins: GroupDropIns,
        directory: DirectoryStore,
        distances: Distances,
        sessions: Sessions,
        rooms: Rooms,
        keys: KeyPair,
        clock: Callable[[], float],
        over_quota: Callable[[PersonId, float], Coroutine[Any, Any, None]],
        *,
        longest: float = LONGEST,
        largest: int = MIXER_MOST,
    ) -> None:
        self.live = live
        self.drop_ins = drop_ins
        self._finder = finder
        self._directory = directory
        self._distances = distances
        self._rooms = rooms
        self._clock = clock
        self._over_quota = over_quota
        self._longest = longest
        self._largest = largest
        self._plans: Buckets[PersonId] = Buckets(*PLANS)
        self._joins: Buckets[EndpointId] = Buckets(*JOINS)
        self.media = GroupMedia(live, directory, sessions, rooms, keys, clock)

    async def carry_out(self, principal: Principal, command: Any) -> wire.AnyReply:
        """One of the commands. Raises Problem."""
        if isinstance(command, wire.PlanGroup | wire.StartGroup | wire.AskIntoGroup) and not principal.test:
            self._plans.take(registered(principal), self._clock())
        match command:
            case wire.PlanGroup():
                return await self._plan(principal, command)
            case wire.StartGroup():
                return await self._start(principal, command)
            case wire.JoinGroup():
                return await self._join(principal, command)
            case wire.OfferMixer():
                return await self.media.offer(principal, command)
            case wire.SignalGroup():
                self.media.signal(principal.endpoint, command)
            case wire.AskIntoGroup():
                await self._ask(principal, command)
            case wire.SignGroup():
                await self._sign(principal, command)
            case _:
                await self._act(principal, command)
        return wire.Ok(re=command.id)

    async def load(self) -> None:
        """Take up the groups that were live when the server stopped. What was decided last may not be in them."""
        await self.live.load()
        for live in self.live.live:
            for one in sorted(live.group.people()):
                person = await self._directory.person(one)
                if person is None or person.suspended is not None:
                    self.live.take_out(one)
                self.live.keep_apart(one, await self._distances.blocked_by(one))

    # -- beginning -------------------------------------------------------------------------------

    async def _plan(self, principal: Principal, command: wire.PlanGroup) -> wire.GroupPlan:
        caller = registered(principal)
        if command.kind is CallKind.CALL:
            party = await self._calling(principal, caller, command.to)
        else:
            party = await self._finder.planned(principal, caller, command.to)
        path = self._path(planned(self._facts(party, command.path)))
        if path is Path.MIXER:
            self._rooms.prepare()
        return wire.GroupPlan(re=command.id, path=path, e2ee=path.e2ee, places=len(party.found))

    async def _start(self, principal: Principal, command: wire.StartGroup) -> wire.AnyReply:
        caller = registered(principal)
        before = self.live.live.get(command.call)
        if before is not None:
            return await self._started_before(before, principal, command)
        roster = await self._checked(principal, command.roster, None)
        shown = (roster.call, roster.kind, roster.path)
        if roster.version != 0 or shown != (command.call, command.kind.value, command.path.value):
            raise Problem(Code.INVALID, path="roster")
        written: set[str] = set()
        while True:
            changes = self.live.changes
            party = await self._asked(principal, caller, command, written)
            path = self._decide_as_shown(party, command.path)
            faces = await self._finder.faces(party)
            others = await self._finder.others_of(party)
            if changes == self.live.changes:
                break
        new, effects = start(
            group=CallId(command.call),
            kind=command.kind,
            path=path,
            video=command.video and path is Path.MESH,
            starter=Member(
                endpoint=principal.endpoint, place=party.home.target, order=0, personal=not principal.shared
            ),
            home=party.home,
            places=party.places,
            roster=roster,
            now=self._clock(),
            longest=min(
                self._longest, max((one.longest for one in party.found), default=0.0) or self._longest
            ),
            largest=self._largest,
        )
        live = await self.live.put_through(new, effects, faces, others)
        if live is None:
            return await self._over(principal.endpoint, command)
        # What has changed while it was decided is found now that the group can be found.
        await self.drop_ins.decide_anew(live)
        return self._state(live, principal.endpoint, command.id)

    async def _asked(
        self, principal: Principal, caller: PersonId, command: wire.StartGroup, written: set[str]
    ) -> Party:
        if command.kind is CallKind.CALL:
            return await self._calling(principal, caller, command.to)
        party = await self._finder.dropping_in(principal, caller, command.to, command.call, written)
        if not party.places:
            refused = next((one.refused for one in party.found if one.refused is not None), None)
            raise refused or Problem(Code.NOT_PERMITTED, path="to")
        return party

    async def _calling(self, principal: Principal, caller: PersonId, to: tuple[str, ...]) -> Party:
        try:
            return await self._finder.calling(principal, caller, to)
        except Problem as problem:
            if problem.code is Code.QUOTA_EXCEEDED:
                self.live.spawn(self._over_quota(caller, float(problem.data["retry_after"])))
            raise

    def _facts(self, party: Party, wish: Wish) -> GroupFacts:
        return GroupFacts(
            endpoints=party.size,
            opted_in=party.opted_in,
            mixing=self._rooms.available,
            wish=wish,
            largest=self._largest,
            live=self.live.live.begun_in(party.starter.household),
        )

    def _decide(self, party: Party, wish: Wish) -> Path:
        return self._path(decide(self._facts(party, wish)))

    def _path(self, decision: Decision) -> Path:
        if isinstance(decision, Admit):
            return decision.path
        limit = decision.reason is Reason.TOO_MANY_GROUPS
        raise Problem(Code.GROUP_LIMIT if limit else Code.GROUP_NOT_AVAILABLE)

    def _decide_as_shown(self, party: Party, shown: Path) -> Path:
        """The way that whoever starts it was shown, and no other."""
        try:
            return self._decide(party, "mesh" if shown is Path.MESH else "mixer")
        except Problem:
            self._decide(party, "any")
            raise Problem(Code.GROUP_CHANGED_PATH, path="path") from None

    async def _started_before(
        self, live: LiveGroup, principal: Principal, command: wire.StartGroup
    ) -> wire.AnyReply:
        await live.wait_begun()
        if live.group.starter != principal.endpoint or live.group.roster.call != command.roster.call:
            raise Problem(Code.CALL_ID_TAKEN, path="call")
        return self._state(live, principal.endpoint, command.id)

    async def _over(self, endpoint: EndpointId, command: wire.StartGroup) -> wire.AnyReply:
        """The id is on record: a retry of a group that is over, or somebody else's."""
        old = await self.live.over(command.call)
        if old is None or old.starter != endpoint:
            raise Problem(Code.CALL_ID_TAKEN, path="call")
        return wire.GroupOver(re=command.id, call=old.id, reason=old.reason or EndReason.HUNG_UP)

    async def _checked(
        self, principal: Principal, roster: GroupRoster, known: GroupRoster | None
    ) -> GroupRoster:
        require_follows(await self._directory.endpoint(principal.endpoint), roster, known, self._clock())
        return roster

    async def _sign(self, principal: Principal, command: wire.SignGroup) -> None:
        live = taking_part(self.live.live, principal, command.call)
        known = live.group.roster
        roster = await self._checked(principal, command.roster, known)
        if live.group.path is not Path.MESH:
            raise Problem(Code.UNTRUSTED, path="roster", data={"reason": Unbelieved.MISSING})
        require_there(live, roster)
        await live.submit(groups.Signs(roster))
        require_newest(live, roster)

    # -- coming and going ------------------------------------------------------------------------

    async def _join(self, principal: Principal, command: wire.JoinGroup) -> wire.AnyReply:
        endpoint = principal.endpoint
        live = self.live.live.get(command.call)
        if live is None:
            return await self._joins_late(principal, command)
        await live.wait_begun()
        if endpoint in live.group.members:
            return self._state(live, endpoint, command.id)
        self._joins.take(endpoint, self._clock())
        place = place_for(live.group, principal, command.as_person)
        if place is None:
            raise Problem(Code.UNKNOWN_CALL, path="call")
        if not may_join(live.group, place):
            return gone(live.group, place, command)
        await self.live.know(live, endpoint)
        if live.group.path is Path.MIXER and not await self._finder.opted_in(
            [live.faces.endpoints[endpoint]]
        ):
            raise Problem(Code.GROUP_NOT_AVAILABLE)
        await self._come(live, principal, place)
        if endpoint not in live.group.members:
            return gone(live.group, live.group.places[place.target], command)
        return self._state(live, endpoint, command.id)

    async def _come(self, live: LiveGroup, principal: Principal, place: Place) -> None:
        """Whoever comes is judged by who is there now, and again where somebody else has come meanwhile."""
        endpoint = principal.endpoint
        while (
            endpoint not in live.group.members
            and not live.group.over
            and may_join(live.group, live.group.places[place.target])
        ):
            changes, there = self.live.changes, live.group.taking_part()
            if not await self._may_meet(live.group, place, there):
                raise Problem(Code.GROUP_NOT_AVAILABLE)
            if changes == self.live.changes:
                joins = groups.Joins(endpoint, place.target, personal=not principal.shared, among=there)
                await live.submit(joins)

    async def _may_meet(self, group: Group, place: Place, there: Collection[str]) -> bool:
        """Into a drop in nobody comes late or back: they are those who were judged when it began."""
        if group.kind is not CallKind.CALL or place.person is None or place.target in there:
            return True
        people = [one.person for one in group.places.values() if one.target in there]
        return await self._finder.may_meet(place.person, [one for one in people if one is not None])

    async def _joins_late(self, principal: Principal, command: wire.JoinGroup) -> wire.AnyReply:
        old = await self.live.over(command.call)
        if old is None or (
            principal.endpoint not in old.endpoints() and principal.person not in old.people()
        ):
            raise Problem(Code.UNKNOWN_CALL, path="call")
        return wire.GroupOver(re=command.id, call=old.id, reason=old.reason or EndReason.HUNG_UP)

    async def _act(self, principal: Principal, command: Any) -> None:
        """What changes the group for whoever has a part in it."""
        endpoint = principal.endpoint
        live = concerned(self.live.live, principal, command.call)
        match command:
            case wire.DeclineGroup(why="busy"):
                await live.submit(Busy(endpoint))
            case wire.DeclineGroup():
                await live.submit(Declined(endpoint))
            case wire.LeaveGroup():
                await live.submit(groups.Leaves(endpoint, _WHY_OUT[command.why]))
            case wire.GroupMedia():
                peer = MIXER if command.peer is None else command.peer
                media = groups.Connected if command.up else groups.Disconnected
                await live.submit(media(endpoint, peer))
            case wire.RemoveFromGroup():
                await self._remove(live, endpoint, EndpointId(command.endpoint))
            case _:
                raise Problem(Code.UNKNOWN_COMMAND, path="t")

    async def _remove(self, live: LiveGroup, by: EndpointId, endpoint: EndpointId) -> None:
        member, other = live.group.members.get(by), live.group.members.get(endpoint)
        if member is None or member.place != live.group.home:
            raise Problem(Code.NOT_STARTER)
        if other is None or other.place == live.group.home:
            raise Problem(Code.UNKNOWN_ENDPOINT, path="endpoint")
        await live.submit(groups.Removes(by, endpoint))

    async def _ask(self, principal: Principal, command: wire.AskIntoGroup) -> None:
        live = taking_part(self.live.live, principal, command.call)
        if live.group.kind is not CallKind.CALL:
            raise Problem(Code.NOT_PERMITTED)
        roster = None
        if command.roster is not None:
            roster = await self._checked(principal, command.roster, live.group.roster)
        elif live.group.path is Path.MESH:
            raise Problem(Code.INVALID, path="roster")
        caller = registered(principal)
        among = [
            one for one in live.group.places.values() if one.state in (PlaceState.JOINED, PlaceState.RINGING)
        ]
        party = await self._finder.calling(principal, caller, command.to, among=among)
        new = [one for one in party.places if one.target not in {each.target for each in among}]
        mesh = live.group.path is Path.MESH
        decision = decide(
            GroupFacts(
                endpoints=len(among) + len(new),
                opted_in=party.opted_in,
                mixing=True,
                wish="mesh" if mesh else "mixer",
                largest=self._largest,
            )
        )
        if not isinstance(decision, Admit):
            raise Problem(Code.GROUP_NOT_AVAILABLE)
        more = await self._finder.faces(party)
        live.faces.endpoints |= {
            one: face for one, face in more.endpoints.items() if one not in live.faces.endpoints
        }
        live.faces.people |= more.people
        if roster is not None:
            require_there(live, roster)
        await live.submit(groups.Asks(principal.endpoint, tuple(new), roster))
        if roster is not None:
            require_newest(live, roster)

    # -- the pieces ------------------------------------------------------------------------------

    def _state(self, live: LiveGroup, endpoint: EndpointId, request: str) -> wire.AnyReply:
        if live.group.concerns(endpoint):
            return wire.GroupState(re=request, group=self.live.view(live, endpoint))
        return wire.GroupOver(re=request, call=live.group.id, reason=live.group.reason or EndReason.HUNG_UP)
