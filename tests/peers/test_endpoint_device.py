"""The command `kith device` and the example, as processes: what a person or a script sees of them."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kith.endpoint import trust
from kith.endpoint.home import Home
from kith.endpoint.microphones import read_wav
from media.tones import RATE
from tests.peers.test_endpoint_calls import Two, two
from tests.support import signing
from tests.support.server import ROOT
from tests.unit.endpoint.test_sound_parts import write_wav

__all__ = ["two"]


class Running:
    """A program that runs, and what it printed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def event(self, name: str) -> dict[str, Any]:
        """The next JSON event of this name."""
        while True:
            said = json.loads(await self.line())
            if said["event"] == name:
                return dict(said)

    async def line(self) -> str:
        assert self.process.stdout is not None
        async with asyncio.timeout(30):
            line = await self.process.stdout.readline()
        assert line, "the program ended"
        return line.decode().strip()

    def say(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(text.encode() + b"\n")

    async def end(self, number: int = signal.SIGTERM) -> int:
        if self.process.returncode is None:
            self.process.send_signal(number)
        async with asyncio.timeout(30):
            await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode


@asynccontextmanager
async def running(*command: str | Path, stderr: int | None = None) -> AsyncIterator[Running]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *map(str, command),
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=stderr,
    )
    program = Running(process)
    try:
        yield program
    finally:
        await program.end()


def device(home: Path, *options: str) -> Sequence[str]:
    return ("-m", "kith", "device", f"--home={home}", "--speaker=null", "--json", *options)


async def test_two_devices_that_are_spoken_to(two: Two, tmp_path: Path) -> None:
    """Paired on first contact by the authority's fingerprint; answered by hand, hung up by voice; started again."""
    assert two.server.ca is not None
    expected = trust.fingerprint(two.server.ca.read_bytes())
    codes = [await two.server.pairing(who, shared=False) for who in (two.anna, two.bob)]
    enrol = [
        (f"--server={two.server.url}", f"--pair={code}", f"--ca-fingerprint={expected}", "--trust-server")
        for code in codes
    ]
    study = device(tmp_path / "study", *enrol[0], "--name=Study", "--microphone=tone:440")
    hall = device(
        tmp_path / "hall", *enrol[1], "--name=Hall", "--microphone=tone", "--camera=pattern", "--screen"
    )
    async with running(*study) as anna, running(*hall) as bob:
        assert (await anna.event("enrolled"))["fingerprint"] == expected
        await anna.event("signed_in")
        await bob.event("signed_in")
        anna.say("call Bob")
        assert (await anna.event("said"))["text"].startswith("First confirm this device")
        for who, program in ((two.anna, anna), (two.bob, bob)):
            await signing.sign_for_all(two.server, who)
            assert (await program.event("pairing"))["joined"]
        anna.say("call Bob")
        assert (await anna.event("said"))["text"] == "Calling Bob."
        assert (await bob.event("speak"))["text"] == "Call from Anna"
        assert (await bob.event("ringing"))["name"] == "Anna"
        bob.say("answer")
        await anna.event("connected")
        await bob.event("connected")
        assert (await anna.event("peer_indicated"))["audio"] is True
        bob.say("microphone off")
        assert (await bob.event("light"))["light"] == "red"
        told = await anna.event("peer_indicated")
        assert told["hardware_muted"] is True and told["audio"] is False
        anna.say("hang up")
        assert (await bob.event("ended"))["reason"] == "hung_up"
        await messages_by_word(anna, bob)
        assert await anna.end() == 0 and await bob.end() == 0
    async with running(*device(tmp_path / "study")) as again:
        await again.event("signed_in")


async def messages_by_word(anna: Running, bob: Running) -> None:
    """A text and a recording, as they are said; what is not available is said to be so."""
    assert (await anna.event("said"))["text"] == "OK."
    anna.say("send a message to Bob saying dinner is ready")
    assert (await anna.event("said"))["text"] == "The message to Bob is sent."
    came = await bob.event("message")
    assert (came["name"], came["text"], came["noticed"]) == ("Anna", "dinner is ready", True)
    anna.say("record a message for Bob")
    assert "send it" in (await anna.event("said"))["text"]
    assert (await anna.event("indicator"))["audio"] is True
    await asyncio.sleep(0.5)
    anna.say("send it")
    assert (await anna.event("said"))["text"] == "Your voice message is sent."
    assert (await bob.event("message"))["seconds"] > 0.2
    bob.say("microphone on")
    bob.say("play my messages")
    first, second = await bob.event("playing"), await bob.event("playing")
    assert (first["text"], second["text"], second["transcript"]) == ("dinner is ready", None, None)


async def test_answering_for_demos_shows_the_first_picture_and_takes_nobodys_call(
    two: Two, tmp_path: Path
) -> None:
    anna, bob = await two.video_pair()
    code = await two.server.pairing(two.bob, shared=True)
    options = (f"--server={two.server.url}", f"--pair={code}", "--name=Den", "--camera=pattern", "--screen")
    async with running(
        *device(tmp_path / "den", *options, "--answer", "--trust-server", "--microphone=tone:700")
    ) as den:
        await den.event("signed_in")
        await signing.sign_for_all(two.server, two.bob)
        await den.event("pairing")
        await anna.endpoint.call("Bob", video=True)
        await den.event("ringing")
        await bob.until("ringing")
        await bob.endpoint.answer()
        assert (await den.event("ended"))["reason"] == "answered_elsewhere"
        await bob.until("connected")
        await anna.endpoint.hang_up()
        await bob.until("ended")
        await bob.endpoint.call("Den", video=True)
        await asyncio.gather(bob.hears(700), bob.sees(5))
        assert (await den.event("frame"))["width"] == 640


@pytest.mark.parametrize(
    ("options", "code", "complaint"),
    [
        ((), 2, "no endpoint was enrolled"),
        (("--server=ftp://x", "--pair=123456"), 1, "address starts with"),
        (("--server={url}", "--pair=00000000"), 1, "pairing code"),
        (("--server={url}", "--pair=0000-0000.cut-off"), 1, "incomplete"),
        (("--server={url}", "--pair=00000000", "--ca-fingerprint=AA:BB"), 1, "Not the expected server"),
        (("--server=https://127.0.0.1:1", "--pair=123456"), 1, "cannot be reached"),
        (("--server=https://kith.invalid:1", "--pair=123456"), 1, "another of the addresses"),
        (("--microphone=nothing.wav", "--server={url}", "--pair=00000000"), 1, "nothing.wav"),
    ],
)
async def test_what_cannot_work_is_said_plainly(
    two: Two, tmp_path: Path, options: tuple[str, ...], code: int, complaint: str
) -> None:
    arguments = [option.format(url=two.server.url) for option in options]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *device(tmp_path / "home", *arguments),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == code and complaint in " ".join(output.decode().split()), output.decode()
    assert "Traceback" not in output.decode()
    assert not Home(tmp_path / "home").enrolled


async def test_the_answering_machine_greets_and_takes_a_message(two: Two, tmp_path: Path) -> None:
    """The example in `examples/`, run as its own docstring says."""
    greeting, messages, home = tmp_path / "greeting.wav", tmp_path / "messages.wav", tmp_path / "machine"
    write_wav(greeting, (6_000 * np.sin(np.arange(RATE) * 2 * np.pi * 600 / RATE)).astype(np.int16))
    code = await two.server.pairing(two.bob, shared=False)
    pairing = (f"--server={two.server.url}", f"--pair={code}", "--name=Machine")
    async with running(*device(home, *pairing, "--trust-server", "--microphone=silence")) as enrolling:
        await enrolling.event("signed_in")
        await signing.sign_for_all(two.server, two.bob)
        await enrolling.event("pairing")
    anna = await two.endpoint(two.anna, "Study", microphone="tone:440")
    example = ROOT / "examples" / "answering_machine.py"
    async with running(example, home, greeting, messages) as machine:  # rings as soon as it is there
        await anna.endpoint.call("Bob")
        await anna.hears(600)
        while await machine.line() != "Anna is speaking":
            pass
        await asyncio.sleep(1)
        await anna.endpoint.hang_up()
        assert await machine.end(signal.SIGINT) == 0
    recorded = read_wav(messages)[RATE // 2 :]
    assert abs(np.argmax(np.abs(np.fft.rfft(recorded))) * RATE / len(recorded) - 440) < 3
