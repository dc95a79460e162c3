"""What it costs to decide whether somebody may drop in, and how soon they are heard once the tone has ended.

Two numbers are processor time for one attempt at one device: the table of rules alone, on facts that are there; and
with the facts gathered first, as the server and the device do for each attempt, from the signed sets of a household
of four, each with grants, hours and a schedule. Beside them stands what a lookup in a dictionary costs, the plainest
alternative, which knows neither hours nor households. `opening` measures the third between two endpoints, and
`opening_pages` on pages in Chromium and Firefox; what counts is the slowest of them.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil
from statistics import median

import click
import uvloop

from bench import opening, opening_pages, report, servers
from kith.core.trust.grants import (
    DeviceTerm,
    DropInTerm,
    Grant,
    Grants,
    HomeTerm,
    Hours,
    Mode,
    Quiet,
    Schedule,
)
from policy.drop_in import Decision, decide
from policy.drop_in_facts import Here, gather
from policy.grants import Claim, Place
from tools.vectors.form import fixed

NOW = 1_790_500_000
DECISION_US = 10.0
WITH_FACTS_US = 500.0
"""Microseconds. At half a millisecond one processor decides two thousand attempts a second, more than a city makes."""

FIRST_MEDIA_MS = 100.0
"""95th percentile. Whoever dropped in should hear the room as soon as the room has heard that they are there."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One caller at one device of the household."""

    place: Place
    caller: Claim


@click.command()
@click.option("--members", default=4, show_default=True, help="People who live together, each with a set.")
@click.option("--grants", default=16, show_default=True, help="Grants in each set.")
@click.option("--rounds", default=200, show_default=True, help="How often each attempt is decided.")
@click.option("--openings", default=40, show_default=True, help="Drop ins between real endpoints.")
@click.option(
    "--pages", default=20, show_default=True, help="Drop ins on pages in each of the real browsers."
)
def policy(members: int, grants: int, rounds: int, openings: int, pages: int) -> None:
    """One attempt to drop in: decided on facts, with the facts gathered, and carried out."""
    sets = [_set(number, grants) for number in range(members)]
    attempts = list(_attempts(grants))
    facts = [gather(sets, each.place, each.caller, Here(), NOW) for each in attempts]
    granted = {(each.place.identity, each.caller.root): True for each in attempts}

    def whole(attempt: Attempt) -> Decision:
        return decide(gather(sets, attempt.place, attempt.caller, Here(), NOW))

    looked_up = _spent(
        [partial(granted.get, (each.place.identity, each.caller.root)) for each in attempts], rounds
    )
    decided = _spent([partial(decide, each) for each in facts], rounds)
    gathered = _spent([partial(whole, each) for each in attempts], max(rounds // 20, 5))
    report.show(
        f"One attempt to drop in, at a household of {members} with {grants} grants each",
        ("", "CPU µs, median", "longest"),
        [
            ("a lookup in a dictionary", median(looked_up), max(looked_up)),
            ("decided on facts", median(decided), max(decided)),
            ("with the facts gathered", median(gathered), max(gathered)),
        ],
    )
    met = [
        report.judge("decision_us", median(decided), DECISION_US),
        report.judge("decision_with_facts_us", median(gathered), WITH_FACTS_US),
    ]
    with servers.scratch() as scratch, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        opened = {"endpoint": sorted(runner.run(opening.measure(scratch, openings)))}
    with servers.scratch() as scratch:
        found = asyncio.run(opening_pages.measure(scratch, pages))
    opened |= {str(kind): sorted(taken) for kind, taken in found.items()}
    report.show(
        "Sound after the tone, at whoever is dropped in on",
        ("", "drop ins", "ms, median", "95th percentile", "longest"),
        [(what, len(taken), median(taken), _p95(taken), taken[-1]) for what, taken in opened.items()],
    )
    slowest = {what: _p95(taken) for what, taken in opened.items()}
    met += [
        report.judge(f"first_media_after_tone_{what}_ms", value, FIRST_MEDIA_MS)
        for what, value in slowest.items()
    ]
    report.emit(
        {
            "bench": "policy",
            "met": all(met),
            "lookup_us": round(median(looked_up), 3),
            "decision_us": round(median(decided), 2),
            "decision_longest_us": round(max(decided), 2),
            "decision_with_facts_us": round(median(gathered), 1),
            "decision_with_facts_longest_us": round(max(gathered), 1),
            "first_media_after_tone_ms": round(max(slowest.values()), 1),
            **{f"first_media_after_tone_{what}_ms": round(value, 1) for what, value in slowest.items()},
            "openings": openings,
            "pages": pages,
            "members": members,
            "grants": grants,
            "attempts": len(attempts),
        }
    )


def _p95(ascending: Sequence[float]) -> float:
    return ascending[ceil(len(ascending) * 0.95) - 1]


def _spent(works: Sequence[Callable[[], object]], rounds: int) -> list[float]:
    """Microseconds of processor time for each of these once, the mean of so many rounds."""
    found = []
    for work in works:
        began = time.process_time_ns()
        for _ in range(rounds):
            work()
        found.append((time.process_time_ns() - began) / rounds / 1000)
    return found


def _set(number: int, grants: int) -> Grants:
    person = fixed(f"member {number}")
    given = [_grant(each, number) for each in range(grants)]
    return Grants(
        person=person,
        person_version=0,
        person_head=person,
        version=9,
        time=NOW - 3600,
        grants=tuple(sorted(given, key=lambda each: (each.receiver, each.household))),
        home=HomeTerm.INSTANT,
        devices=(DeviceTerm(identity=fixed("hall"), drop_in=DropInTerm.HOUSEHOLD),),
        quiet=(Quiet(on=False, changed=4),),
        schedules=(Schedule(days=127, begin=22 * 60, end=6 * 60),),
        zone="Europe/Madrid",
        signer=person,
        signature=bytes(64),
    )


def _grant(number: int, member: int) -> Grant:
    hours = tuple(Hours(days=31, begin=8 * 60 + at, end=20 * 60) for at in range(number % 3))
    return Grant(
        receiver=fixed(f"friend {number} {member % 2}"),
        household=fixed(f"household {number}") if number % 2 else b"",
        mode=Mode.INSTANT if number % 4 == 0 else Mode.KNOCK,
        since=NOW - 86_400,
        until=NOW + 86_400 if number % 5 else 0,
        hours=hours,
    )


def _attempts(grants: int) -> Sequence[Attempt]:
    """Friends, those who live with them, housemates and strangers, at a room and at the hall."""
    home = fixed("home")
    callers = [Claim(fixed(f"friend {number} 0"), fixed("phone"), shared=False) for number in range(grants)]
    for number in range(grants):
        households = {fixed(f"household {number}"): frozenset({fixed(f"friend {number} 0")})}
        callers.append(Claim(fixed(f"child {number}"), fixed("phone"), shared=False, households=households))
    housemate = {home: frozenset({fixed("member 0")})}
    callers.append(Claim(fixed("member 1"), fixed("phone"), shared=False, households=housemate))
    callers.append(Claim(fixed("stranger"), fixed("phone"), shared=False))
    rooms = [Place(fixed(name), shared=True, household=home) for name in ("kitchen", "hall")]
    return [Attempt(room, caller) for room in rooms for caller in callers]
