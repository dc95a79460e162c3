"""A process that writes down what was said: `python -m kith.endpoint.transcriber MODEL LANGUAGE`.

Sound comes in and text goes out through pipes, one after another, until the input ends:

    in     length in bytes (4, big endian), then words that may be said, UTF-8;
           length in bytes (4, big endian), then 16 bit mono samples of 48 kHz, little endian
    out    length in bytes (4, big endian), then UTF-8

It is a process of its own so that an endpoint's real time is not disturbed, and so that the memory of the model (some
300 MB) is given back when nobody has anything to write down. It opens no connection: the model is what lies at MODEL.
"""

import os
import sys
from contextlib import suppress
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[Any]

LENGTH = 4
MAX_BYTES = 5 * 60 * 48_000 * 2 + 96_000
"""Five minutes, the longest voice message, and a second."""

TAPS = 96
BEAMS = 5
"""Ways to go on that are kept in mind. One alone is quicker by a fifth and wrong twice as often."""

NICENESS = 10
SILENCE = 0.6
"""From which probability on that nobody speaks what was written down is left out, if the model was not sure of it
either: it has learned to fill silence with thanks."""

UNSURE = -1.0


def main(model: str, language: str) -> None:
    with suppress(OSError):
        os.nice(NICENESS)
    recognizer = _open(model)
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while (asked := _next(source)) is not None:
        text = write_down(recognizer, asked[1], language, hint=asked[0]).encode()
        sink.write(len(text).to_bytes(LENGTH, "big") + text)
        sink.flush()


def _open(model: str) -> Any:
    from faster_whisper import WhisperModel  # type: ignore[import-untyped]

    return WhisperModel(model, device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True)


def _next(source: BinaryIO) -> tuple[str, Sound] | None:
    hint, data = _field(source), _field(source)
    if hint is None or data is None or len(data) % 2:
        return None
    return hint.decode(errors="replace"), np.frombuffer(data, "<i2")


def _field(source: BinaryIO) -> bytes | None:
    head = source.read(LENGTH)
    length = int.from_bytes(head, "big")
    if len(head) < LENGTH or length > MAX_BYTES:
        return None
    data = source.read(length)
    return data if len(data) == length else None


def write_down(recognizer: Any, sound: Sound, language: str, *, hint: str = "") -> str:
    """What is said in samples of 48 kHz; empty where nobody speaks. `hint` has names and words that may be said."""
    segments, _ = recognizer.transcribe(
        slower(sound),
        language=language,
        beam_size=BEAMS,
        temperature=0.0,
        initial_prompt=hint or None,
        condition_on_previous_text=False,
        without_timestamps=len(sound) < 25 * 48_000,
        vad_filter=True,
    )
    heard = (one.text.strip() for one in segments if one.no_speech_prob < SILENCE or one.avg_logprob > UNSURE)
    return " ".join(filter(None, heard))


def slower(sound: Sound) -> Sound:
    """48 kHz of 16 bit as 16 kHz from -1 to 1."""
    low = np.convolve(sound.astype(np.float32), low_pass(), "same")[::3]
    return (low / 32_768).astype(np.float32)


def low_pass() -> NDArray[np.float32]:
    """A windowed sinc that lets through of 48 kHz what 16 kHz can carry."""
    places = np.arange(TAPS) - (TAPS - 1) / 2
    taps: NDArray[np.float32] = (np.sinc(places / 3) * np.hanning(TAPS)).astype(np.float32)
    normal: NDArray[np.float32] = taps / taps.sum(dtype=np.float32)
    return normal


if __name__ == "__main__":
    main(*sys.argv[1:3])
