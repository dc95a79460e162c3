"""Somebody's account with a server of address books: which books it has, what has changed in them, and the contacts.

The law of this file

    Everything is asked of the origin that the person named. What the server says of another one is told to the person
    (`not_an_address_book`, with `elsewhere`), who may name that instead; the password does not go there by itself.
    A server that knows no sync-collection (RFC 6578) is asked for the versions of everything instead.
    An answer that is too large is asked for again in halves.
"""

import asyncio
import base64
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from kith.core.problem import Code, Problem
from kith.directory.asking import Answer, Asking, Login, NoAnswer, Request, Why
from kith.directory.carddav import (
    Multistatus,
    NotDav,
    Resource,
    changes_since,
    describe,
    fetch,
    list_etags,
    understand,
)

MAX_MEMBERS = 12_000
"""Resources of one book: as many contacts as a person may have, and some groups."""

MAX_BYTES = 256 * 1024 * 1024
"""Of all answers in the life of one of these: 10,000 contacts with their pictures, and not a film."""

MAX_ORIGIN = 300
"""Signs of an origin that is told to a person: the longest name of a host has 253."""

_ROUNDS = 100
"""Answers to one question about changes: a server may give them in parts (RFC 6578, section 3.6)."""

_HOMES = 3
"""Places with address books that one account may have; all servers that are known have one."""


Slowly = Callable[..., Awaitable[Any]]
"""Runs a function, given with its arguments, in a thread: a book's list is a megabyte of XML."""


@dataclass(frozen=True, slots=True)
class Changes:
    """`listed` are new or changed, or all there is where it is `whole`. By their keys."""

    token: str
    listed: Mapping[str, Resource]
    gone: frozenset[str]
    whole: bool


class Account:
    """Short-lived: made for one conversation. Every method raises Problem: `book_unreachable`, `book_refused`,
    `not_an_address_book`, `address_not_allowed`."""

    def __init__(
        self, asking: Asking, name: str, password: str, *, slowly: Slowly = asyncio.to_thread
    ) -> None:
        self._asking = asking
        self._slowly = slowly
        basic = base64.b64encode(f"{name}:{password}".encode()).decode()  # RFC 7617
        self._credentials = {"Authorization": f"Basic {basic}"}
        self._login = Login(name, password)
        self._by_digest = False
        self._left = MAX_BYTES

    def __repr__(self) -> str:
        return "Account(redacted)"

    # -- which books there are ------------------------------------------------------------------------

    async def find(self, url: str) -> tuple[Resource, ...]:
        """The address books that a person means by an address: of a book, of an account, or of a server
        (RFC 6764, section 6)."""
        here = await self._describe(url)
        if here is not None and here.book:
            return (here,)
        books = () if here is None else await self._of_account(here)
        if not books:
            known = await self._describe(urljoin(url, "/.well-known/carddav"))
            books = () if known is None else await self._of_account(known)
        if not books and here is not None:
            books = await self._in(here.url)
        if not books:
            raise Problem(Code.NOT_AN_ADDRESS_BOOK, path="url")
        return books

    async def _describe(self, url: str) -> Resource | None:
        """None where there is nothing of the kind."""
        answer = await self._ask("PROPFIND", url, describe(), depth="0")
        if answer.status != 207:
            return None
        try:
            found = (await self._understood(answer)).resources
        except NotDav:
            return None
        return found[0] if found else None

    async def _of_account(self, start: Resource) -> tuple[Resource, ...]:
        homes = start.homes
        if not homes and start.principal:
            person = await self._describe(_here(start.principal, start.url))
            homes = () if person is None else person.homes
        books: list[Resource] = []
        for home in homes[:_HOMES]:
            books += await self._in(_here(home, start.url))
        return tuple(books)

    async def _in(self, home: str) -> tuple[Resource, ...]:
        answer = await self._ask("PROPFIND", home, describe(), depth="1")
        if answer.status != 207:
            return ()
        try:
            return tuple(each for each in (await self._understood(answer)).resources if each.book)
        except NotDav:
            return ()

    # -- what is in one of them -----------------------------------------------------------------------

    async def changes(self, book: str, token: str) -> Changes:
        """Since the state `token`; all there is where that is empty or means nothing to the server any more."""
        found = await self._changes_since(book, token) if token else None
        return found or await self._changes_since(book, "") or await self._by_etags(book)

    async def _changes_since(self, book: str, token: str) -> Changes | None:
        """None where the server will not say."""
        since, listed, gone = token, dict[str, Resource](), set[str]()
        for _ in range(_ROUNDS):
            answer = await self._ask("REPORT", book, changes_since(since), depth="0")
            if answer.status != 207:
                return None
            part = await self._read(answer)
            _sort(part, book, listed, gone)
            before, since = since, part.token
            if not any(each.truncated for each in part.resources) or since == before:
                return Changes(since, listed, frozenset(gone), whole=not token)
        raise Problem(Code.BOOK_UNREACHABLE)

    async def _by_etags(self, book: str) -> Changes:
        answer = await self._ask("PROPFIND", book, list_etags(), depth="1")
        if answer.status == 403:
            raise Problem(Code.BOOK_REFUSED)
        if answer.status != 207:
            raise Problem(Code.NOT_AN_ADDRESS_BOOK)
        found = await self._read(answer)
        listed, gone = dict[str, Resource](), set[str]()
        _sort(found, book, listed, gone)
        cut = any(each.truncated for each in found.resources)
        return Changes("", listed, frozenset(gone), whole=not cut)

    async def cards(self, book: str, wanted: Sequence[Resource]) -> list[Resource]:
        """Those of `wanted` that are (still) there, with their vCards; without where one alone is too large."""
        try:
            answer = await self._ask("REPORT", book, fetch(each.url for each in wanted), depth="1")
        except _TooLarge:
            if len(wanted) == 1:
                return list(wanted)
            half = len(wanted) // 2
            return [*await self.cards(book, wanted[:half]), *await self.cards(book, wanted[half:])]
        if answer.status != 207:
            raise Problem(Code.NOT_AN_ADDRESS_BOOK)
        asked = {each.key for each in wanted}
        return [each for each in (await self._read(answer)).resources if each.key in asked]

    # -- asking ---------------------------------------------------------------------------------------

    async def _read(self, answer: Answer) -> Multistatus:
        try:
            return await self._understood(answer)
        except NotDav:
            raise Problem(Code.NOT_AN_ADDRESS_BOOK) from None

    async def _understood(self, answer: Answer) -> Multistatus:
        """Raises NotDav."""
        found: Multistatus = await self._slowly(understand, answer.body, answer.url)
        return found

    async def _ask(self, method: str, url: str, body: bytes, *, depth: str) -> Answer:
        answer = await self._once(method, url, body, depth)
        if answer.status == 401 and not self._by_digest and _asks_for_digest(answer):
            self._by_digest = True
            answer = await self._once(method, url, body, depth)
        if answer.status == 401:
            raise Problem(Code.BOOK_REFUSED)
        if self._left < 0 or answer.status == 429 or (answer.status >= 500 and answer.status != 501):
            raise Problem(Code.BOOK_UNREACHABLE)
        return answer

    async def _once(self, method: str, url: str, body: bytes, depth: str) -> Answer:
        headers = {"Content-Type": "application/xml; charset=utf-8", "Depth": depth}
        if self._by_digest:
            request = Request(method, url, headers, body, self._login)
        else:
            request = Request(method, url, headers | self._credentials, body)
        try:
            answer = await self._asking.ask(request)
        except NoAnswer as none:
            raise _problem(none) from none
        self._left -= len(answer.body)
        return answer


def _asks_for_digest(answer: Answer) -> bool:
    """RFC 7616, section 3.3."""
    return answer.headers.get("www-authenticate", "").lower().startswith("digest ")


class _TooLarge(Problem):
    """A smaller question may have an answer."""


def _problem(none: NoAnswer) -> Problem:
    match none.why:
        case Why.ADDRESS:
            return Problem(Code.ADDRESS_NOT_ALLOWED, path="url")
        case Why.ELSEWHERE:
            return _elsewhere(none.elsewhere)
        case Why.TOO_LARGE:
            return _TooLarge(Code.BOOK_UNREACHABLE, data={"reason": none.why.value})
        case Why.UNREACHABLE | Why.CERTIFICATE | Why.TOO_SLOW:
            return Problem(Code.BOOK_UNREACHABLE, data={"reason": none.why.value})


def _elsewhere(origin: str) -> Problem:
    return Problem(
        Code.NOT_AN_ADDRESS_BOOK,
        path="url",
        data={"elsewhere": origin} if 0 < len(origin) <= MAX_ORIGIN else None,
    )


def _here(url: str, asked: str) -> str:
    """Raises Problem(not_an_address_book) unless `url` is at the origin that was asked."""
    parts, own = urlsplit(url), urlsplit(asked)
    if parts[:2] != own[:2]:
        raise _elsewhere(
            f"https://{parts.netloc}" if parts.scheme == "https" and "@" not in parts.netloc else ""
        )
    return url


def _sort(found: Multistatus, book: str, listed: dict[str, Resource], gone: set[str]) -> None:
    """A later part of an answer has the last word."""
    itself = Resource(book).key.rstrip("/")
    for each in found.resources:
        if each.collection or each.truncated or each.key.rstrip("/") == itself:
            continue
        listed.pop(each.key, None)
        gone.discard(each.key)
        if each.gone:
            gone.add(each.key)
        else:
            listed[each.key] = each
    if len(listed) > MAX_MEMBERS:
        raise Problem(Code.CONTACT_LIMIT)
