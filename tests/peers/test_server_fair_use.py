"""What nobody may do on a running server: call without end, talk without end, or speak as somebody else."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from kith.core.ids import new_call
from kith.core.keys import KeyPair
from tests.support.home import Home, living_at_home
from tests.support.server import GENEROUS, Joined, as_json, running_server
from tests.support.stored import rows
from tests.support.wire import Closed, Endpoint

pytestmark = pytest.mark.asyncio(loop_scope="module")

CALLS = 6
LONGEST = 1.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Home]:
    directory = tmp_path_factory.mktemp("fair")
    bounds = (f"--calls-an-hour={CALLS}", f"--longest-call={LONGEST}")
    async with living_at_home(directory, *bounds) as home:
        yield home


async def cancelled(caller: Endpoint, to: str | None) -> str:
    """Call and give up at once; returns what came of it."""
    call = new_call()
    reply = await caller.ask("call", call=call, to=to)
    if reply["t"] == "problem":
        return str(reply["code"])
    await caller.ok("cancel", call=call)
    return str((await caller.event("ended", call=call))["reason"])


@pytest.mark.row("R138")
@pytest.mark.row("R139")
async def test_a_person_places_so_many_calls_from_all_endpoints_together(home: Home) -> None:
    async with home.online(home.dad, home.tablet, home.mum, home.kitchen) as (dad, tablet, mum, kitchen):
        for number in range(CALLS):
            assert await cancelled((dad, tablet)[number % 2], home.mum.person) == "cancelled"
        for endpoint in (dad, tablet):
            refused = await endpoint.ask("call", call=new_call(), to=home.mum.person)
            assert refused["code"] == "quota_exceeded"
            assert 3_500 < refused["data"]["retry_after"] <= 3_600
        acting = await kitchen.ask("call", call=new_call(), to=home.mum.person, **{"as": home.dad.person})
        assert acting["code"] == "quota_exceeded", "nor through a shared device"
        await mum.ok("block", person=home.dad.person)
        assert await cancelled(dad, home.mum.person) == "quota_exceeded", "a block changes nothing of that"
        await mum.ok("unblock", block=(await mum.ok("list_blocks"))["blocks"][0]["id"])
        call = new_call()
        await mum.ok("call", call=call, to=home.dad.person)
        await dad.event("ringing", call=call)
        assert (await dad.ok("answer", call=call))["t"] == "call_state", "who may not call is called as ever"
        await dad.ok("hang_up", call=call)
    found = rows(home.server, "SELECT kind, person, details FROM incident")
    assert [(kind, person) for kind, person, _ in found] == [("call_quota", home.dad.person)]
    assert 3_500 < json.loads(found[0][2])["retry_after"] <= 3_600


@pytest.mark.row("R139")
async def test_a_call_lasts_so_long_and_both_know_when_it_ends(home: Home) -> None:
    async with home.online(home.mum, home.granny) as (mum, granny):
        call = new_call()
        await granny.ok("call", call=call, to=home.mum.person)
        ringing = (await mum.event("ringing", call=call))["call"]
        assert ringing["ends"] is None
        answered = (await mum.ok("answer", call=call))["call"]
        assert answered["ends"] == pytest.approx(answered["answered"] + LONGEST)
        begun = time.monotonic()
        await asyncio.gather(mum.media_up(call), granny.media_up(call))
        assert (await granny.event("call_changed", call=call, phase="active"))["call"]["ends"] == answered[
            "ends"
        ]
        assert await mum.ended(call) == await granny.ended(call) == "time_limit"
        assert time.monotonic() - begun > LONGEST / 2
        assert (await mum.ok("hang_up", call=call))["reason"] == "time_limit"


@pytest.mark.row("R139")
async def test_a_call_tells_nothing_about_who_is_registered(home: Home) -> None:
    """Somebody who is not there, a registered stranger, and one who never verified a number: the same answer."""
    token = await home.server.token(home.dad)
    _, invited = await home.server.post("invite", token=token, household=False)
    unverified, _ = await home.server.sign_up("Nobody yet", secret=invited["secret"])
    people = ("p_" + "0" * 20, home.dad.person, unverified.person)
    devices = ("e_" + "0" * 20, home.kitchen.endpoint, home.dad.endpoint)
    async with home.online(home.granny) as (granny,):
        for code, targets in (("unknown_person", people), ("unknown_endpoint", devices)):
            answers = [await granny.ask("call", call=new_call(), to=to) for to in targets]
            shapes = [{key: value for key, value in one.items() if key != "re"} for one in answers]
            assert shapes[0]["code"] == code
            assert shapes == [shapes[0]] * 3


# -- speaking as somebody else ------------------------------------------------------------------------


@pytest.mark.row("R137")
async def test_nobody_acts_as_a_person_who_is_not_theirs(home: Home) -> None:
    """`as`: of a housemate on a personal endpoint, of another household on a shared one, of nobody at all."""
    async with home.online(home.mum, home.kitchen, home.granny) as (mum, kitchen, granny):
        for endpoint, person in (
            (mum, home.dad.person),
            (mum, home.granny.person),
            (kitchen, home.granny.person),
            (kitchen, "p_" + "0" * 20),
            (granny, home.mum.person),
        ):
            for command, fields in (
                ("call", {"call": new_call(), "to": home.mum.person}),
                ("block", {"person": home.mum.person}),
                ("rename", {"name": "Mum"}),
                ("list_directory", {}),
            ):
                refused = await endpoint.ask(command, **fields, **{"as": person})
                assert (refused["code"], refused["path"]) in (("not_permitted", "as"), ("not_permitted", ""))
        assert not mum.had("ringing")


@pytest.mark.row("R137")
async def test_a_callers_name_is_the_one_that_is_registered(home: Home) -> None:
    """Whatever else a message says of who it is from."""
    lies = {
        "name": "Your bank",
        "peer_name": "Your bank",
        "caller": home.dad.endpoint,
        "caller_person": home.dad.person,
        "person": home.dad.person,
        "from": home.dad.person,
        "own_person": home.dad.person,
        "endpoint": home.dad.endpoint,
    }
    async with home.online(home.mum, home.granny, home.hall) as (mum, granny, hall):
        for caller, callee, name, fields in (
            (granny, mum, home.granny, {}),
            (hall, granny, home.mum, {"as": home.mum.person}),
        ):
            call = new_call()
            await caller.ok("call", call=call, to=callee.joined.person, **lies, **fields)
            ringing = (await callee.event("ringing", call=call))["call"]
            assert (ringing["peer_name"], ringing["peer_person"]) == (name.name, name.person)
            await caller.ok("cancel", call=call)


@pytest.mark.row("R137")
async def test_nobody_signs_in_or_speaks_in_a_call_as_another_endpoint(home: Home) -> None:
    thief = Joined("Thief", KeyPair.generate(), home.mum.endpoint, home.mum.person, home.mum.household)
    impostor = Endpoint(home.server, thief)
    with pytest.raises(Closed) as refused:
        await impostor.open()
    assert refused.value.args[0]["code"] == "bad_signature"
    await impostor.close()
    async with home.online(home.mum, home.dad, home.granny) as (mum, dad, granny):
        call = new_call()
        await mum.ok("call", call=call, to=home.granny.person)
        await granny.event("ringing", call=call)
        for command, fields in (
            ("answer", {}),
            ("cancel", {}),
            ("signal", {"epoch": 0, "body": b"I am Mum"}),
            ("indicate", {"audio": True, "video": True}),
            ("move", {}),
        ):
            problem = await dad.ask(command, call=call, **fields)
            assert problem["code"] == "unknown_call", command
        await mum.ok("cancel", call=call)


@pytest.mark.row("R137")
@pytest.mark.row("R138")
async def test_a_machine_needs_a_server_for_machines(home: Home) -> None:
    """A load generator's principal is marked, and this server admits none."""
    status, refused = await home.server.post(
        "enrol_test",
        household="Robots",
        person="Robot",
        keys=as_json(KeyPair.generate().public),
        device_name="Dialler",
        knows=[home.mum.person],
    )
    assert (status, refused["code"]) == (403, "not_test_server")
    assert rows(home.server, "SELECT id FROM endpoint WHERE test") == []


@pytest.mark.row("R137")
async def test_sign_ups_from_one_address_are_throttled(tmp_path_factory: pytest.TempPathFactory) -> None:
    """On a server that is open to all, too: whoever makes accounts is stopped, and the operator finds out."""
    directory = tmp_path_factory.mktemp("open")
    async with running_server(directory, "--no-tls", "--open-sign-up") as server:

        async def sign_up(number: int) -> dict[str, Any]:
            _, reply = await server.post(
                "sign_up",
                name=f"Account {number}",
                mobile=f"+1202555{number:04d}",
                device_name="Farm",
                keys=as_json(KeyPair.generate().public),
                guidelines=1,
            )
            return reply

        replies = [await sign_up(number) for number in range(40)]
        made = [reply for reply in replies if reply["t"] == "signed_up"]
        assert replies[: len(made)] == made and 10 < len(made) < 40
        assert {reply["code"] for reply in replies[len(made) :]} == {"rate_limited"}
        assert len(rows(server, "SELECT id FROM person")) == len(made)
        async with asyncio.timeout(GENEROUS):
            while not (found := rows(server, "SELECT kind, person FROM incident")):
                await server.post("challenge")  # whatever was begun before this is finished soon
        assert found == [("sign_ups", None)]
