"""The name on the network, between real responders on the loopback interface."""

import asyncio
import socket

from zeroconf import AddressResolver  # type: ignore[attr-defined]
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from kith.server import announce
from kith.server.announce import Announcer

LOOPBACK = ["127.0.0.1"]


class _Named:
    """What an announcer calls back."""

    def __init__(self) -> None:
        self._host: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def __call__(self, host: str) -> None:
        self._host.set_result(host)

    async def host(self) -> str:
        return await asyncio.wait_for(self._host, 20)


def _unlikely(label: str) -> str:
    return f"kith-test-{label}-{socket.gethostname()[:20]}".lower()


async def test_the_name_leads_to_the_server() -> None:
    name, named = _unlikely("one"), _Named()
    announcer = Announcer(name, on_named=named, addresses=["127.0.0.2"], interfaces=LOOPBACK)
    announcer.start(8443)
    looker = AsyncZeroconf(interfaces=LOOPBACK)
    try:
        assert await named.host() == f"{name}.local"
        resolver = AddressResolver(f"{name}.local.")
        assert await resolver.async_request(looker.zeroconf, 5000)
        assert resolver.parsed_addresses() == ["127.0.0.2"]
        service = AsyncServiceInfo(announce.SERVICE, f"{name}.{announce.SERVICE}")
        assert await service.async_request(looker.zeroconf, 5000)
        assert (service.port, service.server) == (8443, f"{name}.local.")
    finally:
        await looker.async_close()
        await announcer.close()


async def test_a_name_that_somebody_else_has_is_left_to_them() -> None:
    name = _unlikely("two")
    first_named, second_named = _Named(), _Named()
    first = Announcer(name, on_named=first_named, addresses=["127.0.0.2"], interfaces=LOOPBACK)
    second = Announcer(name, on_named=second_named, addresses=["127.0.0.3"], interfaces=LOOPBACK)
    first.start(8443)
    try:
        assert await first_named.host() == f"{name}.local"
        second.start(8443)
        assert await second_named.host() == f"{name}-2.local"
    finally:
        await second.close()
        await first.close()


async def test_closing_at_once_is_fine() -> None:
    announcer = Announcer(_unlikely("three"), addresses=["127.0.0.2"], interfaces=LOOPBACK)
    announcer.start(8443)
    await announcer.close()
