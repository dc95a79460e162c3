"""An answering machine: plays a greeting to whoever calls and writes down what they say.

kith device --server https://kith.local:8443 --pair CODE --name "Answering machine" --home machine
python examples/answering_machine.py machine greeting.wav messages.wav
"""

import asyncio
import sys
from contextlib import suppress
from pathlib import Path

import click

from kith import Endpoint


async def main(home: str, greeting: str, messages: str) -> None:
    machine = await Endpoint.open(Path(home), microphone=greeting, speaker=messages)
    machine.volume = 0  # no ringing among the messages
    machine.on("ringing", lambda call: call.answer())
    machine.on("connected", lambda call: click.echo(f"{call.peer_name} is speaking"))
    async with machine:
        await machine.wait_closed()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main(*sys.argv[1:4]))
