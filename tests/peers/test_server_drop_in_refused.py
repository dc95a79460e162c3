"""Whatever keeps somebody from dropping in: what they are told, and when, is one and the same. The reason is for those
on whom it was.

The times are compared by ranks (tests.support.ranks), all ways by turns, so that what slows the machine slows all.
"""

import asyncio
import base64
import itertools
import json
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from kith.core.ids import new_call
from kith.core.trust.grants import DropInTerm, Grants, HomeTerm, Hours, Mode
from kith.core.trust.grants_write import at_device, quieted
from tests.support.family import Family, enrol, family
from tests.support.granting import Edit, Signer, having, ready, to
from tests.support.home import living_at_home
from tests.support.ranks import distance
from tests.support.server import Joined, RunningServer
from tests.support.signing import begin
from tests.support.wire import Endpoint, Message

pytestmark = pytest.mark.asyncio(loop_scope="module")

CALLERS = 6
ROUNDS = 6
"""Of one caller: together with what else it says less than one endpoint may at once."""
NEVER = (Hours(days=1 << (time.gmtime().tm_wday + 3) % 7, begin=0, end=1),)


@dataclass(frozen=True)
class Way:
    """Why somebody is refused: what they who refuse have signed, and what their phone says of itself."""

    reason: str
    granted: bool = True
    terms: Mapping[str, Any] = field(default_factory=dict)
    edit: Callable[..., Grants] = lambda grants, own: grants
    standing: Mapping[str, Any] = field(default_factory=dict)


WAYS = (
    Way("not_given", granted=False),
    Way("out_of_hours", terms={"hours": NEVER}),
    Way("quiet", edit=lambda grants, own: quieted(grants, on=True)),
    Way("device_off", edit=lambda grants, own: at_device(grants, own, DropInTerm.OFF)),
    Way("closed", edit=lambda grants, own: msgspec.structs.replace(grants, closed=True)),
    Way("microphone_off", standing={"microphone_off": True}),
    Way("not_ready", standing={"ready": False}),
    Way("unreachable"),
    Way("blocked"),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Family]:
    async with family(tmp_path_factory.mktemp("refused")) as made:
        yield made


async def tried(caller: Endpoint, target: str | None) -> tuple[Message, str, float]:
    """What the caller hears, the call's id and after how many seconds the answer came."""
    call, begun = new_call(), time.perf_counter()
    reply = await caller.ask("drop_in", call=call, to=target)
    return {key: value for key, value in reply.items() if key != "re"}, call, time.perf_counter() - begun


async def reason_in_log(server: RunningServer, app: Joined, call: str) -> str:
    """The true reason, as whoever was to be dropped in on reads it. Nobody is woken by it, so one has to ask."""
    token = await server.token(app)
    while True:
        _, page = await server.post("list_log", token=token)
        for line in page.get("lines", ()):  # else it was asked too often
            payload: dict[str, Any] = json.loads(base64.b64decode(line["payload"]))
            if payload.get("call") == call:
                assert (payload["what"], payload["outcome"]) == ("drop_in", "refused")
                assert (payload["name"], payload["device"]) == ("Caller 0", "Phone")
                return str(payload["reason"])


async def _kept_out(
    server: RunningServer, callers: Sequence[Joined], stack: AsyncExitStack
) -> dict[str, Joined]:
    """For each reason somebody who lives alone and by whom these callers are refused for it. Their names are of one
    length."""
    people: dict[str, Joined] = {}
    roots = [(await begin(server, caller)).root for caller in callers]
    for way in WAYS:
        name = way.reason[:6].ljust(6, "x")
        one = people[way.reason] = await enrol(server, f"home of {way.reason}", name, "Phone")
        await begin(server, one)
        phone = await stack.enter_async_context(Endpoint(server, one))
        edits: list[Edit] = [to(root, **way.terms) for root in roots if way.granted]
        edits.append(partial(way.edit, own=one.keys.public.identity))
        await Signer(server, one).set(phone, *edits)
        await ready(phone, **way.standing)
        for caller in callers if way.reason == "blocked" else ():
            await phone.ok("block", person=caller.person)
        if way.reason == "unreachable":
            await phone.ok("leave", how="disconnect")
    return people


async def _try_all(
    caller: Endpoint, people: Mapping[str, Joined], heard: Mapping[str, list[float]], told: set[str]
) -> None:
    chance = random.Random(caller.id)  # in another order each time: nothing else may tell them apart
    for _ in range(ROUNDS):
        for reason in chance.sample(sorted(people), len(people)):
            reply, _, seconds = await tried(caller, people[reason].endpoint)
            heard[reason].append(seconds)
            told.add(json.dumps(reply, sort_keys=True))


@pytest.mark.alone
@pytest.mark.row("S4")
async def test_nobody_can_tell_why_they_are_refused_but_those_who_refuse(home: Family) -> None:
    server = home.server
    heard: dict[str, list[float]] = {way.reason: [] for way in WAYS}
    told: set[str] = set()
    async with AsyncExitStack() as stack:
        enrolled = [await enrol(server, f"caller {n}", f"Caller {n}", "Phone") for n in range(CALLERS)]
        people = await _kept_out(server, enrolled, stack)
        callers = [await stack.enter_async_context(Endpoint(server, one)) for one in enrolled]
        await asyncio.gather(*(_try_all(caller, people, heard, told) for caller in callers))
        calls = {reason: (await tried(callers[0], one.endpoint))[1] for reason, one in people.items()}
        for reason, one in people.items():
            assert await reason_in_log(server, one, calls[reason]) == reason
    (only,) = told
    assert json.loads(only)["code"] == "not_permitted"
    for this, that in itertools.combinations(heard, 2):
        apart = distance(heard[this], heard[that])
        assert abs(apart) < 4.0, f"{this} and {that} differ by {apart:.1f} standard deviations"


async def test_who_tries_again_and_again_is_told_to_wait(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whoever it is on, and whether there is anybody; and nobody's log is filled with it."""
    async with (
        living_at_home(tmp_path_factory.mktemp("again")) as ordinary,
        ordinary.online(ordinary.granny) as (granny,),
    ):
        for target in (ordinary.mum.person, "p_" + "0" * 20):
            for _ in range(10):
                assert (await tried(granny, target))[0]["code"] == "not_permitted"
            for _ in range(3):
                reply, _, _ = await tried(granny, target)
                assert reply["code"] == "quota_exceeded"
                assert 0 < reply["data"]["retry_after"] <= 600
        token = await ordinary.server.token(ordinary.mum)
        lines: list[dict[str, Any]] = []
        while len(lines) < 11:
            lines = (await ordinary.server.post("list_log", token=token))[1].get("lines", [])
        reasons = [json.loads(base64.b64decode(line["payload"]))["reason"] for line in lines]
        assert reasons == ["not_given"] * 11


async def test_rosters_are_shown_to_who_has_to_check_them(home: Family) -> None:
    """Not for having named somebody: only while they are there, or want to be."""
    async with home.online(home.mum, home.granny) as (mum, granny):
        root, away = await home.granny_signs.root(), await home.granny_signs.household()
        shown = {"households": [away]}
        await home.mum_signs.set(mum, to(root, household=away))
        assert (await mum.ok("show_rosters", **shown))["rosters"] == []
        call = new_call()
        await granny.ok("drop_in", call=call, to=home.mum.endpoint)
        await mum.event("ringing", call=call)
        (roster,) = (await mum.ok("show_rosters", **shown))["rosters"]
        assert {each["person"] for each in roster["identities"]} == {home.granny.person, home.gus.person}
        await granny.ok("cancel", call=call)
        assert (await mum.ok("show_rosters", **shown))["rosters"] == []
        (sets,) = (await mum.ok("show_grants"))["sets"]
        (receiver,) = sets["receivers"]
        assert (receiver["name"], receiver["root"], receiver["household"]) == ("Granny", root, away)


async def test_what_is_not_a_persons_own_is_not_shown(home: Family) -> None:
    async with home.online(home.mum, home.dad, home.kitchen) as (mum, dad, kitchen):
        await home.mum_signs.set(mum, having(home=HomeTerm.KNOCK))
        assert [one["person"] for one in (await dad.ok("show_grants"))["sets"]] == []
        (shown,) = (await kitchen.ok("show_grants"))["sets"]
        assert (shown["person"], shown["heard"], shown["receivers"]) == (home.mum.person, [], [])
        assert [view["mode"] for view in (await dad.event("granted_changed"))["granted"]] == [Mode.KNOCK]
