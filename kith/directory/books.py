"""Address books that people keep elsewhere and have linked: what is known of each, and what keeps it.

The contacts of a book are contacts like others (kith.directory.contacts), marked with the book they come from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from kith.core.ids import BookId, PersonId
from kith.core.problem import Code
from kith.directory.contacts import Entry, Imported

TERMS = 1
"""The version of what people are shown before they link a book: limits, charges, what goes where. Whoever changes
the words (in the app's language files) changes this, and links from then on need another look."""

MAX_BOOKS = 5
"""Of one person. More would be an archive."""


@dataclass(frozen=True, slots=True)
class Book:
    """One address book. `url` is the collection itself, `password` as kith.directory.sealing seals it.

    `token` is the state up to which the server's changes have been taken, empty where it has no such thing.
    `synced` is when the contacts were last those of the server (Unix seconds), `problem` what was in the way of that
    since, `failures` how often in a row.
    """

    id: BookId
    person: PersonId
    url: str
    account: str
    password: bytes = field(repr=False)
    name: str = ""
    token: str = field(default="", repr=False)
    contacts: int = 0
    synced: float | None = None
    problem: Code | None = None
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Member:
    """A resource of a book, as it was last fetched. `card`: it is a contact, not a group or something unreadable."""

    etag: str
    card: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A part of what has changed in a book. `members` are by their keys, as `gone` is; each entry's uid is the key of
    the member that it is of."""

    members: Mapping[str, Member] = field(default_factory=dict)
    entries: Sequence[Entry] = ()
    gone: frozenset[str] = frozenset()


class BookStore(Protocol):
    """Implemented by kith.store.books; every method may raise Problem(storage_unavailable), and then has changed
    nothing."""

    async def books(self) -> Sequence[Book]:
        """Everybody's."""
        ...

    async def book(self, book: BookId) -> Book | None: ...
    async def check_allowed(self, person: PersonId) -> None:
        """Problem(import_not_allowed) unless the person allows that contacts are imported."""
        ...

    async def link(self, books: Sequence[Book], *, most: int) -> Sequence[Book]:
        """Add books of one person, or give those that are linked already another password; returns them as they are.
        Problem(book_limit) where there would be more than `most`, Problem(import_not_allowed)."""
        ...

    async def unlink(self, person: PersonId, book: BookId) -> bool:
        """Forget it and all its contacts. False if there is no such book."""
        ...

    async def members(self, book: BookId) -> Mapping[str, Member]: ...
    async def take(self, book: BookId, step: Step) -> Imported:
        """Make the book's contacts what the step says, as far as there is room: where there is not, its members are
        not remembered and are to be fetched again.
        Problem(unknown_book) if it was unlinked meanwhile."""
        ...

    async def settle(self, book: BookId, *, token: str, at: float) -> None:
        """All of the server's changes up to `token` have been taken."""
        ...

    async def fail(self, book: BookId, problem: Code, failures: int) -> None: ...
