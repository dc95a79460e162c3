"""One group at this endpoint, from its first sign to its end: control through the server, media by its way.

    the server's view   ->  who is in it, and which way media goes: `mesh`, end to end, or `mixer`
    the way             ->  what is heard and seen, with whom there is a connection

What arrives is dealt with one thing at a time by one task; only what closes something is done at once. A group is
e2ee or it is not from its beginning: a server that says otherwise later is left.
"""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from av import VideoFrame

from kith.core.ids import CallId
from kith.core.problem import Problem
from kith.core.trust.grants import Mode
from kith.core.trust.untrusted import Reason, Untrusted
from kith.endpoint.dialling import Unreachable
from kith.endpoint.going import ENDED, Going
from kith.endpoint.group_hearing import Hearing
from kith.endpoint.group_listener import Listener
from kith.endpoint.group_roster import fits, own_of
from kith.endpoint.group_way import Ground, Way
from kith.endpoint.identities import Meeting
from kith.endpoint.inbox import Inbox
from kith.endpoint.wire import Wire
from media.tones import Samples
from policy.group import Path
from signaling import protocol
from signaling.call import CallKind, EndReason
from signaling.group import GroupPhase
from signaling.protocol import Command, GroupSignal, GroupView, MemberView

if TYPE_CHECKING:
    from kith.endpoint.group_pair import Gear

log = logging.getLogger(__name__)

INBOX = 512
"""Things that may wait for the group's task: four members' offers with all of their candidates."""


class Group(Going):
    """See the module. `way` makes the way of the group once a person here takes part. Methods raise Problem,
    Unreachable."""

    def __init__(
        self,
        view: GroupView,
        *,
        wire: Wire,
        gear: "Gear",
        way: Callable[["Group", Ground], Way],
        listener: Listener,
        rang: bool,
    ) -> None:
        """`rang`: it came here; else a person here began it."""
        super().__init__(wire, "a group", "drop_in" if view.kind is CallKind.DROP_IN else "call", rang=rang)
        self.was_answered = not rang
        self.view = view
        self.path = view.path
        self.sounded = False
        """Whether anybody was connected yet."""
        self.speaking: tuple[MemberView, ...] = ()
        self._wire = wire
        self._gear = gear
        self._make_way = way
        self._listener = listener
        self._way: Way | None = None
        self._hearing = Hearing(
            gear.equipment.playback,
            self._pull,
            heard=lambda samples: listener.group_voice(self, samples),
            speaking=self._show_speaking,
        )
        self._shown: dict[tuple[str, int], MemberView] = {}
        self._inbox = Inbox(INBOX, self._safely, full=self._overflows)

    # -- what it is -----------------------------------------------------------------------------------

    @property
    def id(self) -> CallId:
        return CallId(self.view.id)

    @property
    def e2ee(self) -> bool:
        """Whether nobody but its members can hear it. Else the server does, and processes what it hears."""
        return self.path is Path.MESH

    @property
    def name(self) -> str:
        """Of whoever began it."""
        return self.view.started_by.name

    @property
    def incoming(self) -> bool:
        return self._rang

    @property
    def joined(self) -> bool:
        """Whether the server has this endpoint among the members."""
        return self.reason is None and own_of(self.view) is not None

    @property
    def ringing(self) -> bool:
        if self._rang:
            return self.reason is None and not self.joined
        return self.reason is None and self.view.phase is GroupPhase.RINGING

    @property
    def members(self) -> tuple[MemberView, ...]:
        """The others, as far as they are believed."""
        return () if self._way is None else self._way.present

    @property
    def connected(self) -> bool:
        return self._way is not None and self._way.connected

    @property
    def held(self) -> bool:
        return self._way is None or self._way.held

    @property
    def silent(self) -> bool:
        """No tone says that it rings there before the server knows of it, nor where places may open by themselves."""
        return self.placing is not None or (self.kind == "drop_in" and not self._rang)

    @property
    def opens_by_itself(self) -> bool:
        """Whether the server lets a drop in open here without anybody's doing."""
        return self.view.mode is Mode.INSTANT

    @property
    def way(self) -> Way | None:
        return self._way

    # -- what a person does ---------------------------------------------------------------------------

    async def answer(self, *, video: bool = True, by_itself: bool = False) -> None:
        """Join it, or let in who knocks; `video` False without the own picture. `by_itself`: no person here has said
        so. Raises ice.NoRelay besides."""
        await self._wire.ice.check()
        self.taken, self.by_itself, self.video_on = True, by_itself, video
        await self.perform(protocol.JoinGroup(id=self._wire.new_id(), call=self.id))

    async def decline(self) -> None:
        await self.hang_up()

    def _leave(self, why: protocol.WhyOut = "done") -> Command:
        new_id = self._wire.new_id()
        declines = self._rang and not self.joined and not self.taken
        command: Command = (
            protocol.DeclineGroup(id=new_id, call=self.id)
            if declines
            else protocol.LeaveGroup(id=new_id, call=self.id, why=why)
        )
        self.finish(EndReason.CANCELLED if self.ringing and not self._rang else ENDED[why])
        return command

    async def remove(self, member: MemberView) -> None:
        """Take a member out for good. Only whoever began the group may."""
        await self.perform(
            protocol.RemoveFromGroup(id=self._wire.new_id(), call=self.id, endpoint=member.endpoint)
        )
        if self._way is not None and self.reason is None:
            self._way.bar(member)

    def switched(self) -> None:
        self._apply()
        self._listener.group_changed(self)

    def _apply(self) -> None:
        if self._way is not None:
            equipment = self._gear.equipment
            self._way.send(voice=not self.muted, picture=self.video_on)
            self._way.says(
                audio=equipment.voice.allowed and not self.muted,
                video=self.view.video and equipment.capabilities.can_send_video and self.video_on,
            )

    def open(self, member: MemberView | None = None) -> None:
        """Let microphone and camera of a drop in in for a member (or all), and hear them."""
        if self._way is None or self.reason is not None:
            return
        self._way.open(member)
        self._apply()
        self._sound()
        self._listener.group_changed(self)

    # -- what happens to it ---------------------------------------------------------------------------

    def follow(self, view: GroupView) -> None:
        """The server's newest view: whoever is out of it is closed when this returns."""
        if self.reason is not None:
            return
        if view.kind is not self.view.kind or view.path is not self.path:
            self._distrust(None, Reason.OUT_OF_TURN)
            return
        if view.roster is not None and not fits(self.id, view, view.roster):
            self._distrust(None, Reason.FORKED)
            return
        self.placing, self.view = None, view
        if self.taken and self._way is None and self.joined:
            self._way = self._make_way(self, self._ground())
            self._way.follow(view)
            self._apply()
        elif self._way is not None:
            try:
                self._way.follow(view)
            except Untrusted as untrusted:
                self._distrust(None, untrusted.reason)
                return
        self._inbox.put(view)
        self.changed()

    def resync(self, view: GroupView) -> None:
        """The same when the own session is a new one: what was on its way may be lost."""
        self.follow(view)
        if self._way is not None and self.reason is None:
            self._way.say_again()

    def signalled(self, signal: GroupSignal) -> None:
        self._inbox.put(signal)

    def speak(self, endpoints: tuple[str, ...]) -> None:
        """The mixer hears these."""
        if self.path is Path.MIXER and set(endpoints) != {one.endpoint for one in self.speaking}:
            self._show_speaking(frozenset(endpoints))

    def network_changed(self, addresses: frozenset[str]) -> None:
        """The machine has these addresses now."""
        if self._way is not None:
            self._way.network_changed(addresses)

    def _stop(self) -> None:
        self._wire.connection.forget(self.id)
        self._inbox.close()
        self._hearing.stop()
        for link in () if self._way is None else self._way.stop():
            self._spawn(link.close())

    def _tell_end(self, reason: EndReason) -> None:
        self._listener.group_ended(self, reason)

    # -- the one task ---------------------------------------------------------------------------------

    def _overflows(self) -> None:
        log.warning("a group is given up: more came in than can be dealt with")
        self._give_up()

    async def _safely(self, item: object) -> None:
        try:
            await self._deal_with(item)
        except Untrusted as untrusted:
            self._distrust(None, untrusted.reason)
        except (Problem, Unreachable) as error:
            log.warning("%s of a group failed: %s", type(item).__name__, type(error).__name__)
        except Exception:
            log.exception("dealing with %s failed", type(item).__name__)
            self._give_up()

    async def _deal_with(self, item: object) -> None:
        way = self._way
        if way is None:
            return
        match item:
            case GroupView():
                await way.settle()
                self.changed()
            case GroupSignal():
                await way.take(item)
            case _:
                await way.deal_with(item)

    def _distrust(self, member: MemberView | None, reason: Reason) -> None:
        """It ends here and now."""
        log.warning("a group is left, for what was said of it is not believed: %s", reason)
        self._listener.group_distrusted(self, member, reason)
        self._give_up()

    def _give_up(self) -> None:
        if self.reason is None:
            self._spawn(self._tell_goodbye(self._leave()))

    async def _tell_goodbye(self, command: Command) -> None:
        try:
            await self._say_goodbye(command)
        except (Problem, Unreachable) as error:
            log.info("the server was not told that a group was left: %s", type(error).__name__)

    # -- what the way says (kith.endpoint.group_way.Listener) -----------------------------------------

    def member_up(self, member: MemberView, meeting: Meeting) -> None:
        self._sound()
        self._listener.group_member_up(self, member, meeting)
        self.changed()

    def mixer_up(self) -> None:
        self._sound()
        self._listener.group_mixer_up(self)
        self.changed()

    def member_distrusted(self, member: MemberView, reason: Reason) -> None:
        self._listener.group_distrusted(self, member, reason)

    def member_picture(self, member: MemberView, frame: VideoFrame) -> None:
        self._listener.group_picture(self, member, frame)

    def member_voice(self, member: MemberView, samples: Samples, now: float) -> None:
        self._hearing.note(member.endpoint, samples, now)

    def changed(self) -> None:
        """Tell who has come and gone, and that something is to be shown anew."""
        if self.reason is not None:
            return
        before, self._shown = self._shown, {(one.endpoint, one.order): one for one in self.members}
        for where in before.keys() - self._shown.keys():
            self._hearing.forget(before[where].endpoint)
            self._listener.group_member(self, before[where], joined=False)
        for where in self._shown.keys() - before.keys():
            self._listener.group_member(self, self._shown[where], joined=True)
        self._listener.group_changed(self)

    def _sound(self) -> None:
        """Play what comes, once something does and it may be heard."""
        if self.connected and not self.held and self.reason is None:
            self._hearing.start()

    def _pull(self, now: float) -> Samples | None:
        return None if self._way is None else self._way.pull(now)

    def _show_speaking(self, endpoints: frozenset[str]) -> None:
        self.speaking = tuple(one for one in self.members if one.endpoint in endpoints)
        self._listener.group_speaking(self, self.speaking)

    def _ground(self) -> Ground:
        return Ground(
            call=self.id,
            gear=self._gear,
            put=self._inbox.put,
            tell=self._wire.tell,
            ask=self._wire.request,
            signal=self._signal,
            new_id=self._wire.new_id,
            spawn=self._spawn,
        )

    def _signal(self, endpoint: str, epoch: int, sealed: bytes) -> None:
        command = protocol.SignalGroup(
            id=self._wire.new_id(), call=self.id, to=endpoint, epoch=epoch, body=sealed
        )
        self._spawn(self._wire.connection.signal(command))

    async def packets_sent(self) -> dict[str, int]:
        """RTP packets that left through connections that stand, by kind of media; for tests and curious people."""
        return {} if self._way is None else await self._way.packets_sent()
