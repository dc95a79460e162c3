"""A person's devices in the browser: seen, named, signed out; and what the one that was signed out says."""

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect

from kith import Endpoint
from kith.endpoint.home import Home
from tests.support.browsers import Launcher, Screen, browsers
from tests.support.endpoints import DEFAULTS, Watched
from tests.support.server import running_server

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class House:
    launch: Launcher
    ana: Screen


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    directory = tmp_path_factory.mktemp("devices")
    async with running_server(directory) as server, browsers(server, directory) as launch:
        yield House(launch, await launch.person("Ana", "chromium"))


async def open_devices(screen: Screen) -> None:
    await screen.button("Settings").click()
    await screen.button("See your devices").click()
    await expect(screen.page.get_by_role("dialog", name="Your devices")).to_be_visible()


@pytest.mark.row("S8")
async def test_a_device_is_seen_renamed_and_signed_out_in_a_call(house: House) -> None:
    ana = house.ana
    tablet = await house.launch.screen("firefox", tone=880)
    await tablet.pair(await ana.offer_pairing(shared=False), "Tablet")
    await open_devices(ana)
    rows = ana.page.locator(".own")
    await expect(rows).to_have_count(2)
    await expect(rows.first).to_contain_text("This device")
    await expect(rows.nth(1)).to_contain_text("Signed in now · added today")
    await ana.button("Rename Tablet").click()
    await expect(ana.page.get_by_label("New name")).to_be_focused()
    await ana.page.get_by_label("New name").fill("Bedside")
    await ana.page.keyboard.press("Enter")
    await expect(rows.nth(1)).to_contain_text("Bedside")
    await ana.button("Close").click()
    await expect(ana.button("Call Bedside", exact=True)).to_be_enabled()

    ben = await house.launch.person("Ben", "chromium", by=ana)
    await ben.place("Ana", video=False)
    await tablet.answer("Ben")
    for screen in (tablet, ben):
        await screen.connected()
    await open_devices(ana)
    await ana.button("Sign out Bedside").click()
    await expect(ana.button("Cancel")).to_be_focused()
    await ana.page.get_by_role("button", name="Sign out", exact=True).click()
    await expect(ana.page.get_by_text("Bedside is signed out.")).to_be_visible()
    await expect(rows).to_have_count(1)
    await ben.call_is_over("The call has ended.")
    await expect(tablet.page.get_by_role("heading", name="Signed out")).to_be_visible()
    assert await tablet.live_tracks() == set()
    await expect(tablet.page.locator("kith-call")).to_be_hidden()
    await tablet.page.reload()
    await expect(tablet.page.get_by_role("heading", name="Signed out")).to_be_visible()
    await tablet.button("Start over in this browser").click()
    await expect(tablet.button("I have a pairing code")).to_be_visible()
    await ana.button("Close").click()
    assert ana.errors == tablet.errors == []


async def test_one_may_sign_out_the_device_in_ones_hand(house: House) -> None:
    ana = house.ana
    phone = await house.launch.screen("chromium")
    await phone.pair(await ana.offer_pairing(shared=False), "Phone")
    await open_devices(phone)
    own = phone.page.locator(".own", has_text="This device")
    await own.get_by_role("button", name="Sign out").click()
    await phone.page.get_by_role("button", name="Sign out", exact=True).click()
    await expect(phone.page.get_by_role("heading", name="Signed out")).to_be_visible()
    await expect(phone.page.get_by_role("dialog")).to_be_hidden()


async def test_a_shared_screen_shows_nobodys_devices(house: House) -> None:
    wall = await house.launch.screen("chromium")
    await wall.pair(await house.ana.offer_pairing(shared=True), "Wall")
    await wall.button("Settings").click()
    await expect(wall.page.get_by_role("dialog", name="Settings")).to_be_visible()
    await expect(wall.button("See your devices")).to_be_hidden()
    state = await wall.state()
    assert state["endpoint"]["capabilities"]["reads_messages"] is False, "it shows nobody's messages"
    assert (await house.ana.state())["endpoint"]["capabilities"]["reads_messages"] is True


@pytest.mark.row("S5")
async def test_news_of_the_household_is_shown_until_it_is_seen(house: House) -> None:
    ana = house.ana
    news = ana.page.get_by_role("region", name="In your household")
    cleo = await house.launch.person("Cleo", "chromium", by=ana)
    await expect(news).to_contain_text("Cleo joined your household, with Chrome, Linux.")
    theirs = cleo.page.get_by_role("region", name="In your household")
    await expect(theirs).to_be_hidden()
    wall = await house.launch.screen("chromium")
    await wall.pair(await ana.offer_pairing(shared=True), "Porch")
    await expect(news).to_contain_text("You added a device for everybody: Porch.")
    await expect(theirs).to_contain_text("Ana added a device for everybody: Porch.")
    await news.get_by_role("button", name="Show devices").click()
    await ana.button("Sign out Porch").click()
    await ana.page.get_by_role("button", name="Sign out", exact=True).click()
    await expect(theirs).to_contain_text("Ana signed out Porch")
    await ana.button("Close").click()
    await news.get_by_role("button", name="Seen").click()
    await expect(news).to_be_hidden()
    await expect(theirs).to_be_visible()
    assert ana.errors == cleo.errors == []


async def test_a_shared_device_may_act_for_its_person_before_it_is_in_the_household(
    house: House, tmp_path: Path
) -> None:
    """Once it is in the roster it may call: whoever is called must find its person's signature then."""
    ana, server = house.ana, house.ana.server
    heard: list[str] = []
    ana.page.on("websocket", lambda socket: socket.on("framesent", lambda data: heard.append(str(data))))
    await ana.page.reload()
    await ana.at_home()
    code = await ana.offer_pairing(shared=True)
    speaker = Watched(
        await Endpoint.pair(
            server.url, code, name="Speaker", home=tmp_path / "speaker", ca=server.ca, **DEFAULTS
        )
    )
    async with speaker.endpoint:
        await speaker.until_progress("signed")
    said = [json.loads(each) for each in heard]
    own = base64.b64encode(Home(tmp_path / "speaker").keys().public.identity).decode()
    taken = [
        one["t"]
        for one in said
        if (one["t"] == "delegate" and own in one["delegations"]["endpoints"])
        or (one["t"] == "extend_household" and own in [link.get("identity") for link in one["links"]])
    ]
    assert taken[-1] == "extend_household"
    assert set(taken[:-1]) == {"delegate"}, "signed again where something else was signed meanwhile"
