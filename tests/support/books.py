"""Linked address books in tests, over the wire."""

from collections.abc import Callable
from typing import Any

from tests.support.contacts import whole_list
from tests.support.radicale import ACCOUNT, PASSWORD, Radicale
from tests.support.wire import Endpoint, Message


def trusting(dav: Radicale) -> tuple[str, ...]:
    """What an operator would say to allow a server at home."""
    return ("--allow-private-address=127.0.0.0/8", f"--trust-ca={dav.made.ca}")


async def link(endpoint: Endpoint, url: str, **fields: Any) -> Message:
    asked = {"url": url, "account": ACCOUNT, "password": PASSWORD, "acknowledged": 1} | fields
    return await endpoint.ask("link_book", **asked)


async def until(endpoint: Endpoint, book: str, test: Callable[[Message], bool]) -> Message:
    """Wait until a book's view says something."""
    views = (await endpoint.ok("list_books"))["books"]
    while True:
        found: Message | None = next((one for one in views if one["id"] == book), None)
        if found is not None and test(found):
            return found
        views = (await endpoint.event("books_changed"))["books"]


def idle(view: Message) -> bool:
    """It is up to date or has failed, and nothing is under way."""
    return view["next"] is not None


async def linked(endpoint: Endpoint, url: str) -> str:
    """A book that has been linked and fetched; returns its id."""
    await endpoint.ok("set_contact_import", allowed=True)
    reply = await link(endpoint, url)
    assert reply["t"] == "book_linked", reply
    book = str(reply["book"]["id"])
    view = await until(endpoint, book, lambda view: idle(view) and view["synced"] is not None)
    assert view["problem"] is None
    return book


async def synced(endpoint: Endpoint, book: str) -> Message:
    """Ask for a look at a book, and wait for what comes of it."""
    await endpoint.ok("sync_book", book=book)
    return await until(endpoint, book, idle)


async def from_books(endpoint: Endpoint) -> dict[str, list[str]]:
    """Name to numbers, of the contacts that are imported from books."""
    contacts, _ = await whole_list(endpoint)
    return {
        name: [number["number"] for number in one["numbers"]]
        for name, one in contacts.items()
        if one["source"] == "book"
    }
