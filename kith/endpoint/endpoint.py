"""`from kith import Endpoint`: an Echo-like device as a library.

    endpoint = await Endpoint.pair(server, code, name="Kitchen", home=Path("kitchen"))     # once
    endpoint = await Endpoint.open(Path("kitchen"))                                        # from then on

    @endpoint.on("ringing")
    async def ringing(call): await call.answer()

    async with endpoint:                # signed in from here
        call = await endpoint.call("Anna")
        await call.ended()

Events, with what their listeners are given:

    signed_in ()            away (cause)            closed (cause)
    ringing (call)          calling (call)          answered (call)         connected (call)
    ended (call, reason)    changed (call)          peer_indicated (call, indication)
    light (Light)           screen (Screen)         indicator (audio, video)
    tone (Tone)             speak (text)
    audio (call, samples)   frame (call, frame)     own_frame (frame)
    elsewhere (calls)       directory ()            missed (calls)          news (items)            registered ()
    identity_changed (call) untrusted (call, reason)    pairing (circle.Progress)   identity (person)
    contacts (revision)     own (OwnProfile)        books (BookViews)       log_doubted (journal.Doubt)
    knock (call)            drop_in (call)          opens (call)            refused (CallView, policy.drop_in.Reason)
    quiet (on)              silenced (CallView)     granted ()              vibrate ()
    activity (ActivityViews)
    message (Message, noticed): one has come        message_refused (name, reason)          transcript (message id)
    sending (Message)       sent (Message)          unsent (Message, cause)                 playing (Message)
    receipt (Conversation): delivered or read there conversation (Conversation): read or removed here
    past (): what was said before is known          unreached (name): leave a message?
    group_rings (group)     group_answered (group)  group (group): it is not as it was
    group_member (group, member, "joined" or "left")            speaking (group, members)
    group_audio (group, samples)                    group_frame (group, member, frame)
    group_knocks (group)    group_drop_in (group)   group_opens (group)
    group_refused (GroupView, policy.drop_in.Reason)            group_untrusted (group, member or None, reason)
    group_ended (group, reason)                     group_silenced (GroupView)
    announcement (HeardAnnouncement), as it begins to play  announcement_over (HeardAnnouncement)
    announcement_unplayed (name, announce_hearing.Unplayed)
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import TracebackType
from typing import Any, Self, Unpack

import msgspec
from av import VideoFrame

from kith.endpoint.acts import Acts
from kith.endpoint.announce import Announcements
from kith.endpoint.attention import Attention
from kith.endpoint.belonging import Belonging
from kith.endpoint.books import Books
from kith.endpoint.calls import AcceptChanged, Calls
from kith.endpoint.circle import Circle, Progress, spaced
from kith.endpoint.contacts import Contacts
from kith.endpoint.dialling import Unreachable
from kith.endpoint.dictation import Dictation
from kith.endpoint.directory import Directory
from kith.endpoint.equipment import Equipment, Parts, capabilities_of
from kith.endpoint.floor import Floor
from kith.endpoint.grants import Granting
from kith.endpoint.groups import Groups
from kith.endpoint.history import OwnHistory
from kith.endpoint.home import Enrolment, Home
from kith.endpoint.journal import Doubt, Journal
from kith.endpoint.message_wiring import messages_at
from kith.endpoint.names import Names
from kith.endpoint.pairing import pair_at_home
from kith.endpoint.presentation import Presentation
from kith.endpoint.reach import Reach
from kith.endpoint.record import Record
from kith.endpoint.told import Told
from kith.endpoint.wire import Wire
from signaling import protocol
from signaling.protocol import (
    AnyEvent,
    AnyReply,
    Command,
    OwnProfile,
    Welcome,
)

log = logging.getLogger(__name__)


class Endpoint(Acts):
    """See the module. One call at a time; a second incoming one is answered with "busy"."""

    def __init__(
        self,
        home: Home,
        enrolment: Enrolment,
        parts: Parts,
        *,
        relay_only: bool = False,
        accept_changed_identities: AcceptChanged = False,
        clock: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """For `open` and `pair`. `relay_only`: calls go through the server's relay or not at all, and nobody who
        is called learns this endpoint's address. `accept_changed_identities`: whether to talk to somebody who is
        another one than before, always or as somebody says who is asked. `clock` gives Unix seconds,
        `steady` seconds of a clock that is never set. Raises ValueError or OSError if a part, the key or what is
        remembered cannot be used."""
        super().__init__()
        self.enrolment = enrolment
        self.directory = Directory(enrolment.id)
        self.equipment = Equipment(parts, changed=self._show, own_frame=self._own_frame)
        stream_tones = parts.get("stream_tones", False)
        self.presentation = Presentation(self.equipment, self.emit, stream_tones=stream_tones)
        self.failure: Unreachable | None = None
        """Why the connection ended, if not by `close`."""
        keys = home.keys()
        self._wire = Wire(home, enrolment, keys, relay_only=relay_only)
        ask, new_id = self._wire.request, self._wire.new_id
        self._circle = Circle(home, enrolment, keys, ask=ask, new_id=new_id, told=self._told_of_pairing)
        identities = self._circle.identities
        self.reach = Reach(
            home,
            enrolment,
            identities,
            keys,
            self.equipment,
            self._wire,
            clock=clock,
            seen=lambda: bool(self.listeners("indicator") or self.listeners("light")),
            changed=self._reach_changed,
            emit=self.emit,
        )
        self._floor = Floor(self.equipment, self.presentation)
        self._calls = Calls(
            self._wire,
            self.equipment,
            self.presentation,
            identities,
            keys,
            reach=self.reach,
            floor=self._floor,
            accept_changed=accept_changed_identities,
            joined=lambda: self._circle.joined,
            emit=self.emit,
        )
        self._groups = Groups(
            self._wire,
            self.equipment,
            self.presentation,
            identities,
            keys,
            self.directory,
            reach=self.reach,
            floor=self._floor,
            server_key=enrolment.server_key,
            accept_changed=accept_changed_identities,
            joined=lambda: self._circle.joined,
            emit=self.emit,
        )
        self._announcements = Announcements(
            home,
            enrolment,
            keys,
            identities,
            self._wire,
            self.equipment.playback,
            quiet=lambda: self.reach.quiet,
            busy=lambda: self._floor.holder is not None,
            called=lambda person: self.directory.known(person).name,
            clock=self.reach.sets.now,
            steady=steady,
            emit=self._announcing,
        )
        self._attention = Attention(self._wire, self.equipment)
        self.top_contact: str | None = None
        """Whom two clicks of the button call, by id or name."""
        self._closed = asyncio.Event()
        self.grants = Granting(
            self.reach.sets, self._wire, self.directory, identities, keys, self._circle.own_person
        )
        self.belonging = Belonging(
            self._circle, self.directory, self._wire, enrolment.person, self.grants.after_removal
        )
        self.contacts = Contacts(ask=self._while_unlocked, new_id=new_id)
        self.books = Books(ask=ask, new_id=new_id)
        self.history = OwnHistory(ask=ask, new_id=new_id)
        self._told = Told(self.directory, self.contacts, moved=self._look_where_at_home, emit=self.emit)
        self.names = Names(self.directory, enrolment.household, ask=self._while_unlocked, new_id=new_id)
        self.messages = messages_at(
            home,
            enrolment,
            identities,
            keys,
            self._wire,
            self.names,
            self.equipment,
            self.presentation,
            self.reach,
            self._floor,
            accept_changed=accept_changed_identities is True,
            clock=clock,
            emit=self.emit,
        )
        self.on("quiet", lambda on: self.messages.quiet_turned())
        self.dictation = Dictation(self.messages, offer=self._offer_message)
        self.dictation.listen(self.on)
        self.journal = Journal(
            home.path,
            keys,
            owner=lambda: self.enrolment.person or self.enrolment.household,
            readable=lambda: frozenset(filter(None, (self.enrolment.person, self.enrolment.household))),
            ask=ask,
            new_id=new_id,
            clock=time.time,
            doubted=self._doubted,
        )
        self._record = Record(self.journal, self._wire, enrolment.name)
        self._record.listen(self.on)
        self.on("quiet", lambda on: self._announcements.hush() if on else None)
        self.on("error", _report)

    # -- beginning and end ----------------------------------------------------------------------------

    @classmethod
    async def pair(
        cls,
        server: str,
        code: str,
        *,
        name: str,
        home: Path,
        ca: Path | None = None,
        ca_fingerprint: str | None = None,
        relay_only: bool = False,
        accept_changed_identities: AcceptChanged = False,
        trust_server: bool = False,
        **parts: Unpack[Parts],
    ) -> Self:
        """Enrol a new endpoint with a pairing code, and open it.

        It belongs to somebody once one of their endpoints has signed for it (event `pairing`): by the secret after
        the dot of the code, `CODE.SECRET`, or by six digits that both show. `trust_server`: believe the server about
        whom it belongs to, where both are on one machine.

        The server's own certificate authority is read from `ca`, or fetched from the server: then `ca_fingerprint`
        says which one is expected, and without it the first one seen is believed from now on.
        Raises Problem if the code is wrong, trust.FingerprintMismatch, aiohttp.ClientError, OSError or ValueError.
        """
        Equipment(parts, changed=_nothing, own_frame=_nothing)  # parts that fail should not cost the code
        await pair_at_home(
            Home(home),
            server,
            code,
            name=name,
            capabilities=capabilities_of(parts),
            ca=ca,
            ca_fingerprint=ca_fingerprint,
            trust_server=trust_server,
        )
        return await cls.open(
            home, relay_only=relay_only, accept_changed_identities=accept_changed_identities, **parts
        )

    @classmethod
    async def open(
        cls,
        home: Path,
        *,
        relay_only: bool = False,
        accept_changed_identities: AcceptChanged = False,
        clock: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
        **parts: Unpack[Parts],
    ) -> Self:
        """The endpoint that was enrolled in `home`, not signed in yet. Raises home.NotEnrolled, ValueError, OSError."""
        place = Home(home)
        return cls(
            place,
            place.load(),
            parts,
            relay_only=relay_only,
            accept_changed_identities=accept_changed_identities,
            clock=clock,
            steady=steady,
        )

    async def start(self) -> None:
        """Sign in; returns when it succeeded for the first time. Raises Unreachable if the server refuses."""
        await self._wire.open(
            self,
            self.equipment.capabilities,
            replied=self._replied,
            network_changed=self._network_changed,
        )

    async def close(self) -> None:
        """Hang up, say goodbye, let go of everything."""
        await self._calls.close()
        await self._groups.close()
        await self._record.close()
        await self.reach.close()
        self.dictation.discard()
        await self.messages.close()
        self._wire.give_up()
        await self._circle.close()
        await self._wire.close()
        await self.journal.settled()
        await self.presentation.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def wait_closed(self) -> None:
        """Wait until the connection is over for good."""
        await self._closed.wait()

    def accompany(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` beside the endpoint, until it closes."""
        self._wire.spawn(work)

    # -- belonging together ---------------------------------------------------------------------------

    @property
    def joined(self) -> bool:
        """Whether somebody has signed for this endpoint. Before that nobody believes whose it is."""
        return self._circle.joined

    @property
    def own(self) -> OwnProfile | None:
        """What only a person's own endpoints are shown; None on a shared one."""
        return self._told.own

    async def request(self, command: Command) -> AnyReply:
        """Any other command; its id comes from `new_id`. Raises Problem, Unreachable."""
        return await self._wire.request(command)

    def new_id(self) -> str:
        return self._wire.new_id()

    @property
    def volume(self) -> float:
        """Of tones and speech, 0 to 1; voices are played as they come."""
        return self.equipment.playback.volume

    @volume.setter
    def volume(self, value: float) -> None:
        self.equipment.playback.volume = min(max(value, 0.0), 1.0)

    # -- what the connection brings (kith.endpoint.connection.Listener) -----------------------------------

    def welcomed(self, welcome: Welcome) -> None:
        if welcome.snapshot is not None:
            self._told.adopt(welcome.snapshot)
            self._calls.adopt({view.id: view for view in welcome.snapshot.calls})
            self._groups.adopt({view.id: view for view in welcome.snapshot.groups})
            self.emit("directory")
            self._circle.begun_anew()
            self.reach.begun_anew()
            if self.joined:
                self.messages.begun_anew()
            self._announcements.begun_anew()
        elif self.joined:
            self.messages.back()
        self._wire.ice.refresh(anew=welcome.snapshot is not None)
        if self.joined:
            self._wire.spawn(self.journal.meet())
        self.emit("signed_in")

    def happened(self, event: AnyEvent) -> None:
        match event:
            case (
                protocol.Ringing()
                | protocol.CallChanged()
                | protocol.Ended()
                | protocol.Signalled()
                | protocol.PeerIndicated()
            ):
                self._calls.happened(event)
            case (
                protocol.GroupRings()
                | protocol.GroupChanged()
                | protocol.GroupSignal()
                | protocol.GroupSpeaking()
                | protocol.GroupEnded()
            ):
                self._groups.happened(event)
            case protocol.IdentityChanged() | protocol.RosterChanged() | protocol.PairingSignalled():
                self._circle.happened(event)
                if isinstance(event, protocol.IdentityChanged):
                    self.emit("identity", event.person)
                if isinstance(event, protocol.RosterChanged):
                    self.reach.others_count()
            case protocol.GrantsChanged(person=signer, grants=grants):
                self._wire.spawn(self.reach.hear(signer, grants))
            case protocol.MessageArrived(item=item):
                self.messages.arrived(item)
            case protocol.ConversationChanged(conversation=view):
                self.messages.changed(view)
            case protocol.Announcement() | protocol.AnnouncementPlays():
                self._announcements.happened(event)
            case protocol.ServerLeaving():
                pass  # the connection sees to it
            case _:
                self._told.happened(event)

    def _replied(self, reply: AnyReply) -> None:
        self._calls.replied(reply)
        self._groups.replied(reply)

    def _network_changed(self, addresses: frozenset[str]) -> None:
        self._calls.network_changed(addresses)
        self._groups.network_changed(addresses)

    def away(self, cause: Exception | None) -> None:
        self.emit("away", cause)

    def closed(self, cause: Unreachable | None) -> None:
        if cause is not None:
            self._calls.lost()
            self._groups.lost()
        self.failure = cause
        self._closed.set()
        self.emit("closed", cause)

    # -- the pieces -----------------------------------------------------------------------------------

    def _told_of_pairing(self, progress: Progress) -> None:
        if progress.step == "digits" and progress.digits is not None and not self.joined:
            self.presentation.announce(f"Do both show {spaced(progress.digits)}?")
        if progress.step == "signed" and progress.endpoint is None:
            self._calls.joined()
            self.reach.others_count()
            self.messages.begun_anew()
        if progress.step == "signed" and progress.endpoint is not None:
            self.messages.signed(progress.endpoint)
        self.emit("pairing", progress)

    def _look_where_at_home(self) -> None:
        person = self.directory.person
        if person is not None and not self.directory.shared and person.household != self.enrolment.household:
            self.enrolment = msgspec.structs.replace(self.enrolment, household=person.household)
            self._circle.lives_at(person.household)

    def _offer_message(self, name: str) -> None:
        self.presentation.announce(f"{name} cannot be reached. Say: leave a message.")
        self.emit("unreached", name)

    def _doubted(self, doubt: Doubt) -> None:
        self.emit("log_doubted", doubt)

    def _show(self) -> None:
        self._floor.show()

    async def _while_unlocked(self, command: Command) -> AnyReply:
        """What shows whom one knows. Raises Locked besides what `request` does."""
        self.reach.lock.check()
        return await self._wire.request(command)

    def _reach_changed(self) -> None:
        self._calls.drop_ins.changed()
        self._groups.sets_changed()

    def _announcing(self, event: str, *details: Any) -> None:
        match event:
            case "announcement":
                self.presentation.announcing(details[0].text)
            case "announcement_over":
                self.presentation.announced()
        self._floor.show()
        self.emit(event, *details)

    def _own_frame(self, frame: VideoFrame) -> None:
        self.emit("own_frame", frame)


def _nothing(*_: object) -> None:
    """For equipment that is only tried."""


def _report(error: object) -> None:
    """What happens to an exception in a listener that nobody else wants."""
    log.error("a listener failed", exc_info=error if isinstance(error, BaseException) else None)
