"""An announcement that arrives: looked at, fetched, made ready, and played at its instant. Nothing here opens a
microphone.

    arrives -> believed -> fetched -> "loaded" -> the instant -> plays        (any step may be the last)

Whatever keeps it from playing here, the server is told "loaded": the others do not wait for a device that stays silent,
and the server does not learn which one does.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from kith.core.keys import KeyPair, PublicKeys
from kith.core.problem import Problem
from kith.core.trust.message import open_content, open_key, open_segment
from kith.core.trust.message_content import Content, Voice, read, require_segment
from kith.core.trust.untrusted import Reason, Untrusted, require
from kith.endpoint.announce_kept import Heard
from kith.endpoint.announce_trust import require_recent, speaker
from kith.endpoint.dialling import Unreachable
from kith.endpoint.identities import Ask, Identities
from kith.endpoint.instant import Instant
from kith.endpoint.microphones import FRAME
from kith.endpoint.playback import Playback
from kith.endpoint.speech import by_espeak, speak
from kith.endpoint.timekeeper import Timekeeper
from kith.endpoint.voice_codec import Unplayable, decoded
from media.tones import RATE, Samples, Tone, samples
from signaling import protocol

log = logging.getLogger(__name__)

LONGEST = 60.0
"""Seconds of one announcement. Whoever has more to say calls."""

AT_ONCE = 4
"""Announcements that are made ready at a time. A household that talks more than that is not listening either."""

SPOKEN_WITHIN = 1.0
"""Seconds in which the better of two voices has to find its words. The server waits for two."""

TOLD_WITHIN = 15.0
"""Seconds in which the server says when it plays, or it does not."""

SOON = 5.0
"""Seconds ahead that the instant is at most. Whoever says a later one keeps what was said for an hour at which nobody
expects it."""

LATE = 0.25
"""Seconds after the instant at which one may still come in, with what is left of it. Later, what is heard is no longer
what the others hear."""


class Unplayed(StrEnum):
    """Why an announcement did not play here."""

    QUIET = "quiet"
    BUSY = "busy"
    LATE = "late"
    UNTRUSTED = "untrusted"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class HeardAnnouncement:
    """One that plays here. `person` and `name` are who speaks, the person absent where a device speaks for the
    household; `identity` is that of the device, which `endpoint` and `device` name by the server's word. `text` is
    absent where it is a recording. `seconds` is how long it lasts."""

    id: str
    person: str | None
    name: str
    identity: bytes
    endpoint: str
    device: str
    text: str | None
    seconds: float


class _Silent(Exception):
    def __init__(self, why: Unplayed) -> None:
        super().__init__(why)
        self.why = why


class Hearing:
    """`silent` says why nothing may sound here now, if so, and `called` what a person is called here, by id; `clock`
    gives Unix seconds. Tells `emit` of the events
    `announcement` as one begins to play, `announcement_over`, and `announcement_unplayed`."""

    def __init__(
        self,
        keys: KeyPair,
        identities: Identities,
        heard: Heard,
        timekeeper: Timekeeper,
        playback: Playback,
        *,
        ask: Ask,
        new_id: Callable[[], str],
        clock: Callable[[], float],
        silent: Callable[[], Unplayed | None],
        called: Callable[[str], str],
        emit: Callable[..., object],
    ) -> None:
        self._keys = keys
        self._identities = identities
        self._heard = heard
        self._timekeeper = timekeeper
        self._playback = playback
        self._ask = ask
        self._new_id = new_id
        self._clock = clock
        self._silent = silent
        self._called = called
        self._emit = emit
        self._instants: dict[str, asyncio.Future[float]] = {}
        self._playing: set[asyncio.Task[bool]] = set()
        self._speaking: set[asyncio.Task[Samples | None]] = set()
        """What finds its words too late, and is ready for the next ones then."""

    async def arrived(self, event: protocol.Announcement) -> None:
        """From its arrival to its end."""
        announcement = event.envelope.id
        if announcement in self._instants or len(self._instants) >= AT_ONCE:
            return
        self._instants[announcement] = asyncio.get_running_loop().create_future()
        try:
            await self._hear(event)
        except _Silent as silent:
            self._emit("announcement_unplayed", event.name, silent.why)
        finally:
            del self._instants[announcement]

    def plays(self, event: protocol.AnnouncementPlays) -> None:
        """Its instant is known."""
        instant = self._instants.get(event.announcement)
        if instant is not None and not instant.done():
            instant.set_result(event.at)

    def stop(self) -> None:
        """What plays here falls silent."""
        for playing in self._playing:
            playing.cancel()

    # -- the steps -----------------------------------------------------------------------------------

    async def _hear(self, event: protocol.Announcement) -> None:
        try:
            self._require_audible()
            content, key = await self._believed(event)
            _, sound = await asyncio.gather(self._timekeeper.refresh(), self._sound(event, content, key))
        finally:
            await self._loaded(event.envelope.id)
        at = await self._instant(event.envelope.id)
        self._require_audible()
        await self._play(self._shown(event, content, sound), sound, at)

    async def _believed(self, event: protocol.Announcement) -> tuple[Content, bytes]:
        try:
            return await self._opened(event)
        except Untrusted as untrusted:
            log.warning("an announcement is not believed: %s", untrusted.reason)
            raise _Silent(Unplayed.UNTRUSTED) from untrusted
        except Unreachable as error:
            raise _Silent(Unplayed.LATE) from error

    async def _opened(self, event: protocol.Announcement) -> tuple[Content, bytes]:
        envelope = event.envelope
        try:
            peer = await self._speaker(event, anew=False)
        except Untrusted:  # more may have been signed since
            peer = await self._speaker(event, anew=True)
        key = open_key(self._keys, peer, envelope, event.key)
        content = read(open_content(envelope, key))
        require((0 if content.voice is None else content.voice.segments) == event.segments, Reason.UNREADABLE)
        require_recent(envelope, self._heard.last(envelope.identity), self._clock())
        await self._heard.note(envelope.identity, envelope.sent)
        return content, key

    async def _speaker(self, event: protocol.Announcement, *, anew: bool) -> PublicKeys:
        envelope = event.envelope
        roster = await self._identities.roster(anew=anew)
        if roster is None:
            raise Untrusted(Reason.NOT_A_MEMBER)
        person = None
        if envelope.person is not None:
            person = await self._identities.person(envelope.person, anew=anew)
        return speaker(envelope, roster, person)

    async def _sound(self, event: protocol.Announcement, content: Content, key: bytes) -> Samples:
        """With the tone that says so before it. One that nobody here can speak is the tone alone."""
        if content.voice is not None:
            said: Samples | None = await self._voice(event, content.voice, key)
        else:
            said = await self._spoken(content.text or "")
        said = np.zeros(0, np.int16) if said is None else said[: round(LONGEST * RATE)]
        return np.concatenate((samples(Tone.ANNOUNCEMENT), said))

    async def _voice(self, event: protocol.Announcement, voice: Voice, key: bytes) -> Samples:
        announcement, count, ogg = event.envelope.id, event.segments, b""
        try:
            for at in range(count):
                sealed = await self._piece(announcement, at)
                require_segment(voice, at, sealed)
                ogg += open_segment(key, announcement, at, sealed, last=at == count - 1)
            require(len(ogg) == voice.bytes, Reason.UNREADABLE)
            return await asyncio.to_thread(decoded, ogg)
        except (Untrusted, Unplayable) as error:
            log.warning("an announcement cannot be played: %s", error)
            raise _Silent(Unplayed.UNREADABLE) from error
        except (Problem, Unreachable) as error:
            raise _Silent(Unplayed.LATE) from error

    async def _spoken(self, text: str) -> Samples | None:
        """By the better voice, if that finds the words in time: the first ones take it seconds, and nobody waits."""
        better = asyncio.create_task(speak(text))
        self._speaking.add(better)
        better.add_done_callback(self._speaking.discard)
        await asyncio.wait([better], timeout=SPOKEN_WITHIN)
        return better.result() if better.done() else await by_espeak(text)

    async def _piece(self, announcement: str, index: int) -> bytes:
        reply = await self._ask(protocol.GetSegment(id=self._new_id(), message=announcement, index=index))
        if not isinstance(reply, protocol.Segment):
            raise Untrusted(Reason.MISSING)
        return reply.body

    async def _loaded(self, announcement: str) -> None:
        with suppress(Problem, Unreachable):
            await self._ask(protocol.AnnouncementLoaded(id=self._new_id(), announcement=announcement))

    async def _instant(self, announcement: str) -> float:
        """When it plays, on the loop's clock."""
        try:
            async with asyncio.timeout(TOLD_WITHIN):
                at = await self._instants[announcement]
        except TimeoutError:
            raise _Silent(Unplayed.LATE) from None
        wait = self._timekeeper.until(at)
        if wait is None or not -LATE <= wait <= SOON:
            raise _Silent(Unplayed.LATE)
        return asyncio.get_running_loop().time() + wait

    async def _play(self, shown: HeardAnnouncement, sound: Samples, at: float) -> None:
        instant = Instant(sound, at, LATE, lambda: self._playback.latency)
        playing = asyncio.create_task(self._playback.recite(instant.pull))
        self._playing.add(playing)
        try:
            await asyncio.sleep(at - self._playback.latency - FRAME - asyncio.get_running_loop().time())
            self._require_audible()  # somebody may have called, or not want to be disturbed, since it was ready
            self._emit("announcement", shown)
            await asyncio.wait([playing])
        finally:
            self._playing.discard(playing)
            playing.cancel()
        self._emit("announcement_over", shown)

    def _require_audible(self) -> None:
        why = self._silent()
        if why is not None:
            raise _Silent(why)

    def _shown(self, event: protocol.Announcement, content: Content, sound: Samples) -> HeardAnnouncement:
        envelope = event.envelope
        name = "" if envelope.person is None else self._called(envelope.person)
        return HeardAnnouncement(
            id=envelope.id,
            person=envelope.person,
            name=name or event.name,
            identity=envelope.identity,
            endpoint=envelope.endpoint,
            device=event.device,
            text=content.text,
            seconds=len(sound) / RATE,
        )
