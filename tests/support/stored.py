"""What a running server has on disk, read beside it."""

import sqlite3
from contextlib import closing
from typing import Any

from tests.support.server import RunningServer


def rows(server: RunningServer, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    with closing(sqlite3.connect(f"file:{server.data / 'kith.db'}?mode=ro", uri=True)) as db:
        return db.execute(sql, values).fetchall()
