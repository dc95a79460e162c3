"""One call at this endpoint, from its first sign to its end: control through the server, media by links.

    the server's view of the call  ->  which epoch's link there must be
    the links' ups and losses      ->  what the server is told

What arrives is dealt with one thing at a time by one task. Media never waits for the server: a link stays up while
signaling is away, and a link of a new epoch is made before the old one is broken. It waits for one thing only: that
the other end has shown who it is, see kith.endpoint.sealed.
"""

import asyncio
import logging
from dataclasses import dataclass

from kith.core.ids import CallId
from kith.core.keys import KeyPair
from kith.core.problem import Problem
from kith.core.trust.grants import Mode
from kith.core.trust.session import Kind
from kith.core.trust.untrusted import Reason, Untrusted, require
from kith.endpoint.call_listener import Listener
from kith.endpoint.connection import Connection
from kith.endpoint.dialling import Unreachable
from kith.endpoint.equipment import Equipment
from kith.endpoint.going import ENDED, Going
from kith.endpoint.ice import IceBook
from kith.endpoint.identities import Identities, Meeting
from kith.endpoint.inbox import Inbox
from kith.endpoint.link import Found, Impostor, Link, LinkEvent, Lost, Picture, Up
from kith.endpoint.links import Links
from kith.endpoint.meeting import Whom
from media.tones import Samples
from signaling import protocol
from signaling.call import EndReason, Phase, Role
from signaling.protocol import CallView, Command, PeerIndicated, Signalled

log = logging.getLogger(__name__)

INBOX = 256
"""Things that may wait for the call's task. A peer that sends more at once is not honest."""

PATIENCE = 0.3
"""Seconds between the loss of media and saying so. Who hung up closes the link a moment before the server says why."""


@dataclass(frozen=True, slots=True)
class _Resync:
    """Somebody's session began anew, here or at the other end: say again what may not have arrived."""


_ORDER = {Phase.RINGING: 0, Phase.ANSWERING: 1, Phase.ACTIVE: 2, Phase.RECOVERING: 2, Phase.ENDED: 3}


def _order(view: CallView) -> tuple[int, int]:
    """After a reconnect a command that is sent again gets its old reply: it must not undo what came since."""
    return view.epoch, _ORDER[view.phase]


class Call(Going):
    """See the module. Made when the call is placed or rings; methods raise Problem or Unreachable."""

    def __init__(
        self,
        view: CallView,
        *,
        connection: Connection,
        equipment: Equipment,
        ice: IceBook,
        identities: Identities,
        keys: KeyPair,
        listener: Listener,
        kind: Kind = "call",
        rang: bool,
    ) -> None:
        """`rang`: it came here; else a person here began it, or goes on with it here."""
        super().__init__(connection, "a call", kind, rang=rang)
        self.view = view
        self._role = Role.CALLEE if rang else None
        self.indicated: PeerIndicated | None = None
        """What the other side said last about what it sends."""
        self.called_as = ""
        """What that one is called here, by whom they were looked for; empty where nobody was called by name."""
        self._connection = connection
        self._equipment = equipment
        self._ice = ice
        self._identities = identities
        self._listener = listener
        self._whom = Whom(
            identities,
            view if rang else None,
            lambda: listener.call_identity_changed(self),
            fixed=kind == "drop_in",
        )
        self._links = Links(
            equipment=equipment,
            ice=ice,
            keys=keys,
            meet=self._meet,
            anew=lambda: identities.meet(self.view, anew=True),
            say=self._signal,
            tell=self._link_said,
            kind=kind,
            held=kind == "drop_in" and rang,
        )
        self._told: tuple[bool, bool, bool] | None = None
        self._inbox = Inbox(INBOX, self._safely, full=self._overflows)
        self._was_connected = False
        self._foresee(view)

    # -- what it is -----------------------------------------------------------------------------------

    @property
    def id(self) -> CallId:
        return CallId(self.view.id)

    @property
    def peer_name(self) -> str:
        return self.view.peer_name

    @property
    def incoming(self) -> bool:
        return self._role is Role.CALLEE

    @property
    def ringing(self) -> bool:
        return self.reason is None and self.view.phase is Phase.RINGING

    @property
    def answered(self) -> bool:
        return self.reason is None and not self.ringing

    @property
    def connected(self) -> bool:
        return self.current_link is not None

    @property
    def wanted(self) -> str | None:
        """Whom a person here called, by id."""
        return self._whom.wanted

    @wanted.setter
    def wanted(self, whom: str) -> None:
        self._whom.wanted = whom

    @property
    def current_link(self) -> Link | None:
        """The newest link that is up: what is heard and seen comes from there."""
        return self._links.current

    @property
    def verified(self) -> bool:
        """Whether the other end has shown that it is who it should be, in the current epoch."""
        link = self._links.of(self.view.epoch)
        return link is not None and link.verified

    @property
    def silent(self) -> bool:
        """The tone that says "it rings there" is not heard before the server knows of the call, nor where nobody needs
        to answer."""
        by_itself = self.kind == "drop_in" and not self.incoming and self.view.mode is Mode.INSTANT
        return self.placing is not None or by_itself

    @property
    def description(self) -> str | None:
        """The own session description in the current epoch."""
        link = self._links.of(self.view.epoch)
        return None if link is None else link.link.described

    @property
    def played(self) -> int:
        """Packets of the other side's voice that were played, in the current link."""
        link = self.current_link
        return 0 if link is None else link.voice.counts.played + link.voice.counts.blended

    @property
    def concealed(self) -> int:
        """Frames of the other side's voice that had to be invented, in the current link."""
        link = self.current_link
        return 0 if link is None else link.voice.counts.concealed + link.voice.counts.recovered

    # -- what a person does ---------------------------------------------------------------------------

    async def answer(self, *, video: bool = True, by_itself: bool = False) -> None:
        """Take the call, or let in who knocks; `video` False with sound only. `by_itself`: no person here has said so.
        Raises NoRelay besides."""
        await self._ice.check()
        self.taken, self.by_itself = True, by_itself
        await self.perform(protocol.Answer(id=self._connection.new_id(), call=self.id, video=video))

    async def decline(self) -> None:
        await self.perform(protocol.Decline(id=self._connection.new_id(), call=self.id))

    def _leave(self, why: protocol.WhyOut = "done") -> Command:
        new_id, ringing = self._connection.new_id(), self.ringing
        command: Command
        if ringing and self.incoming:
            command = protocol.Decline(id=new_id, call=self.id)
        elif ringing:
            command = protocol.Cancel(id=new_id, call=self.id)
        else:
            command = protocol.HangUp(id=new_id, call=self.id, why=why)
        self.finish(EndReason.CANCELLED if ringing else ENDED[why])
        return command

    def switched(self) -> None:
        self._links.send(voice=not self.muted, picture=self.video_on)
        self._indicate()
        self._listener.call_changed(self)

    @property
    def met(self) -> Meeting | None:
        """Who is at both ends, as it was believed last."""
        return self._whom.met

    @property
    def held(self) -> bool:
        return self._links.held

    def open(self) -> None:
        """Let microphone and camera of a drop in in, and hear the other side."""
        self._links.open()
        if self.connected:
            self._equipment.playback.voice(self._pull)
        self._indicate()
        self._listener.call_changed(self)

    # -- what happens to it ---------------------------------------------------------------------------

    def follow(self, view: CallView) -> None:
        """The server's newest view."""
        if self.reason is None and not self._is_this(view):
            self._distrust(Reason.OUT_OF_TURN)
        elif self.reason is None and _order(view) >= _order(self.view):
            self.placing, self._role = None, view.role
            self.view = view
            self._inbox.put(view)
            self._foresee(view)
            self._listener.call_changed(self)

    def _is_this(self, view: CallView) -> bool:
        """Whether it may be a view of this call: neither its kind nor who began it ever changes. (A call that was
        placed here may turn out to be the other side's, as both had called each other; a drop in may not.)"""
        if view.kind.value != self.kind:
            return False
        if self.kind == "drop_in":
            return view.role is (Role.CALLEE if self._rang else Role.CALLER)
        return self._role in (None, view.role)

    def resync(self, view: CallView) -> None:
        """The same when one of the two has a new session: what was on its way to it may be lost."""
        begun = self._links.of(view.epoch) is not None
        self.follow(view)
        if begun and view.phase is not Phase.ACTIVE:
            self._inbox.put(_Resync())

    def signalled(self, signal: Signalled) -> None:
        self._inbox.put(signal)

    def peer_indicated(self, indication: PeerIndicated) -> None:
        self.indicated = indication
        self._links.expect(sound=indication.audio)
        self._listener.call_changed(self)

    def network_changed(self, addresses: frozenset[str]) -> None:
        """The machine has these addresses now."""
        link = self._links.of(self.view.epoch)
        if link is not None:
            link.link.network_changed(addresses)

    def _stop(self) -> None:
        self._connection.forget(self.id)
        self._inbox.close()
        self._equipment.playback.voice(None)
        for link in self._links.all():
            self._spawn(link.close())

    def _tell_end(self, reason: EndReason) -> None:
        self._listener.call_ended(self, reason)

    # -- the one task ---------------------------------------------------------------------------------

    def _overflows(self) -> None:
        log.warning("a call is given up: more came in than can be dealt with")
        self._spawn(self.hang_up())

    def _foresee(self, view: CallView) -> None:
        if view.phase is Phase.RINGING:
            self._spawn(self._whom.foresee(view))

    async def _safely(self, item: object) -> None:
        try:
            await self._deal_with(item)
        except Untrusted as untrusted:
            self._distrust(untrusted.reason)
        except ValueError:
            log.warning("the other side sent a description that cannot be used")
            self._spawn(self.hang_up())
        except Exception:
            log.exception("dealing with %s failed", type(item).__name__)
            self._spawn(self.hang_up())

    async def _deal_with(self, item: object) -> None:
        match item:
            case CallView():
                await self._links.make(item)
            case Signalled():
                if not await self._links.take(item, self.view.epoch):
                    log.warning("a signal was not sealed by the other end")
            case Up(epoch):
                self._link_is_up(epoch)
            case Lost():
                self._link_is_lost(item)
            case Impostor():
                raise Untrusted(Reason.FINGERPRINT)
            case Found(epoch, line):
                if (link := self._links.of(epoch)) is not None:
                    self._signal(epoch, link.found(line))
            case _Resync():
                self._say_again()

    async def _meet(self, view: CallView) -> Meeting:
        """Raises Untrusted where the server begins a call that nobody here wants."""
        require(self.taken, Reason.OUT_OF_TURN)
        return await self._whom.meet(view)

    def _distrust(self, reason: Reason) -> None:
        """It ends here and now: nothing more is looked at, and nothing more is sent."""
        log.warning("a call is given up, for the other end is not believed: %s", reason)
        self._listener.call_distrusted(self, reason)
        if self.reason is None:
            self._spawn(self._say_goodbye(self._leave()))

    def _link_said(self, event: LinkEvent) -> None:
        if isinstance(event, Picture):
            current = self.current_link
            if current is not None and current.epoch == event.epoch:
                self._listener.call_picture(self, event.frame)
        elif self.reason is None:
            self._inbox.put(event)

    def _link_is_up(self, epoch: int) -> None:
        """Sound and picture come from the new link now; what it replaces is closed."""
        for old in self._links.before(epoch):
            self._spawn(old.close())
        if not self._links.held:
            self._equipment.playback.voice(self._pull)
        self._tell_server(protocol.MediaUp(id=self._connection.new_id(), call=self.id, epoch=epoch))
        self._told = None
        self._indicate()
        if not self._was_connected:
            self._was_connected = True
            self._listener.call_connected(self)

    def _link_is_lost(self, lost: Lost) -> None:
        """Unless a newer link has replaced it. (After a move that failed the older link is the one that counts.)
        One that never was up is given the time that the server gives it, unless it stands on a network that is gone.
        """
        link = self._links.of(lost.epoch)
        if link is not None and not link.up and not lost.network_changed:
            return
        if not self._links.up_after(lost.epoch):
            self._connection.probe()
            self._spawn(self._report_loss(self.view.epoch, 0.0 if lost.network_changed else PATIENCE))

    async def _report_loss(self, epoch: int, patience: float) -> None:
        await asyncio.sleep(patience)
        if self.reason is None and self.view.epoch == epoch:
            await self._quietly(protocol.MediaLost(id=self._connection.new_id(), call=self.id, epoch=epoch))

    def _say_again(self) -> None:
        """The own description while it is unanswered, or that media is up. Both do no harm if they come twice."""
        self._told = None
        link = self._links.of(self.view.epoch)
        if link is None:
            return
        if link.up:
            self._tell_server(protocol.MediaUp(id=self._connection.new_id(), call=self.id, epoch=link.epoch))
            self._indicate()
        else:
            self._signal(link.epoch, link.said)

    # -- small things ---------------------------------------------------------------------------------

    def _pull(self, now: float) -> Samples | None:
        link = self.current_link
        samples = None if link is None else link.pull(now)
        if samples is not None:
            self._listener.call_voice(self, samples)
        return samples

    def _indicate(self) -> None:
        media, equipment = self.view.media, self._equipment
        now = (
            media.send_audio and equipment.voice.allowed and not self.muted and not self.held,
            media.send_video and equipment.picture.allowed and self.video_on and not self.held,
            equipment.microphone_off,
        )
        if now == self._told or not self.connected:
            return
        self._told = now
        self._tell_server(
            protocol.Indicate(
                id=self._connection.new_id(), call=self.id, audio=now[0], video=now[1], hardware_muted=now[2]
            )
        )

    def _signal(self, epoch: int, bodies: list[bytes]) -> None:
        for data in bodies:
            signal = protocol.Signal(id=self._connection.new_id(), call=self.id, epoch=epoch, body=data)
            self._spawn(self._connection.signal(signal))

    def _tell_server(self, command: Command) -> None:
        self._spawn(self._quietly(command))

    async def _quietly(self, command: Command) -> None:
        """A command whose failure shows elsewhere: the call ends, or the connection does."""
        try:
            await self.perform(command)
        except (Problem, Unreachable) as error:
            log.info("%s was not carried out: %s", type(command).__name__, type(error).__name__)

    async def packets_sent(self) -> dict[str, int]:
        """RTP packets that left through the current link, by kind of media; for tests and curious people."""
        link = self.current_link
        return {} if link is None else await link.packets_sent()

    def delay(self, now: float) -> float:
        """Seconds that the other side's voice waits in the playout buffer."""
        link = self.current_link
        return 0.0 if link is None else link.voice.delay(now)
