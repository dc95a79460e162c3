"""What contacts need from a store. Implemented by kith.store.contacts; every method may raise
Problem(storage_unavailable), and then has changed nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from kith.core.ids import ContactId, HouseholdId, PersonId
from kith.directory.contacts import Changes, Contact, Content, Entry, Imported, Listed

Seal = Callable[[PersonId, str], bytes]
"""What is kept of a number (E.164) that was looked up for a person: a digest under the server's key."""


class Known(Enum):
    """Whether somebody has somebody's number. MOVED: as that of whoever had it before."""

    NO = 0
    MOVED = 1
    YES = 2


@dataclass(frozen=True, slots=True)
class ListState:
    """`import_allowed` is None as long as the person was not asked."""

    revision: int = 0
    import_allowed: bool | None = None


@dataclass(frozen=True, slots=True)
class LookedUp:
    """What a look at a list's numbers has come to.

    `revision` is the list's where somebody was found by it, else None. `again` is when to go on (Unix seconds,
    0 for at once), None if nothing waits. So many numbers of contacts are `waiting`
    beyond the budget; so many were spent and are in no contact any more (`dropped`).
    """

    revision: int | None
    again: float | None
    waiting: int = 0
    dropped: int = 0


class ContactStore(Protocol):
    # reading
    async def state(self, owner: PersonId) -> ListState: ...
    async def changes(self, owner: PersonId, since: int, *, most: int) -> Changes:
        """What has changed since a revision, at most `most` contacts of it."""
        ...

    async def everything(self, owner: PersonId) -> Sequence[Listed]:
        """The whole list, by name."""
        ...

    async def contact(self, owner: PersonId, contact: ContactId) -> Listed:
        """Raises Problem(unknown_contact) for what is not the owner's."""
        ...

    async def would_write(self, owner: PersonId, entries: Sequence[Entry]) -> Imported | None:
        """What `take_file` would come to, if that is nothing: every entry is there already. Else None."""
        ...

    # changing
    async def add(self, owner: PersonId, content: Content) -> Listed:
        """Raises Problem(contact_limit)."""
        ...

    async def edit(self, owner: PersonId, contact: ContactId, content: Content) -> Listed:
        """Raises Problem: unknown_contact, imported_contact."""
        ...

    async def delete(self, owner: PersonId, contact: ContactId) -> None:
        """Raises Problem: unknown_contact, imported_contact."""
        ...

    async def allow_import(self, owner: PersonId, *, allowed: bool) -> None:
        """Not allowed: what was imported is gone with the same write."""
        ...

    async def take_file(self, owner: PersonId, entries: Sequence[Entry]) -> Imported:
        """Add and update in one write, as far as there is room. Raises Problem(import_not_allowed)."""
        ...

    # when the household's country is another one
    async def misread(self) -> Sequence[PersonId]:
        """Whose numbers were read in another country than their household's."""
        ...

    async def kept(self, owner: PersonId, after: int, *, most: int) -> tuple[Sequence[Contact], int]:
        """The next contacts in the order in which they changed, after a revision; and the revision of the last."""
        ...

    async def take_reread(self, owner: PersonId, changed: Sequence[tuple[Contact, Content]]) -> None:
        """These say something else now, but for those that have changed meanwhile or are gone."""
        ...

    async def read_in(self, owner: PersonId, region: str) -> None:
        """All of the list's numbers were read in this country."""
        ...

    # who is reachable
    async def due(self) -> Mapping[PersonId, float]:
        """Whose numbers are to be looked up, and when."""
        ...

    async def look_up(self, owner: PersonId, *, now: float, budget: int) -> LookedUp:
        """Look up numbers that are new, at most `budget` in a day; those that were looked up before are free."""
        ...

    async def number_changed(self, e164: str) -> Mapping[PersonId, int]:
        """Somebody else has a number, or nobody. Returns whose lists show it, with their revisions."""
        ...

    async def accept_moved(self, owner: PersonId, contact: ContactId, e164: str) -> int | None:
        """Whoever has this number of a contact now is who is meant by it. Returns the revision, None if that was
        so before. Raises Problem(unknown_contact); Problem(invalid) at `number` if the contact has no such number."""
        ...

    async def known(self, caller: PersonId, callee: PersonId) -> Known:
        """Whether the caller has the callee's verified number, or missed a call of theirs."""
        ...

    async def known_at_home(self, household: HouseholdId, callee: PersonId) -> Known:
        """Whether anybody of the household has the callee's verified number."""
        ...

    async def known_among(self, owner: PersonId | HouseholdId, persons: Sequence[PersonId]) -> set[PersonId]:
        """Those of `persons` whom a person, or somebody of a household, has among their contacts."""
        ...

    async def knowing(self, person: PersonId) -> Sequence[PersonId]:
        """Whose contacts have the person's verified number."""
        ...
