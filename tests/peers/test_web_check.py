"""The self-check says what a browser lacks; and what is refused takes nothing else away."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.support.browsers import Kind, Launcher, Screen, browsers
from tests.support.server import running_server

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def launch(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Launcher]:
    directory = tmp_path_factory.mktemp("check")
    async with running_server(directory) as server, browsers(server, directory) as launch:
        await launch.person("Ana", "chromium")
        yield launch


async def checked(screen: Screen) -> dict[str, str]:
    """The outcome of each check, once all have one."""
    again = screen.button("Check again")
    await expect(again).not_to_have_attribute("aria-busy", "true")
    rows = await screen.page.locator(".check").all()
    return {
        str(await row.get_attribute("data-check")): str(await row.get_attribute("data-outcome"))
        for row in rows
    }


@pytest.mark.parametrize("kind", ["chromium", "firefox"])
async def test_before_joining_by_keyboard_alone(launch: Launcher, kind: Kind) -> None:
    screen = await launch.screen(kind)
    await screen.open()
    await screen.button("Check this browser").focus()
    await screen.page.keyboard.press("Enter")
    dialog = screen.page.get_by_role("dialog", name="Self-check")
    await expect(dialog).to_be_visible()
    outcomes = await checked(screen)
    assert outcomes["page"] == outcomes["socket"] == "good"
    assert outcomes["relay"] == "later", "the server tells only those who have joined"
    assert outcomes["certificate"] in ("good", "bad"), "Firefox was told to go on past the certificate"
    assert outcomes["microphone"] in ("good", "later")
    speaker = screen.page.locator("[data-check=speaker]")
    await speaker.get_by_role("button", name="Speaker: Play a tone").focus()
    await screen.page.keyboard.press("Enter")
    await expect(speaker).to_contain_text("If you heard nothing")
    await expect(speaker).to_contain_text("Good.")
    await screen.page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    assert screen.errors == []
    await screen.context.close()


async def test_from_settings_when_all_is_well(launch: Launcher) -> None:
    ana = launch.owner
    await ana.button("Settings").click()
    await ana.button("Check this browser").click()
    outcomes = await checked(ana)
    wanted = {"page", "certificate", "socket", "microphone", "camera", "notifications"}
    assert {name for name, outcome in outcomes.items() if outcome == "good"} >= wanted
    assert outcomes["relay"] == "care", "this server has none, which is said and is no fault"
    await expect(ana.page.get_by_text("No relay is set up on this server.")).to_be_visible()
    await expect(ana.page.get_by_text("Calls work here.")).to_be_visible()
    assert await ana.live_tracks() == set()
    await ana.button("Close").click()


async def test_a_connection_that_is_cut_off_is_named(launch: Launcher) -> None:
    screen = await launch.screen("chromium")
    await screen.page.route_web_socket("**/v1/connect", lambda socket: socket.close())
    await screen.open()
    await screen.button("Check this browser").click()
    assert (await checked(screen))["socket"] == "bad"
    await expect(screen.page.get_by_text("No lasting connection to the server.")).to_be_visible()
    await expect(screen.page.get_by_text("Not everything works yet: 1 to look at.")).to_be_visible()
    await screen.context.close()


@pytest.mark.row("R135")
async def test_whatever_is_refused_the_rest_works(launch: Launcher) -> None:
    """Microphone, camera and notifications refused: the page rings, one sees and hears, and all is said."""
    ana = launch.owner
    dora = await launch.person("Dora", "chromium", by=ana, refusing=True, permissions=[])
    await dora.button("Settings").click()
    await dora.button("Check this browser").click()
    outcomes = await checked(dora)
    refused = (outcomes["microphone"], outcomes["camera"], outcomes["notifications"])
    assert refused in {("bad", "care", "care"), ("later", "later", "care")}
    if outcomes["microphone"] == "later":
        for part in ("Microphone", "Camera"):
            await dora.button(f"{part}: Try it").click()
    await expect(dora.page.locator("[data-check=microphone]")).to_contain_text("nobody hears you")
    await expect(dora.page.locator("[data-check=camera]")).to_contain_text("nobody sees you")
    await dora.button("Close").click()

    await ana.place("Dora", video=True)
    await dora.answer("Ana")
    for screen in (ana, dora):
        await screen.connected()
    await dora.sees_picture()
    await expect(dora.page.get_by_text("You are not heard: the microphone is blocked")).to_be_visible()
    await expect(ana.page.get_by_text("Dora’s microphone is off")).to_be_visible()  # noqa: RUF001
    assert await dora.live_tracks() == set()
    await ana.hang_up()
    assert dora.errors == []
