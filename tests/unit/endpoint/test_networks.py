"""The machine's network changes, and the endpoint is told; who is told nothing notices by silence."""

import asyncio
import socket

import pytest

from kith.endpoint import networks
from kith.endpoint.networks import Networks, addresses


async def test_one_change_is_told_once_with_all_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    class Bound(socket.socket):
        def bind(self, address: object) -> None:
            assert address == (0, networks._GROUPS)

    ours, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    near = Bound(fileno=ours.detach())
    near.settimeout(0)
    monkeypatch.setattr(networks.socket, "socket", lambda *kind: near)  # type: ignore[attr-defined]
    told: list[frozenset[str]] = []
    came = asyncio.Event()

    def changed(now: frozenset[str]) -> None:
        told.append(now)
        came.set()

    watching = Networks(changed)
    for word in (b"link", b"address", b"route"):
        far.send(word)
    async with asyncio.timeout(5):
        await came.wait()
    assert told == [addresses()]
    watching.close()
    far.close()


async def test_a_system_that_does_not_tell_is_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*kind: object) -> socket.socket:
        raise OSError

    monkeypatch.setattr(networks.socket, "socket", none)  # type: ignore[attr-defined]
    Networks(lambda now: None).close()
