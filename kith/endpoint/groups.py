"""The one group that an endpoint is in, or that rings here: how it begins, who hears of it, how it ends.

a person, or the server  ->  the group
the group                ->  light, tones and events
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Literal

from av import VideoFrame
from msgspec.structs import replace

from kith.core.ids import CallId, new_call
from kith.core.keys import KeyPair
from kith.core.problem import Code, Problem
from kith.core.trust.untrusted import Reason, Untrusted
from kith.endpoint.calls import AcceptChanged
from kith.endpoint.dialling import Unreachable
from kith.endpoint.directory import Directory
from kith.endpoint.equipment import Equipment
from kith.endpoint.floor import Floor, NoCall
from kith.endpoint.group import Group
from kith.endpoint.group_invited import Invited
from kith.endpoint.group_mesh import Mesh
from kith.endpoint.group_mixer import MixerWay
from kith.endpoint.group_pair import Gear
from kith.endpoint.group_proof import began
from kith.endpoint.group_roster import Fellowship
from kith.endpoint.group_starting import Starting, Wanted
from kith.endpoint.group_visits import GroupVisits
from kith.endpoint.group_way import Ground, Way
from kith.endpoint.identities import Identities, Meeting
from kith.endpoint.presentation import Presentation
from kith.endpoint.reach import Reach
from kith.endpoint.wire import Wire
from media.tones import Samples
from policy.grants import Claim
from policy.group import Path, Wish
from signaling import protocol
from signaling.call import CallKind, EndReason
from signaling.group import GroupPhase
from signaling.protocol import AnyReply, GroupView, MemberView

REMEMBERED = 64
"""Groups that are over, none of which opens anything by itself once more: whoever began it has signed that once."""

GroupEvent = (
    protocol.GroupRings
    | protocol.GroupChanged
    | protocol.GroupSignal
    | protocol.GroupSpeaking
    | protocol.GroupEnded
)


class Groups:
    """Implements kith.endpoint.group.Listener. `server_key` is the pinned one."""

    def __init__(
        self,
        wire: Wire,
        equipment: Equipment,
        presentation: Presentation,
        identities: Identities,
        keys: KeyPair,
        directory: Directory,
        *,
        reach: Reach,
        floor: Floor,
        server_key: bytes,
        accept_changed: AcceptChanged,
        joined: Callable[[], bool],
        emit: Callable[..., object],
    ) -> None:
        self._wire = wire
        self._equipment = equipment
        self._presentation = presentation
        self._identities = identities
        self._keys = keys
        self._reach = reach
        self._floor = floor
        self._server_key = server_key
        self._accepts = accept_changed is True
        """Nobody can be asked about each of several people while they wait."""
        self._joined = joined
        self._emit = emit
        self._starting = Starting(wire, directory, reach.sets, Invited(directory, identities))
        self._fellowship: Fellowship | None = None
        """Of the group that there is."""
        self._arriving: set[str] = set()
        """Drop ins that are being looked at."""
        self._known_of: dict[str, GroupView] = {}
        """Groups that have rung here, as they were then."""
        self._over: deque[str] = deque(maxlen=REMEMBERED)
        self.visits = GroupVisits(reach.gate, wire, equipment, presentation, show=floor.show, emit=emit)

    # -- what a person does ---------------------------------------------------------------------------

    @property
    def current(self) -> Group | None:
        """The group that rings or goes on here."""
        holder = self._floor.holder
        return holder if isinstance(holder, Group) else None

    async def start(
        self, to: Sequence[str], *, kind: CallKind, video: bool, path: Wish, acting: str | None
    ) -> Group:
        """Call these, or drop in on them, all by id; returns once the server has let it through. Raises InCall,
        NoRelay, Untrusted, Problem, Unreachable."""
        await self._wire.ice.check()
        self._floor.require_free()
        group_id = new_call()
        fellowship = self._meet(group_id)
        wanted = Wanted(tuple(to), kind, video, path, acting)
        command = await self._starting.prepare(group_id, wanted, fellowship)
        self._floor.require_free()
        group = self._begin(self._starting.unseen(command), fellowship, rang=False)
        group.placing = command.id
        self._emit("group", group)
        self._floor.show()
        await self._starting.carry_out(group, command)
        return group

    async def join(self, group_id: str, *, video: bool) -> Group:
        """Come into a group that has rung here, late or once more. Raises NoCall, InCall, NoRelay, Problem,
        Unreachable."""
        self._floor.require_free()
        view = self._known_of.get(group_id)
        if view is None:
            raise NoCall("there is no such group")
        if view.path is Path.MIXER and not self._reach.sets.enhanced:
            raise Problem(Code.GROUP_NOT_AVAILABLE)
        group = self._begin(replace(view, members=(), roster=None), self._meet(view.id), rang=True)
        try:
            await group.answer(video=video)
        except (Problem, Unreachable):
            group.finish(EndReason.LOST)
            raise
        if group.reason is not None:  # it has an end, and the server has just said so
            raise Problem(Code.CALL_OVER)
        return group

    async def ask_in(self, group: Group, to: Sequence[str]) -> None:
        """Ask more people, by id, into a call that goes on. Raises Untrusted, Problem, Unreachable."""
        if self._fellowship is not None:
            await self._starting.ask_in(group, self._fellowship, to)

    async def close(self) -> None:
        """Leave, if that can be said within moments."""
        if self.current is not None:
            await self.current.close()

    def sets_changed(self) -> None:
        """Whoever has a say here has signed something else, or a switch or the hour is another one."""
        self.visits.changed()
        group = self.current
        if group is not None and group.path is Path.MIXER and not self._reach.sets.enhanced:
            self._wire.spawn(self._leave(group))

    async def _leave(self, group: Group) -> None:
        with suppress(Problem, Unreachable):  # it is over here, which is what counts
            await group.hang_up()

    # -- what the server says -------------------------------------------------------------------------

    def adopt(self, views: Mapping[str, GroupView]) -> None:
        """A new session: these are all the groups that this endpoint is in, or could join, by id."""
        group = self.current
        if group is not None and group.id not in views and group.placing is None:
            group.finish(EndReason.LOST)
        for view in views.values():
            if (known := self._known(view.id)) is not None:
                known.resync(view)
            elif any(one.endpoint == view.own for one in view.members):
                # A life before this one left it: no microphone opens again by itself.
                self._remember(view)
                self._wire.tell(protocol.LeaveGroup(id=self._wire.new_id(), call=view.id))
            elif _rings_here(view):
                self._ring(view)

    def happened(self, event: GroupEvent) -> None:
        if isinstance(event, protocol.GroupRings):
            self._ring(event.group)
            return
        if isinstance(event, protocol.GroupEnded):
            self._arriving.discard(event.call)
        group_id = event.group.id if isinstance(event, protocol.GroupChanged) else event.call
        if (group := self._known(group_id)) is None:
            return  # it ended here before the server heard of it
        match event:
            case protocol.GroupChanged(group=view):
                group.follow(view)
            case protocol.GroupSignal():
                group.signalled(event)
            case protocol.GroupSpeaking(endpoints=endpoints):
                group.speak(endpoints)
            case protocol.GroupEnded(reason=reason):
                group.finish(reason)

    def replied(self, reply: AnyReply) -> None:
        """What the server says a group is now, in its order among the events."""
        match reply:
            case protocol.GroupState(group=view):
                if (group := self._known(view.id)) is not None:
                    group.follow(view)
            case protocol.GroupOver(call=group_id, reason=reason):
                if (group := self._known(group_id)) is not None:
                    group.finish(reason)

    def lost(self) -> None:
        """The server will not be heard of again."""
        if (group := self.current) is not None:
            group.finish(EndReason.LOST)

    def network_changed(self, addresses: frozenset[str]) -> None:
        if (group := self.current) is not None:
            group.network_changed(addresses)

    # -- ringing --------------------------------------------------------------------------------------

    def _remember(self, view: GroupView) -> None:
        self._known_of[view.id] = view
        while len(self._known_of) > REMEMBERED:
            self._known_of.pop(next(iter(self._known_of)))

    def _ring(self, view: GroupView) -> None:
        self._remember(view)
        if not _rings_here(view) or self._known(view.id) is not None or not self._joined():
            return
        if view.path is Path.MIXER and not self._reach.sets.enhanced:
            self._decline(view.id)  # whatever the server says: nobody here has agreed that it may listen
        elif self._floor.holder is not None:
            self._decline(view.id, why="busy")
        elif view.kind is CallKind.DROP_IN:
            if view.id not in self._arriving:
                self._arriving.add(view.id)
                self._wire.spawn(self._look(view))
        elif self._reach.quiet:
            self._emit("group_silenced", view)
        else:
            group = self._begin(view, self._meet(view.id), rang=True)
            self._floor.show()
            self._presentation.announce(f"Group call from {group.name}{_said_of(group)}")
            self._emit("group_rings", group)

    async def _look(self, view: GroupView) -> None:
        """Some would like to drop in: nothing shows before it is known that they may come nearer."""
        fellowship = self._meet(view.id)
        found = await self.visits.look(view)
        if view.id not in self._arriving:
            return  # they have gone
        self._arriving.discard(view.id)
        if self._floor.holder is not None:
            self._decline(view.id, why="busy")
        elif isinstance(found, Claim):
            anew = view.id not in self._over
            self.visits.begin(self._begin(view, fellowship, rang=True), found, anew=anew)
            self._floor.show()
        else:
            self._decline(view.id)
            self._emit("group_refused", view, found)

    def _decline(self, group: str, why: Literal["no", "busy"] = "no") -> None:
        self._wire.tell(protocol.DeclineGroup(id=self._wire.new_id(), call=group, why=why))

    # -- what a group brings (kith.endpoint.group.Listener) -------------------------------------------

    def group_changed(self, group: Group) -> None:
        if group.joined and not group.was_answered:
            group.was_answered = True
            self._emit("group_answered", group)
        self.visits.reached(group)
        self._emit("group", group)
        self._floor.show()

    def group_member(self, group: Group, member: MemberView, *, joined: bool) -> None:
        if not joined:
            self.visits.left(group, member)
        elif group.path is Path.MIXER and group.kind == "drop_in" and group.connected:
            self._wire.spawn(self._prove(group, (member,)))
        self._emit("group_member", group, member, "joined" if joined else "left")

    def group_member_up(self, group: Group, member: MemberView, meeting: Meeting) -> None:
        self._began_to_sound(group)
        self.visits.up(group, member, meeting)

    def group_mixer_up(self, group: Group) -> None:
        self._began_to_sound(group)
        if group.kind == "drop_in" and group.incoming:
            others = sorted(group.members, key=lambda one: one.starter)  # who began it last: then it opens
            self._wire.spawn(self._prove(group, tuple(others)))

    async def _prove(self, group: Group, members: Sequence[MemberView]) -> None:
        """Who is in a mixed group, as far as that can be known; who began it has signed that they did."""
        fellowship = self._fellowship
        try:
            for member in members:
                if fellowship is not None and group.reason is None:
                    meeting = await began(fellowship, group.view, member)
                    await self.visits.judge(group, member, meeting)
        except (Untrusted, Unreachable) as error:
            reason = error.reason if isinstance(error, Untrusted) else Reason.MISSING
            self._emit("group_untrusted", group, None, reason)
            await self._leave(group)

    def _began_to_sound(self, group: Group) -> None:
        if not group.sounded:
            group.sounded = True
            self._presentation.connected(group)

    def group_distrusted(self, group: Group, member: MemberView | None, reason: Reason) -> None:
        self._emit("group_untrusted", group, member, reason)

    def group_picture(self, group: Group, member: MemberView, frame: VideoFrame) -> None:
        self._emit("group_frame", group, member, frame)

    def group_voice(self, group: Group, samples: Samples) -> None:
        self.visits.heard(samples)
        self._emit("group_audio", group, samples)

    def group_speaking(self, group: Group, members: tuple[MemberView, ...]) -> None:
        self._emit("speaking", group, members)

    def group_ended(self, group: Group, reason: EndReason) -> None:
        if group is self.current:
            self._floor.holder = None
            self.visits.ended(group)
            self._floor.show()
            self._presentation.ended(group, reason)
        self._remember(group.view)
        self._over.append(group.id)
        self._wire.spawn(group.settled())
        self._emit("group_ended", group, reason)

    # -- the pieces -----------------------------------------------------------------------------------

    def _meet(self, group: str) -> Fellowship:
        """Before anybody in the group is looked up, so that it knows whom this endpoint had met before."""
        return Fellowship(
            group,
            self._identities,
            self._keys,
            rosters=self._reach.rosters,
            now=self._reach.sets.now,
            changed=lambda member: self._accepts,
        )

    def _begin(self, view: GroupView, fellowship: Fellowship, *, rang: bool) -> Group:
        self._wire.ice.refresh()
        self._fellowship = fellowship
        self._floor.holder = group = Group(
            view,
            wire=self._wire,
            gear=Gear(self._equipment, self._wire.ice, self._keys),
            way=partial(self._way, fellowship),
            listener=self,
            rang=rang,
        )
        return group

    def _way(self, fellowship: Fellowship, group: Group, ground: Ground) -> Way:
        held = group.kind == "drop_in" and group.incoming
        if group.path is Path.MESH:
            return Mesh(group.view, fellowship, ground, group, held=held)
        return MixerWay(
            group.view,
            ground,
            group,
            allowed=lambda: self._reach.sets.enhanced,
            server_key=self._server_key,
            held=held,
        )

    def _known(self, group: str) -> Group | None:
        current = self.current
        return current if current is not None and current.id == CallId(group) else None


def _said_of(group: Group) -> str:
    return "" if group.e2ee else ", processed by your server, not end to end"


def _rings_here(view: GroupView) -> bool:
    return view.phase is not GroupPhase.ENDED and not any(one.endpoint == view.own for one in view.members)
