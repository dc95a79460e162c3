"""What an endpoint knows of the STUN and TURN servers: asked ahead of a call, kept until shortly before it runs out."""

import asyncio
import logging
import ssl
from dataclasses import replace

from kith.core import ice
from kith.core.problem import Problem
from kith.endpoint.connection import Connection
from kith.endpoint.dialling import Unreachable
from kith.endpoint.ice_hooks import Helpers, Relay
from signaling import protocol

log = logging.getLogger(__name__)

SPARE = 3600.0
"""Seconds before a credential runs out at which a new one is asked for: a network may change late in a call."""

PATIENCE = 2.0
"""Seconds a call waits for what should have been there when it rang. Then it goes on without."""


class NoRelay(Exception):
    """Only a relay may be used, and the server has none."""


class IceBook:
    """See the module. `relay_only`: nobody called learns this endpoint's address, whatever it costs. `tls` verifies
    relays that are reached over TLS."""

    def __init__(self, connection: Connection, *, relay_only: bool, tls: ssl.SSLContext) -> None:
        self._connection = connection
        self._relay_only = relay_only
        self._tls = tls
        self._helpers: Helpers | None = None
        self._until = 0.0
        self._asking: asyncio.Task[None] | None = None

    def refresh(self, *, anew: bool = False) -> None:
        """Ask, unless what is known will do. `anew`: the server was started again, perhaps with other settings."""
        if anew:
            self._until = 0.0
        now = asyncio.get_running_loop().time()
        if (self._helpers is None or now >= self._until) and (self._asking is None or self._asking.done()):
            self._asking = asyncio.create_task(self._ask())

    async def helpers(self) -> Helpers:
        """What there is. Does not raise: a server that says nothing is one without any."""
        self.refresh()
        if self._helpers is None and self._asking is not None:
            await asyncio.wait([self._asking], timeout=PATIENCE)
        return self._helpers or Helpers(relay_only=self._relay_only)

    async def check(self) -> None:
        """Raises NoRelay if no call can succeed the way this endpoint wants it."""
        if self._relay_only and not (await self.helpers()).relays:
            raise NoRelay("calls may only go through a relay here, and the server has none")

    async def close(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait([self._asking])

    async def _ask(self) -> None:
        try:
            reply = await self._connection.request(protocol.ListIceServers(id=self._connection.new_id()))
        except (Problem, Unreachable) as error:
            log.info("no ice servers: %s", error.code if isinstance(error, Problem) else "unreachable")
            return
        if isinstance(reply, protocol.IceServers):
            self._helpers = replace(helpers_of(reply, relay_only=self._relay_only), tls=self._tls)
            self._until = asyncio.get_running_loop().time() + reply.expires_in - SPARE


def helpers_of(reply: protocol.IceServers, *, relay_only: bool) -> Helpers:
    """What this endpoint can use of it; an address that it cannot read is left out."""
    stun: list[ice.IceAddress] = []
    relays: list[Relay] = []
    for server in reply.servers:
        for url in server.urls:
            try:
                address = ice.parse(url)
            except ValueError:
                continue
            if address.scheme == "stun":
                stun.append(address)
            elif server.username is not None and server.credential is not None:
                relays.append(Relay(address, server.username, server.credential))
    return Helpers(tuple(stun), tuple(relays), relay_only)
