"""Passkeys in Chromium: added, used in a fresh profile, refused once removed or copied; and where there are none."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.support.browsers import Launcher, Screen, browsers
from tests.support.server import running_server
from tests.support.virtual_authenticator import Virtual

pytestmark = pytest.mark.asyncio(loop_scope="module")

ASK = """
async ([command, fields]) => {
  const { account } = document.querySelector('kith-app').parts;
  return account.send({ t: command, ...fields });
}
"""


@dataclass
class House:
    launch: Launcher
    ana: Screen
    phone: Virtual


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    directory = tmp_path_factory.mktemp("passkeys")
    async with running_server(directory) as server, browsers(server, directory) as launch:
        assert "//localhost:" in server.url, "a name, which an address is not"
        ana = await launch.person("Ana", "chromium")
        yield House(launch, ana, await Virtual.into(ana))


async def open_passkeys(screen: Screen) -> None:
    await screen.button("Settings").click()
    await screen.button("See your passkeys").click()
    await expect(screen.page.get_by_role("dialog", name="Passkeys")).to_be_visible()


async def add(screen: Screen, name: str) -> None:
    await screen.page.get_by_label("Name of the passkey").fill(name)
    await screen.button("Add a passkey").click()


async def fresh(house: House, *credentials: dict[str, Any]) -> tuple[Screen, Virtual]:
    """A browser that nobody has used yet, into which a password manager has brought these."""
    screen = await house.launch.screen("chromium")
    await screen.open()
    authenticator = await Virtual.into(screen)
    for credential in credentials:
        await authenticator.add(credential)
    return screen, authenticator


async def ask(screen: Screen, command: str, **fields: object) -> dict[str, Any]:
    return dict(await screen.page.evaluate(ASK, [command, fields]))


async def test_a_passkey_is_added_named_and_lets_a_new_browser_in(house: House) -> None:
    ana = house.ana
    await open_passkeys(ana)
    await expect(ana.page.get_by_text("You have no passkey yet.")).to_be_visible()
    await add(ana, "Phone")
    rows = ana.page.locator(".passkeys .own")
    await expect(rows).to_have_count(1)
    await expect(rows).to_contain_text("Not used yet · added today")
    await add(ana, "Another")
    await expect(ana.page.get_by_text("There is a passkey of yours here already.")).to_be_visible()
    await ana.button("Rename Phone").click()
    await ana.page.get_by_label("New name").fill("Pocket")
    await ana.page.keyboard.press("Enter")
    await expect(rows).to_contain_text("Pocket")

    (credential,) = await house.phone.credentials()
    assert credential["isResidentCredential"] and credential["rpId"] == "localhost"
    laptop, _ = await fresh(house, credential)
    await laptop.button("Use a passkey").click()
    await laptop.page.wait_for_function("() => document.querySelector('kith-app').parts.store.state.known")
    state = await laptop.state()
    own = await ana.state()
    assert state["person"]["id"] == own["person"]["id"]
    assert state["endpoint"]["id"] != own["endpoint"]["id"] and not state["endpoint"]["shared"]
    roster = await ask(ana, "show_roster")
    assert state["endpoint"]["id"] in [one["id"] for one in roster["waiting"]]
    news = ana.page.get_by_text(f"A new device is signed in as you: {state['endpoint']['name']}.")
    await expect(news).to_have_count(1)
    await ana.button("Close").click()
    await open_passkeys(ana)
    await expect(rows).to_contain_text("Last used today")
    await ana.button("Close").click()

    await expect(
        laptop.page.get_by_role("heading", name="Confirm this device on your other one")
    ).to_be_visible()
    await expect(laptop.page.locator("kith-home")).to_have_count(0)
    await ana.button(f"Confirm {state['endpoint']['name']}").click()
    digits = [await one.page.get_by_label("Six digits").inner_text() for one in (ana, laptop)]
    assert digits[0] == digits[1]
    for one in (ana, laptop):
        await one.button("The same").click()
    await laptop.at_home()
    assert (await ask(ana, "show_roster"))["waiting"] == []
    await ana.button("Close").click()
    assert ana.errors == laptop.errors == []


async def test_a_copy_that_counts_behind_is_refused(house: House) -> None:
    (credential,) = await house.phone.credentials()  # the phone has not signed, the laptop's copy has
    copy, _ = await fresh(house, credential)
    await copy.button("Use a passkey").click()
    await expect(copy.page.get_by_text("This passkey does not serve here")).to_be_visible()
    await expect(copy.button("I have a pairing code")).to_be_visible()


async def test_a_removed_passkey_is_refused(house: House) -> None:
    ana = house.ana
    await open_passkeys(ana)
    await ana.button("Remove Pocket").click()
    await expect(ana.button("Cancel")).to_be_focused()
    await ana.page.get_by_role("button", name="Remove", exact=True).click()
    await expect(ana.page.get_by_text("You have no passkey yet.")).to_be_visible()
    (credential,) = await house.phone.credentials()
    thief, _ = await fresh(house, credential | {"signCount": 1000})
    await thief.button("Use a passkey").click()
    await expect(thief.page.get_by_text("This passkey does not serve here")).to_be_visible()
    assert (await ask(ana, "list_passkeys"))["passkeys"] == []
    await ana.button("Close").click()


async def test_the_wrong_finger_opens_nothing(house: House) -> None:
    ana = house.ana
    await house.phone.verifies(verified=False)
    await open_passkeys(ana)
    await add(ana, "Somebody else's")
    await expect(ana.page.get_by_text("No passkey was chosen.")).to_be_visible()
    assert (await ask(ana, "list_passkeys"))["passkeys"] == []
    await house.phone.verifies(verified=True)
    await ana.button("Close").click()
    stranger, _ = await fresh(house)
    await stranger.button("Use a passkey").click()
    await expect(stranger.page.get_by_text("No passkey was chosen.")).to_be_visible()


async def test_under_an_address_it_is_said_why_there_are_none(house: House) -> None:
    screen = await house.launch.screen("chromium")
    await screen.page.goto(house.launch.server.url.replace("localhost", "127.0.0.1"))
    await expect(screen.page.get_by_text("Passkeys need the name of your server.")).to_be_visible()
    await expect(screen.button("Use a passkey")).to_be_hidden()


async def test_past_a_certificate_that_is_not_trusted_there_are_none(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person may go on there all the same, and is told what is wrong."""
    monkeypatch.setattr(house.launch, "_trust", list)
    browser = (await house.launch.screen("chromium", tone=523)).context.browser  # a process of its own
    assert browser is not None
    context = await browser.new_context(ignore_https_errors=True)
    screen = Screen("chromium", house.launch.server, context, await context.new_page())
    await screen.open()
    await Virtual.into(screen)
    await screen.button("Use a passkey").click()
    await expect(screen.page.get_by_text("with a certificate that this browser trusts")).to_be_visible()
    await context.close()


async def test_a_shared_screen_has_no_passkeys(house: House) -> None:
    wall = await house.launch.screen("chromium")
    await wall.pair(await house.ana.offer_pairing(shared=True), "Wall")
    await wall.button("Settings").click()
    await expect(wall.page.get_by_role("dialog", name="Settings")).to_be_visible()
    await expect(wall.button("See your passkeys")).to_be_hidden()
    answer = await wall.page.evaluate(
        f"async () => ({ASK})(['begin_passkey', {{}}]).then((reply) => reply.t, (error) => error.code)"
    )
    assert answer == "not_permitted"
