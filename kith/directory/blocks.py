"""Who has blocked whom.

A block is kept by everything that the blocked one is known by: the person, and each number that was verified as
theirs, as a keyed digest. Whoever shows up with one of these is blocked, and from then on by all that they are known
by: another account with the same number, or another number of the same account, changes nothing.

What the owner sees of it tells only what they knew: who has a number that was blocked shows in nothing, or blocking
numbers one after the other would be a way to find out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from kith.core.ids import BlockId, ContactId, PersonId, new_block
from kith.core.problem import Code, Problem
from kith.directory.contacts import Listed
from kith.directory.digest import NUMBER, Digest
from kith.directory.ports import DirectoryStore

MOST = 500
"""Blocks of one person. Nobody meets so many people whom they never want to hear again."""


@dataclass(frozen=True, slots=True)
class Block:
    """`name` is what the blocked one was called then: what they call themselves later is one more thing that the
    owner need not hear. `people` are those whom the owner knew to be meant: none where it was a number of which they do
    not know who has it, several where a contact has the numbers of several. `contact` is the one by which it was made,
    and may be gone since."""

    id: BlockId
    owner: PersonId
    name: str
    people: tuple[PersonId, ...]
    since: float
    contact: ContactId | None = None

    @property
    def person(self) -> PersonId | None:
        """The first of them."""
        return self.people[0] if self.people else None


class BlockStore(Protocol):
    """Every method may raise Problem(storage_unavailable), and then has changed nothing."""

    async def add(self, block: Block, keys: Sequence[str], *, most: int) -> Block:
        """Add it; returns the one that looks the same to the owner, where there is one, as made by this contact, if it
        is by one. Problem(block_limit) beyond `most`."""
        ...

    async def remove(self, owner: PersonId, block: BlockId) -> Block | None:
        """The block that is no more; None where the owner has no such one."""
        ...

    async def of(self, owner: PersonId) -> Sequence[Block]:
        """The latest first."""
        ...

    async def blocked_by(self, owner: PersonId) -> Sequence[PersonId]:
        """The persons whom the owner has blocked, as far as the owner knows."""
        ...

    async def blockers(self, person: PersonId) -> Sequence[PersonId]:
        """Who has blocked the person, by whatever key."""
        ...

    async def people_with(self, mobiles: Sequence[str]) -> Sequence[PersonId]:
        """Whose verified numbers these are."""
        ...


class Blocks:
    """Raises Problem for every "no"."""

    def __init__(
        self, store: BlockStore, directory: DirectoryStore, digest: Digest, clock: Callable[[], float]
    ) -> None:
        self._store = store
        self._directory = directory
        self._digest = digest
        self._clock = clock

    async def block(self, owner: PersonId, person: PersonId) -> Block:
        """Block a person, whoever they are. Raises Problem(unknown_person); nobody blocks themself."""
        found = await self._directory.person(person)
        if found is None or person == owner:
            raise Problem(Code.UNKNOWN_PERSON, path="person")
        keys: list[str] = [found.id]
        if found.mobile is not None and found.registered is not None:
            keys.append(self._key(found.mobile))
        return await self._add(owner, found.name, (found.id,), keys)

    async def block_contact(self, owner: PersonId, listed: Listed) -> Block:
        """Block whoever has one of a contact's numbers, or ever will. Raises Problem(unknown_person) where it has none.

        Whether somebody here has such a number is not told: the block names whom the owner knew to have it.
        """
        numbers = [one.e164 for one in listed.contact.numbers if one.e164 is not None]
        people = [one for one in await self._store.people_with(numbers) if one != owner]
        reached = [reach.person for reach in listed.reach.values() if not reach.moved]
        known = tuple(one for one in dict.fromkeys(reached) if one != owner)
        if not numbers:
            raise Problem(Code.UNKNOWN_PERSON, path="contact")
        keys = [*people, *map(self._key, numbers)]
        return await self._add(owner, listed.contact.name, known, keys, listed.contact.id)

    async def _add(
        self,
        owner: PersonId,
        name: str,
        people: tuple[PersonId, ...],
        keys: Sequence[str],
        contact: ContactId | None = None,
    ) -> Block:
        block = Block(new_block(), owner, name, people, self._clock(), contact)
        return await self._store.add(block, keys, most=MOST)

    async def unblock(self, owner: PersonId, block: BlockId) -> Block:
        """The block that is no more. Raises Problem(unknown_block) where it is not the owner's."""
        removed = await self._store.remove(owner, block)
        if removed is None:
            raise Problem(Code.UNKNOWN_BLOCK, path="block")
        return removed

    async def of(self, owner: PersonId) -> Sequence[Block]:
        """The latest first."""
        return await self._store.of(owner)

    async def blocked_by(self, owner: PersonId) -> frozenset[PersonId]:
        """Whom the owner has blocked, as far as the owner knows."""
        return frozenset(await self._store.blocked_by(owner))

    async def blockers(self, person: PersonId) -> frozenset[PersonId]:
        """Who has blocked the person."""
        return frozenset(await self._store.blockers(person))

    def _key(self, mobile: str) -> str:
        return number_key(self._digest(NUMBER, mobile))


def number_key(digest: bytes) -> str:
    """By what a block holds against a number."""
    return f"n_{digest.hex()}"
