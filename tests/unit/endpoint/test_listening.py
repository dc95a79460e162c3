"""A device obeys those who are in the room, and not its own loudspeaker."""

import asyncio
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from kith.core.utterances.intents import Act
from kith.endpoint.listening import QUIETER, Listening
from kith.endpoint.phrases import PAUSE, Phrases
from kith.endpoint.playback import ECHO, Playback
from kith.endpoint.speakers import NullSpeaker
from media.tones import RATE, Samples, Tone

FRAME = np.zeros(960, np.int16)


class AlwaysWoken:
    """Everything that it hears is the wake word, and then speech."""

    def hear(self, frame: Samples) -> tuple[float, bool]:
        return 1.0, True


class Said:
    """A dialogue that does all it may."""

    def __init__(self) -> None:
        self.only: list[frozenset[Act] | None] = []

    async def hear(self, text: str, *, only: frozenset[Act] | None = None) -> str:
        self.only.append(only)
        return "OK."


async def write_down(sound: Samples, *, hint: str = "") -> str:
    return "call Mallory"


@pytest.fixture
async def playback() -> Any:
    one = Playback(NullSpeaker)
    yield one
    await one.close()


def listening(playback: Playback, word: str | None, said: Said) -> Any:
    told: list[str] = []

    async def tell(text: str, language: str) -> None:
        told.append(text)

    endpoint = SimpleNamespace(
        current=None,
        directory=SimpleNamespace(people=(), endpoints=()),
        equipment=SimpleNamespace(playback=playback),
        presentation=SimpleNamespace(cue=playback.cue, tell=tell),
    )
    transcriber = SimpleNamespace(write_down=write_down)
    parts: Any = (endpoint, said, transcriber)
    return Listening(*parts, word=word, said=lambda text, answer: None)  # type: ignore[arg-type]


@pytest.mark.parametrize("word", ["okay_nabu", None])
async def test_what_it_says_itself_wakes_nothing(playback: Playback, word: str | None) -> None:
    one, phrases = listening(playback, word, Said()), Phrases(awaits=word is not None)
    playback.say(np.zeros(RATE // 10, np.int16))
    for _ in range(20):
        assert one._heard(AlwaysWoken(), phrases, FRAME) is None
    assert not phrases.listening
    assert playback._task is not None
    await playback._task  # until it has said it
    assert not playback.telling(asyncio.get_running_loop().time() + 2 * ECHO)
    assert playback.telling(asyncio.get_running_loop().time()), "the room still has it"
    assert one._heard(AlwaysWoken(), phrases, FRAME) is None and not phrases.listening


async def test_a_tone_is_nobodys_words(playback: Playback) -> None:
    """So that one can say "answer" while it rings."""
    one, phrases = listening(playback, "okay_nabu", Said()), Phrases(awaits=True)
    playback.tone(Tone.RINGING)
    one._heard(AlwaysWoken(), phrases, FRAME)
    assert phrases.listening


async def test_somebody_far_away_can_make_it_do_nothing_that_opens_anything(playback: Playback) -> None:
    said = Said()
    playback.voice(lambda now: None)
    always, phrases = listening(playback, None, said), Phrases(awaits=False)
    for _ in range(PAUSE):
        assert always._heard(AlwaysWoken(), phrases, FRAME) is None
    assert not phrases.listening, "without a word it does not listen in a call"
    await listening(playback, "okay_nabu", said)._obey(FRAME)
    playback.voice(None)
    await listening(playback, "okay_nabu", said)._obey(FRAME)
    assert said.only == [QUIETER, None]
    assert not QUIETER & {Act.ANSWER, Act.CALL, Act.LET_IN, Act.MESSAGE, Act.UNMUTE, Act.PROFILE}
