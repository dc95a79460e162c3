"""A list of contacts against the plainest model: who follows it has it, and nothing is learned unless paid for."""

from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kith.core.contacts import Source
from kith.core.ids import ContactId, PersonId
from kith.directory.contacts import Card, Content, Entry, content_of
from kith.store import contact_lists
from kith.store.contacts import SqliteContacts
from kith.store.database import Database
from kith.store.discovery import DAY
from tests.support.tables import Tables

T = TypeVar("T")

NUMBERS = [f"+1202555{count:04d}" for count in range(6)]
BUDGET = 2

NAMES = st.sampled_from(["Ann", "Ben", "Cat"])
CONTENT = st.builds(
    lambda name, numbers: content_of(Card("", name, numbers=tuple(("", one) for one in numbers)), "US"),
    NAMES,
    st.lists(st.sampled_from(NUMBERS), max_size=3, unique=True),
)
ENTRIES = st.lists(
    st.builds(Entry, st.sampled_from("abcd"), CONTENT), max_size=3, unique_by=lambda entry: entry.uid
)


def done(work: Coroutine[Any, Any, T]) -> T:
    """What needs no event loop, because nothing in it waits."""
    try:
        work.send(None)
    except StopIteration as stopped:
        return cast(T, stopped.value)
    raise AssertionError("something waited")


@dataclass
class Follower:
    """An app that asks for what it does not have, two contacts at a time."""

    known: dict[ContactId, Any] = field(default_factory=dict)
    revision: int = 0

    def catch_up(self, store: SqliteContacts, owner: PersonId) -> None:
        more = True
        while more:
            changes = done(store.changes(owner, self.revision, most=2))
            if changes.whole:
                self.known.clear()
            for gone in changes.removed:
                self.known.pop(gone, None)
            self.known |= {one.contact.id: one for one in changes.contacts}
            assert changes.revision >= self.revision or changes.whole
            more, self.revision = changes.more, changes.revision


class ListMachine(RuleBasedStateMachine):
    """Ann's list; Ben, Cat and Dan, who have numbers or not."""

    @initialize()
    def begin(self) -> None:
        self.tables = Tables()
        self.store = SqliteContacts(cast(Database, self.tables), lambda owner, one: one.encode())
        self.ann = self.tables.person("ann", "+12025559999")
        self.others = [self.tables.person(name) for name in ("ben", "cat", "dan")]
        self.now = 1_000_000.0
        self.by_hand: dict[ContactId, Content] = {}
        self.imported: dict[str, Content] = {}
        self.holder: dict[str, PersonId] = {}
        self.first: dict[str, PersonId | None] = {}
        self.spent: list[float] = []
        self.allowed = False
        self.quick, self.slow = Follower(), Follower()

    # -- what happens -----------------------------------------------------------------------------

    @rule(content=CONTENT)
    def add(self, content: Content) -> None:
        self.by_hand[done(self.store.add(self.ann, content)).contact.id] = content

    @rule(content=CONTENT, data=st.data())
    def edit(self, content: Content, data: st.DataObject) -> None:
        if self.by_hand:
            contact = data.draw(st.sampled_from(sorted(self.by_hand)))
            done(self.store.edit(self.ann, contact, content))
            self.by_hand[contact] = content

    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        if self.by_hand:
            contact = data.draw(st.sampled_from(sorted(self.by_hand)))
            done(self.store.delete(self.ann, contact))
            del self.by_hand[contact]

    @rule(allowed=st.booleans())
    def allow(self, *, allowed: bool) -> None:
        done(self.store.allow_import(self.ann, allowed=allowed))
        self.allowed = allowed
        if not allowed:
            self.imported.clear()

    @rule(entries=ENTRIES, gone=st.sets(st.sampled_from("abcd"), max_size=2))
    def bring(self, entries: list[Entry], gone: set[str]) -> None:
        if not self.allowed:
            return
        before = dict(self.imported)
        db = self.tables.db
        told = contact_lists.take(db, self.ann, Source.FILE, None, entries, gone=gone)
        for uid in gone:
            self.imported.pop(uid, None)
        kept = dict(self.imported)
        self.imported |= {entry.uid: entry.content for entry in entries}
        assert told.removed == len(before) - len(kept)
        assert told.added == len(self.imported) - len(kept)
        assert told.unchanged == sum(kept.get(entry.uid) == entry.content for entry in entries)

    @rule(number=st.sampled_from(NUMBERS), person=st.integers(0, 3))
    def number_moves(self, number: str, person: int) -> None:
        others = [None, *self.others]
        who = others[person]
        if who in self.holder.values():
            return
        self.tables.gives_number(number, who)
        self.holder.pop(number, None)
        if who is not None:
            self.holder[number] = who
            if number in self._shown() and self.first.get(number, who) is None:
                self.first[number] = who
        done(self.store.number_changed(number))

    @rule(hours=st.integers(1, 30))
    def time_passes(self, hours: int) -> None:
        self.now += hours * 3600.0

    @rule()
    def slow_one_looks(self) -> None:
        self.slow.catch_up(self.store, self.ann)

    # -- what holds -------------------------------------------------------------------------------

    @invariant()
    def everybody_has_the_list(self) -> None:
        if not hasattr(self, "tables"):
            return
        self._look_up()
        self.quick.catch_up(self.store, self.ann)
        listed = {one.contact.id: one for one in done(self.store.everything(self.ann))}
        assert self.quick.known == listed
        said = [
            Content(one.contact.name, one.contact.nickname, one.contact.organization, one.contact.numbers)
            for one in listed.values()
        ]
        assert Counter(said) == Counter(self._contents())
        reach = {number: reach for one in listed.values() for number, reach in one.reach.items()}
        assert {number: one.person for number, one in reach.items()} == {
            number: person for number, person in self.holder.items() if number in self._shown()
        }
        assert {number for number, one in reach.items() if one.moved} == {
            number for number in reach if self.first[number] != self.holder[number]
        }
        self._slow_one_could_catch_up()

    def _slow_one_could_catch_up(self) -> None:
        other = Follower(dict(self.slow.known), self.slow.revision)
        other.catch_up(self.store, self.ann)
        assert other.known == self.quick.known

    def _look_up(self) -> None:
        """Look up until nothing more can be, and see that it was no more than a day's budget."""
        for number in self._shown():  # spent before: whoever has it now is shown, and is meant if nobody was
            self.first[number] = self.first[number] or self.holder.get(number)
        again: float | None = 0.0
        while again == 0.0:
            again = done(self.store.look_up(self.ann, now=self.now, budget=BUDGET)).again
        rows = self.tables.db.execute("SELECT digest, spent, first FROM discovered")
        found = {row["digest"].decode(): (row["spent"], row["first"]) for row in rows}
        assert self.first.keys() <= found.keys()
        fresh = found.keys() - self.first.keys()
        assert fresh <= self._numbers()
        self.spent += [self.now] * len(fresh)
        recent = [at for at in self.spent if at > self.now - DAY]
        assert len(recent) <= BUDGET
        waiting = self._numbers() - found.keys()
        assert not waiting or len(recent) == BUDGET
        urgent = {number.e164 for one in self.by_hand.values() for number in one.numbers}
        assert not (waiting & urgent) or fresh <= urgent
        for number in fresh:
            self.first[number] = self.holder.get(number)

    def _contents(self) -> list[Content]:
        return [*self.by_hand.values(), *self.imported.values()]

    def _numbers(self) -> set[str]:
        return {number.e164 for one in self._contents() for number in one.numbers if number.e164 is not None}

    def _shown(self) -> set[str]:
        return self._numbers() & self.first.keys()

    def teardown(self) -> None:
        if hasattr(self, "tables"):
            self.tables.db.close()


ListMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
TestLists = ListMachine.TestCase
