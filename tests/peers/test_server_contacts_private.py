"""Whoever tries to see or to touch another person's contacts gets nothing of them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.support import signing
from tests.support.contacts import until_reached, vcard, whole_list
from tests.support.home import Home, living_at_home
from tests.support.wire import Endpoint

pytestmark = pytest.mark.asyncio(loop_scope="module")

GRANNY = "+12025550003"
SECRET = "Secret Friend"
UNKNOWN = "k_" + "0" * 20


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Home]:
    async with living_at_home(tmp_path_factory.mktemp("private")) as home:
        yield home


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def contact(home: Home) -> dict[str, Any]:
    """One of Mum's, which reaches Granny."""
    async with home.online(home.mum) as (mum,):
        saved = await mum.ok("add_contact", name=SECRET, numbers=[{"label": "home", "number": GRANNY}])
        return await until_reached(mum, saved["contact"]["name"], home.granny.person)


def commands(contact: str) -> dict[str, dict[str, Any]]:
    """Every command about contacts."""
    return {
        "list_contacts": {},
        "add_contact": {"name": "Mallory"},
        "edit_contact": {"contact": contact, "name": "Mallory"},
        "delete_contact": {"contact": contact},
        "set_contact_import": {"allowed": False},
        "import_contacts": {"text": vcard("Mallory")},
        "accept_moved": {"contact": contact, "number": GRANNY},
    }


async def refusals(endpoint: Endpoint, contact: str, **fields: Any) -> set[str]:
    return {
        (await endpoint.ask(command, **more, **fields))["code"] for command, more in commands(contact).items()
    }


@pytest.mark.row("R23")
async def test_housemates_and_shared_endpoints_are_refused_in_whatever_name_they_ask(
    home: Home, contact: dict[str, Any]
) -> None:
    async with home.online(home.dad, home.granny, home.kitchen) as (dad, granny, kitchen):
        as_mum = {"as": home.mum.person}
        assert await refusals(dad, contact["id"], **as_mum) == {"not_permitted"}
        assert await refusals(granny, contact["id"], **as_mum) == {"not_permitted"}
        assert await refusals(kitchen, contact["id"]) == {"not_permitted"}
        assert await refusals(kitchen, contact["id"], **as_mum) == {"not_permitted"}
        assert (dad.snapshot["own"]["contacts"], kitchen.snapshot["own"]) == (0, None)


@pytest.mark.row("R23")
async def test_over_http_it_is_403_and_yet_the_kitchen_calls_by_the_contact(
    home: Home, contact: dict[str, Any]
) -> None:
    for joined in (home.dad, home.kitchen):
        token = await home.server.token(joined)
        for command, fields in commands(contact["id"]).items():
            status, reply = await home.server.post(command, token=token, **fields, **{"as": home.mum.person})
            assert (status, reply["code"]) == (403, "not_permitted"), command
    async with home.online(home.kitchen, home.granny) as (kitchen, granny):
        call = "c_" + "0" * 19 + "1"
        placed = await kitchen.ask("call", call=call, to=home.granny.person, **{"as": home.dad.person})
        assert placed["t"] == "call_state"
        assert (await granny.event("ringing"))["call"]["peer_name"] == "Dad"
        await kitchen.ok("cancel", call=call)


@pytest.mark.row("R23")
async def test_anothers_contact_is_answered_like_one_that_never_was(
    home: Home, contact: dict[str, Any]
) -> None:
    async with home.online(home.dad, home.mum) as (dad, mum):
        for command in ("edit_contact", "delete_contact", "accept_moved"):
            theirs = await dad.ask(command, **commands(contact["id"])[command])
            nobodys = await dad.ask(command, **commands(UNKNOWN)[command])
            assert {**theirs, "re": ""} == {**nobodys, "re": ""}
            assert theirs["code"] == "unknown_contact"
        assert (await whole_list(dad))[0] == {}
        assert (await whole_list(mum))[0] == {SECRET: contact}


async def test_nobody_else_is_told_that_a_list_has_changed(home: Home) -> None:
    async with home.online(home.mum, home.dad, home.kitchen, home.granny) as (mum, *others):
        saved = await mum.ok("add_contact", name="Another", numbers=[{"label": "", "number": GRANNY}])
        await until_reached(mum, "Another", home.granny.person)
        await mum.ok("delete_contact", contact=saved["contact"]["id"])
        for other in others:
            await other.ok("ping")
            kinds = {one["t"] for one in other.all}
            assert not kinds & {"contacts_changed", "contacts", "contact_saved", "own_changed"}
            assert SECRET not in str(other.all)


async def test_who_is_not_registered_has_no_contacts(home: Home) -> None:
    _, invited = await home.server.post("invite", token=await home.server.token(home.mum), household=False)
    newcomer, _ = await home.server.sign_up("Nobody", secret=str(invited["secret"]))
    status, reply = await home.server.post("list_contacts", token=await home.server.token(newcomer))
    assert (status, reply["code"]) == (403, "not_registered")


async def test_neither_log_nor_console_shows_a_contact(home: Home, contact: dict[str, Any]) -> None:
    written = home.server.log.read_text() + "\n".join(home.server.console)
    assert SECRET not in written
    assert "Mallory" not in written


@pytest.mark.row("R23")
async def test_a_shared_endpoint_is_not_told_of_people_in_somebodys_list(home: Home) -> None:
    """That an identity has grown is told to whoever has the person among their contacts: on own endpoints only."""
    nell = await home.server.person("Nell", by=home.granny)
    number = f"+1202555{home.server._numbers:04d}"
    async with home.online(home.dad, home.kitchen) as (dad, kitchen):
        await dad.ok("add_contact", name="Nell", numbers=[{"label": "", "number": number}])
        await until_reached(dad, "Nell", nell.person)
        await signing.begin(home.server, nell)
        await dad.event("identity_changed", person=nell.person)
        await kitchen.ok("ping")
        assert str(nell.person) not in str(kitchen.all)
