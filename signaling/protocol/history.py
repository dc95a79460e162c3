"""The messages about the own history: which calls, drop ins, messages and announcements there were. Pure."""

from typing import Annotated, Literal

from msgspec import Meta

from signaling.protocol.envelope import Command, Event, Part, Reply
from signaling.protocol.fields import EndpointRef, PersonRef

MOST_SHOWN = 100

HistoryKind = Literal["call", "drop_in", "group", "message", "announcement"]
HistoryOutcome = Literal[
    "done", "missed", "declined", "busy", "no_answer", "cancelled", "not_let_in", "failed"
]
Months = Literal[0, 3, 18]
Number = Annotated[int, Meta(ge=1, le=2**53 - 1)]
Moment = Annotated[float, Meta(ge=0, le=2**40)]


class HistoryEntry(Part, frozen=True, kw_only=True):
    """What happened, seen from one of those to whom it did. `name` is the other one's, a person's or a device's;
    `endpoint` the own one at which it happened, absent where none took part, and `device` what that was called.
    `seconds` is how long they talked."""

    number: Number
    kind: HistoryKind
    outgoing: bool
    outcome: HistoryOutcome
    at: float
    seconds: float
    person: PersonRef | None
    name: str
    endpoint: EndpointRef | None
    device: str


class HistoryDevice(Part, frozen=True, kw_only=True):
    """An own endpoint of which there is something in the history."""

    endpoint: EndpointRef
    name: str


class ListHistory(Command, frozen=True, kw_only=True, tag="list_history"):
    """The own history, the latest first. `before`: what `more` of the last page says. Only of one endpoint, or of
    `since` up to but not including `until`, where given."""

    before: Number | None = None
    most: Annotated[int, Meta(ge=1, le=MOST_SHOWN)] = MOST_SHOWN
    endpoint: EndpointRef | None = None
    since: Moment | None = None
    until: Moment | None = None


class DeleteHistory(Command, frozen=True, kw_only=True, tag="delete_history"):
    """Delete exactly this of the own history: one entry; or what is of one endpoint, or of a span of time (`since` and
    `until`), or both at once; or all. What others keep of the same is theirs."""

    entry: Number | None = None
    endpoint: EndpointRef | None = None
    since: Moment | None = None
    until: Moment | None = None
    all: bool = False


class KeepHistory(Command, frozen=True, kw_only=True, tag="keep_history"):
    """Delete by itself what is older than so many months; null: nothing, 0: everything, and write nothing any more.
    What is too old by this goes at once."""

    months: Months | None


class History(Reply, frozen=True, kw_only=True, tag="history"):
    """`more` is there where there are older ones. `months` is how long it is kept, as in `keep_history`."""

    entries: tuple[HistoryEntry, ...]
    more: Number | None
    devices: tuple[HistoryDevice, ...]
    months: Months | None


class HistoryChanged(Event, frozen=True, kw_only=True, tag="history_changed"):
    """Something was deleted from the own history, or it is kept for another time. Personal endpoints only."""
