"""What it costs to send somebody a message who is there, against Synapse and ejabberd.

A text of 200 characters. Kith's is sealed and signed, is on disk (SQLite, WAL, synchronous=FULL) before the sender is
told that it was sent, reaches the receiver, who confirms it, upon which it is deleted and the sender is told that it
has arrived: all of that is in its number. Synapse stores it, too (SQLite). ejabberd hands it on and stores nothing,
which is as little as a message between two who are there can cost.

Kith and ejabberd run at the same time, each with its own load; their rounds alternate, so that a noisy machine is
equally unfair to both. The median counts, and for the ratio the median of the ratios of two rounds that followed each
other. Synapse comes after them, with fewer people and at the highest rate that it sustains: all messages arrive, 99 of
100 within a second, and it is not busy all the time.
"""

import contextlib
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import click

from bench import report, servers
from bench import synapse as matrix
from bench.driver import Driver, driver
from bench.ejabberd import ejabberd
from bench.load.__main__ import SETTLE
from bench.servers import Server

SYNAPSE_RATIO = 0.02
EJABBERD_RATIO = 0.8

STEPS = (5, 8, 12, 18, 27, 40, 60, 90, 135, 200, 300, 500)
"""Messages a second, up to where a server sustains no more."""

SUSTAINED_MS = 1_000
BUSY = 0.6
"""Of one processor, which is all that Synapse uses: beyond it what comes waits longer and longer."""

TRIAL = 4.0
PATIENCE = 60
"""Rounds without messages, in which a server that was given too much may finish."""


@dataclass(slots=True)
class Contender:
    """One server under measurement; `rounds` are the load's answers."""

    name: str
    server: Server
    load: Driver
    keeps: str
    rate: float
    rounds: list[dict[str, Any]] = field(default_factory=list)

    def round(self, seconds: float) -> dict[str, Any]:
        return self.load.order("relay", pid=self.server.pid, rate=self.rate, seconds=seconds, trickle=1)

    def middle(self, key: str) -> float:
        return float(median(one[key] for one in self.rounds))

    @property
    def clean(self) -> bool:
        return all(not one["missing"] and not one["lost"] for one in self.rounds)


@click.command()
@click.option("--people", default=1_000, show_default=True, help="At Kith and ejabberd, two and two.")
@click.option("--rate", default=500, show_default=True, help="Messages a second, of all together.")
@click.option("--seconds", default=2.0, show_default=True, help="Length of a round.")
@click.option("--rounds", default=16, show_default=True)
@click.option("--rooms", default=20, show_default=True, help="Of two people each, at Synapse.")
@click.option("--without-synapse", is_flag=True)
def messages(people: int, rate: int, seconds: float, rounds: int, rooms: int, without_synapse: bool) -> None:  # noqa: FBT001 - by name
    """CPU and delay of a message that is stored before it is answered, against Synapse and ejabberd."""
    ahead = int(rounds * rate * (seconds + SETTLE) / (people // 2)) + 2
    with contextlib.ExitStack() as stack:
        contenders = [_ejabberd(stack, people, rate), _kith(stack, people, rate, ahead)]
        for one in contenders:
            one.round(people / rate)  # each has written once
        for number in range(rounds):
            for one in contenders[:: 1 if number % 2 else -1]:
                one.rounds.append(one.round(seconds))
    if not without_synapse:
        with contextlib.ExitStack() as stack:
            contenders.append(_synapse(stack, rooms))
            contenders[-1].rounds = [contenders[-1].round(3 * TRIAL) for _ in range(3)]
    report.emit(_result(*contenders) | {"people": people, "rooms": rooms})


def _kith(stack: contextlib.ExitStack, people: int, rate: float, ahead: int) -> Contender:
    data = stack.enter_context(servers.scratch())
    load = stack.enter_context(driver("bench.load", "kith-messages"))
    with servers.kith(data) as first:
        load.order("enrol", port=first.port, endpoints=people)
    server = stack.enter_context(servers.kith(data))
    load.order("connect", port=server.port, endpoints=people)
    load.order("pair", ahead=ahead)
    return Contender("Kith", server, load, "SQLite", rate)


def _ejabberd(stack: contextlib.ExitStack, people: int, rate: float) -> Contender:
    server = stack.enter_context(ejabberd(stack.enter_context(servers.scratch())))
    load = stack.enter_context(driver("bench.load", "ejabberd"))
    load.order("connect", port=server.port, endpoints=people)
    load.order("pair")
    return Contender("ejabberd", server, load, "nothing", rate)


def _synapse(stack: contextlib.ExitStack, rooms: int) -> Contender:
    server = stack.enter_context(matrix.synapse(stack.enter_context(servers.scratch())))
    load = stack.enter_context(driver("bench.load", "synapse"))
    load.order("enrol", port=server.port, endpoints=2 * rooms)
    load.order("connect", port=server.port, endpoints=2 * rooms)
    load.order("pair")
    made = Contender("Synapse", server, load, "SQLite", STEPS[0])
    for rate in STEPS:
        before, made.rate = made.rate, rate
        tried = made.round(TRIAL)
        late = tried["missing"] or tried["lost"] or tried["p99_ms"] > SUSTAINED_MS
        if late or tried["cpu_us"] * rate / 1e6 > BUSY:
            made.rate = before
            _finish(made)
            break
    return made


def _finish(contender: Contender) -> None:
    """Wait until everything that was sent has arrived."""
    for _ in range(PATIENCE):
        idle = contender.load.order("relay", pid=contender.server.pid, rate=1, seconds=1.0, trickle=1)
        if not idle["missing"]:
            return


def _result(ejabberd: Contender, kith: Contender, synapse: Contender | None = None) -> dict[str, Any]:
    keys = ("cpu_us", "p50_ms", "p99_ms")
    all_of_them = [one for one in (synapse, ejabberd, kith) if one is not None]
    report.show(
        "A message to somebody who is there, median of the rounds",
        ("", "keeps it in", "a second", "CPU µs a message", "p50 ms", "p99 ms"),
        [(one.name, one.keeps, str(one.rate), *(one.middle(key) for key in keys)) for one in all_of_them],
    )
    pairs = zip(kith.rounds, ejabberd.rounds, strict=True)
    ratios = {"ejabberd_ratio": median(mine["cpu_us"] / other["cpu_us"] for mine, other in pairs)}
    limits = {"ejabberd_ratio": EJABBERD_RATIO, "synapse_ratio": SYNAPSE_RATIO}
    if synapse is not None:
        ratios["synapse_ratio"] = kith.middle("cpu_us") / synapse.middle("cpu_us")
    met = [report.judge(what, ratio, limits[what]) for what, ratio in ratios.items()]
    clean = all(one.clean for one in all_of_them)
    if not clean:
        report.console.print("[red]messages or connections were lost[/]")
    return {
        "bench": "messages",
        "met": all(met) and clean,
        **{what: round(ratio, 4) for what, ratio in ratios.items()},
        **{
            one.name.lower(): {"rate": one.rate, **{key: round(one.middle(key), 3) for key in keys}}
            for one in all_of_them
        },
    }
