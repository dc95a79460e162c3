"""Dropping in, on a running server: who may where, and that it ends as soon as they may not."""

import asyncio
import time
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
import pytest_asyncio

from kith.core.ids import new_call
from kith.core.trust import person_write
from kith.core.trust.grants import DropInTerm, Grant, HomeTerm, Mode, signed
from kith.core.trust.grants_write import at_device, draft, quieted, revoked, shut
from kith.core.trust.person import extend
from signaling.closing import Close
from tests.support.family import Family, enrol, family
from tests.support.granting import Signer, having, plain, ready, receipt, to
from tests.support.signing import identity, take_in
from tests.support.wire import Endpoint

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Family]:
    async with family(tmp_path_factory.mktemp("drop_in")) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def nothing_granted(home: Family) -> AsyncIterator[None]:
    """Each test begins with nobody having allowed anything."""
    yield
    for signer in (home.mum_signs, home.dad_signs, home.granny_signs):
        if signer.known is not None:
            async with Endpoint(home.server, signer.person) as app:
                await signer.set(
                    app,
                    having(grants=(), home=HomeTerm.UNSET, devices=(), quiet=(), schedules=(), closed=False),
                )


async def refused(caller: Endpoint, target: str | None, **fields: Any) -> None:
    """At once, and by the one code that there is."""
    reply = await caller.ask("drop_in", call=new_call(), to=target, **fields)
    assert (reply["t"], reply.get("code")) == ("problem", "not_permitted"), reply
    assert (reply["path"], reply["data"]) == ("to", {})


async def dropping_in(caller: Endpoint, target: str | None, **fields: Any) -> dict[str, Any]:
    reply = await caller.ok("drop_in", call=new_call(), to=target, video=True, **fields)
    call: dict[str, Any] = reply["call"]
    assert (call["kind"], call["phase"]) == ("drop_in", "ringing")
    return call


async def inside(caller: Endpoint, callee: Endpoint, target: str | None) -> str:
    """A drop in that goes on; returns the call."""
    call = (await dropping_in(caller, target))["id"]
    rang = (await callee.event("ringing", call=call))["call"]
    assert (rang["kind"], rang["role"]) == ("drop_in", "callee")
    await callee.ok("answer", call=call)
    await asyncio.gather(caller.media_up(call), callee.media_up(call))
    await caller.event("call_changed", call=call, phase="active")
    return str(call)


async def ended(call: str, *endpoints: Endpoint) -> set[str]:
    return {await one.ended(call) for one in endpoints}


@pytest.mark.row("R67")
async def test_nobody_drops_in_on_a_fresh_household(home: Family) -> None:
    everybody = (home.mum, home.dad, home.kitchen, home.hall, home.granny, home.parlour)
    async with home.online(*everybody) as (mum, dad, kitchen, hall, granny, parlour):
        assert mum.snapshot["granted"] == granny.snapshot["granted"] == []
        for caller in (granny, parlour):
            await refused(caller, home.mum.person)
            await refused(caller, home.kitchen.endpoint)
            await refused(caller, "e_" + "0" * 20)
        for caller in (dad, hall):
            await refused(caller, home.kitchen.endpoint)
            await refused(caller, "home")
            await refused(caller, home.mum.person)
        for one in (mum, kitchen):
            await one.ok("ping")
            assert one.had("ringing") == []


@pytest.mark.row("R68")
async def test_a_grant_to_a_contact_covers_their_household_and_nobody_else(home: Family) -> None:
    everybody = (home.mum, home.granny, home.gus, home.parlour, home.stranger)
    async with home.online(*everybody) as (mum, granny, gus, parlour, stranger):
        root, household = await home.granny_signs.root(), await home.granny_signs.household()
        await home.mum_signs.set(mum, to(root, household=household))
        for caller in (granny, gus, parlour):
            assert [view["person"] for view in (await caller.event("granted_changed"))["granted"]] == [
                home.mum.person
            ]
            call = await inside(caller, mum, home.mum.person)
            await caller.ok("hang_up", call=call)
            assert await ended(call, caller, mum) == {"hung_up"}
        await refused(stranger, home.mum.person)
        assert stranger.had("granted_changed") == []


@pytest.mark.row("S1")
async def test_this_person_only_is_not_for_the_household_nor_for_a_device_that_it_shares(
    home: Family,
) -> None:
    everybody = (home.mum, home.granny, home.gus, home.parlour)
    async with home.online(*everybody) as (mum, granny, gus, parlour):
        await home.mum_signs.set(mum, to(await home.granny_signs.root(), Mode.KNOCK))
        view = (await granny.event("granted_changed"))["granted"][0]
        assert (view["mode"], view["household"], view["carer"]) == ("knock", False, False)
        await refused(gus, home.mum.person)
        await refused(parlour, home.mum.person)
        call = await dropping_in(granny, home.mum.person)
        assert call["mode"] == "knock"
        assert (await mum.event("ringing", call=call["id"]))["call"]["mode"] == "knock"
        await mum.ok("decline", call=call["id"])
        assert await ended(call["id"], granny) == {"not_let_in"}
        again = await inside(granny, mum, home.mum.person)
        await mum.ok("hang_up", call=again)
        assert await ended(again, granny, mum) == {"hung_up"}
        await mum.ok("ping")
        assert mum.had("missed_calls") == []


@pytest.mark.row("R69", "R70")
async def test_drop_in_on_home_is_a_grant_that_every_device_of_the_household_is_told(home: Family) -> None:
    async with home.online(home.mum, home.dad, home.kitchen, home.hall) as (mum, dad, kitchen, hall):
        grants = await home.mum_signs.set(mum, having(home=HomeTerm.INSTANT))
        for one in (kitchen, hall):
            await one.event("grants_changed", person=home.mum.person, grants=plain(grants))
            await one.ok("heard_grants", receipts=[receipt(grants, one.joined.keys)])
        await mum.event("grants_heard")
        heard = (await mum.event("grants_heard"))["heard"]
        assert {one["endpoint"] for one in heard} == {home.kitchen.endpoint, home.hall.endpoint}
        shown = (await mum.ok("show_grants"))["sets"]
        assert [(one["person"], one["grants"], one["heard"]) for one in shown] == [
            (home.mum.person, plain(grants), heard)
        ]
        news = (await dad.event("household_news"))["news"][0]
        assert (news["kind"], news["name"]) == ("home_drop_in_changed", "Mum")
        call = await inside(hall, kitchen, "home")
        await hall.ok("hang_up", call=call)
        call = await inside(dad, kitchen, home.kitchen.endpoint)
        await dad.ok("hang_up", call=call)


@pytest.mark.row("R9", "R71")
async def test_disable_drop_in_turns_off_the_household_and_no_contact(home: Family) -> None:
    async with home.online(home.mum, home.hall, home.kitchen, home.granny) as (mum, hall, kitchen, granny):
        root = await home.granny_signs.root()
        await home.mum_signs.set(mum, to(root), having(home=HomeTerm.INSTANT))
        call = await inside(hall, kitchen, home.kitchen.endpoint)
        await home.mum_signs.set(mum, having(home=HomeTerm.OFF))
        assert await ended(call, hall, kitchen) == {"hung_up"}
        await refused(hall, home.kitchen.endpoint)
        await refused(hall, "home")
        call = await inside(granny, mum, home.mum.endpoint)
        await granny.ok("hang_up", call=call)


@pytest.mark.row("R72")
async def test_a_grant_that_is_taken_back_ends_what_goes_on(home: Family) -> None:
    async with home.online(home.mum, home.granny) as (mum, granny):
        root = await home.granny_signs.root()
        await home.mum_signs.set(mum, to(root))
        call = await inside(granny, mum, home.mum.person)
        begun = time.perf_counter()
        await home.mum_signs.set(mum, lambda one: revoked(one, root))
        assert await ended(call, granny, mum) == {"hung_up"}
        assert time.perf_counter() - begun < 2.0
        await refused(granny, home.mum.person)
        assert (await granny.event("granted_changed", granted=[]))["granted"] == []


@pytest.mark.row("R73")
async def test_a_device_that_is_off_refuses_alone(home: Family) -> None:
    everybody = (home.mum, home.kitchen, home.hall, home.granny)
    async with home.online(*everybody) as (mum, _, hall, granny):
        await home.mum_signs.set(mum, to(await home.granny_signs.root()))
        for term in (DropInTerm.OFF, DropInTerm.HOUSEHOLD):
            off = partial(at_device, identity=home.kitchen.keys.public.identity, drop_in=term)
            await home.mum_signs.set(mum, off)
            await refused(granny, home.kitchen.endpoint)
            call = await inside(granny, hall, home.hall.endpoint)
            await granny.ok("hang_up", call=call)
        await ready(hall, drop_in="off")  # the device's own switch
        await refused(granny, home.hall.endpoint)
        call = await inside(granny, mum, home.mum.person)
        await ready(mum, drop_in="off")
        assert await ended(call, granny, mum) == {"hung_up"}


@pytest.mark.row("R64")
async def test_do_not_disturb_refuses_and_ends_whoever_was_let_drop_in(home: Family) -> None:
    async with home.online(home.mum, home.granny) as (mum, granny):
        grants = await home.mum_signs.set(mum, to(await home.granny_signs.root()))
        await mum.ok("heard_grants", receipts=[receipt(grants, home.mum.keys)])
        call = await inside(granny, mum, home.mum.person)
        await ready(mum, quiet=True)
        assert await ended(call, granny, mum) == {"hung_up"}
        await refused(granny, home.mum.person)
        await ready(mum)
        call = await inside(granny, mum, home.mum.person)
        await home.mum_signs.set(mum, lambda one: quieted(one, on=True))  # from another of her apps
        assert await ended(call, granny, mum) == {"hung_up"}
        await refused(granny, home.mum.person)
        await home.mum_signs.set(mum, lambda one: quieted(one, on=False))
        call = await inside(granny, mum, home.mum.person)
        await granny.ok("hang_up", call=call)


@pytest.mark.row("S10")
async def test_a_carer_passes_do_not_disturb_and_the_knock_by_the_persons_own_word(home: Family) -> None:
    async with home.online(home.mum, home.granny, home.gus) as (mum, granny, gus):
        root = await home.granny_signs.root()
        await home.mum_signs.set(mum, to(root, carer=True), lambda one: quieted(one, on=True))
        call = await dropping_in(granny, home.mum.person)
        assert call["mode"] == "instant"
        await granny.ok("cancel", call=call["id"])
        await refused(gus, home.mum.person)
        await ready(mum, microphone_off=True)
        await refused(granny, home.mum.person)
        await ready(mum, drop_in="off")
        await refused(granny, home.mum.person)
        await ready(mum)
        block = (await mum.ok("block", person=home.granny.person))["block"]
        await refused(granny, home.mum.person)
        await mum.ok("unblock", block=block["id"])


@pytest.mark.row("R28", "R29")
async def test_a_block_ends_it_and_an_unblock_does_not_revive_the_grant(home: Family) -> None:
    async with home.online(home.mum, home.granny, home.kitchen) as (mum, granny, kitchen):
        root = await home.granny_signs.root()
        await home.mum_signs.set(mum, to(root))
        call = await inside(granny, kitchen, home.kitchen.endpoint)
        block = (await mum.ok("block", person=home.granny.person))["block"]
        assert await ended(call, granny, kitchen) == {"hung_up"}
        await refused(granny, home.mum.person)
        await refused(granny, home.kitchen.endpoint)
        await mum.ok("unblock", block=block["id"])
        await refused(granny, home.mum.person)  # with the very set that let her in before
        await home.mum_signs.set(mum)  # signing it again does not revive it either
        await refused(granny, home.mum.person)
        await home.mum_signs.set(mum, to(root))
        call = await inside(granny, mum, home.mum.endpoint)
        await granny.ok("hang_up", call=call)


@pytest.mark.row("S2")
async def test_hours_and_an_end_are_kept_to_the_second_also_by_what_goes_on(home: Family) -> None:
    async with home.online(home.mum, home.granny) as (mum, granny):
        root = await home.granny_signs.root()
        until = int(time.time()) + 3
        await home.mum_signs.set(mum, to(root, until=until))
        call = await inside(granny, mum, home.mum.person)
        assert await ended(call, granny, mum) == {"hung_up"}
        assert until <= time.time() < until + 1
        await refused(granny, home.mum.person)


@pytest.mark.row("S3")
async def test_nobody_signs_for_another(home: Family) -> None:
    async with home.online(home.mum, home.dad, home.kitchen, home.granny) as (mum, dad, kitchen, granny):
        root = await home.granny_signs.root()
        mums = await home.mum_signs.next(to(root))
        for by in (dad, kitchen):  # another adult of the household; a device that it shares
            reply = await by.ask("set_grants", grants=plain(mums))
            assert reply["code"] in ("untrusted", "not_permitted"), reply
        forged = await home.mum_signs.next(to(root), keys=home.dad.keys)
        reply = await mum.ask("set_grants", grants=plain(forged))
        assert (reply["code"], reply["data"]["reason"]) == ("untrusted", "not_active")
        await refused(granny, home.mum.person)
        # Dad lets Granny drop in on himself, which opens the devices that they share but not Mum's own.
        await home.dad_signs.set(dad, to(root))
        await refused(granny, home.mum.endpoint)
        call = await inside(granny, kitchen, home.kitchen.endpoint)
        await granny.ok("hang_up", call=call)


async def test_an_old_set_does_not_come_back(home: Family) -> None:
    async with home.online(home.mum, home.granny) as (mum, granny):
        root = await home.granny_signs.root()
        old = await home.mum_signs.set(mum, to(root))
        await home.mum_signs.set(mum, lambda one: revoked(one, root))
        reply = await mum.ask("set_grants", grants=plain(old))
        assert (reply["code"], reply["data"]["reason"]) == ("untrusted", "stale")
        await refused(granny, home.mum.person)


async def test_a_set_that_is_old_lets_knock_only(home: Family) -> None:
    async with home.online(home.stranger, home.granny) as (stranger, granny):
        signer = Signer(home.server, home.stranger)
        grant = Grant(receiver=await home.granny_signs.root(), mode=Mode.INSTANT, since=0)
        await signer.set(stranger, having(grants=(grant,)), ago=8 * 86_400)
        call = await dropping_in(granny, home.stranger.person)
        assert call["mode"] == "knock"
        await granny.ok("cancel", call=call["id"])
        await signer.set(stranger)
        assert (await dropping_in(granny, home.stranger.person))["mode"] == "instant"


@pytest.mark.row("S7")
async def test_it_ends_for_silence_when_the_endpoint_says_so_and_never_moves(home: Family) -> None:
    async with home.online(home.dad, home.tablet, home.granny) as (dad, tablet, granny):
        await home.dad_signs.set(dad, to(await home.granny_signs.root()), having(longest=2))
        call = await inside(granny, dad, home.dad.endpoint)
        assert (await tablet.ask("move", call=call))["code"] == "not_movable"
        assert tablet.had("calls_elsewhere") == []
        ends = (await dad.ok("answer", call=call))["call"]
        assert ends["ends"] - ends["answered"] == 2 * 60.0, "at the latest"
        await dad.ok("hang_up", call=call, why="silence")
        assert await ended(call, granny, dad) == {"silence"}
        call = (await dropping_in(granny, home.dad.endpoint))["id"]
        await dad.event("ringing", call=call)
        await dad.ok("answer", call=call)
        await dad.ok("hang_up", call=call, why="not_let_in")
        assert await ended(call, granny, dad) == {"not_let_in"}


async def test_what_a_lost_phone_had_signed_opens_nothing_and_still_forbids(home: Family) -> None:
    lost = await enrol(home.server, "home", "Dad", "Old phone")
    await take_in(home.server, home.dad, lost.keys.public, shared=False)
    async with home.online(home.dad, lost, home.granny, home.kitchen, home.hall) as (
        dad,
        old,
        granny,
        _,
        hall,
    ):
        root = await home.granny_signs.root()
        signer = Signer(home.server, lost)
        signer.known = home.dad_signs.known
        shut_out = partial(at_device, identity=home.kitchen.keys.public.identity, drop_in=DropInTerm.OFF)
        home.dad_signs.known = await signer.set(old, to(root), shut_out)
        call = await inside(granny, hall, home.hall.endpoint)
        chain, _ = await identity(home.server, home.dad)
        assert chain is not None
        link = person_write.remove(chain, home.dad.keys, lost.keys.public.identity, time=int(time.time()))
        await dad.ok("extend_person", links=[plain(link)])
        assert await ended(call, granny, hall) == {"hung_up"}
        await refused(granny, home.dad.endpoint)
        async with Endpoint(home.server, home.mum) as mum:
            await home.mum_signs.set(mum, to(root))
        await refused(granny, home.kitchen.endpoint)
        call = await inside(granny, hall, home.hall.endpoint)
        await granny.ok("hang_up", call=call)


@pytest.mark.row("S6")
async def test_closing_everything_ends_clears_and_keeps_out(home: Family) -> None:
    everybody = (home.dad, home.tablet, home.kitchen, home.granny)
    async with home.online(*everybody) as (dad, tablet, kitchen, granny):
        await home.dad_signs.set(dad, to(await home.granny_signs.root()), having(home=HomeTerm.INSTANT))
        call = await inside(granny, kitchen, home.kitchen.endpoint)
        await panic(home, dad)
        assert await ended(call, granny, kitchen) == {"hung_up"}
        assert await tablet.closed() == Close.REMOVED
        await refused(granny, home.dad.person)
        await refused(granny, home.kitchen.endpoint)
        await call_in_vain(granny, home.dad.person, dad, kitchen)
        await call_in_vain(
            granny, home.mum.person, kitchen
        )  # a device that they share is closed for Mum's friends, too
        call = new_call()
        await kitchen.ok("call", call=call, to=home.dad.person)  # as those do who live there
        await dad.event("ringing", call=call)
        await kitchen.ok("cancel", call=call)


async def call_in_vain(caller: Endpoint, target: str | None, *others: Endpoint) -> None:
    """It rings for the caller alone."""
    call = new_call()
    assert (await caller.ok("call", call=call, to=target))["call"]["phase"] == "ringing"
    for one in others:
        await one.ok("ping")
        assert [each for each in one.had("ringing") if each["call"]["id"] == call] == []
    await caller.ok("cancel", call=call)


async def panic(home: Family, dad: Endpoint) -> None:
    """One tap on Dad's phone."""
    chain, _ = await identity(home.server, home.dad)
    assert chain is not None
    now = int(time.time())
    link = person_write.remove(chain, home.dad.keys, home.tablet.keys.public.identity, time=now)
    shut_ = shut(draft(extend(chain, link), home.dad.keys, home.dad_signs.known, time=now))
    grants = signed(shut_, home.dad.keys.sign)
    await dad.ok("panic", grants=plain(grants), links=[plain(link)])
    home.dad_signs.known = grants
