"""One endpoint on stage: signs in, loses its connection and comes back, and passes on what it hears."""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import aiohttp

from kith.core.capabilities import Capabilities
from kith.core.ids import CallId, EndpointId
from kith.core.keys import KeyPair
from kith.core.problem import Problem
from kith.endpoint.connection import Connection, Unreachable
from kith.simulator.ledger import Ledger, Phase
from signaling import protocol
from signaling.protocol import AnyEvent, AnyReply, CallView, Command, Welcome


class Audience(Protocol):
    """Who hears what happens to an endpoint in one call: the scene."""

    def rings(self, endpoint: int, call: CallView) -> None: ...
    def changed(self, endpoint: int, call: CallView) -> None: ...
    def ended(self, endpoint: int, reason: str) -> None: ...
    def signalled(self, endpoint: int, body: bytes) -> None: ...
    def returned(self, endpoint: int) -> None:
        """Signed in again after an outage, with the session as it was."""

    def found(self, endpoint: int, call: CallView | None) -> None:
        """Signed in anew: this is what the snapshot says of the call, None if it is not in there."""


@dataclass(frozen=True, slots=True)
class Venue:
    """What all players share. `scenes` holds every call by its id; `clock` is monotonic, in seconds."""

    http: aiohttp.ClientSession
    server: str
    tls: ssl.SSLContext | None
    ledger: Ledger
    clock: Callable[[], float]
    scenes: Mapping[str, Audience]


FOR_GOOD = 3600.0
"""Seconds a connection stays away that will not be used again."""


class Player:
    """`number` is the endpoint's place in the plan's world. Implements kith.endpoint.connection.Listener."""

    def __init__(
        self,
        number: int,
        venue: Venue,
        *,
        endpoint: EndpointId,
        keys: KeyPair,
        server_key: bytes,
        capabilities: Capabilities,
    ) -> None:
        self.number = number
        self.endpoint = endpoint
        self._venue = venue
        self._keys = keys
        self._server_key = server_key
        self._capabilities = capabilities
        self._connection = self._connect()
        self._gone = asyncio.Event()
        self._welcome: asyncio.Future[Welcome] | None = None

    def _connect(self) -> Connection:
        return Connection(
            http=self._venue.http,
            server=self._venue.server,
            endpoint=self.endpoint,
            keys=self._keys,
            server_key=self._server_key,
            listener=self,
            capabilities=self._capabilities,
            tls=self._venue.tls,
        )

    def new_id(self) -> str:
        return self._connection.new_id()

    async def sign_in(self) -> None:
        """Raises Unreachable if the server refuses."""
        began = self._venue.clock()
        await self._connection.open()
        self._time(Phase.SIGN_IN, began)

    async def request(self, command: Command) -> AnyReply | None:
        """The reply; None if there was a problem, which is noted."""
        try:
            return await self._connection.request(command)
        except Problem as problem:
            self._venue.ledger.problems[problem.code] += 1
        except Unreachable:
            self._venue.ledger.problems["unreachable"] += 1
        return None

    async def signal(self, call: CallId, epoch: int, body: bytes) -> None:
        await self._connection.signal(protocol.Signal(id=self.new_id(), call=call, epoch=epoch, body=body))

    async def lose_and_resume(self, away: float) -> None:
        """Lose the connection without a goodbye; return once the session is resumed, some `away` s later."""
        back = self._venue.clock() + away
        self._welcome = asyncio.get_running_loop().create_future()
        self._connection.drop(away)
        welcome = await self._welcome
        self._time(Phase.RESUME, back)
        if not welcome.resumed:
            self._venue.ledger.stalls["a session was not resumed"] += 1

    async def lose_and_forget(self, away: float) -> None:
        """Be switched off without a goodbye; after `away` s start anew, without a session to resume."""
        self._gone.clear()
        self._connection.drop(FOR_GOOD)
        await self._gone.wait()
        await self._connection.close()
        await asyncio.sleep(away)
        self._connection = self._connect()
        began = self._venue.clock()
        await self._connection.open()
        self._time(Phase.SNAPSHOT, began)

    async def close(self) -> None:
        await self._connection.close()

    def _time(self, phase: Phase, since: float) -> None:
        self._venue.ledger.durations[phase].append(self._venue.clock() - since)

    # -- what the connection brings -----------------------------------------------------------------

    def welcomed(self, welcome: Welcome) -> None:
        found = None if welcome.snapshot is None else {call.id: call for call in welcome.snapshot.calls}
        for call, scene in self._venue.scenes.items():
            if found is None:
                scene.returned(self.number)
            else:
                scene.found(self.number, found.get(call))
        if self._welcome is not None and not self._welcome.done():
            self._welcome.set_result(welcome)

    def happened(self, event: AnyEvent) -> None:
        match event:
            case protocol.Ringing(call=call) if call.id in self._venue.scenes:
                self._venue.scenes[call.id].rings(self.number, call)
            case protocol.CallChanged(call=call) if call.id in self._venue.scenes:
                self._venue.scenes[call.id].changed(self.number, call)
            case protocol.Ended(call=id_, reason=reason) if id_ in self._venue.scenes:
                self._venue.scenes[id_].ended(self.number, reason)
            case protocol.Signalled(call=id_, body=body) if id_ in self._venue.scenes:
                self._venue.scenes[id_].signalled(self.number, body)

    def away(self, cause: Exception | None) -> None:
        self._gone.set()

    def closed(self, cause: Unreachable | None) -> None:
        self._gone.set()
        if self._welcome is not None and not self._welcome.done():
            self._welcome.set_exception(cause or Unreachable("closed"))
