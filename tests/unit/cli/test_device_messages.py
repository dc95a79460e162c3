"""What a device says of messages on the terminal."""

import asyncio
from typing import Any, cast

from pyee.asyncio import AsyncIOEventEmitter

from kith.cli import device_messages
from kith.endpoint.endpoint import Endpoint
from kith.endpoint.message_kept import Message


def received(*, signed_out: bool) -> Message:
    return Message(
        id="m_1",
        person="p_1",
        other="p_2",
        name="Anna",
        mine=False,
        endpoint="e_1",
        at=0.0,
        state="received",
        seq=1,
        text="Leave the door open",
        signed_out=signed_out,
    )


async def test_a_message_from_a_device_that_was_signed_out_says_so() -> None:
    endpoint = AsyncIOEventEmitter(loop=asyncio.get_running_loop())
    said: list[str | None] = []

    def show(event: str, details: dict[str, Any]) -> None:
        said.append(device_messages.LINES[event](details))

    device_messages.report(cast("Endpoint", endpoint), show)
    for signed_out in (False, True):
        endpoint.emit("message", received(signed_out=signed_out), bool(signed_out))
        endpoint.emit("playing", received(signed_out=signed_out))
    doubt = " (from a device that has been signed out since)"
    assert said == [
        "✉  A message from Anna. Say: play my messages.",
        "✉  Anna, message: “Leave the door open”",
        f"✉  A message from Anna{doubt}. Say: play my messages.",
        f"✉  Anna{doubt}, message: “Leave the door open”",
    ]
