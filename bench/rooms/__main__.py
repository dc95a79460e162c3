"""The load's process. `python -m bench.rooms janus|kith`; see the package for what it is told."""

import asyncio
import json
import sys
from typing import Any

import uvloop

from bench.namespace import ADDRESS
from bench.rooms.load import Load, Mixer


async def main(kind: str, processes: int) -> None:
    load = Load(_mixer(kind, processes))
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(orders), sys.stdin
    )
    try:
        async for line in orders:
            print(json.dumps(await _carry_out(load, json.loads(line))), flush=True)
    finally:
        await load.end()


def _mixer(kind: str, processes: int) -> Mixer:
    if kind == "janus":
        from bench.rooms.janus import Janus

        return Janus()
    from bench.rooms.kith import Kith

    return Kith(ADDRESS, processes)


async def _carry_out(load: Load, order: dict[str, Any]) -> dict[str, Any]:
    match order.pop("do"):
        case "start":
            return await load.start()
        case "join":
            return await load.join(**order)
        case "measure":
            return await load.measure(**order)
        case "listen":
            return await load.listen(**order)
        case "leave":
            return await load.leave()
        case other:
            raise ValueError(other)


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1))
