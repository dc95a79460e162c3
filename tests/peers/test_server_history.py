"""Everybody's own history: what they did and what came to them, at which device; what is deleted is gone there."""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from kith.core.ids import new_call
from kith.core.problem import Problem
from tests.support.endpoints import phone_of
from tests.support.groups import start
from tests.support.home import Home, living_at_home
from tests.support.server import Joined
from tests.support.wire import Endpoint, Message

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Home]:
    async with living_at_home(tmp_path_factory.mktemp("history")) as home:
        yield home


async def shown(wire: Endpoint, **which: Any) -> list[Message]:
    return list((await wire.ok("list_history", **which))["entries"])


def brief(entries: list[Message]) -> list[tuple[str, bool, str, str, str]]:
    return [(one["kind"], one["outgoing"], one["outcome"], one["name"], one["device"]) for one in entries]


async def talk(caller: Endpoint, callee: Endpoint, person: str | None) -> None:
    call = new_call()
    assert person is not None
    await caller.call(person, call)
    await callee.event("ringing", call=call)
    await callee.ok("answer", call=call, video=False)
    await caller.ok("hang_up", call=call)
    await callee.ended(call)


async def missed(caller: Endpoint, person: str | None) -> None:
    call = new_call()
    assert person is not None
    await caller.call(person, call)
    await caller.ok("cancel", call=call)


@pytest_asyncio.fixture(loop_scope="module")
async def three(home: Home) -> AsyncIterator[list[Endpoint]]:
    """Mum, Dad and Dad's tablet, with nothing in anybody's history."""
    async with home.online(home.mum, home.dad, home.tablet) as endpoints:
        for endpoint in (endpoints[0], endpoints[1]):
            await endpoint.ok("delete_history", all=True)
        yield endpoints


@pytest.mark.row("R141")
async def test_what_happened_is_in_the_history_of_both(home: Home, three: list[Endpoint]) -> None:
    mum, dad, tablet = three
    began = time.time()
    await talk(mum, tablet, home.dad.person)
    await missed(mum, home.dad.person)
    call = new_call()
    assert home.mum.person is not None
    await dad.call(home.mum.person, call)
    await mum.event("ringing", call=call)
    await mum.ok("decline", call=call)
    await dad.ended(call)
    entries = await shown(mum)
    assert brief(entries) == [
        ("call", False, "declined", "Dad", "Phone"),
        ("call", True, "cancelled", "Dad", "Phone"),
        ("call", True, "done", "Dad", "Phone"),
    ]
    assert all(began - 1 <= one["at"] <= time.time() + 1 for one in entries)
    assert {one["person"] for one in entries} == {home.dad.person}
    assert brief(await shown(dad)) == [
        ("call", True, "declined", "Mum", "Phone"),
        ("call", False, "missed", "Mum", ""),
        ("call", False, "done", "Mum", "Tablet"),
    ]
    assert brief(await shown(tablet)) == brief(await shown(dad)), "it is the person's, not the device's"


@pytest.mark.row("R141")
async def test_each_deletes_exactly_that(home: Home, three: list[Endpoint]) -> None:
    mum, dad, tablet = three
    await talk(mum, tablet, home.dad.person)
    await talk(mum, dad, home.dad.person)
    await missed(mum, home.dad.person)
    before = await shown(mum)
    listed = await dad.ok("list_history")
    assert {one["name"] for one in listed["devices"]} == {"Phone", "Tablet"}
    [missing, at_phone, at_tablet] = listed["entries"]
    assert [one["number"] for one in await shown(dad, endpoint=home.tablet.endpoint)] == [at_tablet["number"]]
    await dad.ok("delete_history", endpoint=home.tablet.endpoint)
    assert [one["number"] for one in await shown(dad)] == [missing["number"], at_phone["number"]]
    await tablet.event("history_changed")
    await dad.ok("delete_history", entry=missing["number"])
    assert [one["number"] for one in await shown(dad)] == [at_phone["number"]]
    now = time.time()
    await dad.ok("delete_history", since=now - 172_800, until=now - 86_400)
    assert len(await shown(dad)) == 1, "another day"
    await dad.ok("delete_history", since=now - 86_400, until=now + 60)
    assert await shown(dad) == []
    assert await shown(mum) == before, "the other one's is theirs"


@pytest.mark.row("R141")
async def test_none_is_kept_for_whoever_wants_none(home: Home, three: list[Endpoint]) -> None:
    mum, dad, _ = three
    await missed(mum, home.dad.person)
    assert (await dad.ok("list_history"))["months"] == 18
    await dad.ok("keep_history", months=0)
    assert await shown(dad) == []
    await missed(mum, home.dad.person)
    assert await shown(dad) == [] and len(await shown(mum)) == 2
    await dad.ok("keep_history", months=None)
    assert (await dad.ok("list_history"))["months"] is None
    await missed(mum, home.dad.person)
    assert len(await shown(dad)) == 1
    await dad.ok("keep_history", months=3)
    assert len(await shown(dad)) == 1


async def test_a_page_at_a_time(home: Home, three: list[Endpoint]) -> None:
    mum = three[0]
    for _ in range(3):
        await missed(mum, home.dad.person)
    first = await mum.ok("list_history", most=2)
    rest = await mum.ok("list_history", most=2, before=first["more"])
    assert (len(first["entries"]), len(rest["entries"]), rest["more"]) == (2, 1, None)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"all": True, "entry": 1},
        {"all": True, "endpoint": "e_" + "1" * 20},
        {"entry": 1, "since": 1, "until": 2},
        {"since": 1},
        {"until": 1},
        {"endpoint": "e_" + "1" * 20, "until": 1},
    ],
)
async def test_what_is_not_plain_deletes_nothing(home: Home, three: list[Endpoint], fields: Message) -> None:
    mum = three[0]
    await missed(mum, home.dad.person)
    assert (await mum.ask("delete_history", **fields))["code"] == "invalid"
    assert len(await shown(mum)) == 1


async def test_nobody_reads_it_elsewhere(home: Home, three: list[Endpoint]) -> None:
    mum = three[0]
    await missed(mum, home.dad.person)
    [entry] = await shown(mum)
    async with home.online(home.kitchen, home.granny) as (kitchen, granny):
        assert (await kitchen.ask("list_history"))["code"] == "not_permitted"
        assert (await kitchen.ask("delete_history", all=True))["code"] == "not_permitted"
        await granny.ok("delete_history", entry=entry["number"])
        assert entry["number"] not in {one["number"] for one in await shown(granny)}
    assert len(await shown(mum)) == 1


async def test_whoever_blocks_has_nothing_of_it_and_whoever_is_blocked_what_they_saw(
    home: Home, three: list[Endpoint]
) -> None:
    mum = three[0]
    async with home.online(home.granny) as (granny,):
        await granny.ok("delete_history", all=True)
        blocked = await mum.ok("block", person=home.granny.person)
        await missed(granny, home.mum.person)
        await mum.ok("unblock", block=blocked["block"]["id"])
        assert brief(await shown(granny)) == [("call", True, "cancelled", "Mum", "Phone")]
    assert await shown(mum) == []


async def test_what_was_at_a_shared_device_is_of_whom_it_acted_for(home: Home, three: list[Endpoint]) -> None:
    mum = three[0]
    async with home.online(home.kitchen) as (kitchen,):
        call = new_call()
        await kitchen.ok("call", call=call, to=home.dad.person, **{"as": home.mum.person})
        await kitchen.ok("cancel", call=call)
    assert brief(await shown(mum)) == [("call", True, "cancelled", "Dad", "Kitchen")]
    assert len(await shown(mum, endpoint=home.kitchen.endpoint)) == 1


@pytest.mark.row("R141")
async def test_a_group_is_in_the_history_of_each(home: Home, three: list[Endpoint]) -> None:

    mum, dad, _ = three
    group = await start(mum, [home.dad.person, home.granny.person])
    await dad.event("group_rings")
    await dad.ok("decline_group", call=group["id"])
    await mum.ok("leave_group", call=group["id"])
    assert brief(await shown(mum)) == [("group", True, "no_answer", "Dad", "Phone")]
    assert brief(await shown(dad)) == [("group", False, "declined", "Mum", "")]


@pytest.mark.row("R141")
async def test_the_library_reads_and_deletes_it(home: Home, three: list[Endpoint], tmp_path: Path) -> None:
    mum = three[0]
    await missed(mum, home.dad.person)
    await missed(mum, home.dad.person)
    async with phone_of(home.server, home.dad, tmp_path) as phone:
        own = phone.endpoint.history
        [latest, first] = (await own.page()).entries
        await own.delete(entry=latest.number)
        assert [one.number for one in (await own.page()).entries] == [first.number]
        await own.delete(since=0.0, until=first.at)
        assert len((await own.page()).entries) == 1
        await own.keep(0)
        page = await own.page()
        assert (page.entries, page.months) == ((), 0)
        await own.keep(18)
        with pytest.raises(Problem):
            await own.delete()
    assert len(await shown(mum)) == 2


async def test_it_survives_the_server(home: Home, three: list[Endpoint]) -> None:
    await missed(three[0], home.dad.person)
    before = await shown(three[0])
    await home.server.stop()
    await home.server.start()
    mum: Joined = home.mum
    async with home.online(mum) as (again,):
        assert await shown(again) == before
