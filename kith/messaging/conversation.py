"""All messages between two persons, as numbers: what was sent, delivered, read and taken away. Pure.

The law of this file

    Each message of the two gets the next number, whoever sends it; so it has one place in the conversation for both.
    One that is withheld has its number at the sender's side alone. The receiver never learns that it was there.
    What was delivered, read and taken away only ever goes forward, and never beyond what that side has.
    One side's list is its own: nothing that one of them does takes anything out of the other's.
    What somebody reads while the two keep away from each other is not told, then or later.
"""

from typing import Literal

import msgspec
from msgspec import Struct

from kith.core.ids import PersonId

Index = Literal[0, 1]
"""Which of the two: 0 for the one whose id is the lower."""


class Side(Struct, frozen=True, array_like=True):
    """One person's part. `last` is the newest message that they have, at `at` (Unix seconds); `delivered` the newest of
    their own that has arrived at the other's, `shown` up to where the other may see that they have read. `sent` are
    how many they sent on `day` (days since 1970, UTC), `strange` of these where the other did not know them, and
    `bytes` what all of that came to."""

    last: int = 0
    at: float = 0.0
    delivered: int = 0
    read: int = 0
    shown: int = 0
    removed: int = 0
    day: int = 0
    sent: int = 0
    strange: int = 0
    bytes: int = 0


class Conversation(Struct, frozen=True, array_like=True):
    """`seq` is the newest number."""

    seq: int = 0
    one: Side = Side()
    other: Side = Side()

    def side(self, index: Index) -> Side:
        return self.other if index else self.one


change = msgspec.structs.replace


def pair(person: PersonId, other: PersonId) -> tuple[PersonId, PersonId, Index]:
    """The two in the order in which the conversation has them, and which of them `person` is."""
    return (person, other, 0) if person < other else (other, person, 1)


def sent(
    before: Conversation,
    by: Index,
    at: float,
    *,
    day: int,
    withheld: bool,
    strange: bool,
    size: int = 0,
) -> Conversation:
    """With one more message of so many bytes, whose number is `seq` then."""
    seq = before.seq + 1
    sender, receiver = before.side(by), before.side(_across(by))
    same = sender.day == day
    sender = change(
        sender,
        last=seq,
        at=at,
        day=day,
        sent=sender.sent + 1 if same else 1,
        strange=(sender.strange if same else 0) + strange,
        bytes=(sender.bytes if same else 0) + size,
    )
    if not withheld:
        receiver = change(receiver, last=seq, at=at)
    return _with(seq, by, sender, receiver)


def delivered(before: Conversation, by: Index, upto: int) -> Conversation:
    """What `by` sent has arrived at an endpoint of the other's."""
    return _forward(before, by, delivered=min(upto, before.side(_across(by)).last))


def read(before: Conversation, by: Index, upto: int, *, told: bool) -> Conversation:
    """`by` has read. `told`: the other one may see it."""
    upto = min(upto, before.side(by).last)
    after = _forward(before, by, read=upto)
    return _forward(after, by, shown=upto) if told else after


def removed(before: Conversation, by: Index, upto: int) -> Conversation:
    """`by` has taken it out of their own list; so it is read, too, and the other one is not told."""
    upto = min(upto, before.side(by).last)
    return _forward(_forward(before, by, removed=upto), by, read=upto)


def _forward(before: Conversation, index: Index, **upto: int) -> Conversation:
    """The same one where it is there already."""
    side = before.side(index)
    ((field, number),) = upto.items()
    if number <= getattr(side, field):
        return before
    return _with(before.seq, index, change(side, **upto), before.side(_across(index)))


def _with(seq: int, index: Index, side: Side, across: Side) -> Conversation:
    return Conversation(seq, side, across) if index == 0 else Conversation(seq, across, side)


def _across(index: Index) -> Index:
    return 0 if index else 1
