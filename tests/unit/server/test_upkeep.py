"""Once at the start, and daily from then on."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kith.core.problem import Code, Problem
from kith.server import upkeep as module
from kith.server.upkeep import Upkeep
from kith.store.database import Database
from signaling.deadlines import Deadlines
from tests.support.database import fresh


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(fresh(tmp_path))
    yield database
    await database.close()


async def test_it_is_done_at_the_start_and_again_even_after_a_failure(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    times: asyncio.Queue[float] = asyncio.Queue()

    async def tidy(_: Database, now: float, dead: object) -> int:
        times.put_nowait(now)
        raise Problem(Code.STORAGE_UNAVAILABLE)

    monkeypatch.setattr(module, "tidy", tidy)
    monkeypatch.setattr(module, "DAY", 0.01)
    clock = asyncio.get_running_loop().time
    deadlines = Deadlines(clock)
    upkeep = Upkeep(database, deadlines, clock, lambda: 0, lambda _: None)
    upkeep.start()
    async with asyncio.timeout(20):
        first, second, third = [await times.get() for _ in range(3)]
        await upkeep.stop()
    assert first < second < third
    while not times.empty():
        times.get_nowait()
    passed = asyncio.Event()
    deadlines.set("later", clock() + 0.05, passed.set)
    await asyncio.wait_for(passed.wait(), 20)
    assert times.empty(), "it has stopped"
    deadlines.close()


async def test_what_is_old_is_gone_after_a_start(database: Database) -> None:
    await database.write(lambda db: db.execute("INSERT INTO token VALUES (x'00', 'e', 1.0)").rowcount)
    deadlines = Deadlines(lambda: 2.0)
    upkeep = Upkeep(database, deadlines, lambda: 2.0, lambda: 0, lambda _: None)
    upkeep.start()
    assert upkeep._task is not None
    await asyncio.wait_for(upkeep._task, 20)
    assert await database.read(lambda db: db.execute("SELECT * FROM token").fetchall()) == []
    await upkeep.stop()
    deadlines.close()
