"""The lock of the web app: what it hides and when, what it never stops, and how often a PIN may be tried."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.support.browsers import Launcher, Screen, browsers
from tests.support.server import running_server

pytestmark = pytest.mark.asyncio(loop_scope="module")

PIN = "2580"


@dataclass
class House:
    launch: Launcher
    ana: Screen
    ben: Screen


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    directory = tmp_path_factory.mktemp("lock")
    async with running_server(directory) as server, browsers(server, directory) as launch:
        ana = await launch.person("Ana", "chromium")
        ben = await launch.person("Ben", "chromium", by=ana, tone=880)
        await ana.page.clock.install()
        await ana.page.reload()
        await ana.at_home()
        yield House(launch, ana, ben)


async def choose_pin(screen: Screen) -> None:
    await screen.button("You", exact=True).click()
    await screen.button("Lock for this app").click()
    await screen.page.get_by_label("PIN", exact=True).fill(PIN)
    await screen.page.get_by_label("The same PIN again").fill(PIN)
    await screen.button("Save").click()
    await expect(screen.page.get_by_role("switch", name="Ask for the PIN")).to_be_checked()
    await screen.button("Close", exact=True).click()
    await screen.button("Home").click()


async def open_with(screen: Screen, pin: str) -> None:
    await screen.page.get_by_label("PIN", exact=True).fill(pin)
    await screen.button("Open", exact=True).click()


@pytest.mark.row("R130")
async def test_contacts_are_hidden_half_an_hour_after_the_last_use_and_calls_still_come_in(
    house: House,
) -> None:
    ana, ben = house.ana, house.ben
    name = ana.page.get_by_text("Ben", exact=True)
    await choose_pin(ana)
    await ana.page.clock.fast_forward("29:00")
    await expect(name.first).to_be_visible()
    await expect(ana.page.get_by_role("heading", name="Locked")).to_be_hidden()

    await ana.page.clock.fast_forward("02:00")
    await expect(ana.page.get_by_role("heading", name="Locked")).to_be_visible()
    await expect(name).to_have_count(0)
    await expect(ana.button("Contacts")).to_be_hidden()
    await expect(ana.button("Settings")).to_be_hidden()

    await ben.place("Ana", video=False)
    await ana.answer("Ben")
    await ana.connected()
    await ana.hang_up()
    await expect(ana.page.get_by_role("heading", name="Locked")).to_be_visible()
    await ben.call_is_over("The call has ended.")

    await ana.page.reload()
    await expect(ana.page.get_by_role("heading", name="Locked")).to_be_visible()
    await open_with(ana, PIN)
    await expect(name.first).to_be_visible()
    assert ana.errors == []


@pytest.mark.row("R130")
async def test_the_rule_can_be_switched_off(house: House) -> None:
    ana = house.ana
    rule = ana.page.get_by_role("switch", name="Ask for the PIN")
    await ana.button("You", exact=True).click()
    await ana.button("Lock for this app").click()
    await rule.click()
    await expect(rule).not_to_be_checked()
    await ana.button("Close", exact=True).click()
    await ana.button("Home").click()
    await ana.page.clock.fast_forward("31:00")
    await expect(ana.page.get_by_text("Ben", exact=True).first).to_be_visible()
    await ana.page.reload()
    await ana.at_home()
    await ana.button("You", exact=True).click()
    await ana.button("Lock for this app").click()
    await rule.click()
    await expect(rule).to_be_checked()
    await ana.button("Close", exact=True).click()
    await ana.button("Home").click()


async def test_a_pin_may_not_be_guessed(house: House) -> None:
    """Also not by loading the page anew between two tries; what is right is not believed before its time either."""
    ana = house.ana
    await ana.page.clock.fast_forward("31:00")
    await expect(ana.page.get_by_role("heading", name="Locked")).to_be_visible()
    for wrong in ("0000", "1111", "2222"):
        await open_with(ana, wrong)
        await expect(ana.page.get_by_role("alert")).to_have_text("That is not the PIN.")
        await expect(ana.page.get_by_label("PIN", exact=True)).to_have_value("")
    await ana.page.reload()
    await open_with(ana, "3333")
    waits = re.compile(r"You can try again in \d+ seconds")
    await expect(ana.page.get_by_role("alert")).to_have_text(waits)
    await ana.page.reload()
    await open_with(ana, PIN)
    await expect(ana.page.get_by_role("alert")).to_have_text(waits)
    await ana.page.clock.fast_forward("00:40")
    await open_with(ana, PIN)
    await expect(ana.page.get_by_text("Ben", exact=True).first).to_be_visible()
