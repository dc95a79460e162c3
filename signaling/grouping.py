"""The commands about groups: decided, and handed to the live groups or their mixer. Raises Problem for every "no"."""

import logging
from collections.abc import Callable, Collection, Coroutine, Mapping
from typing import Any

from kith.core.ids import CallId, EndpointId, PersonId
from kith.core.keys import KeyPair
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.core.trust.fingerprint import fingerprint_of
from kith.core.trust.group import GroupRoster, check
from kith.core.trust.mixer import MixerPromise
from kith.core.trust.untrusted import Reason as Unbelieved
from kith.core.trust.untrusted import Untrusted
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
from signaling.group_step import may_join, may_offer, start
from signaling.limits import Buckets
from signaling.live_group import LiveGroup
from signaling.rooms import Rooms
from signaling.sessions import Sessions

log = logging.getLogger(__name__)

SOON = 300
"""Seconds by which a roster may be ahead of the clock here."""

PLANS = (1.0, 20.0)
"""How often one person may plan or start a group, or ask more in: a second, and at once. Each looks at everybody who is
asked."""

JOINS = (1.0, 30.0)
"""How often one endpoint may come into groups. Each time it is saved, and all are told. To go is never refused."""

OFFERS = (1.0, 5.0)
"""How often one endpoint may offer a mixer something. Each is answered by the process that mixes for everybody."""

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
        self._sessions = sessions
        self._rooms = rooms
        self._keys = keys
        self._clock = clock
        self._over_quota = over_quota
        self._longest = longest
        self._largest = largest
        self._plans: Buckets[PersonId] = Buckets(*PLANS)
        self._joins: Buckets[EndpointId] = Buckets(*JOINS)
        self._offers: Buckets[EndpointId] = Buckets(*OFFERS)
        rooms.listen(self)

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
                return await self._offer(principal, command)
            case wire.SignalGroup():
                self.signal(principal.endpoint, command)
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
        live = await self.live.put_through(new, effects, faces)
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
        """A roster that follows, signed by this very endpoint. Whom it takes in is not the server's to say."""
        endpoint = await self._directory.endpoint(principal.endpoint)
        if endpoint is None or roster.signer != endpoint.keys.identity or roster.time > self._clock() + SOON:
            raise Problem(Code.UNTRUSTED, path="roster")
        try:
            check(roster, known)
        except Untrusted as untrusted:
            raise Problem(Code.UNTRUSTED, path="roster", data={"reason": untrusted.reason}) from None
        return roster

    async def _sign(self, principal: Principal, command: wire.SignGroup) -> None:
        live = self._taking_part(principal, command.call)
        known = live.group.roster
        roster = await self._checked(principal, command.roster, known)
        if live.group.path is not Path.MESH:
            raise Problem(Code.UNTRUSTED, path="roster", data={"reason": Unbelieved.MISSING})
        _require_there(live, roster)
        await live.submit(groups.Signs(roster))
        _require_newest(live, roster)

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
        place = _place_for(live.group, principal, command.as_person)
        if place is None:
            raise Problem(Code.UNKNOWN_CALL, path="call")
        if not may_join(live.group, place):
            return _gone(live.group, place, command)
        await self.live.know(live, endpoint)
        if live.group.path is Path.MIXER and not await self._finder.opted_in(
            [live.faces.endpoints[endpoint]]
        ):
            raise Problem(Code.GROUP_NOT_AVAILABLE)
        await self._come(live, principal, place)
        if endpoint not in live.group.members:
            return _gone(live.group, live.group.places[place.target], command)
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
        live = self._concerned(principal, command.call)
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
        live = self._taking_part(principal, command.call)
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
            _require_there(live, roster)
        await live.submit(groups.Asks(principal.endpoint, tuple(new), roster))
        if roster is not None:
            _require_newest(live, roster)

    # -- media -----------------------------------------------------------------------------------

    def signal(self, endpoint: EndpointId, command: wire.SignalGroup) -> None:
        """Pass a blob on to another member. No state changes and nothing is saved."""
        live = self.live.live.get(command.call)
        if live is None or endpoint not in live.group.members:
            raise Problem(Code.UNKNOWN_CALL, path="call")
        peer = EndpointId(command.to)
        if peer == endpoint or peer not in live.group.members or live.group.path is not Path.MESH:
            raise Problem(Code.UNKNOWN_ENDPOINT, path="to")
        passed = wire.GroupSignal(
            call=live.group.id, endpoint=endpoint, epoch=command.epoch, body=command.body
        )
        session = self._sessions.of(peer)
        if session is None:
            live.park(peer, passed)  # it is expected back: it would be out otherwise
        else:
            self._sessions.push_to(session, passed)

    async def _offer(self, principal: Principal, command: wire.OfferMixer) -> wire.MixerAnswer:
        live = self._taking_part(principal, command.call)
        endpoint = await self._directory.endpoint(principal.endpoint)
        if endpoint is None:
            raise Problem(Code.ENDPOINT_REMOVED)
        if live.group.path is not Path.MIXER:
            raise Problem(Code.MIXER_UNAVAILABLE)
        self._offers.take(endpoint.id, self._clock())
        if not may_offer(live.group, command.epoch):
            raise Problem(Code.BAD_OFFER, path="epoch")
        try:
            own = fingerprint_of(command.sdp)
        except Untrusted:
            raise Problem(Code.BAD_OFFER, path="sdp") from None
        await live.submit(groups.Offers(endpoint.id, command.epoch))
        answer = await self._rooms.seat(live.group.id, endpoint.id, command.epoch, command.sdp)
        if endpoint.id not in live.group.members:  # it left while the mixer answered
            self._rooms.unseat(live.group.id, endpoint.id)
            raise Problem(Code.UNKNOWN_CALL, path="call")
        promise = MixerPromise(
            call=live.group.id,
            epoch=command.epoch,
            identity=endpoint.keys.identity,
            mixer=answer.fingerprint,
            own=own,
            nonce=command.nonce,
        )
        return wire.MixerAnswer(
            re=command.id, sdp=answer.sdp, fingerprint=answer.fingerprint, statement=promise.sign(self._keys)
        )

    # -- what the mixer notices ------------------------------------------------------------------

    def connected(self, room: CallId, endpoint: EndpointId, epoch: int) -> None:
        """signaling.rooms.Listener."""
        del epoch
        self._noticed(room, groups.Connected(endpoint))

    def gone(self, room: CallId, endpoint: EndpointId, epoch: int) -> None:
        """signaling.rooms.Listener."""
        del epoch
        self._noticed(room, groups.Disconnected(endpoint))

    def moved(self, room: CallId) -> None:
        """signaling.rooms.Listener."""
        self._noticed(room, groups.MixerMoved())

    def speaking(self, room: CallId, endpoints: tuple[EndpointId, ...]) -> None:
        """signaling.rooms.Listener."""
        live = self.live.live.get(room)
        if live is not None:
            for member in live.group.members:
                self._sessions.push(member, wire.GroupSpeaking(call=room, endpoints=endpoints))

    def _noticed(self, room: CallId, event: groups.Event) -> None:
        live = self.live.live.get(room)
        if live is not None:
            live.enqueue(event)

    # -- the pieces ------------------------------------------------------------------------------

    def _concerned(self, principal: Principal, call: str) -> LiveGroup:
        live = self.live.live.get(call)
        if live is None or not live.begun or not live.group.concerns(principal.endpoint):
            raise Problem(Code.UNKNOWN_CALL, path="call")
        return live

    def _taking_part(self, principal: Principal, call: str) -> LiveGroup:
        live = self._concerned(principal, call)
        if principal.endpoint not in live.group.members:
            raise Problem(Code.UNKNOWN_CALL, path="call")
        return live

    def _state(self, live: LiveGroup, endpoint: EndpointId, request: str) -> wire.AnyReply:
        if live.group.concerns(endpoint):
            return wire.GroupState(re=request, group=self.live.view(live, endpoint))
        return wire.GroupOver(re=request, call=live.group.id, reason=live.group.reason or EndReason.HUNG_UP)


def _require_there(live: LiveGroup, roster: GroupRoster) -> None:
    """Raises Problem where it takes in anybody who does not take part, or leaves out somebody who does and was in the
    one before: no member throws another one out, or brings one along."""
    faces, before = live.faces.endpoints, live.group.roster.members
    there = {
        (faces[one.endpoint].keys.identity, one.order)
        for one in live.group.members.values()
        if one.endpoint in faces
    }
    new = {(one.identity, one.order) for one in roster.members}
    if new - there or ({(one.identity, one.order) for one in before} & there) - new:
        raise Problem(Code.UNTRUSTED, path="roster", data={"reason": Unbelieved.NOT_THERE})


def _place_for(group: Group, principal: Principal, as_person: str | None) -> Place | None:
    """Where this endpoint takes part: where it rings, or rang for it or its person. What several share speaks for a
    person whom it rang for only while it does, or where they say themselves that they are there (`as_person`)."""
    ringing = group.ringing_at(principal.endpoint)
    theirs = [one for one in ringing if one.person == principal.person]
    if ringing:
        return (theirs or ringing)[0]
    places = [one for one in group.places.values() if not one.silent]
    rang = [one for one in places if principal.endpoint in one.rings]
    if principal.shared:
        own = [one for one in rang if one.target == principal.endpoint or one.person == as_person is not None]
    else:
        own = rang + [one for one in places if one.person == principal.person == one.target]
    return next(iter(own), None)


def _require_newest(live: LiveGroup, roster: GroupRoster) -> None:
    """Raises Problem where another one was faster."""
    if live.group.roster != roster:
        raise Problem(Code.UNTRUSTED, path="roster", data={"reason": Unbelieved.FORKED})


def _gone(group: Group, place: Place, command: wire.JoinGroup) -> wire.GroupOver:
    """There is nothing to join any more at this place. Raises Problem where there only is no room for one more."""
    full = not place.silent and place.state is not PlaceState.REMOVED
    if full and group.kind is CallKind.CALL and not group.over:
        raise Problem(Code.GROUP_NOT_AVAILABLE)
    removed = place.state is PlaceState.REMOVED
    reason = EndReason.REMOVED if removed else group.reason or EndReason.NO_ANSWER
    return wire.GroupOver(re=command.id, call=group.id, reason=reason)
