"""What recordings say: made here where this endpoint can, told to the own other endpoints, forgotten when it is due."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from kith.core.problem import Problem
from kith.core.trust.untrusted import Untrusted
from kith.endpoint.dialling import Unreachable
from kith.endpoint.disk import Disk
from kith.endpoint.errands import Errands
from kith.endpoint.message_history import MOST_TRANSCRIPT, Transcript
from kith.endpoint.message_inbox import Mailbox
from kith.endpoint.message_kept import Message
from kith.endpoint.message_own import DAY, KEPT_DAYS, OwnItems
from kith.endpoint.message_store import MessageStore
from kith.endpoint.voice_codec import Unplayable, decoded
from media.tones import Samples

log = logging.getLogger(__name__)

Transcriber = Callable[[Samples], Awaitable[str | None]]
"""What a recording (mono, 48 kHz, 16 bit) says; empty if nothing was understood, None if it cannot tell."""


class Transcripts:
    """`clock` gives Unix seconds."""

    def __init__(
        self,
        store: MessageStore,
        disk: Disk,
        own: OwnItems,
        mailbox: Mailbox,
        errands: Errands,
        clock: Callable[[], float],
    ) -> None:
        self.transcriber: Transcriber | None = None
        self.days: float = KEPT_DAYS
        """For which a transcript that is made here is kept."""
        self._store = store
        self._disk = disk
        self._own = own
        self._mailbox = mailbox
        self._errands = errands
        self._clock = clock
        self._expiry: asyncio.TimerHandle | None = None
        self._writing = self._more = False
        self._asked: set[str] = set()
        """Recordings of which this process has asked what they say."""

    def look(self) -> None:
        """There may be a recording without text, one whose text is due, or another that is due next."""
        self._errands.spawn(self._expire())
        self._more = True
        if self.transcriber is not None and not self._writing:
            self._writing = True
            self._errands.spawn(self._write_all(self.transcriber))

    def ask_again(self, message: Message) -> None:
        """It is played now: perhaps it can be made out by now."""
        if message.voice is not None and message.transcript is None:
            self._asked.discard(message.id)
            self.look()

    def close(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()

    async def _write_all(self, transcriber: Transcriber) -> None:
        """One recording after another, the newest first: each is large, and so is the work."""
        try:
            while self._more:
                self._more = False  # unless more is heard of meanwhile
                while (message := await self._next()) is not None:
                    self._asked.add(message.id)
                    await self._transcribe(message, transcriber)
        finally:
            self._writing = False

    async def _next(self) -> Message | None:
        since = self._clock() - self.days * DAY
        unwritten = await self._disk(self._store.unwritten, since)
        return next((one for one in unwritten if one.id not in self._asked), None)

    async def _transcribe(self, message: Message, transcriber: Transcriber) -> None:
        try:
            ogg = b"".join([segment async for segment in self._mailbox.segments(message)])
            text = await transcriber(await asyncio.to_thread(decoded, ogg))
        except Unplayable:
            return
        if text is None:
            return
        now = self._clock()
        transcript = Transcript(
            message=message.id, text=text[:MOST_TRANSCRIPT], expires=now + self.days * DAY
        )
        try:
            await self._own.transcribed(message.person, transcript, now)
        except (Problem, Unreachable, Untrusted) as error:
            log.info("a transcript was not passed on: %s", type(error).__name__)

    async def _expire(self) -> None:
        now = self._clock()
        await self._disk(self._store.forget_transcripts, now)
        at = await self._disk(self._store.next_expiry)
        self.close()
        if at is not None:
            later = min(max(at - now, 0.0), DAY)
            self._expiry = asyncio.get_running_loop().call_later(later, self.look)
