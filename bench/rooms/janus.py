"""Rooms of Janus' AudioBridge, by its HTTP API."""

import asyncio
import itertools
from contextlib import suppress
from typing import Any

import aiohttp

from bench.janus import PORT
from bench.rooms.material import BITRATE
from bench.rooms.participant import NotConnected, Participant

READY_WITHIN = 20.0
RETRY = 0.1


class Janus:
    """`seat` takes a participant into a room, `clear` empties all of them. Implements bench.rooms.load.Mixer."""

    def __init__(self) -> None:
        self.pids: list[int] = []
        self.ports: list[int] = []
        self._address = f"http://127.0.0.1:{PORT}/janus"
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=None)
        )
        self._sessions: list[_Session] = []
        self._rooms: set[int] = set()

    async def start(self) -> None:
        """Raises NotConnected if no Janus answers."""
        try:
            async with asyncio.timeout(READY_WITHIN):
                while not await self._answers():  # noqa: ASYNC110 - nothing tells
                    await asyncio.sleep(RETRY)
        except TimeoutError:
            raise NotConnected("Janus does not answer") from None

    async def _answers(self) -> bool:
        with suppress(aiohttp.ClientError):
            async with self._http.get(f"{self._address}/info") as response:
                return response.ok
        return False

    async def seat(self, room: int, participant: Participant) -> None:
        session = _Session(self._http, self._address)
        self._sessions.append(session)
        await session.begin()
        number = room + 1  # 0 would be any
        if number not in self._rooms:
            self._rooms.add(number)
            await session.ask(request="create", room=number, sampling_rate=48_000)
        await session.ask(request="join", room=number, display=participant.name, bitrate=BITRATE)
        await participant.answered(await session.media(await participant.offer()))

    async def clear(self) -> None:
        if self._sessions:
            for room in self._rooms:
                await self._sessions[0].ask(request="destroy", room=room)
        for session in self._sessions:
            await session.end()
        self._sessions.clear()
        self._rooms.clear()

    async def close(self) -> None:
        await self._http.close()


class _Session:
    """One session with one handle. Requests are answered at once or by an event, for which one must ask."""

    _transactions = itertools.count()

    def __init__(self, http: aiohttp.ClientSession, address: str) -> None:
        self._http = http
        self._address = address
        self._handle = ""
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue(1_000)
        self._asking: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        session = (await self._post(self._address, janus="create"))["data"]["id"]
        self._address += f"/{session}"
        attached = await self._post(self._address, janus="attach", plugin="janus.plugin.audiobridge")
        self._handle = f"{self._address}/{attached['data']['id']}"
        self._asking = asyncio.create_task(self._ask_for_events())

    async def ask(self, **body: Any) -> dict[str, Any]:
        answer = await self._post(self._handle, janus="message", body=body)
        if answer["janus"] == "ack":
            answer = await self._events.get()
        if "error" in answer.get("plugindata", {}).get("data", {}) or "error" in answer:
            raise NotConnected(str(answer))
        return answer

    async def media(self, offer: str) -> str:
        jsep = {"type": "offer", "sdp": offer}
        await self._post(
            self._handle, janus="message", body={"request": "configure", "muted": False}, jsep=jsep
        )
        while "jsep" not in (event := await self._events.get()):
            if "error" in event.get("plugindata", {}).get("data", {}):
                raise NotConnected(str(event))
        return str(event["jsep"]["sdp"])

    async def end(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
        await self._post(self._address, janus="destroy")

    async def _post(self, address: str, **message: Any) -> dict[str, Any]:
        message["transaction"] = str(next(self._transactions))
        async with self._http.post(address, json=message) as response:
            return dict(await response.json())

    async def _ask_for_events(self) -> None:
        """A question is open for as long as there is nothing to tell."""
        while True:
            async with self._http.get(self._address, params={"maxev": 1}) as response:
                event = await response.json()
            if event.get("janus") == "event" and _is_ours(event):
                await self._events.put(event)


def _is_ours(event: dict[str, Any]) -> bool:
    """Who else came and went is told in the same words, without an id."""
    data = event.get("plugindata", {}).get("data", {})
    return "jsep" in event or "error" in data or (data.get("audiobridge") == "joined" and "id" in data)
