"""Whom a name means, for whoever says it at an endpoint: `kith.directory.resolve` on the lists that count there.

Near are the people and devices that can be called from the endpoint and the asker's own contacts; far, on a shared
endpoint, the contacts of the others who live there (R6). Of another's list nobody learns more than the names that were
said. Whoever stands at a shared endpoint is not known to be who they say: what it tells of anybody's contacts, the
asker's too, is counted, and only so many names are told that are new (`Told`): asking is no way to read a list (R23).

Lists are prepared in a thread, once for each revision, and kept as long as there is room.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

from kith.core.ids import EndpointId, HouseholdId, PersonId
from kith.core.names import fold
from kith.core.principal import Principal
from kith.directory.contact_store import ContactStore
from kith.directory.contacts import Listed
from kith.directory.model import Endpoint
from kith.directory.name_keys import Entry, Keys, Target, prepare
from kith.directory.ports import DirectoryStore
from kith.directory.registry import registered
from kith.directory.resolve import Choice, Resolved, resolve
from signaling import protocol as wire
from signaling.announcing import Announcer
from signaling.limits import Bucket

K = TypeVar("K")
V = TypeVar("V")

ROOM = 100_000
"""Spellings of names that are kept prepared, some 100 MiB: two dozen lists of 1,000 contacts. More use more memory, and
save the 50 ms that 1,000 take when they are asked for after a while."""

INLINE = 1_000
"""Contacts up to which a name is looked for on the event loop: it takes a millisecond there."""

PAUSE = 0.002
"""Seconds that a list may be behind for each contact above INLINE: 2 s for 2,000, 18 s for 10,000, which take half a
second to be read and prepared. Nobody is called by what is old: whether a number may be called is looked up then."""

QUESTIONS = (0.5, 30.0)
"""Names a second, and at once, that one endpoint may ask for. People ask for few; who asks faster is a program."""

NEW_NAMES = (100 / 86_400, 100.0)
"""Choices from contacts, a second and at once, that a household may be told at its shared endpoints and was not told
before. Families call some dozens of people; reading a list of 2,000 by guessing its names would take weeks."""

MAX_TOLD = 500
"""Choices that are known to have been told to a household."""

MAX_ASKERS = 10_000
"""Endpoints, and households, whose rates are kept."""


class Told:
    """What a household's shared endpoints were told of contacts. What they know they may be told again."""

    def __init__(self, now: float) -> None:
        self._bucket = Bucket(*NEW_NAMES, now)
        self._known: OrderedDict[Choice, None] = OrderedDict()

    def tell(self, choices: Iterable[Choice], now: float) -> None:
        """Raises Problem(rate_limited), and then nothing is to be told."""
        for choice in choices:
            if choice not in self._known:
                self._bucket.take(now)
            self._known[choice] = None
            self._known.move_to_end(choice)
        while len(self._known) > MAX_TOLD:
            self._known.popitem(last=False)


class NameDesk:
    """Carries out `resolve_name`."""

    def __init__(
        self,
        contacts: ContactStore,
        directory: DirectoryStore,
        announcer: Announcer,
        clock: Callable[[], float],
    ) -> None:
        self._directory = directory
        self._announcer = announcer
        self._clock = clock
        self._lists = _Lists(contacts, clock)
        self._questions: OrderedDict[EndpointId, Bucket] = OrderedDict()
        self._told: OrderedDict[HouseholdId, Told] = OrderedDict()

    async def resolve(
        self, principal: Principal, endpoint: Endpoint, command: wire.ResolveName
    ) -> wire.NameResolved:
        """Raises Problem: not_registered, rate_limited."""
        asker = registered(principal)
        now = self._clock()
        _kept(self._questions, endpoint.id, lambda: Bucket(*QUESTIONS, now)).take(now)
        here, others = await asyncio.gather(self._callable(principal, endpoint), self._others(principal))
        own, *far = await asyncio.gather(*(self._lists.of(one) for one in (asker, *others)))
        contacts = sum(len(keys.entries) for keys in (own, *far))
        look = (command.text, command.label, [here, own], far)
        found = _look(*look) if contacts <= INLINE else await asyncio.to_thread(_look, *look)
        if principal.shared and (revealed := _revealed(found.choices, here)):
            _kept(self._told, principal.household, lambda: Told(now)).tell(revealed, now)
        return wire.NameResolved(
            re=command.id,
            outcome=found.outcome,
            choices=tuple(_view(one) for one in _told_apart(found.choices, here)),
        )

    async def _callable(self, principal: Principal, endpoint: Endpoint) -> Keys:
        people, endpoints = await self._announcer.listing(endpoint, principal)
        return prepare(
            [
                *(Entry(one.id, one.name, targets=(Target("mobile", PersonId(one.id)),)) for one in people),
                *(
                    Entry(one.id, one.name, targets=(Target("", None, EndpointId(one.id)),))
                    for one in endpoints
                ),
            ]
        )

    async def _others(self, principal: Principal) -> Sequence[PersonId]:
        """Whose contacts count besides the asker's own: those who may act at a shared endpoint."""
        if not principal.shared:
            return ()
        members = await self._directory.housemates(principal.household)
        return [one.id for one in members if one.id != principal.person and one.registered is not None]


def _kept(rates: OrderedDict[K, V], key: K, new: Callable[[], V]) -> V:
    """The rate of `key`, made if there is none; those that were asked for long ago are forgotten."""
    rate = rates.pop(key, None) or new()
    rates[key] = rate
    while len(rates) > MAX_ASKERS:
        rates.popitem(last=False)
    return rate


@dataclass(frozen=True, slots=True)
class _Kept:
    """A list as it was at a revision, prepared at a time."""

    revision: int
    keys: Keys
    at: float

    def serves(self, revision: int, now: float) -> bool:
        """Whether it is as good as the list at `revision`: a long one may be a little behind, so that somebody who
        changes it all the time does not have it read all the time."""
        behind = (len(self.keys.entries) - INLINE) * PAUSE
        return self.revision == revision or 0 <= now - self.at < behind


class _Lists:
    """People's lists, prepared; those that were asked for last are kept."""

    def __init__(self, contacts: ContactStore, clock: Callable[[], float]) -> None:
        self._contacts = contacts
        self._clock = clock
        self._kept: OrderedDict[PersonId, _Kept] = OrderedDict()
        self._preparing: dict[PersonId, asyncio.Task[Keys]] = {}
        self._thread = ThreadPoolExecutor(1, "kith-names")  # more would only take turns with everybody else

    async def of(self, owner: PersonId) -> Keys:
        """The person's contacts as they are now, or of long lists as they were seconds ago."""
        found = await self._current(owner)
        if found is not None:
            return found
        preparing = self._preparing.get(owner)
        if preparing is None:
            preparing = asyncio.create_task(self._prepare(owner))
            self._preparing[owner] = preparing
            preparing.add_done_callback(lambda _: self._preparing.pop(owner, None))
        return await asyncio.shield(preparing)  # others may wait for it as well

    async def _current(self, owner: PersonId) -> Keys | None:
        revision = (await self._contacts.state(owner)).revision
        kept = self._kept.get(owner)
        if kept is None or not kept.serves(revision, self._clock()):
            return None
        self._kept.move_to_end(owner)
        return kept.keys

    async def _prepare(self, owner: PersonId) -> Keys:
        revision = (await self._contacts.state(owner)).revision  # first: what changes meanwhile is read again
        listed = await self._contacts.everything(owner)
        if len(listed) > INLINE // 20:
            keys = await asyncio.get_running_loop().run_in_executor(self._thread, _prepared, listed)
        else:
            keys = _prepared(listed)
        self._kept[owner] = _Kept(revision, keys, self._clock())
        self._kept.move_to_end(owner)
        room = ROOM - sum(one.keys.size for one in self._kept.values())
        while room < 0 and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            room += dropped.keys.size
        return keys


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


def _revealed(choices: Iterable[Choice], here: Keys) -> list[Choice]:
    """Those that say more than the directory does, which anybody at the endpoint may see."""
    shown = {(entry.name, target.reaches) for entry in here.entries for target in entry.targets}
    return [choice for choice in choices if (choice.name, choice.target.reaches) not in shown]


def _told_apart(choices: Sequence[Choice], here: Keys) -> Iterator[Choice]:
    """Two whom their contacts call "Mum" are told apart by the names of those who are known here, else by what the
    contact itself says. Whose a number is that one merely has, nobody learns by asking for a name."""
    known = {target.person: entry.name for entry in here.entries for target in entry.targets if target.person}
    names = [fold(choice.name) for choice in choices]
    for choice in choices:
        other = known.get(choice.target.person, choice.note) if choice.target.person else choice.note
        alone = names.count(fold(choice.name)) == 1 or fold(other) in ("", fold(choice.name))
        yield choice if alone else replace(choice, name=f"{choice.name} ({other})")


def _look(said: str, label: str, near: Sequence[Keys], far: Sequence[Keys]) -> Resolved:
    return resolve(said, label, near=near, far=far)


def _view(choice: Choice) -> wire.NameChoice:
    target = choice.target
    return wire.NameChoice(
        name=choice.name,
        label=target.label,
        person=target.person,
        endpoint=target.endpoint,
        moved=target.moved,
    )
