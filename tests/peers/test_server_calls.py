"""Calls on a real server over real WebSockets: who rings, who wins, who is told what."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from kith.core.ids import new_call
from tests.support.home import Home, living_at_home
from tests.support.wire import Endpoint, Message

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Home]:
    async with living_at_home(tmp_path_factory.mktemp("calls")) as home:
        yield home


async def connected(caller: Endpoint, callee: Endpoint, call: str) -> None:
    """Both have media."""
    await caller.event("call_changed", call=call, phase="answering")
    await caller.media_up(call)
    await callee.media_up(call)
    await caller.event("call_changed", call=call, phase="active")
    await callee.event("call_changed", call=call, phase="active")


def shown(endpoint: Endpoint, call: str) -> Message:
    """The call in the snapshot that the endpoint was welcomed with."""
    (view,) = [one for one in endpoint.snapshot["calls"] if one["id"] == call]
    return dict(view)


# -- ringing ------------------------------------------------------------------------------------------


@pytest.mark.alone
@pytest.mark.row("R31", "R32", "R34")
async def test_all_of_a_persons_endpoints_ring_and_one_answer_stops_the_others(home: Home) -> None:
    async with home.online(home.granny, home.mum, home.kitchen, home.hall) as (granny, mum, kitchen, hall):
        call = new_call()
        placed = await granny.call(home.mum.person or "", call)
        assert (placed["call"]["phase"], placed["call"]["role"]) == ("ringing", "caller")
        for endpoint in (mum, kitchen, hall):
            ringing = (await endpoint.event("ringing", call=call))["call"]
            assert (ringing["peer_name"], ringing["called_name"]) == ("Granny", "Mum")
            assert (await endpoint.ok("alerting", call=call))["call"]["phase"] == "ringing"

        answered = time.perf_counter()
        reply = await kitchen.ok("answer", call=call)
        silenced = [await endpoint.ended(call) for endpoint in (mum, hall)]
        assert time.perf_counter() - answered < 0.2
        assert silenced == ["answered_elsewhere"] * 2

        assert reply["call"]["phase"] == "answering"
        assert reply["call"]["endpoint"]["id"] == granny.id
        told = await granny.event("call_changed", call=call)
        assert (told["call"]["phase"], told["call"]["endpoint"]["id"]) == ("answering", kitchen.id)
        await granny.media_up(call)
        await kitchen.media_up(call)
        await kitchen.event("call_changed", call=call, phase="active")
        await granny.event("call_changed", call=call, phase="active")


async def test_answering_twice_is_harmless_and_too_late_is_told_so(home: Home) -> None:
    async with home.online(home.granny, home.mum, home.hall) as (granny, mum, hall):
        call = new_call()
        await granny.call(home.mum.person or "", call)
        await mum.event("ringing", call=call)
        first = await mum.ok("answer", call=call)
        again = await mum.ok("answer", call=call)
        late = await hall.ok("answer", call=call)
        assert {**again, "re": None} == {**first, "re": None}
        assert (late["t"], late["reason"]) == ("call_ended", "answered_elsewhere")


async def test_two_answers_at_once_have_one_winner(home: Home) -> None:
    async with home.online(home.granny, home.mum, home.kitchen, home.hall) as (granny, *others):
        for _ in range(10):
            call = new_call()
            await granny.call(home.mum.person or "", call)
            for one in others:
                await one.event("ringing", call=call)
            replies = await asyncio.gather(*(one.ok("answer", call=call) for one in others))
            assert sorted(reply["t"] for reply in replies) == ["call_ended", "call_ended", "call_state"]
            won = others[[reply["t"] for reply in replies].index("call_state")]
            told = await granny.event("call_changed", call=call)
            assert told["call"]["endpoint"]["id"] == won.id
            await granny.ok("hang_up", call=call)
            assert await won.ended(call) == "hung_up"
            for one in others:
                if one is not won:
                    assert await one.ended(call) == "answered_elsewhere"


@pytest.mark.row("R35")
async def test_either_side_hangs_up_and_both_are_told_once(home: Home) -> None:
    async with home.online(home.granny, home.mum) as (granny, mum):
        for first, second in ((granny, mum), (mum, granny)):
            call = new_call()
            await granny.call(home.mum.person or "", call)
            await mum.event("ringing", call=call)
            await mum.ok("answer", call=call)
            await connected(granny, mum, call)
            assert (await first.ok("hang_up", call=call))["reason"] == "hung_up"
            assert [await one.ended(call) for one in (first, second)] == ["hung_up", "hung_up"]
            await first.ok("hang_up", call=call)
            await second.ok("ping")
            assert not first.had("ended")
            assert not second.had("ended")


async def test_decline_on_a_shared_endpoint_is_its_own_on_a_personal_one_everybodys(home: Home) -> None:
    async with home.online(home.granny, home.mum, home.kitchen, home.hall) as (granny, mum, kitchen, hall):
        call = new_call()
        await granny.call(home.mum.person or "", call)
        for one in (mum, kitchen, hall):
            await one.event("ringing", call=call)
        await kitchen.ok("decline", call=call)
        assert await kitchen.ended(call) == "declined"
        assert (await hall.ok("alerting", call=call))["call"]["phase"] == "ringing"
        assert not hall.had("ended")
        await mum.ok("decline", call=call)
        assert [await one.ended(call) for one in (mum, hall, granny)] == ["declined"] * 3


async def test_busy_everywhere_is_busy(home: Home) -> None:
    async with home.online(home.granny, home.mum, home.kitchen) as (granny, mum, kitchen):
        call = new_call()
        await granny.call(home.mum.person or "", call)
        await mum.event("ringing", call=call)
        await kitchen.event("ringing", call=call)
        await mum.ok("busy", call=call)
        assert (await mum.ended(call), granny.had("ended")) == ("busy", [])
        await kitchen.ok("decline", call=call)
        assert await granny.ended(call) == "busy"


async def test_cancel_against_answer_whichever_is_first(home: Home) -> None:
    outcomes = set()
    async with home.online(home.granny, home.mum) as (granny, mum):
        for turn in range(20):
            call = new_call()
            await granny.call(home.mum.person or "", call)
            await mum.event("ringing", call=call)
            asks = [granny.ok("cancel", call=call), mum.ok("answer", call=call)]
            await asyncio.gather(*(asks if turn % 2 else reversed(asks)))
            reasons = {await granny.ended(call), await mum.ended(call)}
            assert len(reasons) == 1, "both are told the same end"
            outcomes |= reasons
    assert outcomes <= {"cancelled", "hung_up"}


async def test_both_call_each_other_and_one_call_is_left(home: Home) -> None:
    async with home.online(home.granny, home.mum) as (granny, mum):
        for _ in range(10):
            hers, mine = new_call(), new_call()
            replies = await asyncio.gather(
                granny.call(home.mum.person or "", hers), mum.call(home.granny.person or "", mine)
            )
            survivors = {reply["call"]["id"] for reply in replies}
            assert len(survivors) == 1
            (call,) = survivors
            assert call in (hers, mine)
            phases = []
            for one in (granny, mum):
                changed = await one.event("call_changed", call=call)
                phases.append(changed["call"]["phase"])
            assert phases == ["answering", "answering"]
            await granny.ok("hang_up", call=call)
            assert [await one.ended(call) for one in (granny, mum)] == ["hung_up", "hung_up"]
            await granny.ok("ping")
            await mum.ok("ping")
            assert not [m for one in (granny, mum) for m in one.had("ended")]
            granny.events.clear()
            mum.events.clear()


async def test_an_invite_is_idempotent_by_call_id(home: Home) -> None:
    async with home.online(home.granny, home.mum, home.dad) as (granny, mum, dad):
        call, to = new_call(), home.mum.person or ""
        first = await granny.call(to, call)
        await mum.event("ringing", call=call)
        again = await granny.call(to, call)
        assert first["call"] == again["call"]
        await mum.ok("ping")
        assert not mum.had("ringing"), "one call rings once"

        other_target = await granny.ask("call", call=call, to=home.dad.person)
        assert (other_target["code"], other_target["path"]) == ("call_id_taken", "call")
        other_caller = await dad.ask("call", call=call, to=to)
        assert other_caller["code"] == "call_id_taken"

        await granny.ok("cancel", call=call)
        over = await granny.call(to, call)
        assert (over["t"], over["reason"]) == ("call_ended", "cancelled")
        assert (await dad.ask("call", call=call, to=to))["code"] == "call_id_taken"


async def test_an_endpoint_that_connects_while_it_rings_rings_too(home: Home) -> None:
    async with home.online(home.granny, home.mum) as (granny, mum):
        call = new_call()
        await granny.call(home.mum.person or "", call)
        await mum.event("ringing", call=call)
        async with home.online(home.kitchen) as (kitchen,):
            assert shown(kitchen, call)["phase"] == "ringing"
            await kitchen.ok("answer", call=call)
            assert await mum.ended(call) == "answered_elsewhere"


async def test_a_device_called_directly_rings_when_it_connects(home: Home) -> None:
    async with home.online(home.mum) as (mum,):
        call = new_call()
        await mum.call(home.kitchen.endpoint, call)
        async with home.online(home.kitchen) as (kitchen,):
            view = shown(kitchen, call)
            assert (view["phase"], view["peer_name"]) == ("ringing", "Phone")


async def test_only_one_device_rings_if_one_device_is_called(home: Home) -> None:
    async with home.online(home.mum, home.kitchen, home.hall) as (mum, kitchen, hall):
        call = new_call()
        placed = await mum.call(home.kitchen.endpoint, call)
        assert placed["call"]["peer_name"] == "Kitchen"
        await kitchen.event("ringing", call=call)
        await hall.ok("ping")
        assert not hall.had("ringing")
        await kitchen.ok("decline", call=call)
        assert await mum.ended(call) == "declined"


async def test_a_missed_call_waits_for_who_was_off(home: Home) -> None:
    async with home.online(home.granny) as (granny,):
        call = new_call()
        await granny.call(home.mum.person or "", call, video=True)
        await granny.ok("cancel", call=call)
        assert await granny.ended(call) == "cancelled"
    async with home.online(home.mum) as (mum,):
        missed = {one["call"]: one for one in mum.snapshot["missed"]}
        assert (missed[call]["name"], missed[call]["video"]) == ("Granny", True)
        await mum.ok("dismiss_missed")
        assert (await mum.event("missed_calls", missed=[]))["missed"] == []
    async with home.online(home.mum) as (mum,):
        assert mum.snapshot["missed"] == []


async def test_a_call_to_an_own_device_is_not_missed_by_oneself(home: Home) -> None:
    async with home.online(home.dad) as (dad,):
        call = new_call()
        await dad.call(home.tablet.endpoint, call)
        await dad.ok("cancel", call=call)
        assert await dad.ended(call) == "cancelled"
        await dad.ok("ping")
        assert not dad.had("missed_calls")
    async with home.online(home.dad) as (dad,):
        assert dad.snapshot["missed"] == []


# -- signals and media ----------------------------------------------------------------------------------


async def test_signals_go_to_the_other_end_and_nowhere_else(home: Home) -> None:
    async with home.online(home.granny, home.mum, home.kitchen) as (granny, mum, kitchen):
        call = new_call()
        await granny.call(home.mum.person or "", call)
        early = await granny.ask("signal", call=call, epoch=0, body=b"too early")
        assert (early["code"], early["path"]) == ("not_answered", "call")
        await mum.event("ringing", call=call)
        await mum.ok("answer", call=call)
        for number in range(30):
            await granny.say("signal", call=call, epoch=0, body=b"%d" % number)
        bodies = [(await mum.event("signalled", call=call))["body"] for _ in range(30)]
        assert bodies == [b"%d" % number for number in range(30)], "in order"
        await mum.say("signal", call=call, epoch=0, body=b"\x00\xff" * 16_000)
        back = await granny.event("signalled", call=call)
        assert (back["sender"], len(back["body"])) == (mum.id, 32_000)

        lost = await kitchen.ask("signal", call=call, epoch=0, body=b"x")
        assert lost["code"] == "call_over"
        future = await granny.ask("signal", call=call, epoch=1, body=b"x")
        assert future["t"] == "problem"
        await kitchen.ok("ping")
        assert not kitchen.had("signalled")


async def test_msgpack_and_json_endpoints_understand_each_other(home: Home) -> None:
    async with home.online(home.granny, text=True) as (granny,), home.online(home.mum) as (mum,):
        call = new_call()
        await granny.call(home.mum.person or "", call)
        await mum.event("ringing", call=call)
        await mum.ok("answer", call=call)
        keys = (await granny.event("call_changed", call=call))["call"]["endpoint"]["keys"]
        assert keys["identity"] == home.mum.keys.public.identity
        await granny.say("signal", call=call, epoch=0, body=b"\x00\x01\xfe\xff")
        assert (await mum.event("signalled", call=call))["body"] == b"\x00\x01\xfe\xff"
        await mum.say("signal", call=call, epoch=0, body=b"\xff\x00")
        assert (await granny.event("signalled", call=call))["body"] == b"\xff\x00"


@pytest.mark.row("R47")
async def test_an_audio_only_endpoint_is_never_offered_video(home: Home) -> None:
    async with home.online(home.mum, home.kitchen, home.hall) as (mum, kitchen, hall):
        for device, sees in ((kitchen, False), (hall, True)):
            call = new_call()
            await mum.call(device.id, call, video=True)
            await device.event("ringing", call=call)
            reply = await device.ok("answer", call=call, video=True)
            told = await mum.event("call_changed", call=call)
            for view in (reply["call"], told["call"]):
                assert view["media"]["send_audio"] and view["media"]["receive_audio"]
                assert view["media"]["send_video"] == view["media"]["receive_video"] == sees
            await mum.ok("hang_up", call=call)
            assert await mum.ended(call) == "hung_up"


async def test_a_shutter_closed_before_the_call_means_no_video_is_offered(home: Home) -> None:
    async with home.online(home.mum, home.hall) as (mum, hall):
        shut = {"camera": True, "screen": True, "shutter_closed": True}
        await hall.ok("describe", capabilities=shut)
        call = new_call()
        await mum.call(hall.id, call, video=True)
        await hall.event("ringing", call=call)
        media = (await hall.ok("answer", call=call))["call"]["media"]
        assert (media["send_video"], media["receive_video"]) == (False, True)
        await hall.ok("describe", capabilities={"camera": True, "screen": True})


async def test_what_leaves_an_endpoint_is_shown_at_the_other_end(home: Home) -> None:
    async with home.online(home.granny, home.mum) as (granny, mum):
        call = new_call()
        await granny.call(home.mum.person or "", call)
        await mum.event("ringing", call=call)
        await mum.ok("answer", call=call)
        await mum.ok("indicate", call=call, audio=False, video=False, hardware_muted=True)
        shown = await granny.event("peer_indicated", call=call)
        assert (shown["audio"], shown["video"], shown["hardware_muted"]) == (False, False, True)


async def test_media_lost_opens_the_next_epoch_for_both(home: Home) -> None:
    async with home.online(home.granny, home.mum) as (granny, mum):
        call = new_call()
        await granny.call(home.mum.person or "", call)
        await mum.event("ringing", call=call)
        await mum.ok("answer", call=call)
        await connected(granny, mum, call)
        await asyncio.gather(
            mum.ok("media_lost", call=call, epoch=0), granny.ok("media_lost", call=call, epoch=0)
        )
        for one in (granny, mum):
            await one.event("call_changed", call=call, phase="recovering", epoch=1)
        await granny.say("signal", call=call, epoch=1, body=b"offer")
        assert (await mum.event("signalled", call=call))["epoch"] == 1
        await granny.media_up(call, 1)
        await mum.media_up(call, 1)
        for one in (granny, mum):
            await one.event("call_changed", call=call, phase="active", epoch=1)


async def test_a_call_moves_to_another_own_endpoint(home: Home) -> None:
    async with home.online(home.mum, home.dad, home.tablet) as (mum, dad, tablet):
        call = new_call()
        await mum.call(home.dad.person or "", call)
        await dad.event("ringing", call=call)
        await dad.ok("answer", call=call)
        await connected(mum, dad, call)
        assert await tablet.ended(call) == "answered_elsewhere"

        foreign = await mum.ask("move", call=new_call())
        assert (foreign["code"], foreign["path"]) == ("unknown_call", "call")
        moved = await tablet.ok("move", call=call)
        assert (moved["call"]["epoch"], moved["call"]["endpoint"]["id"]) == (1, mum.id)
        told = (await mum.event("call_changed", call=call, epoch=1))["call"]
        assert told["endpoint"]["id"] == tablet.id
        await mum.media_up(call, 1)
        await tablet.media_up(call, 1)
        assert await dad.ended(call) == "moved"
        await dad.ok("ping")
        await mum.ok("hang_up", call=call)
        assert [await one.ended(call) for one in (mum, tablet)] == ["hung_up", "hung_up"]
        assert not dad.had("ended")
