"""A person's own list of contacts: kept, imported, followed by all own endpoints, and seen by nobody else."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.support.contacts import reached, until_reached, vcard, whole_list
from tests.support.home import Home, living_at_home
from tests.support.server import Joined, RunningServer
from tests.support.wire import Endpoint

pytestmark = pytest.mark.asyncio(loop_scope="module")

MUM, DAD, GRANNY = "+12025550001", "+12025550002", "+12025550003"
"""Their verified numbers, by the order in which they signed up."""

NOBODY = "+12025559999"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Home]:
    async with living_at_home(tmp_path_factory.mktemp("contacts"), "--open-sign-up") as home:
        yield home


async def stranger(server: RunningServer, name: str) -> tuple[Joined, str]:
    """Somebody whom nobody has invited, registered; and their number."""
    joined, code = await server.sign_up(name, secret=None)
    status, reply = await server.post("verify", token=await server.token(joined), code=code)
    assert status == 200, reply
    return joined, f"+1202555{server._numbers:04d}"


async def add(endpoint: Endpoint, name: str, *numbers: str) -> dict[str, Any]:
    saved = await endpoint.ok(
        "add_contact", name=name, numbers=[{"label": "mobile", "number": number} for number in numbers]
    )
    contact: dict[str, Any] = saved["contact"]
    return contact


async def bring(endpoint: Endpoint, *cards: str, first_line: int = 1) -> dict[str, Any]:
    reply: dict[str, Any] = await endpoint.ok("import_contacts", text="".join(cards), first_line=first_line)
    return {name: reply[name] for name in ("added", "updated", "unchanged", "problems")}


def counts(added: int = 0, updated: int = 0, unchanged: int = 0) -> dict[str, Any]:
    return {"added": added, "updated": updated, "unchanged": unchanged, "problems": []}


# -- by hand ----------------------------------------------------------------------------------------


@pytest.mark.row("R20", "R15")
async def test_a_contact_added_by_hand_is_on_all_own_endpoints_at_once(home: Home) -> None:
    async with home.online(home.dad, home.tablet, text=True) as (phone, tablet):
        contact = await add(phone, "Cousin Zoë", "(202) 555-0147", "ask at the bakery")
        assert contact["source"] == "manual"
        told = await tablet.event("contacts_changed")
        found, revision = await whole_list(tablet)
        assert found["Cousin Zoë"] == contact
        assert revision == told["revision"]
        assert [one["number"] for one in contact["numbers"]] == ["+12025550147", "ask at the bakery"]


async def test_numbers_without_a_country_are_of_the_households_and_any_adult_says_which(home: Home) -> None:
    uncle, code = await home.server.sign_up("Uncle", secret=None, mobile="+44 7400 123456")
    status, reply = await home.server.post("verify", token=await home.server.token(uncle), code=code)
    assert status == 200, reply
    async with home.online(home.mum, home.dad, home.kitchen, uncle) as (mum, dad, kitchen, far):
        assert [one.snapshot["own"]["region"] for one in (mum, dad, far)] == ["US", "US", "GB"]
        await mum.ok("set_contact_import", allowed=True)
        card = vcard("Shop", "07400 123456")
        assert await bring(mum, card) == counts(added=1)
        contact = await add(dad, "Uncle", "07400 123456", "(202) 555-0147")
        assert [one["number"] for one in contact["numbers"]] == ["07400 123456", "+12025550147"]

        refused = await kitchen.ask("set_region", region="GB")
        assert refused["code"] == "not_permitted"
        for wrong in ("ZZ", "gb", "GBR"):
            reply = await dad.ask("set_region", region=wrong)
            assert (reply["code"], reply["path"]) == ("invalid", "region")
        await dad.ok("set_region", region="GB")
        for one in (mum, dad):
            while (await one.event("own_changed"))["own"]["region"] != "GB":
                continue
        await until_reached(dad, "Uncle", uncle.person)
        await until_reached(mum, "Shop", uncle.person)
        found, _ = await whole_list(dad)
        assert [one["number"] for one in found["Uncle"]["numbers"]] == ["+447400123456", "(202) 555-0147"]
        assert await bring(mum, card) == counts(unchanged=1)
        assert not far.had("own_changed"), "another household's is theirs"

        await mum.ok("set_region", region="US")
        await until_reached(dad, "Uncle", None)
        await until_reached(mum, "Shop", None)
        await mum.ok("set_contact_import", allowed=False)
        await far.ok("deregister")


async def test_a_contact_edited_by_hand_says_something_else_from_then_on(home: Home) -> None:
    async with home.online(home.dad, home.tablet) as (phone, tablet):
        contact = await add(phone, "Plumber", NOBODY)
        _, revision = await whole_list(tablet)
        saved = await phone.ok(
            "edit_contact", contact=contact["id"], name="Plumber Joe", organization="Pipes"
        )
        assert (saved["contact"]["name"], saved["contact"]["numbers"]) == ("Plumber Joe", [])
        found, _ = await whole_list(tablet, revision)
        assert found == {"Plumber Joe": saved["contact"]}
        again = await phone.ok(
            "edit_contact", contact=contact["id"], name="Plumber Joe", organization="Pipes"
        )
        assert again["contact"] == saved["contact"]


@pytest.mark.row("R21")
async def test_deleting_a_contact_takes_away_that_one_only(home: Home) -> None:
    async with home.online(home.dad, home.tablet) as (phone, tablet):
        one, other = await add(phone, "Keep me", NOBODY), await add(phone, "Delete me", NOBODY)
        before, revision = await whole_list(tablet)
        await phone.ok("delete_contact", contact=other["id"])
        changes = await tablet.ok("list_contacts", since=revision)
        assert (changes["removed"], changes["contacts"], changes["whole"]) == ([other["id"]], [], False)
        after, _ = await whole_list(phone)
        assert before.keys() - after.keys() == {"Delete me"}
        assert after["Keep me"] == one
        gone = await phone.ask("delete_contact", contact=other["id"])
        assert gone["code"] == "unknown_contact"


# -- imported ---------------------------------------------------------------------------------------


@pytest.mark.row("R13")
async def test_nothing_is_imported_before_it_is_allowed_and_all_of_it_afterwards(home: Home) -> None:
    new, _ = await stranger(home.server, "Nora")
    async with home.online(new) as (nora,):
        assert nora.snapshot["own"]["contact_import"] is None
        cards = [vcard(f"Friend {number}", f"+120255511{number:02d}") for number in range(40)]
        assert (await nora.ask("import_contacts", text="".join(cards)))["code"] == "import_not_allowed"
        await nora.ok("set_contact_import", allowed=False)
        assert (await nora.event("own_changed"))["own"]["contact_import"] is False
        assert (await nora.ask("import_contacts", text="".join(cards)))["code"] == "import_not_allowed"
        assert await whole_list(nora) == ({}, (await nora.ok("list_contacts"))["revision"])
        await nora.ok("set_contact_import", allowed=True)
        assert await bring(nora, *cards) == counts(added=40)
        assert len((await whole_list(nora))[0]) == 40


async def test_the_same_file_again_writes_nothing(home: Home) -> None:
    new, _ = await stranger(home.server, "Tess")
    async with home.online(new) as (tess,):
        await tess.ok("set_contact_import", allowed=True)
        cards = [
            vcard(f"Friend {number}", f"+120255512{number:02d}", uid=f"u{number}") for number in range(30)
        ]
        cards += [vcard("Without", "+12025551299"), vcard("Without a number")]
        assert await bring(tess, *cards) == counts(added=32)
        _, revision = await whole_list(tess)
        assert await bring(tess, *cards) == counts(unchanged=32)
        assert (await tess.ok("list_contacts", since=revision))["revision"] == revision
        assert await bring(tess, vcard("Friend Zero", "+12025551200", uid="u0")) == counts(updated=1)
        changed, _ = await whole_list(tess, revision)
        assert list(changed) == ["Friend Zero"]


async def test_a_broken_card_is_reported_by_its_line_and_the_good_ones_are_imported(home: Home) -> None:
    new, _ = await stranger(home.server, "Rolf")
    async with home.online(new) as (rolf,):
        await rolf.ok("set_contact_import", allowed=True)
        reply = await bring(
            rolf, vcard("Good", NOBODY), "BEGIN:VCARD\r\nVERSION:3.0\r\nEND:VCARD\r\n", first_line=101
        )
        assert (reply["added"], reply["problems"]) == (1, [{"line": 107, "code": "empty"}])


@pytest.mark.row("R22")
async def test_an_imported_contact_is_edited_at_its_source_only(home: Home) -> None:
    new, _ = await stranger(home.server, "Iris")
    token = await home.server.token(new)
    await home.server.post("set_contact_import", token=token, allowed=True)
    status, _ = await home.server.post("import_contacts", token=token, text=vcard("Imported", NOBODY))
    assert status == 200
    _, listed = await home.server.post("list_contacts", token=token)
    contact = listed["contacts"][0]
    for command, fields in (("edit_contact", {"name": "Mine now"}), ("delete_contact", {})):
        status, reply = await home.server.post(command, token=token, contact=contact["id"], **fields)
        assert (status, reply["code"]) == (409, "imported_contact")
    _, after = await home.server.post("list_contacts", token=token)
    assert after["contacts"] == [contact]


@pytest.mark.row("R18", "R19")
async def test_switching_the_import_off_deletes_what_was_imported_and_keeps_the_rest(home: Home) -> None:
    new, _ = await stranger(home.server, "Olga")
    async with home.online(new) as (olga,):
        await olga.ok("set_contact_import", allowed=True)
        mine = await add(olga, "By hand", NOBODY)
        await bring(olga, *(vcard(f"Friend {number}") for number in range(20)))
        _, revision = await whole_list(olga)
        await olga.ok("set_contact_import", allowed=False)
        assert (await whole_list(olga))[0] == {"By hand": mine}
        later = await olga.ok("list_contacts", since=revision)
        assert (later["whole"], [one["name"] for one in later["contacts"]]) == (True, ["By hand"])
        assert (await olga.ask("import_contacts", text=vcard("Late")))["code"] == "import_not_allowed"
    await home.server.stop()
    await home.server.start()
    async with home.online(new) as (olga,):
        assert (await whole_list(olga))[0] == {"By hand": mine}
        assert olga.snapshot["own"]["contact_import"] is False
        assert (await olga.ask("import_contacts", text=vcard("Late")))["code"] == "import_not_allowed"


# -- who is reachable -------------------------------------------------------------------------------


@pytest.mark.row("R16")
async def test_whoever_registers_later_becomes_reachable_by_a_contact_imported_before(home: Home) -> None:
    new, _ = await stranger(home.server, "Ada")
    number = f"+1202555{home.server._numbers + 1:04d}"
    async with home.online(new) as (ada,):
        await ada.ok("set_contact_import", allowed=True)
        await bring(ada, vcard("Bob", number), vcard("Me", MUM))
        await until_reached(ada, "Me", home.mum.person)  # so Bob's number was looked up too
        found, revision = await whole_list(ada)
        assert reached(found["Bob"]) == []
        joined, code = await home.server.sign_up("Robert", secret=None)
        changes = await ada.ok("list_contacts", since=revision)
        assert (changes["contacts"], changes["revision"]) == ([], revision)  # R3: it is not verified yet
        await home.server.post("verify", token=await home.server.token(joined), code=code)
        await until_reached(ada, "Bob", joined.person)


@pytest.mark.row("R11")
async def test_whoever_has_ones_number_calls_without_having_asked(home: Home) -> None:
    new, _ = await stranger(home.server, "Eve")
    async with home.online(new, home.granny) as (eve, granny):
        refused = await eve.ask("call", call="c_" + "0" * 19 + "1", to=home.granny.person)
        assert refused["code"] == "unknown_person"
        await add(eve, "Old lady", GRANNY)
        await until_reached(eve, "Old lady", home.granny.person)
        call = "c_" + "0" * 19 + "2"
        await eve.call(str(home.granny.person), call)
        ringing = await granny.event("ringing")
        assert (ringing["call"]["id"], ringing["call"]["peer_name"]) == (call, "Eve")
        seen = await granny.ok("list_identities", persons=[new.person])
        assert seen["identities"] == []  # Eve has signed nothing; but that she was asked about is no problem
        await eve.ok("cancel", call=call)
        await granny.event("missed_calls")
        back = "c_" + "0" * 19 + "3"
        await granny.call(str(new.person), back)  # who was called may call back
        assert (await eve.event("ringing"))["call"]["peer_name"] == "Granny"
        await granny.ok("cancel", call=back)
        await granny.ok("dismiss_missed")
        refused = await granny.ask("call", call="c_" + "0" * 19 + "4", to=new.person)
        assert refused["code"] == "unknown_person"


@pytest.mark.row("R6")
async def test_the_kitchen_calls_by_the_contacts_of_anybody_who_lives_there(home: Home) -> None:
    new, number = await stranger(home.server, "Aunt Lin")
    async with home.online(home.dad, home.kitchen, new) as (dad, kitchen, lin):
        await add(dad, "Lin", number)
        await until_reached(dad, "Lin", new.person)
        call = "c_" + "1" * 19 + "1"
        placed = await kitchen.ask("call", call=call, to=new.person, **{"as": home.mum.person})
        assert placed["t"] == "call_state", placed
        assert (await lin.event("ringing"))["call"]["peer_name"] == "Mum"
        await kitchen.ok("cancel", call=call)
    async with home.online(home.mum) as (
        mum,
    ):  # what Dad knows is Dad's: Mum's own phone does not call by it
        refused = await mum.ask("call", call="c_" + "1" * 19 + "2", to=new.person)
        assert refused["code"] == "unknown_person"
    elsewhere = await home.server.device("Cottage", by=home.granny, shared=True)
    async with home.online(elsewhere) as (cottage,):
        refused = await cottage.ask("call", call="c_" + "1" * 19 + "3", to=new.person)
        assert refused["code"] == "unknown_person"


async def test_a_number_that_somebody_else_proves_is_not_called_before_that_is_accepted(home: Home) -> None:
    """Nothing that the former one was trusted with passes on with the number: nor does leaving give it back."""
    (ann, _), (ben, number) = [await stranger(home.server, name) for name in ("Ann", "Ben")]
    async with home.online(ann) as (phone,):
        contact = await add(phone, "Ben", number)
        await until_reached(phone, "Ben", ben.person)
        eve, code = await home.server.sign_up("Eve", secret=None, mobile=number)
        assert reached((await whole_list(phone))[0]["Ben"]) == [ben.person]
        await home.server.post("verify", token=await home.server.token(eve), code=code)
        await until_reached(phone, "Ben", f"({eve.person})")
        async with home.online(eve) as (moved,):
            for person, refusal in ((eve.person, "number_moved"), (ben.person, "unknown_person")):
                refused = await phone.ask("call", call="c_" + "2" * 20, to=person)
                assert refused["code"] == refusal
            assert not moved.had("ringing")
            await phone.ok("accept_moved", contact=contact["id"], number=number)
            await until_reached(phone, "Ben", eve.person)
            await phone.call(str(eve.person), "c_" + "3" * 20)
            assert (await moved.event("ringing"))["call"]["peer_name"] == "Ann"
            await phone.ok("cancel", call="c_" + "3" * 20)
        _, reply = await home.server.post("deregister", token=await home.server.token(eve))
        assert reply["t"] == "ok", reply
        await until_reached(phone, "Ben", None)
