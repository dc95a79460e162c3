"""Groups of real browsers: a mesh, in which each hears and sees each other, and what is said of who can hear it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect

from kith import Endpoint
from kith.endpoint.equipment import Parts
from tests.peers.test_web_calls import NEAR
from tests.support.browsers import Kind, Launcher, browsers
from tests.support.doors import Doors
from tests.support.endpoints import DEFAULTS, Watched
from tests.support.gatherings import Gathering
from tests.support.server import running_server
from tests.support.speakers import silent_speakers

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

TONES = {"Ana": 440, "Ben": 550, "Carla": 660, "Dani": 880}
KITCHEN = 1_100
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


@pytest.mark.row("R87")
async def test_who_is_removed_is_out_and_others_may_be_asked_in(home: Home) -> None:
    ana, ben, carla, dani = (home[name] for name in TONES)
    await ana.choose("Ben", "Carla")
    await ana.begin("Call")
    for one in (ben, carla):
        await one.join()
    await home.together("Ana", "Ben", "Carla")
    await expect(ben.screen.button("Remove Carla")).to_be_hidden()  # that is for who began it
    await ana.screen.button("Remove Carla").click()
    await carla.stands("You were taken out of the group.")
    await carla.has_connections(0)
    assert await carla.screen.live_tracks() == set()
    await expect(carla.screen.button("Join again")).to_be_hidden()
    await home.together("Ana", "Ben")

    await ben.ask_in("Dani")
    await dani.join()
    await home.together("Ana", "Ben", "Dani")
    await dani.hears_each({"Ana": TONES["Ana"], "Ben": TONES["Ben"]}, NEAR)
    assert [await one.is_end_to_end() for one in (ana, ben, dani)] == [True] * 3


@pytest.mark.row("R87")
async def test_a_group_goes_on_at_another_own_device(home: Home) -> None:
    ana, ben = home["Ana"], home["Ben"]
    tablet = Gathering(await home.launch.screen("chromium", tone=TONES["Carla"]))
    await tablet.screen.pair(await ana.screen.offer_pairing(shared=False), "Tablet")
    await tablet.screen.page.wait_for_function(CONFIRMED)
    await ben.choose("Ana", "Dani")
    await ben.begin("Call")
    await ana.join()
    await home.together("Ana", "Ben")
    await tablet.screen.button("Continue here").click()
    await ana.stands("The group goes on at another device.")
    await ana.has_connections(0)
    assert await ana.screen.live_tracks() == set()
    await asyncio.gather(tablet.connected(1), ben.connected(1))
    await ben.hears_each({"Ana": TONES["Carla"]}, NEAR)
    await tablet.leave()
    await home.launch.dismiss(keep=home.launch.people)


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


@pytest.mark.row("R69", "R73")
async def test_a_drop_in_on_several_knocks_where_it_may_not_open(home: Home) -> None:
    """Each lets in for itself, and nothing is captured before."""
    ana, ben, carla = (home[name] for name in ("Ana", "Ben", "Carla"))
    for one in (ben, carla):
        door = Doors(one.screen.page)
        await door.sign(home="knock")
        await door.ready()
    await ana.choose("Ben", "Carla")
    await ana.begin("Drop in")
    for one in (ben, carla):
        await expect(one.screen.incoming("Ana")).to_contain_text("wants to drop in on several")
        assert await one.screen.live_tracks() == set()
    await ben.screen.button("Let in", exact=True).click()
    await home.together("Ana", "Ben")
    assert await carla.screen.live_tracks() == set()
    await carla.screen.button("Not now", exact=True).click()
    await expect(carla.screen.incoming("Ana")).to_be_hidden()
    await ana.connected(1)
    assert await carla.screen.live_tracks() == set()


@pytest.mark.row("R89", "R90")
async def test_two_browsers_and_a_shared_device_hear_each_other_through_the_mixer(
    home: Home, tmp_path: Path
) -> None:
    """The device is added when everybody has opted in already: nobody signs anything for it but that it is theirs."""
    ana, ben = home["Ana"], home["Ben"]
    for one in home.all.values():
        await one.enhance(on=True)
    server = home.launch.server
    parts: Parts = {**DEFAULTS, "microphone": f"tone:{KITCHEN}"}
    kitchen = Watched(
        await Endpoint.pair(
            server.url,
            await ana.screen.offer_pairing(shared=True),
            name="Kitchen",
            home=tmp_path / "kitchen",
            ca=server.ca,
            **parts,
        )
    )
    async with kitchen.endpoint:
        await kitchen.opted_in()
        await ana.choose("Ben", "Kitchen")
        assert not await ana.is_end_to_end()
        await ana.begin("Call")
        await ben.join()
        await kitchen.until("group_rings")
        assert not kitchen.group.e2ee
        await kitchen.endpoint.answer()
        tones = (TONES["Ana"], TONES["Ben"], KITCHEN)
        await asyncio.gather(
            ana.hears_only(tones, but=TONES["Ana"]),
            ben.hears_only(tones, but=TONES["Ben"]),
            kitchen.hears_only(float(TONES["Ana"]), float(TONES["Ben"]), among=tones),
        )


CONFIRMED = "() => document.querySelector('kith-app').parts.store.state.standing === 'confirmed'"
"""The page knows that it has been signed for: it rings there from then on."""

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
