"""Blocks on a running server: whoever is blocked finds nobody at home, whichever way they try."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio

from kith.core.ids import new_call
from tests.support.home import Home, living_at_home
from tests.support.server import Joined
from tests.support.wire import Endpoint

pytestmark = pytest.mark.asyncio(loop_scope="module")

RINGING = 0.8
"""Seconds that a call rings in these tests: each that is not to be answered is waited for."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Home]:
    directory = tmp_path_factory.mktemp("blocks")
    async with living_at_home(directory, f"--ring-timeout={RINGING}") as home:
        yield home


@asynccontextmanager
async def blocked(home: Home, person: Joined, by: Endpoint) -> AsyncIterator[dict[str, Any]]:
    """`by` has blocked the person meanwhile."""
    block = (await by.ok("block", person=person.person))["block"]
    yield block
    await by.ok("unblock", block=block["id"])


async def rings_out(caller: Endpoint, to: str | None, *others: Endpoint, **fields: Any) -> None:
    """A call that sounds like nobody at home, and of which the others hear not a word."""
    call, heard = new_call(), [other.seq for other in others]
    reply = await caller.ok("call", call=call, to=to, **fields)
    assert (reply["t"], reply["call"]["phase"], reply["call"]["id"]) == ("call_state", "ringing", call)
    assert await caller.ended(call) == "no_answer"
    for other in others:
        await other.ok("ping")
    assert [other.seq for other in others] == heard, "somebody has heard of it"


async def gets_through(caller: Endpoint, to: str | None, callee: Endpoint, **fields: Any) -> dict[str, Any]:
    """A call that rings and is declined; returns how it rang."""
    call = new_call()
    await caller.ok("call", call=call, to=to, **fields)
    ringing: dict[str, Any] = (await callee.event("ringing", call=call))["call"]
    await callee.ok("decline", call=call)
    assert await caller.ended(call) == await callee.ended(call) == "declined"
    return ringing


async def number_of(home: Home, person: Joined) -> str:
    """The number that the person has verified."""
    async with home.online(person) as (endpoint,):
        return str(endpoint.snapshot["own"]["mobile"])


async def missed(endpoint: Endpoint) -> list[str]:
    """Who called in vain, by the endpoint's next snapshot."""
    await endpoint.cut()
    await endpoint.back(resume=None)
    return [one["person"] for one in endpoint.snapshot["missed"]]


@pytest.mark.row("R28")
@pytest.mark.row("R29")
async def test_a_block_holds_on_all_endpoints_until_it_is_taken_back(home: Home) -> None:
    async with home.online(home.mum, home.kitchen, home.hall, home.granny) as (mum, kitchen, hall, granny):
        await gets_through(granny, home.mum.person, mum)
        async with blocked(home, home.granny, mum) as block:
            assert block["name"] == "Granny"
            assert (await mum.event("blocks_changed"))["blocks"] == [block]
            assert (await mum.ok("list_blocks"))["blocks"] == [block]
            await mum.event("missed_calls")
            await mum.event("directory_changed")
            await rings_out(granny, home.mum.person, mum, kitchen, hall)
            assert (await mum.ask("call", call=new_call(), to=home.granny.person))["code"] == "you_blocked"
        assert (await mum.event("blocks_changed"))["blocks"] == []
        rang = await gets_through(granny, home.mum.person, mum)
        assert rang["peer_name"] == "Granny"
        assert (await mum.ok("call", call=new_call(), to=home.granny.person))["t"] == "call_state"


@pytest.mark.row("R28")
async def test_another_device_and_a_shared_one_make_no_difference(home: Home) -> None:
    tablet = await home.server.device("Chair", by=home.granny, shared=False)
    parlour = await home.server.device("Parlour", by=home.granny, shared=True)
    everybody = (home.mum, home.kitchen, home.granny, tablet, parlour)
    async with home.online(*everybody) as (mum, kitchen, granny, chair, shared):
        async with blocked(home, home.granny, mum):
            await mum.event("missed_calls")
            await mum.event("directory_changed")
            await asyncio.gather(
                rings_out(granny, home.mum.person, mum, kitchen),
                rings_out(chair, home.mum.person, mum, kitchen),
                rings_out(shared, home.mum.person, mum, kitchen),
                rings_out(shared, home.mum.person, mum, kitchen, **{"as": home.granny.person}),
            )
        assert await missed(mum) == []


@pytest.mark.row("R28")
async def test_between_housemates_it_holds_at_their_shared_devices_too(home: Home) -> None:
    everybody = (home.mum, home.dad, home.tablet, home.kitchen, home.hall)
    async with home.online(*everybody) as (mum, dad, tablet, kitchen, hall), blocked(home, home.mum, dad):
        await asyncio.gather(dad.event("directory_changed"), tablet.event("directory_changed"))
        await asyncio.gather(*(one.event("missed_calls") for one in (dad, tablet)))
        await asyncio.gather(*(one.event("blocks_changed") for one in (dad, tablet)))
        quiet = (dad, tablet)
        await asyncio.gather(
            rings_out(mum, home.dad.person, *quiet),
            rings_out(kitchen, home.dad.person, *quiet, **{"as": home.mum.person}),
        )
        assert not kitchen.had("ringing") and not hall.had("ringing")
        # A call to a device of the household is to the household, whoever else lives there.
        await gets_through(mum, home.kitchen.endpoint, kitchen)
        await gets_through(dad, home.kitchen.endpoint, kitchen)


@pytest.mark.row("R28")
async def test_calling_each_other_at_once_connects_nobody(home: Home) -> None:
    async with home.online(home.mum, home.granny) as (mum, granny):
        async with blocked(home, home.granny, mum):
            mine, theirs = new_call(), new_call()
            await granny.call(home.mum.person or "", theirs)
            refused = await mum.ask("call", call=mine, to=home.granny.person)
            assert refused["code"] == "you_blocked"
            assert await granny.ended(theirs) == "no_answer"
        assert not granny.had("ringing") and not granny.had("call_changed")


@pytest.mark.row("R28")
async def test_a_call_that_rings_when_the_block_is_made_falls_silent_and_rings_out(home: Home) -> None:
    async with home.online(home.mum, home.kitchen, home.granny) as (mum, kitchen, granny):
        call = new_call()
        await granny.call(home.mum.person or "", call)
        await asyncio.gather(mum.event("ringing", call=call), kitchen.event("ringing", call=call))
        async with blocked(home, home.granny, mum):
            assert await mum.ended(call) == await kitchen.ended(call) == "no_answer"
            assert (await kitchen.ok("answer", call=call))["t"] == "call_ended"
            assert await granny.ended(call) == "no_answer"
            assert not granny.had("call_changed")
        assert await missed(mum) == []


@pytest.mark.row("R28")
async def test_a_call_that_goes_on_ends_and_cannot_be_moved(home: Home) -> None:
    chair = await home.server.device("Chair", by=home.granny, shared=False)
    async with home.online(home.mum, home.granny, chair) as (mum, granny, other):
        call = new_call()
        await granny.call(home.mum.person or "", call)
        await mum.ok("answer", call=call)
        await asyncio.gather(mum.media_up(call), granny.media_up(call))
        await other.event("calls_elsewhere")
        async with blocked(home, home.granny, mum):
            assert await granny.ended(call) == await mum.ended(call) == "hung_up"
            assert (await other.ask("move", call=call))["code"] == "unknown_call"
            assert (await other.event("calls_elsewhere"))["calls"] == []


async def test_the_blocked_one_sees_what_they_saw_before(home: Home) -> None:
    """Who may be called, whose identity is shown, who is told of a new name: all as for everybody else."""
    async with home.online(home.mum, home.granny) as (mum, granny):
        before = await granny.ok("list_directory")
        shown = await granny.ok("list_identities", persons=[home.mum.person])
        heard = granny.seq
        async with blocked(home, home.granny, mum):
            after = await granny.ok("list_directory")
            assert after["people"] == before["people"]
            again = await granny.ok("list_identities", persons=[home.mum.person])
            assert again["identities"] == shown["identities"]
            assert granny.seq == heard, "they were told something"
            await mum.ok("rename", name="Mummy")
            assert (await granny.event("directory_changed"))["people"][0]["name"] == "Mummy"
        await mum.ok("rename", name="Mum")
        await granny.event("directory_changed")
        assert granny.seq == heard + 2


async def test_the_blocker_hears_no_more_of_them(home: Home) -> None:
    async with home.online(home.mum, home.granny) as (mum, granny):
        async with blocked(home, home.granny, mum):
            people = [one["id"] for one in (await mum.ok("list_directory"))["people"]]
            assert home.granny.person not in people and home.dad.person in people
            await mum.event("blocks_changed")
            await asyncio.gather(mum.event("missed_calls"), mum.event("directory_changed"))
            heard = mum.seq
            await granny.ok("rename", name="You will be sorry")
            await granny.event("directory_changed")
            await mum.ok("ping")
            assert mum.seq == heard
            assert (await mum.ok("list_blocks"))["blocks"][0]["name"] == "Granny"
            await granny.ok("rename", name="Granny")
        assert home.granny.person in [one["id"] for one in (await mum.ok("list_directory"))["people"]]


async def test_earlier_missed_calls_of_theirs_are_not_shown_while_the_block_stands(home: Home) -> None:
    async with home.online(home.mum, home.granny) as (mum, granny):
        call = new_call()
        await granny.call(home.mum.person or "", call)
        assert await granny.ended(call) == "no_answer"
        assert [one["call"] for one in (await mum.event("missed_calls"))["missed"]] == [call]
        async with blocked(home, home.granny, mum):
            assert (await mum.event("missed_calls"))["missed"] == []
            assert await missed(mum) == []
        assert await missed(mum) == [home.granny.person]
        await mum.ok("dismiss_missed")


@pytest.mark.row("R28")
async def test_a_shared_device_shows_nothing_of_a_block(home: Home) -> None:
    """Whoever stands there, in whosever name: before and after, every reply and every event is the same."""
    async with home.online(home.mum, home.dad, home.kitchen) as (mum, dad, kitchen):
        before = await _looked_at(home, kitchen, dad)
        heard = kitchen.seq
        async with blocked(home, home.dad, mum) as block:
            await kitchen.ok("ping")
            assert kitchen.seq == heard, "it was told of the block"
            assert await _looked_at(home, kitchen, dad) == before
            again = await kitchen.ok("block", person=home.dad.person, **{"as": home.mum.person})
            assert again["block"]["id"] != block["id"] and again["block"]["since"] > block["since"]
            assert again["block"]["name"] == "Dad"
            heard = kitchen.seq
        await kitchen.ok("ping")
        assert kitchen.seq == heard, "it was told that the block is gone"
        assert await _looked_at(home, kitchen, dad) == before


async def _looked_at(home: Home, kitchen: Endpoint, phone: Endpoint) -> list[Any]:
    """All that can be asked there about Dad, and what it is told meanwhile, without ids, times and numbers."""
    heard = kitchen.seq
    found: list[Any] = []
    for person in (None, home.mum.person, home.dad.person):
        acts = {} if person is None else {"as": person}
        for command, fields in (
            ("list_directory", {}),
            ("list_identities", {"persons": [home.mum.person, home.dad.person]}),
            ("resolve_name", {"text": "Dad"}),
            ("resolve_name", {"text": "Mum"}),
            ("list_blocks", {}),
        ):
            reply = await kitchen.ask(command, **fields, **acts)
            found.append({key: value for key, value in reply.items() if key != "re"})
    rang = await gets_through(kitchen, home.dad.person, phone, **{"as": home.mum.person})
    return [*found, rang["peer_name"], [event["t"] for event in kitchen.events], kitchen.seq - heard]


async def test_what_cannot_be_blocked_or_unblocked(home: Home) -> None:
    async with home.online(home.mum, home.granny, home.kitchen) as (mum, granny, kitchen):
        for nobody in (home.mum.person, "p_" + "0" * 20):
            refused = await mum.ask("block", person=nobody)
            assert (refused["code"], refused["path"]) == ("unknown_person", "person")
        async with blocked(home, home.granny, mum) as block:
            assert (await mum.ok("block", person=home.granny.person))["block"] == block
            assert (await granny.ask("unblock", block=block["id"]))["code"] == "unknown_block"
            assert (await kitchen.ask("unblock", block=block["id"]))["code"] == "not_permitted"
            assert (await kitchen.ask("list_blocks"))["code"] == "not_permitted"
        assert (await mum.ask("unblock", block=block["id"]))["code"] == "unknown_block"


@pytest.mark.row("R28")
async def test_a_shared_device_blocks_for_whom_it_acts(home: Home) -> None:
    async with home.online(home.mum, home.dad, home.kitchen, home.granny) as (mum, dad, kitchen, granny):
        await mum.ok("ping")
        await kitchen.ok("block", person=home.granny.person, **{"as": home.mum.person})
        told = (await mum.event("blocks_changed"))["blocks"]
        assert [one["person"] for one in told] == [home.granny.person]
        assert (await dad.ok("list_blocks"))["blocks"] == []
        await asyncio.gather(mum.event("missed_calls"), mum.event("directory_changed"))
        await rings_out(granny, home.mum.person, mum)
        await mum.ok("unblock", block=told[0]["id"])


@pytest.mark.row("R28")
async def test_another_account_with_the_same_number_is_blocked(home: Home) -> None:
    pest = await home.server.person("Pest", by=home.mum)
    number = await number_of(home, pest)
    async with home.online(home.mum) as (mum,):
        async with blocked(home, pest, mum):
            token = await home.server.token(home.mum)  # who does not know that it is the same one
            _, invited = await home.server.post("invite", token=token)
            again, code = await home.server.sign_up("Nice", secret=invited["secret"], mobile=number)
            _, reply = await home.server.post("verify", token=await home.server.token(again), code=code)
            assert reply["t"] == "ok"
            async with Endpoint(home.server, again) as nice:
                await rings_out(nice, home.mum.person)
                await mum.ok("ping")
                assert not mum.had("ringing")
        async with Endpoint(home.server, again) as nice:
            await gets_through(nice, home.mum.person, mum)


@pytest.mark.row("R28")
async def test_a_contact_is_blocked_by_its_numbers_whoever_has_them(home: Home) -> None:
    number = await number_of(home, home.granny)
    async with home.online(home.mum, home.granny, home.kitchen) as (mum, granny, kitchen):
        numbers = [{"label": "mobile", "number": number}]
        contact = (await mum.ok("add_contact", name="That woman", numbers=numbers))["contact"]
        block = (await mum.ok("block", contact=contact["id"]))["block"]
        assert block["contact"] == contact["id"]
        assert (await mum.ok("list_blocks"))["blocks"] == [block]
        assert block["name"] == "That woman"
        await rings_out(granny, home.mum.person)
        assert not mum.had("ringing") and not kitchen.had("ringing")
        await mum.ok("unblock", block=block["id"])
        await gets_through(granny, home.mum.person, mum)
        await mum.ok("delete_contact", contact=contact["id"])


async def test_a_block_tells_nothing_about_numbers(home: Home) -> None:
    """A number that somebody here has, and that was not looked up yet, is blocked like one that nobody has."""
    async with home.online(home.dad, home.kitchen) as (dad, kitchen):
        number = await number_of(home, home.granny)
        blocks = []
        for other in (number, "+12025559999", "12"):
            numbers = [{"label": "", "number": other}]
            contact = (await dad.ok("add_contact", name="Somebody", numbers=numbers))["contact"]
            blocks.append(await dad.ask("block", contact=contact["id"]))
            at_home = await kitchen.ask("block", contact=contact["id"], **{"as": home.dad.person})
            assert at_home["code"] == "not_permitted"
            await dad.ok("delete_contact", contact=contact["id"])
        assert [one["t"] for one in blocks] == ["blocked", "blocked", "problem"]
        assert blocks[1]["block"]["person"] is None
        known = await dad.ask("block", person=home.mum.person)
        assert known["block"]["id"] not in [one["block"]["id"] for one in blocks[:2]]
        await dad.ok("unblock", block=known["block"]["id"])
        assert blocks[2]["code"] == "unknown_person"
        for one in blocks[:2]:
            await dad.ok("unblock", block=one["block"]["id"])
        for wrong in ({}, {"person": home.mum.person, "contact": "k_" + "0" * 20}):
            assert (await dad.ask("block", **wrong))["code"] == "invalid"
        assert (await dad.ask("block", contact="k_" + "0" * 20))["code"] == "unknown_contact"


@pytest.mark.row("R28")
async def test_it_outlives_the_server(home: Home) -> None:
    """Last: the server is killed, also in the middle of a silent call."""
    async with home.online(home.mum, home.granny) as (mum, granny):
        await mum.ok("block", person=home.granny.person)
        call = new_call()
        await granny.call(home.mum.person or "", call)
        await home.server.kill()
        await asyncio.gather(mum.closed(), granny.closed())
        await home.server.start()
        await asyncio.gather(mum.back(), granny.back())
        assert [one["name"] for one in mum.snapshot["blocks"]] == ["Granny"]
        assert mum.snapshot["calls"] == []
        assert [one["id"] for one in granny.snapshot["calls"]] == [call]
        assert granny.snapshot["calls"][0]["peer_name"] == "Mum"
        heard = mum.seq
        await granny.ok("cancel", call=call)
        await rings_out(granny, home.mum.person)
        await mum.ok("ping")
        assert mum.seq == heard
