"""Groups on a running server: who is asked, who takes part, and which way their media goes."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from kith.core.ids import new_call
from kith.core.trust.grants import HomeTerm, Mode
from tests.support.family import Family, family
from tests.support.granting import having, plain, to
from tests.support.groups import (
    ask_to_start,
    changed,
    connect,
    ended,
    join,
    next_roster,
    roster_of,
    start,
    states,
    who,
)
from tests.support.wire import Endpoint

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Family]:
    async with family(tmp_path_factory.mktemp("groups")) as made:
        yield made


async def test_the_whole_of_a_call_of_three(home: Family) -> None:
    async with home.online(home.mum, home.dad, home.granny, home.tablet) as (mum, dad, granny, tablet):
        people = [home.dad.person, home.granny.person]
        plan = await mum.ok("plan_group", kind="call", to=people, path="any")
        assert (plan["path"], plan["e2ee"], plan["places"]) == ("mesh", True, 2)
        group = await start(mum, people, video=True)
        call = group["id"]
        assert (group["phase"], who(group), states(group)) == (
            "ringing",
            [mum.id],
            {"Dad": "ringing", "Granny": "ringing"},
        )
        rung = (await granny.event("group_rings", call=call))["group"]
        assert (rung["own_person"], rung["started_by"]["name"]) == (home.granny.person, "Mum")
        seen = await join(dad, call)
        assert (seen["phase"], who(seen), seen["video"]) == ("active", [mum.id, dad.id], True)
        assert await ended(tablet, call) == "answered_elsewhere"
        assert who(await changed(tablet, call)) == [mum.id, dad.id], "Dad could go on there"
        await granny.ok("join_group", call=call)
        assert who(await changed(tablet, call)) == [mum.id, dad.id, granny.id]
        assert who(await changed(mum, call, phase="active")) == [mum.id, dad.id]
        all_in = await changed(mum, call)
        assert who(all_in) == [mum.id, dad.id, granny.id]
        assert [one["order"] for one in all_in["members"]] == [0, 1, 2]

        await granny.say("signal_group", call=call, to=mum.id, epoch=0, body=b"offer")
        heard = await mum.event("group_signal", call=call)
        assert (heard["endpoint"], heard["epoch"], heard["body"]) == (granny.id, 0, b"offer")
        assert dad.had("group_signal") == []
        await connect(call, mum, dad, granny)
        view = await changed(granny, call)
        while not all(one["connected"] for one in view["members"]):
            view = await changed(granny, call)

        await dad.ok("leave_group", call=call)
        assert await ended(dad, call) == "hung_up"
        assert states(await changed(granny, call)) == {"Dad": "left", "Granny": "joined"}
        back = (await dad.ok("join_group", call=call))["group"]
        assert [one["order"] for one in back["members"]] == [0, 2, 3]
        await granny.ok("leave_group", call=call)
        await dad.ok("leave_group", call=call)
        assert {await ended(one, call) for one in (dad, granny, mum, tablet)} == {"hung_up"}
        over = await mum.ok("join_group", call=call)
        assert (over["t"], over["reason"]) == ("group_over", "hung_up")


@pytest.mark.row("R87")
async def test_who_is_in_a_mesh_is_signed_by_its_members_and_passed_on_as_it_is(home: Family) -> None:
    async with home.online(home.mum, home.dad, home.granny) as (mum, dad, granny):
        call = new_call()
        known = roster_of(mum, call, [home.dad, home.granny])
        people = [home.dad.person, home.granny.person]
        wanted = {"call": call, "kind": "call", "to": people, "path": "mesh"}
        for wrong in (
            roster_of(dad, call, []),
            roster_of(mum, new_call(), []),
            roster_of(mum, call, [], kind="drop_in"),
            roster_of(mum, call, [], path="mixer"),
        ):
            reply = await mum.ask("start_group", **wanted, roster=plain(wrong))
            assert (reply["t"], reply["path"]) == ("problem", "roster")
        group = (await mum.ok("start_group", **wanted, roster=plain(known)))["group"]
        assert group["roster"] == plain(known)
        await join(dad, call)
        view = await changed(mum, call, phase="active")
        signed = next_roster(known, mum, view)
        assert (await dad.ask("sign_group", call=call, roster=plain(signed)))["code"] == "untrusted"
        await mum.ok("sign_group", call=call, roster=plain(signed))
        for one in (dad, granny):
            seen = await changed(one, call)
            while seen["roster"]["version"] == 0:
                seen = await changed(one, call)
            assert seen["roster"] == plain(signed)
        forked = await mum.ask("sign_group", call=call, roster=plain(next_roster(known, mum, view, home.gus)))
        assert (forked["code"], forked["data"]) == ("untrusted", {"reason": "forked"})
        assert (await granny.ask("sign_group", call=call, roster=plain(signed)))["code"] == "unknown_call"
        without = next_roster(signed, dad, {"members": view["members"][1:]})
        with_granny = [*view["members"], {**view["members"][0], "keys": {"identity": bytes(32)}, "order": 9}]
        for wrong in (without, next_roster(signed, dad, {"members": with_granny})):
            thrown_out = await dad.ask("sign_group", call=call, roster=plain(wrong))
            assert (thrown_out["code"], thrown_out["data"]) == ("untrusted", {"reason": "not_there"})
        for one in (mum, dad):
            await one.ok("leave_group", call=call)


async def test_a_mesh_has_an_end_and_nobody_is_told_who_is_why(home: Family) -> None:
    many = [home.dad, home.granny, home.gus, home.stranger, home.kitchen]
    to_all = [one.person or one.endpoint for one in many[:4]] + [home.kitchen.endpoint]
    async with home.online(home.mum, home.dad) as (mum, dad):
        await mum.ok("plan_group", kind="call", to=to_all[:2])
        for reply in (
            await mum.ask("plan_group", kind="call", to=to_all),
            await ask_to_start(mum, to_all),
            await mum.ask("plan_group", kind="call", to=to_all[:2], path="mixer"),
        ):
            assert (reply["code"], reply["path"], reply["data"]) == ("group_not_available", "", {})
        unknown = await mum.ask("plan_group", kind="call", to=[home.dad.person, "p_" + "0" * 20])
        assert unknown["code"] == "unknown_person"
        await dad.ok("ping")
        assert dad.had("group_rings") == [], "nothing rings where nothing begins"


@pytest.mark.row("R82", "R88", "R91")
async def test_nothing_is_mixed_unless_all_who_take_part_have_opted_in(home: Family) -> None:
    people = [home.dad.person, home.granny.person]
    async with home.online(home.mum, home.dad, home.granny) as (mum, dad, granny):
        signers = ((home.mum_signs, mum), (home.dad_signs, dad), (home.granny_signs, granny))
        paths = []
        for signer, app in signers:
            paths.append((await mum.ok("plan_group", kind="call", to=people))["path"])
            await signer.set(app, having(enhanced=True))
        assert paths == ["mesh"] * 3, "off by default, and one who has not opted in keeps all out"
        refused = await ask_to_start(mum, [*people, home.stranger.person], path="mixer")
        assert refused["code"] == "group_changed_path"
        for signer, app in signers:
            await signer.set(app, having(enhanced=False))
        refused = await ask_to_start(mum, people, path="mixer")
        assert (refused["code"], refused["path"]) == ("group_changed_path", "path")
        for one in (dad, granny):
            await one.ok("ping")
            assert one.had("group_rings") == [], "it has not begun"


async def test_who_says_no_who_is_busy_and_who_does_not_come(home: Family) -> None:
    async with home.online(home.mum, home.dad, home.tablet, home.granny) as (mum, dad, tablet, granny):
        call = (await start(mum, [home.dad.person, home.granny.person]))["id"]
        await tablet.ok("decline_group", call=call, why="busy")
        assert await ended(tablet, call) == "busy"
        await dad.ok("decline_group", call=call)
        assert await ended(dad, call) == "declined"
        assert states(await changed(mum, call)) == {"Dad": "declined", "Granny": "ringing"}
        await mum.ok("leave_group", call=call)
        assert {await ended(one, call) for one in (mum, granny)} == {"cancelled"}
        missed = (await granny.event("missed_calls"))["missed"]
        assert [one["name"] for one in missed if one["call"] == call] == ["Mum"]
        assert dad.had("missed_calls") == [], "who said no has missed nothing"
        for one in (dad, granny):
            reply = await one.ask("join_group", call=call)
            assert (reply["t"], reply["reason"]) == ("group_over", "cancelled")
        await granny.ok("dismiss_missed")
        assert (await tablet.ask("join_group", call=new_call()))["code"] == "unknown_call"


async def test_the_starter_takes_somebody_out_and_nobody_else_does(home: Family) -> None:
    async with home.online(home.mum, home.dad, home.granny) as (mum, dad, granny):
        call = (await start(mum, [home.dad.person, home.granny.person]))["id"]
        await join(dad, call)
        await join(granny, call)
        assert (await dad.ask("remove_from_group", call=call, endpoint=granny.id))["code"] == "not_starter"
        assert (await mum.ask("remove_from_group", call=call, endpoint=mum.id))["code"] == "unknown_endpoint"
        await mum.ok("remove_from_group", call=call, endpoint=granny.id)
        assert await ended(granny, call) == "removed"
        again = await granny.ask("join_group", call=call)
        assert (again["t"], again["reason"]) == ("group_over", "removed")
        await dad.ok("leave_group", call=call)
        assert await ended(mum, call) == "hung_up"


async def test_more_are_asked_and_somebody_goes_on_at_another_device(home: Family) -> None:
    async with home.online(home.mum, home.dad, home.tablet, home.gus) as (mum, dad, tablet, gus):
        call = new_call()
        known = roster_of(mum, call, [home.dad])
        group = await start(mum, [home.dad.person], call=call, roster=plain(known))
        await join(dad, call)
        view = await changed(mum, call, phase="active")
        assert (await mum.ask("ask_into_group", call=call, to=[home.gus.person]))["path"] == "roster"
        signed = next_roster(known, mum, view, home.gus)
        await mum.ok("ask_into_group", call=call, to=[home.gus.person], roster=plain(signed))
        assert states((await gus.event("group_rings", call=call))["group"]) == {
            "Dad": "joined",
            "Gus": "ringing",
        }
        await gus.ok("join_group", call=call)
        await connect(call, mum, dad, gus)
        moving = (await tablet.ok("join_group", call=call))["group"]
        assert who(moving) == [mum.id, dad.id, gus.id, tablet.id], (
            "the former one stays until the new one is there"
        )
        for other in (mum, gus):
            await tablet.ok("group_media", call=call, up=True, **{"with": other.id})
        assert await ended(dad, call) == "moved"
        assert group["id"] == call
        await gus.ok("leave_group", call=call)
        await tablet.ok("leave_group", call=call)
        assert await ended(mum, call) == "hung_up"


async def test_a_block_keeps_two_apart_who_are_asked_together_and_nobody_notices(home: Family) -> None:
    async with home.online(home.mum, home.dad, home.granny) as (mum, dad, granny):
        block = (await dad.ok("block", person=home.granny.person))["block"]
        group = await start(mum, [home.granny.person, home.dad.person])
        await dad.event("group_rings", call=group["id"])
        assert states(group) == {"Dad": "ringing", "Granny": "ringing"}
        await join_and_leave(dad, mum, group["id"])
        await granny.ok("ping")
        assert granny.had("group_rings") == granny.had("missed_calls") == []
        await dad.ok("unblock", block=block["id"])

        call = (await start(mum, [home.granny.person, home.dad.person]))["id"]
        await join(dad, call)
        await join(granny, call)
        await dad.ok("block", person=home.granny.person)
        assert await ended(dad, call) == "hung_up", "whoever blocks goes"
        await granny.ok("ping")
        assert granny.had("group_ended") == []
        await granny.ok("leave_group", call=call)
        await ended(mum, call)
        blocks = (await dad.ok("list_blocks"))["blocks"]
        await dad.ok("unblock", block=blocks[0]["id"])


async def join_and_leave(member: Endpoint, starter: Endpoint, call: str) -> None:
    await member.ok("join_group", call=call)
    await starter.ok("leave_group", call=call)
    await member.ok("leave_group", call=call)
    await ended(member, call)


async def test_a_household_has_so_many_groups_at_a_time_and_an_id_is_used_once(home: Family) -> None:
    async with home.online(home.mum, home.dad, home.kitchen) as (mum, dad, kitchen):
        people = [home.granny.person]
        calls = [(await start(one, people))["id"] for one in (mum, dad, kitchen)]
        for reply in (await ask_to_start(mum, people), await mum.ask("plan_group", kind="call", to=people)):
            assert (reply["code"], reply["path"]) == ("group_limit", "")
        retry = await ask_to_start(mum, people, call=calls[0])
        assert (retry["t"], retry["group"]["id"]) == ("group_state", calls[0])
        assert (await ask_to_start(dad, people, call=calls[0]))["code"] == "call_id_taken"
        for one, call in zip((mum, dad, kitchen), calls, strict=True):
            await one.ok("leave_group", call=call)
            assert await ended(one, call) == "cancelled"
        again = await ask_to_start(mum, people, call=calls[0])
        assert (again["t"], again["reason"]) == ("group_over", "cancelled")
        twice = new_call()
        requests = [asyncio.create_task(ask_to_start(mum, people, call=twice)) for _ in range(3)]
        assert {(await one)["t"] for one in requests} == {"group_state"}
        await mum.ok("leave_group", call=twice)
        assert await ended(mum, twice) == "cancelled"


async def test_who_is_not_to_be_disturbed_finds_it_among_what_they_missed(home: Family) -> None:
    async with home.online(home.mum, home.dad, home.granny) as (mum, dad, granny):
        await granny.ok("dismiss_missed")
        await granny.ok("report_standing", standing={"quiet": True, "ready": True})
        group = await start(mum, [home.dad.person, home.granny.person])
        assert states(group) == {"Dad": "ringing", "Granny": "ringing"}
        await join_and_leave(dad, mum, group["id"])
        assert granny.had("group_rings") == []
        missed = (await granny.event("missed_calls"))["missed"]
        while not missed:
            missed = (await granny.event("missed_calls"))["missed"]
        assert [(one["call"], one["silenced"]) for one in missed] == [(group["id"], True)]
        await granny.ok("report_standing", standing={"quiet": False, "ready": True})


# -- dropping in ------------------------------------------------------------------------------------


@pytest.mark.row("R68", "R72", "R74")
async def test_dropping_in_on_everyone_at_home(home: Family) -> None:
    async with home.online(home.mum, home.dad, home.kitchen, home.hall) as (mum, dad, kitchen, hall):
        refused = await ask_to_start(mum, ["everyone"], kind="drop_in")
        assert (refused["code"], refused["path"]) == ("not_permitted", "to")
        plan = await mum.ok("plan_group", kind="drop_in", to=["everyone"])
        assert (plan["path"], plan["places"]) == ("mesh", 2)
        await home.mum_signs.set(mum, having(home=HomeTerm.INSTANT))
        group = await start(mum, ["everyone"], kind="drop_in")
        call = group["id"]
        assert group["places"] == [], "who has not let in is nobody's business"
        for room in (kitchen, hall):
            rung = (await room.event("group_rings", call=call))["group"]
            assert (rung["kind"], rung["mode"], rung["own_person"]) == ("drop_in", "instant", None)
            await room.ok("join_group", call=call)
        seen = await changed(mum, call)
        while len(seen["members"]) < 3:
            seen = await changed(mum, call)
        assert states(seen) == {"Kitchen": "joined", "Hall": "joined"}
        await dad.ok("ping")
        assert dad.had("group_rings") == [], "other people's own devices are not dropped in on"
        busy = await dad.ask("drop_in", call=new_call(), to=home.kitchen.endpoint)
        assert busy["code"] == "not_permitted", "a device in a group is busy"

        await home.mum_signs.set(mum, having(home=HomeTerm.UNSET))
        assert {await ended(one, call) for one in (kitchen, hall, mum)} == {"hung_up"}


@pytest.mark.row("R73")
async def test_a_room_that_may_not_be_dropped_in_on_any_more_is_out_and_the_others_go_on(
    home: Family,
) -> None:
    async with home.online(home.mum, home.kitchen, home.hall) as (mum, kitchen, hall):
        await home.mum_signs.set(mum, having(home=HomeTerm.INSTANT))
        rooms = [home.kitchen.endpoint, home.hall.endpoint]
        call = (await start(mum, rooms, kind="drop_in"))["id"]
        await join(kitchen, call)
        await join(hall, call)
        await kitchen.ok("report_standing", standing={"drop_in": "off", "ready": True})
        assert await ended(kitchen, call) == "hung_up"
        assert (await kitchen.ask("join_group", call=call))["t"] == "group_over"
        await hall.ok("leave_group", call=call, why="silence")
        assert (await ended(hall, call), await ended(mum, call)) == ("silence", "silence")
        await kitchen.ok("report_standing", standing={"drop_in": "on", "ready": True})
        await home.mum_signs.set(mum, having(home=HomeTerm.UNSET))


async def test_among_strangers_a_room_asks_first(home: Family) -> None:
    async with home.online(home.mum, home.dad, home.granny, home.stranger) as (mum, dad, granny, stranger):
        root = await home.granny_signs.root()
        await home.mum_signs.set(mum, to(root, Mode.INSTANT))
        await home.dad_signs.set(dad, to(root, Mode.INSTANT))
        people = [home.mum.person, home.dad.person, home.stranger.person]
        group = await start(granny, people[:2], kind="drop_in")
        for one in (mum, dad):
            assert (await one.event("group_rings", call=group["id"]))["group"]["mode"] == "instant"
        await granny.ok("leave_group", call=group["id"])
        await ended(mum, group["id"])
        refused = await ask_to_start(granny, [home.stranger.person], kind="drop_in")
        assert refused["code"] == "not_permitted"
        assert stranger.had("group_rings") == []
        await home.mum_signs.set(mum, having(grants=()))
        await home.dad_signs.set(dad, having(grants=()))


# -- outside ----------------------------------------------------------------------------------------


async def test_a_killed_server_takes_groups_up_again(home: Family) -> None:
    async with home.online(home.mum, home.dad, home.granny) as online:
        mum, dad, granny = online
        call = (await start(mum, [home.dad.person, home.granny.person]))["id"]
        await join(dad, call)
        await connect(call, mum, dad)
        await home.server.kill()
        for one in online:
            await one.closed()
            await one.close()
        await home.server.start()
        for one in online:
            one.events.clear()
            await one.back()
            assert [group["id"] for group in one.snapshot["groups"]] == [call]
        assert who(mum.snapshot["groups"][0]) == [mum.id, dad.id]
        await granny.ok("join_group", call=call)
        assert len(who(await changed(dad, call))) == 3
        for one in (granny, dad):
            await one.ok("leave_group", call=call)
        assert await ended(mum, call) == "hung_up"
