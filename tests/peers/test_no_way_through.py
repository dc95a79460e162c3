"""What people notice when a part of the way between them is down: words at once, and nothing that rings falsely."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect

from kith.endpoint.calls import PLACE_WITHIN
from kith.endpoint.dialling import Unreachable
from kith.endpoint.obey import obey
from media.tones import Tone
from signaling.call import CONNECT_TIMEOUT, EndReason
from tests.support.browsers import Launcher, Screen, browsers
from tests.support.endpoints import Watched, endpoint_of
from tests.support.pages import settle
from tests.support.server import Joined, RunningServer, running_server
from tests.support.silence import silence

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANA, BEN = 440, 1000
PROMPT = 4.0
"""Seconds from answer to connected, where the machine has much else to do. A dead relay would cost five and more if one
waited."""


@dataclass
class Dead:
    """A server whose STUN and TURN servers answer nothing. Ana and Ben have no devices but those of a test; Cleo, who
    knows Ben, has a page. `hopeless` are calls that need the relay, which go on meanwhile: each takes its time to fail.
    """

    server: RunningServer
    home: Path
    ana: Joined
    ben: Joined
    cleo: Screen
    hopeless: dict[str, asyncio.Task[float]] = field(default_factory=dict)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def dead(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Dead]:
    home = tmp_path_factory.mktemp("dead")
    secret = home / "turn.secret"
    secret.write_text("a-secret-that-only-tests-know\n")
    async with silence() as port:
        options = (
            f"--stun=stun:127.0.0.1:{port}",
            f"--turn=turn:127.0.0.1:{port}",
            f"--turn=turn:127.0.0.1:{port}?transport=tcp",
            f"--turn-secret-file={secret}",
        )
        async with running_server(home, *options) as server, browsers(server, home) as launch:
            ana = await server.person("Ana")
            ben = await server.person("Ben", by=ana)
            cleo = await page_of(launch, await server.person("Cleo", by=ben), home)
            dead = Dead(server, home, ana, ben, cleo)
            eve, finn = await server.person("Eve", by=ana), await server.person("Finn", by=ana)
            relayed = await page_of(launch, finn, home)
            gus = await server.person("Gus", by=eve)
            hal = await server.person("Hal", by=finn)
            begun = {
                "device": call_a_relayed_device(dead, eve, gus),
                "page": call_by_a_relayed_page(dead, relayed, hal),
            }
            dead.hopeless = {name: asyncio.create_task(coroutine) for name, coroutine in begun.items()}
            yield dead
            await asyncio.gather(*dead.hopeless.values(), return_exceptions=True)


async def page_of(launch: Launcher, person: Joined, home: Path) -> Screen:
    page = await launch.screen("chromium", tone=ANA)
    await settle(page, launch.server, person, home, f"{person.name}'s page")
    return page


@pytest.mark.row("R48")
@pytest.mark.parametrize("turned", [False, True], ids=["Ana calls", "Ben calls"])
async def test_a_dead_relay_does_not_hold_up_who_can_do_without(dead: Dead, turned: bool) -> None:
    async with (
        endpoint_of(dead.server, dead.ana, f"Study {turned}", dead.home, microphone="tone:440") as ana,
        endpoint_of(dead.server, dead.ben, f"Hall {turned}", dead.home, microphone="tone:1000") as ben,
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
    async with endpoint_of(dead.server, dead.ben, "Hall", dead.home, microphone="tone:1000") as ben:
        await dead.cleo.place("Ben", video=False)
        await ben.until("ringing")
        answered = time.monotonic()
        await ben.endpoint.answer()
        await dead.cleo.connected()
        assert time.monotonic() - answered < PROMPT
        await ben.hears(ANA)
        await dead.cleo.leave_calls()


async def ends_as_unconnected(*watched: Watched) -> float:
    """Each is told, with the same true reason; how long it took from the answer."""
    ends = [await one.until("ended", EndReason.CONNECT_FAILED) for one in watched]
    answers = [one.times("answered")[-1] for one in watched]
    return max(at for at, _, _ in ends) - min(answers)


async def call_a_relayed_device(dead: Dead, callee: Joined, caller: Joined) -> float:
    async with (
        endpoint_of(dead.server, callee, "Relayed", dead.home, relay_only=True) as relayed,
        endpoint_of(dead.server, caller, "Direct", dead.home) as direct,
    ):
        await direct.endpoint.call(callee.name)
        await relayed.until("ringing")
        await relayed.endpoint.answer()
        took = await ends_as_unconnected(relayed, direct)
        for one in (relayed, direct):
            await one.until("tone", Tone.UNAVAILABLE)
            assert not one.times("connected") and one.endpoint.current is None
        return took


async def call_by_a_relayed_page(dead: Dead, page: Screen, callee: Joined) -> float:
    async with endpoint_of(dead.server, callee, "Called", dead.home) as called:
        await page.button("Settings").click()
        await page.page.get_by_text("Through the relay", exact=True).click()
        await page.button("Close").click()
        await page.place(callee.name, video=False)
        await called.until("ringing")
        await called.endpoint.answer()
        took = await ends_as_unconnected(called)
        await page.call_is_over("The two devices could not reach each other.")
        return took


@pytest.mark.row("R48")
async def test_who_needs_the_dead_relay_is_told_that_there_is_no_way(dead: Dead) -> None:
    assert await dead.hopeless["device"] < CONNECT_TIMEOUT + 1


@pytest.mark.row("R48")
async def test_a_browser_that_needs_the_dead_relay_says_so(dead: Dead) -> None:
    assert await dead.hopeless["page"] < CONNECT_TIMEOUT + 1


@pytest.mark.row("R48")
async def test_without_the_server_a_call_fails_at_once_and_rings_nowhere(dead: Dead) -> None:
    async with (
        endpoint_of(dead.server, dead.ana, "Attic", dead.home) as ana,
        endpoint_of(dead.server, dead.ben, "Cellar", dead.home) as ben,
    ):
        await dead.server.kill()
        began = asyncio.get_running_loop().time()
        pressed, said = await asyncio.gather(
            ana.endpoint.call("Ben"), obey(ben.endpoint, "call Ana"), return_exceptions=True
        )
        assert asyncio.get_running_loop().time() - began < PLACE_WITHIN + 1
        assert isinstance(pressed, Unreachable) and said == "The server cannot be reached."
        for one in (ana, ben):
            assert one.endpoint.current is None and (Tone.RINGBACK,) not in one.details("tone")
        signed_in = len(ben.times("signed_in"))
        await dead.server.start()
        await ben.until_true(lambda: len(ben.times("signed_in")) > signed_in, "signed in again")
        await ana.endpoint.call("Ben")  # the next one rings, and only that one
        await ben.until("ringing")
        assert len(ben.times("ringing")) == 1


@pytest.mark.row("R48")
async def test_without_the_server_a_browser_offers_no_call(dead: Dead) -> None:
    page = dead.cleo
    await expect(page.button("Call Ben", exact=True)).to_be_enabled()
    await dead.server.kill()
    await expect(page.page.get_by_text("Reconnecting")).to_be_visible()
    await expect(page.button("Call Ben", exact=True)).to_be_disabled()
