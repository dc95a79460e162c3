"""A table for people on stderr, one JSON object for programs as the last line of stdout."""

import json
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

console = Console(stderr=True)


def show(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    table = Table(*columns, title=title, title_justify="left")
    for row in rows:
        table.add_row(*(f"{cell:.2f}" if isinstance(cell, float) else str(cell) for cell in row))
    console.print(table)


def judge(what: str, value: float, limit: float) -> bool:
    """Show a number that has a target; whether it was met."""
    met = value <= limit
    console.print(
        f"{what} [bold]{value:.2f}[/] (target: at most {limit}) {'[green]met[/]' if met else '[red]missed[/]'}"
    )
    return met


def emit(result: dict[str, Any]) -> None:
    print(json.dumps(result), flush=True)
