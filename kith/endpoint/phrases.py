"""From what a microphone hears to whole phrases: from the wake word to the end of what is said then. Pure.

Frames of 20 ms go in one after another, each with how likely somebody speaks in it and whether a wake word has just
been said. Without a wake word a phrase begins where somebody begins to speak.
"""

from collections import deque

import numpy as np

from media.tones import Samples

FRAME = 0.02
SPEAKS = 0.5
"""From which probability on somebody speaks."""

BEGINS = 5
"""Frames in a row that are needed for that where there is no wake word: a door that slams is shorter."""

BEFORE = 15
"""Frames that are kept from before: a phrase begins softer than it is noticed."""

PAUSE = 40
"""Quiet frames that end a phrase. Fewer, and people who look for a name are cut short; more, and it feels slow."""

PATIENCE = 250
"""Quiet frames after a wake word until nobody is waited for any more."""

LONGEST = 750
"""Frames of one phrase: 15 s. A text to be sent is said in them; a room that talks all evening is not listened to."""


class Phrases:
    """`awaits`: whether a wake word is to be said first."""

    def __init__(self, *, awaits: bool) -> None:
        self._awaits = awaits
        self._before: deque[Samples] = deque(maxlen=BEFORE)
        self._phrase: list[Samples] = []
        self._listening = False
        self._spoken = 0
        self._quiet = 0

    @property
    def listening(self) -> bool:
        """Whether what is said now is a phrase."""
        return self._listening

    def heard(self, frame: Samples, *, speech: float, woken: bool) -> Samples | None:
        """The whole phrase, if it ends with this frame."""
        speaks = speech >= SPEAKS
        if not self._listening:
            self._before.append(frame)
            self._spoken = self._spoken + 1 if speaks else 0
            if woken if self._awaits else self._spoken >= BEGINS:
                self._begin()
            return None
        self._phrase.append(frame)
        self._spoken += speaks
        self._quiet = 0 if speaks else self._quiet + 1
        over = self._quiet >= (PAUSE if self._spoken else PATIENCE)
        return self._end() if over or len(self._phrase) >= LONGEST else None

    def forget(self) -> None:
        """Whatever was being said."""
        self._end()
        self._before.clear()

    def _begin(self) -> None:
        self._listening = True
        self._phrase = [] if self._awaits else list(self._before)
        self._spoken = 0 if self._awaits else self._spoken
        self._quiet = 0

    def _end(self) -> Samples | None:
        phrase, spoken = self._phrase, self._spoken
        self._listening, self._phrase, self._spoken, self._quiet = False, [], 0, 0
        return np.concatenate(phrase) if phrase and spoken else None
