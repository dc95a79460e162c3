"""What address books cost: a name that is looked for among them, and a file of them that is imported.

Importing is measured on the server's whole path, over a WebSocket, part after part: read, normalised, compared, written
to disk and answered. Beside it vobject reads the same file in this process, and does nothing with it.
Rounds alternate, each with a person of its own; the median of their ratios counts.
"""

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import click
import uvloop
import vobject  # type: ignore[import-untyped]

from bench import address_books, report, servers
from bench.meter import cpu_seconds
from kith.core.ids import PersonId
from kith.core.names import Outcome
from kith.directory.name_keys import Entry, Keys, Target, prepare
from kith.directory.resolve import resolve
from signaling.protocol import MAX_CARDS
from tests.support.server import RunningServer, running_server
from tests.support.wire import Endpoint

IMPORT_RATIO = 1.6


@dataclass(frozen=True, slots=True)
class Import:
    """Seconds that went by, and of processor time, for one import and for vobject alone on the same cards."""

    kith: tuple[float, float]
    alone: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Names:
    """Milliseconds of processor time: for a name, median and longest, and for making a list ready once."""

    middle: float
    longest: float
    prepared: float


@click.command()
@click.option("--cards", default=5_000, show_default=True, help="vCards in the file that is imported.")
@click.option(
    "--rounds", default=5, show_default=True, help="Imports, and as many readings by vobject alone."
)
@click.option("--members", default=5, show_default=True, help="People whose lists a name is looked for in.")
@click.option("--contacts", default=2_000, show_default=True, help="Contacts that each of them has.")
def directory(cards: int, rounds: int, members: int, contacts: int) -> None:
    """A name among a household's contacts; an import against the parsing alone."""
    names = _names(members, contacts)
    report.show(
        f"A name among {members} lists of {contacts:,}",
        ("CPU ms a name", "longest", "CPU ms to prepare a list"),
        [(names.middle, names.longest, names.prepared)],
    )
    with servers.scratch() as scratch, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        imports = runner.run(
            _imports(scratch, address_books.export(address_books.people(cards, seed=1)), rounds)
        )
    report.show(
        f"Importing {cards:,} vCards, median of {rounds}",
        ("", "s", "CPU s"),
        [
            ("Kith, on disk", *_middle(one.kith for one in imports)),
            ("vobject, parsing alone", *_middle(one.alone for one in imports)),
        ],
    )
    ratio, cpu_ratio = _middle((one.kith[0] / one.alone[0], one.kith[1] / one.alone[1]) for one in imports)
    met = report.judge("import_ratio", ratio, IMPORT_RATIO)
    report.emit(
        {
            "bench": "directory",
            "met": met,
            "resolve_cpu_ms": round(names.middle, 2),
            "resolve_longest_cpu_ms": round(names.longest, 2),
            "prepare_cpu_ms": round(names.prepared, 1),
            "import_ratio": round(ratio, 3),
            "import_cpu_ratio": round(cpu_ratio, 3),
            "import_s": round(_middle(one.kith for one in imports)[0], 2),
            "vobject_s": round(_middle(one.alone for one in imports)[0], 2),
            "cards": cards,
            "members": members,
            "contacts": contacts,
            "rounds": rounds,
        }
    )


def _middle(pairs: Iterable[tuple[float, float]]) -> tuple[float, float]:
    first, second = zip(*pairs, strict=True)
    return median(first), median(second)


# -- names ----------------------------------------------------------------------------------------------------------


def _names(members: int, contacts: int) -> Names:
    began = time.process_time()
    lists = [_list(member, contacts) for member in range(members)]
    prepared = (time.process_time() - began) / members
    spent = []
    for text in _said(contacts):
        began = time.process_time()
        found = resolve(text, "", near=lists[:1], far=lists[1:])
        spent.append(time.process_time() - began)
        assert len(found.choices) > 0 or found.outcome is Outcome.NONE
    return Names(median(spent) * 1000, max(spent) * 1000, prepared * 1000)


def _list(member: int, contacts: int) -> Keys:
    return prepare(
        Entry(
            f"k_{number}", f"{given} {family}", targets=(Target("mobile", PersonId(f"p_{member}_{number}")),)
        )
        for number, (given, family) in enumerate(address_books.people(contacts, seed=member))
    )


def _said(contacts: int) -> list[str]:
    """Whole names of the first and the last list, given names, nicknames, slips and names that nobody has."""
    own, other = (address_books.people(contacts, seed=seed)[:40] for seed in (0, 4))
    whole = [f"{given} {family}" for given, family in (*own, *other)]
    slips = [name.replace("a", "e", 1) for name in whole[:40]]
    return [
        *whole,
        *slips,
        *address_books.GIVEN,
        "Bill",
        "Liz",
        "Pepe",
        "Mum",
        "Ebenezer",
        "Zaphod Beeblebrox",
    ]


# -- imports -----------------------------------------------------------------------------------------------------------


async def _imports(scratch: Path, cards: Sequence[str], rounds: int) -> list[Import]:
    found = []
    async with running_server(scratch, "--no-tls", "--open-sign-up") as server:
        for number in range(rounds + 1):
            alone = _parsing(cards)
            found.append(Import(await _import(server, cards, f"Person {number}"), alone))
    return found[1:]  # the first one warms up both


def _parsing(cards: Sequence[str]) -> tuple[float, float]:
    text = "".join(cards)
    cpu, began = time.process_time(), time.perf_counter()
    count = sum(1 for _ in vobject.readComponents(text, allowQP=True))
    assert count == len(cards)
    return time.perf_counter() - began, time.process_time() - cpu


async def _import(server: RunningServer, cards: Sequence[str], name: str) -> tuple[float, float]:
    """Seconds of time and of the server's processor. What the file says is checked to have come in."""
    joined, code = await server.sign_up(name, secret=None)
    await server.post("verify", token=await server.token(joined), code=code)
    async with Endpoint(server, joined) as phone:
        await phone.ok("set_contact_import", allowed=True)
        cpu, began = cpu_seconds(server.pid), time.perf_counter()
        added = 0
        for first_line, text in address_books.parts(cards, MAX_CARDS):
            reply = await phone.ok("import_contacts", text=text, first_line=first_line)
            assert not reply["problems"], reply["problems"]
            added += reply["added"]
        elapsed, cpu = time.perf_counter() - began, cpu_seconds(server.pid) - cpu
        assert added == len(cards), added
        return elapsed, cpu
