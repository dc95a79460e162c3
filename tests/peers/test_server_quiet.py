"""Do Not Disturb on a running server: what rings and what does not, who notices, and what is found afterwards."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from kith.core.ids import new_call
from kith.core.trust.grants import Schedule
from kith.core.trust.grants_write import quieted
from tests.support.family import Family, family
from tests.support.granting import READY, having, ready, receipt
from tests.support.server import GENEROUS
from tests.support.wire import Endpoint

pytestmark = pytest.mark.asyncio(loop_scope="module")

RINGING = 4.0
"""Seconds that a call rings in these tests, most of which the caller gives up before."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Family]:
    async with family(tmp_path_factory.mktemp("quiet"), f"--ring-timeout={RINGING}") as made:
        yield made


async def quiet(*endpoints: Endpoint, on: bool = True) -> None:
    await ready(*endpoints, quiet=on)


async def placed(caller: Endpoint, callee: str | None) -> str:
    """A call that rings, as far as the caller can tell."""
    call = new_call()
    reply = await caller.call(callee or "", call)
    assert reply["call"]["phase"] == "ringing"
    return call


async def rings(call: str, *endpoints: Endpoint) -> None:
    await asyncio.gather(*(one.event("ringing", call=call) for one in endpoints))


async def given_up(caller: Endpoint, call: str, *silent: Endpoint) -> None:
    """The caller heard it ring until now, and these heard nothing."""
    for one in silent:
        await one.ok("ping")
        assert [event for event in one.had("ringing") if event["call"]["id"] == call] == []
    assert caller.had("ended") == caller.had("call_changed") == []
    await caller.ok("cancel", call=call)
    assert await caller.ended(call) == "cancelled"
    await _silent(call, *silent)


async def _silent(call: str, *endpoints: Endpoint) -> None:
    """Once the call is over: these have not heard of it."""
    for one in endpoints:
        await one.ok("ping")
        assert [event for event in one.had("ringing") if event["call"]["id"] == call] == []
        assert [event for event in one.had("ended") if event["call"] == call] == []


async def logged(app: Endpoint, call: str) -> tuple[str, str]:
    """What became of the call, and why, as whoever was called reads it. Nobody is told that it is there by now: it is
    asked for until it is."""
    async with asyncio.timeout(GENEROUS):
        while True:
            for line in (await app.ok("list_log", limit=20))["lines"]:
                payload = json.loads(line["payload"])
                if payload.get("call") == call:
                    return str(payload["outcome"]), str(payload["reason"])
            await asyncio.sleep(0.1)  # as often as one may ask


@pytest.mark.row("R61")
@pytest.mark.row("R63")
@pytest.mark.row("R66")
async def test_one_device_or_all_are_silent_and_what_was_silenced_is_found(home: Family) -> None:
    everybody = (home.mum, home.kitchen, home.hall, home.granny)
    async with home.online(*everybody) as (mum, kitchen, hall, granny):
        await quiet(mum)
        call = await placed(granny, home.mum.person)
        await rings(call, kitchen, hall)
        await given_up(granny, call, mum)
        (missed,) = (await mum.event("missed_calls"))["missed"]
        assert (missed["call"], missed["silenced"]) == (call, False), "it rang in the kitchen"

        await quiet(kitchen, hall)
        call = await placed(granny, home.mum.person)
        assert await granny.ended(call) == "no_answer"
        await _silent(call, mum, kitchen, hall)
        missed = (await mum.event("missed_calls"))["missed"][0]
        assert (missed["call"], missed["silenced"], missed["name"]) == (call, True, "Granny")
        assert await logged(mum, call) == ("silenced", "quiet")
        assert not granny.had("log_changed")

        await quiet(mum, kitchen, on=False)
        call = await placed(granny, home.mum.person)
        await rings(call, mum, kitchen)
        await mum.ok("answer", call=call)
        await asyncio.gather(mum.media_up(call), granny.media_up(call))
        await granny.ok("hang_up", call=call)
        await _silent(call, hall)
        await mum.ok("dismiss_missed")
        await quiet(hall, on=False)


@pytest.mark.row("R61")
async def test_what_rings_falls_silent_and_rings_again(home: Family) -> None:
    """Switched while it rings. The caller does not notice, and may still be answered."""
    async with home.online(home.mum, home.kitchen, home.granny) as (mum, kitchen, granny):
        call = await placed(granny, home.mum.person)
        await rings(call, mum, kitchen)
        await quiet(mum)
        assert await mum.ended(call) == "no_answer"
        assert (await mum.ok("answer", call=call))["t"] == "call_ended", "answered while not to be disturbed"
        await quiet(kitchen)
        assert await kitchen.ended(call) == "no_answer"
        assert granny.had("ended") == granny.had("call_changed") == []
        await quiet(kitchen, on=False)
        await rings(call, kitchen)
        await kitchen.ok("answer", call=call)
        await asyncio.gather(kitchen.media_up(call), granny.media_up(call))
        await granny.ok("hang_up", call=call)
        assert await kitchen.ended(call) == "hung_up"
        await _silent(call, mum)


@pytest.mark.row("R61")
async def test_a_device_that_comes_while_it_rings_says_first_that_it_is_quiet(home: Family) -> None:
    async with home.online(home.kitchen, home.granny) as (kitchen, granny):
        call = await placed(granny, home.mum.person)
        await rings(call, kitchen)
        phone = Endpoint(home.server, home.mum)
        await super(Endpoint, phone).open()
        await phone.sign_in(standing={**READY, "quiet": True})
        tablet = await Endpoint(home.server, home.hall).open()
        assert [one["id"] for one in tablet.snapshot["calls"]] == [call]
        assert phone.snapshot["calls"] == []
        await given_up(granny, call, phone)
        await asyncio.gather(phone.close(), tablet.close())


@pytest.mark.row("R62")
async def test_what_was_signed_counts_until_the_device_has_heard_and_said_otherwise(home: Family) -> None:
    everybody = (home.mum, home.kitchen, home.hall, home.granny)
    async with home.online(*everybody) as (mum, kitchen, hall, granny):
        grants = await home.mum_signs.set(mum, lambda made: quieted(made, on=True))
        call = await placed(granny, home.mum.person)
        await given_up(granny, call, mum, kitchen, hall)
        assert await logged(mum, call) == ("silenced", "quiet")

        await quiet(
            kitchen, on=True
        )  # says so itself, and then not: but of what it has not heard it cannot speak
        await quiet(kitchen, on=False)
        call = await placed(granny, home.mum.person)
        await given_up(granny, call, kitchen)

        await kitchen.ok("heard_grants", receipts=[receipt(grants, home.kitchen.keys)])
        call = await placed(granny, home.mum.person)
        await rings(call, kitchen)
        await given_up(granny, call, mum, hall)
        await kitchen.ended(call)

        await home.mum_signs.set(mum, lambda made: quieted(made, home.mum.keys.public.identity, on=False))
        call = await placed(granny, home.mum.person)
        await rings(call, mum, kitchen)
        await home.mum_signs.set(mum, lambda made: quieted(made, on=True))
        assert await mum.ended(call) == await kitchen.ended(call) == "no_answer"
        await given_up(granny, call)
        await home.mum_signs.set(mum, having(quiet=()))
        await mum.ok("dismiss_missed")


@pytest.mark.row("R62")
async def test_a_schedule_is_by_the_clock_where_its_person_lives(home: Family) -> None:
    """The hour is the same for everybody; the clock on the wall is not."""
    async with home.online(home.mum, home.granny) as (mum, granny):
        for zone, lasts in (("Asia/Kathmandu", True), ("America/Lima", False)):
            await home.mum_signs.set(mum, having(schedules=(around("Asia/Kathmandu"),), zone=zone))
            await mum.cut()
            await mum.back(resume=None)  # it has said nothing of itself
            call = await placed(granny, home.mum.person)
            if not lasts:
                await rings(call, mum)
            await given_up(granny, call, *([mum] if lasts else []))
        await home.mum_signs.set(mum, having(schedules=(), zone="UTC"))


def around(zone: str) -> Schedule:
    """Some minutes around this moment, on every day, by the clock there."""
    there = datetime.fromtimestamp(time.time(), UTC).astimezone(ZoneInfo(zone))
    minute = there.hour * 60 + there.minute
    return Schedule(devices=(), days=0b1111111, begin=(minute - 20) % 1440, end=(minute + 20) % 1440 or 1440)


async def test_others_of_the_household_see_that_a_device_is_quiet_and_nobody_else_does(home: Family) -> None:
    async with home.online(home.mum, home.kitchen, home.granny) as (mum, kitchen, granny):
        await granny.ok("ping")
        heard = granny.seq
        await quiet(kitchen)
        told: dict[str, Any] = await mum.event(
            "endpoint_changed", endpoint=_shown(mum, home.kitchen.endpoint)
        )
        assert told["endpoint"]["quiet"] is True
        await granny.ok("ping")
        assert granny.seq == heard
        await quiet(kitchen, on=False)


def _shown(viewer: Endpoint, endpoint: str) -> dict[str, Any]:
    last: dict[str, Any] = [
        event["endpoint"] for event in viewer.had("endpoint_changed") if event["endpoint"]["id"] == endpoint
    ][-1]
    return last
