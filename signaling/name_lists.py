"""People's contacts, prepared to be looked for by name; those that were asked for last are kept.

A list is prepared once, in a thread of its own. What changes afterwards is laid over it: contacts that were changed or
deleted are left out of it, and those that are new or say something else are a short list beside it. So a list is always
as it is on disk, and changing it all the time costs no more than what was changed.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from kith.core.ids import PersonId
from kith.directory.contact_store import ContactStore
from kith.directory.contacts import Listed
from kith.directory.name_keys import Entry, Keys, Target, prepare

ROOM = 100_000
"""Spellings of names that are kept prepared, some 100 MiB: two dozen lists of 1,000 contacts. More use more memory, and
save the 50 ms that 1,000 take when they are asked for after a while."""

MAX_CHANGED = 1_000
"""Contacts that are laid over a list, before it is prepared anew. They are prepared after each change, in 50 ms."""

SHORT = 50
"""Contacts that are prepared at once, in 2 ms; more in the thread."""

PAGE = 500
"""Changes that are read at a time."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A list as it is at `revision`: `base`, which was prepared at an earlier one, and what has changed since."""

    base: Keys
    prepared: int
    changed: Keys | None
    revision: int

    @property
    def lists(self) -> tuple[Keys, ...]:
        return (self.base,) if self.changed is None else (self.base, self.changed)


class NameLists:
    """Asks the store for contacts, and for no more than have changed."""

    def __init__(self, contacts: ContactStore) -> None:
        self._contacts = contacts
        self._kept: OrderedDict[PersonId, _Kept] = OrderedDict()
        self._preparing: dict[PersonId, asyncio.Task[_Kept]] = {}
        self._thread = ThreadPoolExecutor(1, "kith-names")  # more would only take turns with everybody else

    async def of(self, owner: PersonId) -> tuple[Keys, ...]:
        """The person's contacts as they are now. Raises Problem."""
        for _ in range(2):  # what others are waiting for may have been begun before the last change
            kept = self._kept.get(owner)
            if kept is not None and kept.revision == (await self._contacts.state(owner)).revision:
                if owner in self._kept:
                    self._kept.move_to_end(owner)
                return kept.lists
            renewed = await asyncio.shield(self._renewing(owner))
        return renewed.lists

    def _renewing(self, owner: PersonId) -> "asyncio.Task[_Kept]":
        task = self._preparing.get(owner)
        if task is None:
            task = asyncio.create_task(self._renew(owner))
            self._preparing[owner] = task
            task.add_done_callback(lambda _: self._preparing.pop(owner, None))
        return task

    async def _renew(self, owner: PersonId) -> _Kept:
        before = self._kept.get(owner)
        after = None if before is None else await self._changed(owner, before)
        self._kept[owner] = after = after or await self._whole(owner)
        self._kept.move_to_end(owner)
        room = ROOM - sum(_size(one) for one in self._kept.values())
        while room < 0 and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            room += _size(dropped)
        return after

    async def _whole(self, owner: PersonId) -> _Kept:
        revision = (await self._contacts.state(owner)).revision  # first: what changes meanwhile is read again
        base = await self._prepared(await self._contacts.everything(owner))
        return _Kept(base, revision, None, revision)

    async def _changed(self, owner: PersonId, kept: _Kept) -> _Kept | None:
        """The list with what has changed since it was prepared; None if that is too much, or not known."""
        changed: dict[str, Listed] = {}
        removed: set[str] = set()
        since, more = kept.prepared, True
        while more:
            page = await self._contacts.changes(owner, since, most=PAGE)
            if page.whole:
                return None
            changed |= {one.contact.id: one for one in page.contacts}
            removed |= set(page.removed)
            if len(changed) + len(removed) > MAX_CHANGED:
                return None
            since, more = page.revision, page.more
        left = [one for name, one in changed.items() if name not in removed]
        base = replace(kept.base, without=frozenset(changed) | removed)
        return _Kept(base, kept.prepared, await self._prepared(left), since)

    async def _prepared(self, listed: Sequence[Listed]) -> Keys:
        if len(listed) <= SHORT:
            return _prepared(listed)
        return await asyncio.get_running_loop().run_in_executor(self._thread, _prepared, listed)


def _size(kept: _Kept) -> int:
    return sum(keys.size for keys in kept.lists)


def _prepared(listed: Sequence[Listed]) -> Keys:
    return prepare(_entry(one) for one in listed)


def _entry(listed: Listed) -> Entry:
    contact = listed.contact
    targets = []
    for one in contact.numbers:
        reach = None if one.e164 is None else listed.reach.get(one.e164)
        if reach is not None:
            targets.append(Target(one.label, reach.person, moved=reach.moved))
    return Entry(
        contact.id, contact.name, contact.nickname, tuple(targets) or (Target(),), contact.organization
    )
