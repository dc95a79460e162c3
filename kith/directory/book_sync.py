"""Brings one linked address book up to date: what has changed there becomes what has changed here.

The law of this file

    Contacts are fetched and kept a batch at a time, and what is kept is not fetched again: a sync that ends in the
    middle, because either server went away, goes on from there.
    The server's token is kept last, when everything before it has been taken.
    What is as it was is not written.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from kith.core.ids import PersonId, new_book
from kith.core.problem import Code, Problem
from kith.directory.asking import Asking
from kith.directory.bare_cards import bare
from kith.directory.book_account import Account, Changes
from kith.directory.books import MAX_BOOKS, Book, BookStore, Member, Step
from kith.directory.carddav import Resource
from kith.directory.contacts import Entry, Imported, entries_of
from kith.directory.legible import tidied
from kith.directory.sealing import Sealing
from kith.directory.vcards import read

BATCH = 100
"""Contacts of one question and one write: some 40 KiB without pictures, and 10 ms of the writer's time."""

DAY = 86_400.0
"""Seconds after which it is written down that a book is up to date although nothing else has changed."""

MAX_NAME = 64

THREADS = 2
"""In which books are read, and nothing else is: calls do not wait for a thread because somebody has large books."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A step was taken: what it did, and how many contacts are `left` to be fetched."""

    left: int
    did: Imported


class BookSync:
    """`region` is where a person's numbers without a country code are from."""

    def __init__(
        self,
        store: BookStore,
        asking: Asking,
        sealing: Sealing,
        region: Callable[[PersonId], Awaitable[str]],
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._asking = asking
        self._sealing = sealing
        self._region = region
        self._clock = clock
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="kith-books")

    def close(self) -> None:
        """Nobody waits for what is still being read."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def find(self, person: PersonId, url: str, account: str, password: str) -> list[Book]:
        """The address books that are meant by `url`, not linked yet. Raises Problem as Account does."""
        found = await Account(self._asking, account, password, slowly=self._slowly).find(url)
        return [
            self._sealed(
                Book(
                    id=new_book(),
                    person=person,
                    url=each.url,
                    account=account,
                    password=b"",
                    name=tidied(each.name)[:MAX_NAME],
                ),
                password,
            )
            for each in found[:MAX_BOOKS]
        ]

    def _sealed(self, book: Book, password: str) -> Book:
        return replace(book, password=self._sealing.seal(password, *_purpose(book)))

    async def sync(self, book: Book, told: Callable[[Progress], Awaitable[None]]) -> None:
        """Raises Problem as Account does, and `unknown_book`, `contact_limit`, `storage_unavailable`."""
        password = self._sealing.open(book.password, *_purpose(book))
        if password is None:
            raise Problem(Code.BOOK_REFUSED)
        account = Account(self._asking, book.account, password, slowly=self._slowly)
        changes = await account.changes(book.url, book.token)
        known = await self._store.members(book.id)
        gone = frozenset(known) - changes.listed.keys() if changes.whole else changes.gone & known.keys()
        wanted = _wanted(changes, known)
        if gone:
            await told(Progress(len(wanted), await self._store.take(book.id, Step(gone=gone))))
        await self._fetch(book, account, wanted, told)
        now = self._clock()
        stale = book.synced is None or now - book.synced > DAY
        if changes.token != book.token or book.problem is not None or stale:
            await self._store.settle(book.id, token=changes.token, at=now)

    async def _fetch(
        self,
        book: Book,
        account: Account,
        wanted: Sequence[Resource],
        told: Callable[[Progress], Awaitable[None]],
    ) -> None:
        if not wanted:
            return
        for start in range(0, len(wanted), BATCH):
            batch = wanted[start : start + BATCH]
            cards = await account.cards(book.url, batch)
            region = await self._region(book.person)  # it may be another one since the batch before
            step = await self._slowly(_step, cards, region)
            taken = await self._store.take(book.id, step)
            await told(Progress(len(wanted) - start - len(batch), taken))
            if taken.left:
                raise Problem(Code.CONTACT_LIMIT)

    async def _slowly(self, work: Callable[..., Any], *given: object) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *given)


def _purpose(book: Book) -> tuple[str, ...]:
    """A password is for this person, account and address: elsewhere it does not open."""
    return ("address book", book.person, book.url, book.account)


def _wanted(changes: Changes, known: Mapping[str, Member]) -> list[Resource]:
    """What is listed, but for what is here in that very version."""
    return [
        each
        for key, each in sorted(changes.listed.items())
        if not each.etag or key not in known or known[key].etag != each.etag
    ]


def _step(fetched: Iterable[Resource], region: str) -> Step:
    """A batch takes some 50 ms to read. What holds nobody who could be called is remembered as such."""
    members: dict[str, Member] = {}
    entries: list[Entry] = []
    gone: set[str] = set()
    for each in fetched:
        if each.gone:
            gone.add(each.key)
            continue
        cards, _ = read(bare(each.card) or "", most=1)
        entries += entries_of((replace(card, uid=each.key) for card in cards[:1]), region)
        members[each.key] = Member(each.etag, card=bool(cards))
    return Step(members, tuple(entries), frozenset(gone))
