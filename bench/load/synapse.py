"""People of a Matrix server, two to a room, each of whom waits for what is new (client-server API, v3)."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable
from itertools import count
from typing import Any

import aiohttp

from bench.load.lane import Lane
from bench.load.link import HOST
from bench.load.payload import TEXT_MESSAGE

SECRET = "bench"  # noqa: S105 - of a server that lives for a minute
WAIT = 30_000
"""Milliseconds that a question for what is new may wait, as apps have it."""

_FILTER = json.dumps({"presence": {"types": []}, "room": {"timeline": {"limit": 50}}})


class _Person:
    def __init__(self, registered: dict[str, Any]) -> None:
        self.name: str = registered["user_id"]
        self.token: str = registered["access_token"]
        self.since = ""
        self.incoming: Lane | None = None


class Synapse:
    """Implements bench.load.__main__.Crowd."""

    def __init__(self, took: Callable[[float], None]) -> None:
        self._took = took
        self._people: list[_Person] = []
        self._rooms: dict[str, str] = {}
        self._http: aiohttp.ClientSession | None = None
        self._base = ""
        self._numbers = count(1)
        self._tasks: set[asyncio.Task[None]] = set()
        self.lanes: list[Lane] = []
        self.lost = 0

    async def enrol(self, port: int, endpoints: int) -> None:
        self._base = f"http://{HOST}:{port}"
        self._http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        for number in range(endpoints):
            self._people.append(_Person(await self._register(f"person{number}")))

    async def connect(self, port: int, endpoints: int) -> None:
        """Two and two have a room, and each has asked for what is new once."""
        for one, other in zip(self._people[::2], self._people[1::2], strict=True):
            made = {"is_direct": True, "preset": "trusted_private_chat", "invite": [other.name]}
            room = (await self._ask("POST", "/_matrix/client/v3/createRoom", one, json=made))["room_id"]
            await self._ask("POST", f"/_matrix/client/v3/rooms/{room}/join", other, json={})
            self._rooms[one.name] = room
        for person in self._people:
            person.since = (await self._sync(person, 0))["next_batch"]

    async def pair(self, ahead: int = 0) -> None:
        for one, other in zip(self._people[::2], self._people[1::2], strict=True):
            lane = Lane(lambda one=one: self._spawn(self._send(one)), self._took)  # type: ignore[misc]
            other.incoming = lane
            self.lanes.append(lane)
        for person in self._people:
            self._spawn(self._follow(person))

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._http is not None:
            await self._http.close()

    # -- what people do -----------------------------------------------------------------------------

    async def _register(self, name: str) -> dict[str, Any]:
        path = "/_synapse/admin/v1/register"
        nonce = (await self._ask("GET", path))["nonce"]
        signed = "\0".join([nonce, name, "password", "notadmin"])
        mac = hmac.new(SECRET.encode(), signed.encode(), hashlib.sha1).hexdigest()
        who = {"nonce": nonce, "username": name, "password": "password", "admin": False, "mac": mac}
        return await self._ask("POST", path, json=who)

    async def _send(self, person: _Person) -> None:
        path = (
            f"/_matrix/client/v3/rooms/{self._rooms[person.name]}/send/m.room.message/{next(self._numbers)}"
        )
        try:
            await self._ask("PUT", path, person, json={"msgtype": "m.text", "body": TEXT_MESSAGE})
        except (aiohttp.ClientError, ConnectionError):
            self.lost += 1

    async def _follow(self, person: _Person) -> None:
        while True:
            try:
                found = await self._sync(person, WAIT)
            except (aiohttp.ClientError, ConnectionError):
                self.lost += 1
                return
            person.since = found["next_batch"]
            for room in found.get("rooms", {}).get("join", {}).values():
                for event in room["timeline"]["events"]:
                    theirs = event["type"] == "m.room.message" and event["sender"] != person.name
                    if theirs and person.incoming is not None:
                        person.incoming.arrived()

    # -- the wire -----------------------------------------------------------------------------------

    async def _sync(self, person: _Person, wait: int) -> dict[str, Any]:
        since = {"since": person.since} if person.since else {}
        question = {"timeout": str(wait), "filter": _FILTER, **since}
        return await self._ask("GET", "/_matrix/client/v3/sync", person, params=question)

    async def _ask(
        self, method: str, path: str, person: _Person | None = None, **what: Any
    ) -> dict[str, Any]:
        assert self._http is not None
        headers = {} if person is None else {"Authorization": f"Bearer {person.token}"}
        async with self._http.request(method, self._base + path, headers=headers, **what) as response:
            if response.status >= 300:
                raise ConnectionError(f"{method} {path}: {response.status}")
            return dict(await response.json())

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
