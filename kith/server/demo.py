"""Two demo devices, so that a new server has somebody to call: each a real endpoint in its own process.

    Kitchen   a speaker without a screen, that hums a tone
    Hall      a screen with a synthetic camera

They pair like any other device, with codes that the server made, answer by themselves, and keep their keys
under data/demo. The owner's app knows them by a digest of those keys in the owner link, and signs for them; they
believe the server about whose they are, as they run beside it. A device that ends is started again, later each
time; with the server it ends for good.

A code is handed over in the environment, which only the owner of a process can read; its arguments are for
everybody on the machine. What a device says about calls goes nowhere, since it says with whom; its log holds
what went wrong.
"""

import asyncio
import base64
import ctypes
import hashlib
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kith.endpoint.home import Home

log = logging.getLogger(__name__)

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
"""Seconds between two starts of a device that ends by itself: doubled each time, for a machine that is not
made slower by a fault that stays."""

STEADY = 30.0
"""A device that ran this many seconds had started well: the pauses begin anew."""

PATIENCE = 3.0
"""Seconds a device has to hang up and leave before it is killed."""

CODE = "KITH_PAIR"
"""The environment variable from which `kith device` takes its pairing code."""

DIGEST = 16
"""Bytes of the digest in the owner link."""

_PR_SET_PDEATHSIG = 1  # prctl(2)
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None
"""Opened here: a child that is not its program yet must not wait for a lock that a thread of its parent held."""


@dataclass(frozen=True, slots=True)
class DemoDevice:
    """`options` are those of `kith device` that say what parts it has."""

    name: str
    options: tuple[str, ...]


DEVICES = (
    DemoDevice("Kitchen", ("--microphone", "tone:523", "--speaker", "null", "--camera", "none")),
    DemoDevice("Hall", ("--microphone", "tone:392", "--speaker", "null", "--camera", "pattern", "--screen")),
)

Command = Callable[[DemoDevice, Path], tuple[str, ...]]


class Demo:
    """The processes, supervised from `start` until `close`. `command` says how a device with its own
    directory is started, `codes` holds the pairing code of each that needs one, by name; what goes wrong
    with a device is in `<name>.log` in `home`, which nobody else on the machine may read."""

    def __init__(
        self,
        home: Path,
        command: Command,
        devices: Iterable[DemoDevice] = DEVICES,
        codes: Mapping[str, str] | None = None,
    ) -> None:
        self._home = home
        self._command = command
        self._devices = tuple(devices)
        self._codes = codes or {}
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
        own = _own(self._home, device)
        own.mkdir(parents=True, exist_ok=True)
        self._home.chmod(0o700)
        code = self._codes.get(device.name)
        with (self._home / f"{device.name.lower()}.log").open("wb") as trouble:
            process = await asyncio.create_subprocess_exec(
                *self._command(device, own),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=trouble,
                env=dict(os.environ) if code is None else {**os.environ, CODE: code},
                start_new_session=True,  # Ctrl+C is for the server, which ends its devices in order
                preexec_fn=None if _libc is None else _die_with_parent,
            )
        try:
            return await process.wait()
        finally:
            await _end(process)


def digest(home: Path) -> str:
    """What names the identity keys of all demo devices, which are made here if they are not there yet: base64url of
    the first 16 bytes of SHA-256 over the keys in ascending order. Raises OSError, or ValueError for a damaged key."""
    keys = sorted(Home(_own(home, device)).keys().public.identity for device in DEVICES)
    hashed = hashlib.sha256(b"".join(keys)).digest()
    return base64.urlsafe_b64encode(hashed[:DIGEST]).decode().rstrip("=")


def unpaired(home: Path) -> tuple[str, ...]:
    """The names of the devices that need a pairing code, because they have not been enrolled under `home`."""
    return tuple(device.name for device in DEVICES if not Home(_own(home, device)).enrolled)


def start(server_url: str, ca: Path | None, home: Path, codes: Mapping[str, str]) -> Demo:
    """Start the demo devices. `codes` are pairing codes, by name, for those that are `unpaired`.

    `ca` is the certificate authority they believe, None for the system's.
    """

    def command(device: DemoDevice, own: Path) -> tuple[str, ...]:
        believed = () if ca is None else ("--ca", str(ca))
        return (
            *(sys.executable, "-m", "kith", "device"),
            *("--server", server_url, *believed, "--home", str(own)),
            *("--name", device.name, "--answer", "--trust-server"),
            *device.options,
        )

    demo = Demo(home, command, codes=codes)
    demo.start()
    return demo


def _own(home: Path, device: DemoDevice) -> Path:
    return home / device.name.lower()


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
    assert _libc is not None
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
