"""Whom a name means, for whoever says it at an endpoint: `kith.directory.resolve` on the lists that count there.

Near are the people and devices that can be called from the endpoint and the asker's own contacts; far, on a shared
endpoint, the contacts of the others who live there (R6). Of another's list nobody learns more than the names that were
said. Whoever stands at a shared endpoint is not known to be who they say: what it tells of anybody's contacts, the
asker's too, is counted, and only so many names are told that are new (`Told`): asking is no way to read a list (R23).

The lists are those of `signaling.name_lists`.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from kith.core.ids import EndpointId, HouseholdId, PersonId
from kith.core.names import fold
from kith.core.principal import Principal
from kith.directory.contact_store import ContactStore
from kith.directory.model import Endpoint
from kith.directory.name_keys import Entry, Keys, Target, prepare
from kith.directory.ports import DirectoryStore
from kith.directory.registry import registered
from kith.directory.resolve import Choice, Resolved, resolve
from signaling import protocol as wire
from signaling.announcing import Announcer
from signaling.limits import Bucket
from signaling.name_lists import NameLists

K = TypeVar("K")
V = TypeVar("V")

INLINE = 1_000
"""Contacts up to which a name is looked for on the event loop: it takes a millisecond there."""

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
        self._lists = NameLists(contacts)
        self._questions: OrderedDict[EndpointId, Bucket] = OrderedDict()
        self._told: OrderedDict[HouseholdId, Told] = OrderedDict()

    def admit(self, endpoint: EndpointId) -> None:
        """Count a question of this endpoint. Raises Problem(rate_limited)."""
        now = self._clock()
        _kept(self._questions, endpoint, lambda: Bucket(*QUESTIONS, now)).take(now)

    async def carry_out(
        self, principal: Principal, endpoint: Endpoint, command: wire.ResolveName
    ) -> wire.NameResolved:
        """Raises Problem: not_registered, rate_limited."""
        asker = registered(principal)
        self.admit(endpoint.id)
        now = self._clock()
        here, others = await asyncio.gather(self._callable(principal, endpoint), self._others(principal))
        own, *theirs = await asyncio.gather(*(self._lists.of(one) for one in (asker, *others)))
        far = [keys for lists in theirs for keys in lists]
        contacts = sum(len(keys.entries) for keys in (*own, *far))
        look = (command.text, command.label, [here, *own], far)
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
