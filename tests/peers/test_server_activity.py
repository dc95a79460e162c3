"""Recently active, on a running server whose minute lasts half a second: who is told, what of, when, and who is not."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from kith.core.ids import new_call
from kith.core.trust.grants import DropInTerm, HomeTerm
from kith.core.trust.grants_write import at_device, quieted, revoked, shut
from tests.support.family import Family, family
from tests.support.granting import Edit, having, ready, to
from tests.support.hastened import MINUTE
from tests.support.wire import Endpoint

pytestmark = pytest.mark.asyncio(loop_scope="module")

WINDOW = 5
"""Minutes for which a touch counts."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Family]:
    async with family(tmp_path_factory.mktemp("activity"), program=("tests.support.hastened",)) as made:
        yield made


NOTHING = having(grants=(), home=HomeTerm.UNSET, devices=(), quiet=(), show_activity=True, closed=False)


def shown(endpoint: Endpoint) -> dict[str, bool]:
    """What the endpoint knows now."""
    told = [event for event in endpoint.all if event["t"] == "activity"]
    activity = told[-1]["activity"] if told else endpoint.snapshot["activity"]
    return {one["person"]: one["recent"] for one in activity}


async def becomes(endpoint: Endpoint, expected: dict[str | None, bool]) -> None:
    await endpoint.until(lambda: True if shown(endpoint) == expected else None)


async def turns(endpoint: Endpoint, count: int) -> None:
    """So many minutes pass, and one that is there."""
    await asyncio.sleep(count * MINUTE)
    await endpoint.ok("ping")


@pytest.mark.row("R83")
@pytest.mark.row("R84")
@pytest.mark.row("R85")
async def test_who_may_drop_in_is_told_yes_or_no_and_it_decays(home: Family) -> None:
    everybody = (home.mum, home.granny, home.gus, home.stranger, home.kitchen)
    async with home.online(*everybody) as (mum, granny, gus, stranger, kitchen):
        await home.mum_signs.set(mum, NOTHING, to(await home.granny_signs.root()))
        await becomes(granny, {home.mum.person: False})
        # nothing else that an endpoint does sets it
        await mum.ok("list_directory")
        await mum.ok("call", call=(call := new_call()), to=home.granny.person)
        await mum.ok("cancel", call=call)
        await mum.ok("report_standing", standing={"ready": True})
        await mum.cut()
        await mum.back()
        await turns(granny, 2)
        assert shown(granny) == {home.mum.person: False}

        await mum.ok("touch", kind="interaction")
        await becomes(granny, {home.mum.person: True})
        event = granny.had("activity")[-1]
        assert event == {
            "t": "activity",
            "seq": event["seq"],
            "activity": [{"person": home.mum.person, "recent": True}],
        }
        began = time.monotonic()
        await becomes(granny, {home.mum.person: False})
        assert time.monotonic() - began >= (WINDOW - 2) * MINUTE
        await kitchen.ok("touch", kind="motion")  # what is shared is hers, too, whatever it noticed
        await becomes(granny, {home.mum.person: True})
        late = await Endpoint(home.server, home.granny).open()
        assert shown(late) == {home.mum.person: True}
        await late.close()
        for one in (gus, stranger, kitchen, mum):
            await one.ok("ping")
            assert one.had("activity") == [], one.joined.name
            assert one.snapshot["activity"] == []


@pytest.mark.row("R83")
async def test_whoever_has_no_grant_gets_nothing_not_even_another_timing(home: Family) -> None:
    """The same is done twice, once while Mum is seen by Granny and once while nobody is there. Frames are compared one
    by one, and how long each answer takes."""
    async with home.online(home.mum, home.granny, home.gus, home.stranger) as (mum, granny, gus, stranger):
        await home.mum_signs.set(mum, NOTHING, to(await home.granny_signs.root()))
        await becomes(granny, {home.mum.person: False})
        await asyncio.gather(stranger.ok("ping"), gus.ok("ping"))
        runs: dict[bool, list[tuple[list[Any], list[float]]]] = {}
        for active in (True, False):
            touching = asyncio.create_task(_touch(mum)) if active else None
            if active:
                await becomes(granny, {home.mum.person: True})
            runs[active] = [*await asyncio.gather(_watch(stranger), _watch(gus))]
            if touching is not None:
                touching.cancel()
            await becomes(granny, {home.mum.person: False})
        for there, away in zip(runs[True], runs[False], strict=True):
            assert there[0] == away[0], "frames that tell the two apart"
            apart = abs(statistics.median(there[1]) - statistics.median(away[1]))
            assert apart < 5 * statistics.median(there[1] + away[1]), "answers that take another time"


async def _touch(endpoint: Endpoint) -> None:
    while True:
        await endpoint.ok("touch", kind="interaction")
        await asyncio.sleep(MINUTE / 5)


async def _watch(endpoint: Endpoint) -> tuple[list[Any], list[float]]:
    """Three minutes of asking: the frames without what counts them, and the times of the answers."""
    known, times = len(endpoint.all), []
    for _ in range(30):
        begun = time.perf_counter()
        await endpoint.ok("list_directory")
        times.append(time.perf_counter() - begun)
        await asyncio.sleep(MINUTE / 10)
    frames = [
        {key: value for key, value in frame.items() if key not in ("re", "seq")}
        for frame in endpoint.all[known:]
    ]
    return frames, times


@pytest.mark.row("R84")
async def test_whoever_wants_to_be_left_alone_looks_like_nobody_there(home: Family) -> None:
    """Do Not Disturb, drop in off, microphone off, the own switch: at the next minute it is "no"."""
    everybody = (home.mum, home.granny)
    phone = home.mum.keys.public.identity
    edits: tuple[Edit, ...] = (
        lambda made: quieted(made, on=True),
        lambda made: at_device(made, phone, DropInTerm.OFF),
        lambda made: at_device(made, phone, DropInTerm.HOUSEHOLD),
        having(show_activity=False),
    )
    async with home.online(*everybody) as (mum, granny):
        granted = to(await home.granny_signs.root())
        touching = asyncio.create_task(_touch(mum))
        for hide in edits:
            await home.mum_signs.set(mum, NOTHING, granted)
            await becomes(granny, {home.mum.person: True})
            await home.mum_signs.set(mum, hide)
            await becomes(granny, {home.mum.person: False})
        await home.mum_signs.set(mum, NOTHING, granted)
        for hidden in ({"quiet": True}, {"microphone_off": True}, {"drop_in": "off"}):
            await becomes(granny, {home.mum.person: True})
            await ready(mum, **hidden)
            await becomes(granny, {home.mum.person: False})
            await ready(mum)
        touching.cancel()


@pytest.mark.row("R28")
@pytest.mark.row("R29")
@pytest.mark.row("R83")
async def test_with_the_grant_it_goes_at_once_and_a_block_either_way_is_its_end(home: Family) -> None:
    async with home.online(home.mum, home.granny) as (mum, granny):
        root = await home.granny_signs.root()
        touching = asyncio.create_task(_touch(mum))
        for edit in (lambda made: revoked(made, root), shut):
            await home.mum_signs.set(mum, NOTHING, to(root))
            await becomes(granny, {home.mum.person: True})
            await home.mum_signs.set(mum, edit)
            assert shown(granny) == {}
        for blocker, blocked in ((mum, home.granny.person), (granny, home.mum.person)):
            known = home.mum_signs.known
            assert known is not None
            await home.mum_signs.set(mum, NOTHING, having(time=known.time + 2), to(root))
            await becomes(granny, {home.mum.person: True})
            block = (await blocker.ok("block", person=blocked))["block"]["id"]
            await granny.ok("ping")
            assert shown(granny) == {}
            await blocker.ok("unblock", block=block)
            await turns(granny, 2)
            if blocker is mum:
                assert shown(granny) == {}, "the old grant is revived"
        touching.cancel()


@pytest.mark.row("R83")
async def test_at_home_it_is_of_home_and_does_not_say_who(home: Family) -> None:
    everybody = (home.mum, home.dad, home.kitchen, home.hall, home.granny)
    async with home.online(*everybody) as (mum, dad, kitchen, hall, granny):
        await home.mum_signs.set(mum, NOTHING, having(home=HomeTerm.INSTANT))
        await home.dad_signs.set(dad, NOTHING, having(home=HomeTerm.INSTANT))
        await becomes(dad, {"home": False, home.mum.person: False})
        await becomes(mum, {"home": False, home.dad.person: False})
        await kitchen.ok("touch", kind="motion")
        for viewer, other in ((dad, home.mum), (mum, home.dad)):
            await becomes(viewer, {"home": True, other.person: False})
        await becomes(hall, {"home": True, home.mum.person: False, home.dad.person: False})
        assert shown(kitchen)["home"] is False, "a device is told of itself"
        assert shown(granny) == {}
        await home.mum_signs.set(mum, NOTHING)
        await home.dad_signs.set(dad, NOTHING)
