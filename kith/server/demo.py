"""Two demo devices, so that a new server has somebody to call: each a real endpoint in its own process.

    Kitchen   a speaker without a screen, that hums a tone
    Hall      a screen with a synthetic camera

They pair like any other device, with codes that the server made, answer by themselves, and keep their keys
under data/demo. A device that ends is started again, later each time; with the server it ends for good.
"""

import asyncio
import ctypes
import logging
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger(__name__)

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
"""Seconds between two starts of a device that ends by itself: doubled each time, for a machine that is not
made slower by a fault that stays."""

STEADY = 30.0
"""A device that ran this many seconds had started well: the pauses begin anew."""

PATIENCE = 3.0
"""Seconds a device has to hang up and leave before it is killed."""

_PR_SET_PDEATHSIG = 1  # prctl(2)


@dataclass(frozen=True, slots=True)
class DemoDevice:
    """`options` are those of `kith device` that say what parts it has."""

    name: str
    options: tuple[str, ...]


DEVICES = (
    DemoDevice("Kitchen", ("--microphone", "tone:523", "--speaker", "null", "--camera", "none")),
    DemoDevice("Hall", ("--microphone", "tone:392", "--speaker", "null", "--camera", "pattern", "--screen")),
)
NAMES = tuple(device.name for device in DEVICES)

Command = Callable[[DemoDevice, Path], tuple[str, ...]]


class Demo:
    """The processes, supervised from `start` until `close`. `command` says how a device with its own
    directory is started; its output goes to `<name>.log` in `home`."""

    def __init__(self, home: Path, command: Command, devices: Iterable[DemoDevice] = DEVICES) -> None:
        self._home = home
        self._command = command
        self._devices = tuple(devices)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start every device. Returns at once; a device that cannot be started is a line in the log."""
        self._tasks = [asyncio.ensure_future(self._supervise(device)) for device in self._devices]

    async def close(self) -> None:
        """End every device, by force after PATIENCE."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _supervise(self, device: DemoDevice) -> None:
        loop = asyncio.get_running_loop()
        pause = FIRST_PAUSE
        while True:
            begun = loop.time()
            try:
                code = await self._run(device)
            except OSError as error:
                log.warning("demo device %s cannot start: %s", device.name, error.strerror)
            else:
                log.warning("demo device %s ended with %d", device.name, code)
            pause = FIRST_PAUSE if loop.time() - begun >= STEADY else pause
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _run(self, device: DemoDevice) -> int:
        """One life of a device: its exit code. Cancelled, it ends the process first."""
        own = self._home / device.name.lower()
        own.mkdir(parents=True, exist_ok=True)
        with (self._home / f"{device.name.lower()}.log").open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *self._command(device, own),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl+C is for the server, which ends its devices in order
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            )
        try:
            return await process.wait()
        finally:
            await _end(process)


def start(server_url: str, ca: Path | None, home: Path, codes: Mapping[str, str]) -> Demo:
    """Start the demo devices that `codes` (name to pairing code) has a code for.

    `ca` is the certificate authority they believe, None for the system's.
    """

    def command(device: DemoDevice, own: Path) -> tuple[str, ...]:
        believed = () if ca is None else ("--ca", str(ca))
        return (
            *(sys.executable, "-m", "kith", "device"),
            *("--server", server_url, *believed, "--home", str(own)),
            *("--name", device.name, "--pair", codes[device.name]),
            *device.options,
            *("--answer", "--json"),
        )

    demo = Demo(home, command, [device for device in DEVICES if device.name in codes])
    demo.start()
    return demo


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), PATIENCE)
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _die_with_parent() -> None:
    """A server that is killed cannot end its devices: the kernel does."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
