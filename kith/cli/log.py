"""`kith log`: who called, dropped in or tried to, and whether the log is what was written."""

import json
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from kith.core.settings import Settings
from kith.core.trust import log as chains
from kith.core.trust.log import Head, LogEntry, Payload, What
from kith.core.trust.untrusted import SENTENCES, Untrusted
from kith.endpoint.journal import heads_in, place

INTACT = "as it was written"


@dataclass(frozen=True, slots=True)
class Line:
    """An entry with its payload, None where that was taken away."""

    entry: LogEntry
    payload: bytes | None


@dataclass(frozen=True, slots=True)
class Source:
    """What was read: every line, by chain and in its order, and what writers are called, by identity."""

    lines: Sequence[Line]
    names: Mapping[bytes, str]


class _Exported(msgspec.Struct):
    """A row of the part `log` of an export."""

    owner: str
    number: int
    previous: bytes
    time: int
    payload_hash: bytes
    writer: bytes
    signature: bytes
    payload: bytes | None = None


class _Export(msgspec.Struct):
    log: list[_Exported]


def _options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table."),
        click.option("--owner", metavar="ID", help="Only of this person (p_…) or household (h_…)."),
        click.option(
            "--data",
            type=click.Path(exists=True, file_okay=False, path_type=Path),
            help="The server's data directory, in the place of a file.",
        ),
        click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)),
    ):
        command = option(command)
    return command


@click.group()
def log() -> None:
    """Read and check the log of who called, dropped in or tried to.

    FILE is what "Download my data" in the app gave; --data reads what a server has.
    """


@log.command()
@_options
def show(file: Path | None, data: Path | None, owner: str | None, *, as_json: bool) -> None:
    """Show what happened, the latest last."""
    source = _read(file, data, owner)
    lines = sorted(source.lines, key=lambda line: line.entry.time)
    if as_json:
        click.echo(json.dumps([_plain(line, source) for line in lines], indent=1))
        return
    table = Table("When", "What", "Who", "From", "At", "Why", "Length")
    for line in lines:
        table.add_row(*map(Text, _cells(line, source)))
    Console(highlight=False).print(table if lines else "Nothing was written.")


@log.command()
@_options
@click.option(
    "--home",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The directory of an endpoint: what it remembers of the log must be there.",
)
def verify(
    file: Path | None, data: Path | None, owner: str | None, home: Path | None, *, as_json: bool
) -> None:
    """Check that nothing was changed, left out, moved or cut off. Exit code 1 where something was.

    What was cut off at the end is missed only by whoever saw it: name an endpoint's directory with --home.
    """
    source = _read(file, data, owner)
    try:
        seen = {} if home is None else heads_in(home)
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from None
    told = set(_told(source.lines))
    found = [_verified(chain, seen, source, told) for chain in _chains(source.lines, seen, owner)]
    if as_json:
        click.echo(json.dumps(found, indent=1))
    else:
        table = Table("Log of", "Written by", "Entries", "Taken away", "")
        for one in found:
            table.add_row(*(Text(str(cell)) for cell in one.values()))
        Console(highlight=False).print(table if found else "Nothing was written.")
    if any(one["found"] != INTACT for one in found):
        sys.exit(1)


def _read(file: Path | None, data: Path | None, owner: str | None) -> Source:
    try:
        if file is not None and data is None:
            source = _from_export(file)
        elif data is not None and file is None:
            source = _from_server(Settings(data=data, certs=data))
        else:
            raise click.UsageError("name a file or --data, one of the two")
    except (msgspec.DecodeError, OSError, sqlite3.Error, KeyError) as error:
        raise click.ClickException(f"This cannot be read: {error}") from None
    lines = [line for line in source.lines if owner in (None, line.entry.owner)]
    return Source(lines, source.names)


def _from_export(file: Path) -> Source:
    rows = msgspec.json.decode(file.read_bytes(), type=_Export).log
    return Source(
        [_line({name: getattr(row, name) for name in _Exported.__struct_fields__}) for row in rows], {}
    )


def _from_server(settings: Settings) -> Source:
    with closing(sqlite3.connect(f"file:{settings.database}?mode=ro", uri=True)) as db:
        db.row_factory = sqlite3.Row
        rows = db.execute("SELECT * FROM log_entry ORDER BY owner, writer, number").fetchall()
        names = db.execute("SELECT identity, name FROM endpoint").fetchall()
    return Source([_line(dict(row)) for row in rows], {row["identity"]: row["name"] for row in names})


def _line(row: Mapping[str, object]) -> Line:
    entry = LogEntry(**{name: row[name] for name in LogEntry.__struct_fields__})  # type: ignore[arg-type]
    payload = row["payload"]
    assert payload is None or isinstance(payload, bytes)
    return Line(entry, payload)


@dataclass(frozen=True, slots=True)
class _Chain:
    owner: str
    writer: bytes
    lines: Sequence[Line]


def _chains(lines: Iterable[Line], seen: Mapping[str, Head], owner: str | None) -> list[_Chain]:
    """What there is, and what somebody remembers and is not there at all."""

    def whose(line: Line) -> tuple[str, bytes]:
        return line.entry.owner, line.entry.writer

    there = [
        _Chain(*key, list(group))
        for key, group in groupby(sorted(lines, key=lambda one: (*whose(one), one.entry.number)), whose)
    ]
    known = {place(one.owner, one.writer) for one in there}
    for where in sorted(seen.keys() - known):
        whom, _, writer = where.partition(".")
        if owner in (None, whom):
            there.append(_Chain(whom, bytes.fromhex(writer), []))
    return there


def _told(lines: Iterable[Line]) -> Iterator[tuple[str, bytes, int]]:
    """The entries of which another one says that they were taken away."""
    for line in lines:
        said = _said(line)
        if said is not None and said.what is What.DELETED:
            yield from ((line.entry.owner, said.chain, number) for number in said.numbers)


def _verified(
    chain: _Chain, seen: Mapping[str, Head], source: Source, told: AbstractSet[tuple[str, bytes, int]]
) -> dict[str, object]:
    gone = [line.entry for line in chain.lines if line.payload is None]
    try:
        chains.verify_chain(
            ((line.entry, line.payload) for line in chain.lines), seen.get(place(chain.owner, chain.writer))
        )
        secretly = [one.number for one in gone if (one.owner, one.writer, one.number) not in told]
        found = f"nobody says who took away what entry {secretly[0]} said" if secretly else INTACT
    except Untrusted as untrusted:
        found = SENTENCES[untrusted.reason]
    return {
        "owner": chain.owner,
        "writer": source.names.get(chain.writer, chain.writer.hex()[:16]),
        "entries": len(chain.lines),
        "taken_away": len(gone),
        "found": found,
    }


def _said(line: Line) -> Payload | None:
    try:
        return None if line.payload is None else chains.read(line.payload)
    except Untrusted:
        return None


def _cells(line: Line, source: Source) -> tuple[str, ...]:
    when = datetime.fromtimestamp(line.entry.time).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    said = _said(line)
    at = source.names.get(line.entry.writer, "")
    if said is None:
        return when, "taken away", "", "", at, "", ""
    what = " ".join(filter(None, (said.what, said.outcome)))
    length = "" if said.length is None else f"{said.length} s"
    return (
        when,
        what.replace("_", " "),
        said.name,
        said.device,
        said.at or at,
        said.reason.replace("_", " "),
        length,
    )


def _plain(line: Line, source: Source) -> dict[str, object]:
    said = _said(line)
    shown = {} if said is None else msgspec.to_builtins(said)
    shown.pop("salt", None)
    return {
        "owner": line.entry.owner,
        "number": line.entry.number,
        "time": line.entry.time,
        "writer": source.names.get(line.entry.writer, line.entry.writer.hex()[:16]),
        **shown,
    }
