"""A large address book on a real server, and what following it costs."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import pytest_asyncio

from kith.core.addresses import network
from kith.core.ids import PersonId
from kith.core.keys import KeyPair
from kith.core.problem import Code, Problem
from kith.directory.asking import Answer, Asking, Request
from kith.directory.book_sync import BookSync, Progress
from kith.directory.books import MAX_BOOKS, Book
from kith.directory.contact_store import ContactStore
from kith.directory.sealing import Sealing
from kith.server.guarded import AnswerBounds, Guarded, Trust
from kith.store import contact_lists
from kith.store.books import SqliteBooks
from kith.store.contacts import SqliteContacts
from kith.store.database import Database
from tests.support.books import from_books, idle, link, trusting, until
from tests.support.digest import by_digest
from tests.support.home import living_at_home
from tests.support.radicale import ACCOUNT, PASSWORD, Radicale, card, crowd, radicale
from tests.support.wire import Endpoint

pytestmark = pytest.mark.asyncio(loop_scope="module")

MANY, FEW = 2_000, 300
MUM = PersonId("p_" + "m" * 20)
PEOPLE = (
    "INSERT INTO household(id, name, created) VALUES ('h', 'Home', 0)",
    f"INSERT INTO person(id, household, name, mobile, registered) VALUES ('{MUM}', 'h', 'Mum', '+12025550001', 1)",
    f"INSERT INTO contact_list(owner, import_allowed) VALUES ('{MUM}', 1)",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def dav(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Radicale]:
    async with radicale(tmp_path_factory.mktemp("dav")) as server:
        await server.fill(crowd(MANY), "crowd")
        await server.fill(crowd(FEW), "few")
        yield server


@dataclass
class Watched:
    """Asks for real, counts, and can pretend that the server knows no sync-collection."""

    asking: Asking
    plain: bool = False
    fetched: int = 0

    async def ask(self, request: Request) -> Answer:
        if self.plain and b"sync-collection" in request.body:
            return Answer(501, request.url, {}, b"")
        if b"addressbook-multiget" in request.body:
            self.fetched += request.body.count(b"<D:href>")
        return await self.asking.ask(request)


@dataclass
class Following:
    """One book of Mum's in a database of its own."""

    database: Database
    store: SqliteBooks
    contacts: ContactStore
    asking: Watched
    sync: BookSync
    book: Book
    steps: list[Progress] = field(default_factory=list)

    async def once(self, *, token: str | None = None) -> int:
        """Bring it up to date, as from a state of the other server's; returns how many rows were written."""
        before = await self.written()
        self.steps.clear()
        self.asking.fetched = 0
        current = await self.store.book(self.book.id)
        assert current is not None
        await self.sync.sync(current if token is None else replace(current, token=token), self._told)
        return await self.written() - before

    async def written(self) -> int:
        return await self.database.write(lambda db: db.total_changes)

    async def count(self) -> int:
        return len(await self.contacts.everything(MUM))

    async def _told(self, progress: Progress) -> None:
        self.steps.append(progress)


@asynccontextmanager
async def following(dav: Radicale, place: Path, url: str, *, plain: bool = False) -> AsyncIterator[Following]:
    database = await Database.open(place / "kith.db")
    guarded = Guarded(Trust((network("127.0.0.0/8"),), (dav.made.ca,)), AnswerBounds(seconds=60.0))

    async def region(_: PersonId) -> str:
        return "US"

    await database.write(lambda db: [db.execute(each).rowcount for each in PEOPLE])
    store, asking = SqliteBooks(database), Watched(guarded, plain)
    sync = BookSync(store, asking, Sealing(KeyPair.generate()), region, time.time)
    (book,) = await store.link(await sync.find(MUM, url, ACCOUNT, PASSWORD), most=MAX_BOOKS)
    contacts = SqliteContacts(database, lambda owner, number: b"")
    yield Following(database, store, contacts, asking, sync, book)
    sync.close()
    await guarded.close()
    await database.close()


async def test_what_has_not_changed_is_neither_fetched_nor_written(dav: Radicale, tmp_path: Path) -> None:
    async with following(dav, tmp_path, dav.book("crowd")) as crowded:
        assert await crowded.once() > MANY
        assert await crowded.count() == crowded.asking.fetched == MANY
        lefts = [step.left for step in crowded.steps]
        assert lefts == sorted(lefts, reverse=True) and len(lefts) >= 20 and lefts[-1] == 0
        assert sum(step.did.added for step in crowded.steps) == MANY
        assert await crowded.once() == 0, "the second sync"
        assert crowded.asking.fetched == 0


async def test_a_server_that_lets_in_by_digest_alone_is_followed_too(dav: Radicale, tmp_path: Path) -> None:
    async with (
        by_digest(dav) as door,
        following(dav, tmp_path, f"{door.url}/{ACCOUNT}/few/") as book,
    ):
        door.said.clear()
        await book.once()
        assert await book.count() == FEW
        assert door.said.count("Basic") == 1, "until the server has said what it wants"
        assert door.said.count("Digest") > 3
        assert await book.once() == 0
        with pytest.raises(Problem) as refused:
            await book.sync.find(MUM, door.url, ACCOUNT, "wrong")
        assert refused.value.code is Code.BOOK_REFUSED


async def test_a_state_that_was_lost_costs_a_list_and_one_row(dav: Radicale, tmp_path: Path) -> None:
    async with following(dav, tmp_path, dav.book("few")) as crowded:
        await crowded.once()
        for lost in ("", "http://radicale.org/ns/sync/" + "0" * 64):
            assert await crowded.once(token=lost) <= 1, "the token, and nothing else"
            assert (crowded.asking.fetched, await crowded.count()) == (0, FEW)
        await dav.put("new.vcf", card("New", "+12025550160"), name="few")
        await crowded.once()
        assert (crowded.asking.fetched, await crowded.count()) == (1, FEW + 1)
        await dav.delete("new.vcf", name="few")
        await crowded.once()
        assert (crowded.asking.fetched, await crowded.count()) == (0, FEW)


async def test_without_sync_collection_versions_are_compared(dav: Radicale, tmp_path: Path) -> None:
    async with following(dav, tmp_path, dav.book("few"), plain=True) as crowded:
        await crowded.once()
        assert await crowded.count() == crowded.asking.fetched == FEW
        assert await crowded.once() == 0
        assert crowded.asking.fetched == 0
        await dav.put("new.vcf", card("New", "+12025550160"), name="few")
        await crowded.once()
        assert (crowded.asking.fetched, await crowded.count()) == (1, FEW + 1)
        await dav.delete("new.vcf", name="few")
        assert await crowded.once() > 0
        assert (crowded.asking.fetched, await crowded.count()) == (0, FEW)


async def test_a_sync_that_was_cut_off_goes_on_where_it_was(dav: Radicale, tmp_path: Path) -> None:
    async with following(dav, tmp_path, dav.book("few")) as crowded:

        class Cut(Exception):
            pass

        async def cut(progress: Progress) -> None:
            if progress.left <= FEW - 200:
                raise Cut

        with pytest.raises(Cut):
            await crowded.sync.sync(crowded.book, cut)
        assert await crowded.count() == 200
        await crowded.once()
        assert (crowded.asking.fetched, await crowded.count()) == (FEW - 200, FEW)


async def test_what_is_no_contact_is_left_out_and_not_asked_for_again(dav: Radicale, tmp_path: Path) -> None:
    await dav.make("odd")
    await dav.put("good.vcf", card("Good", "+12025550161"), name="odd")
    await dav.put("group.vcf", card("All of us", extra="X-ADDRESSBOOKSERVER-KIND:group\r\n"), name="odd")
    async with following(dav, tmp_path, dav.book("odd")) as crowded:
        await crowded.once()
        assert (crowded.asking.fetched, await crowded.count()) == (2, 1)
        assert await crowded.once(token="") <= 1
        assert crowded.asking.fetched == 0
        await dav.put("group.vcf", card("All of us", "+12025550162"), name="odd")
        await crowded.once()
        assert await crowded.count() == 2
        await dav.put("group.vcf", card("All of us", extra="X-ADDRESSBOOKSERVER-KIND:group\r\n"), name="odd")
        await crowded.once()
        assert await crowded.count() == 1


async def test_a_book_that_was_unlinked_meanwhile_leaves_nothing(dav: Radicale, tmp_path: Path) -> None:
    async with following(dav, tmp_path, dav.book("few")) as crowded:

        async def unlink(progress: Progress) -> None:
            await crowded.store.unlink(MUM, crowded.book.id)

        with pytest.raises(Problem) as caught:
            await crowded.sync.sync(crowded.book, unlink)
        assert caught.value.code.value == "unknown_book"
        assert await crowded.count() == 0


async def test_a_full_list_takes_what_fits_and_the_rest_when_there_is_room(
    dav: Radicale, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with following(dav, tmp_path, dav.book("few")) as crowded:
        monkeypatch.setattr(contact_lists, "MAX_CONTACTS", FEW - 50)
        for _ in range(2):
            with pytest.raises(Problem) as caught:
                await crowded.once()
            assert caught.value.code.value == "contact_limit"
            assert await crowded.count() == FEW - 50
        monkeypatch.setattr(contact_lists, "MAX_CONTACTS", FEW)
        await crowded.once()
        assert await crowded.count() == FEW


async def test_a_password_sealed_for_another_address_is_not_sent(dav: Radicale, tmp_path: Path) -> None:
    """Whoever can write into the database cannot have the password sent to themself."""
    async with following(dav, tmp_path, dav.book("few")) as crowded:
        asked = replace(crowded.book, url=dav.book("elsewhere"))
        with pytest.raises(Problem) as caught:
            await crowded.sync.sync(asked, crowded._told)
        assert caught.value.code.value == "book_refused"


async def test_thousands_show_progress_and_survive_a_kill_in_the_middle(
    dav: Radicale, tmp_path: Path
) -> None:
    async with living_at_home(tmp_path, *trusting(dav)) as home, Endpoint(home.server, home.mum) as mum:
        await mum.ok("set_contact_import", allowed=True)
        book = (await link(mum, dav.book("crowd")))["book"]["id"]
        view = await until(mum, book, lambda view: view["left"])
        assert 0 < view["contacts"] <= MANY - view["left"]
        await home.server.kill()
        await home.server.start()
        await mum.back()
        view = await until(mum, book, lambda view: idle(view) and view["synced"] is not None)
        assert (view["contacts"], view["left"]) == (MANY, None)
        assert len(await from_books(mum)) == MANY
