"""The server's name on the local network: `<name>.local` by multicast DNS (RFC 6762), and a `_kith._tcp`
service (RFC 6763) by which devices find it.

A home network has no DNS of its own and addresses change, so a name that the server itself answers for is
the only one that works on every device without set-up. It is a convenience all the same: where there is no
network, or no multicast, that is one line in the log and everything else goes on. Nothing waits for it.
"""

import asyncio
import ipaddress
import logging
import socket
from collections.abc import Callable, Iterable

import ifaddr
from zeroconf import AddressResolver, Error, ServiceInfo  # type: ignore[attr-defined]
from zeroconf.asyncio import AsyncZeroconf

log = logging.getLogger(__name__)

SERVICE = "_kith._tcp.local."
ATTEMPTS = 9
"""How many names are tried: nobody has ten Kith servers in one home, and the certificate lists them all."""

PROBE = 0.75
"""Seconds to wait for somebody else to answer for a name: three probes 250 ms apart (RFC 6762, 8.1)."""

GOODBYE = 3.0
"""Seconds that taking the name back may take at the end."""

RESOLVE = 0.5
"""Seconds that finding a name for the console may take at the start."""


def candidates(name: str) -> tuple[str, ...]:
    """The host names that may be announced, in the order in which they are tried."""
    return (f"{name}.local", *(f"{name}-{number}.local" for number in range(2, ATTEMPTS + 1)))


def own_addresses() -> tuple[str, ...]:
    """This machine's addresses on its networks, without loopback and link-local ones."""
    found = (
        ipaddress.ip_address(ip.ip if isinstance(ip.ip, str) else ip.ip[0])
        for adapter in ifaddr.get_adapters()
        for ip in adapter.ips
    )
    return tuple(str(address) for address in found if not (address.is_loopback or address.is_link_local))


async def pick_host(name: str) -> str:
    """A host name under which this very machine reaches itself, for the console.

    `<name>.local` where it resolves to this machine, else the machine's own name, else localhost.
    """
    for host in (f"{name}.local", socket.gethostname()):
        if await _leads_here(host):
            return host
    return "localhost"


async def _leads_here(host: str) -> bool:
    loop = asyncio.get_running_loop()
    try:
        found = await asyncio.wait_for(loop.getaddrinfo(host, None, type=socket.SOCK_STREAM), RESOLVE)
    except (OSError, TimeoutError, UnicodeError):
        return False
    addresses = {str(address[4][0]).partition("%")[0] for address in found}
    own = own_addresses()
    return any(address in own or ipaddress.ip_address(address).is_loopback for address in addresses)


class Announcer:
    """Answers for a name and a service from `start` until `close`.

    `on_named` is called with the host name once it is announced: another one of `candidates` than the
    first where somebody else on the network has that.
    """

    def __init__(
        self,
        name: str,
        *,
        on_named: Callable[[str], None] = lambda _: None,
        addresses: Iterable[str] | None = None,
        interfaces: list[str] | None = None,
    ) -> None:
        self._name = name
        self._on_named = on_named
        self._addresses = None if addresses is None else tuple(addresses)
        self._interfaces = interfaces
        self._zeroconf: AsyncZeroconf | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self, port: int) -> None:
        """Begin to announce the server at `port`. Returns at once and never fails."""
        self._task = asyncio.get_running_loop().create_task(self._announce(port))

    async def close(self) -> None:
        """Say that the name is gone, so that nobody dials it from a cache."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        if self._zeroconf is None:
            return
        try:
            async with asyncio.timeout(GOODBYE):
                await self._zeroconf.async_unregister_all_services()
                await self._zeroconf.async_close()
        except (Error, OSError, TimeoutError) as error:  # the network is gone: so is whoever had the name
            log.warning("the name is not taken back: %s", type(error).__name__)

    async def _announce(self, port: int) -> None:
        try:
            addresses = own_addresses() if self._addresses is None else self._addresses
            if not addresses:
                log.info("not announced: no network")
                return
            zeroconf = (
                AsyncZeroconf() if self._interfaces is None else AsyncZeroconf(interfaces=self._interfaces)
            )
            self._zeroconf = zeroconf
            host = await self._free_host(zeroconf, addresses)
            if host is None:
                log.warning("not announced: every name is taken on this network")
                return
            await zeroconf.async_register_service(_service(host, port, addresses), allow_name_change=True)
        except (Error, OSError) as error:
            log.warning("not announced: %s", type(error).__name__)
        else:
            log.info("announced on the local network")
            self._on_named(host)

    async def _free_host(self, zeroconf: AsyncZeroconf, addresses: tuple[str, ...]) -> str | None:
        """The first name that nobody else answers for."""
        for host in candidates(self._name):
            resolver = AddressResolver(f"{host}.")
            answered = await resolver.async_request(zeroconf.zeroconf, PROBE * 1000)
            if not answered or set(resolver.parsed_addresses()) <= set(addresses):
                return host
        return None


def _service(host: str, port: int, addresses: tuple[str, ...]) -> ServiceInfo:
    return ServiceInfo(
        SERVICE,
        f"{host.removesuffix('.local')}.{SERVICE}",
        port=port,
        server=f"{host}.",
        properties={"path": "/"},
        parsed_addresses=list(addresses),
    )
