"""What participants say: sentences in several synthetic voices, and the noise of a quiet room. Encoded once."""

import functools
import io
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from media.level import announced
from media.opus import RATE, SAMPLES, Decoder, Encoder, Samples

SECONDS = 24
BITRATE = 32_000
COMPLEXITY = 10
SPEECH_LEVEL = -24.0
"""dBov, RMS over all of the voice, pauses included: eight at a time need a limiter."""

NOISE_LEVEL = -62.0
"""dBov: a quiet room after a browser's automatic gain."""

VOICED = 50
"""-dBov below which a frame is marked as voice, as browsers' detectors roughly do."""

_TEXTS = (
    """Did anybody feed the cat this morning, or is she pretending again? I found her on the kitchen table, beside an
    empty bowl, looking as if nobody had ever loved her. We should buy the larger bags, they last until spring.""",
    """The train was forty minutes late, so I walked along the canal and looked at the boats. One of them is for sale,
    painted green and yellow, with a stove and two beds. Imagine that in July, with the windows open all night.""",
    """Grandfather says that the roof will hold another winter, but he said the same about the fence. Let us ask the
    neighbour with the ladder to have a look on Thursday, and bring him some of the plum cake as a thank you.""",
    """If you pass the chemist, please pick up the drops and a box of plasters. The small one fell off the swing,
    nothing serious, and she is already telling everybody at school that she can very nearly fly.""",
)
_VOICES = (
    "en-gb",
    "en-us+f3",
    "en-gb-x-rp+m3",
    "en-us+f2",
    "en-gb-scotland+m1",
    "en-us+m7",
    "en-029+f4",
    "en-gb+f1",
)
VOICES = len(_VOICES)


@dataclass(frozen=True, slots=True)
class Voice:
    """`levels` in -dBov (RFC 6464). `clean` is what was said, `sound` what a decoder makes of the packets:
    SAMPLES for each packet."""

    packets: tuple[bytes, ...]
    levels: tuple[int, ...]
    clean: Samples
    sound: Samples


@functools.cache
def voice(number: int, loss: float = 0.0) -> Voice:
    """One of VOICES people who talk without ever being interrupted. Raises FileNotFoundError without espeak-ng."""
    name = _VOICES[number % VOICES]
    text = " ".join(_TEXTS[(number + turn) % len(_TEXTS)] for turn in range(len(_TEXTS)))
    command = ["espeak-ng", "-v", name, "-p", str(35 + 6 * number), "-s", str(150 + 5 * number), "--stdout"]
    spoken = subprocess.run(command, input=text.encode(), capture_output=True, check=True).stdout
    said = np.concatenate(list(_at_full_rate(spoken))).astype(np.float64)
    whole = np.resize(said, SECONDS * RATE)
    return encoded(whole * 10 ** (SPEECH_LEVEL / 20) * 32_768 / np.sqrt(np.mean(whole**2)), loss)


@functools.cache
def room_noise() -> Voice:
    """A fan somewhere, a street far away: noise that falls off towards high frequencies."""
    spectrum = np.fft.rfft(np.random.default_rng(6).normal(size=SECONDS * RATE))
    hertz = np.fft.rfftfreq(SECONDS * RATE, 1 / RATE)
    noise = np.fft.irfft(spectrum / np.maximum(hertz, 80.0) ** 0.5)
    return encoded(noise * 10 ** (NOISE_LEVEL / 20) * 32_768 / np.sqrt(np.mean(noise**2)))


def _at_full_rate(wave: bytes) -> Iterator[NDArray[Any]]:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    with av.open(io.BytesIO(wave), "r") as container:
        for frame in container.decode(audio=0):
            yield from (part.to_ndarray()[0] for part in resampler.resample(frame))
    yield from (part.to_ndarray()[0] for part in resampler.resample(None))


def encoded(sound: NDArray[Any], loss: float = 0.0) -> Voice:
    """`loss` is the share of packets that in-band FEC prepares for."""
    clean = np.clip(sound, -32_768, 32_767).astype(np.int16)
    encoder, decoder = Encoder(bitrate=BITRATE, complexity=COMPLEXITY, loss=loss), Decoder()
    frames = clean.reshape(-1, SAMPLES)
    packets = tuple(encoder.encode(frame) for frame in frames)
    levels = tuple(announced(frame) for frame in frames)
    return Voice(packets, levels, clean, np.concatenate([decoder.decode(packet) for packet in packets]))
