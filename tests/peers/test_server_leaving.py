"""Leaving a household and leaving for good: what is dead at once, what others believe, and what they keep."""

import asyncio
import base64
import re
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from kith.core.guidelines import VERSION
from kith.core.ids import new_call
from signaling.closing import Close
from tests.support import signing
from tests.support.home import Home, living_at_home
from tests.support.server import Joined
from tests.support.wire import Closed, Endpoint

pytestmark = pytest.mark.asyncio(loop_scope="module")

WITHIN = 1.0
"""Seconds in which whatever spoke for the person must be dead."""


@pytest_asyncio.fixture(loop_scope="module")
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    async with living_at_home(tmp_path) as home:
        for device in (home.kitchen, home.hall):
            await signing.take_in(home.server, home.mum, device.keys.public, shared=True)
        await signing.welcome(home.server, home.mum, home.dad)
        await signing.let_act(home.server, home.dad)
        await signing.take_in(home.server, home.dad, home.tablet.keys.public, shared=False)
        yield home


async def members(home: Home, by: Joined) -> frozenset[bytes]:
    """Who lives there, by what `by` reads and checks."""
    roster, _ = await signing.roster_of(home.server, by)
    assert roster is not None
    return roster.members


async def sign_in_problem(home: Home, joined: Joined) -> str:
    with pytest.raises(Closed) as refused:
        await Endpoint(home.server, joined).open()
    return str(refused.value.args[0]["code"])


def dump(home: Home) -> str:
    """Everything that the database holds, as text; bytes in hex."""
    with closing(sqlite3.connect(home.server.data / "kith.db")) as db:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = [(table, row) for table in tables for row in db.execute(f"SELECT * FROM {table}")]
    return "\n".join(
        f"{table}: " + " ".join(one.hex() if isinstance(one, bytes) else str(one) for one in row)
        for table, row in rows
    )


# -- a household of one's own ---------------------------------------------------------------------------------


async def test_who_leaves_takes_their_own_and_nothing_speaks_for_them_any_more(home: Home) -> None:
    server = home.server
    chain, _ = await signing.identity(server, home.dad)
    assert chain is not None
    assert chain.root in await members(home, home.mum)
    token = await server.token(home.tablet)
    code = await server.pairing(home.dad, shared=True)
    async with home.online(home.dad, home.tablet, home.mum, home.kitchen) as (dad, tablet, mum, kitchen):
        ringing = new_call()
        await kitchen.ok("call", call=ringing, to=home.mum.person, **{"as": home.dad.person})
        await mum.event("ringing", call=ringing)
        began = time.monotonic()
        await dad.ok("leave_household", **await signing.farewell(server, home.dad))
        assert (await mum.event("ended", call=ringing))["reason"] == "cancelled"
        assert time.monotonic() - began < WITHIN

        # On the server.
        status, reply = await server.post("list_directory", token=token)
        assert (status, reply["code"]) == (401, "invalid_token")
        status, reply = await server.post("pair", code=code, name="Spy", keys=_keys())
        assert reply["code"] == "pairing_invalid"
        refused = await kitchen.ask("call", call=new_call(), to=home.mum.person, **{"as": home.dad.person})
        assert (refused["code"], refused["path"]) == ("not_permitted", "as")
        assert {one["id"] for one in (await dad.ok("list_directory"))["endpoints"]} == {tablet.id}
        assert (await dad.ask("call", call=new_call(), to=home.kitchen.endpoint))[
            "code"
        ] == "unknown_endpoint"
        changed = await tablet.event("directory_changed")
        assert changed["person"]["household"] != home.mum.household
        await mum.event("roster_changed")

        # By what others read and check themselves.
        assert chain.root not in await members(home, home.mum)
        _, delegations = await signing.identity(server, home.dad)
        assert delegations is not None and delegations.endpoints == ()
        roster, shown = await signing.roster_of(server, home.dad)
        assert roster is None and shown.waiting == ()

        # They still know each other, and ring.
        call = new_call()
        await mum.call(home.dad.person or "", call)
        assert (await dad.event("ringing", call=call))["call"]["peer_name"] == "Mum"
        await tablet.event("ringing", call=call)
        await mum.ok("cancel", call=call)
        await dad.ended(call)
        assert not kitchen.had("ringing"), "nothing at home rings for who does not live there"
    async with home.online(home.mum) as (mum,):
        assert "person_left" in [piece["kind"] for piece in mum.snapshot["news"]]


async def test_leaving_is_believed_only_as_the_leaver_signs_it(home: Home) -> None:
    farewell = await signing.farewell(home.server, home.dad)
    forged = await signing.farewell(home.server, home.mum)
    async with home.online(home.dad, home.mum) as (dad, mum):
        for wrong in (
            {},
            {"link": forged["link"]},
            {"link": farewell["link"] | {"member": forged["link"]["member"]}},
            {"link": farewell["link"], "delegations": forged["delegations"]},
        ):
            reply = await dad.ask("leave_household", **wrong)
            assert reply["code"] == "untrusted", wrong
        assert (await mum.ok("list_directory"))["people"][0]["name"] == "Dad"
        await mum.ok("ping")
        assert not mum.had("directory_changed")
    assert len(await members(home, home.mum)) == 2


async def test_who_lives_alone_has_nobody_to_leave_the_household_to(home: Home) -> None:
    async with home.online(home.granny) as (granny,):
        assert (await granny.ask("leave_household"))["code"] == "last_member"
        assert granny.snapshot["people"]


async def test_who_left_begins_a_household_and_shares_devices_there(home: Home) -> None:
    async with home.online(home.dad) as (dad,):
        await dad.ok("leave_household", **await signing.farewell(home.server, home.dad))
        household = (await dad.event("directory_changed"))["person"]["household"]
    porch = await home.server.device("Porch", by=home.dad, shared=True)
    assert porch.household == household
    await signing.take_in(home.server, home.dad, porch.keys.public, shared=True)
    roster, _ = await signing.roster_of(home.server, home.dad)
    assert roster is not None and porch.keys.public.identity in roster.shared
    async with home.online(home.mum) as (mum,):
        assert porch.endpoint not in str(await mum.ok("list_directory"))


# -- for good ---------------------------------------------------------------------------------------------------


@pytest.mark.row("R10")
async def test_who_de_registers_is_gone_everywhere_and_others_keep_what_is_theirs(home: Home) -> None:
    server = home.server
    mum_id = home.mum.person or ""
    (number,) = _row(home, "SELECT mobile FROM person WHERE id = ?", mum_id)
    second = await server.device("Mum's watch", by=home.mum, shared=False)
    await signing.take_in(server, home.mum, second.keys.public, shared=False)
    token = await server.token(second)
    chain, _ = await signing.identity(server, home.mum)
    assert chain is not None
    async with home.online(home.granny, home.mum) as (granny, mum):
        await granny.ok("add_contact", name="Mum", numbers=[{"label": "mobile", "number": number}])
        await mum.ok("add_contact", name="Secret friend", numbers=[{"label": "", "number": "+12025550142"}])
        await mum.ok("add_profile", name="Leo")
        call = new_call()
        await mum.call(home.granny.person or "", call)
        await granny.event("ringing", call=call)
        await mum.ok("cancel", call=call)
        await granny.event("missed_calls")
    async with (
        home.online(home.granny, home.dad, home.kitchen) as (granny, dad, kitchen),
        Endpoint(server, home.mum) as mum,
        Endpoint(server, second) as watch,
    ):
        ringing = new_call()
        await granny.call(mum_id, ringing)
        for endpoint in (mum, watch, kitchen):
            await endpoint.event("ringing", call=ringing)
        began = time.monotonic()
        farewell = {k: v for k, v in (await signing.farewell(server, home.mum)).items() if k == "link"}
        assert (await mum.ask("deregister", **farewell))["t"] == "ok"
        assert await mum.closed() == await watch.closed() == Close.REMOVED
        await kitchen.event("ended", call=ringing)
        assert time.monotonic() - began < WITHIN

        status, reply = await server.post("list_directory", token=token)
        assert (status, reply["code"]) == (401, "invalid_token")
        assert await sign_in_problem(home, home.mum) == "bad_signature"
        assert (await granny.ask("call", call=new_call(), to=mum_id))["code"] == "unknown_person"
        assert (await dad.event("directory_changed"))["people"] == []
        refused = await kitchen.ask("call", call=new_call(), to=home.dad.person, **{"as": mum_id})
        assert (refused["code"], refused["path"]) == ("not_permitted", "as")
        assert chain.root not in await members(home, home.dad), "believed by what she signed"

        # The other side keeps its copy.
        contacts = (await granny.ok("list_contacts"))["contacts"]
        assert [(one["name"], one["numbers"][0]["number"]) for one in contacts] == [("Mum", number)]
        assert contacts[0]["numbers"][0]["person"] is None
    async with home.online(home.granny) as (granny,):
        (missed,) = granny.snapshot["missed"]
        assert (missed["name"], missed["person"]) == ("Mum", mum_id)

    nothing_is_left(home, home.mum, number)


OTHERS = ("missed", "history", "person_link", "news", "contact_number", "discovered", "call")
"""Tables in which others keep whom they know, called, or were called by."""


def nothing_is_left(home: Home, person: Joined, number: str) -> None:
    """Not the number, the contacts or the devices; the id where it is others' or rests under what others signed."""
    kept = dump(home)
    assert "Secret friend" not in kept and "Mum's watch" not in kept
    for line in kept.splitlines():
        table = line.partition(":")[0]
        if number in line:
            assert table in ("contact", "contact_number"), line
        if str(person.person) in line:
            assert table in OTHERS, line
        assert person.keys.public.sealing.hex() not in line or table == "person_link"


async def test_with_the_last_adult_the_household_and_what_it_shared_goes(home: Home) -> None:
    speaker = await home.server.device("Granny's speaker", by=home.granny, shared=True)
    async with (
        home.online(home.mum) as (mum,),
        Endpoint(home.server, home.granny) as granny,
        Endpoint(home.server, speaker) as device,
    ):
        await granny.ask("deregister")
        assert await granny.closed() == await device.closed() == Close.REMOVED
        await mum.event("directory_changed")
        assert "Granny" not in [one["name"] for one in (await mum.ok("list_directory"))["people"]]
    assert await sign_in_problem(home, speaker) == "bad_signature"
    kept = dump(home)
    assert home.granny.household not in kept
    assert "Granny" not in kept


async def test_the_number_of_who_left_can_join_again(home: Home) -> None:
    (number,) = _row(home, "SELECT mobile FROM person WHERE id = ?", home.granny.person)
    async with home.online(home.mum) as (mum,), Endpoint(home.server, home.granny) as granny:
        secret = (await mum.ok("invite"))["secret"]
        await granny.ask("deregister")
        await granny.closed()
        anew, code = await home.server.sign_up("Granny again", secret=secret, mobile=number)
        await home.server.post("verify", token=await home.server.token(anew), code=code)
        people = {one["name"]: one["id"] for one in (await mum.ok("list_directory"))["people"]}
        assert people["Granny again"] != home.granny.person


async def test_a_guest_who_never_verified_may_go_too(home: Home) -> None:
    _, invited = await home.server.post("invite", token=await home.server.token(home.mum), household=True)
    guest, _ = await home.server.sign_up("Guest", secret=invited["secret"])
    async with Endpoint(home.server, guest) as phone:
        await phone.ask("deregister")
        assert await phone.closed() == Close.REMOVED
    assert str(guest.person) not in dump(home)


async def test_many_endpoints_that_sign_in_meanwhile_are_out(home: Home) -> None:
    async with Endpoint(home.server, home.tablet) as tablet:
        phones = [Endpoint(home.server, home.dad) for _ in range(4)]
        opening = [asyncio.create_task(phone.open()) for phone in phones]
        farewell = {k: v for k, v in (await signing.farewell(home.server, home.dad)).items() if k == "link"}
        await tablet.ask("deregister", **farewell)
        assert await tablet.closed() == Close.REMOVED
        await asyncio.gather(*opening, return_exceptions=True)
        for phone in phones:
            await phone.close()
    assert await sign_in_problem(home, home.dad) == "bad_signature"


# -- taking a copy along -------------------------------------------------------------------------------------


async def exported(home: Home, token: str | None) -> tuple[int, dict[str, Any], str]:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as http,
        http.post(f"{home.server.url}/v1/export_data") as response,
    ):
        disposition = response.headers.get("Content-Disposition", "")
        return response.status, dict(await response.json()), disposition


async def test_a_person_takes_a_copy_of_everything_and_of_nobody_elses(home: Home) -> None:
    number = {"label": "mobile", "number": "+12025550142"}
    async with home.online(home.mum, home.granny, home.dad) as (mum, granny, dad):
        await mum.ok("add_contact", name="Secret friend", numbers=[number])
        await dad.ok("add_contact", name="Dad's dentist", numbers=[number])
        call = new_call()
        await mum.call(home.granny.person or "", call)
        await granny.event("ringing", call=call)
        await mum.ok("cancel", call=call)
        await mum.ended(call)
        await mum.ok("report_person", person=home.dad.person, why="other", text="He snores")
        await dad.ok("report_person", person=home.mum.person, why="spam", text="Dad wrote this")
        await granny.ok("report_person", person=home.mum.person, why="spam", text="Granny wrote this")
    status, data, disposition = await exported(home, await home.server.token(home.mum))
    assert (status, disposition) == (200, 'attachment; filename="kith-data.json"')
    (person,) = data["person"]
    assert (person["name"], person["id"]) == ("Mum", home.mum.person)
    assert person["mobile"].startswith("+1202555")
    assert [one["name"] for one in data["contacts"]] == ["Secret friend"]
    assert data["contacts"][0]["numbers"] == [number]
    assert [one["id"] for one in data["endpoints"]] == [home.mum.endpoint]
    assert [one["name"] for one in data["people_known"]] == ["Dad", "Granny"]
    assert [(one["id"], one["to"]) for one in data["calls_placed"]] == [(call, home.granny.person)]
    assert data["guidelines_accepted"][0]["version"] == VERSION
    assert data["signed"]["links"][0]["action"] == "begin"
    assert [one["text"] for one in data["reports_made"]] == ["He snores"]
    month = time.strftime("%Y-%m", time.gmtime())
    assert data["reports_about"] == [{"month": month, "why": "spam", "reports": 2}]
    text = str(data)
    assert "dentist" not in text
    assert "wrote this" not in text, "that could tell who did"
    assert not re.search(r"digest|sealed|password", text)

    await _rosters_that_name(home, home.mum, {"begin", "add", "join"})
    await _rosters_that_name(home, home.dad, {"join"})
    for token, code in ((None, "not_signed_in"), ("x" * 22, "invalid_token")):
        status, reply, _ = await exported(home, token)
        assert (status, reply["code"]) == (401, code)
    status, reply, _ = await exported(home, await home.server.token(home.kitchen))
    assert (status, reply["code"]) == (403, "not_permitted")
    token = await home.server.token(home.mum)
    assert [(await exported(home, token))[0] for _ in range(3)] == [200, 429, 429]


async def _rosters_that_name(home: Home, joined: Joined, actions: set[str]) -> None:
    """What is exported of rosters is what they signed or what says where they live, and nothing else."""
    _, data, _ = await exported(home, await home.server.token(joined))
    chain, _ = await signing.identity(home.server, joined)
    assert chain is not None
    root = base64.b64encode(chain.root).decode()
    links = data["signed"]["rosters"]
    assert actions <= {one["action"] for one in links}
    assert all(root in (one["person"], one.get("member")) for one in links)
    roster, shown = await signing.roster_of(home.server, joined)
    theirs = [one for one in shown.links if chain.root in (one.person, getattr(one, "member", None))]
    assert roster is not None
    assert [one["signature"] for one in links] == [base64.b64encode(one.signature).decode() for one in theirs]


def _row(home: Home, sql: str, *values: object) -> tuple[Any, ...]:
    with closing(sqlite3.connect(home.server.data / "kith.db")) as db:
        found: tuple[Any, ...] = db.execute(sql, values).fetchone()
        return found


def _keys() -> dict[str, str]:
    from kith.core.keys import KeyPair
    from tests.support.server import as_json

    return as_json(KeyPair.generate().public)
