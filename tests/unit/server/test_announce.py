"""What the name on the network does without one. (With one: tests/peers/test_announce.py.)"""

import asyncio
import socket

import pytest

from kith.server import announce
from kith.server.announce import Announcer, candidates, pick_host


async def test_no_network_is_a_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    announcer = Announcer("kith", addresses=[])
    with caplog.at_level("INFO", logger=announce.__name__):
        announcer.start(8443)
        assert announcer._task is not None
        await announcer._task
    await announcer.close()
    assert "no network" in caplog.text


async def test_an_interface_that_is_not_there_is_a_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    announcer = Announcer("kith", addresses=["192.0.2.77"], interfaces=["192.0.2.77"])
    with caplog.at_level("INFO", logger=announce.__name__):
        announcer.start(8443)
        assert announcer._task is not None
        await announcer._task
    await announcer.close()
    assert "not announced" in caplog.text
    assert "192.0.2.77" not in caplog.text


def test_the_first_name_is_the_plain_one() -> None:
    assert candidates("kith")[:2] == ("kith.local", "kith-2.local")
    assert len(candidates("kith")) == announce.ATTEMPTS


async def test_the_console_gets_a_name_that_resolves() -> None:
    host = await pick_host("kith-that-nobody-has")
    assert host in {socket.gethostname(), "localhost"}
    assert socket.getaddrinfo(host, None)


async def test_a_network_that_is_gone_does_not_hold_up_the_end(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Gone:
        async def async_unregister_all_services(self) -> None:
            raise OSError(101, "Network is unreachable")

    class Stuck:
        async def async_unregister_all_services(self) -> None:
            await asyncio.Event().wait()

    monkeypatch.setattr(announce, "GOODBYE", 0.01)
    for zeroconf in (Gone(), Stuck()):
        announcer = Announcer("kith")
        announcer._zeroconf = zeroconf  # type: ignore[assignment]
        caplog.clear()
        await asyncio.wait_for(announcer.close(), 10)
        assert "not taken back" in caplog.text
