"""Address books that people keep on a server of their own, followed by ours: a real one, and some that lie."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.support.books import from_books, idle, link, linked, synced, trusting, until
from tests.support.contacts import whole_list
from tests.support.elsewhere import Respond, elsewhere, saying
from tests.support.endpoints import phone_of
from tests.support.home import Home, living_at_home
from tests.support.radicale import ACCOUNT, PASSWORD, Radicale, card, radicale
from tests.support.wire import Endpoint

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def dav(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Radicale]:
    async with radicale(tmp_path_factory.mktemp("dav")) as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory, dav: Radicale) -> AsyncIterator[Home]:
    async with living_at_home(tmp_path_factory.mktemp("books"), *trusting(dav)) as home:
        yield home


@pytest_asyncio.fixture(loop_scope="module")
async def mum(home: Home) -> AsyncIterator[Endpoint]:
    """Mum's phone, and afterwards none of her books."""
    async with home.online(home.mum) as (phone,):
        yield phone
        await phone.ok("set_contact_import", allowed=False)


# -- what happens at the source happens here -----------------------------------------------------------


@pytest.mark.row("R17", "R124", "R125")
async def test_what_is_added_edited_and_deleted_there_is_so_here_and_unlinking_purges(
    mum: Endpoint, dav: Radicale
) -> None:
    url = await dav.make("changing")
    await dav.put("ana.vcf", card("Ana", "(202) 555-0140"), name="changing")
    await dav.put("bo.vcf", card("Bo", "+447700900123"), name="changing")
    await mum.ok("add_contact", name="By hand", numbers=[{"label": "", "number": "+12025550199"}])
    book = await linked(mum, url)
    assert await from_books(mum) == {"Ana": ["+12025550140"], "Bo": ["+447700900123"]}
    contacts, _ = await whole_list(mum)
    assert (contacts["Ana"]["source"], contacts["Ana"]["book"]) == ("book", book)

    await dav.put("cy.vcf", card("Cy", "+12025550142"), name="changing")
    await dav.put("ana.vcf", card("Ana Maria", "(202) 555-0141", uid="Ana"), name="changing")
    await dav.delete("bo.vcf", name="changing")
    assert (await synced(mum, book))["contacts"] == 2
    assert await from_books(mum) == {"Ana Maria": ["+12025550141"], "Cy": ["+12025550142"]}
    again, _ = await whole_list(mum)
    assert again["Ana Maria"]["id"] == contacts["Ana"]["id"], "an edit is no other contact"

    await mum.ok("unlink_book", book=book)
    assert (await mum.ok("list_books"))["books"] == []
    left, _ = await whole_list(mum)
    assert set(left) == {"By hand"}
    await mum.ok("delete_contact", contact=left["By hand"]["id"])


async def test_an_endpoint_of_the_library_links_and_unlinks(
    home: Home, dav: Radicale, tmp_path: Path
) -> None:
    url = await dav.make("library")
    await dav.put("abe.vcf", card("Abe", "+12025550156"), name="library")
    async with phone_of(home.server, home.granny, tmp_path) as phone:
        endpoint = phone.endpoint
        await endpoint.contacts.allow_import(allowed=True)
        book = await endpoint.books.link(url, ACCOUNT, PASSWORD, acknowledged=1)

        def fetched() -> bool:
            return any(view.synced and view.id == book.id for ((view,),) in phone.details("books"))

        await phone.until_true(fetched, "the book")
        assert [one.name for one in await endpoint.contacts.all()] == ["Abe"]
        await endpoint.books.sync(book.id)
        assert [one.id for one in await endpoint.books.all()] == [book.id]
        await endpoint.books.unlink(book.id)
        assert await endpoint.books.all() == ()
        assert await endpoint.contacts.all() == ()


async def test_an_account_with_several_books_is_linked_as_a_whole(mum: Endpoint, dav: Radicale) -> None:
    await mum.ok("set_contact_import", allowed=True)
    reply = await link(mum, f"localhost:{dav.port}")
    assert reply["t"] == "book_linked", reply
    books = (await mum.ok("list_books"))["books"]
    assert {one["url"] for one in books} >= {dav.book("changing")}
    assert "Changing" in {one["name"] for one in books}
    assert {one["account"] for one in books} == {ACCOUNT}


async def test_what_moves_from_one_book_to_another_moves_here(mum: Endpoint, dav: Radicale) -> None:
    friends, work = await dav.make("friends"), await dav.make("work")
    await dav.put("dee.vcf", card("Dee", "+12025550144"), name="friends")
    first, second = await linked(mum, friends), await linked(mum, work)
    contacts, _ = await whole_list(mum)
    assert contacts["Dee"]["book"] == first
    await dav.move("dee.vcf", from_="friends", to="work")
    await synced(mum, second)
    await synced(mum, first)
    contacts, _ = await whole_list(mum)
    assert {name: one["book"] for name, one in contacts.items()} == {"Dee": second}


async def test_books_that_share_a_contact_leave_each_other_alone(mum: Endpoint, dav: Radicale) -> None:
    """The same UID in both, with another number: each says what its own source says, for ever."""
    ours, theirs = await dav.make("ours"), await dav.make("theirs")
    await dav.put("eve.vcf", card("Eve", "+12025550145"), name="ours")
    await dav.put("eve.vcf", card("Eve (work)", "+12025550146", uid="Eve"), name="theirs")
    books = [await linked(mum, ours), await linked(mum, theirs)]
    before, revision = await whole_list(mum)
    assert set(before) == {"Eve", "Eve (work)"}
    for book in books:
        await synced(mum, book)
    assert await whole_list(mum) == (before, revision)
    await dav.delete("eve.vcf", name="ours")
    await synced(mum, books[0])
    assert set((await whole_list(mum))[0]) == {"Eve (work)"}


@pytest.mark.row("R17")
async def test_an_app_that_opens_has_the_books_looked_at(home: Home, dav: Radicale) -> None:
    url = await dav.make("opening")
    await dav.put("fay.vcf", card("Fay", "+12025550147"), name="opening")
    async with home.online(home.mum) as (mum,):
        book = await linked(mum, url)
    await home.server.stop()
    with sqlite3.connect(home.server.data / "kith.db") as database:  # some minutes go by
        database.execute("UPDATE book SET synced = ? WHERE id = ?", (time.time() - 400, book))
    await home.server.start()
    await dav.put("gus.vcf", card("Gus", "+12025550148"), name="opening")
    async with home.online(home.kitchen, home.mum) as (_, mum):
        await until(mum, book, lambda view: idle(view) and view["contacts"] == 2)
        assert set(await from_books(mum)) == {"Fay", "Gus"}
        await dav.put("hal.vcf", card("Hal", "+12025550149"), name="opening")
        async with home.online(home.mum) as (again,):  # that was a moment ago: nobody asks again
            assert (await until(again, book, idle))["contacts"] == 2
            await again.ok("set_contact_import", allowed=False)


@pytest.mark.row("R17")
async def test_books_are_followed_by_the_hour_through_everything(dav: Radicale, tmp_path: Path) -> None:
    """An hour of this server is a second. It is killed meanwhile, and so is the other one."""
    await dav.make("hourly")
    await dav.put("ida.vcf", card("Ida", "+12025550150"), name="hourly")
    async with living_at_home(tmp_path, *trusting(dav), "--book-interval=1") as home:
        async with home.online(home.mum) as (mum,):
            book = await linked(mum, dav.book("hourly"))
            await dav.put("jo.vcf", card("Jo", "+12025550151"), name="hourly")
            await until(mum, book, lambda view: view["contacts"] == 2)
            await home.server.kill()
        await dav.put("kit.vcf", card("Kit", "+12025550152"), name="hourly")
        await home.server.start()
        async with home.online(home.mum) as (mum,):
            await until(mum, book, lambda view: view["contacts"] == 3)
            await dav.stop()
            await until(mum, book, lambda view: view["problem"] == "book_unreachable")
            assert len(await from_books(mum)) == 3, "what is known is kept"
            await dav.start()
            await dav.delete("ida.vcf", name="hourly")
            await until(mum, book, lambda view: view["contacts"] == 2 and view["problem"] is None)
            assert set(await from_books(mum)) == {"Jo", "Kit"}


# -- linking --------------------------------------------------------------------------------------------


@pytest.mark.row("R126")
async def test_linking_needs_a_look_at_what_it_means(mum: Endpoint, dav: Radicale) -> None:
    url = await dav.make("terms")
    assert (await link(mum, url))["code"] == "import_not_allowed"
    await mum.ok("set_contact_import", allowed=True)
    old = await link(mum, url, acknowledged=2)
    assert (old["code"], old["data"]) == ("terms_not_acknowledged", {"version": 1})
    none = await mum.ask("link_book", url=url, account=ACCOUNT, password=PASSWORD)
    assert (none["code"], none["path"]) == ("invalid", "acknowledged")
    assert (await mum.ok("list_books"))["books"] == []
    assert (await link(mum, url))["t"] == "book_linked"


async def test_a_wrong_password_is_said_and_mended_by_linking_again(mum: Endpoint, dav: Radicale) -> None:
    url = await dav.make("locked")
    await dav.put("lea.vcf", card("Lea", "+12025550153"), name="locked")
    await mum.ok("set_contact_import", allowed=True)
    assert (await link(mum, url, password="wrong"))["code"] == "book_refused"
    book = await linked(mum, url)
    people = dav.place / "people"
    before = people.read_text()
    people.write_text(before.replace(PASSWORD, "changed"))
    view = await synced(mum, book)
    assert (view["problem"], view["contacts"]) == ("book_refused", 1)
    assert view["next"] > time.time() + 3600, "accounts are locked by who tries and tries"
    people.write_text(before)
    assert await linked(mum, url) == book


async def test_only_so_many_books(mum: Endpoint, dav: Radicale) -> None:
    urls = [await dav.make(f"many{number}") for number in range(6)]
    for url in urls[:5]:
        await linked(mum, url)
    last = await link(mum, urls[5])
    assert (last["code"], last["data"]) == ("book_limit", {"limit": 5})
    assert len((await mum.ok("list_books"))["books"]) == 5


@pytest.mark.row("R18", "R19")
async def test_no_import_means_no_books(home: Home, mum: Endpoint, dav: Radicale) -> None:
    url = await dav.make("off")
    await dav.put("moe.vcf", card("Moe", "+12025550154"), name="off")
    book = await linked(mum, url)
    await mum.ok("add_contact", name="By hand", numbers=[])
    await mum.ok("set_contact_import", allowed=False)
    assert (await mum.event("books_changed", books=[]))["books"] == []
    assert (await mum.ask("sync_book", book=book))["code"] == "unknown_book"
    await home.server.kill()
    await home.server.start()
    async with home.online(home.mum) as (phone,):
        assert (await phone.ok("list_books"))["books"] == []
        contacts, _ = await whole_list(phone)
        assert set(contacts) == {"By hand"}
        await phone.ok("delete_contact", contact=contacts["By hand"]["id"])
    await mum.back()


async def test_nobody_else_has_anything_to_do_with_it(home: Home, mum: Endpoint, dav: Radicale) -> None:
    book = await linked(mum, await dav.make("private"))
    async with home.online(home.dad, home.kitchen) as (dad, kitchen):
        assert (await dad.ok("list_books"))["books"] == []
        assert dad.had("books_changed") == []
        for command in ("sync_book", "unlink_book"):
            assert (await dad.ask(command, book=book))["code"] == "unknown_book"
            assert (await kitchen.ask(command, book=book))["code"] == "not_permitted"
        assert (await kitchen.ask("list_books", **{"as": home.mum.person}))["code"] == "not_permitted"
        assert (await link(kitchen, dav.book("private")))["code"] == "not_permitted"
    assert len((await mum.ok("list_books"))["books"]) == 1


async def test_a_stolen_database_and_the_log_show_no_password(
    home: Home, mum: Endpoint, dav: Radicale
) -> None:
    marked = "MARKED-PASSWORD"
    people = dav.place / "people"
    before = people.read_text()
    people.write_text(f"{before}marked:{marked}\n")
    await mum.ok("set_contact_import", allowed=True)
    reply = await link(mum, f"{dav.url}/marked/", account="marked", password=marked)
    assert reply["code"] == "not_an_address_book", "which is nothing that is written down"
    book = await linked(mum, await dav.make("stolen"))
    await home.server.stop()
    try:
        files = [one for one in home.server.data.rglob("*") if one.name != "server.key" and one.is_file()]
        assert any(book.encode() in one.read_bytes() for one in files)
        for one in (*files, home.server.log):
            for secret in (PASSWORD, marked):
                assert secret.encode() not in one.read_bytes(), one
        assert ACCOUNT not in home.server.log.read_text()
    finally:
        people.write_text(before)
        await home.server.start()
    await mum.back()


# -- servers that lie -----------------------------------------------------------------------------------


def endless(head: str, writer: asyncio.StreamWriter) -> asyncio.Future[None]:
    async def respond() -> None:
        writer.write(b"HTTP/1.1 207 Multi-Status\r\n\r\n<multistatus xmlns='DAV:'>")
        while True:
            writer.write(b"<response><href>/x</href></response>" * 500)
            await writer.drain()

    return asyncio.ensure_future(respond())


MULTI = "207 Multi-Status"
LIES: dict[str, tuple[Respond, str, dict[str, Any]]] = {
    "no XML": (saying("Welcome!", status=MULTI), "not_an_address_book", {}),
    "other XML": (saying("<html/>", status=MULTI), "not_an_address_book", {}),
    "an entity": (
        saying("<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>", status=MULTI),
        "not_an_address_book",
        {},
    ),
    "a page to sign in": (saying("<html>Sign in</html>"), "not_an_address_book", {}),
    "no end": (endless, "book_unreachable", {"reason": "too_large"}),
    "out of order": (saying("", status="500 Oops"), "book_unreachable", {}),
    "somewhere else": (
        saying("", "Location: https://elsewhere.example/dav/", status="301 Moved"),
        "not_an_address_book",
        {"elsewhere": "https://elsewhere.example"},
    ),
}


async def test_servers_that_lie_are_found_out(mum: Endpoint, dav: Radicale) -> None:
    await mum.ok("set_contact_import", allowed=True)
    for what, (respond, code, data) in LIES.items():
        async with elsewhere(dav.made, respond, name="localhost") as liar:
            reply = await link(mum, liar.url)
        assert (reply.get("code"), reply.get("data")) == (code, data), what
        assert liar.connections > 0, what
    assert (await mum.ok("list_books"))["books"] == []


async def test_nobody_waits_while_a_server_takes_its_time(home: Home, mum: Endpoint, dav: Radicale) -> None:
    await mum.ok("set_contact_import", allowed=True)
    asked, answered = asyncio.Event(), asyncio.Event()

    async def slow(head: str, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await answered.wait()
        await saying("")(head, writer)

    fields = {"account": ACCOUNT, "password": PASSWORD, "acknowledged": 1}
    async with elsewhere(dav.made, slow, name="localhost") as there:
        request = await mum.say("link_book", url=there.url, **fields)
        async with asyncio.timeout(20):
            await asked.wait()
        await mum.ok("ping")
        await mum.say("link_book", id=request, url=there.url, **fields)  # as after a lost reply
        other = await mum.say("link_book", url=there.url, **fields)
        assert (await mum.ask("link_book", url=there.url, **fields))["code"] == "rate_limited"
        await mum.cut()
        await mum.back()
        await mum.ok("ping")
        assert request not in mum.replies
        answered.set()
        assert (await mum.reply(request))["code"] == "not_an_address_book"
        assert (await mum.reply(other))["code"] == "not_an_address_book"
        assert len(there.heads) == 4, "asked once each: here, and at the well-known place"


@pytest.mark.parametrize(
    "url",
    ["http://{there}/", "https://10.0.0.1/", "https://me:secret@{there}/", "https://169.254.169.254/latest/"],
)
async def test_addresses_that_are_not_asked(url: str, mum: Endpoint, dav: Radicale) -> None:
    await mum.ok("set_contact_import", allowed=True)
    async with elsewhere(dav.made, saying(""), name="localhost") as there:
        reply = await link(mum, url.format(there=f"localhost:{there.port}"))
    assert reply["code"] == "address_not_allowed"
    assert there.connections == 0


async def test_an_address_at_home_is_not_asked_unless_the_operator_allows_it(
    dav: Radicale, tmp_path: Path
) -> None:
    async with living_at_home(tmp_path, f"--trust-ca={dav.made.ca}") as home, home.online(home.mum) as (mum,):
        await mum.ok("set_contact_import", allowed=True)
        async with elsewhere(dav.made, saying(""), name="localhost") as there:
            assert (await link(mum, there.url))["code"] == "address_not_allowed"
        assert there.connections == 0


async def test_linking_is_no_way_to_try_passwords(home: Home, dav: Radicale) -> None:
    async with home.online(home.dad) as (dad,):
        await dad.ok("set_contact_import", allowed=True)
        codes = [(await link(dad, dav.book("locked"), password=f"{number}"))["code"] for number in range(22)]
        assert codes[0] == "book_refused" and codes[-1] == "rate_limited"
