"""What a device says of announcements on the terminal."""

import asyncio
from typing import Any, cast

from pyee.asyncio import AsyncIOEventEmitter

from kith.cli import device_announcements
from kith.endpoint.announce_hearing import HeardAnnouncement, Unplayed
from kith.endpoint.endpoint import Endpoint


def heard(text: str | None) -> HeardAnnouncement:
    return HeardAnnouncement(
        id="m_1",
        person="p_1",
        name="Anna",
        identity=b"i" * 32,
        endpoint="e_1",
        device="Phone",
        text=text,
        seconds=2.04,
    )


async def test_who_says_what_and_why_it_was_not_heard() -> None:
    endpoint = AsyncIOEventEmitter(loop=asyncio.get_running_loop())
    said: list[str | None] = []

    def show(event: str, details: dict[str, Any]) -> None:
        said.append(device_announcements.LINES[event](details))

    device_announcements.report(cast("Endpoint", endpoint), show)
    endpoint.emit("announcement", heard("Dinner is ready"))
    endpoint.emit("announcement_over", heard("Dinner is ready"))
    endpoint.emit("announcement", heard(None))
    for why in Unplayed:
        endpoint.emit("announcement_unplayed", "Anna", why)
    assert said[:3] == [
        "♬  Anna announces “Dinner is ready”: reply, or drop in back?",
        None,
        "♬  Anna announces: reply, or drop in back?",
    ]
    assert said[3] == "log     An announcement of Anna was not played. Do Not Disturb is on."
    assert len(said) == 3 + len(Unplayed)
