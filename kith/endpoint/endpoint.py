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
    contacts (revision)     own (OwnProfile)        books (BookViews)
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, Unpack

import aiohttp
import msgspec
from av import VideoFrame
from pyee.asyncio import AsyncIOEventEmitter

from kith.core.ids import CallId, new_call
from kith.core.problem import Code, Problem
from kith.core.trust.untrusted import Reason
from kith.endpoint.books import Books
from kith.endpoint.call import Call
from kith.endpoint.circle import Circle, Offered, Progress, Same, spaced
from kith.endpoint.connection import Connection
from kith.endpoint.contacts import Contacts
from kith.endpoint.dialling import Unreachable
from kith.endpoint.directory import Directory, the_one
from kith.endpoint.equipment import Equipment, Parts, capabilities_of
from kith.endpoint.home import Enrolment, Home
from kith.endpoint.ice import IceBook
from kith.endpoint.names import Names
from kith.endpoint.networks import Networks
from kith.endpoint.pairing import pair_at_home
from kith.endpoint.presentation import Presentation
from kith.endpoint.safety import Safety, compare, safety_of
from kith.endpoint.utterance import Named
from media.tones import Samples
from signaling import protocol
from signaling.call import EndReason, Phase, Role
from signaling.protocol import (
    AnyEvent,
    AnyReply,
    CallView,
    Command,
    NameChoice,
    NameResolved,
    OwnProfile,
    PersonView,
    Snapshot,
    WaitingEndpoint,
    Welcome,
)

log = logging.getLogger(__name__)


PLACE_WITHIN = 5.0
"""Seconds a call may take to reach the server. Then who calls is told, and nobody is rung late."""


AcceptChanged = bool | Callable[[Call], Awaitable[bool]]


class NoCall(Exception):
    """There is no call to do this to."""


class InCall(Exception):
    """One call at a time."""


class NotJoined(Exception):
    """Nobody has signed for this endpoint yet, so nobody would believe whose it is."""


class Endpoint(AsyncIOEventEmitter):
    """See the module. One call at a time; a second incoming one is answered with "busy"."""

    def __init__(
        self,
        home: Home,
        enrolment: Enrolment,
        parts: Parts,
        *,
        relay_only: bool = False,
        accept_changed_identities: AcceptChanged = False,
    ) -> None:
        """For `open` and `pair`. `relay_only`: calls go through the server's relay or not at all, and nobody who
        is called learns this endpoint's address. `accept_changed_identities`: whether to talk to somebody who is
        another one than before, always or as somebody says who is asked.
        Raises ValueError or OSError if a part, the key or what is remembered cannot be used."""
        super().__init__()
        self.enrolment = enrolment
        self.directory = Directory(enrolment.id)
        self.equipment = Equipment(parts, changed=self._show, own_frame=self._own_frame)
        self.failure: Unreachable | None = None
        """Why the connection ended, if not by `close`."""
        self._home = home
        self._keys = home.keys()
        self._relay_only = relay_only
        self._accept_changed = accept_changed_identities
        self._ice: IceBook | None = None
        self._networks: Networks | None = None
        self._call: Call | None = None
        self._rings_too_early: CallView | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._http: aiohttp.ClientSession | None = None
        self._connection: Connection | None = None
        self._closed = asyncio.Event()
        self._circle = Circle(
            home, enrolment, self._keys, ask=self.request, new_id=self.new_id, told=self._told_of_pairing
        )
        self.contacts = Contacts(ask=self.request, new_id=self.new_id)
        self.books = Books(ask=self.request, new_id=self.new_id)
        self.own: OwnProfile | None = None
        """What only a person's own endpoints are shown; None on a shared one."""
        self.names = Names(self.directory, enrolment.household, ask=self.request, new_id=self.new_id)
        self.presentation = Presentation(self.equipment, self.emit)
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
        )

    async def start(self) -> None:
        """Sign in; returns when it succeeded for the first time. Raises Unreachable if the server refuses."""
        self._http = aiohttp.ClientSession()
        self._connection = Connection(
            http=self._http,
            server=self.enrolment.server,
            endpoint=self.enrolment.id,
            keys=self._keys,
            server_key=self.enrolment.server_key,
            listener=self,
            capabilities=self.equipment.capabilities,
            tls=self._home.tls(),
            replied=self.replied,
        )
        self._ice = IceBook(self._connection, relay_only=self._relay_only, tls=self._home.relay_tls())
        self._networks = Networks(self._network_changed)
        try:
            await self._connection.open()
        except BaseException:
            self._networks.close()
            await self._http.close()
            raise

    async def close(self) -> None:
        """Hang up, say goodbye, let go of everything."""
        call = self._call
        if call is not None:
            try:
                async with asyncio.timeout(2):
                    await call.hang_up()
            except (TimeoutError, Problem, Unreachable):
                pass
            await call.settled()
        for task in self._tasks:
            task.cancel()
        await self._circle.close()
        if self._networks is not None:
            self._networks.close()
        if self._ice is not None:
            await self._ice.close()
        if self._connection is not None:
            await self._connection.close()
        await self.presentation.close()
        if self._http is not None:
            await self._http.close()

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
        self._spawn(work)

    # -- calling --------------------------------------------------------------------------------------

    @property
    def current(self) -> Call | None:
        """The call that rings or goes on here."""
        return self._call

    async def resolve(self, text: str, *, label: str = "", profile: str | None = None) -> NameResolved:
        """Whom a name means to who says it here: among people, devices and contacts. `label` is which of their numbers,
        such as "mobile". `profile` as in `call`. Raises directory.Unclear, Problem, Unreachable."""
        return await self.names.resolve(text, label, self.names.acting(profile))

    @property
    def profile(self) -> str | None:
        """The person, by id, for whom this shared endpoint was told to act."""
        return self.names.chosen

    def choose_profile(self, name: str) -> PersonView:
        """Act for this person of the household from now on, by id or name. Raises directory.Unclear."""
        return self.names.choose(name)

    async def call(
        self, whom: str | NameChoice, *, label: str = "", video: bool = False, profile: str | None = None
    ) -> Call:
        """Call a person or an endpoint, by id, by name or as a choice that `resolve` gave; returns when it rings.

        On a shared endpoint `profile` is the person, by id or name, in whose name it calls; without it that is whom
        `choose_profile` was told, and where several live here and it was told nobody, nothing is guessed.

        Raises directory.Unclear (of which names.Ambiguous and names.WhoAsks are kinds), names.NotHere, InCall,
        NotJoined, ice.NoRelay, Problem, Unreachable.
        """
        if not self.joined:
            raise NotJoined("nobody has signed for this endpoint yet")
        acting = self.names.acting(profile)
        target = await self._found(whom, label, acting)
        await self._book.check()
        if self._call is not None:
            if self._call.ringing and self._call.incoming and self._call.view.peer_person == target.id:
                await self._call.answer(video=video)  # who calls a caller wants to answer
                return self._call
            raise InCall("there is a call already")
        view = _unseen(new_call(), target.name, video=video)
        call = self._begin(view)
        command = protocol.PlaceCall(
            id=self._wire.new_id(), as_person=acting, call=call.id, to=target.id, video=video
        )
        call.placing, call.wanted, call.called_as = command.id, target.id, target.name
        self.emit("calling", call)
        self._show()
        try:
            async with asyncio.timeout(PLACE_WITHIN):
                await call.perform(command)
        except TimeoutError:
            call.finish(EndReason.CANCELLED)
            self._tell(
                protocol.Cancel(id=self._wire.new_id(), call=call.id)
            )  # it may have got there after all
            raise Unreachable("the server does not answer") from None
        except (Problem, Unreachable):
            call.finish(EndReason.CANCELLED)
            raise
        except asyncio.CancelledError:
            self._spawn(call.hang_up())  # who stops waiting does not want it to ring
            raise
        return call

    async def _found(self, whom: str | NameChoice, label: str, acting: str | None) -> Named:
        try:
            async with asyncio.timeout(PLACE_WITHIN):
                found = await self.names.find(whom, label, acting)
        except TimeoutError:
            raise Unreachable("the server does not answer") from None
        return found if found.name else Named(found.id, self.contacts.called(found.id))

    async def continue_here(self) -> Call:
        """Go on here with a call of the person's that is at another of their endpoints; that one falls silent when
        this one is connected. Raises NoCall where there is none, besides what `call` raises.
        """
        if self._call is not None:
            raise InCall("there is a call already")
        if not self.directory.elsewhere:
            raise NoCall("there is no call elsewhere")
        await self._book.check()
        ongoing = self.directory.elsewhere[0]
        call = self._begin(_unseen(CallId(ongoing.call), ongoing.name, video=ongoing.video))
        command = protocol.Move(id=self._wire.new_id(), call=ongoing.call)
        call.placing = command.id
        try:
            await call.perform(command)
        except (Problem, Unreachable):
            call.finish(EndReason.LOST)
            raise
        return call

    async def answer(self, *, video: bool = True) -> None:
        await self._some_call().answer(video=video)

    async def decline(self) -> None:
        await self._some_call().decline()

    async def hang_up(self) -> None:
        await self._some_call().hang_up()

    def mute(self, on: bool = True) -> None:  # noqa: FBT001, FBT002 - reads as it is said: mute()
        self._some_call().mute(on)

    def video(self, on: bool) -> None:  # noqa: FBT001 - reads as it is said
        self._some_call().video(on)

    def microphone_off(self, off: bool = True) -> None:  # noqa: FBT001, FBT002 - reads as it is said
        """The hardware switch: cuts microphone and camera at once, and says so to server and caller."""
        self.equipment.switch(microphone_off=off)
        self.presentation.switched(microphone_off=off)
        self._switched()

    def shutter(self, closed: bool = True) -> None:  # noqa: FBT001, FBT002 - reads as it is said
        """The camera's cover: no picture leaves, and none is offered in calls that begin while it is closed."""
        self.equipment.switch(shutter_closed=closed)
        self._switched()

    # -- belonging together ---------------------------------------------------------------------------

    @property
    def joined(self) -> bool:
        """Whether somebody has signed for this endpoint. Before that nobody believes whose it is."""
        return self._circle.joined

    async def offer_pairing(self, *, shared: bool, same: Same | None = None) -> Offered:
        """A code for one more endpoint, of the own person or shared by the household. Whoever has it with its secret
        is signed for; whoever has the bare code if `same` says, given six digits, that the other shows them too.
        Raises Problem, Unreachable, Untrusted."""
        return await self._circle.offer(shared=shared, same=same)

    async def waiting(self) -> tuple[WaitingEndpoint, ...]:
        """Endpoints for which nobody has signed yet. Raises Unreachable, Untrusted."""
        return await self._circle.waiting()

    async def sign_for(self, endpoint: str, same: Same) -> None:
        """Sign for one of those that wait, by its id: both show six digits, and `same` says whether they are alike.
        Raises Problem, Unreachable, Untrusted."""
        await self._circle.sign_for(endpoint, same)

    async def welcome(self, person: str) -> None:
        """Take somebody of the household into its roster, by id. Raises Problem, Unreachable, Untrusted."""
        await self._circle.welcome(person)

    async def move_in(self) -> None:
        """The person of this endpoint knows the household that took them in: from here on its roster is believed.
        Raises Problem, Unreachable, Untrusted."""
        await self._circle.move_in()

    async def leave_household(self) -> None:
        """A household of one's own from now on: what the former one shares speaks for this endpoint's person no more.
        Raises Problem (last_member where nobody else lives there), Unreachable, Untrusted."""
        await self._circle.leave(for_good=False)

    async def deregister(self) -> None:
        """Leave for good: the server erases all that it keeps of the person, and this endpoint with it.
        Raises Problem, Unreachable, Untrusted."""
        await self._circle.leave(for_good=True)

    async def remove_endpoint(self, name: str) -> None:
        """Sign an endpoint of the person's, or one that the household shares, out for good, by id or name; this one
        too. First everybody else is told, signed, that it is nobody's any more.
        Raises directory.Unclear, Problem, Unreachable, Untrusted."""
        listed = await self.request(protocol.ListEndpoints(id=self.new_id()))
        if not isinstance(listed, protocol.Endpoints):
            raise Problem(Code.MALFORMED)
        wanted = the_one(name, [Named(one.id, one.name) for one in listed.endpoints]).id
        gone = next(one for one in listed.endpoints if one.id == wanted)
        await self._circle.take_out(gone.identity, shared=gone.shared)
        await self.request(protocol.RemoveEndpoint(id=self.new_id(), endpoint=gone.id))

    async def safety(self, whom: str) -> Safety:
        """The safety number with a person, by id or name, and whether it was compared before. For a personal endpoint.
        Raises directory.Unclear, Untrusted, Unreachable."""
        person = self.directory.find(whom).id
        return await safety_of(self._circle.identities, self.enrolment.person, person)

    async def compare_safety(self, whom: str, said: str) -> bool:
        """Whether `said`, the number or the scanned code that the other side has, is the one here; remembered from now
        on, also if it is not. Raises directory.Unclear, Untrusted, Unreachable."""
        person = self.directory.find(whom).id
        return await compare(self._circle.identities, self.enrolment.person, person, said)

    async def compared(self, *, same: bool) -> None:
        """Whether the digits that this new endpoint shows (event `pairing`) are those of the other one.
        Raises Untrusted if it shows none."""
        await self._circle.compared(same=same)

    async def compare_again(self) -> None:
        """Show other digits on both."""
        await self._circle.compare_again()

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
            self._adopt(welcome.snapshot)
            self._circle.begun_anew()
        self._book.refresh(anew=welcome.snapshot is not None)
        self.emit("signed_in")

    def happened(self, event: AnyEvent) -> None:
        match event:
            case protocol.Ringing(call=view):
                self._ring(view)
            case protocol.CallChanged(call=view):
                self._happened_to(self._known(view.id), event)
            case (
                protocol.Ended(call=call_id)
                | protocol.Signalled(call=call_id)
                | protocol.PeerIndicated(call=call_id)
            ):
                self._happened_to(self._known(call_id), event)
            case protocol.DirectoryChanged():
                self.directory.change(event)
                self._look_where_at_home()
                self.emit("directory")
            case protocol.CallsElsewhere(calls=elsewhere):
                self.directory.elsewhere = elsewhere
                self.emit("elsewhere", elsewhere)
            case protocol.MissedCalls(missed=missed):
                self.directory.missed = missed
                self.emit("missed", missed)
            case protocol.HouseholdNews(news=news):
                self._take_news(news)
            case protocol.Registered():
                self.emit("registered")
            case protocol.OwnChanged(own=own):
                self.own = own
                self.emit("own", own)
            case protocol.ContactsChanged(revision=revision):
                self.contacts.changed(revision)
                self.emit("contacts", revision)
            case protocol.BooksChanged(books=books):
                self.emit("books", books)
            case protocol.IdentityChanged() | protocol.RosterChanged() | protocol.PairingSignalled():
                self._circle.happened(event)
                if isinstance(event, protocol.IdentityChanged):
                    self.emit("identity", event.person)
            case protocol.ServerLeaving():
                pass  # the connection sees to it

    def replied(self, reply: AnyReply) -> None:
        """What the server says a call is now, in its order among the events.

        Where both called each other, the answer to placing a call is the other one's call, now answered.
        """
        match reply:
            case protocol.CallState(call=view):
                call = self._known(view.id)
                if call is None and self._call is not None and self._call.placing == reply.re:
                    call = self._call
                if call is not None:
                    call.follow(view)
            case protocol.CallEnded(call=call_id, reason=reason):
                if (call := self._known(call_id)) is not None:
                    call.finish(reason)

    def _happened_to(self, call: Call | None, event: AnyEvent) -> None:
        if isinstance(event, protocol.Ended) and self._rings_too_early is not None:
            self._rings_too_early = None if self._rings_too_early.id == event.call else self._rings_too_early
        if call is None:
            return  # it ended here before the server heard of it
        match event:
            case protocol.CallChanged(call=view):
                call.resync(view)
            case protocol.Ended(reason=reason):
                call.finish(reason)
            case protocol.Signalled():
                call.signalled(event)
            case protocol.PeerIndicated():
                call.peer_indicated(event)
                self.emit("peer_indicated", call, event)

    def away(self, cause: Exception | None) -> None:
        self.emit("away", cause)

    def closed(self, cause: Unreachable | None) -> None:
        if self._call is not None and cause is not None:
            self._call.finish(EndReason.LOST)
        self.failure = cause
        self._closed.set()
        self.emit("closed", cause)

    # -- what a call brings (kith.endpoint.call.Listener) -------------------------------------------------

    def call_changed(self, call: Call) -> None:
        if call.answered and not call.was_answered:
            call.was_answered = True
            self.emit("answered", call)
        self.emit("changed", call)
        self._show()

    def call_connected(self, call: Call) -> None:
        self.presentation.connected()
        self.emit("connected", call)

    def call_ended(self, call: Call, reason: EndReason) -> None:
        if call is self._call:
            self._call = None
            self._show()
            self.presentation.ended(call, reason)
        self._spawn(call.settled())
        self.emit("ended", call, reason)

    def call_picture(self, call: Call, frame: VideoFrame) -> None:
        self.emit("frame", call, frame)

    def call_voice(self, call: Call, samples: Samples) -> None:
        self.emit("audio", call, samples)

    def _told_of_pairing(self, progress: Progress) -> None:
        if progress.step == "digits" and progress.digits is not None and not self.joined:
            self.presentation.announce(f"Do both show {spaced(progress.digits)}?")
        if progress.step == "signed" and progress.endpoint is None:
            early, self._rings_too_early = self._rings_too_early, None
            if early is not None:
                self._ring(early)
        self.emit("pairing", progress)

    def call_distrusted(self, call: Call, reason: Reason) -> None:
        self.emit("untrusted", call, reason)

    async def call_identity_changed(self, call: Call) -> bool:
        self.emit("identity_changed", call)
        accept = self._accept_changed
        return accept if isinstance(accept, bool) else await accept(call)

    # -- the pieces -----------------------------------------------------------------------------------

    @property
    def _wire(self) -> Connection:
        if self._connection is None:
            raise Unreachable("the endpoint has not been started")
        return self._connection

    @property
    def _book(self) -> IceBook:
        if self._ice is None:
            raise Unreachable("the endpoint has not been started")
        return self._ice

    def _take_news(self, news: Sequence[protocol.NewsItem]) -> None:
        fresh = self.directory.hear(news)
        if fresh:
            self.emit("news", fresh)

    def _network_changed(self, addresses: frozenset[str]) -> None:
        if self._connection is not None:
            self._connection.network_changed(addresses)
        if self._call is not None:
            self._call.network_changed(addresses)

    def _look_where_at_home(self) -> None:
        person = self.directory.person
        if person is not None and not self.directory.shared and person.household != self.enrolment.household:
            self.enrolment = msgspec.structs.replace(self.enrolment, household=person.household)
            self._circle.lives_at(person.household)

    def _adopt(self, snapshot: Snapshot) -> None:
        self.directory.change(snapshot)
        self._look_where_at_home()
        self.directory.missed = snapshot.missed
        self.directory.elsewhere = snapshot.elsewhere
        self._take_news(snapshot.news)
        self.own = snapshot.own
        if snapshot.own is not None:
            self.contacts.changed(snapshot.own.contacts)
        views = {view.id: view for view in snapshot.calls}
        call = self._call
        if call is not None and call.id not in views and call.placing is None:
            call.finish(EndReason.LOST)
        for view in views.values():
            if (known := self._known(view.id)) is not None:
                known.resync(view)
                if view.phase is Phase.RINGING and view.role is Role.CALLEE:
                    self._alert(view.id)
            elif view.phase is Phase.RINGING and view.role is Role.CALLEE:
                self._ring(view)
            else:  # a life before this one left it: no microphone opens again by itself
                self._tell(protocol.HangUp(id=self._wire.new_id(), call=view.id))
        self.emit("directory")

    def _ring(self, view: CallView) -> None:
        if not self.joined:
            self._rings_too_early = view  # nobody would believe who answers
            return
        if self._known(view.id) is not None:
            self._alert(view.id)
        elif self._call is not None:
            self._tell(protocol.Busy(id=self._wire.new_id(), call=view.id))
        else:
            call = self._begin(view)
            self._alert(view.id)
            self._show()
            self.presentation.announce(f"Call from {view.peer_name}")
            self.emit("ringing", call)

    def _begin(self, view: CallView) -> Call:
        self._book.refresh()
        self._call = Call(
            view,
            connection=self._wire,
            equipment=self.equipment,
            ice=self._book,
            identities=self._circle.identities,
            keys=self._keys,
            listener=self,
        )
        return self._call

    def _known(self, call_id: str) -> Call | None:
        return self._call if self._call is not None and self._call.id == CallId(call_id) else None

    def _some_call(self) -> Call:
        if self._call is None:
            raise NoCall("there is no call")
        return self._call

    def _alert(self, call_id: str) -> None:
        self._tell(protocol.Alerting(id=self._wire.new_id(), call=call_id))

    def _switched(self) -> None:
        capabilities = self.equipment.capabilities
        if self._connection is not None:
            self._connection.capabilities = capabilities
            self._tell(protocol.Describe(id=self._wire.new_id(), capabilities=capabilities))
        if self._call is not None:
            self._call.switched()
        self._show()

    def _show(self) -> None:
        self.presentation.show(self._call)

    def _own_frame(self, frame: VideoFrame) -> None:
        self.emit("own_frame", frame)

    def _tell(self, command: Command) -> None:
        self._spawn(self._quietly(command))

    async def _quietly(self, command: Command) -> None:
        try:
            await self._wire.request(command)
        except Problem as problem:
            if problem.code not in (Code.UNKNOWN_CALL, Code.CALL_OVER):
                log.warning("%s was refused: %s", type(command).__name__, problem.code)
        except Unreachable:
            pass  # "closed" says so

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _unseen(call: CallId, name: str, *, video: bool) -> CallView:
    """A call as long as the server has not said how it stands."""
    return CallView(
        id=call,
        role=Role.CALLER,
        phase=Phase.RINGING,
        peer_name=name,
        video=video,
        media=protocol.MediaView(
            send_audio=False, receive_audio=False, send_video=False, receive_video=False
        ),
        created=time.time(),
    )


def _nothing(*_: object) -> None:
    """For equipment that is only tried."""


def _report(error: object) -> None:
    """What happens to an exception in a listener that nobody else wants."""
    log.error("a listener failed", exc_info=error if isinstance(error, BaseException) else None)
