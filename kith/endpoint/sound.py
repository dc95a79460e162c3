"""The real microphone and speaker, through PortAudio, with echo cancellation whenever both are in use.

PortAudio calls back from threads of its own; what crosses into the event loop is one 20 ms frame at a time. The sound
that leaves for the speaker is also what the echo canceller listens for in the microphone.
"""

import asyncio
import threading
from collections import deque
from typing import Any

import numpy as np

from kith.endpoint.microphones import FRAME, SAMPLES, Heard, Microphone
from kith.endpoint.speakers import Speaker
from media.tones import RATE, Samples

HOW_TO_INSTALL = "install PortAudio (Debian: libportaudio2) and the extra: pip install 'kith[sound]'"
AHEAD = 3
"""Frames that wait for the speaker: 60 ms. Fewer and a busy machine stutters; more is delay."""

BACKLOG = 5
"""Microphone frames that may wait for the event loop; the oldest give way."""


def _portaudio() -> Any:
    """Raises OSError if there is no PortAudio."""
    try:
        import sounddevice  # type: ignore[import-untyped]
    except (ImportError, OSError) as error:
        raise OSError(f"no sound without PortAudio: {HOW_TO_INSTALL}") from error
    return sounddevice


def why_silent() -> str | None:
    """Why this machine has no microphone and speaker to use; None if it has."""
    try:
        portaudio = _portaudio()
    except OSError as error:
        return str(error)
    for kind, name in (("input", "microphone"), ("output", "speaker")):
        try:
            portaudio.query_devices(kind=kind)
        except (portaudio.PortAudioError, ValueError):
            return f"this machine has no {name}"
    return None


class _Echo:
    """Takes the speaker's sound out of the microphone's. Shared by PortAudio's two threads."""

    def __init__(self) -> None:
        try:
            from pywebrtc_audio import AudioProcessor
        except ImportError as error:
            raise OSError(f"no echo cancellation: {HOW_TO_INSTALL}") from error
        self._processor = AudioProcessor(
            sample_rate=RATE, echo_cancellation=True, noise_suppression=True, high_pass_filter=True
        )
        self._played: deque[Samples] = deque(maxlen=AHEAD + BACKLOG)
        self._lock = threading.Lock()

    def played(self, samples: Samples) -> None:
        with self._lock:
            self._played.append(samples)

    def without(self, heard: Samples) -> Samples:
        with self._lock:
            far = self._played.popleft() if self._played else np.zeros(SAMPLES, np.int16)
        cleaned: Samples = self._processor.process(heard, far)
        return cleaned


class SoundCard:
    """The machine's default devices. Raises OSError without PortAudio or without the echo canceller."""

    def __init__(self) -> None:
        self._portaudio = _portaudio()
        self._echo = _Echo()

    def open_microphone(self) -> Microphone:
        """Raises OSError if there is none, or it is in use."""
        return _CardMicrophone(self._portaudio, self._echo)

    def open_speaker(self) -> Speaker:
        """Raises OSError if there is none, or it is in use."""
        return _CardSpeaker(self._portaudio, self._echo)


def _open(portaudio: Any, kind: str, callback: Any) -> Any:
    try:
        stream = getattr(portaudio, kind)(
            samplerate=RATE, channels=1, dtype="int16", blocksize=SAMPLES, latency="low", callback=callback
        )
        stream.start()
    except portaudio.PortAudioError as error:
        raise OSError(f"the sound card cannot be used: {error}") from error
    return stream


class _CardMicrophone:
    def __init__(self, portaudio: Any, echo: _Echo) -> None:
        self._echo = echo
        self._heard: deque[Samples] = deque(maxlen=BACKLOG)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._arrived = asyncio.Event()
        self._stream = _open(portaudio, "InputStream", self._callback)

    def _callback(self, indata: Any, frames: int, time: object, status: object) -> None:
        self._heard.append(self._echo.without(indata[:, 0].copy()))
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._arrived.set)

    async def read(self) -> Heard:
        self._loop = asyncio.get_running_loop()
        while not self._heard:
            self._arrived.clear()
            if not self._heard:  # a frame may have come between the two looks
                await self._arrived.wait()
        return Heard(self._heard.popleft(), self._loop.time())

    def close(self) -> None:
        self._loop = None
        self._stream.close()


class _CardSpeaker:
    def __init__(self, portaudio: Any, echo: _Echo) -> None:
        self._echo = echo
        self._ahead: deque[Samples] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wanted = asyncio.Event()
        self._stream = _open(portaudio, "OutputStream", self._callback)

    def _callback(self, outdata: Any, frames: int, time: object, status: object) -> None:
        samples = self._ahead.popleft() if self._ahead else np.zeros(SAMPLES, np.int16)
        outdata[:, 0] = samples
        self._echo.played(samples)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._wanted.set)

    @property
    def latency(self) -> float:
        return AHEAD * FRAME + float(self._stream.latency)

    async def play(self, samples: Samples) -> None:
        self._loop = asyncio.get_running_loop()
        self._ahead.append(samples)
        while len(self._ahead) >= AHEAD:
            self._wanted.clear()
            if len(self._ahead) >= AHEAD:
                await self._wanted.wait()

    def close(self) -> None:
        self._loop = None
        self._stream.close()
