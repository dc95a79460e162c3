"""`kith admin rooms`: who is in which room and how well it goes."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from click.testing import CliRunner

from kith.cli import main
from kith.core.ids import EndpointId
from kith.core.settings import Settings
from kith.server.admin import open_door
from kith.server.operator import Operator
from kith.store.database import Database
from tests.support.room_bench import ANNA, BEN, OFFER, ROOM
from tests.support.rooms import FakeRooms

NAMES = {ANNA: "Kitchen \x1b[31m"}


class Names:
    async def endpoint(self, endpoint: EndpointId) -> Any:
        name = NAMES.get(endpoint)
        return None if name is None else SimpleNamespace(name=name)


@pytest.fixture
async def rooms(tmp_path: Path) -> AsyncIterator[FakeRooms]:
    """Behind the door of a server."""
    settings = Settings(data=tmp_path, certs=tmp_path)
    await (await Database.open(settings.database)).close()
    rooms = FakeRooms()
    nobody = cast("Any", None)
    operator = Operator(nobody, cast("Any", Names()), nobody, rooms.status, nobody, nobody)
    async with open_door(settings.admin_socket, operator):
        yield rooms


async def admin(data: Path, *arguments: str) -> str:
    words = ["admin", f"--data={data}", *arguments, "rooms"]
    result = await asyncio.to_thread(CliRunner(env={"COLUMNS": "200"}).invoke, main, words)
    assert result.exit_code == 0, result.output
    return result.output


async def test_live_rooms_with_who_is_there_and_how_well_it_goes(rooms: FakeRooms, tmp_path: Path) -> None:
    for endpoint in (ANNA, BEN):
        await rooms.seat(ROOM, endpoint, 0, OFFER)
    rooms.listen(cast("Any", SimpleNamespace(connected=lambda *_: None)))
    rooms.connect(ROOM, ANNA)
    rooms.report(ROOM, ANNA, received=990, lost=10, jitter_ms=3.4, delay_ms=41.6)
    rooms.work(cpu=0.25, late_ticks=2)
    seats = [
        {
            "name": NAMES[ANNA],
            "endpoint": ANNA,
            "connected": True,
            "received": 990,
            "lost": 10,
            "jitter_ms": 3.4,
            "delay_ms": 41.6,
        },
        {
            "name": None,
            "endpoint": BEN,
            "connected": False,
            "received": 0,
            "lost": 0,
            "jitter_ms": 0.0,
            "delay_ms": 0.0,
        },
    ]
    shown = json.loads(await admin(tmp_path, "--json"))
    assert shown == [{"room": ROOM, "mixer": 1, "cpu": 0.25, "late_ticks": 2, "seats": seats}]
    lines = [line for line in (await admin(tmp_path)).splitlines() if ROOM in line]
    assert [part.strip() for part in lines[0].split("│")[1:-1]] == [
        *(ROOM, "1", "25%", "2", "Kitchen  [31m", "", "1.0%", "3", "42"),
    ]
    assert [part.strip() for part in lines[1].split("│")[1:-1]] == [
        *(ROOM, "1", "25%", "2", "", "connecting", "", "0", "0"),
    ]


async def test_none(rooms: FakeRooms, tmp_path: Path) -> None:
    assert "Live rooms: none." in await admin(tmp_path)
    assert json.loads(await admin(tmp_path, "--json")) == []


async def test_without_a_server_there_are_none(tmp_path: Path) -> None:
    await (await Database.open(Settings(data=tmp_path, certs=tmp_path).database)).close()
    assert "Live rooms: none." in await admin(tmp_path)
