"""Children of a household: profiles that do nothing before a parent has agreed, and what a parent lets them do.

The law of this file

    Every adult of the household is a parent of its children; nobody else is, and no child.
    Who agreed to what and when is kept. Whoever agrees is told once by a message to their own number: before it has
    left, the child can do nothing.
    A child reaches and is reached by the household and whom a parent has chosen (policy.child).
    What is erased leaves nothing: not with others either.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from weakref import WeakValueDictionary

from kith.core import consent
from kith.core.ids import CallId, EndpointId, HouseholdId, PersonId, new_person
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.directory.contact_store import ContactStore, Known
from kith.directory.model import Claimed, Person
from kith.directory.ports import DirectoryStore
from kith.directory.registry import registered, tidy
from kith.directory.verifying import Verifying
from policy.child import Limits

CHILDREN = 16
"""Children of one household. Each may cost a message when a parent agrees."""

CONTACTS = 64
"""Persons whom parents choose for one child."""

PAGE = 50
"""Calls of a child that are shown at a time."""


@dataclass(frozen=True, slots=True)
class Consent:
    """Which version of the text a parent agreed to, and when (Unix seconds). `by` is None once they are gone."""

    version: int
    at: float
    by: PersonId | None


@dataclass(frozen=True, slots=True)
class Child:
    """`contacts` are the persons of `limits.contacts` with their names, by name."""

    id: PersonId
    household: HouseholdId
    name: str
    limits: Limits
    contacts: tuple[tuple[PersonId, str], ...] = ()
    consent: Consent | None = None


@dataclass(frozen=True, slots=True)
class ChildCall:
    """A call of a child's. `person` is who is on the other side, None where a device was called; `name` what that one
    is called now, empty if they are gone. Times are Unix seconds; `answered` is None where nobody answered."""

    id: CallId
    person: PersonId | None
    name: str
    outgoing: bool
    video: bool
    at: float
    answered: float | None
    ended: float | None


class ChildStore(Protocol):
    """Every method may raise Problem(storage_unavailable), and then has changed nothing."""

    async def children(self, household: HouseholdId) -> Sequence[Child]:
        """The oldest profile first."""
        ...

    async def limits(self, persons: Collection[PersonId]) -> Mapping[PersonId, Limits]:
        """Of those who are children."""
        ...

    async def add(self, child: Person, *, most: int, now: float) -> None:
        """With the limits that all begin with. Raises Problem(profile_limit)."""
        ...

    async def spend(self, claimed: Claimed, *, now: float) -> None:
        """One more message to this number. Raises Problem(rate_limited) beyond what a number may be sent."""
        ...

    async def agree(self, child: PersonId, consent: Consent) -> None:
        """The child can do what the limits say from now on."""
        ...

    async def change(self, child: PersonId, name: str, limits: Limits, *, now: float) -> None: ...
    async def calls(self, child: PersonId, *, before: float | None, most: int) -> Sequence[ChildCall]:
        """Calls that are over or go on, the latest first; none of which nobody was to hear."""
        ...

    async def erase(self, child: PersonId, *, by: PersonId, now: float) -> Sequence[EndpointId]:
        """Returns which endpoints are dead now."""
        ...


class ConsentConfirmer(Protocol):
    """Tells a parent, at a mobile number in E.164, that they agreed. It does not go into a log."""

    async def __call__(self, mobile: str) -> None:
        """Returns once the message is on its way, within some seconds. Raises Problem(code_not_sent)."""
        ...


async def unconfirmed(mobile: str) -> None:
    """Where there is no way to a mobile number, nobody agrees to anything."""
    raise Problem(Code.CODE_NOT_SENT)


@dataclass(frozen=True, slots=True)
class Change:
    """What a parent changes; what is None stays."""

    name: str | None = None
    calling: bool | None = None
    messaging: bool | None = None
    drop_in: bool | None = None
    drop_in_home: bool | None = None
    contacts: frozenset[PersonId] | None = None

    def of(self, limits: Limits) -> Limits:
        return Limits(
            calling=_or(self.calling, limits.calling),
            messaging=_or(self.messaging, limits.messaging),
            drop_in=_or(self.drop_in, limits.drop_in),
            drop_in_home=_or(self.drop_in_home, limits.drop_in_home),
            contacts=limits.contacts if self.contacts is None else self.contacts,
        )


class Children:
    """Raises Problem for every "no": not_permitted to whoever is no adult, unknown_person for a child of others."""

    def __init__(
        self,
        store: ChildStore,
        directory: DirectoryStore,
        known: ContactStore,
        verifying: Verifying,
        confirm: ConsentConfirmer,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._directory = directory
        self._known = known
        self._verifying = verifying
        self._confirm = confirm
        self._clock = clock
        self._agreeing: WeakValueDictionary[PersonId, asyncio.Lock] = WeakValueDictionary()

    async def all(self, household: HouseholdId) -> Sequence[Child]:
        return await self._store.children(household)

    async def of(self, principal: Principal) -> Sequence[Child]:
        """Those of the parent's household."""
        parent_of(principal)
        return await self._store.children(principal.household)

    async def limits(self, persons: Collection[PersonId]) -> Mapping[PersonId, Limits]:
        return await self._store.limits(persons)

    async def one(self, principal: Principal, child: PersonId) -> Child:
        """A child of the principal's household."""
        parent_of(principal)
        for found in await self._store.children(principal.household):
            if found.id == child:
                return found
        raise Problem(Code.UNKNOWN_PERSON, path="child")

    async def add(self, principal: Principal, name: str) -> Child:
        """A profile that nobody can do anything with before a parent has agreed."""
        parent_of(principal)
        child = Person(
            id=new_person(),
            household=principal.household,
            name=tidy(name, "name"),
            mobile=None,
            registered=None,
            created=self._clock(),
            child=True,
        )
        await self._store.add(child, most=CHILDREN, now=self._clock())
        return await self.one(principal, child.id)

    async def agree(self, principal: Principal, child: PersonId, version: int) -> bool:
        """Whether that is new: the same again, by whichever parent, sends no second message.

        Raises Problem(consent_required), with the version that is in force, for any other.
        """
        parent = parent_of(principal)
        await self.one(principal, child)
        if version != consent.VERSION:
            raise Problem(Code.CONSENT_REQUIRED, path="version", data={"version": consent.VERSION})
        lock = self._agreeing.setdefault(child, asyncio.Lock())
        async with lock:
            before = (await self.one(principal, child)).consent
            if before is not None and before.version >= version:
                return False
            person = await self._directory.person(parent)
            if person is None or person.mobile is None:
                raise Problem(Code.NOT_REGISTERED)
            await self._store.spend(self._verifying.claimed(person.mobile), now=self._clock())
            await self._confirm(person.mobile)
            await self._store.agree(child, Consent(version, self._clock(), parent))
            return True

    async def change(self, principal: Principal, child: PersonId, change: Change) -> tuple[Child, Child]:
        """The child before and after. Raises Problem(unknown_person) for a contact whom the parent does not know."""
        parent = parent_of(principal)
        before = await self.one(principal, child)
        limits = change.of(before.limits)
        for contact in limits.contacts - before.limits.contacts:
            await self._check_known(parent, contact, child)
        name = before.name if change.name is None else tidy(change.name, "name")
        await self._store.change(child, name, limits, now=self._clock())
        return before, await self.one(principal, child)

    async def calls(
        self, principal: Principal, child: PersonId, *, before: float | None
    ) -> tuple[Sequence[ChildCall], bool]:
        """A page of the child's calls, and whether there are more."""
        await self.one(principal, child)
        found = await self._store.calls(child, before=before, most=PAGE + 1)
        return found[:PAGE], len(found) > PAGE

    async def erase(self, principal: Principal, child: PersonId) -> Sequence[EndpointId]:
        """Everything that is kept of the child, with others too. Returns which endpoints are dead now."""
        parent = parent_of(principal)
        await self.one(principal, child)
        return await self._store.erase(child, by=parent, now=self._clock())

    async def may_pair(self, principal: Principal, child: PersonId) -> None:
        """Whether a device of the child's own may be enrolled. Raises Problem(consent_required) before a parent has
        agreed."""
        if (await self.one(principal, child)).consent is None:
            raise Problem(Code.CONSENT_REQUIRED, path="child", data={"version": consent.VERSION})

    async def _check_known(self, parent: PersonId, contact: PersonId, child: PersonId) -> None:
        found = await self._directory.person(contact)
        if found is not None and contact not in (parent, child) and not found.child:
            if await self._directory.knows(parent, contact):
                return
            if await self._known.known(parent, contact) is Known.YES:
                return
        raise Problem(Code.UNKNOWN_PERSON, path="contacts")


def parent_of(principal: Principal) -> PersonId:
    """The adult who decides for the children of their household. Raises Problem."""
    person = registered(principal)
    if principal.child or principal.shared:
        raise Problem(Code.NOT_PERMITTED)
    return person


def _or(changed: bool | None, before: bool) -> bool:  # noqa: FBT001 - two values of one kind
    return before if changed is None else changed
