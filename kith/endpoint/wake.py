"""Whether somebody speaks, and whether they say the wake word: on this machine, by models that come with the extra."""

from importlib.util import find_spec
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from kith.endpoint.transcriber import TAPS, low_pass
from media.tones import Samples

WakeWord = Literal["okay_nabu", "hey_jarvis", "hey_mycroft", "alexa"]
WAKE_WORDS: tuple[WakeWord, ...] = get_args(WakeWord)
"""Those that there are models for. (A name of its own would need a model of its own.)"""

CHUNK = 160
"""Samples of 16 kHz that the models take at a time: 10 ms."""


def why_asleep() -> str | None:
    """Why this machine cannot listen for a wake word; None if it can."""
    missing = [name for name in ("pymicro_vad", "pymicro_wakeword") if find_spec(name) is None]
    return "install the extra: pip install 'kith[speech]'" if missing else None


class Ears:
    """Takes frames of 48 kHz, one after another. `word` is what wakes it, if anything does. Raises ImportError where
    `why_asleep` says why."""

    def __init__(self, word: WakeWord | None) -> None:
        from pymicro_vad import MicroVad

        self._activity = MicroVad()
        self._taps = low_pass()
        self._before: NDArray[np.float32] = np.zeros(TAPS - 1, np.float32)
        self._word: Any = None
        self._features: Any = None
        if word is not None:
            from pymicro_wakeword import MicroWakeWord, MicroWakeWordFeatures, Model

            self._word = MicroWakeWord.from_builtin(Model(word))
            self._features = MicroWakeWordFeatures()

    def hear(self, frame: Samples) -> tuple[float, bool]:
        """How likely somebody speaks, 0 to 1, and whether the wake word has been said."""
        sound = np.concatenate((self._before, frame.astype(np.float32)))
        self._before = sound[-(TAPS - 1) :]
        low = np.convolve(sound, self._taps, "valid")[::3].clip(-32_768, 32_767).astype("<i2")
        speech, woken = 0.0, False
        for at in range(0, len(low) - CHUNK + 1, CHUNK):
            chunk = low[at : at + CHUNK].tobytes()
            speech = max(speech, float(self._activity.process_10ms(chunk)))
            if self._word is not None:
                for features in self._features.process_streaming(chunk):
                    woken = bool(self._word.process_streaming(features)) or woken
        if woken:
            self._word.reset()
        return speech, woken

    def close(self) -> None:
        if self._word is not None:
            self._word.close()
