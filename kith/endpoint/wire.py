"""The way from an endpoint to its server, from `open` to `close`: connection, relays, what is said beside a call."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

import aiohttp

from kith.core.capabilities import Capabilities
from kith.core.keys import KeyPair
from kith.core.problem import Code, Problem
from kith.endpoint.connection import Connection, Listener
from kith.endpoint.dialling import Unreachable
from kith.endpoint.home import Enrolment, Home
from kith.endpoint.ice import IceBook
from kith.endpoint.networks import Networks
from signaling import protocol
from signaling.protocol import AnyReply, Command, ConfirmInbox

log = logging.getLogger(__name__)


class Wire:
    """`network_changed` hears of the addresses that the machine has, whenever they change."""

    def __init__(self, home: Home, enrolment: Enrolment, keys: KeyPair, *, relay_only: bool) -> None:
        self._home = home
        self._enrolment = enrolment
        self._keys = keys
        self._relay_only = relay_only
        self._connection: Connection | None = None
        self._ice: IceBook | None = None
        self._networks: Networks | None = None
        self._http: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def connection(self) -> Connection:
        """Raises Unreachable before `open`."""
        if self._connection is None:
            raise Unreachable("the endpoint has not been started")
        return self._connection

    @property
    def endpoint(self) -> str:
        """Whose way it is, by id."""
        return self._enrolment.id

    @property
    def opened(self) -> bool:
        return self._connection is not None

    @property
    def ice(self) -> IceBook:
        """Raises Unreachable before `open`."""
        if self._ice is None:
            raise Unreachable("the endpoint has not been started")
        return self._ice

    async def open(
        self,
        listener: Listener,
        capabilities: Capabilities,
        *,
        replied: Callable[[AnyReply], None],
        network_changed: Callable[[frozenset[str]], None],
    ) -> None:
        """Sign in; returns when it succeeded for the first time. Raises Unreachable if the server refuses."""

        def changed(addresses: frozenset[str]) -> None:
            connection.network_changed(addresses)
            network_changed(addresses)

        self._http = aiohttp.ClientSession()
        self._connection = connection = Connection(
            http=self._http,
            server=self._enrolment.server,
            endpoint=self._enrolment.id,
            keys=self._keys,
            server_key=self._enrolment.server_key,
            listener=listener,
            capabilities=capabilities,
            tls=self._home.tls(),
            replied=replied,
        )
        self._ice = IceBook(connection, relay_only=self._relay_only, tls=self._home.relay_tls())
        self._networks = Networks(changed)
        try:
            await connection.open()
        except BaseException:
            self._networks.close()
            await self._http.close()
            raise

    async def close(self) -> None:
        """Say goodbye. What was begun beside is given up."""
        if self._networks is not None:
            self._networks.close()
        if self._ice is not None:
            await self._ice.close()
        if self._connection is not None:
            await self._connection.close()
        if self._http is not None:
            await self._http.close()

    def give_up(self) -> None:
        """What runs beside the calls ends."""
        for task in self._tasks:
            task.cancel()

    async def request(self, command: Command) -> AnyReply:
        """Raises Problem, Unreachable."""
        return await self.connection.request(command)

    async def say(self, command: ConfirmInbox) -> None:
        """What is not answered, and may be lost."""
        await self.connection.say(command)

    def new_id(self) -> str:
        return self.connection.new_id()

    def describe(self, capabilities: Capabilities) -> None:
        """What the endpoint can do now."""
        if self._connection is not None:
            self._connection.capabilities = capabilities
            self.tell(protocol.Describe(id=self.new_id(), capabilities=capabilities))

    def tell(self, command: Command) -> None:
        """Beside everything else; whoever needs to know how it went asks."""
        self.spawn(self._quietly(command))

    async def _quietly(self, command: Command) -> None:
        try:
            await self.request(command)
        except Problem as problem:
            if problem.code not in (Code.UNKNOWN_CALL, Code.CALL_OVER):
                log.warning("%s was refused: %s", type(command).__name__, problem.code)
        except Unreachable:
            pass  # "closed" says so

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` beside everything else, until the endpoint closes."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
