"""The messages about the log: entries that endpoints write, and reading and checking all of them. Pure."""

from typing import Annotated

from msgspec import Meta

from kith.core.trust.history import Count, Hash, Key
from kith.core.trust.log import LogEntry, Owner, PayloadBytes
from signaling.protocol.envelope import Command, Event, Part, Reply

MOST_ENTRIES = 32
"""Entries in one message: with their payloads at most 45 KiB, which leaves room for base64."""

Cursor = Annotated[int, Meta(ge=0, le=2**53 - 1)]


class LogLine(Part, frozen=True, kw_only=True):
    """An entry and its payload, which is absent where it was taken away (kith.core.trust.log)."""

    entry: LogEntry
    payload: PayloadBytes | None = None


class LogHead(Part, frozen=True, kw_only=True):
    """How far a chain goes: that of `writer` for `owner`."""

    owner: Owner
    writer: Key
    number: Count
    hash: Hash
    time: Count


# -- commands ---------------------------------------------------------------------------------------


class AppendLog(Command, frozen=True, kw_only=True, tag="append_log"):
    """Entries of the own chain, in their order: a personal endpoint's for its person, a shared one's for its household.
    What is there already may come again."""

    lines: Annotated[tuple[LogLine, ...], Meta(min_length=1, max_length=MOST_ENTRIES)]


class ListLog(Command, frozen=True, kw_only=True, tag="list_log"):
    """The person's log and that of the household, the latest first. `before`: what `more` of the last page says."""

    before: Cursor | None = None
    limit: Annotated[int, Meta(ge=1, le=MOST_ENTRIES)] = MOST_ENTRIES


class ReadChain(Command, frozen=True, kw_only=True, tag="read_chain"):
    """One chain from its entry `first` on, to check it."""

    owner: Owner
    writer: Key
    first: Count = 0


class DeleteLog(Command, frozen=True, kw_only=True, tag="delete_log"):
    """Take away the payloads of these entries. Their hashes stay, and `line` is the entry that says so, which becomes
    part of the own chain."""

    owner: Owner
    writer: Key
    numbers: Annotated[tuple[Count, ...], Meta(min_length=1, max_length=MOST_ENTRIES)]
    line: LogLine


class CheckLog(Command, frozen=True, kw_only=True, tag="check_log"):
    """How far every chain goes that may be read here: to be compared with what one remembers."""


# -- replies ----------------------------------------------------------------------------------------


class LogAppended(Reply, frozen=True, kw_only=True, tag="log_appended"):
    """How far the own chain goes here."""

    head: LogHead


class LogPage(Reply, frozen=True, kw_only=True, tag="log_page"):
    """`more` is there where there are older ones."""

    lines: tuple[LogLine, ...]
    more: Cursor | None = None


class LogChain(Reply, frozen=True, kw_only=True, tag="log_chain"):
    """Entries in their order; fewer than asked for at the end of the chain."""

    lines: tuple[LogLine, ...]


class LogHeads(Reply, frozen=True, kw_only=True, tag="log_heads"):
    heads: tuple[LogHead, ...]


# -- events -----------------------------------------------------------------------------------------


class LogChanged(Event, frozen=True, kw_only=True, tag="log_changed"):
    """Something was written, or taken away. Personal endpoints only."""
