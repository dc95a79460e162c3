"""The own contacts, as a personal endpoint sees and changes them. A shared one has none: `not_permitted`.

await endpoint.contacts.allow_import(allowed=True)
done = await endpoint.contacts.import_file(Path("contacts.vcf"), progress=show)
mum = await endpoint.contacts.add("Mum", ("mobile", "(202) 555-0147"))
for contact in await endpoint.contacts.all(): ...
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from kith.core.contacts import CardFault
from kith.core.problem import Code, Problem
from kith.endpoint.card_files import CardPart, parts_of
from signaling import protocol
from signaling.protocol import AnyReply, Command, ContactView, ImportProblem, WrittenNumber

Progress = Callable[[int, int], None]
"""Told how many bytes of how many of a file have been imported."""

T = TypeVar("T", bound=AnyReply)


@dataclass(frozen=True, slots=True)
class Imported:
    """How many cards of a file did what, and which lines of it were left out."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    problems: tuple[ImportProblem, ...] = ()

    def plus(self, other: "Imported") -> "Imported":
        return Imported(
            self.added + other.added,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.problems + other.problems,
        )


class Contacts:
    """`ask` sends a command, `new_id` makes its id. Everything here raises Problem and dialling.Unreachable."""

    def __init__(self, *, ask: Callable[[Command], Awaitable[AnyReply]], new_id: Callable[[], str]) -> None:
        self._ask = ask
        self._new_id = new_id
        self._known: dict[str, ContactView] = {}
        self._revision = 0
        self._told = 0
        self._asking = asyncio.Lock()

    # -- the list -----------------------------------------------------------------------------------

    async def all(self) -> tuple[ContactView, ...]:
        """The whole list, by name; only what has changed since the last time is asked for."""
        async with self._asking:
            more = self._revision == 0 or self._revision != self._told
            while more:
                more = await self._catch_up()
            return tuple(sorted(self._known.values(), key=lambda one: (one.name.casefold(), one.id)))

    async def _catch_up(self) -> bool:
        command = protocol.ListContacts(id=self._new_id(), since=self._revision)
        reply = await self._request(command, protocol.Contacts)
        if reply.whole:
            self._known.clear()
        for gone in reply.removed:
            self._known.pop(gone, None)
        self._known.update({one.id: one for one in reply.contacts})
        self._revision = reply.revision
        return reply.more

    def changed(self, revision: int) -> None:
        """The list has this revision, says the server."""
        self._told = revision

    def called(self, person: str) -> str:
        """What a person is called in the list, as far as it is here; empty if nothing is known of them."""
        names = (
            one.name for one in self._known.values() for number in one.numbers if number.person == person
        )
        return next(names, "")

    # -- by hand ------------------------------------------------------------------------------------

    async def add(
        self, name: str, *numbers: tuple[str, str], nickname: str = "", organization: str = ""
    ) -> ContactView:
        """Add a contact; `numbers` are pairs of label and number."""
        command = protocol.AddContact(
            id=self._new_id(),
            name=name,
            nickname=nickname,
            organization=organization,
            numbers=_written(numbers),
        )
        return (await self._request(command, protocol.ContactSaved)).contact

    async def edit(
        self, contact: str, name: str, *numbers: tuple[str, str], nickname: str = "", organization: str = ""
    ) -> ContactView:
        """Put all of this in the place of what a contact was. Problem(imported_contact) unless it was added by hand."""
        command = protocol.EditContact(
            id=self._new_id(),
            contact=contact,
            name=name,
            nickname=nickname,
            organization=organization,
            numbers=_written(numbers),
        )
        return (await self._request(command, protocol.ContactSaved)).contact

    async def delete(self, contact: str) -> None:
        await self._request(protocol.DeleteContact(id=self._new_id(), contact=contact), protocol.Ok)

    async def accept_moved(self, contact: str, number: str) -> None:
        """The person knows that somebody else has this number of a contact now: it may be called again."""
        command = protocol.AcceptMoved(id=self._new_id(), contact=contact, number=number)
        await self._request(command, protocol.Ok)

    # -- importing ----------------------------------------------------------------------------------

    async def allow_import(self, *, allowed: bool) -> None:
        """Not allowed: whatever was imported is deleted at once."""
        await self._request(protocol.SetContactImport(id=self._new_id(), allowed=allowed), protocol.Ok)

    async def import_file(self, path: Path, *, progress: Progress | None = None) -> Imported:
        """Import a vCard file. What is good is imported, the rest is reported by its line. Raises OSError too, and
        Problem(import_not_allowed) unless the person has allowed it."""
        size = await asyncio.to_thread(lambda: path.stat().st_size)
        parts = parts_of(path)
        total = Imported()
        while (part := await asyncio.to_thread(_next, parts)) is not None:
            done = await self._import(part)
            total = total.plus(done or _left_out(part, CardFault.CONTACT_LIMIT))
            if done is None:
                break
            if progress is not None:
                progress(part.end, size)
        return total

    async def _import(self, part: CardPart) -> Imported | None:
        """None if nothing of it fits into the list any more."""
        if part.fault is not None:
            return _left_out(part, part.fault)
        command = protocol.ImportContacts(id=self._new_id(), text=part.text, first_line=part.first_line)
        try:
            reply = await self._request(command, protocol.ContactsImported)
        except Problem as problem:
            if problem.code is not Code.CONTACT_LIMIT:
                raise
            return None
        return Imported(reply.added, reply.updated, reply.unchanged, reply.problems)

    async def _request(self, command: Command, kind: type[T]) -> T:
        """Waits where there were too many: a long list and a long file are many commands."""
        while True:
            try:
                reply = await self._ask(command)
                break
            except Problem as problem:
                if problem.code is not Code.RATE_LIMITED:
                    raise
                await asyncio.sleep(float(problem.data.get("retry_after", 1.0)))
        if not isinstance(reply, kind):
            raise Problem(Code.MALFORMED)
        return reply


def _next(parts: Iterator[CardPart]) -> CardPart | None:
    return next(parts, None)


def _left_out(part: CardPart, fault: CardFault) -> Imported:
    return Imported(problems=(ImportProblem(line=part.first_line, code=fault),))


def _written(numbers: tuple[tuple[str, str], ...]) -> tuple[WrittenNumber, ...]:
    return tuple(WrittenNumber(label=label, number=number) for label, number in numbers)
