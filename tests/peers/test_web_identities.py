"""Who is who, in real browsers: devices that are confirmed, identities that change, a recovery key on paper."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.support.browsers import Kind, Launcher, Screen, browsers
from tests.support.server import running_server

pytestmark = pytest.mark.asyncio(loop_scope="module")

KINDS: list[Kind] = ["chromium", "firefox"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def started(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Launcher]:
    directory = tmp_path_factory.mktemp("identities")
    async with running_server(directory) as server, browsers(server, directory) as launch:
        yield launch


@asynccontextmanager
async def elsewhere(started: Launcher, directory: Path) -> AsyncIterator[Launcher]:
    """A server of its own, and browsers that run already."""
    async with running_server(directory, certs=started.server.certs) as server:
        launch = started.at(server)
        yield launch
        await launch.dismiss()


@dataclass
class Pair:
    """Ana, in `kind` of browser, and Ben, in the other, who live apart and know each other."""

    launch: Launcher
    kind: Kind
    ana: Screen
    ben: Screen


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=KINDS)
async def joined(
    started: Launcher, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> AsyncIterator[Pair]:
    kind: Kind = request.param
    async with elsewhere(started, tmp_path_factory.mktemp(kind)) as launch:
        ana = await launch.person("Ana", kind)
        ben = await launch.person("Ben", other(kind), by=ana, household=False)
        yield Pair(launch, kind, ana, ben)


@pytest_asyncio.fixture(loop_scope="module")
async def pair(joined: Pair) -> AsyncIterator[Pair]:
    """What a test changes for Ana and Ben stays, so their tests build on each other; all run for each kind in turn."""
    yield joined
    await joined.launch.dismiss(keep=(joined.ana, joined.ben))
    for screen in (joined.ana, joined.ben):
        await screen.leave_calls()


once = pytest.mark.parametrize("joined", ["chromium"], indirect=True)


def other(kind: Kind) -> Kind:
    return "firefox" if kind == "chromium" else "chromium"


async def begin_pairing(owner: Screen, *, shared: bool) -> tuple[str, str]:
    """Opens the dialog and leaves it open: the code alone, and CODE.SECRET."""
    await owner.button("Add a device").click()
    await owner.button("Everybody" if shared else "Mine").click()
    code = await owner.page.get_by_label("Pairing code").inner_text()
    command = await owner.page.get_by_label("Command to run on the device").inner_text()
    return code, command.partition("--pair ")[2].partition(" ")[0]


async def begin_as(screen: Screen, code: str, name: str) -> None:
    await screen.open(f"#pair={code}")
    await screen.page.get_by_label("Name of this device").fill(name)
    await screen.button("Add this device").click()


async def digits(screen: Screen) -> str:
    shown = screen.page.get_by_label("Six digits")
    await expect(shown).to_be_visible()
    return "".join(re.findall(r"\d", await shown.locator("span").first.inner_text())) + "".join(
        re.findall(r"\d", await shown.locator("span").nth(1).inner_text())
    )


async def talk(caller: Screen, callee: Screen, name: str) -> None:
    """A call is placed, answered, and stands on both sides."""
    await caller.place(name, video=False)
    await callee.answer(await callee.ringing_name())
    for screen in (caller, callee):
        await screen.connected()


async def test_a_scanned_link_confirms_a_device_by_itself(pair: Pair) -> None:
    ana, ben = pair.ana, pair.ben
    _, linked = await begin_pairing(ana, shared=False)
    tablet = await pair.launch.screen(other(pair.kind))
    await begin_as(tablet, linked, "Tablet")
    await tablet.at_home()
    await expect(ana.page.get_by_text("Tablet is one of your devices now.")).to_be_visible()
    await ana.button("Close").click()
    await talk(tablet, ben, "Ben")
    await expect(tablet.page.locator("kith-lock")).to_contain_text(
        re.compile("End-to-end encrypted with Ben.s devices")
    )
    await expect(ben.page.locator("kith-lock")).to_contain_text(
        re.compile("End-to-end encrypted with Ana.s devices")
    )
    assert ana.errors == tablet.errors == []
    await tablet.hang_up()
    await ben.call_is_over("The call has ended.")


async def test_a_typed_code_confirms_a_device_by_digits(pair: Pair) -> None:
    ana = pair.ana
    code, _ = await begin_pairing(ana, shared=False)
    desk = await pair.launch.screen(other(pair.kind))
    await begin_as(desk, code, "Desk")
    assert await digits(desk) == await digits(ana)
    await desk.button("The same").click()
    await expect(desk.page.get_by_text("Waiting for your answer on the other device")).to_be_visible()
    await ana.button("The same").click()
    await desk.at_home()
    await expect(ana.page.get_by_text("Desk is one of your devices now.")).to_be_visible()
    await ana.button("Close").click()


@once
async def test_a_device_that_is_not_confirmed_waits_and_can_be_confirmed_later(pair: Pair) -> None:
    ana = pair.ana
    code, _ = await begin_pairing(ana, shared=True)
    wall = await pair.launch.screen("firefox")
    await begin_as(wall, code, "Wall")
    assert await digits(wall) == await digits(ana)
    await ana.button("Different").click()
    await expect(ana.page.get_by_role("alert")).to_contain_text("Nothing was confirmed")
    await expect(wall.page.get_by_role("alert")).to_contain_text("Nothing was confirmed")
    await expect(wall.page.get_by_role("heading", name="Confirm this device")).to_be_visible()
    assert await wall.button("Call Ana").is_hidden()
    await ana.button("Close").click()

    await expect(ana.page.get_by_text("Wall waits to be confirmed for your household.")).to_be_visible()
    await ana.button("Confirm Wall").click()
    assert await digits(wall) == await digits(ana)
    await ana.button("The same").click()
    await wall.button("The same").click()
    await wall.at_home()
    await ana.button("Close").click()
    await expect(ana.page.get_by_text("Wall waits to be confirmed")).to_be_hidden()
    await talk(ana, wall, "Wall")
    await expect(ana.page.locator("kith-lock")).to_contain_text("End-to-end encrypted")
    await ana.hang_up()
    await wall.call_is_over("The call has ended.")


FORGET = """
async () => {
  const { amend } = await import('/session/database.js');
  const state = document.querySelector('kith-app').parts.store.state;
  for (const { id } of state.people) {
    const other = (there) => (there ? { keep: { ...there, root: there.root.map((byte) => byte ^ 1) } } : {});
    await amend('persons', id, other);
  }
}
"""
"""As if everybody had had another identity when this browser first saw them."""


@pytest.mark.parametrize("changed", ["caller", "callee"])
async def test_a_changed_identity_is_shown_before_any_media(pair: Pair, changed: str) -> None:
    ana, ben = pair.ana, pair.ben
    viewer, far = (ben, ana) if changed == "caller" else (ana, ben)
    await talk(ana, ben, "Ben")
    await ana.hang_up()
    await ben.call_is_over("The call has ended.")
    await viewer.page.evaluate(FORGET)

    await ana.place("Ben", video=True)
    await ben.answer("Ana")
    notice = viewer.page.get_by_role(
        "alertdialog", name=re.compile(f"{far.name}.s safety number has changed")
    )
    await expect(notice).to_be_visible()
    await expect(far.page.locator("kith-call .standing")).to_have_text("Connecting …")
    assert await viewer.page.evaluate("() => window.connections.at(-1).remoteDescription") is None
    assert await far.statistics("outbound-rtp") == [] or all(
        one.get("packetsSent", 0) == 0 for one in await far.statistics("outbound-rtp")
    )
    await viewer.button("Talk anyway").click()
    for screen in (ana, ben):
        await screen.connected()
        await screen.sees_picture()
    await viewer.hang_up()
    await far.call_is_over("The call has ended.")

    await talk(ana, ben, "Ben")  # it is known from now on
    await expect(notice).to_be_hidden()
    await ana.hang_up()
    await ben.call_is_over("The call has ended.")


@once
async def test_a_changed_identity_can_be_left_alone(pair: Pair) -> None:
    ana, ben = pair.ana, pair.ben
    await talk(ana, ben, "Ben")
    await ana.hang_up()
    await ben.call_is_over("The call has ended.")
    await ana.page.evaluate(FORGET)
    await ana.place("Ben", video=False)
    await ben.answer("Ana")
    await expect(ana.page.get_by_role("alertdialog", name=re.compile("Ben.s safety number"))).to_be_visible()
    await ana.page.get_by_role("alertdialog").get_by_role("button", name="Hang up").click()
    await ben.call_is_over("The call has ended.")
    await ana.at_home()
    await ana.page.evaluate(FORGET)  # twice is not at all


async def test_compared_safety_numbers_are_said_in_every_call(pair: Pair) -> None:
    ana, ben = pair.ana, pair.ben
    await talk(ana, ben, "Ben")
    numbers = []
    for screen in (ana, ben):
        await screen.page.locator("kith-lock button").click()
        dialog = screen.page.get_by_role("dialog", name="Safety number with")
        groups = dialog.get_by_role("list", name="Safety number").get_by_role("listitem")
        await expect(groups.first).not_to_contain_text("·")
        numbers.append(await groups.all_inner_texts())
        if screen is ana:
            await screen.button("They match").click()
        await dialog.get_by_role("button", name="Close").click()
    assert numbers[0] == numbers[1]
    await expect(ana.page.locator("kith-lock")).to_contain_text("You compared safety numbers with Ben.")
    await ana.hang_up()
    await ben.call_is_over("The call has ended.")
    await talk(ben, ana, "Ana")
    await expect(ana.page.locator("kith-lock")).to_contain_text("You compared safety numbers with Ben.")
    await expect(ben.page.locator("kith-lock")).to_contain_text("as first seen today")
    await ben.hang_up()
    await ana.call_is_over("The call has ended.")


async def paper(screen: Screen) -> str:
    """The recovery key, as it is shown."""
    await screen.button("Write it down").click()
    groups = screen.page.get_by_role("list", name="Recovery key").get_by_role("listitem")
    await expect(groups).to_have_count(11)
    return " ".join(await groups.all_inner_texts())


async def test_who_lost_everything_comes_back_with_the_paper(pair: Pair) -> None:
    """The last of Ana's first browser."""
    ana, ben = pair.ana, pair.ben
    await talk(ana, ben, "Ben")
    await ana.hang_up()
    await ben.call_is_over("The call has ended.")
    key = await paper(ana)
    await ana.button("I have written it down").click()
    await ana.button("Close").click()
    await expect(ana.page.get_by_text("not on paper yet")).to_be_hidden()
    seed = "import('/session/database.js').then(({ load }) => load('own', 'recovery'))"
    assert await ana.page.evaluate(f"() => {seed}") is None

    phone = await pair.launch.screen(other(pair.kind))
    await phone.open()
    await phone.button("I lost all my devices").click()
    await phone.page.get_by_label("Recovery key").fill(key[:-1])
    await phone.button("Continue").click()
    await expect(phone.page.get_by_role("alert")).to_contain_text("mistyped")
    await phone.page.get_by_label("Recovery key").fill(key.lower())
    await phone.button("Continue").click()
    await phone.at_home()
    await expect(ana.page.get_by_role("heading", name="Signed out")).to_be_visible()
    await talk(phone, ben, "Ben")
    await expect(ben.page.locator("kith-lock")).to_contain_text(
        re.compile("Ana.s devices")  # the same identity: no change to show
    )
    await phone.hang_up()
    await ben.call_is_over("The call has ended.")
    assert await paper(phone) != key


async def test_a_new_recovery_key_takes_the_place_of_the_old(started: Launcher, tmp_path: Path) -> None:
    async with elsewhere(started, tmp_path) as launch:
        await is_replaced(launch)


async def is_replaced(launch: Launcher) -> None:
    ana = await launch.person("Ana", "chromium")
    old = await paper(ana)
    await ana.button("I have written it down").click()
    await ana.button("Make a new one").click()
    groups = ana.page.get_by_role("list", name="Recovery key").get_by_role("listitem")
    await expect(groups).to_have_count(11)
    assert " ".join(await groups.all_inner_texts()) != old
    phone = await launch.screen("firefox")
    await phone.open()
    await phone.button("I lost all my devices").click()
    await phone.page.get_by_label("Recovery key").fill(old)
    await phone.button("Continue").click()
    await expect(phone.page.get_by_role("alert")).to_contain_text("Nobody here has this recovery key")
