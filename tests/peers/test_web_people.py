"""Being here, in a browser: who one is, the guidelines, the own number, a copy to take along, and leaving."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.support.browsers import Kind, Launcher, Screen, browsers
from tests.support.server import running_server

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def started(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Launcher]:
    directory = tmp_path_factory.mktemp("people")
    async with running_server(directory) as server, browsers(server, directory) as launch:
        await launch.person("Ana", "chromium")
        yield launch


@pytest_asyncio.fixture(loop_scope="module")
async def launch(started: Launcher) -> AsyncIterator[Launcher]:
    """Ana, the owner, is at home; everybody else leaves at the end of the test."""
    yield started
    await started.dismiss(keep=[started.owner])


async def settings(screen: Screen) -> None:
    await screen.button("Settings").click()
    await expect(screen.page.get_by_role("dialog")).to_be_visible()


@pytest.mark.row("R4")
@pytest.mark.parametrize("kind", ["chromium", "firefox"])
async def test_a_newcomer_chooses_a_saved_name_or_says_that_they_are_somebody_else(
    launch: Launcher, kind: Kind
) -> None:
    ana = launch.owner
    saved = f"Leo {kind}"
    await settings(ana)
    await ana.button("Who will join").click()
    await ana.page.get_by_label("Name", exact=True).fill(saved)
    await ana.button("Save", exact=True).click()
    await expect(ana.page.get_by_role("button", name=f"Remove {saved}")).to_be_visible()
    await ana.button("Close").click()

    for name in (saved, f"Mia {kind}"):
        secret = await ana.invite(household=True)
        screen = await launch.screen(kind)
        await screen.open(f"#join={secret}")
        choice = screen.page.get_by_role("radiogroup", name="Which one are you?")
        if name == saved:
            await expect(choice).to_be_visible()
            await screen.page.get_by_text("someone else").click()
            await screen.page.get_by_text(saved, exact=True).click()
            await expect(screen.page.get_by_label("Your name")).to_have_value(saved)
        else:
            await expect(choice).to_be_hidden()  # whom they expected has come
            await screen.page.get_by_label("Your name").fill(name)
        launch.numbers += 1
        before = len(launch.server.console)
        await screen.page.get_by_label("Mobile number").first.fill(f"+1202555{9100 + launch.numbers}")
        await screen.agree()
        await screen.button("Continue").click()
        code = (await launch.server.line(r"code .*: (\d{6})$", after=before))[1]
        await screen.page.get_by_label("Code", exact=True).fill(code)
        await screen.button("Confirm").click()
        await screen.at_home()
    people = {one["name"]: one["id"] for one in (await ana.state())["people"]}
    assert saved in people and f"Mia {kind}" in people
    assert people[saved] != people[f"Mia {kind}"]


@pytest.mark.row("R136")
async def test_the_guidelines_are_there_to_be_read_in_both_languages(launch: Launcher) -> None:
    screen = await launch.screen("chromium")
    for language, title in (("en", "Usage guidelines"), ("es", "Normas de uso")):
        await screen.page.goto(f"{launch.server.url}/guidelines.{language}.html")
        await expect(screen.page.get_by_role("heading", level=1)).to_have_text(title)
    await screen.open(f"#join={await launch.owner.invite(household=True)}")
    link = screen.page.get_by_role("link", name="Read the usage guidelines")
    assert await link.get_attribute("href") == "/guidelines.en.html"


async def test_a_mistyped_number_is_corrected_where_the_code_is_asked_for(launch: Launcher) -> None:
    secret = await launch.owner.invite(household=False)
    screen = await launch.screen("chromium")
    await screen.open(f"#join={secret}")
    await screen.page.get_by_label("Your name").fill("Otto")
    await screen.page.get_by_label("Mobile number").first.fill("+12025559301")
    await screen.agree()
    await screen.button("Continue").click()
    await expect(screen.page.get_by_text("on its way to +12025559301")).to_be_visible()
    await screen.page.get_by_text("Is the number wrong?").click()
    before = len(launch.server.console)
    await screen.page.get_by_label("Mobile number").fill("+12025559302")
    await screen.button("Send the code there").click()
    await expect(screen.page.get_by_text("on its way to +12025559302")).to_be_visible()
    code = (await launch.server.line(r"ending in 02: (\d{6})$", after=before))[1]
    await screen.page.get_by_label("Code", exact=True).fill(code)
    await screen.button("Confirm").click()
    await screen.at_home()

    await settings(screen)
    await screen.button("Change the number").click()
    before = len(launch.server.console)
    await screen.page.get_by_label("New mobile number").fill("+12025559303")
    await screen.button("Send a code").click()
    code = (await launch.server.line(r"ending in 03: (\d{6})$", after=before))[1]
    await screen.page.get_by_label("Code that was sent to +12025559303").fill(code)
    await screen.button("Confirm").click()
    await expect(screen.page.get_by_role("dialog").get_by_text("+12025559303", exact=True)).to_be_visible()
    assert (await screen.state())["own"]["mobile"] == "+12025559303"


DELEGATED = """async () => {
  const { identities } = document.querySelector('kith-app').parts.account;
  const own = await identities.person(identities.identity.person);
  return (own.delegations?.endpoints.length ?? 0) > 0;
}"""


@pytest.mark.row("R5")
async def test_a_browser_that_is_everybodys_asks_who_calls(launch: Launcher) -> None:
    ana = launch.owner
    dan = await launch.person("Dan", "chromium", by=ana)
    wall = await launch.screen("chromium")
    await wall.pair(await ana.offer_pairing(shared=True), "Wall")
    for adult in (ana, dan):
        await adult.page.wait_for_function(DELEGATED)
    await wall.place("Ana", video=False)
    choice = wall.page.get_by_role("dialog", name="Who is calling?")
    await expect(choice.get_by_role("button", name="Ana")).to_be_visible()
    assert [talk for talk in (await ana.state())["talks"] if talk["ended"] is None] == [], "nobody rings yet"
    await choice.get_by_role("button", name="Dan").click()
    await ana.answer("Dan")
    await ana.connected()
    await wall.hang_up()
    for screen in (wall, ana):
        await screen.leave_calls()
    assert wall.errors == [] and ana.errors == []


async def test_who_leaves_has_a_household_of_their_own_and_others_believe_it(
    launch: Launcher, tmp_path: Path
) -> None:
    ana = launch.owner
    ben = await launch.person("Ben", "chromium", by=ana)
    await settings(ben)
    async with ben.page.expect_download() as started:
        await ben.button("Download my data").click()
    download = await started.value
    await download.save_as(tmp_path / "data.json")
    data = json.loads((tmp_path / "data.json").read_text())
    assert (data["format"], data["person"][0]["name"]) == ("kith-export", "Ben")

    await ben.button("Leave this household").click()
    leave = ben.page.get_by_role("dialog").get_by_role("button", name="Leave this household")
    await expect(leave).to_be_disabled()
    await ben.page.get_by_label("I have read this").check()
    await leave.click()
    await expect(ben.page.get_by_text("You have a household of your own now")).to_be_visible()
    await expect(ana.page.get_by_text("Ben left your household")).to_be_visible()
    homes = [(await one.state())["person"]["household"] for one in (ana, ben)]
    assert homes[0] != homes[1]
    roots = """() => document.querySelector('kith-app').parts.account.identities.household()
        .then(({ roster }) => [roster && [...roster.members].length, roster && roster.version])"""
    assert (await ben.page.evaluate(roots))[0] == 1, "a roster of his own, which he has begun"
    await ben.page.reload()
    await ben.at_home()
    assert (await ben.page.evaluate(roots))[0] == 1
    await ben.place("Ana", video=False)
    await ana.answer("Ben")
    await ana.connected()
    await ben.hang_up()
    await ana.leave_calls()
    assert ben.errors == [] and ana.errors == []


@pytest.mark.row("R10")
async def test_who_leaves_for_good_is_told_so_and_rings_nowhere(launch: Launcher) -> None:
    ana = launch.owner
    cleo = await launch.person("Cleo", "chromium", by=ana, household=False)
    await expect(ana.button("Call Cleo", exact=True)).to_be_enabled()
    await settings(cleo)
    await cleo.button("Leave Kith for good").click()
    await cleo.page.get_by_label("I have read this").check()
    await cleo.button("Erase everything").click()
    await expect(cleo.page.get_by_role("heading", name="You have left Kith")).to_be_visible()
    await expect(ana.button("Call Cleo", exact=True)).to_have_count(0)
    await cleo.page.reload()
    await expect(cleo.page.get_by_role("heading", name="Welcome to Kith")).to_be_visible()
