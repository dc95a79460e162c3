"""A device that listens by itself: a wake word, what is said then, and an answer that is spoken.

What it hears is written down on this machine and forgotten. While it listens its microphone is open, and the indicator
says so; the microphone's switch ends that as it ends everything else.
"""

from collections.abc import Callable

from kith.core.utterances.intents import Language
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
        speech, woken = ears.hear(frame)
        if self._word is None and self._endpoint.current is not None:
            phrases.forget()
            return None
        if woken and not phrases.listening:
            self._endpoint.presentation.cue(Tone.CONFIRMED)
        return phrases.heard(frame, speech=speech, woken=woken)

    async def _obey(self, phrase: Samples) -> None:
        text = await self._transcriber.write_down(phrase, hint=self._hint())
        if not text:
            return
        answer = await self._dialogue.hear(text)
        self._said(text, answer)
        if self._endpoint.current is None:  # whoever is called is not to hear it
            await self._endpoint.presentation.tell(answer, self._language)

    def _hint(self) -> str:
        directory = self._endpoint.directory
        names = [one.name for one in directory.people] + [one.name for one in directory.endpoints]
        names = names[:MOST_NAMES]
        return HINTS[self._language].format(names[0], ", ".join(names)) if names else ""
