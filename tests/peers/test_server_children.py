"""Children on a running server: a parent agrees first, what is forbidden happens in neither direction, brothers and
sisters see nothing, and what is erased leaves nothing."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from typing import Any

import pytest
import pytest_asyncio

from kith.core import consent
from kith.core.ids import new_call
from kith.core.trust.grants import HomeTerm
from kith.server.sms import CONSENTED
from tests.support import children, signing
from tests.support.granting import Signer, having, ready, to
from tests.support.home import Home, living_at_home
from tests.support.server import Joined
from tests.support.wire import Endpoint

pytestmark = pytest.mark.asyncio(loop_scope="module")

RINGING = 0.8
"""Seconds that a call rings in these tests: each that is not to be answered is waited for."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Home]:
    directory = tmp_path_factory.mktemp("children")
    async with living_at_home(directory, f"--ring-timeout={RINGING}") as home:
        yield home


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tim(home: Home) -> Joined:
    """A child's own tablet. Nothing but the household is allowed yet."""
    child = await children.add(home.server, "Tim", by=home.mum)
    return await children.tablet(home.server, child, by=home.mum)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def uncle(home: Home) -> Joined:
    """Known to the parents, and not chosen for anybody."""
    return await home.server.person("Uncle", by=home.mum)


async def connects(caller: Endpoint, callee: Endpoint) -> None:
    call = new_call()
    await caller.call(str(callee.joined.person), call)
    await callee.event("ringing", call=call)
    await callee.ok("decline", call=call)
    await asyncio.gather(caller.ended(call), callee.ended(call))


async def refused(caller: Endpoint, to: str | None) -> str:
    return str((await caller.ask("call", call=new_call(), to=to))["code"])


async def rings_out(caller: Endpoint, callee: Endpoint) -> None:
    """Nobody at home, for the caller; not a word of it, for the callee."""
    call, heard = new_call(), len(callee.all)
    reply = await caller.call(str(callee.joined.person), call)
    assert reply["call"]["phase"] == "ringing"
    assert await caller.ended(call) == "no_answer"
    await callee.ok("ping")
    told = {event["t"] for event in callee.all[heard:] if "seq" in event}
    assert told <= {"log_changed"}, "the child's tablet has heard of it"


def confirmations(home: Home) -> int:
    return sum(CONSENTED in line for line in home.server.console)


# -- consent --------------------------------------------------------------------------------------------------


@pytest.mark.row("R121")
async def test_before_a_parent_agrees_the_profile_is_inert_and_then_one_message_arrives(home: Home) -> None:
    before = confirmations(home)
    async with home.online(home.mum, home.dad, home.kitchen, home.granny) as (mum, dad, kitchen, granny):
        added = (await mum.ok("add_child", name="Lea"))["child"]
        lea = added["id"]
        assert (added["consent"], added["consented"]) == (None, None)
        assert (await dad.event("children_changed"))["children"][-1] == added
        assert (await dad.event("household_news"))["news"][0]["kind"] == "child_added"
        for parent in (mum, dad):
            assert lea not in [one["id"] for one in (await parent.ok("list_directory"))["people"]]
            assert await refused(parent, lea) == "unknown_person"
        acting = await kitchen.ask("call", call=new_call(), to=home.mum.person, **{"as": lea})
        assert acting["code"] == "not_registered"
        assert (await mum.ask("offer_pairing", shared=False, child=lea))["code"] == "consent_required"
        assert mum.had("ringing") == []
        await mum.ok("set_child", child=lea, drop_in=False)
        for parent, child, version, code in (
            (mum, lea, consent.VERSION + 1, "consent_required"),
            (mum, lea, 0, "consent_required"),
            (granny, lea, consent.VERSION, "unknown_person"),
            (kitchen, lea, consent.VERSION, "not_permitted"),
            (mum, home.dad.person, consent.VERSION, "unknown_person"),
        ):
            assert (await parent.ask("consent", child=child, version=version))["code"] == code
        assert confirmations(home) == before

        both = await asyncio.gather(
            *(one.ok("consent", child=lea, version=consent.VERSION) for one in (mum, dad, mum))
        )
        assert {one["child"]["consent"] for one in both} == {consent.VERSION}
        await dad.ok("consent", child=lea, version=consent.VERSION)
        assert confirmations(home) == before + 1, "each parent, or nobody, was told"
        (line,) = [one for one in home.server.console if CONSENTED in one][before:]
        assert "Lea" not in line, "whoever carries messages reads the child's name"
        assert (await dad.event("household_news"))["news"][0]["kind"] in ("child_changed", "child_consented")
        shown = (await dad.ok("list_children"))["children"][-1]
        assert shown["consented"] > added.get("created", 0) and shown["drop_in"] is False
        assert lea in [one["id"] for one in (await dad.ok("list_directory"))["people"]]

        call = new_call()
        await kitchen.ok("call", call=call, to=home.mum.person, **{"as": lea})
        assert (await mum.event("ringing", call=call))["call"]["peer_name"] == "Lea"
        await mum.ok("decline", call=call)
        assert granny.had("household_news") == granny.had("children_changed") == []
        await mum.ok("erase_child", child=lea)


async def test_where_no_message_can_be_sent_nobody_has_agreed(home: Home) -> None:
    """Beyond what a number may be sent in a day. The child stays as it was."""
    bo = await home.server.person("Bo", by=home.mum)
    async with home.online(bo) as (phone,):
        before = confirmations(home)
        for number in range(12):
            child = (await phone.ok("add_child", name=f"Child {number}"))["child"]["id"]
            reply = await phone.ask("consent", child=child, version=consent.VERSION)
            if reply["t"] == "problem":
                break
        assert (reply["code"], reply["data"]["retry_after"] > 0) == ("rate_limited", True)
        assert confirmations(home) == before + number
        assert (await phone.ok("list_children"))["children"][-1]["consent"] is None
        assert (await phone.ask("offer_pairing", shared=False, child=child))["code"] == "consent_required"


# -- limits ---------------------------------------------------------------------------------------------------


@pytest.mark.row("R118")
async def test_the_household_and_whom_a_parent_chose_and_nobody_else(
    home: Home, tim: Joined, uncle: Joined
) -> None:
    async with home.online(home.mum, home.granny, tim, uncle) as (mum, granny, tablet, stranger):
        await connects(tablet, mum)
        await connects(mum, tablet)
        for outside in (home.granny, uncle):
            assert await refused(tablet, outside.person) == "child_limit"
        for other in (granny, stranger):
            assert await refused(other, tim.person) == "unknown_person"
        assert tablet.had("ringing") == []

        chosen = (await mum.ok("set_child", child=tim.person, contacts=[home.granny.person]))["child"]
        assert chosen["contacts"] == [{"person": home.granny.person, "name": "Granny"}]
        await connects(tablet, granny)
        await connects(granny, tablet)
        assert await refused(tablet, uncle.person) == "child_limit"
        assert await refused(stranger, tim.person) == "unknown_person"
        people = {one["name"] for one in (await tablet.ok("list_directory"))["people"]}
        assert "Granny" in people and "Uncle" not in people

        call = new_call()  # one that goes on ends with what allowed it
        await tablet.call(home.granny.person or "", call)
        await granny.event("ringing", call=call)
        await granny.ok("answer", call=call)
        await asyncio.gather(tablet.media_up(call), granny.media_up(call))
        await mum.ok("set_child", child=tim.person, contacts=[])
        assert await granny.ended(call) == await tablet.ended(call) == "hung_up"
        assert await refused(tablet, home.granny.person) == "child_limit"
        assert await refused(granny, tim.person) == "unknown_person"
        for nobody in (home.mum.person, tim.person, "p_" + "0" * 20):
            reply = await mum.ask("set_child", child=tim.person, contacts=[nobody])
            assert (reply["code"], reply["path"]) == ("unknown_person", "contacts")


@pytest.mark.row("R118")
async def test_whose_number_the_child_was_told_makes_no_difference(
    home: Home, tim: Joined, uncle: Joined
) -> None:
    """Contacts are what adults have; and at a shared device the child is who they say they are."""
    async with home.online(tim, home.kitchen, uncle) as (tablet, kitchen, stranger):
        written = [{"label": "mobile", "number": "+12025550100"}]
        assert (await tablet.ask("add_contact", name="Uncle", numbers=written))["code"] == "not_permitted"
        reply = await kitchen.ask("call", call=new_call(), to=uncle.person, **{"as": tim.person})
        assert reply["code"] == "child_limit"
        assert stranger.had("ringing") == []


@pytest.mark.row("R120")
async def test_calling_is_switched_off_by_itself_in_both_directions(home: Home, tim: Joined) -> None:
    async with home.online(home.mum, home.dad, home.kitchen, home.granny, tim) as (
        mum,
        dad,
        kitchen,
        granny,
        tablet,
    ):
        await mum.ok("set_child", child=tim.person, contacts=[home.granny.person])
        call = new_call()
        await dad.call(tim.person or "", call)
        await asyncio.gather(tablet.event("ringing", call=call), kitchen.event("ringing", call=call))
        off = (await mum.ok("set_child", child=tim.person, calling=False))["child"]
        assert (off["calling"], off["messaging"], off["drop_in"]) == (False, True, True)
        assert await tablet.ended(call) == await kitchen.ended(call) == "no_answer"
        assert await dad.ended(call) == "no_answer"

        for to in (home.mum.person, home.granny.person, home.kitchen.endpoint):
            assert await refused(tablet, to) == "child_limit"
        await tablet.event("directory_changed")
        await tablet.ok("ping")
        await rings_out(mum, tablet)
        await rings_out(granny, tablet)
        await connects(mum, dad)  # nobody else is limited
        assert tablet.had("missed_calls") == []

        await mum.ok("set_child", child=tim.person, calling=True, messaging=False, drop_in=False)
        await connects(mum, tablet)
        await connects(tablet, mum)
        await mum.ok("set_child", child=tim.person, messaging=True, drop_in=True, contacts=[])


async def test_the_server_died_while_a_call_went_on_that_a_parent_has_forbidden_since(
    home: Home, tim: Joined
) -> None:
    async with home.online(home.mum, home.granny, tim) as (mum, granny, tablet):
        await mum.ok("set_child", child=tim.person, contacts=[home.granny.person])
        call = new_call()
        await tablet.call(home.granny.person or "", call)
        await granny.event("ringing", call=call)
        await granny.ok("answer", call=call)
        await asyncio.gather(tablet.media_up(call), granny.media_up(call))
        await home.server.kill()
        with closing(sqlite3.connect(home.server.data / "kith.db")) as db, db:
            db.execute("DELETE FROM child_contact WHERE child = ?", (tim.person,))
        await home.server.start()
        await asyncio.gather(tablet.back(), granny.back())
        assert (await tablet.ask("hang_up", call=call))["t"] == "call_ended"
        assert await refused(tablet, home.granny.person) == "child_limit"


async def test_a_child_decides_nothing_for_the_household(home: Home, tim: Joined) -> None:
    async with home.online(tim) as (tablet,):
        own = tablet.snapshot["own"]
        assert (own["child"], own["mobile"], own["guidelines"]) == (True, None, None)
        assert tablet.snapshot["registered"] is True
        for command, fields in (
            ("add_child", {"name": "Doll"}),
            ("list_children", {}),
            ("consent", {"child": tim.person, "version": consent.VERSION}),
            ("set_child", {"child": tim.person, "contacts": [home.granny.person]}),
            ("child_activity", {"child": tim.person}),
            ("erase_child", {"child": tim.person}),
            ("invite", {"household": False}),
            ("offer_pairing", {"shared": True}),
            ("change_mobile", {"mobile": "+12025557171"}),
            ("verify", {"code": "123456"}),
            ("add_profile", {"name": "Doll"}),
            ("rename_endpoint", {"endpoint": home.kitchen.endpoint, "name": "Mine"}),
            ("leave_household", {}),
            ("deregister", {}),
            ("set_contact_import", {"allowed": True}),
        ):
            assert (await tablet.ask(command, **fields))["code"] == "not_permitted", command
        gone = await tablet.ask("remove_endpoint", endpoint=home.kitchen.endpoint)
        assert gone["code"] == "unknown_endpoint"
        # what is everybody's own stays
        await tablet.ok("rename", name="Timmy")
        await tablet.ok("rename", name="Tim")
        assert tablet.snapshot["news"] == []


async def test_a_second_device_of_the_childs_waits_for_the_first_one(home: Home, tim: Joined) -> None:
    second, reply = await children.enrol(home.server, str(tim.person), by=home.dad, name="Tim's watch")
    assert reply["begun"] is False
    async with home.online(second) as (watch,):
        assert (await watch.ask("call", call=new_call(), to=home.mum.person))["code"] == "not_confirmed"
    await signing.take_in(home.server, tim, second.keys.public, shared=False)
    async with home.online(second, home.mum) as (watch, mum):
        await connects(watch, mum)
        await watch.ok("remove_endpoint", endpoint=second.endpoint)


# -- looking after ----------------------------------------------------------------------------------------------


@pytest.mark.row("R122")
async def test_parents_see_a_childs_activity_and_nobody_else_does(home: Home, tim: Joined) -> None:
    sister = await children.add(home.server, "Ida", by=home.dad)
    hers = await children.tablet(home.server, sister, by=home.dad, name="Ida's tablet")
    async with home.online(home.mum, home.dad, home.granny, tim, hers) as (mum, dad, granny, tablet, ida):
        await mum.ok("set_child", child=tim.person, contacts=[home.granny.person])
        call = new_call()
        await tablet.call(home.granny.person or "", call)
        await granny.event("ringing", call=call)
        await granny.ok("answer", call=call)
        await asyncio.gather(tablet.media_up(call), granny.media_up(call))
        await tablet.ok("hang_up", call=call)
        await granny.ended(call)
        missed = new_call()
        await granny.call(tim.person or "", missed)
        await granny.ok("cancel", call=missed)
        await granny.ended(missed)

        for parent in (mum, dad):
            reply = await parent.ok("child_activity", child=tim.person)
            last, first = reply["calls"][:2]
            assert (last["call"], last["outgoing"], last["answered"]) == (missed, False, None)
            assert (first["call"], first["outgoing"], first["name"]) == (call, True, "Granny")
            assert first["person"] == home.granny.person and first["answered"] <= first["ended"]
            older = await parent.ok("child_activity", child=tim.person, before=first["at"])
            assert call not in [one["call"] for one in older["calls"]]
        assert (await ida.ask("child_activity", child=tim.person))["code"] == "not_permitted"
        assert (await tablet.ask("child_activity", child=tim.person))["code"] == "not_permitted"
        assert (await granny.ask("child_activity", child=tim.person))["code"] == "unknown_person"
        assert ida.had("children_changed") == ida.had("household_news") == []
        await dad.ok("erase_child", child=sister)


@pytest.mark.row("R123")
async def test_what_is_erased_leaves_nothing_with_anybody(home: Home) -> None:
    server = home.server
    child = await children.add(server, "Wilhelmina", by=home.mum)
    own = await children.tablet(server, child, by=home.mum, name="Mina's telescope")
    chain, _ = await signing.identity(server, own)
    assert chain is not None
    await signing.take_in(server, home.mum, home.kitchen.keys.public, shared=True)
    await signing.welcome(server, home.mum, own)
    root = chain.root.hex()
    async with home.online(home.mum, home.granny, home.kitchen) as (mum, granny, kitchen):
        tablet = await Endpoint(server, own).open()
        await mum.ok("set_child", child=child, contacts=[home.granny.person])
        for caller, callee in ((tablet, granny), (granny, tablet)):
            unanswered = new_call()
            await caller.call(str(callee.joined.person), unanswered)
            assert await caller.ended(unanswered) == "no_answer"
        await granny.event("missed_calls")
        await granny.ok("report_person", person=child, why="other", text="about Wilhelmina")
        block = (await granny.ok("block", person=child))["block"]
        assert block["name"] == "Wilhelmina"
        await tablet.ok("block", person=home.granny.person)
        going_on, ringing = new_call(), new_call()
        await tablet.call(home.mum.person or "", going_on)
        await mum.event("ringing", call=going_on)
        await mum.ok("answer", call=going_on)
        await kitchen.ok("call", call=ringing, to=child, **{"as": home.mum.person})
        for needle in (child, "Wilhelmina", "telescope", own.endpoint, root):
            assert found(home, needle), f"the search does not find {needle}"

        await mum.ok("erase_child", child=child)
        assert await mum.ended(going_on) == "hung_up"
        assert await kitchen.ended(ringing) == "no_answer"
        await tablet.closed()
        assert (await mum.ok("list_children"))["children"] == mum.had("children_changed")[-1]["children"]
        told = mum.had("household_news")[-1]["news"]
        assert (told[0]["kind"], told[0]["name"], told[0]["own"]) == ("child_erased", "Mum", True)
        assert "Wilhelmina" not in str(told) + str(mum.had("children_changed")[-1])
        assert (await granny.ok("list_blocks"))["blocks"] == []
        assert await refused(granny, child) == "unknown_person"
        assert (await mum.ask("erase_child", child=child))["code"] == "unknown_person"
    left = {needle: found(home, needle) for needle in (child, "Wilhelmina", "telescope", own.endpoint)}
    assert not any(left.values()), left
    # A roster rests on the public keys: these stay, and say nothing of whose they were.
    assert {line.partition(":")[0] for line in found(home, root)} == {"person_link", "household_link"}


def found(home: Home, needle: str) -> list[str]:
    """The rows of the database that hold it, also inside what is packed."""
    with closing(sqlite3.connect(home.server.data / "kith.db")) as db:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = [(table, row) for table in tables for row in db.execute(f"SELECT * FROM {table}")]
    written = [
        f"{table}: " + " ".join(one.hex() if isinstance(one, bytes) else str(one) for one in row)
        for table, row in rows
    ]
    return [line for line in written if needle in line or needle.encode().hex() in line]


# -- drop in ---------------------------------------------------------------------------------------------------


@pytest.mark.row("R119")
@pytest.mark.row("R120")
async def test_a_child_drops_in_at_home_only_if_a_parent_says_so(home: Home, tim: Joined) -> None:
    server, hall = home.server, home.hall
    await signing.take_in(server, home.mum, hall.keys.public, shared=True)
    await signing.welcome(server, home.mum, tim)
    async with home.online(home.mum, hall, tim, home.granny) as (mum, device, tablet, granny):
        await ready(mum, device, tablet, granny)
        await mum.ok("set_child", child=tim.person, contacts=[])
        await Signer(server, home.mum).set(mum, having(home=HomeTerm.INSTANT))
        assert (await dropped_in(tablet, hall.endpoint))["code"] == "not_permitted"
        await mum.ok("set_child", child=tim.person, drop_in_home=True)
        call = (await dropped_in(tablet, hall.endpoint))["call"]["id"]
        await device.event("ringing", call=call)
        await device.ok("answer", call=call)
        await asyncio.gather(device.media_up(call), tablet.media_up(call))
        await mum.ok("set_child", child=tim.person, drop_in_home=False)
        assert await tablet.ended(call) == await device.ended(call) == "hung_up"
        assert (await dropped_in(tablet, hall.endpoint))["code"] == "not_permitted"

        # what a child signs is for their own devices, and no further than a parent allows
        root = (await signing.begin(server, home.granny)).root
        await Signer(server, tim).set(tablet, having(home=HomeTerm.INSTANT), to(root))
        assert device.had("grants_changed")[-1]["person"] == home.mum.person
        for target in (hall.endpoint, tim.endpoint, tim.person):
            assert (await dropped_in(granny, target))["code"] == "not_permitted"
        await mum.ok("set_child", child=tim.person, contacts=[home.granny.person])
        assert (await dropped_in(granny, hall.endpoint))["code"] == "not_permitted"
        await given_up(granny, tablet, await dropped_in(granny, tim.endpoint))
        await given_up(mum, tablet, await dropped_in(mum, tim.endpoint))
        await mum.ok("set_child", child=tim.person, drop_in=False)
        for caller in (granny, mum):
            assert (await dropped_in(caller, tim.endpoint))["code"] == "not_permitted"
        await connects(granny, tablet)  # nothing else is switched off with it
        await mum.ok("set_child", child=tim.person, drop_in=True, contacts=[])


async def dropped_in(caller: Endpoint, target: str | None) -> dict[str, Any]:
    return await caller.ask("drop_in", call=new_call(), to=target)


async def given_up(caller: Endpoint, callee: Endpoint, reply: dict[str, Any]) -> None:
    call = reply["call"]["id"]
    await callee.event("ringing", call=call)
    await caller.ok("hang_up", call=call)
    await asyncio.gather(caller.ended(call), callee.ended(call))
