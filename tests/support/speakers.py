"""A loudspeaker that nobody hears: Firefox lets a page sound only where there is some sound device.

async with silent_speakers(directory) as speakers, browsers(server, directory, speakers=speakers) as launch: ...
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

STARTED = 10.0


@asynccontextmanager
async def silent_speakers(directory: Path) -> AsyncIterator[str]:
    """A PulseAudio of its own with one null sink. Yields where it listens, as `PULSE_SERVER` names it."""
    home = directory / "speakers"
    home.mkdir()
    socket = home / "socket"
    modules = ("module-null-sink", f"module-native-protocol-unix socket={socket} auth-anonymous=1")
    process = await asyncio.create_subprocess_exec(
        *("pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--disable-shm=yes"),
        *(argument for module in modules for argument in ("-L", module)),
        env={**os.environ, "HOME": str(home), "XDG_RUNTIME_DIR": str(home), "PULSE_RUNTIME_PATH": str(home)},
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(STARTED):
            await _listening(socket)
        yield f"unix:{socket}"
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _listening(socket: Path) -> None:
    while True:
        try:
            _, writer = await asyncio.open_unix_connection(str(socket))
        except OSError:
            await asyncio.sleep(0.02)  # nothing tells that a socket has come to be
        else:
            writer.close()
            return
