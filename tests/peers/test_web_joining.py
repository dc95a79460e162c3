"""How a person becomes a part of the house in a browser: links, codes, and what is said when they do not work."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.support.browsers import Kind, Launcher, browsers
from tests.support.server import running_server

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def started(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Launcher]:
    directory = tmp_path_factory.mktemp("joining")
    async with running_server(directory) as server, browsers(server, directory) as launch:
        await launch.person("Ana", "chromium")
        yield launch


@pytest_asyncio.fixture(loop_scope="module")
async def launch(started: Launcher) -> AsyncIterator[Launcher]:
    """Ana, the owner, is at home; everybody else leaves at the end of the test."""
    yield started
    await started.dismiss(keep=[started.owner])


async def test_a_used_owner_link_is_refused_with_words(launch: Launcher) -> None:
    screen = await launch.screen("chromium")
    await screen.open(f"#join={await launch.server.owner_link()}")
    await expect(screen.page.get_by_role("alert")).to_contain_text("used, has expired or never was")
    await expect(screen.page.get_by_label("Mobile number")).to_be_hidden()


async def test_the_secret_leaves_the_address_bar(launch: Launcher) -> None:
    secret = await launch.owner.invite(household=True)
    screen = await launch.screen("chromium")
    await screen.open(f"#join={secret}")
    await expect(screen.page.get_by_text("Ana invites you to join their household")).to_be_visible()
    assert secret not in screen.page.url
    assert secret not in await screen.page.evaluate("() => document.URL + location.href")
    assert secret not in launch.server.log.read_text()


@pytest.mark.parametrize("kind", ["chromium", "firefox"])
async def test_invitation_to_an_own_household(launch: Launcher, kind: Kind) -> None:
    guest = await launch.person(f"Cleo {kind}", kind, by=launch.owner, household=False)
    await expect(guest.button("Call Ana", exact=True)).to_be_enabled()
    await expect(launch.owner.button(f"Call Cleo {kind}", exact=True)).to_be_enabled()
    assert guest.errors == []


async def test_emergency_calls_are_not_promised(launch: Launcher) -> None:
    screen = await launch.screen("chromium")
    await screen.open()
    await expect(screen.page.get_by_text("cannot call emergency services")).to_be_visible()
    await expect(launch.owner.page.get_by_text("cannot call emergency services")).to_be_visible()


async def test_a_wrong_code_and_a_new_one(launch: Launcher) -> None:
    secret = await launch.owner.invite(household=True)
    screen = await launch.screen("chromium")
    before = len(launch.server.console)
    await screen.open(f"#join={secret}")
    await screen.page.get_by_label("Your name").fill("Dora")
    await screen.page.get_by_label("Mobile number").fill("+12025557001")
    await screen.agree()
    await screen.button("Continue").click()
    first = (await launch.server.line(r"code .*: (\d{6})$", after=before))[1]
    await screen.page.get_by_label("Code", exact=True).fill(f"{(int(first) + 1) % 1_000_000:06d}")
    await screen.button("Confirm").click()
    await expect(screen.page.get_by_role("alert")).to_contain_text("not the code")
    after = len(launch.server.console)
    await screen.button("Send a new code").click()
    await expect(screen.page.get_by_text("A new code is on its way")).to_be_visible()
    second = (await launch.server.line(r"code .*: (\d{6})$", after=after))[1]
    await screen.page.get_by_label("Code", exact=True).fill(second)
    await screen.button("Confirm").click()
    await screen.at_home()


async def test_a_wrong_number_is_named(launch: Launcher) -> None:
    secret = await launch.owner.invite(household=True)
    screen = await launch.screen("chromium")
    await screen.open(f"#join={secret}")
    await screen.page.get_by_label("Your name").fill("Emil")
    await screen.button("Continue").click()
    await expect(screen.page.get_by_role("alert")).to_have_text("Please fill this in.")
    await expect(screen.page.get_by_label("Mobile number")).to_be_focused()
    await screen.page.get_by_label("Mobile number").fill("12345")
    await screen.button("Continue").click()
    await expect(screen.page.get_by_role("alert")).to_contain_text("tick the box")
    await screen.agree()
    await screen.button("Continue").click()
    await expect(screen.page.get_by_role("alert")).to_contain_text("not a mobile number")


@pytest.mark.parametrize("kind", ["chromium", "firefox"])
async def test_a_second_device_by_pairing_code(launch: Launcher, kind: Kind) -> None:
    code = await launch.owner.offer_pairing(shared=False)
    tablet = await launch.screen(kind)
    await tablet.pair(code, f"Tablet {kind}")
    assert (await tablet.state())["person"]["name"] == "Ana"
    again = await launch.screen("chromium")
    await again.open(f"#pair={code}")
    await again.button("Add this device").click()
    await expect(again.page.get_by_role("alert")).to_contain_text("pairing code is wrong")


async def test_the_keys_cannot_be_read_and_outlive_the_page(launch: Launcher) -> None:
    screen = await launch.person("Finn", "chromium", by=launch.owner)
    extractable = await screen.page.evaluate(
        """async () => {
          const { loadIdentity } = await import('/session/database.js');
          const { keys } = await loadIdentity();
          return [keys.identity.privateKey.extractable, keys.sealing.privateKey.extractable];
        }"""
    )
    assert extractable == [False, False]
    await screen.page.reload()
    await screen.at_home()


async def test_a_new_name_is_seen_by_others(launch: Launcher) -> None:
    screen = await launch.person("Greta", "chromium", by=launch.owner)
    await screen.button("Settings").click()
    await screen.page.get_by_label("Your name").fill("Margarete")
    await screen.button("Save").click()
    await expect(screen.page.get_by_text("Saved.")).to_be_visible()
    await expect(launch.owner.button("Call Margarete", exact=True)).to_be_visible()


async def test_one_tab_at_a_time(launch: Launcher) -> None:
    screen = await launch.person("Hugo", "chromium", by=launch.owner)
    second = await screen.context.new_page()
    await second.goto(launch.server.url)
    await expect(second.get_by_role("heading", name="Kith is open in another tab")).to_be_visible()
    await second.get_by_role("button", name="Use Kith here").click()
    await expect(second.get_by_role("heading", name="People")).to_be_visible()
    await expect(screen.page.get_by_role("heading", name="Kith is open in another tab")).to_be_visible()


async def test_the_page_in_spanish(launch: Launcher) -> None:
    screen = await launch.screen("chromium", locale="es-MX")
    await screen.open()
    await expect(screen.page.get_by_role("heading", name="Te damos la bienvenida a Kith")).to_be_visible()
    assert await screen.page.evaluate("() => document.documentElement.lang") == "es"


async def test_the_server_out_of_reach_says_so(launch: Launcher) -> None:
    """The service worker has the offline page ready."""
    screen = await launch.screen("chromium")
    await screen.open()
    await screen.page.evaluate("async () => { await navigator.serviceWorker.ready; }")
    await screen.context.set_offline(True)
    await screen.page.reload()
    await expect(screen.page.get_by_role("heading", name="Kith is out of reach")).to_be_visible()
