"""What is old goes, what is not stays, and nobody waits for it."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kith.store.database import Database
from kith.store.tidy import AT_ONCE, CALL_LIFE, MISSED_KEPT, UNPROVED_LIFE, USED_LIFE, tidy
from tests.support.database import fresh

NOW = 1_800_000_000.0
OLD, YOUNG = NOW - CALL_LIFE - 1, NOW - CALL_LIFE + 1
USED, FRESH = NOW - USED_LIFE - 1, NOW - USED_LIFE + 1


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(fresh(tmp_path))
    yield database
    await database.close()


def dead(endpoint: str) -> None:
    raise AssertionError(endpoint)


async def put(database: Database, sql: str, rows: list[tuple[object, ...]]) -> None:
    await database.write(lambda db: db.executemany(sql, rows).rowcount)


async def left(database: Database, sql: str) -> list[object]:
    return [row[0] for row in await database.read(lambda db: db.execute(sql).fetchall())]


async def test_calls_that_are_long_over_go_and_live_ones_never(database: Database) -> None:
    rows: list[tuple[object, ...]] = [
        ("over and old", b"", 0, OLD),
        ("over", b"", 0, YOUNG),
        ("live and old", b"", 1, OLD),
    ]
    await put(database, "INSERT INTO call(id, state, live, created) VALUES (?, ?, ?, ?)", rows)
    assert await tidy(database, NOW, dead) == 1
    assert await left(database, "SELECT id FROM call ORDER BY id") == ["live and old", "over"]


@pytest.mark.parametrize("table", ["invitation", "pairing"])
async def test_codes_go_a_week_after_they_were_of_use(database: Database, table: str) -> None:
    rows: list[tuple[object, ...]] = [
        (b"used long ago", NOW, USED),
        (b"used", NOW, FRESH),
        (b"expired long ago", USED, None),
        (b"expired", FRESH, None),
        (b"good", NOW + 1, None),
    ]
    await put(database, f"INSERT INTO {table}(digest, household, expires, used) VALUES (?, 'h', ?, ?)", rows)
    assert await tidy(database, NOW, dead) == 2
    assert await left(database, f"SELECT digest FROM {table} ORDER BY digest") == [
        b"expired",
        b"good",
        b"used",
    ]


async def test_dead_tokens_go(database: Database) -> None:
    rows: list[tuple[object, ...]] = [(b"dead", "e", NOW - 1), (b"good", "e", NOW + 1)]
    await put(database, "INSERT INTO token(digest, endpoint, expires) VALUES (?, ?, ?)", rows)
    await tidy(database, NOW, dead)
    assert await left(database, "SELECT digest FROM token") == [b"good"]


async def test_of_each_persons_missed_calls_the_newest_stay(database: Database) -> None:
    rows: list[tuple[object, ...]] = [
        (person, f"c{at}", "p_x", float(at), 0)
        for person, count in (("many", MISSED_KEPT + 7), ("few", 3))
        for at in range(count)
    ]
    await put(database, "INSERT INTO missed(person, call, caller, at, video) VALUES (?, ?, ?, ?, ?)", rows)
    assert await tidy(database, NOW, dead) == 7
    assert await left(database, "SELECT min(at) FROM missed WHERE person = 'many'") == [7.0]
    assert await left(database, "SELECT count(*) FROM missed WHERE person = 'few'") == [3]


async def test_no_write_deletes_more_than_a_few_and_nothing_is_left(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 3 * AT_ONCE + 1
    rows: list[tuple[object, ...]] = [(f"c{number}", b"", 0, OLD) for number in range(count)]
    await put(database, "INSERT INTO call(id, state, live, created) VALUES (?, ?, ?, ?)", rows)
    deleted: list[int] = []

    class Counting:
        read = database.read

        async def write(self, work: object) -> int:
            deleted.append(await database.write(work))  # type: ignore[arg-type]
            return deleted[-1]

    assert await tidy(Counting(), NOW, dead) == count  # type: ignore[arg-type]
    assert sum(deleted) == count
    assert max(deleted) == AT_ONCE


async def test_what_is_old_is_found_by_an_index(database: Database) -> None:
    """Of a million young rows, none is read."""

    def plan(db: sqlite3.Connection) -> list[str]:
        return [
            " ".join(str(row["detail"]) for row in db.execute(f"EXPLAIN QUERY PLAN SELECT rowid FROM {what}"))
            for what in (
                "call WHERE NOT live AND created < 1 LIMIT 5",
                "invitation WHERE 1 AND coalesce(used, expires) < 1 LIMIT 5",
                "pairing WHERE 1 AND coalesce(used, expires) < 1 LIMIT 5",
                "token WHERE 1 AND expires < 1 LIMIT 5",
                "missed WHERE person = 'p' ORDER BY at DESC, rowid DESC LIMIT 5 OFFSET 100",
            )
        ]

    for steps in await database.read(plan):
        assert steps.startswith("SEARCH"), steps
        assert "SORT" not in steps
        assert "TEMP" not in steps


async def test_sign_ups_that_were_never_verified_go_and_nobody_else(database: Database) -> None:
    """Whoever lost their number stays, and whom the household saved can be taken over again."""
    old, young = NOW - UNPROVED_LIFE - 1, NOW - UNPROVED_LIFE + 1
    homes = [("h_home", "Home", 0.0), ("h_eve", "Home", 0.0)]
    await put(database, "INSERT INTO household(id, name, created) VALUES (?, ?, ?)", list(homes))
    people: list[tuple[object, ...]] = [
        ("p_mum", "h_home", "+12025550101", old, old, 0),
        ("p_lost", "h_home", None, None, old, 0),
        ("p_saved", "h_home", None, None, old, 1),
        ("p_taken", "h_home", "+12025550102", None, old, 1),
        ("p_young", "h_home", "+12025550103", None, young, 0),
        ("p_eve", "h_eve", "+12025550104", None, old, 0),
    ]
    await put(
        database,
        "INSERT INTO person(id, household, name, mobile, registered, created, profile)"
        " VALUES (?, ?, 'N', ?, ?, ?, ?)",
        people,
    )
    await put(
        database,
        "INSERT INTO endpoint(id, household, person, name, shared, identity, sealing, sealing_signature,"
        " capabilities) VALUES (?, ?, ?, 'P', 0, ?, ?, ?, ?)",
        [
            ("e_eve", "h_eve", "p_eve", b"e", b"", b"", b""),
            ("e_taken", "h_home", "p_taken", b"t", b"", b"", b""),
        ],
    )
    await put(database, "UPDATE person SET saved_as = ? WHERE id = ?", [("Leo", "p_taken")])
    gone: list[str] = []
    assert await tidy(database, NOW, gone.append) == 2
    assert sorted(gone) == ["e_eve", "e_taken"]
    assert await left(database, "SELECT id FROM person ORDER BY id") == [
        "p_lost",
        "p_mum",
        "p_saved",
        "p_taken",
        "p_young",
    ]
    assert await left(database, "SELECT mobile FROM person WHERE id = 'p_taken'") == [None]
    assert await left(database, "SELECT name FROM person WHERE id = 'p_taken'") == ["Leo"]
    assert await left(database, "SELECT id FROM household") == ["h_home"]
    assert await left(database, "SELECT id FROM endpoint") == []
