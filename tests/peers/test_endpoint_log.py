"""What an endpoint writes into the log reaches the server, and others notice when the log is not what it was."""

import asyncio
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from kith import Endpoint
from kith.core.trust import log
from kith.core.trust.log import Outcome, What
from kith.core.trust.untrusted import Reason
from kith.endpoint.home import Home
from kith.endpoint.journal import Doubt
from signaling import protocol
from tests.support.endpoints import DEFAULTS, endpoint_of, settled_in
from tests.support.server import RunningServer, running_server

SILENT = "no endpoint can tell, kith log verify does"
DAMAGE: dict[str, tuple[str, Reason | str | None]] = {
    "edited": (
        "UPDATE log_entry SET payload = CAST(replace(CAST(payload AS TEXT), 'used', 'ared') AS BLOB) WHERE number = 4",
        Reason.BROKEN,
    ),
    "deleted": ("DELETE FROM log_entry WHERE number = 4", Reason.OUT_OF_ORDER),
    "reordered": (
        "UPDATE log_entry SET number = CASE number WHEN 4 THEN -5 ELSE -4 END WHERE number IN (4, 5)",
        None,
    ),
    "truncated": ("DELETE FROM log_entry WHERE number >= 2", Reason.STALE),
    "written anew": ("UPDATE log_entry SET previous = payload_hash WHERE number = 3", Reason.BROKEN),
    "taken away": ("UPDATE log_entry SET payload = NULL WHERE number = 4", SILENT),
}


class Reader:
    """An endpoint of the same person, which remembers what it saw of the log."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._doubts: list[Doubt] = []
        endpoint.on("log_doubted", self._doubts.append)

    async def doubts(self) -> set[Reason]:
        self._doubts.clear()
        await self._endpoint.journal.meet()
        return {doubt.reason for doubt in self._doubts}

    async def reads(self) -> list[str]:
        page = await self._endpoint.request(protocol.ListLog(id=self._endpoint.new_id()))
        assert isinstance(page, protocol.LogPage)
        said = [log.read(line.payload) for line in page.lines if line.payload is not None]
        return [one.reason or one.what for one in said]


def note(endpoint: Endpoint, *reasons: str) -> None:
    for reason in reasons:
        endpoint.journal.note(What.DROP_IN, Outcome.REFUSED, name="Granny", reason=reason)


def damaged(server: RunningServer, sql: str) -> None:
    """Whoever has the database changes it."""
    with closing(sqlite3.connect(server.data / "kith.db")) as db, db:
        db.execute(sql)
        db.execute("UPDATE log_entry SET number = -number WHERE number < 0")


def mended(server: RunningServer, copy: Path) -> None:
    with closing(sqlite3.connect(server.data / "kith.db")) as db, db:
        db.execute("DELETE FROM log_entry")
        db.execute("ATTACH ? AS copy", (str(copy),))
        db.execute("INSERT INTO log_entry SELECT * FROM copy.log_entry")


async def verified(server: RunningServer, home: Path) -> int:
    """The exit code of `kith log verify`, which knows what an endpoint saw."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "kith", "log", "verify", f"--data={server.data}", f"--home={home}"),
        stdout=asyncio.subprocess.DEVNULL,
    )
    return await process.wait()


@pytest.mark.row("S4")
async def test_a_log_that_is_changed_is_found(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server:
        mum = await server.person("Mum")
        place = await settled_in(server, mum, Home(tmp_path / "phone"))
        phone = await Endpoint.open(place.path, **DEFAULTS)
        note(phone, "one", "two", "three")  # before there is any connection
        assert phone.journal.unsent == 3
        async with phone, endpoint_of(server, mum, "Tablet", tmp_path) as tablet:
            await phone.journal.send()
            reader = Reader(tablet.endpoint)
            assert phone.journal.unsent == 0
            assert await reader.reads() == ["three", "two", "one"]
            assert await reader.doubts() == set()
            note(phone, "four", "five", "six")
            await phone.journal.send()
            copy = tmp_path / "copy.db"
            with (
                closing(sqlite3.connect(server.data / "kith.db")) as db,
                closing(sqlite3.connect(copy)) as other,
            ):
                db.backup(other)
            for kind, (sql, reason) in DAMAGE.items():
                damaged(server, sql)
                found = await reader.doubts()
                checked = await verified(server, tmp_path / "Tablet")
                assert checked != 0, kind
                if reason is SILENT:
                    assert not found
                else:
                    assert found and (reason is None or found == {reason}), kind
                mended(server, copy)
            assert await reader.doubts() == set()
            assert await verified(server, tmp_path / "Tablet") == 0
            await _restored(server, place, tmp_path / "restored", reader)


async def _restored(server: RunningServer, place: Home, path: Path, reader: Reader) -> None:
    """An endpoint that comes back from an older copy goes on where the log ended, and says that it forgot."""
    shutil.copytree(place.path, path)
    older = await Endpoint.open(path, **DEFAULTS)
    del server
    now = await Endpoint.open(place.path, **DEFAULTS)
    async with now:
        note(now, "seven")
        await now.journal.send()
    async with older:
        note(older, "eight")
        await older.journal.send()
        assert (await reader.reads())[:3] == ["eight", "restarted", "seven"]
    assert await reader.doubts() == set()


async def test_an_end_that_was_cut_off_is_no_reason_to_forget_it(tmp_path: Path) -> None:
    """The server has cut off the end of a chain, and refuses what goes on from there: its own writer is not fooled."""
    async with running_server(tmp_path) as server:
        mum = await server.person("Mum")
        place = await settled_in(server, mum, Home(tmp_path / "phone"))
        phone = await Endpoint.open(place.path, **DEFAULTS)
        async with phone:
            note(phone, "one", "two", "three")
            await phone.journal.send()
            doubts: list[Doubt] = []
            phone.on("log_doubted", doubts.append)
            damaged(server, "DELETE FROM log_entry WHERE number > 0")
            damaged(server, "UPDATE log_entry SET number = 3")  # as if another one had the number
            head = phone.journal.head
            note(phone, "four")
            await phone.journal.send()
            assert {doubt.reason for doubt in doubts} & {
                Reason.BROKEN,
                Reason.OUT_OF_ORDER,
                Reason.FORKED,
                Reason.STALE,
            }
            assert phone.journal.unsent == 1 and phone.journal.head != head, "nothing of it was forgotten"
