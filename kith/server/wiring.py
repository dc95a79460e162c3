"""The whole server on one page, top to bottom: what is made of what."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from kith.core.ids import EndpointId, PersonId
from kith.core.keys import KeyPair
from kith.core.settings import Settings
from kith.core.webpush import Subscription
from kith.directory.blocks import Blocks
from kith.directory.children import Children, ConsentConfirmer, unconfirmed
from kith.directory.digest import Digest
from kith.directory.following import Pace
from kith.directory.granting import Granting
from kith.directory.identities import Identities
from kith.directory.leaving import Leaving
from kith.directory.passkeys import Passkeys
from kith.directory.people import People
from kith.directory.registry import Admission, Registry
from kith.directory.sealing import Sealing
from kith.directory.verifying import CodeSender, Verifying
from kith.server.guarded import AnswerBounds, Guarded, Trust
from kith.server.mixers import Mixers
from kith.server.mixing import mixers_of
from kith.server.operator import Operator
from kith.server.push import Pusher, pushing_of
from kith.server.stalls import Stalls
from kith.store.blocks import SqliteBlocks
from kith.store.books import SqliteBooks
from kith.store.calls import SqliteCalls
from kith.store.children import SqliteChildren
from kith.store.contacts import SqliteContacts
from kith.store.database import Database
from kith.store.directory import SqliteDirectory
from kith.store.export import SqliteExport
from kith.store.grants import SqliteGrants
from kith.store.groups import SqliteGroups
from kith.store.history import SqliteHistory
from kith.store.identities import SqliteIdentities
from kith.store.incidents import SqliteIncidents
from kith.store.journal import SqliteJournal
from kith.store.leaving import SqliteLeaving
from kith.store.messages import SqliteMessages
from kith.store.operator import SqliteOperator
from kith.store.passkeys import SqlitePasskeys
from kith.store.people import SqlitePeople
from kith.store.push import SqliteSubscriptions
from kith.store.reports import SqliteReports
from kith.store.verifying import SqliteVerifying
from policy.quota import DAY, HOUR, Quota
from presence.reachable import Reachable
from signaling.arrivals import Arrivals
from signaling.books import Shelving
from signaling.call_store import Bounds
from signaling.conversation import Reception
from signaling.deadlines import Deadlines
from signaling.desk import Desk
from signaling.gateway import Address, Gateway
from signaling.given import Given
from signaling.http import Health, build
from signaling.ice import ice_desk
from signaling.journal import Journal
from signaling.limits import AddressRates
from signaling.quiet import Quiet
from signaling.sessions import Sessions
from signaling.subjects import Subjects
from signaling.switchboard import Switchboard
from signaling.throttled import Throttled

WEB = Path(__file__).resolve().parents[2] / "web"


@dataclass(frozen=True, slots=True)
class Server:
    """Everything that must be started, asked or closed; in the order in which it was made."""

    database: Database
    deadlines: Deadlines
    registry: Registry
    verifying: Verifying
    sessions: Sessions
    switchboard: Switchboard
    journal: Journal
    operator: Operator
    mixers: Mixers
    subjects: Subjects
    reception: Reception
    gateway: Gateway
    stalls: Stalls
    app: web.Application
    asking: Guarded
    pusher: Pusher | None


async def wire(
    settings: Settings,
    keys: KeyPair,
    database: Database,
    *,
    names: frozenset[str],
    authority: Path | None,
    send_code: CodeSender,
    confirm_consent: ConsentConfirmer = unconfirmed,
    clock: Callable[[], float] = time.time,
) -> Server:
    """Build a server that is ready to listen. Takes up the calls that were live in the database.

    Raises ValueError or OSError if what the settings say of STUN, TURN and authorities does not work.
    """
    # what is elsewhere
    asking = Guarded(
        Trust.of(settings), AnswerBounds(seconds=60.0)
    )  # a NAS takes its time over 10,000 contacts

    # what lasts
    directory = SqliteDirectory(database)
    calls = SqliteCalls(database)

    # who may join
    admission = Admission(
        open_sign_up=settings.open_sign_up,
        test=settings.admit_test,
        region=settings.region,
        household=settings.household,
    )
    digest = Digest(keys)

    def seal(owner: PersonId, number: str) -> bytes:
        return digest(f"contact {owner}", number)

    verifying = Verifying(SqliteVerifying(database, seal), digest, settings.region, send_code, clock)
    registry = Registry(directory, digest, admission, verifying, clock)
    contacts = SqliteContacts(database, seal)
    blocks = Blocks(SqliteBlocks(database), directory, digest, clock)
    children = Children(SqliteChildren(database), directory, contacts, verifying, confirm_consent, clock)

    # what people signed
    signed = SqliteIdentities(database)
    identities = Identities(signed, directory, clock)
    granting = Granting(SqliteGrants(database), identities, directory, clock)

    # who is here
    deadlines = Deadlines(clock)
    reachable = Reachable()
    sessions = Sessions(deadlines, clock, settings.session_grace)

    # what is written down of it
    journals = SqliteJournal(database)
    journal = Journal(journals, directory, sessions, keys, clock)

    # what goes on
    bounds = Bounds(
        ringing=settings.ring_timeout,
        longest=settings.longest_call,
        largest=settings.group_size,
        quotas=(Quota(settings.calls_an_hour, HOUR), Quota(settings.calls_a_day, DAY)),
    )
    switchboard = Switchboard(
        calls,
        directory,
        contacts,
        sessions,
        reachable,
        deadlines,
        clock,
        blocks,
        journal,
        bounds,
        children,
        Quiet(granting, sessions, clock),
        granting,
    )
    await switchboard.load()

    # what is mixed
    mixers = mixers_of(settings)

    # who is woken
    subscriptions = SqliteSubscriptions(database)

    async def gone(endpoint: EndpointId, subscription: Subscription) -> None:
        await subjects.push.gone(endpoint, subscription)

    pusher = await pushing_of(settings, subscriptions.find, gone, clock)

    # who is asked
    incidents = SqliteIncidents(database)
    given = Given(
        directory=directory,
        identities=identities,
        passkeys=Passkeys(SqlitePasskeys(database), clock, test=settings.admit_test),
        registry=registry,
        blocks=blocks,
        reports=SqliteReports(database),
        incidents=incidents,
        verifying=verifying,
        people=People(SqlitePeople(database), clock),
        children=children,
        leaving=Leaving(SqliteLeaving(database), identities, directory, digest, clock, settings.household),
        export=SqliteExport(database, contacts, signed).of,
        switchboard=switchboard,
        sessions=sessions,
        reachable=reachable,
        server=keys.public.identity,
        keys=keys,
        groups=SqliteGroups(database),
        messages=await SqliteMessages.open(database),
        rooms=mixers,
        clock=clock,
        ice=ice_desk(settings, clock),
        contacts=contacts,
        journal=journal,
        journals=journals,
        granting=granting,
        books=Shelving(SqliteBooks(database), asking, Sealing(keys), Pace(settings.book_interval)),
        deadlines=deadlines,
        region=settings.region,
        histories=SqliteHistory(database),
        subscriptions=subscriptions,
        pushing=pusher,
        push_key=None if pusher is None else pusher.public,
    )
    subjects = Subjects(given)
    await subjects.push.load()
    await subjects.contacts.start()
    await subjects.books.load()
    await subjects.grouping.load()
    await subjects.drop_ins.reconsider_all()
    operator = Operator(
        SqliteOperator(database), directory, subjects.suspending, mixers.status, digest, clock
    )
    arrivals = Arrivals(subjects, sessions, reachable, switchboard)
    reception = Reception(
        Desk(given, subjects),
        arrivals,
        deadlines,
        AddressRates(),
        admit_test=settings.admit_test,
        throttled=Throttled(incidents),
    )

    # how they come in
    address = Address(
        names=names,
        scheme="https" if settings.tls else "http",
        trusted_proxies=settings.trusted_proxies,
        max_connections=settings.max_connections,
        max_per_address=settings.max_connections_per_address,
    )
    gateway = Gateway(reception, address)
    stalls = Stalls()

    def details() -> dict[str, float]:
        return {
            "sessions": len(sessions),
            "connections": len(gateway),
            "calls": len(switchboard),
            "rooms": len(mixers.status()),
            "loop_stall_max_ms": round(stalls.take_worst() * 1000, 1),
        }

    health = Health(details if settings.admit_test else None)
    app = build(reception, address, gateway, web_root=WEB, authority=authority, health=health)
    return Server(
        database,
        deadlines,
        registry,
        verifying,
        sessions,
        switchboard,
        journal,
        operator,
        mixers,
        subjects,
        reception,
        gateway,
        stalls,
        app,
        asking,
        pusher,
    )
