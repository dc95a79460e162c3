"""Voice to text and text to voice, as real parts do it: a child process with the packaged model, and both voices."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from kith.endpoint import speech, transcribe
from kith.endpoint.speech import by_espeak, speak
from kith.endpoint.transcribe import Transcriber, why_deaf
from media.tones import RATE

pytestmark = pytest.mark.asyncio(loop_scope="module")

SENTENCES = (
    "Dinner is ready in ten minutes.",
    "I am on the train and will be home at six.",
    "Please buy some milk and two loaves of bread.",
    "The key is under the mat at the back door.",
    "Happy birthday, we will call you tonight after school.",
    "Grandma is coming to visit us on Sunday afternoon.",
    "Can you pick up the children from football today?",
    "I left my phone at the office, so write to me here.",
    "The doctor said that everything is fine.",
    "Do not forget to water the plants while we are away.",
)
WORST = 0.12
PAUSE = np.zeros(RATE // 2, np.int16)
NUMBERS = {"2": "two", "6": "six", "10": "ten"}


def words(text: str) -> list[str]:
    plain = re.sub(r"[^a-z0-9 ]", " ", text.lower()).split()
    return [NUMBERS.get(word, word) for word in plain]


def distance(said: list[str], heard: list[str]) -> int:
    """Words that were left out, put in or taken for others."""
    row = list(range(len(heard) + 1))
    for place, word in enumerate(said, 1):
        above, row = row, [place]
        for column, other in enumerate(heard, 1):
            row.append(min(above[column] + 1, row[-1] + 1, above[column - 1] + (word != other)))
    return row[-1]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def transcriber() -> AsyncIterator[Transcriber]:
    one = Transcriber()
    assert one.why_deaf is None
    yield one
    await one.close()


@pytest.mark.row("R50")
async def test_ten_sentences_of_a_strange_voice_are_written_down(transcriber: Transcriber) -> None:
    """At most 12 % of their words are wrong. Five to a recording, as somebody speaks who leaves a message."""
    wrong = count = 0
    for said in (SENTENCES[:5], SENTENCES[5:]):
        spoken = await asyncio.gather(*map(by_espeak, said))
        parts = [np.concatenate((sound, PAUSE)) for sound in spoken if sound is not None]
        heard = await transcriber.write_down(np.concatenate(parts))
        assert len(parts) == 5 and heard is not None
        wrong += distance(words(" ".join(said)), words(heard))
        count += len(words(" ".join(said)))
    assert wrong / count <= WORST, wrong / count


@pytest.mark.row("R50")
async def test_a_text_is_spoken_so_that_it_can_be_written_down_again(transcriber: Transcriber) -> None:
    sound = await speak(SENTENCES[3])
    assert sound is not None and len(sound) > RATE
    assert words(await transcriber.write_down(sound) or "") == words(SENTENCES[3])


async def test_where_nobody_speaks_nothing_is_written(transcriber: Transcriber) -> None:
    hiss = np.random.default_rng(7).normal(0, 300, 2 * RATE).astype(np.int16)
    assert await transcriber.write_down(np.zeros(RATE, np.int16)) == ""
    assert await transcriber.write_down(hiss) == ""
    assert await transcriber.write_down(np.zeros(0, np.int16)) is None


async def test_a_process_that_dies_costs_one_text_and_no_more(transcriber: Transcriber) -> None:
    sound = await speak("Hello.")
    assert sound is not None and await transcriber.write_down(sound) is not None
    process = transcriber._process
    assert process is not None
    process.kill()
    assert await transcriber.write_down(sound) is None
    assert "hello" in (await transcriber.write_down(sound) or "").lower()


async def test_the_model_is_given_up_when_nobody_speaks() -> None:
    one = Transcriber(idle=0.01)
    assert await one.write_down(np.zeros(RATE, np.int16)) == ""
    process = one._process
    assert process is not None
    async with asyncio.timeout(20):
        assert await process.wait() == 0
    await one.close()
    assert await one.write_down(np.zeros(RATE, np.int16)) is None


@pytest.mark.row("R50")
async def test_what_is_not_there_is_marked_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "English only" in (why_deaf("es") or "")
    assert str(tmp_path) in (why_deaf("es", tmp_path) or "")
    assert await Transcriber(model=tmp_path).write_down(np.zeros(RATE, np.int16)) is None
    monkeypatch.setattr(transcribe, "find_spec", lambda name: None)
    assert "kith[speech]" in (why_deaf("en") or "")
    monkeypatch.setattr(speech, "find_spec", lambda name: None)
    assert await speak("Hello.") is not None, "the other voice is there"
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert await speak("Hello.") is None
