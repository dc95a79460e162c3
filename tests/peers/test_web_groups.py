"""Groups of real browsers: a mesh, in which each hears and sees each other, and what is said of who can hear it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.peers.test_web_calls import NEAR
from tests.support.browsers import Kind, Launcher, browsers
from tests.support.doors import Doors
from tests.support.gatherings import Gathering
from tests.support.server import running_server
from tests.support.speakers import silent_speakers

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

TONES = {"Ana": 440, "Ben": 550, "Carla": 660, "Dani": 880}
KINDS: dict[str, Kind] = {"Ana": "chromium", "Ben": "firefox", "Carla": "chromium", "Dani": "firefox"}


@dataclass
class Home:
    """Four who live together, each at a page."""

    launch: Launcher
    all: dict[str, Gathering]

    def __getitem__(self, name: str) -> Gathering:
        return self.all[name]

    async def together(self, *names: str) -> None:
        """They are in one group, each connected with each other."""
        await asyncio.gather(*(self.all[name].connected(len(names) - 1) for name in names))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Home]:
    directory = tmp_path_factory.mktemp("groups")
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(running_server(directory))
        speakers = await stack.enter_async_context(silent_speakers(directory))
        launch = await stack.enter_async_context(browsers(server, directory, speakers=speakers))
        made = Home(launch, {})
        for name, kind in KINDS.items():
            owner = made["Ana"].screen if made.all else None
            made.all[name] = Gathering(await launch.person(name, kind, by=owner, tone=TONES[name]))
        yield made


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def at_home(home: Home) -> AsyncIterator[None]:
    yield
    await asyncio.gather(*(one.close() for one in home.all.values()))


@pytest.mark.row("R87", "R88")
async def test_four_hear_and_see_each_other_end_to_end(home: Home) -> None:
    """Nobody has switched anything on: so it is end to end, which is said before it begins, where it rings, and in it.
    Each hears the three others, each by itself, and not itself. Who leaves gets nothing more, and may come back."""
    ana = home["Ana"]
    await ana.choose("Ben", "Carla", "Dani")
    assert await ana.is_end_to_end()
    await ana.begin("Video call")
    for name in ("Ben", "Carla", "Dani"):
        await expect(home[name].screen.incoming("Ana")).to_contain_text("Group video call")
        assert await home[name].is_end_to_end()
        await home[name].join()
    await home.together(*TONES)
    others = {name: {other: tone for other, tone in TONES.items() if other != name} for name in TONES}
    await asyncio.gather(*(home[name].hears_each(others[name], NEAR) for name in TONES))
    for name in TONES:
        assert await home[name].is_end_to_end()
        assert await home[name].sees(3) == TONES.keys() - {name}
        assert home[name].screen.errors == []

    await home["Dani"].leave()
    await home["Dani"].has_connections(0)
    assert await home["Dani"].screen.live_tracks() == set()
    staying = ("Ana", "Ben", "Carla")
    await home.together(*staying)
    for name in staying:
        assert set(await home[name].tiles()) == {*staying} - {name}
        await home[name].has_connections(2)
        await expect(home[name].screen.page.locator("kith-group > [role=status]")).to_have_text(
            "Dani has left"
        )

    await home["Dani"].come_back()
    await home.together(*TONES)
    assert await home["Dani"].sees(3) == {"Ana", "Ben", "Carla"}


@pytest.mark.row("R88", "R91")
async def test_one_who_has_not_opted_in_keeps_all_of_them_end_to_end(home: Home) -> None:
    """Off is the default: all but one switch it on, and the group is as if nobody had."""
    for name in ("Ana", "Ben"):
        await home[name].screen.button("You", exact=True).click()
        switch = home[name].screen.page.locator("[data-does=enhanced]")
        await expect(switch).to_have_attribute("aria-checked", "false")
        await home[name].enhance(on=True)
    ana = home["Ana"]
    await ana.choose("Ben", "Carla")
    assert await ana.is_end_to_end()
    await ana.begin("Call")
    for name in ("Ben", "Carla"):
        assert await home[name].is_end_to_end()
        await home[name].join()
    await home.together("Ana", "Ben", "Carla")
    for name in ("Ana", "Ben", "Carla"):
        assert await home[name].is_end_to_end()
        await home[name].has_connections(2)


@pytest.mark.row("R82", "R89")
async def test_all_who_have_opted_in_hear_each_other_through_the_mixer_and_are_told(home: Home) -> None:
    """It is said before it begins, where it rings and in it that it is not end to end."""
    names = ("Ana", "Ben", "Carla")
    for name in names:
        await home[name].enhance(on=True)
    await home["Ana"].choose("Ben", "Carla")
    assert not await home["Ana"].is_end_to_end()
    await home["Ana"].begin("Call")
    for name in ("Ben", "Carla"):
        assert not await home[name].is_end_to_end()
        await home[name].join()
    tones = tuple(TONES[name] for name in names)
    for name in names:
        await home[name].hears_only(tones, but=TONES[name])
        assert not await home[name].is_end_to_end()
        await home[name].has_connections(1)
        assert set(await home[name].tiles()) == {*names} - {name}


@pytest.mark.row("R75", "R78")
async def test_whoever_is_dropped_in_on_sends_one_frosted_picture_to_all_and_nothing_before_the_tone(
    home: Home,
) -> None:
    doors = {name: Doors(home[name].screen.page) for name in ("Ben", "Carla")}
    for name, one in doors.items():
        await one.sign(home="instant", frost=3)
        await one.ready()
        await home[name].screen.page.evaluate(WATCH)
    ana = home["Ana"]
    await ana.choose("Ben", "Carla")
    await ana.begin("Drop in")
    await home.together("Ana", "Ben", "Carla")
    for name in doors:
        page = home[name].screen.page
        await page.wait_for_function(OPENED)
        assert await page.evaluate("() => window.tooEarly") == 0
        (first, second) = await home[name].sends()
        assert len(first) == 2 and first == second


WATCH = """
() => {
  window.tooEarly = 0;
  document.querySelector('kith-app').parts.store.subscribe(({ groups }) => {
    if (groups.some(({ door }) => door === 'open')) return;
    const senders = window.connections.flatMap((one) => (one.connectionState === 'closed' ? [] : one.getSenders()));
    window.tooEarly += senders.filter(({ track }) => track !== null).length;
  });
}
"""
"""Counts what could leave before the door is open."""


OPENED = """
() => document.querySelector('kith-app').parts.store.state.groups.some(({ door, frost }) => door === 'open' && frost)
"""
