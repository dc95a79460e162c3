"""Address books that the person keeps elsewhere and has linked, as a personal endpoint sees them.

book = await endpoint.books.link("dav.example", "mum", password, acknowledged=1)
endpoint.on("books", show)      # while contacts come, and whenever else one of them changes
await endpoint.books.unlink(book.id)
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from kith.core.problem import Code, Problem
from signaling import protocol
from signaling.protocol import AnyReply, BookView, Command

T = TypeVar("T", bound=AnyReply)


class Books:
    """`ask` sends a command, `new_id` makes its id. Everything here raises Problem and dialling.Unreachable."""

    def __init__(self, *, ask: Callable[[Command], Awaitable[AnyReply]], new_id: Callable[[], str]) -> None:
        self._ask = ask
        self._new_id = new_id

    async def link(self, url: str, account: str, password: str, *, acknowledged: int) -> BookView:
        """Follow an address book; of an account with several all of them, and the first is returned.

        `acknowledged` is the version of what the person was shown that this means. Problem: `import_not_allowed`,
        `terms_not_acknowledged`, `book_limit`, and what is wrong with the address, the account or its server.
        """
        command = protocol.LinkBook(
            id=self._new_id(), url=url, account=account, password=password, acknowledged=acknowledged
        )
        return (await self._request(command, protocol.BookLinked)).book

    async def all(self) -> tuple[BookView, ...]:
        return (await self._request(protocol.ListBooks(id=self._new_id()), protocol.Books)).books

    async def sync(self, book: str) -> None:
        """Have it looked at now; the event `books` says what comes of it."""
        await self._request(protocol.SyncBook(id=self._new_id(), book=book), protocol.Ok)

    async def unlink(self, book: str) -> None:
        """Forget it, with all contacts that came from it."""
        await self._request(protocol.UnlinkBook(id=self._new_id(), book=book), protocol.Ok)

    async def _request(self, command: Command, kind: type[T]) -> T:
        reply = await self._ask(command)
        if not isinstance(reply, kind):
            raise Problem(Code.MALFORMED)
        return reply
