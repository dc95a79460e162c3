"""How one talks to a device on the terminal: what is typed or said, its button, and what it reads out."""

import asyncio
import functools
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from kith.cli.device_show import Lines, Show
from kith.core.utterances.intents import LANGUAGES, Language
from kith.endpoint.buttons import Button
from kith.endpoint.endpoint import Endpoint
from kith.endpoint.listening import Listening
from kith.endpoint.notices import Filter
from kith.endpoint.obey import Dialogue
from kith.endpoint.reading_out import ReadingOut
from kith.endpoint.transcribe import Transcriber
from kith.endpoint.wake import WAKE_WORDS, WakeWord, why_asleep

ALWAYS = "always"
CLICKS = {"click": 1, "double click": 2}

LINES: Lines = {
    "heard": lambda d: f"hears   “{d['text']}”",
    "deaf": lambda d: f"deaf    Voice messages have no text here: {d['why']}.",
}


@dataclass(frozen=True, slots=True)
class Speech:
    """What is chosen on the command line. `word` None: whatever is said is taken for an utterance."""

    language: Language
    listens: bool
    word: WakeWord | None
    model: Path | None
    transcripts: float
    read_out: bool
    vips: frozenset[str] | None
    notices: float
    top_contact: str | None


_OPTIONS = (
    click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True),
    click.option(
        "--listen",
        type=click.Choice((*WAKE_WORDS, ALWAYS)),
        help="Listen for this wake word, or always while there is no call; the microphone is open then. Needs the"
        " extra kith[speech]. Nothing of what is heard is kept or leaves the device.",
    ),
    click.option(
        "--model",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="A directory with a model for faster-whisper. Without it, the English one of kith[speech].",
    ),
    click.option(
        "--transcripts",
        type=click.FloatRange(min=0, max=3_650),
        default=30.0,
        show_default=True,
        metavar="DAYS",
        help="For how long the text of voice messages is kept at your devices; 0 makes none here.",
    ),
    click.option("--read-out", is_flag=True, help="Say who called or wrote as it happens."),
    click.option(
        "--vip", "vips", multiple=True, metavar="NAME", help="Tell of nobody else's calls and messages."
    ),
    click.option(
        "--notices",
        type=click.FloatRange(min=0, max=720),
        default=24.0,
        show_default=True,
        metavar="HOURS",
        help='For how long it can tell what was missed: "what did I miss?"',
    ),
    click.option("--top-contact", metavar="NAME", help='Whom a "double click" calls.'),
)


def options(command: Callable[..., None]) -> Callable[..., None]:
    """They come as one argument, `speech`."""

    @functools.wraps(command)
    def with_speech(
        *,
        language: Language,
        listen: str | None,
        model: Path | None,
        transcripts: float,
        read_out: bool,
        vips: tuple[str, ...],
        notices: float,
        top_contact: str | None,
        **others: Any,
    ) -> None:
        word = next((one for one in WAKE_WORDS if one == listen), None)
        chosen = Speech(
            language,
            listen is not None,
            word,
            model,
            transcripts,
            read_out,
            frozenset(vips) or None,
            notices,
            top_contact,
        )
        command(speech=chosen, **others)

    return functools.reduce(lambda inner, option: option(inner), reversed(_OPTIONS), with_speech)


def attend(endpoint: Endpoint, speech: Speech, show: Show, loop: asyncio.AbstractEventLoop) -> None:
    """From now on, until the endpoint closes. Raises ValueError where this machine cannot do what was chosen."""
    endpoint.top_contact = speech.top_contact
    reading = ReadingOut(
        endpoint,
        only=Filter(vips=speech.vips),
        kept=speech.notices * 3600,
        aloud=speech.read_out,
        language=speech.language,
    )
    dialogue = Dialogue(endpoint, language=speech.language, reading=reading)
    transcriber = Transcriber(speech.language, model=speech.model)
    _write_down(endpoint, transcriber, speech, show)
    if speech.listens:
        _listen(endpoint, dialogue, transcriber, speech, show)
    _obey_typed(endpoint, dialogue, speech.language, show, loop)


def _write_down(endpoint: Endpoint, transcriber: Transcriber, speech: Speech, show: Show) -> None:
    """Voice messages get their text here, where this machine can do that."""
    endpoint.on("closed", lambda cause: transcriber.abandon())
    if not speech.transcripts:
        return
    if transcriber.why_deaf is not None:
        if speech.model is not None:
            show("deaf", {"why": transcriber.why_deaf})
        return
    endpoint.messages.transcripts.transcriber = transcriber.write_down
    endpoint.messages.transcripts.days = speech.transcripts
    endpoint.messages.transcripts.look()


def _listen(
    endpoint: Endpoint, dialogue: Dialogue, transcriber: Transcriber, speech: Speech, show: Show
) -> None:
    why = why_asleep() or transcriber.why_deaf
    if why is not None:
        raise ValueError(f"it cannot listen: {why}")

    def said(text: str, answer: str) -> None:
        show("heard", {"text": text})
        show("said", {"text": answer})

    listening = Listening(
        endpoint, dialogue, transcriber, word=speech.word, said=said, language=speech.language
    )
    endpoint.accompany(listening.run())


def _obey_typed(
    endpoint: Endpoint, dialogue: Dialogue, language: Language, show: Show, loop: asyncio.AbstractEventLoop
) -> None:
    """Take what is typed for what is said. A thread, because a terminal cannot be awaited everywhere."""
    said: asyncio.Queue[str] = asyncio.Queue(16)
    button = Button(endpoint, language=language)

    def put(line: str) -> None:
        if not said.full():
            said.put_nowait(line)

    def read() -> None:
        try:
            for line in sys.stdin:
                if line.strip():
                    loop.call_soon_threadsafe(put, line.strip())
        except (RuntimeError, ValueError, OSError):
            pass  # the device is ending

    async def obey_all() -> None:
        while True:
            line = await said.get()
            for _ in range(CLICKS.get(line, 0)):
                button.press(bounces=False)
            if line not in CLICKS:
                show("said", {"text": await dialogue.hear(line)})

    threading.Thread(target=read, name="utterances", daemon=True).start()
    endpoint.accompany(obey_all())
