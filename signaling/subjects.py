"""Everything that a server can be asked about, on one page, top to bottom: what carries it out, and what of.

Each subject has one object, made here once and from here handed to whoever needs it. What is given from outside (where
things are kept, who is here, what time it is) is `signaling.given`; drop ins and groups, which look at
each other, are made in `signaling.visits`.
"""

from kith.directory import vcards
from kith.directory.regions import Regions
from signaling.accounts import Accounts
from signaling.announce_facts import AnnounceFinder
from signaling.announcements import Announcements
from signaling.announcing import Announcer
from signaling.at_endpoint import EndpointDesk
from signaling.attendance import Attendance
from signaling.beginning_anew import BeginDesk
from signaling.blocking import BlockDesk
from signaling.books import BookDesk
from signaling.calling import CallDesk
from signaling.children import ChildDesk
from signaling.contacts import ContactDesk
from signaling.given import Given
from signaling.granting import GrantDesk
from signaling.history import HistoryDesk
from signaling.identities import IdentityDesk
from signaling.inviting import InviteDesk
from signaling.journal import JournalDesk
from signaling.live_rooms import LiveRooms
from signaling.message_reports import MessageReports
from signaling.messaging import messaging
from signaling.names import NameDesk
from signaling.news import HouseholdNews
from signaling.own import OwnProfiles
from signaling.passkeys import PasskeyDesk
from signaling.people import PeopleDesk
from signaling.push import PushDesk
from signaling.quiet import Quiet
from signaling.signing_in import SigningIn
from signaling.snapshots import Snapshots
from signaling.strangers import Strangers
from signaling.suspending import Suspending
from signaling.uttering import UtterDesk
from signaling.visits import Visits


class Subjects:
    """One object a subject; in the order in which they are made of each other."""

    def __init__(self, given: Given) -> None:
        directory, sessions, reachable = given.directory, given.sessions, given.reachable
        switchboard, deadlines, clock = given.switchboard, given.deadlines, given.clock
        granting, identities, blocks, children = (
            given.granting,
            given.identities,
            given.blocks,
            given.children,
        )

        # who is here, and who is told of it
        self.attendance = Attendance(directory, clock)
        self.announcer = announcer = Announcer(directory, sessions, reachable, blocks)
        network_digest = given.registry.network_digest
        self.news = news = HouseholdNews(directory, sessions, announcer, network_digest, clock)
        self.signing_in = SigningIn(directory, self.attendance, news, given.server)
        self.accounts = Accounts(
            directory=directory,
            sessions=sessions,
            reachable=reachable,
            switchboard=switchboard,
            announcer=announcer,
            news=news,
            clock=clock,
        )
        expel = self.accounts.expel

        # who is together
        visits = Visits(given, announcer)
        granted, activities, groups = visits.granted, visits.activities, visits.groups
        self.drop_ins = drop_ins = visits.drop_ins
        self.grouping = visits.grouping
        self.rooms = LiveRooms(given.rooms, directory)
        self.calls = CallDesk(switchboard, drop_ins)

        # who people are
        regions = Regions(directory, given.region)
        self.own = own = OwnProfiles(
            directory, given.people, given.verifying, given.contacts, sessions, regions
        )
        self.blocks = BlockDesk(
            blocks,
            given.contacts,
            given.reports,
            directory,
            sessions,
            switchboard,
            announcer,
            clock,
            drop_ins,
        )
        self.identities = IdentityDesk(
            identities,
            directory,
            sessions,
            switchboard,
            news,
            given.contacts,
            blocks,
            private=(own.tell, self.blocks.tell),
            settled=drop_ins.settled,
            writers=given.messages.senders,
        )
        self.grants = GrantDesk(
            granting,
            granted,
            drop_ins,
            identities,
            self.identities,
            directory,
            sessions,
            switchboard,
            announcer,
            news,
            expel,
            clock,
            activities.stirred,
        )

        # whom they know
        self.contacts = ContactDesk(
            given.contacts,
            directory,
            sessions,
            announcer,
            own,
            deadlines,
            clock,
            regions=regions,
            read_cards=vcards.read,
            incidents=given.incidents,
        )
        self.books = BookDesk(
            shelving=given.books,
            contacts=self.contacts,
            directory=directory,
            sessions=sessions,
            deadlines=deadlines,
            clock=clock,
        )
        self.contacts.import_refused = (self.books.unlinked,)
        self.names = NameDesk(given.contacts, directory, announcer, clock)
        self.utterances = UtterDesk(self.names)

        # what they say to each other, and what is kept of it
        self.messaging = messaging(
            given.messages,
            directory,
            given.contacts,
            identities,
            blocks,
            children,
            granting,
            sessions,
            reachable,
            switchboard.over_quota,
            clock,
        )
        sending = self.messaging.sending
        self.message_reports = MessageReports(identities, given.reports, clock)
        self.push = PushDesk(
            given.subscriptions,
            given.pushing,
            given.push_key,
            directory,
            switchboard,
            groups,
            sending,
            deadlines,
            clock,
        )
        self.history = HistoryDesk(given.histories, directory, sessions, switchboard, groups, sending, clock)
        self.journal = JournalDesk(given.journals, directory, given.journal)
        announce_facts = AnnounceFinder(
            directory, blocks, children, Quiet(granting, sessions, clock), sessions, reachable, clock
        )
        self.announcements = Announcements(announce_facts, sending.unsent, sessions, deadlines, clock)
        self.messaging.elsewhere += (self.announcements,)
        self.announcements.witnesses += (self.history.announced,)

        # how they come, stay and go
        self.people = PeopleDesk(
            directory=directory,
            verifying=given.verifying,
            people=given.people,
            leaving=given.leaving,
            contacts=self.contacts,
            books=self.books,
            own=own,
            identities=self.identities,
            announcer=announcer,
            news=news,
            sessions=sessions,
            reachable=reachable,
            switchboard=switchboard,
            export=given.export,
            expel=expel,
            clock=clock,
        )
        self.children = ChildDesk(
            children,
            directory,
            sessions,
            switchboard,
            announcer,
            news,
            expel,
            given.journal,
            drop_ins.settled,
        )
        self.passkeys = PasskeyDesk(given.passkeys, directory, announcer, news)
        self.invitations = InviteDesk(given.registry, children)
        self.strangers = Strangers(
            directory=directory,
            registry=given.registry,
            identities=identities,
            identity_desk=self.identities,
            passkey_desk=self.passkeys,
            announcer=announcer,
            news=news,
            profiles=given.people.profiles,
            expel=expel,
            server=given.server,
            clock=clock,
        )
        self.beginning = BeginDesk(
            identities, directory, reachable, announcer, self.identities, self.strangers, expel
        )
        self.suspending = Suspending(directory, switchboard, self.accounts, self.people, granted)

        # what an endpoint says of itself, and is shown
        self.endpoints = EndpointDesk(
            directory, sessions, switchboard, announcer, news, drop_ins, activities, given.ice, clock
        )
        self.snapshots = Snapshots(
            directory, switchboard, groups, announcer, news, own, self.blocks, granted, activities
        )
