"""Being here: guidelines that are accepted, numbers that are proved and move, names, and people who are expected."""

import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import closing
from typing import Any

import pytest
import pytest_asyncio

from kith.core.guidelines import VERSION
from kith.core.ids import new_call
from kith.core.keys import KeyPair
from kith.directory.verifying import CODES_OF_NUMBER
from tests.support.home import Home, living_at_home
from tests.support.server import RunningServer, as_json, running_server
from tests.support.wire import Endpoint

pytestmark = pytest.mark.asyncio(loop_scope="module")

CODE = r"code .*: (\d{6})$"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Home]:
    async with living_at_home(tmp_path_factory.mktemp("people"), "--trusted-proxy=127.0.0.1") as home:
        yield home


async def invited(home: Home, *, household: bool = False) -> str:
    token = await home.server.token(home.mum)
    _, reply = await home.server.post("invite", token=token, household=household)
    return str(reply["secret"])


def rows(home: Home, sql: str, *values: object) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(home.server.data / "kith.db")) as db:
        return db.execute(sql, values).fetchall()


def change(home: Home, sql: str, *values: object) -> None:
    with closing(sqlite3.connect(home.server.data / "kith.db", timeout=10)) as db, db:
        db.execute(sql, values)


def form(**changed: Any) -> dict[str, Any]:
    keys = as_json(KeyPair.generate().public)
    good = {"name": "Bo", "mobile": "+12025557123", "device_name": "P", "keys": keys, "guidelines": VERSION}
    return {**good, **changed}


# -- guidelines ---------------------------------------------------------------------------------------------


@pytest.mark.row("R136")
async def test_who_joins_accepts_the_guidelines_and_it_is_kept_which_and_when(home: Home) -> None:
    secret = await invited(home)
    refused = [form(guidelines=0), form(guidelines=VERSION + 1)]
    missing = form()
    del missing["guidelines"]
    for fields in (*refused, missing):
        status, reply = await home.server.post("sign_up", secret=secret, **fields)
        assert (status, reply["code"], reply["path"]) == (400, "guidelines_required", "guidelines")
        assert reply["data"] == {"version": VERSION}
    before = time.time()
    status, reply = await home.server.post("sign_up", secret=secret, **form())
    assert status == 200, "the invitation was not used up"
    ((version, at),) = rows(home, "SELECT version, at FROM acceptance WHERE person = ?", reply["person"])
    assert version == VERSION
    assert before - 1 <= at <= time.time() + 1


@pytest.mark.row("R136")
async def test_newer_guidelines_are_asked_for_once_and_keep_nobody_from_calling(home: Home) -> None:
    change(home, "UPDATE acceptance SET version = ? WHERE person = ?", VERSION - 1, home.dad.person)
    async with home.online(home.dad, home.tablet, home.mum) as (dad, tablet, mum):
        assert dad.snapshot["own"]["guidelines"] == VERSION
        assert mum.snapshot["own"]["guidelines"] is None
        call = new_call()
        await dad.call(home.mum.person or "", call)
        await mum.event("ringing", call=call)
        await dad.ok("cancel", call=call)
        for version in (VERSION - 1, VERSION + 1):
            assert (await dad.ask("accept_guidelines", version=version))["code"] == "guidelines_required"
        await dad.ok("accept_guidelines", version=VERSION)
        assert (await tablet.event("own_changed"))["own"]["guidelines"] is None
    kept = rows(home, "SELECT version FROM acceptance WHERE person = ? ORDER BY 1", home.dad.person)
    assert kept == [(VERSION - 1,), (VERSION,)], "what was accepted before is not forgotten"


async def test_a_shared_device_accepts_nothing_for_anybody(home: Home) -> None:
    async with home.online(home.kitchen) as (kitchen,):
        assert kitchen.snapshot["own"] is None
        for t, fields in (
            ("accept_guidelines", {"version": VERSION}),
            ("change_mobile", {"mobile": "+12025557321"}),
            ("add_profile", {"name": "Leo"}),
            ("list_profiles", {}),
            ("leave_household", {}),
            ("deregister", {}),
        ):
            assert (await kitchen.ask(t, **fields))["code"] == "not_permitted"


# -- numbers ------------------------------------------------------------------------------------------------


@pytest.mark.row("R3")
@pytest.mark.parametrize("missing", ["name", "mobile"])
async def test_name_and_mobile_are_needed(home: Home, missing: str) -> None:
    fields = form()
    del fields[missing]
    status, reply = await home.server.post("sign_up", secret=await invited(home), **fields)
    assert (status, reply["code"], reply["path"]) == (400, "invalid", missing)


@pytest.mark.row("R3")
async def test_a_number_that_is_claimed_and_not_proved_is_nobodys(home: Home) -> None:
    """Eve claims Granny's very number: nothing of Granny's comes to her, and she calls nobody by it."""
    (number,) = rows(home, "SELECT mobile FROM person WHERE id = ?", home.granny.person)[0]
    eve, _ = await home.server.sign_up("Eve", secret=await invited(home), mobile=number)
    async with home.online(home.granny, home.mum) as (granny, mum), Endpoint(home.server, eve) as phone:
        assert phone.snapshot["own"]["mobile"] is None
        assert granny.snapshot["own"]["mobile"] == number
        reply = await phone.ask("call", call=new_call(), to=home.mum.person)
        assert reply["code"] == "not_registered"
        call = new_call()
        await mum.call(home.granny.person or "", call)
        await granny.event("ringing", call=call)
        await mum.ok("cancel", call=call)
        await phone.ok("ping")
        assert not phone.had("ringing")
        await mum.ok("add_contact", name="Somebody", numbers=[{"label": "mobile", "number": number}])
        found = None
        while found is None:
            await mum.event("contacts_changed")
            (contact,) = (await mum.ok("list_contacts"))["contacts"]
            found = contact["numbers"][0]["person"]
        assert found == home.granny.person, "nobody's contacts lead to who has only claimed it"
        assert eve.person not in [one["id"] for one in (await mum.ok("list_directory"))["people"]]


async def test_a_mistyped_number_is_corrected_with_the_same_invitation(home: Home) -> None:
    bo, first = await home.server.sign_up("Bo", secret=await invited(home), mobile="+12025557400")
    async with Endpoint(home.server, bo) as phone:
        assert phone.snapshot["own"]["proving"] == "+12025557400"
        before = len(home.server.console)
        await phone.ok("change_mobile", mobile="(202) 555-7401")
        assert (await phone.event("own_changed"))["own"]["proving"] == "+12025557401"
        code = (await home.server.line(r"ending in 01: (\d{6})$", after=before))[1]
        if first != code:
            assert (await phone.ask("verify", code=first))["code"] == "wrong_code"
        await phone.ok("verify", code=code)
        await phone.event("registered")
        own = (await phone.event("own_changed", own={"mobile": "+12025557401"} | _rest(phone)))["own"]
        assert own["proving"] is None
    for text in ("12", "not a number", "+442079460000"):
        async with Endpoint(home.server, bo) as phone:
            assert (await phone.ask("change_mobile", mobile=text))["code"] in ("invalid", "number_invalid")


def _rest(phone: Endpoint) -> dict[str, Any]:
    nothing = {"proving": None, "contact_import": None, "contacts": 0, "guidelines": None}
    return {**nothing, "region": "US", "child": False}


@pytest.mark.row("R3")
async def test_a_number_that_somebody_else_proves_moves_and_its_former_holder_is_told(home: Home) -> None:
    joined = await home.server.person("Olga", by=home.mum)
    (number,) = rows(home, "SELECT mobile FROM person WHERE id = ?", joined.person)[0]
    secret = await invited(home)
    async with Endpoint(home.server, joined) as olga, home.online(home.mum) as (mum,):
        late, code = await home.server.sign_up("Nina", secret=secret, mobile=number)
        await olga.ok("ping")
        assert not olga.had("unregistered"), "a code that was asked for takes nothing from anybody"
        await home.server.post("verify", token=await home.server.token(late), code=code)
        await olga.event("unregistered")
        assert (await olga.event("own_changed"))["own"]["mobile"] is None
        people = (await mum.ok("list_directory"))["people"]
        assert late.person in [one["id"] for one in people]
        assert joined.person not in [one["id"] for one in people]
        assert (await mum.ask("call", call=new_call(), to=joined.person))["code"] == "unknown_person"
        refused = await olga.ask("call", call=new_call(), to=home.mum.person)
        assert refused["code"] == "not_registered"

        before = len(home.server.console)
        await olga.ok("change_mobile", mobile="+12025557500")
        again = (await home.server.line(CODE, after=before))[1]
        await olga.ok("verify", code=again)
        await olga.event("registered")
        call = new_call()
        await olga.call(home.mum.person or "", call)
        assert (await mum.event("ringing", call=call))["call"]["peer_name"] == "Olga"
        await olga.ok("cancel", call=call)
    async with Endpoint(home.server, joined) as olga:
        assert "number_moved" in [piece["kind"] for piece in olga.snapshot["news"]]


@pytest.mark.row("R8")
async def test_the_next_ring_shows_the_new_name(home: Home) -> None:
    async with home.online(home.granny, home.mum) as (granny, mum):
        for name in ("Grandma Lou", "Granny"):
            await granny.ok("rename", name=name)
            call = new_call()
            await granny.call(home.mum.person or "", call)
            assert (await mum.event("ringing", call=call))["call"]["peer_name"] == name
            await granny.ok("cancel", call=call)


# -- throttles ----------------------------------------------------------------------------------------------


async def sign_up_from(server: RunningServer, address: str, **fields: Any) -> dict[str, Any]:
    import aiohttp

    headers = {"X-Forwarded-For": address}
    async with (
        aiohttp.ClientSession(headers=headers) as http,
        http.post(f"{server.url}/v1/sign_up", json=fields) as response,
    ):
        return dict(await response.json())


@pytest.mark.row("R137")
async def test_sign_ups_are_throttled_by_number_and_by_addresses_side_by_side(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    arguments = ("--no-tls", "--open-sign-up", "--trusted-proxy=127.0.0.1")
    async with running_server(tmp_path_factory.mktemp("open"), *arguments) as server:
        # Many persons, from everywhere, for one number.
        outcomes = [
            await sign_up_from(server, f"8.{n}.4.4", **form(mobile="+12025550155")) for n in range(14)
        ]
        assert [one["t"] for one in outcomes].count("signed_up") == CODES_OF_NUMBER
        assert {one["code"] for one in outcomes if one["t"] == "problem"} == {"rate_limited"}
        assert len([line for line in server.console if "ending in 55" in line]) == CODES_OF_NUMBER
        # Many numbers, from addresses of one block.
        outcomes = [
            await sign_up_from(server, f"9.9.9.{n}", **form(mobile=f"+1212{555 + n % 40}{1000 + n}"))
            for n in range(64)
        ]
        assert outcomes[0]["t"] == "signed_up"
        assert outcomes[-1]["code"] == "rate_limited"
        assert (await sign_up_from(server, "9.9.8.1", **form(mobile="+13035550101")))["t"] == "signed_up"


# -- who is expected ----------------------------------------------------------------------------------------


@pytest.mark.row("R4")
async def test_a_saved_profile_is_taken_over_once_and_somebody_else_is_somebody_else(home: Home) -> None:
    async with home.online(home.mum) as (mum,):
        saved = (await mum.ok("add_profile", name="  Leo "))["profiles"]
        assert [one["name"] for one in saved] == ["Leo"]
        (leo,) = [one["id"] for one in saved]
        secrets = [await invited(home, household=True) for _ in range(3)]
        elsewhere = await invited(home)
        _, details = await home.server.post("look_up_invitation", secret=secrets[0])
        assert details["profiles"] == saved
        _, details = await home.server.post("look_up_invitation", secret=elsewhere)
        assert details["profiles"] == [], "who does not move in is shown nobody"
        _, reply = await home.server.post("sign_up", secret=elsewhere, **form(profile=leo))
        assert reply["code"] == "profile_taken"

        his, code = await home.server.sign_up("Leo", secret=secrets[0], profile=leo)
        assert (his.person, his.household) == (leo, home.mum.household)
        assert (await mum.ok("list_profiles"))["profiles"] == []
        _, reply = await home.server.post("sign_up", secret=secrets[1], **form(profile=leo))
        assert reply["code"] == "profile_taken"
        assert (await mum.ask("remove_profile", profile=leo))["code"] == "profile_taken"
        await home.server.post("verify", token=await home.server.token(his), code=code)
        other, code = await home.server.sign_up("Mia", secret=secrets[2])
        await home.server.post("verify", token=await home.server.token(other), code=code)
        names = {one["id"]: one["name"] for one in (await mum.ok("list_directory"))["people"]}
        assert (names[leo], names[other.person or ""]) == ("Leo", "Mia")


async def test_profiles_are_the_households_own_and_bounded(home: Home) -> None:
    async with home.online(home.dad, home.granny) as (dad, granny):
        for number in range(16):
            reply = await dad.ask("add_profile", name=f"Guest {number}")
            if reply["t"] == "problem":
                break
        assert (await dad.ask("add_profile", name="One more"))["code"] == "profile_limit"
        saved = (await dad.ok("list_profiles"))["profiles"]
        assert (await granny.ok("list_profiles"))["profiles"] == []
        assert (await granny.ask("remove_profile", profile=saved[0]["id"]))["code"] == "profile_taken"
        for one in saved:
            await dad.ok("remove_profile", profile=one["id"])
        assert (await dad.ok("list_profiles"))["profiles"] == []


async def test_a_saved_profile_is_nobody_yet(home: Home) -> None:
    async with home.online(home.mum, home.dad) as (mum, dad):
        (saved,) = (await mum.ok("add_profile", name="Baby"))["profiles"]
        people = (await dad.ok("list_directory"))["people"]
        assert "Baby" not in [one["name"] for one in people]
        assert (await dad.ask("call", call=new_call(), to=saved["id"]))["code"] == "unknown_person"
        await mum.ok("remove_profile", profile=saved["id"])
