"""The server as a process: open, listen, and on SIGTERM leave without anybody losing a call."""

import asyncio
import gc
import logging
import resource
import signal
import socket
import sqlite3
import ssl
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from kith.core.ids import HouseholdId
from kith.core.keys import load_or_create
from kith.core.settings import Settings
from kith.directory.children import ConsentConfirmer, unconfirmed
from kith.directory.model import Invitation, Pairing
from kith.directory.registry import PAIRING_LIFE
from kith.directory.verifying import CodeSender
from kith.server.admin import open_door
from kith.server.upkeep import Upkeep
from kith.server.wiring import Server, wire
from kith.store import meta
from kith.store.database import Database
from signaling.carrier_picows import FIRST_BYTES_TIMEOUT, PicowsCarrier
from signaling.closing import Close
from signaling.protocol import ServerLeaving

log = logging.getLogger(__name__)

OWNER_LINK_LIFE = 86_400.0
KEEP_ALIVE = 15.0
"""Seconds that an HTTP connection has for the head of its next request: enough for a page and what it loads.
aiohttp would wait for an hour, also in the middle of a head."""

DRAIN = 0.25
"""Seconds between saying that the server leaves and closing: time for the words to get out."""

SETTLE = 12.0
"""Seconds that a server which leaves waits for what has begun to be saved: a disk may hold up a write for 5
before it is refused, and one that follows for as long."""


SPARE_FILES = 200
"""Open files that are no connection: database, log, listening sockets, demo devices, pages being sent."""


@dataclass(frozen=True, slots=True)
class Presented:
    """What the server presents for TLS, and the authority that `GET /ca.pem` offers, if it is our own."""

    context: ssl.SSLContext
    authority: Path | None


class StartError(Exception):
    """Why the server cannot start, in a sentence for whoever started it."""


@dataclass(frozen=True, slots=True)
class Started:
    """What whoever started the server wants to know. `owner_secret` is None once there is an owner;
    `demo_codes` are pairing codes for the shared endpoints that `demo` named. `reached_at` is to be told
    the address under which other devices reach the server, once it is known."""

    port: int
    owner_secret: str | None
    demo_codes: dict[str, str]
    reached_at: Callable[[str], None]


Company = Callable[[Started], AbstractAsyncContextManager[None]]
"""What keeps the server company while it listens: banner, announcement, demo devices."""


async def serve(
    settings: Settings,
    *,
    names: frozenset[str],
    presented: Presented | None,
    send_code: CodeSender,
    confirm_consent: ConsentConfirmer = unconfirmed,
    demo: tuple[str, ...] = (),
    company: Company,
) -> None:
    """Run until SIGTERM or SIGINT. `demo` names shared endpoints to make pairing codes for.

    Raises StartError where the settings, the database or the port do not allow it.
    """
    listening = _listen(settings)
    _raise_file_limit(settings.max_connections)
    try:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        keys = load_or_create(settings.server_key)
    except (OSError, ValueError) as error:
        raise StartError(f"The server's key {settings.server_key} cannot be used: {error}") from error
    try:
        database = await Database.open(settings.database)
    except (sqlite3.Error, OSError) as error:
        raise StartError(f"The database {settings.database} cannot be opened: {error}") from error
    try:
        await _check_mode(settings, database)
        authority = None if presented is None else presented.authority
        try:
            server = await wire(
                settings,
                keys,
                database,
                names=names,
                authority=authority,
                send_code=send_code,
                confirm_consent=confirm_consent,
            )
        except ValueError as error:
            raise StartError(f"{str(error)[:1].upper()}{str(error)[1:]}.") from error
        await _run(settings, server, listening, presented, demo, company)
    finally:
        await database.close()


async def _run(
    settings: Settings,
    server: Server,
    listening: socket.socket,
    presented: Presented | None,
    demo: tuple[str, ...],
    company: Company,
) -> None:
    runner = web.AppRunner(
        server.app,
        access_log=None,
        handle_signals=False,
        shutdown_timeout=1.0,
        keepalive_timeout=KEEP_ALIVE,
    )
    await runner.setup()
    context = None if presented is None else presented.context
    loop = asyncio.get_running_loop()
    assert runner.server is not None
    accept: Callable[[], asyncio.Protocol] = runner.server
    if settings.carrier == "picows":
        accept = PicowsCarrier(server.gateway, runner.server).accept
    patience = None if context is None else FIRST_BYTES_TIMEOUT
    door = await loop.create_server(
        accept, sock=listening, ssl=context, backlog=4096, ssl_handshake_timeout=patience
    )
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    started = await _describe(settings, server, listening.getsockname()[1], demo)
    subjects, clock = server.subjects, server.reception.desk.clock
    expel = subjects.accounts.expel
    upkeep = Upkeep(server.database, server.deadlines, clock, server.gateway.__len__, expel)
    upkeep.start()
    try:
        async with company(started), open_door(settings.admin_socket, server.operator):
            _freeze()
            await stop.wait()
            door.close()
    finally:  # whatever becomes of the company, nobody loses a call
        door.close()
        await upkeep.stop()
        await subjects.contacts.stop()
        await subjects.books.close()
        await server.asking.close()
        if server.pusher is not None:
            await server.pusher.close()
        await _drain(server)
        await server.mixers.end()
        await runner.cleanup()
        await _settle(server)
        await server.journal.settled(SETTLE)
        await subjects.history.settled(SETTLE)
        server.stalls.stop()
        server.deadlines.close()


async def _drain(server: Server) -> None:
    """Say goodbye, finish what has begun, close. Sessions end with the process, calls do not."""
    log.info("draining: connections=%d calls=%d", len(server.gateway), len(server.switchboard))
    server.reception.draining = True
    server.switchboard.leave()
    for live in server.sessions.all():
        server.sessions.push(live.endpoint.id, ServerLeaving(retry_after=1.0))
    await _settle(server)
    await asyncio.sleep(DRAIN if len(server.gateway) else 0.0)
    server.gateway.close_all(Close.RESTART, "restarting")


async def _settle(server: Server) -> None:
    """Wait until what has begun is saved and told, but not for ever: what is saved already is safe."""
    settling = asyncio.ensure_future(server.switchboard.settle())
    _, waiting = await asyncio.wait([settling], timeout=SETTLE)
    if waiting:
        log.warning("leaving, though not everything is saved: calls=%d", len(server.switchboard))
        settling.cancel()


async def _describe(settings: Settings, server: Server, port: int, demo: tuple[str, ...]) -> Started:
    def reached_at(origin: str) -> None:
        server.subjects.invitations.origin = origin

    if settings.admit_test:
        return Started(port, None, {}, reached_at)
    household, owned = await meta.home(server.database, settings.household)
    secret = None
    if not owned:
        expires = server.reception.desk.clock() + OWNER_LINK_LIFE
        secret = await server.registry.invite(Invitation(None, household, owner=True, expires=expires))
    codes = {name: await _demo_code(server, household) for name in demo}
    return Started(port, secret, codes, reached_at)


async def _demo_code(server: Server, household: HouseholdId) -> str:
    expires = server.reception.desk.clock() + PAIRING_LIFE
    return await server.registry.offer_pairing(Pairing(household, None, shared=True, expires=expires))


async def _check_mode(settings: Settings, database: Database) -> None:
    """A server for tests and one for people never share a database."""
    wanted = "test" if settings.admit_test else "real"
    found = await meta.mode(database)
    if found is None:
        await meta.set_mode(database, wanted)
    elif found != wanted:
        raise StartError(
            "This database belongs to a server for people; --admit-test needs an empty one."
            if wanted == "test"
            else "This database belongs to a server for tests; start it with --admit-test, or use another."
        )


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.bind else socket.AF_INET
    try:
        return socket.create_server((settings.bind, settings.port), family=family, backlog=4096)
    except OSError as error:
        raise StartError(
            f"Port {settings.port} on {settings.bind} cannot be used: {error.strerror or error}"
        ) from error


def _raise_file_limit(connections: int) -> None:
    """A connection is an open file, and many systems start a program with no more than 1,024 of them."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):  # a system may have other ideas; what it gives is said below
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = limit == resource.RLIM_INFINITY or limit >= connections + SPARE_FILES
    log.log(logging.INFO if enough else logging.WARNING, "open files: limit=%d", limit)


def _freeze() -> None:
    """What is there after start lives as long as the process: the collector need not look at it again.

    A full collection over thousands of connections would hold the loop for tens of milliseconds, so none
    comes by itself: what closes is freed without the collector, and the rest is for kith.server.upkeep.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 10_000)
