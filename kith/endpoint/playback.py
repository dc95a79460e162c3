"""What the speaker plays: the other side's voice, the endpoint's own tones and speech, mixed 20 ms at a time.

It runs only while there is something to play.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable

import numpy as np

from kith.endpoint.microphones import SAMPLES
from kith.endpoint.speakers import Speaker
from media.tones import RATE, Samples, Tone, excerpt, samples

log = logging.getLogger(__name__)

Pull = Callable[[float], Samples | None]
"""Gives the next 960 samples of a voice at a time in seconds, or None while nobody speaks."""

Recital = Callable[[], Samples | None]
"""Gives the next 960 samples of a recording, silence while it waits for more, and None once it is over."""

ALWAYS_HEARD = frozenset({Tone.DROP_IN, Tone.CHIME})
"""Tones that say somebody is about to hear this room, or hears it still."""

LEAST = 0.5
"""How loud these are at least, of 1, whatever the volume: nobody turns them down with the music."""

ECHO = 0.5
"""Seconds for which a room still has what was said in it."""

MAX_CUES = 4
"""Short sounds that wait for each other."""

MAX_SPEECH = 4
"""Announcements that wait; an older one is not worth hearing by then."""


class Playback:
    """`open_speaker` is called when there is something to play for the first time; the speaker then stays open."""

    def __init__(self, open_speaker: Callable[[], Speaker]) -> None:
        self._open = open_speaker
        self._speaker: Speaker | None = None
        self._task: asyncio.Task[None] | None = None
        self._voice: Pull | None = None
        self._tone: Tone | None = None
        self._tone_at = 0
        self._sounded: asyncio.Future[bool] | None = None
        self._recital: Recital | None = None
        self._recited: asyncio.Future[bool] | None = None
        self._cues: deque[Samples] = deque(maxlen=MAX_CUES)
        self._loud = False
        """Whether one of these cues is always to be heard."""
        self._speech: deque[Samples] = deque(maxlen=MAX_SPEECH)
        self._told_at = -ECHO
        self.volume = 1.0
        """Of tones and speech, 0 to 1; a few are heard whatever it is. A voice is played as it comes."""

    def voice(self, pull: Pull | None) -> None:
        """Play this voice, or no voice any more."""
        self._voice = pull
        if pull is not None:
            self._end_recital(whole=False)
        self._settle()

    def tone(self, tone: Tone | None) -> None:
        """Play a tone from its beginning in place of the one before; None stops it."""
        self._tone, self._tone_at = tone, 0
        self._has_sounded(whole=False)
        if tone is not None:
            self._end_recital(whole=False)
        self._settle()

    async def sound(self, tone: Tone) -> bool:
        """Play a tone that ends, before whatever was to be said, and wait until its last sample has sounded. False if
        another one took its place, or there is no speaker to play it."""
        self.hush()
        self.tone(tone)
        sounded: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._sounded = sounded
        loop = asyncio.get_running_loop()
        over = loop.time() + len(samples(tone)) / RATE
        whole = await sounded
        await asyncio.sleep(
            max(0.0, over - loop.time()) if whole else 0.0
        )  # a speaker catches up after a stall
        return whole

    async def recite(self, recital: Recital) -> bool:
        """Play a recording, and wait until its last sample has sounded. False if something took its place: a tone, a
        voice, another recording or `hush`; or if there is no speaker."""
        self._end_recital(whole=False)
        recited: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._recital, self._recited = recital, recited
        self._settle()
        try:
            whole = await recited
        finally:
            if self._recited is recited:
                self._end_recital(whole=False)
        if whole and self._speaker is not None:
            await asyncio.sleep(self._speaker.latency)
        return whole

    def say(self, sound: Samples) -> None:
        """Play spoken text, after what is being said already. Tones wait for it."""
        self._speech.append(sound)
        self._settle()

    def cue(self, tone: Tone) -> None:
        """Play a short tone that nothing takes the place of, before all else."""
        self._loud = (self._loud and bool(self._cues)) or tone in ALWAYS_HEARD
        self._cues.append(samples(tone))
        self._settle()

    def hush(self) -> None:
        """Say nothing more."""
        self._speech.clear()
        self._end_recital(whole=False)

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        if self._speaker is not None:
            self._speaker.close()

    @property
    def latency(self) -> float:
        """Seconds from when a sample is taken until it sounds; 0 while no speaker is open."""
        return 0.0 if self._speaker is None else self._speaker.latency

    @property
    def conversing(self) -> bool:
        """Whether the voice of somebody far away is played."""
        return self._voice is not None

    def telling(self, now: float) -> bool:
        """Whether words that somebody else may have chosen sound here: speech, a recording, or what is left of them in
        the room. Tones are nobody's words."""
        told = bool(self._speech) or self._recital is not None
        return told or now - self._told_at < ECHO + self.latency

    @property
    def _wanted(self) -> bool:
        playing = self._voice is not None or self._tone is not None or self._recital is not None
        return playing or bool(self._speech or self._cues)

    def _settle(self) -> None:
        if self._wanted and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            if self._speaker is None:
                self._speaker = await asyncio.to_thread(self._open)
            while self._wanted:
                await self._speaker.play(self._mix(loop.time()))
        except OSError as error:
            log.warning("the speaker cannot be used: %s", error)
            self._tone = None
            self._has_sounded(whole=False)
            self._end_recital(whole=False)

    def _mix(self, now: float) -> Samples:
        if self._speech or self._recital is not None:
            self._told_at = now
        voice = None if self._voice is None else self._voice(now)
        loudness = max(self.volume, LEAST) if self._always_heard else self.volume
        own = self._own()
        if own is None:
            return np.zeros(SAMPLES, np.int16) if voice is None else voice
        own = (own * loudness).astype(np.int16)
        if voice is None:
            return own
        both: Samples = np.clip(own.astype(np.int32) + voice, -32_768, 32_767).astype(np.int16)
        return both

    @property
    def _always_heard(self) -> bool:
        return self._tone in ALWAYS_HEARD or (self._loud and bool(self._cues))

    def _own(self) -> Samples | None:
        waiting = self._cues or self._speech
        if waiting:
            sound = waiting[0]
            part, rest = sound[:SAMPLES], sound[SAMPLES:]
            if len(rest):
                waiting[0] = rest
            else:
                waiting.popleft()
            return np.concatenate((part, np.zeros(SAMPLES - len(part), np.int16)))
        if self._recital is not None:
            read = self._recital()
            if read is not None:
                return read
            self._end_recital(whole=True)
        if self._tone is None:
            return None
        part_of_tone = excerpt(self._tone, self._tone_at, SAMPLES)
        self._tone_at += SAMPLES
        if part_of_tone is None:
            self._tone = None
            if self._sounded is not None and self._speaker is not None:
                asyncio.get_running_loop().call_later(self._speaker.latency, self._sounded_of(self._sounded))
        return part_of_tone

    def _end_recital(self, *, whole: bool) -> None:
        recited, self._recital, self._recited = self._recited, None, None
        if recited is not None and not recited.done():
            recited.set_result(whole)

    def _has_sounded(self, *, whole: bool) -> None:
        sounded, self._sounded = self._sounded, None
        if sounded is not None and not sounded.done():
            sounded.set_result(whole)

    def _sounded_of(self, sounded: "asyncio.Future[bool]") -> Callable[[], None]:
        """What says that it has, unless another tone took its place in the last moment."""
        return lambda: self._has_sounded(whole=True) if self._sounded is sounded else None
