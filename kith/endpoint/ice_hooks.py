"""How ICE gathers and checks here. Leans on private names of aioice 0.13, as `aiortc_hooks` does on aiortc's.

aiortc gathers everything before it describes itself, from one STUN and one TURN server, and a dead one costs five
seconds. Here host candidates go out at once and the others follow as they come, from any number of servers.

Checks differ from aioice's in three points:

- A pair that goes through a relay waits a moment for a direct one (the controlling side of aioice nominates
  whichever answers first).
- A check that comes in while the own one on that pair is out is answered with a fresh one at once (RFC 8445
  section 7.3.1.4). The own first one was thrown away by the other side's router; aioice would send it again
  half a second later.
- The controlled side keeps checking after a pair was nominated: browsers change to a better pair.
"""

import asyncio
import ssl
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from typing import Any

import aioice.ice
from aioice import Candidate
from aiortc import RTCPeerConnection

from kith.core.ice import IceAddress

RELAY_PATIENCE = 0.5
"""Seconds that a pair through a relay waits. Two routers that keep ports let a direct pair through in two round
trips; a call that needs the relay connects so much later."""

SERVER_PATIENCE = 5.0
"""Seconds a STUN or TURN server may take. Only a relay-only endpoint waits for it before it describes itself."""


@dataclass(frozen=True, slots=True)
class Relay:
    """A TURN server and the credential for it."""

    address: IceAddress
    username: str
    password: str


@dataclass(frozen=True, slots=True)
class Helpers:
    """The servers to gather from. `relay_only` lets no candidate leave but relayed ones. `tls` verifies the
    certificates of relays that are reached over TLS; None: by the system's authorities."""

    stun: tuple[IceAddress, ...] = ()
    relays: tuple[Relay, ...] = ()
    relay_only: bool = False
    tls: ssl.SSLContext | None = None

    @property
    def any(self) -> bool:
        return bool(self.relays or (self.stun and not self.relay_only))


Found = Callable[[str | None], None]
"""Called with each candidate that was not in the description, as in SDP but without "a="; None: no more will come."""


class Gathering:
    """The candidates of one peer connection, from its making until `close`."""

    def __init__(self, connection: RTCPeerConnection, helpers: Helpers, found: Found) -> None:
        """Before anything is described."""
        self._helpers = helpers
        self._found = found
        self._tasks: set[asyncio.Task[None]] = set()
        self._relayed = asyncio.Event()
        self._hurried: set[int] = set()
        transports = {one.receiver.transport.transport for one in connection.getTransceivers()}
        for ice in (transport._connection for transport in transports):
            if helpers.relay_only:
                ice._transport_policy = aioice.ice.TransportPolicy.RELAY
            if helpers.any:
                ice.get_component_candidates = partial(self._gather, ice)  # type: ignore[method-assign]
            ice.check_start_task = partial(self._check, ice)  # type: ignore[method-assign]
            ice.check_incoming = partial(self._check_incoming, ice, ice.check_incoming)  # type: ignore[method-assign]

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()

    # -- candidates -----------------------------------------------------------------------------------

    async def _gather(
        self, ice: aioice.ice.Connection, component: int, addresses: list[str]
    ) -> list[Candidate]:
        """Instead of aioice.ice.Connection.get_component_candidates: `addresses` is empty if relay only."""
        own = await aioice.ice.Connection.get_component_candidates(ice, component, addresses)
        bases = [one for one in ice._protocols if ip_address(one.local_candidate.host).version == 4]
        asking = [
            *(self._reflexive(ice, base, server) for base in bases for server in self._helpers.stun),
            *(self._relay(ice, component, relay) for relay in self._helpers.relays),
        ]
        tasks = {asyncio.create_task(self._patiently(one)) for one in asking}
        everything = asyncio.create_task(self._until_all(tasks))
        self._tasks |= {*tasks, everything}
        if self._helpers.relay_only:
            first = asyncio.create_task(self._until_relayed())
            self._tasks.add(first)
            await asyncio.wait([everything, first], return_when=asyncio.FIRST_COMPLETED)
        return own

    async def _until_relayed(self) -> None:
        await self._relayed.wait()

    async def _until_all(self, tasks: set[asyncio.Task[None]]) -> None:
        if tasks:
            await asyncio.wait(tasks)
        self._found(None)

    @staticmethod
    async def _patiently(asking: Coroutine[Any, Any, None]) -> None:
        try:
            async with asyncio.timeout(SERVER_PATIENCE):
                await asking
        except (OSError, TimeoutError, aioice.stun.TransactionError, KeyError, ValueError):
            pass  # a server that does not help is as good as none

    async def _reflexive(
        self, ice: aioice.ice.Connection, base: aioice.ice.StunProtocol, server: IceAddress
    ) -> None:
        candidate, _ = await aioice.ice.server_reflexive_candidate(base, (server.host, server.port))
        self._keep(ice, candidate)

    async def _relay(self, ice: aioice.ice.Connection, component: int, relay: Relay) -> None:
        candidate, protocol = await aioice.ice.relayed_candidate(
            component=component,
            hide_related_address=self._helpers.relay_only,
            protocol_factory=lambda: aioice.ice.StunProtocol(ice),
            turn_server=(relay.address.host, relay.address.port),
            turn_username=relay.username,
            turn_password=relay.password,
            turn_ssl=self._tls(relay.address),  # type: ignore[arg-type]  # passed on to asyncio, which takes both
            turn_transport=relay.address.transport,
        )
        if ice._closing:
            await protocol.close()
            return
        ice._protocols.append(protocol)
        if ice._early_checks_done:
            for remote in ice._remote_candidates:
                ice._pair_remote_candidate(remote)
            ice.sort_check_list()
        self._keep(ice, candidate)
        self._relayed.set()

    def _tls(self, address: IceAddress) -> ssl.SSLContext | bool:
        if address.scheme != "turns":
            return False
        return True if self._helpers.tls is None else self._helpers.tls

    def _keep(self, ice: aioice.ice.Connection, candidate: Candidate) -> None:
        known = {(one.host, one.port) for one in ice._local_candidates}
        if not ice._closing and (candidate.host, candidate.port) not in known:
            ice._local_candidates.append(candidate)
            self._found(f"candidate:{candidate.to_sdp()}")

    # -- checks ---------------------------------------------------------------------------------------

    def _check(self, ice: aioice.ice.Connection, pair: aioice.ice.CandidatePair) -> None:
        """Instead of aioice.ice.Connection.check_start_task."""
        if pair.task is not None:
            return
        if self._helpers.relay_only or not _through_relay(pair):
            pair.task = asyncio.create_task(ice.check_start(pair))
        else:
            ice.check_state(
                pair, aioice.ice.CandidatePair.State.IN_PROGRESS
            )  # not the next one to be started
            pair.task = asyncio.create_task(self._check_later(ice, pair))

    @staticmethod
    async def _check_later(ice: aioice.ice.Connection, pair: aioice.ice.CandidatePair) -> None:
        await asyncio.sleep(RELAY_PATIENCE)
        await ice.check_start(pair)

    def _check_incoming(
        self,
        ice: aioice.ice.Connection,
        answer: Callable[..., None],
        message: aioice.stun.Message,
        addr: tuple[str, int],
        protocol: aioice.ice.StunProtocol,
    ) -> None:
        """Before aioice.ice.Connection.check_incoming, which leaves a check in progress as it is."""
        pair = next(
            (one for one in ice._check_list if one.protocol is protocol and one.remote_addr == addr), None
        )
        wanted = "USE-CANDIDATE" in message.attributes and not ice.ice_controlling
        if (
            pair is not None
            and pair.state is aioice.ice.CandidatePair.State.IN_PROGRESS
            and id(pair) not in self._hurried
            and (wanted or not _through_relay(pair))
        ):
            self._hurried.add(id(pair))  # once: after that both routers let the other side's checks in
            if pair.task is not None:
                pair.task.cancel()
            pair.task = asyncio.create_task(ice.check_start(pair))
        answer(message, addr, protocol)


def bases_in_use(connection: RTCPeerConnection) -> frozenset[str]:
    """The addresses of this machine that the peer connection stands on: the pair in use, or all it has gathered."""
    found: set[str] = set()
    for ice in {one.receiver.transport.transport._connection for one in connection.getTransceivers()}:
        protocols = [pair.protocol for pair in ice._nominated.values()] or ice._protocols
        found |= {_base(protocol) for protocol in protocols}
    return frozenset(found)


def _base(protocol: aioice.ice.StunProtocol) -> str:
    transport: Any = protocol.transport
    inner = getattr(transport, "_TurnTransport__inner_protocol", None)
    name = (transport if inner is None else inner.transport).get_extra_info("sockname")
    return "" if name is None else str(name[0])


def _through_relay(pair: aioice.ice.CandidatePair) -> bool:
    return "relay" in (pair.local_candidate.type, pair.remote_candidate.type)
