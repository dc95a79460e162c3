"""`kith device`: an Echo-like endpoint on the terminal."""

import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import aiohttp
import click
import uvloop

from kith.cli import device_speech
from kith.cli.device_report import print_json, print_line, report
from kith.cli.device_show import Show
from kith.cli.device_speech import Speech
from kith.core.problem import SENTENCES, Code, Problem
from kith.endpoint import trust
from kith.endpoint.call import Call
from kith.endpoint.dialling import Refused, Unreachable
from kith.endpoint.directory import Unclear
from kith.endpoint.endpoint import Endpoint
from kith.endpoint.equipment import Parts
from kith.endpoint.group import Group
from kith.endpoint.home import Home, NotEnrolled
from kith.endpoint.ice import NoRelay

_DEFAULT_HOME = Path("~/.kith/device")


@click.command()
@click.option("--server", metavar="URL", help="The server's address, such as https://kith.local:8443.")
@click.option(
    "--pair",
    "code",
    metavar="CODE",
    envvar="KITH_PAIR",
    help="Enrol with a pairing code; needed once. With what follows its dot the device belongs to you at once, without"
    " you compare six digits. $KITH_PAIR will do, and is in no list of processes.",
)
@click.option(
    "--name", default="Device", show_default=True, help="What the device is called when it is enrolled."
)
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    default=_DEFAULT_HOME,
    show_default=True,
    help="Where the device keeps its key and who it is.",
)
@click.option(
    "--ca",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="PEM of the server's certificate authority.",
)
@click.option("--ca-fingerprint", metavar="SHA256", help="The fingerprint that the server's console shows.")
@click.option(
    "--trust-server",
    is_flag=True,
    help="Believe the server about whose the device is, where both run on one machine.",
)
@click.option("--screen/--no-screen", default=False, help="Whether the device has a screen.")
@click.option("--camera", default="none", show_default=True, metavar="none|pattern|FILE")
@click.option("--microphone", default="auto", show_default=True, metavar="auto|tone[:HZ]|silence|FILE.wav")
@click.option("--speaker", default="auto", show_default=True, metavar="auto|null|FILE.wav")
@click.option(
    "--relay-only",
    is_flag=True,
    help="Call through the server's relay or not at all, so that nobody learns this device's address.",
)
@click.option(
    "--profile",
    metavar="NAME",
    help="For whom of the household a shared device acts until somebody says who they are. Without it, and where"
    " several live there, it asks.",
)
@click.option(
    "--stream-tones",
    is_flag=True,
    help="Sound a tone whenever sound or picture begins or ceases to leave this device.",
)
@click.option(
    "--answer",
    is_flag=True,
    help="Answer at once, for demos and tests; a shared device only what is for itself, not what is for a person.",
)
@click.option("--json", "as_json", is_flag=True, help="Print events as JSON, one a line.")
@device_speech.options
def device(
    server: str | None,
    code: str | None,
    name: str,
    home: Path,
    ca: Path | None,
    ca_fingerprint: str | None,
    trust_server: bool,
    screen: bool,
    camera: str,
    microphone: str,
    speaker: str,
    relay_only: bool,
    profile: str | None,
    stream_tones: bool,
    answer: bool,
    as_json: bool,
    speech: Speech,
) -> None:
    """Run an Echo-like endpoint. Type what you would say: "call Anna", "call mum's mobile", "call Anna and Ben",
    "answer", "hang up", "video off", "drop in on the kitchen", "drop in on everyone", "let them in", "not now", "do not
    disturb", "disable drop in", "send a message to Ben", "record a message for Ben", "send it", "play my messages",
    "report that message", "announce dinner is ready", "what did I miss", "block Bill", "I am Anna" ... Where a name may
    mean several it asks: say one, or "the first". "click" and "double click" are its button.

    Exit code 0: ended by Ctrl+C or a signal. 1: the server, a code or a part could not be used. 2: wrong options.
    """
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(message)s")
    parts: Parts = {
        "screen": screen,
        "camera": camera,
        "microphone": microphone,
        "speaker": speaker,
        "stream_tones": stream_tones,
    }
    show: Show = print_json if as_json else print_line
    try:
        enrolling = _Enrolling(server, code, name, ca, ca_fingerprint, trust_server)
        opening = _open(home.expanduser(), enrolling, parts, show, relay_only=relay_only)
        uvloop.run(_run(opening, show, speech, answers=answer, profile=profile))
    except Unclear as error:
        raise click.UsageError(f"--profile: {error}") from error
    except NotEnrolled as error:
        raise click.UsageError(f"{error}; enrol it with --server and --pair") from error
    except trust.FingerprintMismatch as error:
        raise click.ClickException(f"Not the expected server: {error}.") from error
    except Problem as problem:
        raise click.ClickException(SENTENCES[problem.code]) from problem
    except Refused as error:
        raise click.ClickException(_refused(error, home)) from error
    except Unreachable as error:
        raise click.ClickException(f"{str(error)[:1].upper()}{str(error)[1:]}.") from error
    except aiohttp.ClientConnectorDNSError as error:
        raise click.ClickException(
            f"The server cannot be reached: nobody here knows the name {error.host}. "
            "Use another of the addresses that the server prints when it starts."
        ) from error
    except aiohttp.ClientError as error:
        raise click.ClickException(f"The server cannot be reached: {error}") from error
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error


def _refused(error: Refused, home: Path) -> str:
    if error.problem.code is Code.ENDPOINT_REMOVED:
        return (
            f"This device was signed out by somebody of its household. To use it again, delete {home}"
            " and pair it anew."
        )
    return f"The server refuses this device: {SENTENCES[error.problem.code]}"


async def _run(
    opening: Awaitable[Endpoint], show: Show, speech: Speech, *, answers: bool, profile: str | None
) -> None:
    """Live until a signal ends it, or the server refuses it (Unreachable). Raises Unclear for an unknown profile."""
    endpoint = await opening
    report(endpoint, show)
    if answers:
        answer = partial(_answer, endpoint)
        endpoint.on("ringing", answer)
        endpoint.on("group_rings", answer)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    endpoint.on("closed", lambda cause: stop.set())
    starting = asyncio.create_task(endpoint.start())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([starting, stopping], return_when=asyncio.FIRST_COMPLETED)
    try:
        if not stopping.done():
            if profile is not None and starting.exception() is None:
                endpoint.choose_profile(profile)
            device_speech.attend(endpoint, speech, show, loop)
            await stopping
    finally:
        starting.cancel()
        await asyncio.wait([starting])
        await endpoint.close()
    if endpoint.failure is not None:
        raise endpoint.failure


@dataclass(frozen=True, slots=True)
class _Enrolling:
    """What is said on the command line about whose device this is to be."""

    server: str | None
    code: str | None
    name: str
    ca: Path | None
    ca_fingerprint: str | None
    trust_server: bool


async def _open(home: Path, given: _Enrolling, parts: Parts, show: Show, *, relay_only: bool) -> Endpoint:
    """The endpoint in `home`, enrolled first if it is not. A code is not needed twice and then ignored."""
    place = Home(home)
    if place.enrolled:
        place.moved(given.server, given.ca)
        return await Endpoint.open(home, relay_only=relay_only, **parts)
    if given.server is None or given.code is None:
        raise NotEnrolled(f"no endpoint was enrolled in {home}")
    endpoint = await Endpoint.pair(
        given.server,
        given.code,
        name=given.name,
        home=home,
        ca=given.ca,
        ca_fingerprint=given.ca_fingerprint,
        relay_only=relay_only,
        trust_server=given.trust_server,
        **parts,
    )
    authority = place.authority()
    fingerprint = "" if authority is None else trust.fingerprint(authority)
    show(
        "enrolled", {"name": given.name, "endpoint": endpoint.enrolment.endpoint, "fingerprint": fingerprint}
    )
    return endpoint


def _is_for_a_person(endpoint: Endpoint, call: Call | Group) -> bool:
    """Rather than for this device, which may speak for the same person when it is called by itself."""
    own = call.view.own_person
    if isinstance(call, Group):
        return own is not None and all(place.endpoint != call.view.own for place in call.view.places)
    people = (endpoint.directory.person, *endpoint.directory.people)
    return any(one is not None and (one.id, one.name) == (own, call.view.called_name) for one in people)


async def _answer(endpoint: Endpoint, call: Call | Group) -> None:
    """A call for somebody who lives here is theirs to answer: a shared device that did so would always be first."""
    if endpoint.directory.shared and _is_for_a_person(endpoint, call):
        return
    with suppress(NoRelay, Problem, Unreachable):  # it ended, or was answered elsewhere: "ended" says so
        await call.answer()
