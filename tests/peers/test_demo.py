"""The demo devices as `make run` has them: a real server, two real endpoints in processes of their own."""

import asyncio
import base64
import hashlib
import os
import re
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kith import Endpoint
from kith.core.capabilities import Capabilities
from kith.endpoint.call import Call
from kith.endpoint.directory import Unclear
from kith.endpoint.home import Home
from kith.endpoint.pairing import pair_at_home
from media.tones import Samples
from tests.support import signing
from tests.support.server import GENEROUS, ROOT, Joined, RunningServer, running_server
from tests.support.sound import dominant


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[RunningServer]:
    async with running_server(tmp_path, "--demo") as running:
        yield running


@pytest.fixture
async def annas(server: RunningServer, tmp_path: Path) -> AsyncIterator[Endpoint]:
    """The owner's device. Its directory is the one that the README's example opens."""
    owner = await server.person("Anna")
    place = Home(tmp_path / "bedroom")
    await pair_at_home(
        place,
        server.url,
        await server.pairing(owner, shared=False),
        name="Bedroom",
        capabilities=Capabilities(screen=True),
        ca=server.ca,
        ca_fingerprint=None,
        trust_server=False,
    )
    await signing.vouch(server, owner, place, shared=False)
    endpoint = await Endpoint.open(
        place.path, microphone="silence", speaker="null", camera="none", screen=True
    )
    async with endpoint:
        await _sign_for_them(server, owner, endpoint)
        yield endpoint


async def _sign_for_them(server: RunningServer, owner: Joined, endpoint: Endpoint) -> None:
    """The owner's app signs for what the owner link names, once all of it waits."""
    named = (await server.line(r"#join=[\w-]+\.([\w-]{22})$"))[1]
    changed = asyncio.Event()
    endpoint.on("directory", changed.set)
    async with asyncio.timeout(GENEROUS):
        while digest(one.keys.identity for one in await endpoint.belonging.waiting()) != named:
            await changed.wait()
            changed.clear()
    assert sorted(await signing.sign_for_all(server, owner)) == ["Hall", "Kitchen"]


def digest(identities: Iterable[bytes]) -> str:
    """As the page on trust has it."""
    hashed = hashlib.sha256(b"".join(sorted(identities))).digest()
    return base64.urlsafe_b64encode(hashed[:16]).decode().rstrip("=")


async def _paired(endpoint: Endpoint, *names: str) -> None:
    """Wait until devices of these names can be called."""
    changed = asyncio.Event()
    endpoint.on("directory", changed.set)
    async with asyncio.timeout(GENEROUS):
        for name in names:
            while not _knows(endpoint, name):
                await changed.wait()
                changed.clear()


def _knows(endpoint: Endpoint, name: str) -> bool:
    try:
        endpoint.directory.find(name)
    except Unclear:
        return False
    return True


class _Ear:
    """Listens for a frequency in the sound of a call."""

    def __init__(self, hertz: float) -> None:
        self.heard = asyncio.Event()
        self._hertz = hertz
        self._samples: list[Samples] = []

    def __call__(self, _: Call, samples: Samples) -> None:
        self._samples = [*self._samples[-24:], samples]  # half a second
        if abs(dominant(np.concatenate(self._samples)) - self._hertz) < 8:
            self.heard.set()


async def _first(endpoint: Endpoint, event: str, accept: Callable[..., bool] = lambda *_: True) -> Any:
    found: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def take(*arguments: Any) -> None:
        if not found.done() and accept(*arguments):
            found.set_result(arguments)

    endpoint.on(event, take)
    try:
        return await asyncio.wait_for(found, GENEROUS)
    finally:
        endpoint.remove_listener(event, take)


async def test_the_kitchen_answers_and_is_heard(annas: Endpoint) -> None:
    await _paired(annas, "Kitchen")
    ear = _Ear(523)
    annas.on("audio", ear)
    call = await annas.call("Kitchen", video=True)
    await asyncio.wait_for(ear.heard.wait(), GENEROUS)
    assert not call.view.media.receive_video
    await annas.hang_up()


async def test_the_hall_answers_and_is_seen(annas: Endpoint) -> None:
    await _paired(annas, "Hall")
    seen = asyncio.create_task(_first(annas, "frame"))
    await annas.call("Hall", video=True)
    _, frame = await seen
    assert frame.width > 0
    await annas.hang_up()


async def test_the_device_in_ten_lines_of_the_readme(annas: Endpoint, tmp_path: Path) -> None:
    """As it stands there, but for the patience."""
    await _paired(annas, "Kitchen")
    await annas.close()
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert "asyncio.sleep(10)" in code
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        code.replace("asyncio.sleep(10)", "asyncio.sleep(2)"),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    async with asyncio.timeout(GENEROUS):
        said, _ = await process.communicate()
    assert said.decode() == "Kitchen can hear us\n"
    assert process.returncode == 0
