"""The messages about address books that a person keeps elsewhere and has linked. Pure."""

from typing import Annotated, ClassVar

from msgspec import Meta

from kith.core.problem import Code
from signaling.protocol.envelope import Command, Event, Part, Reply
from signaling.protocol.fields import BookRef

MAX_URL = 4_096
"""Of a book's address, which its own server may have written otherwise than the person did."""

BookUrl = Annotated[str, Meta(min_length=4, max_length=512)]
Account = Annotated[str, Meta(min_length=1, max_length=128)]
Password = Annotated[str, Meta(min_length=1, max_length=256)]


class BookView(Part, frozen=True, kw_only=True):
    """One of the viewer's address books. `contacts` came from it so far.

    `synced` is when they were last those of the book, absent if never; `problem` what has been in the way since.
    `left` are still to be fetched, and absent unless that goes on. `next` is when it is looked at again.
    """

    id: BookRef
    name: Annotated[str, Meta(min_length=0, max_length=64)]
    url: Annotated[str, Meta(min_length=0, max_length=MAX_URL)]
    account: Account
    contacts: int
    synced: float | None = None
    problem: Code | None = None
    left: int | None = None
    next: float | None = None


OwnBooks = Annotated[tuple[BookView, ...], Meta(max_length=5)]


class LinkBook(Command, frozen=True, kw_only=True, tag="link_book"):
    """Follow an address book (CardDAV). `url` is its own address, or that of an account or a server on which the
    account's books are found. `acknowledged` is the version of what the person was shown that this means."""

    url: BookUrl
    account: Account
    password: Password
    acknowledged: Annotated[int, Meta(ge=1, le=65_535)]

    aside: ClassVar[bool] = True

    def __repr__(self) -> str:
        return f"LinkBook(id={self.id!r})"  # a password is in no log


class ListBooks(Command, frozen=True, kw_only=True, tag="list_books"):
    """The own address books."""


class UnlinkBook(Command, frozen=True, kw_only=True, tag="unlink_book"):
    """Forget an address book, its password, and all contacts that came from it."""

    book: BookRef


class SyncBook(Command, frozen=True, kw_only=True, tag="sync_book"):
    """Look at an address book now. What comes of it, `books_changed` and `contacts_changed` tell."""

    book: BookRef


class BookLinked(Reply, frozen=True, kw_only=True, tag="book_linked"):
    """The book; of an account with several the first, and `books_changed` has all. Its contacts are on their way."""

    book: BookView


class Books(Reply, frozen=True, kw_only=True, tag="books"):
    books: OwnBooks


class BooksChanged(Event, frozen=True, kw_only=True, tag="books_changed"):
    """All of the own address books as they are now; it replaces the old list. While one is fetched, every second."""

    books: OwnBooks
