"""Carries out commands for a principal, whichever way they came. Raises Problem for every "no"."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from kith.core.ids import EndpointId, PersonId
from kith.core.keys import KeyPair, sign_in_statement, verify
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.core.standing import DeviceStanding
from kith.directory import vcards
from kith.directory.blocks import Blocks
from kith.directory.children import Children
from kith.directory.contact_store import ContactStore
from kith.directory.granting import Granting
from kith.directory.identities import Identities
from kith.directory.journal import JournalStore
from kith.directory.leaving import Leaving
from kith.directory.model import Endpoint, Person
from kith.directory.passkeys import Passkeys
from kith.directory.people import People
from kith.directory.ports import DirectoryStore
from kith.directory.regions import Regions
from kith.directory.registry import Registry, named, registered, tidy
from kith.directory.verifying import Verifying
from kith.messaging.ports import MessageStore
from presence.active import Active
from presence.reachable import Reachable
from signaling import call as calls
from signaling import protocol as wire
from signaling.accounts import Accounts
from signaling.activity import Activities
from signaling.announce_facts import AnnounceFinder
from signaling.announcements import ANNOUNCE_COMMANDS, Announcements
from signaling.announcing import Announcer
from signaling.attendance import Attendance
from signaling.blocking import BLOCK_COMMANDS, BlockDesk, Reports
from signaling.books import BOOK_COMMANDS, BookDesk, Shelving
from signaling.call import EndReason
from signaling.children import CHILD_COMMANDS, NOT_FOR_CHILDREN, ChildDesk
from signaling.contacts import CONTACT_COMMANDS, ContactDesk
from signaling.contacts import Command as ContactCommand
from signaling.deadlines import Deadlines
from signaling.discovery import Incidents
from signaling.drop_in_facts import DropInFinder
from signaling.dropping_in import DropIns
from signaling.granted import Granted
from signaling.granting import GRANT_COMMANDS, GrantDesk
from signaling.group_apart import Groups
from signaling.group_board import GroupStore
from signaling.group_drop_ins import GroupDropIns
from signaling.group_facts import GroupFinder
from signaling.grouping import GROUP_COMMANDS, Grouping
from signaling.history import HISTORY_COMMANDS, HistoryDesk, HistoryStore
from signaling.ice import IceDesk
from signaling.identities import IdentityDesk
from signaling.journal import JOURNAL_COMMANDS, READING, Journal, JournalDesk
from signaling.live_rooms import ROOM_COMMANDS, LiveRooms
from signaling.message_reports import REPORT_COMMANDS, MessageReports
from signaling.messaging import MESSAGE_COMMANDS, messaging
from signaling.names import NameDesk
from signaling.news import HouseholdNews
from signaling.own import OwnProfiles
from signaling.passkeys import PASSKEY_COMMANDS, PasskeyDesk
from signaling.people import PEOPLE_COMMANDS, Exporter, PeopleDesk
from signaling.push import PUSH_COMMANDS, PushDesk, Subscriptions
from signaling.quiet import Quiet
from signaling.rooms import NoRooms, Rooms
from signaling.sessions import Live, Sessions
from signaling.strangers import Strangers
from signaling.suspending import Suspending
from signaling.switchboard import Switchboard
from signaling.uttering import UtterDesk
from signaling.views import endpoint_view, missed_view, person_view
from signaling.waking import Pushing

log = logging.getLogger(__name__)

TOKEN_LIFE = 900.0
"""Seconds a script's bearer token lives; a new one costs one signature."""

PERSONAL = (
    wire.Invite,
    wire.OfferPairing,
    wire.ListEndpoints,
    wire.RenameEndpoint,
    wire.RemoveEndpoint,
    wire.DismissMissed,
    wire.DismissNews,
    wire.Unblock,
    wire.ListBlocks,
    wire.ReportPerson,
    wire.SetGrants,
    wire.Panic,
    wire.RemoveConversation,
    *REPORT_COMMANDS,
    *PASSKEY_COMMANDS,
    *CONTACT_COMMANDS,
    *PEOPLE_COMMANDS,
    *BOOK_COMMANDS,
    *READING,
    *CHILD_COMMANDS,
    *ROOM_COMMANDS,
    *PUSH_COMMANDS,
    *HISTORY_COMMANDS,
)
"""What only a person's own endpoint may ask: whoever stands before a shared one is not known to be an adult."""

_GROUPS = (wire.PlanGroup, wire.StartGroup, wire.JoinGroup, wire.AskIntoGroup)
_CALLING = (wire.DropIn, *_GROUPS, wire.Move, wire.Block, wire.ResolveName, wire.Utter)
_WRITING = (
    wire.ListRecipients,
    wire.PutSegment,
    wire.SendMessage,
    wire.ListConversations,
    wire.MarkRead,
    wire.SendOwn,
)
CONFIRMED = (*PERSONAL, *_CALLING, *_WRITING, *GRANT_COMMANDS, wire.AppendLog, wire.CheckLog)
"""What an endpoint may not ask before another one has signed for it: the server's word is not enough for that."""


class _Slice(Protocol):
    """What carries out the commands about one subject."""

    async def carry_out(self, principal: Principal, command: Any) -> wire.AnyReply: ...


_WHY_OUT: Mapping[wire.WhyOut, EndReason] = {
    "done": EndReason.HUNG_UP,
    "silence": EndReason.SILENCE,
    "not_let_in": EndReason.NOT_LET_IN,
}


class Desk:
    """Everything that an endpoint can ask, in one place; each answer is made elsewhere."""

    origin = ""
    """Under which address other devices reach this server, once that is known."""

    def __init__(
        self,
        *,
        directory: DirectoryStore,
        registry: Registry,
        verifying: Verifying,
        people: People,
        children: Children,
        leaving: Leaving,
        export: Exporter,
        identities: Identities,
        passkeys: Passkeys,
        blocks: Blocks,
        reports: Reports,
        switchboard: Switchboard,
        sessions: Sessions,
        reachable: Reachable,
        server: bytes,
        clock: Callable[[], float],
        ice: IceDesk,
        contacts: ContactStore,
        books: Shelving,
        journal: Journal,
        journals: JournalStore,
        granting: Granting,
        incidents: Incidents | None = None,
        groups: GroupStore,
        histories: HistoryStore,
        subscriptions: Subscriptions,
        pushing: Pushing | None = None,
        push_key: bytes | None = None,
        messages: MessageStore,
        rooms: Rooms | None = None,
        keys: KeyPair,
        deadlines: Deadlines,
        region: str,
    ) -> None:
        self.directory = directory
        self.registry = registry
        self.switchboard = switchboard
        self.sessions = sessions
        self.reachable = reachable
        self.server, self.clock, self.ice = server, clock, ice
        self.attendance = Attendance(directory, clock)
        self.announcer = Announcer(directory, sessions, reachable, blocks)
        self.news = HouseholdNews(directory, sessions, self.announcer, registry.network_digest, clock)
        self._accounts = Accounts(
            directory=directory,
            sessions=sessions,
            reachable=reachable,
            switchboard=switchboard,
            announcer=self.announcer,
            news=self.news,
            clock=clock,
        )
        self.expel = self._accounts.expel
        self.identities = identities
        self._blocks = blocks
        self.granted = Granted(granting, directory, blocks, sessions, reachable, clock)
        finder = DropInFinder(directory, granting, blocks, sessions, reachable, switchboard, children, clock)
        active = Active()
        self.activities = Activities(
            active, self.granted, granting, finder, directory, sessions, reachable, deadlines, clock
        )
        self.drop_ins = DropIns(
            switchboard,
            finder,
            granting,
            directory,
            journal,
            deadlines,
            clock,
            lambda endpoint: active.last(endpoint) or 0.0,
            self.granted,
            self.announcer,
        )
        self.groups = Groups(
            groups,
            sessions,
            reachable,
            deadlines,
            clock,
            switchboard.finder,
            journal,
            rooms or NoRooms(),
            switchboard.announce_missed,
        )
        switchboard.beside = (self.groups,)
        group_finder = GroupFinder(
            directory,
            granting,
            blocks,
            children,
            switchboard.finder,
            finder,
            self.drop_ins,
            reachable,
            clock,
            ringing=switchboard.bounds.ringing,
        )
        group_drop_ins = GroupDropIns(
            self.groups, finder, granting, directory, deadlines, clock, group_finder.opted_in
        )
        self.drop_ins.also = (group_drop_ins,)
        self.grouping = Grouping(
            self.groups,
            group_finder,
            group_drop_ins,
            directory,
            blocks,
            sessions,
            rooms or NoRooms(),
            keys,
            clock,
            switchboard.over_quota,
            longest=switchboard.bounds.longest,
            largest=switchboard.bounds.largest,
        )
        self._block_desk = BlockDesk(
            blocks,
            contacts,
            reports,
            directory,
            sessions,
            switchboard,
            self.announcer,
            clock,
            self.drop_ins,
        )
        self._passkey_desk = PasskeyDesk(passkeys, directory, self.announcer, self.news)
        regions = Regions(directory, region)
        self.own = OwnProfiles(directory, people, verifying, contacts, sessions, regions)
        self._identity_desk = IdentityDesk(
            identities,
            directory,
            sessions,
            switchboard,
            self.news,
            contacts,
            blocks,
            private=(self.own.tell, self._block_desk.tell),
            settled=self.drop_ins.settled,
            writers=messages.senders,
        )
        self._grant_desk = GrantDesk(
            granting,
            self.granted,
            self.drop_ins,
            identities,
            self._identity_desk,
            directory,
            sessions,
            switchboard,
            self.announcer,
            self.news,
            self._accounts.expel,
            clock,
            self.activities.stirred,
        )
        self.contacts = ContactDesk(
            contacts,
            directory,
            sessions,
            self.announcer,
            self.own,
            deadlines,
            clock,
            regions=regions,
            read_cards=vcards.read,
            incidents=incidents,
        )
        self.messaging = messaging(
            messages,
            directory,
            contacts,
            identities,
            blocks,
            children,
            granting,
            sessions,
            reachable,
            switchboard.over_quota,
            clock,
        )
        self.push = PushDesk(
            subscriptions,
            pushing,
            push_key,
            directory,
            switchboard,
            self.groups,
            self.messaging.sending,
            deadlines,
            clock,
        )
        self.history = HistoryDesk(
            histories, directory, sessions, switchboard, self.groups, self.messaging.sending, clock
        )
        self._names = NameDesk(contacts, directory, self.announcer, clock)
        self._utterances = UtterDesk(self._names)
        self.books = BookDesk(
            shelving=books,
            contacts=self.contacts,
            directory=directory,
            sessions=sessions,
            deadlines=deadlines,
            clock=clock,
        )
        self.journal = journal
        self._journal_desk = JournalDesk(journals, directory, journal)
        self.people = PeopleDesk(
            directory=directory,
            verifying=verifying,
            people=people,
            leaving=leaving,
            contacts=self.contacts,
            books=self.books,
            own=self.own,
            identities=self._identity_desk,
            announcer=self.announcer,
            news=self.news,
            sessions=sessions,
            reachable=reachable,
            switchboard=switchboard,
            export=export,
            expel=self._accounts.expel,
            clock=clock,
        )
        self.announcements = Announcements(
            AnnounceFinder(
                directory, blocks, children, Quiet(granting, sessions, clock), sessions, reachable, clock
            ),
            self.messaging.sending.unsent,
            sessions,
            deadlines,
            clock,
        )
        self.messaging.elsewhere += (self.announcements,)
        self.announcements.witnesses += (self.history.announced,)
        self.children = children
        self._child_desk = ChildDesk(
            children,
            directory,
            sessions,
            switchboard,
            self.announcer,
            self.news,
            self._accounts.expel,
            journal,
            self.drop_ins.settled,
        )
        self._slices: tuple[tuple[tuple[type[wire.Command], ...], _Slice], ...] = (
            (CHILD_COMMANDS, self._child_desk),
            (BOOK_COMMANDS, self.books),
            (JOURNAL_COMMANDS, self._journal_desk),
            (GRANT_COMMANDS, self._grant_desk),
            (BLOCK_COMMANDS, self._block_desk),
            (PEOPLE_COMMANDS, self.people),
            (GROUP_COMMANDS, self.grouping),
            (MESSAGE_COMMANDS, self.messaging),
            (REPORT_COMMANDS, MessageReports(identities, reports, clock)),
            (ROOM_COMMANDS, LiveRooms(rooms or NoRooms(), directory)),
            (PUSH_COMMANDS, self.push),
            (HISTORY_COMMANDS, self.history),
            (ANNOUNCE_COMMANDS, self.announcements),
        )
        self.suspending = Suspending(directory, switchboard, self._accounts, self.people, self.granted)
        self.strangers = Strangers(
            directory=directory,
            registry=registry,
            identities=identities,
            identity_desk=self._identity_desk,
            passkey_desk=self._passkey_desk,
            announcer=self.announcer,
            news=self.news,
            profiles=people.profiles,
            expel=self._accounts.expel,
            server=server,
            clock=clock,
        )
        self._nobody = KeyPair.generate().public.identity
        """Nobody's key: an unknown endpoint costs the same time as a wrong signature."""

    # -- signing in --------------------------------------------------------------------------------

    async def authenticate(
        self, command: wire.SignIn, *, origin: str, nonce: bytes | None, address: str
    ) -> tuple[Endpoint, Principal]:
        """The endpoint whose key signed. An unknown endpoint and a wrong signature look the same; that it
        was removed is said only to whoever holds its key."""
        if nonce is None or command.nonce != nonce:
            raise Problem(Code.STALE_NONCE, path="nonce")
        endpoint = await self.directory.record(EndpointId(command.endpoint))
        message = sign_in_statement(self.server, origin, nonce, command.endpoint)
        key = self._nobody if endpoint is None else endpoint.keys.identity
        if not verify(key, command.signature, message) or endpoint is None:
            raise Problem(Code.BAD_SIGNATURE, path="signature")
        if endpoint.removed is not None:
            raise Problem(Code.ENDPOINT_REMOVED)
        self.attendance.note(endpoint)
        self.news.signed_in(endpoint, address)
        if command.capabilities is not None and command.capabilities != endpoint.capabilities:
            await self.directory.describe_endpoint(endpoint.id, None, command.capabilities)
            endpoint = replace(endpoint, capabilities=command.capabilities)
        return endpoint, await self.principal(endpoint, None)

    async def principal(self, endpoint: Endpoint, as_person: str | None) -> Principal:
        """The endpoint acting as a person: its own, or on a shared one any adult of the household. Raises
        Problem(not_permitted), (suspended)."""
        person = None
        wanted = as_person or endpoint.person
        if wanted is not None:
            person = await self.directory.person(PersonId(wanted))
        if as_person is not None and not _may_act_as(endpoint, person):
            raise Problem(Code.NOT_PERMITTED, path="as")
        chosen = as_person is not None or not endpoint.shared  # what a household shares is not one person's
        if chosen and person is not None and person.suspended is not None:
            raise Problem(Code.SUSPENDED)
        return named(endpoint, person)

    async def snapshot(self, live: Live, me: Person | None) -> wire.Snapshot:
        """Everything, for an endpoint whose person is `me`."""
        principal = live.principal
        endpoint = live.endpoint
        people, endpoints = await self.announcer.listing(endpoint, principal)
        own = None if me is None or endpoint.shared or endpoint.waiting else me.id
        missed = () if own is None else await self.directory.missed(own)
        granted = await self.granted.shown(live)
        activity = await self.activities.shown(live)
        return wire.Snapshot(
            person=None if me is None else person_view(me, own=True),
            endpoint=endpoint_view(endpoint, online=True, own=True),
            registered=principal.registered,
            people=people,
            endpoints=endpoints,
            calls=self.switchboard.views_for(endpoint.id),
            missed=tuple(missed_view(one) for one in missed),
            elsewhere=() if own is None else await self.switchboard.elsewhere.ongoing(own, endpoint.id),
            news=() if own is None else await self.news.view(own),
            own=None if own is None else await self.own.view(own),
            blocks=() if own is None else await self._block_desk.view(own),
            granted=granted,
            activity=activity,
            groups=self.groups.views_for(endpoint),
        )

    # -- signed in ---------------------------------------------------------------------------------

    def pass_on(self, endpoint: EndpointId, command: wire.Signal | wire.SignalGroup) -> None:
        """A blob for another endpoint: nothing to await, to save or to answer. Raises Problem."""
        if type(command) is wire.Signal:
            self.switchboard.signal(endpoint, command)
        elif type(command) is wire.SignalGroup:
            self.grouping.media.signal(endpoint, command)

    async def carry_out(
        self, principal: Principal, endpoint: Endpoint, command: wire.AnyCommand, *, origin: str
    ) -> wire.AnyReply:
        """One command of a signed-in endpoint, which dialled this server as `origin`."""
        if command.as_person is not None:
            principal = await self.principal(endpoint, command.as_person)
        if principal.shared and isinstance(command, PERSONAL):
            raise Problem(Code.NOT_PERMITTED)
        if principal.child and isinstance(command, NOT_FOR_CHILDREN):
            raise Problem(Code.NOT_PERMITTED)
        leaves = isinstance(command, wire.RemoveEndpoint) and command.endpoint == endpoint.id
        decides = isinstance(command, CONFIRMED) and not leaves  # going for good needs nobody's word
        if endpoint.waiting and decides and await self._waits(endpoint):
            raise Problem(Code.NOT_CONFIRMED)
        if isinstance(command, PASSKEY_COMMANDS):
            return await self._passkey_desk.carry_out(principal, command, origin)
        if isinstance(command, CONTACT_COMMANDS):
            return await self._about_contacts(principal, command)
        for commands, desk in self._slices:
            if isinstance(command, commands):
                return await desk.carry_out(principal, command)
        match command:
            case wire.Signal():
                self.switchboard.signal(endpoint.id, command)
            case wire.Indicate():
                self.switchboard.indicate(endpoint.id, command)
            case wire.Ping():
                pass
            case wire.Describe():
                await self._describe(endpoint, command)
            case wire.ListEndpoints() | wire.RenameEndpoint() | wire.RemoveEndpoint():
                return await self._accounts.carry_out(principal, command)
            case wire.ReportStanding():
                await self.report(endpoint.id, command.standing)
            case wire.Touch():
                self.activities.touched(endpoint)
            case wire.DismissMissed():
                person = registered(principal)
                await self.directory.dismiss_missed(person)
                await self.announcer.told(self.switchboard.announce_missed(person))
            case wire.DismissNews():
                await self.news.dismiss(registered(principal), command.up_to)
            case wire.ListDirectory():
                people, endpoints = await self.announcer.listing(endpoint, principal)
                return wire.Directory(re=command.id, people=people, endpoints=endpoints)
            case wire.ResolveName():
                return await self._names.resolve(principal, endpoint, command)
            case wire.Utter():
                return await self._utterances.carry_out(principal, endpoint, command)
            case wire.ListIceServers():
                if not principal.shared:  # who may not call yet has no use for the relay's bandwidth
                    registered(principal)
                return self.ice.issue(command.id)
            case (
                wire.ListIdentities()
                | wire.ShowRoster()
                | wire.ExtendPerson()
                | wire.ExtendHousehold()
                | wire.Delegate()
                | wire.PairingSignal()
            ):
                return await self._identity_desk.carry_out(principal, command)
            case wire.BeginAnew():
                await self._refuse_while_another_is_here(principal)
                for one in await self.identities.begin_anew(principal, command.link):
                    self._accounts.expel(one)
                await self.announcer.told(self._identity_desk.person_changed(registered(principal)))
                await self.strangers.told_of_newcomer(endpoint)
                await self.announcer.told(self._identity_desk.catch_up(principal))
            case wire.Invite() | wire.OfferPairing():
                return await self._let_in(principal, command)
            case _:
                return await self._about_call(principal, command)
        return wire.Ok(re=command.id)

    async def _let_in(self, principal: Principal, command: wire.Invite | wire.OfferPairing) -> wire.AnyReply:
        if isinstance(command, wire.Invite):
            secret, expires = await self.registry.invite_from(principal, household=command.household)
            return wire.Invited(re=command.id, secret=secret, expires=expires, origin=self.origin)
        child = None if command.child is None else PersonId(command.child)
        if child is not None:
            await self.children.may_pair(principal, child)
        code, expires = await self.registry.offer_pairing_from(principal, shared=command.shared, child=child)
        return wire.PairingOffered(re=command.id, code=code, expires=expires, origin=self.origin)

    async def report(self, endpoint: EndpointId, standing: DeviceStanding) -> None:
        """How things stand at an endpoint, as it says itself; of one that has no session nothing is kept."""
        live = self.sessions.of(endpoint)
        if live is not None and live.report(standing, self.clock()):
            self.announcer.endpoint_changed(live.endpoint)
            await self.announcer.told(self.switchboard.hush(endpoint))
            await self.announcer.told(self.drop_ins.reconsider_at(endpoint))
            self.activities.stirred(endpoint)

    async def _about_contacts(self, principal: Principal, command: ContactCommand) -> wire.AnyReply:
        reply = await self.contacts.carry_out(principal, command)
        if isinstance(command, wire.SetContactImport) and not command.allowed:
            await self.books.unlinked(registered(principal))
        return reply

    async def export(self, endpoint: Endpoint) -> dict[str, Any]:
        """All that is kept of an endpoint's person. Raises Problem."""
        principal = await self.principal(endpoint, None)
        if principal.shared:
            raise Problem(Code.NOT_PERMITTED)
        if endpoint.waiting:
            raise Problem(Code.NOT_CONFIRMED)
        return await self.people.export(principal)

    async def _refuse_while_another_is_here(self, principal: Principal) -> None:
        """A person with a confirmed endpoint at hand has not lost everything: whoever says so may be a thief with
        no more than a passkey."""
        for one in await self.directory.endpoints_for(registered(principal)):
            if not one.shared and not one.waiting and one.id in self.reachable:
                raise Problem(Code.NOT_PERMITTED)

    async def _waits(self, endpoint: Endpoint) -> bool:
        """Still, whatever its session knows."""
        found = await self.directory.endpoint(endpoint.id)
        return found is None or found.waiting

    async def _about_call(self, principal: Principal, command: wire.AnyCommand) -> wire.AnyReply:
        act = self.switchboard.act
        endpoint = principal.endpoint
        match command:
            case wire.PlaceCall():
                return await self.switchboard.place(principal, command)
            case wire.DropIn():
                return await self.drop_ins.begin(principal, command)
            case wire.Move():
                return await self.switchboard.move(principal, command)
            case wire.Alerting():
                return await act(endpoint, command, command.call, calls.Alerting)
            case wire.Answer():
                video = command.video
                return await act(
                    endpoint, command, command.call, lambda one: calls.Answered(one, video=video)
                )
            case wire.Decline():
                return await act(endpoint, command, command.call, calls.Declined)
            case wire.Busy():
                return await act(endpoint, command, command.call, calls.Busy)
            case wire.Cancel():
                return await act(endpoint, command, command.call, calls.HungUp)
            case wire.HangUp():
                why = _WHY_OUT[command.why]
                return await act(endpoint, command, command.call, lambda one: calls.HungUp(one, why))
            case wire.MediaUp():
                epoch = command.epoch
                return await act(endpoint, command, command.call, lambda one: calls.MediaUp(one, epoch))
            case wire.MediaLost():
                lost = command.epoch
                return await act(endpoint, command, command.call, lambda one: calls.MediaLost(one, lost))
            case _:
                raise Problem(Code.UNKNOWN_COMMAND, path="t")

    async def _describe(self, endpoint: Endpoint, command: wire.Describe) -> None:
        name = None if command.name is None else tidy(command.name, "name")
        await self.directory.describe_endpoint(endpoint.id, name, command.capabilities)
        await self.announcer.told(self.announcer.described(endpoint.id))


def _may_act_as(endpoint: Endpoint, person: Person | None) -> bool:
    """A personal endpoint acts for its person; a shared one for those of its household. Whether the person has
    signed for that too is not the server's to say: the other end of a call looks (docs/trust.md)."""
    if person is None:
        return False
    if endpoint.shared:
        return person.household == endpoint.household
    return person.id == endpoint.person
