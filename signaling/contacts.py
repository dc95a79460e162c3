"""The commands about a person's contacts, and who is told when the list or who is reachable by it changes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from kith.core.contacts import CardFault
from kith.core.ids import ContactId, PersonId
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.directory.contact_store import ContactStore
from kith.directory.contacts import (
    MAX_CONTACTS,
    Card,
    CardProblem,
    Content,
    Entry,
    Listed,
    content_of,
    entries_of,
)
from kith.directory.ports import DirectoryStore
from kith.directory.regions import Regions
from kith.directory.registry import registered, tidy
from signaling import protocol as wire
from signaling.announcing import Announcer
from signaling.deadlines import Deadlines
from signaling.discovery import Discovery, Incidents
from signaling.limits import Bucket
from signaling.own import OwnProfiles
from signaling.rereading import Rereading
from signaling.sessions import Sessions

Command = (
    wire.ListContacts
    | wire.AddContact
    | wire.EditContact
    | wire.DeleteContact
    | wire.SetContactImport
    | wire.ImportContacts
    | wire.AcceptMoved
)
CONTACT_COMMANDS = (
    wire.ListContacts,
    wire.AddContact,
    wire.EditContact,
    wire.DeleteContact,
    wire.SetContactImport,
    wire.ImportContacts,
    wire.AcceptMoved,
)

PARTS = (1.0, 60.0)
"""Parts of vCard files that one person may send, a second and at once. A part costs some 100 ms of a processor: a list
of ten thousand passes at once, and whoever goes on sending takes a tenth of one processor."""

WAITING = 4
"""Parts of one person that may wait for their turn; an app sends one after another."""

REMEMBERED = 4_096
"""Persons whose rate is remembered: the first of them has long been let go on."""

CardReader = Callable[[str, int], tuple[Sequence[Card], Sequence[CardProblem]]]
"""What reads vCards: (text, number of its first line). Slow."""


@dataclass(slots=True)
class _Turn:
    """How much of files one person has sent of late, and how many parts wait or are being read."""

    bucket: Bucket
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0


class ContactDesk:
    def __init__(
        self,
        store: ContactStore,
        directory: DirectoryStore,
        sessions: Sessions,
        announcer: Announcer,
        own: OwnProfiles,
        deadlines: Deadlines,
        clock: Callable[[], float],
        *,
        regions: Regions,
        read_cards: CardReader,
        incidents: Incidents | None = None,
    ) -> None:
        self.discovery = Discovery(store, incidents, deadlines, clock, self._tell_revision)
        self._store = store
        self._directory = directory
        self._sessions = sessions
        self._announcer = announcer
        self._own = own
        self._regions = regions
        self._read_cards = read_cards
        self._clock = clock
        self._reader = ThreadPoolExecutor(1, "kith-cards")  # more would only take turns with everybody else
        self._turns: dict[PersonId, _Turn] = {}
        self.import_refused: tuple[Callable[[PersonId], Awaitable[None]], ...] = ()
        """What has to be done for a person who lets no more contacts be brought in from elsewhere."""
        self._rereading = Rereading(store, regions.of, self._reader, deadlines, clock, self.changed)

    async def start(self) -> None:
        """Go on with what waits on disk. Raises Problem(storage_unavailable)."""
        await self.discovery.start()
        await self._rereading.start()

    async def stop(self) -> None:
        """What is being read is read to its end, and nobody waits for it."""
        await self.discovery.stop()
        await self._rereading.stop()
        self._reader.shutdown(wait=False, cancel_futures=True)

    async def carry_out(self, principal: Principal, command: Command) -> wire.AnyReply:
        """One of the commands, of a personal endpoint. Raises Problem."""
        owner = registered(principal)
        match command:
            case wire.ListContacts(since=since):
                return await self._list(owner, since, command.id)
            case wire.AddContact():
                region = await self.region(owner)
                saved = await self._store.add(owner, _content(command, region))
            case wire.EditContact(contact=contact):
                region = await self.region(owner)
                saved = await self._store.edit(owner, ContactId(contact), _content(command, region))
            case wire.DeleteContact(contact=contact):
                await self._store.delete(owner, ContactId(contact))
                await self._announcer.told(self.changed(owner))
                return wire.Ok(re=command.id)
            case wire.SetContactImport(allowed=allowed):
                await self._allow_import(owner, allowed=allowed)
                return wire.Ok(re=command.id)
            case wire.ImportContacts():
                return await self._import(owner, command)
            case wire.AcceptMoved(contact=contact, number=number):
                revision = await self._store.accept_moved(owner, ContactId(contact), number)
                if revision is not None:
                    await self._announcer.told(self._tell_revision(owner, revision))
                return wire.Ok(re=command.id)
        await self._announcer.told(self._written(owner, region))
        return wire.ContactSaved(re=command.id, contact=contact_view(saved))

    # -- for whoever else has to do with contacts ------------------------------------------------------

    async def region(self, owner: PersonId) -> str:
        """The country (ISO 3166) of numbers without a country's code in this person's lists."""
        return await self._regions.of(owner)

    def region_changed(self, owner: PersonId) -> None:
        """Numbers without a country's code are other numbers from now on."""
        self._rereading.soon(owner)

    async def changed(self, owner: PersonId) -> None:
        """The list has changed: tell the owner's endpoints, and look up afterwards what is new in it."""
        self.discovery.soon(owner)
        await self._tell_revision(owner, (await self._store.state(owner)).revision)

    async def number_changed(self, e164: str) -> None:
        """Somebody has a number now who had not, or nobody any more: it is shown where it was looked up."""
        await self.tell(await self._store.number_changed(e164))

    async def tell(self, revisions: Mapping[PersonId, int]) -> None:
        """These lists have these revisions now."""
        for owner, revision in revisions.items():
            await self._tell_revision(owner, revision)

    # -- the pieces --------------------------------------------------------------------------------

    async def _allow_import(self, owner: PersonId, *, allowed: bool) -> None:
        await self._store.allow_import(owner, allowed=allowed)
        await self._announcer.told(self.changed(owner))
        await self._announcer.told(self._own.tell(owner))
        if not allowed:
            for refused in self.import_refused:
                await refused(owner)

    async def _list(self, owner: PersonId, since: int, request: str) -> wire.Contacts:
        changes = await self._store.changes(owner, since, most=wire.PAGE)
        return wire.Contacts(
            re=request,
            contacts=tuple(contact_view(one) for one in changes.contacts),
            removed=changes.removed,
            revision=changes.revision,
            more=changes.more,
            whole=changes.whole,
        )

    async def _written(self, owner: PersonId, region: str) -> None:
        """Contacts whose numbers were read in this country, which may have been changed meanwhile."""
        await self.changed(owner)
        if await self.region(owner) != region:
            self._rereading.soon(owner)

    async def _import(self, owner: PersonId, command: wire.ImportContacts) -> wire.ContactsImported:
        if not (await self._store.state(owner)).import_allowed:
            raise Problem(Code.IMPORT_NOT_ALLOWED)
        region = await self.region(owner)
        async with self._turn(owner):
            entries, count, problems = await asyncio.get_running_loop().run_in_executor(
                self._reader, self._read, command.text, command.first_line, region
            )
            done = await self._store.would_write(owner, entries) or await self._store.take_file(
                owner, entries
            )
        if done.left == count > 0:
            raise Problem(Code.CONTACT_LIMIT, data={"limit": MAX_CONTACTS})
        if done.left:
            problems = (*problems, CardProblem(command.first_line, CardFault.CONTACT_LIMIT))
        if done.wrote:
            await self._announcer.told(self._written(owner, region))
        return wire.ContactsImported(
            re=command.id,
            added=done.added,
            updated=done.updated,
            unchanged=done.unchanged + count - len(entries),  # the same card twice in one part is one contact
            problems=tuple(wire.ImportProblem(line=one.line, code=one.fault) for one in problems),
        )

    @asynccontextmanager
    async def _turn(self, owner: PersonId) -> AsyncIterator[None]:
        """One part of a person's at a time. Raises Problem(rate_limited)."""
        now = self._clock()
        turn = self._turns.pop(owner, None) or _Turn(Bucket(*PARTS, now))
        self._turns[owner] = turn  # the most recent last
        while len(self._turns) > REMEMBERED:
            del self._turns[next(iter(self._turns))]
        if turn.waiting >= WAITING:
            raise Problem(Code.RATE_LIMITED, data={"retry_after": 1.0})
        turn.bucket.take(now)
        turn.waiting += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.waiting -= 1

    def _read(
        self, text: str, first_line: int, region: str
    ) -> tuple[Sequence[Entry], int, Sequence[CardProblem]]:
        """The entries of a part, of how many cards, and what was wrong. For a thread: slow."""
        cards, problems = self._read_cards(text, first_line)
        return entries_of(cards, region), len(cards), problems

    async def _tell_revision(self, owner: PersonId, revision: int) -> None:
        await self._push(owner, wire.ContactsChanged(revision=revision))

    async def _push(self, owner: PersonId, event: wire.AnyEvent) -> None:
        for one in await self._directory.endpoints_for(owner):
            if not (one.shared or one.waiting):
                self._sessions.push(one.id, event)


def _content(command: wire.AddContact | wire.EditContact, region: str) -> Content:
    card = Card(
        uid="",
        name=tidy(command.name, "name"),
        nickname=command.nickname,
        organization=command.organization,
        numbers=tuple((one.label, one.number) for one in command.numbers),
    )
    return content_of(card, region)


def contact_view(listed: Listed) -> wire.ContactView:
    """A contact as its owner sees it."""
    contact, reach = listed.contact, listed.reach
    numbers = []
    for one in contact.numbers:
        found = None if one.e164 is None else reach.get(one.e164)
        numbers.append(
            wire.ContactNumber(
                label=one.label,
                number=one.e164 or one.text,
                person=None if found is None else found.person,
                moved=found is not None and found.moved,
            )
        )
    return wire.ContactView(
        id=contact.id,
        source=contact.source,
        book=contact.book,
        name=contact.name,
        nickname=contact.nickname,
        organization=contact.organization,
        numbers=tuple(numbers),
    )
