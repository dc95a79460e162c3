"""The log as it is kept: chains of signed entries, with their payloads as long as nobody takes these away."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from kith.core.trust.log import Head, LogEntry


@dataclass(frozen=True, slots=True)
class Line:
    """An entry and its payload, None where that was taken away. `person` is the one it is about, by id, or empty."""

    entry: LogEntry
    payload: bytes | None
    person: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """The latest first; `more` is where the next page begins, None where there is none."""

    lines: Sequence[Line]
    more: int | None


class JournalStore(Protocol):
    """Every method may raise Problem(storage_unavailable), and then has changed nothing."""

    async def append(self, lines: Sequence[Line], *, most: int) -> Head:
        """Entries of one chain. Those that are there already are left as they are. Returns how far the chain goes.
        Raises Problem(log_forked) where another entry has the number, (log_limit) beyond `most` in the chain."""
        ...

    async def write(self, owner: str, writer: bytes, entry: Callable[[Head | None], Line]) -> None:
        """The next entry of a chain, made once it is known where that ends."""
        ...

    async def page(self, owners: Sequence[str], before: int | None, limit: int) -> Page: ...

    async def chain(self, owner: str, writer: bytes, first: int, limit: int) -> Sequence[Line]:
        """In the order in which they were written."""
        ...

    async def delete(
        self, owner: str, writer: bytes, numbers: Sequence[int], line: Line, *, most: int
    ) -> None:
        """Take payloads away, and append `line`, which says so. Raises as `append` does."""
        ...

    async def about(self, person: str) -> Sequence[tuple[str, bytes, int]]:
        """Where something is written of a person: owner, writer and number."""
        ...

    async def heads(self, owners: Sequence[str]) -> Sequence[tuple[str, bytes, Head]]:
        """Owner, writer and how far it goes, of every chain."""
        ...
