"""When linked address books are looked at, and what becomes of it. Time and the other server are the test's."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from kith.core.ids import BookId, EndpointId, HouseholdId, PersonId, new_book
from kith.core.keys import KeyPair
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.directory.asking import Answer, Request
from kith.directory.books import Book, Member, Step
from kith.directory.contacts import Imported
from kith.directory.following import Pace
from kith.directory.model import Person
from kith.directory.sealing import Sealing
from signaling import protocol as wire
from signaling.books import BookDesk, Shelving

MUM, DAD = PersonId("p_" + "m" * 20), PersonId("p_" + "d" * 20)
SEALING = Sealing(KeyPair.generate())
NOTHING_NEW = b"<multistatus xmlns='DAV:'><sync-token>1</sync-token></multistatus>"


@dataclass
class World:
    """The store, the other server, the list of contacts, the directory, the sessions and the clock."""

    now: float = 1_000_000.0
    status: int = 207
    shelf: dict[BookId, Book] = field(default_factory=dict)
    due: dict[str, tuple[float, Callable[[], None]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    suspended: set[PersonId] = field(default_factory=set)
    failed: list[Code] = field(default_factory=list)
    told: list[tuple[wire.BookView, ...]] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)
    quiet: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.open.set()
        self.desk = BookDesk(
            shelving=Shelving(self, self, SEALING, Pace()),
            contacts=self,
            directory=self,  # type: ignore[arg-type]
            sessions=self,  # type: ignore[arg-type]
            deadlines=self,  # type: ignore[arg-type]
            clock=lambda: self.now,
            chance=lambda: 0.5,
        )

    # the other server
    async def ask(self, request: Request) -> Answer:
        self.asked.append(request.url)
        await self.open.wait()
        return Answer(self.status, request.url, {}, NOTHING_NEW)

    # the store
    async def books(self) -> Sequence[Book]:
        return list(self.shelf.values())

    async def book(self, book: BookId) -> Book | None:
        return self.shelf.get(book)

    async def check_allowed(self, person: PersonId) -> None: ...

    async def link(self, books: Sequence[Book], *, most: int) -> Sequence[Book]:
        raise NotImplementedError

    async def unlink(self, person: PersonId, book: BookId) -> bool:
        return self.shelf.pop(book, None) is not None

    async def members(self, book: BookId) -> Mapping[str, Member]:
        return {}

    async def take(self, book: BookId, step: Step) -> Imported:
        raise NotImplementedError

    async def settle(self, book: BookId, *, token: str, at: float) -> None:
        self.shelf[book] = replace(self.shelf[book], token=token, synced=at, problem=None, failures=0)

    async def fail(self, book: BookId, problem: Code, failures: int) -> None:
        self.failed.append(problem)
        self.shelf[book] = replace(self.shelf[book], problem=problem, failures=failures)

    # contacts, directory, sessions, deadlines
    async def region(self, person: PersonId) -> str:
        return "US"

    async def changed(self, person: PersonId) -> None: ...

    async def person(self, person: PersonId) -> Person:
        suspended = 1.0 if person in self.suspended else None
        return Person(person, HouseholdId("h_1"), "Mum", "+12025550001", registered=1.0, suspended=suspended)

    async def endpoints_for(self, person: PersonId) -> list[Any]:
        return [_Endpoint(person)]

    def push(self, endpoint: EndpointId, event: wire.BooksChanged) -> None:
        self.told.append(event.books)
        self.quiet.set()

    def set(self, key: str, when: float | None, callback: Callable[[], None]) -> None:
        self.due.pop(key, None)
        if when is not None:
            self.due[key] = (when, callback)

    # what a test does
    def add(self, person: PersonId = MUM, **fields: Any) -> Book:
        book = Book(
            id=new_book(),
            person=person,
            url=f"https://dav.example/{len(self.shelf)}/",
            account="a",
            password=b"",
        )
        sealed = SEALING.seal("secret", "address book", person, book.url, "a")
        self.shelf[book.id] = replace(book, password=sealed, **fields)
        return self.shelf[book.id]

    async def said(self) -> tuple[wire.BookView, ...]:
        """Wait until people are told of something."""
        async with asyncio.timeout(20):
            await self.quiet.wait()
        self.quiet.clear()
        return self.told[-1]

    async def pass_time(self) -> float:
        """Until the next deadline; returns how long that was, once what it began is over."""
        key, (when, callback) = min(self.due.items(), key=lambda one: one[1][0])
        waited, self.now = when - self.now, max(when, self.now)
        del self.due[key]
        callback()
        await self.said()
        return waited


@dataclass
class _Endpoint:
    person: PersonId | None
    shared: bool = False
    waiting: bool = False
    id: str = "e_" + "1" * 20


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    yield world
    await world.desk.close()


async def ask(world: World, command: Any, person: PersonId = MUM) -> Any:
    principal = Principal(EndpointId("e_" + "1" * 20), "h_1", person, registered=True, shared=False)  # type: ignore[arg-type]
    return await world.desk.carry_out(principal, command)


async def test_a_book_is_looked_at_every_hour(world: World) -> None:
    book = world.add()
    await world.desk.load()
    assert await world.pass_time() < 120, "soon after the start"
    for _ in range(3):
        assert await world.pass_time() == pytest.approx(3600)
    assert world.asked == [book.url] * 4
    assert world.told[-1][0].next == pytest.approx(world.now + 3600)


async def test_a_server_that_is_away_is_asked_less_and_less_often(world: World) -> None:
    world.add(token="1", synced=world.now)
    await world.desk.load()
    world.status = 503
    assert await world.pass_time() == pytest.approx(3600)
    waits = [await world.pass_time() for _ in range(12)]
    assert waits[:4] == pytest.approx([300, 600, 1200, 2400])
    assert waits[-1] == pytest.approx(86_400)
    assert world.failed == [Code.BOOK_UNREACHABLE], "written down once"
    assert world.told[-1][0].problem is Code.BOOK_UNREACHABLE
    world.status = 207
    await world.pass_time()
    assert world.told[-1][0].problem is None
    assert await world.pass_time() == pytest.approx(3600)


async def test_an_app_that_comes_has_only_old_books_looked_at(world: World) -> None:
    book = world.add(token="1", synced=world.now - 60)
    old = world.add(token="1", synced=world.now - 400)
    refused = world.add(token="1", synced=world.now - 400, problem=Code.BOOK_REFUSED, failures=1)
    await world.desk.load()
    for endpoint in (
        _Endpoint(None),
        _Endpoint(MUM, shared=True),
        _Endpoint(MUM, waiting=True),
        _Endpoint(DAD),
    ):
        world.desk.signed_in(endpoint)  # type: ignore[arg-type]
    world.desk.signed_in(_Endpoint(MUM))  # type: ignore[arg-type]
    await world.said()
    assert world.asked == [old.url]
    world.now += 200
    world.desk.signed_in(_Endpoint(MUM))  # type: ignore[arg-type]
    world.now += 100
    world.desk.signed_in(_Endpoint(MUM))  # type: ignore[arg-type]
    await world.said()
    assert world.asked == [old.url, book.url]
    assert refused.url not in world.asked


async def test_nothing_is_asked_for_whoever_is_suspended(world: World) -> None:
    book = world.add(token="1", synced=world.now)
    await world.desk.load()
    world.suspended.add(MUM)
    for _ in range(3):
        await world.pass_time()
    assert world.asked == [] and world.told[-1][0].problem is None
    world.suspended.clear()
    await world.pass_time()
    assert world.asked == [book.url]


async def test_a_persons_books_take_turns_and_others_do_not_wait(world: World) -> None:
    first, _ = world.add(), world.add()
    other = world.add(DAD)
    await world.desk.load()
    world.open.clear()
    for key in list(world.due):
        world.due.pop(key)[1]()
    for _ in range(20):
        await asyncio.sleep(0)
    assert set(world.asked) == {first.url, other.url}
    await ask(world, wire.SyncBook(id="1", book=first.id))
    assert len(world.asked) == 2, "it is under way"
    world.open.set()
    while len(world.asked) < 3:
        await world.said()
    await world.desk.close()


async def test_what_is_unlinked_is_not_looked_at_again(world: World) -> None:
    book, other = world.add(), world.add()
    await world.desk.load()
    world.open.clear()
    world.due[f"book {book.id}"][1]()
    for _ in range(20):
        await asyncio.sleep(0)
    assert world.asked == [book.url]
    await ask(world, wire.UnlinkBook(id="1", book=book.id))
    assert [view.id for view in world.told[-1]] == [other.id]
    assert f"book {book.id}" not in world.due
    with pytest.raises(Problem) as caught:
        await ask(world, wire.SyncBook(id="2", book=book.id))
    assert caught.value.code is Code.UNKNOWN_BOOK
    await world.desk.unlinked(MUM)
    assert world.told[-1] == () and world.due == {}


async def test_a_book_that_went_with_its_person_is_forgotten(world: World) -> None:
    book = world.add()
    await world.desk.load()
    world.shelf.clear()
    await world.pass_time()
    assert (world.due, world.asked, world.told[-1]) == ({}, [], ())
    assert book.id not in world.shelf


async def test_nothing_begins_when_the_server_leaves(world: World) -> None:
    world.add()
    await world.desk.load()
    ((_, callback),) = world.due.values()
    await world.desk.close()
    callback()
    for _ in range(20):
        await asyncio.sleep(0)
    assert world.asked == []


async def test_asking_again_and_again_is_refused(world: World) -> None:
    book = world.add(token="1", synced=world.now)
    await world.desk.load()
    with pytest.raises(Problem) as caught:  # noqa: PT012 - one of them
        for _ in range(50):
            await ask(world, wire.SyncBook(id="1", book=book.id))
            await world.said()
    assert caught.value.code is Code.RATE_LIMITED
