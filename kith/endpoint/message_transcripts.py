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

    def whole(self, message: Message) -> None:
        """All of a recording is here."""
        if self.transcriber is not None:
            self._errands.spawn(self._transcribe(message, self.transcriber))

    def look(self) -> None:
        """There may be one that is due, or another that is due next."""
        self._errands.spawn(self._expire())

    def close(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()

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
            await self._own.transcribed(transcript, now)
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
