"""What every endpoint saw of every call, and whether the server kept its promises. Pure: times are passed in.

The promises

    one end      every endpoint that knew of a call learns exactly once that its part is over
    one winner   at most one endpoint of the callee is told that it won, and the caller is told of the same one
    no orphan    no endpoint goes on ringing for a call that is over

Times are seconds of one monotonic clock. Endpoints are numbers in the plan's world.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from kith.simulator.plan import Story
from signaling.call import EndReason

ORPHAN_AFTER = 2.0
"""Seconds that a ring may outlast its call at an endpoint that is connected. The promise to people is 200 ms;
beyond 2 s it is not slowness but a ring that nobody will stop."""


class Promise(StrEnum):
    ONE_END = "one end for each endpoint"
    ONE_WINNER = "one winner at most"
    NO_ORPHAN = "no orphaned ring"


class Phase(StrEnum):
    """What is timed."""

    SIGN_IN = "connect and sign in"
    FIRST_ALERTING = "invite to first alerting"
    ALL_ALERTING = "invite to all alerting"
    WON = "answer to caller knows"
    SILENCED = "answer to losers silent"
    RELAY = "signal relayed"
    RESUME = "resumed"
    SNAPSHOT = "back with a snapshot"


@dataclass(slots=True)
class CallRecord:
    """One call as its endpoints saw it. `peers` are the winners that the caller was told of;
    `ends` holds every end that an endpoint was told of; `back` when it was last back from an outage."""

    story: Story
    caller: int
    expected: frozenset[int]
    placed: float | None = None
    rang: dict[int, float] = field(default_factory=dict)
    alerting: dict[int, float] = field(default_factory=dict)
    answered: dict[int, float] = field(default_factory=dict)
    won: dict[int, float] = field(default_factory=dict)
    peers: dict[int, float] = field(default_factory=dict)
    ends: dict[int, list[tuple[str, float]]] = field(default_factory=dict)
    back: dict[int, float] = field(default_factory=dict)
    revived: set[int] = field(default_factory=set)

    def rings(self, endpoint: int, now: float) -> None:
        """It may ring again, after an outage; but not once it was told the end."""
        if endpoint in self.ends:
            self.revived.add(endpoint)
        self.rang.setdefault(endpoint, now)

    def end(self, endpoint: int, reason: str, now: float) -> None:
        self.ends.setdefault(endpoint, []).append((reason, now))

    @property
    def parties(self) -> frozenset[int]:
        """The endpoints that know of the call, and so are owed an end."""
        return frozenset(self.rang) | ({self.caller} if self.placed is not None else frozenset())

    @property
    def over(self) -> bool:
        """Whether every party was told the end."""
        return self.placed is not None and self.parties <= self.ends.keys()


@dataclass(frozen=True, slots=True)
class Violation:
    promise: Promise
    story: Story
    detail: str


@dataclass(slots=True)
class Ledger:
    """Everything that is written down during a play."""

    calls: list[CallRecord] = field(default_factory=list)
    problems: Counter[str] = field(default_factory=Counter)
    stalls: Counter[str] = field(default_factory=Counter)
    unexpected: Counter[str] = field(default_factory=Counter)
    durations: dict[Phase, list[float]] = field(default_factory=lambda: {phase: [] for phase in Phase})

    def open_call(self, story: Story, caller: int, expected: Iterable[int]) -> CallRecord:
        record = CallRecord(story, caller, frozenset(expected))
        self.calls.append(record)
        return record

    def violations(self) -> list[Violation]:
        return [violation for record in self.calls for violation in judge(record)]

    def timings(self) -> dict[Phase, list[float]]:
        """Durations in seconds: those noted directly and those that the calls' records hold."""
        all_: dict[Phase, list[float]] = {phase: list(values) for phase, values in self.durations.items()}
        for record in self.calls:
            for phase, seconds in phases(record):
                all_[phase].append(seconds)
        return all_


def judge(record: CallRecord) -> list[Violation]:
    """The promises that were broken in a call whose play is over."""
    return [
        Violation(promise, record.story, detail)
        for promise, broken in (
            (Promise.ONE_END, _ends(record)),
            (Promise.ONE_WINNER, _winners(record)),
            (Promise.NO_ORPHAN, _orphans(record)),
        )
        for detail in broken
    ]


def _ends(record: CallRecord) -> list[str]:
    return [
        f"endpoint {endpoint} was told the end {len(record.ends.get(endpoint, []))} times"
        for endpoint in sorted(record.parties)
        if len(record.ends.get(endpoint, [])) != 1 and not _still_rings(record, endpoint)
    ]


def _winners(record: CallRecord) -> list[str]:
    winners = record.won.keys() | record.peers.keys()
    return [f"endpoints {sorted(winners)} all won"] if len(winners) > 1 else []


def _orphans(record: CallRecord) -> list[str]:
    never = [f"endpoint {i} was never told to stop" for i in sorted(record.rang) if _still_rings(record, i)]
    again = [f"endpoint {i} rang again after the end" for i in sorted(record.revived)]
    return never + again + [f"endpoint {i} rang on for {late:.1f} s" for i, late in _late(record)]


def _still_rings(record: CallRecord, endpoint: int) -> bool:
    return endpoint in record.rang and endpoint not in record.ends and endpoint not in record.won


def _late(record: CallRecord) -> list[tuple[int, float]]:
    """How long endpoints rang on after the caller knew of the end, where that is too long."""
    if record.caller not in record.ends:
        return []
    over = record.ends[record.caller][0][1]
    late = [
        (endpoint, record.ends[endpoint][0][1] - max(over, record.back.get(endpoint, over)))
        for endpoint in sorted(record.rang.keys() & record.ends.keys() - record.won.keys())
    ]
    return [(endpoint, seconds) for endpoint, seconds in late if seconds > ORPHAN_AFTER]


def phases(record: CallRecord) -> list[tuple[Phase, float]]:
    """The durations, in seconds, that one call's record holds."""
    found: list[tuple[Phase, float]] = []
    if record.placed is not None and record.alerting:
        found.append((Phase.FIRST_ALERTING, min(record.alerting.values()) - record.placed))
        if record.expected <= record.alerting.keys():
            last = max(record.alerting[endpoint] for endpoint in record.expected)
            found.append((Phase.ALL_ALERTING, last - record.placed))
    for winner, told in record.peers.items():
        if winner in record.answered:
            found.append((Phase.WON, told - record.answered[winner]))
    for winner in record.won.keys() & record.answered.keys():
        found += [
            (Phase.SILENCED, told - record.answered[winner])
            for endpoint, ends in record.ends.items()
            for reason, told in ends
            if reason == EndReason.ANSWERED_ELSEWHERE and endpoint not in record.back
        ]
    return found
