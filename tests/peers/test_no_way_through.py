"""What people notice when a part of the way between them is down: words at once, and nothing that rings falsely."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import expect

from kith.endpoint.calls import PLACE_WITHIN
from kith.endpoint.dialling import Unreachable
from kith.endpoint.obey import obey
from media.tones import Tone
from signaling.call import CONNECT_TIMEOUT, EndReason
from tests.support.browsers import browsers
from tests.support.endpoints import Watched, endpoint_of
from tests.support.pages import settle
from tests.support.server import Joined, RunningServer, running_server
from tests.support.silence import silence

ANA, BEN = 440, 1000
PROMPT = 2.0
"""Seconds from answer to connected that nobody complains of. A dead relay would cost five and more if one waited."""


@dataclass
class Dead:
    """A server whose STUN and TURN servers answer nothing."""

    server: RunningServer
    ana: Joined
    ben: Joined
    home: Path


@pytest.fixture
async def dead(tmp_path: Path) -> AsyncIterator[Dead]:
    secret = tmp_path / "turn.secret"
    secret.write_text("a-secret-that-only-tests-know\n")
    async with silence() as port:
        options = (
            f"--stun=stun:127.0.0.1:{port}",
            f"--turn=turn:127.0.0.1:{port}",
            f"--turn=turn:127.0.0.1:{port}?transport=tcp",
            f"--turn-secret-file={secret}",
        )
        async with running_server(tmp_path, *options) as server:
            ana = await server.person("Ana")
            yield Dead(server, ana, await server.person("Ben", by=ana), tmp_path)


@pytest.mark.row("R48")
@pytest.mark.parametrize("turned", [False, True], ids=["Ana calls", "Ben calls"])
async def test_a_dead_relay_does_not_hold_up_who_can_do_without(dead: Dead, turned: bool) -> None:
    async with (
        endpoint_of(dead.server, dead.ana, "Study", dead.home, microphone="tone:440") as ana,
        endpoint_of(dead.server, dead.ben, "Hall", dead.home, microphone="tone:1000") as ben,
    ):
        caller, callee, whom = (ben, ana, "Ana") if turned else (ana, ben, "Ben")
        await caller.endpoint.call(whom)
        await callee.until("ringing")
        answered = asyncio.get_running_loop().time()
        await callee.endpoint.answer()
        ups = await asyncio.gather(caller.until("connected"), callee.until("connected"))
        assert max(at for at, _, _ in ups) - answered < PROMPT
        await asyncio.gather(ana.hears(BEN), ben.hears(ANA))


@pytest.mark.row("R48")
async def test_a_dead_relay_does_not_hold_up_a_browser(dead: Dead) -> None:
    async with (
        browsers(dead.server, dead.home) as launch,
        endpoint_of(dead.server, dead.ben, "Hall", dead.home, microphone="tone:1000") as ben,
    ):
        page = await launch.screen("chromium", tone=ANA)
        await settle(page, dead.server, dead.ana, dead.home, "Page")
        await page.place("Ben", video=False)
        await ben.until("ringing")
        answered = time.monotonic()
        await ben.endpoint.answer()
        await page.connected()
        assert time.monotonic() - answered < PROMPT
        await ben.hears(ANA)


async def ends_as_unconnected(*watched: Watched) -> float:
    """Each is told, with the same true reason; how long it took from the answer."""
    ends = [await one.until("ended", EndReason.CONNECT_FAILED) for one in watched]
    answers = [one.times("answered")[-1] for one in watched]
    return max(at for at, _, _ in ends) - min(answers)


@pytest.mark.row("R48")
async def test_who_needs_the_dead_relay_is_told_that_there_is_no_way(dead: Dead) -> None:
    async with (
        endpoint_of(dead.server, dead.ana, "Study", dead.home, relay_only=True) as ana,
        endpoint_of(dead.server, dead.ben, "Hall", dead.home) as ben,
    ):
        await ben.endpoint.call("Ana")
        await ana.until("ringing")
        await ana.endpoint.answer()
        assert await ends_as_unconnected(ana, ben) < CONNECT_TIMEOUT + 1
        for one in (ana, ben):
            await one.until("tone", Tone.UNAVAILABLE)
            assert not one.times("connected") and one.endpoint.current is None


@pytest.mark.row("R48")
async def test_a_browser_that_needs_the_dead_relay_says_so(dead: Dead) -> None:
    async with (
        browsers(dead.server, dead.home) as launch,
        endpoint_of(dead.server, dead.ben, "Hall", dead.home) as ben,
    ):
        page = await launch.screen("chromium", tone=ANA)
        await settle(page, dead.server, dead.ana, dead.home, "Page")
        await page.button("Settings").click()
        await page.page.get_by_text("Through the relay", exact=True).click()
        await page.button("Close").click()
        await page.place("Ben", video=False)
        await ben.until("ringing")
        await ben.endpoint.answer()
        assert await ends_as_unconnected(ben) < CONNECT_TIMEOUT + 1
        await page.call_is_over("The two devices could not reach each other.")


@pytest.mark.row("R48")
async def test_without_the_server_a_call_fails_at_once_and_rings_nowhere(dead: Dead) -> None:
    async with (
        endpoint_of(dead.server, dead.ana, "Study", dead.home) as ana,
        endpoint_of(dead.server, dead.ben, "Hall", dead.home) as ben,
    ):
        await dead.server.kill()
        began = asyncio.get_running_loop().time()
        with pytest.raises(Unreachable):
            await ana.endpoint.call("Ben")
        assert asyncio.get_running_loop().time() - began < PLACE_WITHIN + 1
        assert ana.endpoint.current is None and (Tone.RINGBACK,) not in ana.details("tone")
        assert await obey(ana.endpoint, "call Ben") == "The server cannot be reached."
        signed_in = len(ben.times("signed_in"))
        await dead.server.start()
        await ben.until_true(lambda: len(ben.times("signed_in")) > signed_in, "signed in again")
        await ana.endpoint.call("Ben")  # the next one rings, and only that one
        await ben.until("ringing")
        assert len(ben.times("ringing")) == 1


@pytest.mark.row("R48")
async def test_without_the_server_a_browser_offers_no_call(dead: Dead) -> None:
    async with browsers(dead.server, dead.home) as launch:
        page = await launch.screen("chromium", tone=ANA)
        await settle(page, dead.server, dead.ana, dead.home, "Page")
        await expect(page.button("Call Ben", exact=True)).to_be_enabled()
        await dead.server.kill()
        await expect(page.page.get_by_text("Reconnecting")).to_be_visible()
        await expect(page.button("Call Ben", exact=True)).to_be_disabled()
