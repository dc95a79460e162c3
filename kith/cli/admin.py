"""`kith admin`: who is here, what people reported, and what the operator does about it."""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from kith.core.settings import Settings
from kith.server import operator as wishes
from kith.server.admin import ask
from kith.server.operator import Answer, AnyWish, beside_no_server
from kith.store.database import Database

Row = dict[str, Any]
Cell = Callable[[Row], str]


@click.group()
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("data"),
    show_default=True,
    help="The server's data directory.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.pass_context
def admin(ctx: click.Context, data: Path, as_json: bool) -> None:
    """See who is here, review what was reported, suspend and let in again.

    Asks the running server, or works on the database where none runs.
    """
    ctx.obj = _Desk(Settings(data=data, certs=data), as_json=as_json)


class _Desk:
    """Asks, and shows the answer."""

    def __init__(self, settings: Settings, *, as_json: bool) -> None:
        self._settings = settings
        self._as_json = as_json

    def show(
        self,
        wish: AnyWish,
        title: str,
        columns: Sequence[tuple[str, Cell]],
        lines: Callable[[Sequence[Row]], Sequence[Row]] = lambda rows: rows,
    ) -> None:
        """The rows of an answer as JSON, or as the lines of a table."""
        rows = self._rows(wish)
        if self._as_json:
            click.echo(json.dumps(rows, indent=1))
            return
        table = Table(title=title, title_justify="left")
        for name, _ in columns:
            table.add_column(name, overflow="fold")
        for row in lines(rows):
            table.add_row(*(Text(_plain(cell(row))) for _, cell in columns))
        Console().print(table if rows else f"{title}: none.")

    def do(self, wish: AnyWish, said: str) -> None:
        """Something that is done, and a sentence about it."""
        rows = self._rows(wish)
        click.echo(json.dumps(rows[0]) if self._as_json else _plain(said.format(**rows[0])))

    def _rows(self, wish: AnyWish) -> Sequence[Row]:
        if not self._settings.database.exists():
            raise click.ClickException(f"There is no database {self._settings.database}.")
        try:
            msgspec.convert(msgspec.to_builtins(wish), type=wishes.AnyWish)  # bounds, before anything is done
        except msgspec.ValidationError as error:
            raise click.UsageError(str(error)) from None
        answer = asyncio.run(self._ask(wish))
        if answer.refused:
            raise click.ClickException(answer.refused)
        return answer.rows

    async def _ask(self, wish: AnyWish) -> Answer:
        answer = await ask(self._settings.admin_socket, wish)
        if answer is not None:
            return answer
        database = await Database.open(self._settings.database)
        try:
            return await beside_no_server(self._settings, database, time.time).carry_out(wish)
        finally:
            await database.close()


def _plain(text: str) -> str:
    """What people wrote, without what would command the operator's terminal."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _of(name: str) -> Cell:
    return lambda row: "" if row[name] is None else str(row[name])


def _time(name: str) -> Cell:
    def shown(row: Row) -> str:
        if row[name] is None:
            return ""
        return datetime.fromtimestamp(row[name], UTC).astimezone().strftime("%Y-%m-%d %H:%M")

    return shown


def _standing(row: Row) -> str:
    if row["suspended"] is not None:
        return "suspended"
    return "" if row["registered"] is not None else "not verified"


def _details(row: Row) -> str:
    return ", ".join(f"{key}={value}" for key, value in row["details"].items())


reason = click.option("--reason", required=True, help="Why; kept with what was done.")


@admin.command()
@click.option("--search", default="", help="A name or a part of it, or an id.")
@click.option("--suspended", is_flag=True, help="Only those who are suspended.")
@click.pass_obj
def people(desk: _Desk, search: str, suspended: bool) -> None:
    """Everybody on this server."""
    columns = (
        ("Id", _of("id")),
        ("Name", _of("name")),
        ("Household", _of("home")),
        ("Number ends in", _of("ends")),
        ("Devices", _of("devices")),
        ("Seen", _time("seen")),
        ("Reports", lambda row: str(row["reports"] or "")),
        ("", _standing),
    )
    desk.show(wishes.People(search=search, suspended=suspended), "People", columns)


@admin.command()
@click.pass_obj
def households(desk: _Desk) -> None:
    """Households, with how many people and devices they have."""
    columns = (
        ("Id", _of("id")),
        ("Name", _of("name")),
        ("People", _of("people")),
        ("Devices", _of("devices")),
    )
    desk.show(wishes.Households(), "Households", columns)


@admin.command()
@click.option("--all", "everything", is_flag=True, help="Those that were reviewed, too.")
@click.pass_obj
def reports(desk: _Desk, everything: bool) -> None:
    """What people reported of each other."""
    columns = (
        ("Report", _of("id")),
        ("When", _time("at")),
        ("Person", _of("person")),
        ("Name", _of("name")),
        ("Why", _of("why")),
        ("In their words", _of("text")),
        ("Message", _of("message")),
        ("By", _of("by_name")),
        ("Reviewed", _time("reviewed")),
    )
    desk.show(wishes.Reports(everything=everything), "Reports", columns)


@admin.command()
@click.pass_obj
def incidents(desk: _Desk) -> None:
    """Who reached a bound that honest people do not reach."""
    columns = (
        ("When", _time("at")),
        ("What", _of("kind")),
        ("Person", _of("person")),
        ("Name", _of("name")),
        ("Details", _details),
    )
    desk.show(wishes.Incidents(), "Incidents", columns)


@admin.command()
@click.pass_obj
def actions(desk: _Desk) -> None:
    """What was done with these commands, and why."""
    columns = (
        ("When", _time("at")),
        ("What", _of("action")),
        ("Whom", _of("subject")),
        ("Name", _of("name")),
        ("Reason", _of("reason")),
    )
    desk.show(wishes.Actions(), "Actions", columns)


def _seats(rooms: Sequence[Row]) -> Sequence[Row]:
    """A line for each participant."""
    return [{**room, **seat} for room in rooms for seat in room["seats"]]


def _part(row: Row) -> str:
    """Packets lost, of those that should have come."""
    sent = row["received"] + row["lost"]
    return f"{row['lost'] / sent:.1%}" if sent else ""


def _number(name: str, form: str) -> Cell:
    return lambda row: format(row[name], form)


@admin.command()
@click.pass_obj
def rooms(desk: _Desk) -> None:
    """Groups that the server mixes now: who is in them and how well it goes, never what is said."""
    columns = (
        ("Group", _of("room")),
        ("Mixer", _of("mixer")),
        ("Its load", _number("cpu", ".0%")),
        ("Late", _of("late_ticks")),
        ("Device", _of("name")),
        ("", lambda row: "" if row["connected"] else "connecting"),
        ("Lost", _part),
        ("Jitter, ms", _number("jitter_ms", ".0f")),
        ("Delay, ms", _number("delay_ms", ".0f")),
    )
    desk.show(wishes.LiveRooms(), "Live rooms", columns, _seats)


@admin.command()
@click.argument("person")
@reason
@click.pass_obj
def suspend(desk: _Desk, person: str, reason: str) -> None:
    """Keep a person out: sessions and calls end at once, and nobody signs in or rings."""
    desk.do(wishes.Suspend(person=person, reason=reason), "{name} is suspended.")


@admin.command()
@click.argument("person")
@reason
@click.pass_obj
def unsuspend(desk: _Desk, person: str, reason: str) -> None:
    """Let a suspended person in again."""
    desk.do(wishes.Unsuspend(person=person, reason=reason), "{name} may come in again.")


@admin.command()
@click.argument("person")
@reason
@click.confirmation_option(prompt="Everything that is kept of this person is erased. Go on?")
@click.pass_obj
def terminate(desk: _Desk, person: str, reason: str) -> None:
    """End an account for good: erased, and the number may not sign up again."""
    desk.do(wishes.Terminate(person=person, reason=reason), "The account of {name} is terminated.")


@admin.command()
@click.argument("report", type=int)
@reason
@click.pass_obj
def review(desk: _Desk, report: int, reason: str) -> None:
    """Say that a report was looked at, and what came of it."""
    desk.do(wishes.Review(report=report, reason=reason), "Report {subject} is reviewed.")
