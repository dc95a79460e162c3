"""What an endpoint hears, sees and sounds with: one microphone, one camera, one speaker, each real or made up."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypedDict

import msgspec
from av import VideoFrame

from kith.core.capabilities import Capabilities
from kith.endpoint.cameras import Camera, FileCamera, PatternCamera
from kith.endpoint.capture import Capture, PictureSource, Source, Spoken, Timeline, VoiceSource
from kith.endpoint.lens import Lens
from kith.endpoint.microphones import (
    FileMicrophone,
    Microphone,
    SilentMicrophone,
    ToneMicrophone,
    read_wav,
)
from kith.endpoint.playback import Playback
from kith.endpoint.sound import SoundCard, why_silent
from kith.endpoint.speakers import FileSpeaker, NullSpeaker, Speaker
from media.tones import Samples

log = logging.getLogger(__name__)

VOICE_DEPTH = 3
"""Frames of 20 ms that may wait for the network; more would be delay."""


class Parts(TypedDict, total=False):
    """What an endpoint is made of.

    microphone  "auto" (the default: PortAudio's, silence if there is none), "tone", "tone:440", "silence", "none"
                or a WAV file
    camera      "none" (the default), "pattern" or a video file
    speaker     "auto" (the default: PortAudio's, else "null"), "null", "none" or a WAV file to write
    screen      whether there is a screen; False by default
    stream_tones  whether a tone sounds when sound or picture begins and ceases to leave; False by default
    """

    microphone: str | Path
    camera: str | Path
    speaker: str | Path
    screen: bool
    stream_tones: bool


def capabilities_of(parts: Parts) -> Capabilities:
    """What an endpoint of these parts declares when it is enrolled."""
    return Capabilities(
        microphone=parts.get("microphone") != "none",
        speaker=parts.get("speaker") != "none",
        camera=parts.get("camera", "none") != "none",
        screen=parts.get("screen", False),
    )


class Equipment:
    """`changed` is called when a source went live or stopped; `own_frame` sees every frame that is sent.

    Raises ValueError for parts that mean nothing, and OSError if a file cannot be read.
    """

    def __init__(
        self, parts: Parts, *, changed: Callable[[], None], own_frame: Callable[[VideoFrame], None]
    ) -> None:
        microphone, speaker = parts.get("microphone", "auto"), parts.get("speaker", "auto")
        card = None
        if "auto" in (microphone, speaker):
            why = why_silent()
            if why is None:
                card = SoundCard()
            else:
                log.warning("no real sound: %s", why)
        open_microphone = _microphone(microphone, card)
        open_camera = _camera(parts.get("camera", "none"))
        origin = asyncio.get_running_loop().time()
        timeline = Timeline(origin)

        def voice() -> Source[Spoken]:
            return VoiceSource(open_microphone(), timeline, self._overheard)

        def picture() -> Source[VideoFrame]:
            return PictureSource(open_camera(), self.lens, origin, own_frame)

        self.audible = speaker != "none" and (speaker != "auto" or card is not None)
        """Whether anybody can hear what it plays: a speaker that was asked for by name, or a real one."""
        self._fixed = capabilities_of(parts)
        self.lens = Lens()
        self.overhear: Callable[[Samples], None] | None = None
        """Told of what the microphone hears while it is open, 20 ms at a time."""
        self.voice: Capture[Spoken] = Capture(voice, VOICE_DEPTH, changed)
        self.picture: Capture[VideoFrame] = Capture(picture, 1, changed)
        self.playback = Playback(_speaker(speaker, card))
        self.microphone_off = False
        self.shutter_closed = False

    @property
    def capabilities(self) -> Capabilities:
        """What to declare to the server."""
        return msgspec.structs.replace(
            self._fixed, microphone_off=self.microphone_off, shutter_closed=self.shutter_closed
        )

    def switch(self, *, microphone_off: bool | None = None, shutter_closed: bool | None = None) -> None:
        """Turn the switches that a person can touch. They cut the sources themselves."""
        if microphone_off is not None:
            self.microphone_off = microphone_off
        if shutter_closed is not None:
            self.shutter_closed = shutter_closed
        self.voice.allowed = not self.microphone_off
        self.picture.allowed = not self.microphone_off and not self.shutter_closed

    def _overheard(self, samples: Samples) -> None:
        if self.overhear is not None:
            self.overhear(samples)


def _microphone(choice: str | Path, card: SoundCard | None) -> Callable[[], Microphone]:
    name, _, detail = str(choice).partition(":")
    match name:
        case "auto" if card is not None:
            return card.open_microphone
        case "auto" | "silence" | "none":
            return SilentMicrophone
        case "tone":
            hertz = float(detail or 440)
            if not 20 <= hertz <= 20_000:
                raise ValueError("a tone has between 20 and 20000 Hz")
            return partial(ToneMicrophone, hertz)
    return partial(FileMicrophone, read_wav(Path(choice)))


def _camera(choice: str | Path) -> Callable[[], Camera]:
    match str(choice):
        case "none" | "pattern":
            return PatternCamera
    path = Path(choice)
    FileCamera(path).close()  # better to fail now than in the first call
    return partial(FileCamera, path)


def _speaker(choice: str | Path, card: SoundCard | None) -> Callable[[], Speaker]:
    match str(choice):
        case "auto" if card is not None:
            return card.open_speaker
        case "auto" | "null" | "none":
            return NullSpeaker
    return partial(FileSpeaker, Path(choice))
