"""What a person's own endpoints tell each other: the past, where one is new, and what a recording says."""

from collections.abc import Callable
from typing import Literal

from kith.core.ids import new_message
from kith.core.problem import Code, Problem
from kith.core.trust.untrusted import Reason, Untrusted
from kith.endpoint.disk import Disk
from kith.endpoint.message_history import (
    MOST,
    Transcript,
    batches,
    read,
    read_transcript,
    write_transcript,
)
from kith.endpoint.message_outbox import Ask
from kith.endpoint.message_sealing import Sealing
from kith.endpoint.message_store import MessageStore
from signaling import protocol
from signaling.protocol import OwnItem, OwnSeal, Recipients

Topic = Literal["transcript", "history"]

DAY = 86_400.0
KEPT_DAYS = 30
"""Days for which a transcript is kept where nothing else was chosen (R142)."""


class OwnItems:
    """Of `person`; a shared endpoint, which is nobody's, has none. `told` hears of which message there is a transcript,
    `past` that there are older messages. Raises Untrusted, Problem, Unreachable."""

    def __init__(
        self,
        person: str | None,
        store: MessageStore,
        disk: Disk,
        sealing: Sealing,
        *,
        ask: Ask,
        new_id: Callable[[], str],
        told: Callable[[str], None],
        past: Callable[[], object],
    ) -> None:
        self._person = person
        self._store = store
        self._disk = disk
        self._sealing = sealing
        self._ask = ask
        self._new_id = new_id
        self._told = told
        self._past = past

    async def take(self, item: OwnItem) -> None:
        """What another one has told. Raises NotShown too. A topic that is not known here is left alone."""
        if self._person is None:
            raise Untrusted(Reason.NOT_ACTIVE)
        body = await self._sealing.open_own(self._person, item)
        match item.topic:
            case "history":
                messages, transcripts = read(body, self._person, item.endpoint)
                if await self._disk(self._store.add, messages):
                    self._past()
                for transcript in transcripts:
                    await self._keep(self._person, transcript, item.at)
            case "transcript":
                await self._keep(self._person, read_transcript(body), item.at)
            case _:
                pass

    async def _keep(self, person: str, transcript: Transcript, at: float) -> None:
        expires = transcript.expires or at + KEPT_DAYS * DAY
        if await self._disk(self._store.transcribed, person, transcript.message, transcript.text, expires):
            self._told(transcript.message)

    async def transcribed(self, person: str, transcript: Transcript, now: float) -> None:
        """Keep what a recording of this person's says, and tell the others."""
        await self._keep(person, transcript, now)
        if self._person is not None:
            body = write_transcript(transcript)
            await self._send("transcript", transcript.message, body, await self._others())

    async def tell_past(self, endpoint: str) -> None:
        """Tell an endpoint that is new what there was before it."""
        if self._person is None:
            return
        others = await self._others()
        past = await self._disk(self._store.latest, self._person, MOST)
        for batch in batches(past):
            await self._send("history", new_message(), batch, others, only=endpoint)

    async def _others(self) -> Recipients:
        """The own other endpoints."""
        assert self._person is not None
        listed = await self._ask(protocol.ListRecipients(id=self._new_id(), to=self._person))
        if not isinstance(listed, Recipients):
            raise Problem(Code.MALFORMED)
        return listed

    async def _send(
        self, topic: Topic, item: str, body: bytes, others: Recipients, *, only: str | None = None
    ) -> None:
        assert self._person is not None
        sealed = await self._sealing.own_items(self._person, others, topic, item, body)
        items = tuple(
            OwnSeal(endpoint=endpoint, body=each)
            for endpoint, each in sealed.items()
            if only is None or endpoint == only
        )
        if items:
            await self._ask(protocol.SendOwn(id=self._new_id(), topic=topic, item=item, items=items))
