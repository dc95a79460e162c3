"""What an endpoint remembers of announcements, so that none plays twice: when each device of the household last
announced something, and when it did itself. In a file, since whoever replays one may wait until the endpoint was
restarted.
"""

import asyncio
from pathlib import Path

import msgspec

from kith.core.files import write_whole

MOST = 256
"""Devices that are remembered, more than a household has. Beyond that the one that announced longest ago is
forgotten."""


class _Kept(msgspec.Struct, frozen=True):
    """`heard`: by a device's identity in hex, when it last announced (Unix milliseconds); `sent`: when this one did."""

    heard: dict[str, int] = {}
    sent: int = 0


class Heard:
    """Raises ValueError if the file was damaged, OSError where it cannot be read or written."""

    def __init__(self, home: Path) -> None:
        self._path = home / "announcements.json"
        self._saving = asyncio.Lock()
        try:
            self._kept = msgspec.json.decode(self._path.read_bytes(), type=_Kept)
        except FileNotFoundError:
            self._kept = _Kept()
        except msgspec.DecodeError as error:
            raise ValueError(f"{self._path} is damaged: {error}") from None

    def last(self, identity: bytes) -> int:
        """When this device last announced something, by its own word; -1 if it never has."""
        return self._kept.heard.get(identity.hex(), -1)

    async def note(self, identity: bytes, sent: int) -> None:
        """It has announced something. On disk before it is heard."""
        heard = {**self._kept.heard, identity.hex(): sent}
        newest = sorted(heard, key=lambda one: heard[one])[-MOST:]
        self._kept = msgspec.structs.replace(self._kept, heard={one: heard[one] for one in newest})
        await self._save()

    async def next(self, now: float) -> int:
        """When what is announced now was sent (Unix milliseconds): after all that was before, whatever the clock
        says."""
        self._kept = msgspec.structs.replace(self._kept, sent=max(round(now * 1_000), self._kept.sent + 1))
        sent = self._kept.sent
        await self._save()
        return sent

    async def _save(self) -> None:
        async with self._saving:
            await asyncio.to_thread(write_whole, self._path, msgspec.json.encode(self._kept))
