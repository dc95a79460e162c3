"""Children in the web app: a parent agrees first, sets each limit, sees what happened, and erases all of it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import expect

from kith.server.sms import CONSENTED
from tests.support.browsers import Launcher, Screen, browsers
from tests.support.choosing import befriend
from tests.support.server import running_server

pytestmark = pytest.mark.asyncio(loop_scope="module")

CALL = """
async (to) => {
  const { account } = document.querySelector('kith-app').parts;
  const { newCall } = await import('/core/ids.js');
  const call = newCall();
  try {
    const { call: view } = await account.send({ t: 'call', call, to });
    await account.send({ t: 'cancel', call }).catch(() => {});
    return view.phase;
  } catch (error) {
    return error.code;
  }
}
"""


@dataclass
class House:
    """Ana is a parent; Ben lives elsewhere and is one of her contacts; Tim has a tablet."""

    launch: Launcher
    ana: Screen
    ben: Screen
    tim: Screen


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    directory = tmp_path_factory.mktemp("children")
    async with running_server(directory) as server, browsers(server, directory) as launch:
        ana = await launch.person("Ana", "chromium")
        ben = await launch.person("Ben", "chromium", by=ana, household=False)
        await befriend(ana, "Ben", "+12025559002")
        await add_child(ana, "Tim")
        await agree(ana, "Tim")
        tim = await launch.screen("chromium")
        await ana.button("Add a device for Tim").click()
        code = await ana.page.get_by_label("Pairing code").inner_text()
        await tim.pair(code, "Tablet")
        yield House(launch, ana, ben, tim)


async def add_child(screen: Screen, name: str) -> None:
    await screen.button("You", exact=True).click()
    await screen.button("Children").click()
    await screen.page.get_by_label("Name of the child").fill(name)
    await screen.button("Add", exact=True).click()
    await expect(screen.page.get_by_role("heading", name=f"Before {name} begins")).to_be_visible()


async def agree(screen: Screen, name: str) -> None:
    await expect(screen.button("I agree")).to_be_disabled()
    await screen.page.get_by_label("I have read it").check()
    await screen.button("I agree").click()
    await expect(screen.button(f"Add a device for {name}")).to_be_visible()


async def open_child(screen: Screen, name: str) -> None:
    await expect(screen.page.get_by_role("alertdialog")).to_be_hidden()
    if await screen.button("Close", exact=True).is_visible():
        await screen.button("Close", exact=True).click()
    await screen.button("You", exact=True).click()
    await screen.button("Children").click()
    await screen.button(f"Open {name}").click()


async def person_of(screen: Screen) -> str:
    return str((await screen.state())["person"]["id"])


@pytest.mark.row("R121")
async def test_without_consent_a_profile_is_inert_and_consent_is_confirmed_by_one_message(
    house: House,
) -> None:
    ana = house.ana
    await ana.button("Close", exact=True).click()
    before = sum(CONSENTED in line for line in ana.server.console)
    await add_child(ana, "Lea")
    await expect(ana.button("Add a device for Lea")).to_be_hidden()
    text = ana.page.get_by_role("link", name="Read the whole text")
    assert await text.get_attribute("href") == "/consent.en.html"
    await ana.button("Close", exact=True).click()
    await ana.button("Children").click()
    await expect(ana.page.get_by_text("Waits for a parent to agree")).to_be_visible()
    await ana.button("Open Lea").click()
    await agree(ana, "Lea")
    assert sum(CONSENTED in line for line in ana.server.console) == before + 1
    await ana.button("Erase everything about Lea").click()
    await expect(ana.button("Cancel")).to_be_focused()
    await ana.button("Erase", exact=True).click()
    await expect(ana.button("Open Tim")).to_be_visible()
    await expect(ana.button("Open Lea")).to_be_hidden()
    assert ana.errors == []


@pytest.mark.row("R118", "R120")
async def test_each_limit_is_switched_by_itself_and_holds_at_once(house: House) -> None:
    ana, ben, tim = house.ana, house.ben, house.tim
    owner, outside = await person_of(ana), await person_of(ben)
    assert await tim.page.evaluate(CALL, owner) == "ringing"
    assert await tim.page.evaluate(CALL, outside) != "ringing"
    for limit, name in (("calling", "Calls"), ("messaging", "Messages"), ("drop_in", "Drop in")):
        switch = ana.page.get_by_role("switch", name=name, exact=True)
        await open_child(ana, "Tim")
        await switch.click()
        await expect(switch).not_to_be_checked()
        (child,) = (await ana.state())["children"]
        assert {one for one in ("calling", "messaging", "drop_in") if not child[one]} == {limit}
        assert await tim.page.evaluate(CALL, owner) == ("child_limit" if limit == "calling" else "ringing")
        await open_child(ana, "Tim")  # a call that rang has closed it
        await switch.click()
        await expect(switch).to_be_checked()
    await expect(ana.page.get_by_role("switch", name="May drop in at home")).not_to_be_checked()

    await ana.page.get_by_label("Ben", exact=True).check()
    await expect(ana.page.get_by_label("Ben", exact=True)).to_be_checked()
    await ana.page.wait_for_function(
        "() => document.querySelector('kith-app').parts.store.state.children[0].contacts.length === 1"
    )
    assert await tim.page.evaluate(CALL, outside) == "ringing"
    await ana.page.get_by_label("Ben", exact=True).uncheck()
    await ana.page.wait_for_function(
        "() => document.querySelector('kith-app').parts.store.state.children[0].contacts.length === 0"
    )
    assert await tim.page.evaluate(CALL, outside) != "ringing"
    assert ana.errors == []


@pytest.mark.row("R122", "R123")
async def test_a_parent_sees_what_happened_and_erases_it(house: House) -> None:
    ana, tim = house.ana, house.tim
    await open_child(ana, "Tim")
    await ana.button("What Tim did").click()
    await expect(ana.page.get_by_role("listitem").filter(has_text="Called Ana").first).to_be_visible()
    await open_child(ana, "Tim")
    await ana.button("Erase everything about Tim").click()
    await ana.button("Erase", exact=True).click()
    await expect(ana.page.get_by_text("No child has a profile here yet.")).to_be_visible()
    await expect(tim.page.get_by_role("heading", name="Signed out")).to_be_visible()
    await ana.button("Close", exact=True).click()
