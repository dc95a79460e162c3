"""A device that listens by itself: a wake word, what is said then, and an answer that is spoken.

What it hears is written down on this machine and forgotten. While it listens its microphone is open, and the indicator
says so; the microphone's switch ends that as it ends everything else.

The law: **it obeys those who are in the room, and not its own loudspeaker**. While it says something that others may
have chosen (a message, a name, an announcement), and until that has died away, it hears nothing. While it plays the
voice of somebody far away, it does what makes less leave the room (QUIETER), and nothing else.
"""

import asyncio
from collections.abc import Callable

from kith.core.utterances.intents import Act, Language
from kith.endpoint.endpoint import Endpoint
from kith.endpoint.obey import Dialogue
from kith.endpoint.phrases import Phrases
from kith.endpoint.transcribe import Transcriber
from kith.endpoint.wake import Ears, WakeWord
from media.tones import Samples, Tone

DEPTH = 50
"""Frames of 20 ms that may wait to be listened to: a word that is cut short is another word."""

HINTS: dict[Language, str] = {
    "en": "Call {0}. Drop in on {0}. Tell {0} that. Hang up. Answer. Play my messages. {1}.",
    "es": "Llama a {0}. Entra en {0}. Dile a {0} que. Cuelga. Contesta. Reproduce mis mensajes. {1}.",
}
"""What is often said to a device, and the names that are said then."""

MOST_NAMES = 20

QUIETER = frozenset(
    (Act.HANG_UP, Act.MUTE, Act.VIDEO_OFF, Act.MICROPHONE_OFF, Act.SHUTTER_CLOSED, Act.NOT_NOW, Act.DECLINE)
)


class Listening:
    """`said` is told what was understood, and what was answered. Without a `word` everything that is said while no call
    goes on is taken for an utterance."""

    def __init__(
        self,
        endpoint: Endpoint,
        dialogue: Dialogue,
        transcriber: Transcriber,
        *,
        word: WakeWord | None,
        said: Callable[[str, str], None],
        language: Language = "en",
    ) -> None:
        self._endpoint = endpoint
        self._dialogue = dialogue
        self._transcriber = transcriber
        self._word = word
        self._said = said
        self._language: Language = language

    async def run(self) -> None:
        """Until cancelled. Raises ImportError without the extra."""
        ears, phrases = Ears(self._word), Phrases(awaits=self._word is not None)
        voice = self._endpoint.equipment.voice
        outlet = voice.attach(DEPTH)
        try:
            while True:
                spoken = await outlet.get()
                phrase = self._heard(ears, phrases, spoken.samples)
                if phrase is not None:
                    await self._obey(phrase)
                    phrases.forget()
                    outlet.clear()  # it has heard its own answer
        finally:
            voice.detach(outlet)
            ears.close()

    def _heard(self, ears: Ears, phrases: Phrases, frame: Samples) -> Samples | None:
        """The phrase that ends with this frame."""
        playback = self._endpoint.equipment.playback
        speech, woken = ears.hear(frame)
        if playback.telling(asyncio.get_running_loop().time()) or (
            self._word is None and playback.conversing
        ):
            phrases.forget()
            return None
        if woken and not phrases.listening:
            self._endpoint.presentation.cue(Tone.CONFIRMED)
        return phrases.heard(frame, speech=speech, woken=woken)

    async def _obey(self, phrase: Samples) -> None:
        playback = self._endpoint.equipment.playback
        conversing = playback.conversing
        text = await self._transcriber.write_down(phrase, hint=self._hint())
        if not text:
            return
        only = QUIETER if conversing or playback.conversing else None
        answer = await self._dialogue.hear(text, only=only)
        if not answer:
            return
        self._said(text, answer)
        if not playback.conversing and self._endpoint.current is None:  # nobody far away is to hear it
            await self._endpoint.presentation.tell(answer, self._language)

    def _hint(self) -> str:
        directory = self._endpoint.directory
        names = [one.name for one in directory.people] + [one.name for one in directory.endpoints]
        names = names[:MOST_NAMES]
        return HINTS[self._language].format(names[0], ", ".join(names)) if names else ""
