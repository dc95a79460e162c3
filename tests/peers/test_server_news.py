"""What the adults of a household are told: devices that come and go, members, sign-ins from elsewhere."""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from kith.core.keys import KeyPair
from tests.support.home import Home, living_at_home
from tests.support.server import Joined
from tests.support.wire import Endpoint

pytestmark = pytest.mark.asyncio(loop_scope="module")

ABROAD, NEXT_DOOR, FARTHER = "203.0.114.9", "203.0.77.1", "198.41.0.4"
"""Public addresses: two of one provider's region, and one of another's."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Home]:
    directory = tmp_path_factory.mktemp("news")
    async with living_at_home(directory, "--trusted-proxy=127.0.0.1") as home:
        yield home


class Elsewhere(Endpoint):
    """An endpoint that the server sees at another network address."""

    def __init__(self, home: Home, joined: Joined, address: str) -> None:
        super().__init__(home.server, joined)
        self.headers = {"X-Forwarded-For": address}


async def dismiss_all(*endpoints: Endpoint) -> None:
    for endpoint in endpoints:
        await endpoint.ok("dismiss_news", up_to=2**53 - 1)
        await endpoint.event("household_news", news=[])


def told(news: Sequence[dict[str, Any]]) -> list[tuple[str, str, bool, str, bool]]:
    return [(one["kind"], one["name"], one["own"], one["device"], one["shared"]) for one in news]


@pytest.mark.row("S5")
async def test_every_adult_hears_of_devices_that_come_and_go(home: Home) -> None:
    async with home.online(home.mum, home.dad, home.granny) as (mum, dad, granny):
        await dismiss_all(mum, dad, granny)
        attic = await home.server.device("Attic", by=home.dad, shared=True)
        added = ("endpoint_added", "Dad", False, "Attic", True)
        assert told((await mum.event("household_news"))["news"]) == [added]
        assert told((await dad.event("household_news"))["news"]) == [(*added[:2], True, *added[3:])]
        await mum.ok("remove_endpoint", endpoint=attic.endpoint)
        removed = ("endpoint_removed", "Mum", True, "Attic", True)
        assert told((await mum.event("household_news"))["news"]) == [removed, added]
        assert told((await dad.event("household_news"))["news"])[0] == (
            "endpoint_removed",
            "Mum",
            False,
            "Attic",
            True,
        )
        assert granny.had("household_news") == []


@pytest.mark.row("S5")
async def test_who_was_away_is_told_later_until_it_is_dismissed(home: Home) -> None:
    async with home.online(home.mum, home.dad) as (mum, dad):
        await dismiss_all(mum, dad)
    await home.server.device("Laptop", by=home.dad, shared=False)
    await home.server.kill()
    await home.server.start()
    async with home.online(home.mum) as (mum,):
        (laptop,) = mum.snapshot["news"]
        assert told([laptop]) == [("endpoint_added", "Dad", False, "Laptop", False)]
        await mum.ok("dismiss_news", up_to=laptop["number"] - 1)
        assert (await mum.event("household_news"))["news"] == [laptop]
        await mum.ok("dismiss_news", up_to=laptop["number"])
        assert (await mum.event("household_news"))["news"] == []
    async with home.online(home.mum, home.dad) as (mum, dad):
        assert mum.snapshot["news"] == []
        assert len(dad.snapshot["news"]) == 1


@pytest.mark.row("S5")
async def test_a_new_member_is_news_to_the_others(home: Home) -> None:
    async with home.online(home.mum, home.granny) as (mum, granny):
        await dismiss_all(mum, granny)
        son = await home.server.person("Son", by=home.mum, household=True)
        assert told((await mum.event("household_news"))["news"]) == [
            ("person_joined", "Son", False, "Phone", False)
        ]
        async with home.online(son) as (endpoint,):
            assert endpoint.snapshot["news"] == []
        assert granny.had("household_news") == []


@pytest.mark.row("S5")
async def test_a_sign_in_from_another_network_is_news_once(tmp_path: Path) -> None:
    async with living_at_home(tmp_path, "--trusted-proxy=127.0.0.1") as home:
        database = home.server.data / "kith.db"
        await home.server.stop()
        age_everything(database)
        await home.server.start()
        async with home.online(home.mum, home.dad) as (mum, dad):
            await dismiss_all(mum, dad)
            async with Elsewhere(home, home.tablet, ABROAD):
                heard = [(await one.event("household_news"))["news"] for one in (mum, dad)]
            assert told(heard[0]) == [("new_network", "Dad", False, "Tablet", False)]
            assert told(heard[1]) == [("new_network", "Dad", True, "Tablet", False)]
            async with Elsewhere(home, home.tablet, NEXT_DOOR):
                pass
            async with Elsewhere(home, home.tablet, FARTHER):
                again = (await mum.event("household_news"))["news"]
            assert [one["kind"] for one in again] == ["new_network"] * 2, (
                "the neighbour's is the same network"
            )
        written = b"".join(path.read_bytes() for path in home.server.data.iterdir() if path.is_file())
        written += home.server.log.read_bytes()
        for address in (ABROAD, NEXT_DOOR, FARTHER):
            assert address.encode() not in written


async def test_a_script_that_signs_in_from_elsewhere_is_news_too(home: Home) -> None:
    """Over HTTP; and a device that was added a moment ago is not, for its adding was."""
    fresh = await home.server.device("Fresh", by=home.mum, shared=False)
    async with home.online(home.mum) as (mum,):
        await dismiss_all(mum)
        async with Elsewhere(home, fresh, FARTHER) as endpoint:
            assert (await endpoint.ask("ping"))["t"] == "ok"
        await home.server.device("Later", by=home.mum, shared=True)
        assert {one["kind"] for one in (await mum.event("household_news"))["news"]} == {"endpoint_added"}


async def test_a_shared_endpoint_is_told_nothing_and_dismisses_nothing(home: Home) -> None:
    async with home.online(home.kitchen, home.mum) as (kitchen, mum):
        assert kitchen.snapshot["news"] == []
        await home.server.device("Shed", by=home.mum, shared=True)
        await mum.event("household_news")
        assert (await kitchen.ask("dismiss_news", up_to=2**53 - 1))["code"] == "not_permitted"
        assert kitchen.had("household_news") == []


async def test_a_foreign_key_is_no_news(home: Home) -> None:
    """Whoever fails to sign in cannot fill anybody's list."""
    thief = Joined("Thief", KeyPair.generate(), home.mum.endpoint, None, "")
    async with home.online(home.mum) as (mum,):
        await dismiss_all(mum)
        with pytest.raises(Exception, match="bad_signature"):
            await Elsewhere(home, thief, "192.88.99.7").open()
        await home.server.device("Last", by=home.mum, shared=False)
        assert {one["device"] for one in (await mum.event("household_news"))["news"]} == {"Last"}


def age_everything(database: Path) -> None:
    """As if every device had been added long ago."""
    with sqlite3.connect(database) as db:
        db.execute("UPDATE endpoint SET added = 1, seen = 1")
