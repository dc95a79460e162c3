"""Groups on a running server: who is asked, who takes part, and which way their media goes."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.family import Family, family
from tests.support.groups import (
    changed,
    connect,
    ended,
    join,
    roster_of,
    start,
    states,
    who,
)

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
        await granny.ok("join_group", call=call)
        assert who(await changed(mum, call, phase="active")) == [mum.id, dad.id]
        all_in = await changed(mum, call)
        assert who(all_in) == [mum.id, dad.id, granny.id]
        assert [one["order"] for one in all_in["members"]] == [0, 1, 2]

        known = roster_of(mum, call, [])
        await granny.say("signal_group", call=call, to=mum.id, epoch=0, body=b"offer")
        heard = await mum.event("group_signal", call=call)
        assert (heard["endpoint"], heard["epoch"], heard["body"]) == (granny.id, 0, b"offer")
        assert dad.had("group_signal") == []
        assert known.call == call

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
        assert {await ended(one, call) for one in (dad, granny, mum)} == {"hung_up"}
        over = await mum.ok("join_group", call=call)
        assert (over["t"], over["reason"]) == ("group_over", "hung_up")
