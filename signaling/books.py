"""A person's linked address books: the commands about them, and following them.

The law of this file

    Each book is looked at when its deadline comes, when an app of the person comes, or when it is asked for; a person's
    books one after another, so that no two of them look at the same list at once.
    What is wrong with a book is in its view, and nowhere else: nobody is answered late or with a problem because
    a server elsewhere has one. Only linking waits for that server, and not for long.
    Nothing is kept of a book that was unlinked, whatever was under way.
"""

import asyncio
import logging
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Protocol

from kith.core.ids import BookId, PersonId
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.directory.asking import Asking, Why
from kith.directory.book_sync import BookSync, Progress
from kith.directory.books import MAX_BOOKS, TERMS, Book, BookStore
from kith.directory.following import Pace
from kith.directory.model import Endpoint
from kith.directory.ports import DirectoryStore
from kith.directory.registry import registered
from kith.directory.sealing import Sealing
from signaling import protocol as wire
from signaling.deadlines import Deadlines
from signaling.limits import Bucket
from signaling.sessions import Sessions

log = logging.getLogger(__name__)

LINKING = 20.0
"""Seconds that whoever links a book waits at most, for some five answers."""

LONGEST = 900.0
"""Seconds of one sync: 10,000 contacts from a slow server take some 5 minutes. What has been taken by then stays."""

AT_ONCE = 8
"""Books that are fetched at the same time, of different persons. They mostly wait for their servers."""

TELL_EVERY = 1.0
"""Seconds between two pieces of news about the same sync."""

LINKS = (1 / 60, 20.0)
LOOKS = (1 / 10, 20.0)
"""How often one person may have another server asked, a second and at once: to link, where passwords could be
tried, and to look at a book."""

Command = wire.LinkBook | wire.ListBooks | wire.UnlinkBook | wire.SyncBook
BOOK_COMMANDS = (wire.LinkBook, wire.ListBooks, wire.UnlinkBook, wire.SyncBook)

_OVER = frozenset({Code.UNKNOWN_BOOK, Code.IMPORT_NOT_ALLOWED})


class ContactList(Protocol):
    """What books need of whoever keeps contacts."""

    async def region(self, person: PersonId) -> str:
        """The country of numbers that are written without one."""
        ...

    async def changed(self, person: PersonId) -> None:
        """Some of a person's contacts are other ones now: tell, and look up who they are."""
        ...


@dataclass(frozen=True, slots=True)
class Shelving:
    """What books are made of."""

    store: BookStore
    asking: Asking
    sealing: Sealing
    pace: Pace


@dataclass(slots=True)
class _Followed:
    """`tried` is when it was last looked at, `left` how many contacts the sync under way has still to fetch."""

    book: Book
    next: float | None = None
    tried: float | None = None
    left: int | None = None
    sync: asyncio.Task[None] | None = None


@dataclass(slots=True)
class _Shelf:
    """Somebody's books. `turn`: one of them at a time."""

    linking: Bucket
    asking: Bucket
    books: dict[BookId, _Followed] = field(default_factory=dict)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class BookDesk:
    """`chance` gives numbers in 0..1."""

    def __init__(
        self,
        *,
        shelving: Shelving,
        contacts: ContactList,
        directory: DirectoryStore,
        sessions: Sessions,
        deadlines: Deadlines,
        clock: Callable[[], float],
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._store = shelving.store
        self._pace = shelving.pace
        self._sync = BookSync(shelving.store, shelving.asking, shelving.sealing, contacts.region, clock)
        self._contacts = contacts
        self._directory = directory
        self._sessions = sessions
        self._deadlines = deadlines
        self._clock = clock
        self._chance = chance
        self._shelves: dict[PersonId, _Shelf] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._closed = False

    async def load(self) -> None:
        """Follow whatever is linked, from where the last life of the server has left it."""
        now = self._clock()
        for book in await self._store.books():
            self._follow(book, self._pace.at_start(now, book.synced, self._chance()))

    async def close(self) -> None:
        """End what is under way, and begin nothing more; it goes on after the next start."""
        self._closed = True
        syncs = [one.sync for shelf in self._shelves.values() for one in shelf.books.values() if one.sync]
        for sync in syncs:
            sync.cancel()
        if syncs:
            await asyncio.wait(syncs)
        self._sync.close()

    # -- commands -------------------------------------------------------------------------------------

    async def carry_out(self, principal: Principal, command: Command) -> wire.AnyReply:
        """One of a signed-in person's. Raises Problem."""
        person = registered(principal)
        match command:
            case wire.LinkBook():
                return await self._link(person, command)
            case wire.ListBooks():
                return wire.Books(re=command.id, books=self._views(person))
            case wire.UnlinkBook():
                await self._unlink(person, self._own(person, command.book))
            case wire.SyncBook():
                followed = self._own(person, command.book)
                if followed.sync is None:
                    self._shelf(person).asking.take(self._clock())
                    self._begin(followed)
        return wire.Ok(re=command.id)

    async def _link(self, person: PersonId, command: wire.LinkBook) -> wire.BookLinked:
        if command.acknowledged != TERMS:
            raise Problem(Code.TERMS_NOT_ACKNOWLEDGED, path="acknowledged", data={"version": TERMS})
        if ":" in command.account:
            raise Problem(Code.INVALID, path="account")  # RFC 7617, section 2
        await self._store.check_allowed(person)
        self._shelf(person).linking.take(self._clock())
        try:
            async with asyncio.timeout(LINKING):
                found = await self._sync.find(person, _whole(command.url), command.account, command.password)
        except TimeoutError:
            raise Problem(Code.BOOK_UNREACHABLE, data={"reason": Why.TOO_SLOW.value}) from None
        linked = [self._relinked(book) for book in await self._store.link(found, most=MAX_BOOKS)]
        for followed in linked:
            self._begin(followed)
        await self._tell(person)
        return wire.BookLinked(re=command.id, book=_view(linked[0]))

    def _relinked(self, book: Book) -> _Followed:
        """A book that is new or has another password: what was under way with the old one ends."""
        before = self._shelf(book.person).books.get(book.id)
        if before is not None:
            _cancel(before)
        return self._follow(book, None)

    async def _unlink(self, person: PersonId, followed: _Followed) -> None:
        await self._store.unlink(person, followed.book.id)
        self._forget(followed)
        await self._tell(person)
        await self._contacts.changed(person)

    async def unlinked(self, person: PersonId) -> None:
        """All of a person's books are gone from the store."""
        books = list(self._shelf(person).books.values())
        for followed in books:
            self._forget(followed)
        if books:
            await self._tell(person)

    def _own(self, person: PersonId, book: str) -> _Followed:
        followed = self._shelf(person).books.get(BookId(book))
        if followed is None:
            raise Problem(Code.UNKNOWN_BOOK, path="book")
        return followed

    # -- following ------------------------------------------------------------------------------------

    def signed_in(self, endpoint: Endpoint) -> None:
        """An app of somebody's has come: their books had better be as they are. Not where the password is wrong, which
        no app's coming mends."""
        if (
            endpoint.person is None
            or endpoint.shared
            or endpoint.waiting
            or endpoint.person not in self._shelves
        ):
            return
        now = self._clock()
        for followed in self._shelves[endpoint.person].books.values():
            old = followed.tried is None or not 0.0 <= now - followed.tried <= self._pace.fresh
            if old and followed.book.problem is not Code.BOOK_REFUSED:
                self._begin(followed)

    def _follow(self, book: Book, when: float | None) -> _Followed:
        followed = _Followed(book, tried=book.synced)
        self._shelf(book.person).books[book.id] = followed
        self._set(followed, when)
        return followed

    def _set(self, followed: _Followed, when: float | None) -> None:
        followed.next = when
        self._deadlines.set(_key(followed), when, lambda: self._begin(followed))

    def _forget(self, followed: _Followed) -> None:
        self._set(followed, None)
        _cancel(followed)
        self._shelf(followed.book.person).books.pop(followed.book.id, None)

    def _begin(self, followed: _Followed) -> None:
        """Unless it is under way. Returns at once."""
        if followed.sync is None and not self._closed:
            self._set(followed, None)
            followed.sync = asyncio.get_running_loop().create_task(self._work(followed))

    async def _work(self, followed: _Followed) -> None:
        shelf = self._shelf(followed.book.person)
        try:
            async with shelf.turn, self._slots:
                followed.tried = self._clock()
                problem = await self._bring_up_to_date(followed)
        finally:
            followed.sync, followed.left = None, None
        if shelf.books.get(followed.book.id) is not followed:
            return
        if problem in _OVER:
            self._forget(followed)
        else:
            self._set(
                followed, self._pace.after(self._clock(), problem, followed.book.failures, self._chance())
            )
        await self._tell(followed.book.person)

    async def _bring_up_to_date(self, followed: _Followed) -> Code | None:
        """What was in the way, if anything; it is in the book's view then."""
        before = followed.book
        try:
            async with asyncio.timeout(LONGEST):
                current = await self._store.book(before.id)
                if current is None:
                    return Code.UNKNOWN_BOOK
                owner = await self._directory.person(current.person)
                if owner is None or owner.registered is None or owner.suspended is not None:
                    return None  # nothing is asked in the name of who may not ask; the book is there when they may
                followed.book = replace(current, failures=before.failures)
                await self._sync.sync(current, _Telling(self, followed).told)
        except TimeoutError:
            problem = Code.BOOK_UNREACHABLE
        except Problem as refusal:
            problem = refusal.code
        except Exception:
            log.exception("book not followed: book=%s", before.id)
            problem = Code.INTERNAL
        else:
            followed.book = replace(followed.book, synced=self._clock(), problem=None, failures=0)
            return None
        await self._failed(followed, problem)
        return problem

    async def _failed(self, followed: _Followed, problem: Code) -> None:
        """It is written down when it is something new: a server that is away for a week is one line on the disk."""
        log.info("book not followed: book=%s code=%s", followed.book.id, problem.value)
        failures = followed.book.failures + 1
        if followed.book.problem is not problem and problem not in _OVER:
            with suppress(Problem):
                await self._store.fail(followed.book.id, problem, failures)
        followed.book = replace(followed.book, problem=problem, failures=failures)

    # -- telling --------------------------------------------------------------------------------------

    def _shelf(self, person: PersonId) -> _Shelf:
        found = self._shelves.get(person)
        if found is None:
            now = self._clock()
            found = _Shelf(linking=Bucket(*LINKS, now), asking=Bucket(*LOOKS, now))
            self._shelves[person] = found
        return found

    def _views(self, person: PersonId) -> tuple[wire.BookView, ...]:
        return tuple(_view(followed) for followed in self._shelf(person).books.values())

    async def _tell(self, person: PersonId) -> None:
        """All of the person's endpoints that are here. Whoever is not asks when they come."""
        with suppress(Problem):
            for one in await self._directory.endpoints_for(person):
                if not one.shared and not one.waiting:
                    self._sessions.push(one.id, wire.BooksChanged(books=self._views(person)))

    async def progress(self, person: PersonId, *, changed: bool) -> None:
        """In the middle of a sync."""
        await self._tell(person)
        if changed:
            await self._contacts.changed(person)


class _Telling:
    """Counts what a sync does, and tells of it now and then; of the last step always."""

    def __init__(self, desk: BookDesk, followed: _Followed) -> None:
        self._desk = desk
        self._followed = followed
        self._last = asyncio.get_running_loop().time() - TELL_EVERY
        self._changed = False

    async def told(self, progress: Progress) -> None:
        followed, did = self._followed, progress.did
        followed.left = progress.left
        followed.book = replace(followed.book, contacts=followed.book.contacts + did.added - did.removed)
        self._changed = self._changed or did.wrote
        now = asyncio.get_running_loop().time()
        if progress.left == 0 or now - self._last >= TELL_EVERY:
            self._last, changed, self._changed = now, self._changed, False
            await self._desk.progress(followed.book.person, changed=changed)


def _whole(url: str) -> str:
    """As people write addresses: without the scheme."""
    url = url.strip()
    return url if "://" in url else f"https://{url}"


def _view(followed: _Followed) -> wire.BookView:
    book = followed.book
    return wire.BookView(
        id=book.id,
        name=book.name,
        url=book.url,
        account=book.account,
        contacts=book.contacts,
        synced=book.synced,
        problem=book.problem,
        left=followed.left,
        next=followed.next,
    )


def _cancel(followed: _Followed) -> None:
    if followed.sync is not None:
        followed.sync.cancel()


def _key(followed: _Followed) -> str:
    return f"book {followed.book.id}"
