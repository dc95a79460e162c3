"""What comes to this endpoint: fetched, believed, put on disk, and only then confirmed, in its order.

    behind (a new session, or too much at once)  ->  fetch page by page from the beginning of what waits
    else                                         ->  take what is pushed

The server keeps an item until it was confirmed. One that comes again, after a lost connection or process, is known by
its id and is not told of twice.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import msgspec

from kith.core.problem import Code, Problem
from kith.core.trust.untrusted import Reason, Untrusted
from kith.endpoint.disk import Disk
from kith.endpoint.lookout import Lookout
from kith.endpoint.message_kept import Message, Proof
from kith.endpoint.message_outbox import TRANSIENT, Ask
from kith.endpoint.message_sealing import MILLISECONDS, NotShown, Opened, Sealing, kept_voice
from kith.endpoint.message_store import MessageStore
from kith.endpoint.voice_codec import Unplayable
from signaling import protocol
from signaling.protocol import InboxItem, MessageItem, OwnItem

log = logging.getLogger(__name__)

ROOM = 64
"""Pushed items that may wait. More are fetched instead."""

CONFIRM_WITHIN = 0.15
"""Seconds for which what was pushed is not confirmed: what comes together is confirmed once. Longer, and a sender waits
to see that it was delivered."""

PATIENCE = 4
"""Looks in vain at an item whose sender the server does not show, until it is left: it must not hold up the others for
ever."""


class Mailbox:
    """`ask` sends a command, `say` one that nobody answers, `new_id` makes its id. `came` hears of each new message,
    once, and whether it may be noticed in the room; `whole` of each voice message whose sound is all here; `own` of
    items from own endpoints; `refused` of what is not believed."""

    def __init__(
        self,
        store: MessageStore,
        disk: Disk,
        sealing: Sealing,
        *,
        ask: Ask,
        say: Callable[[protocol.ConfirmInbox], Awaitable[None]],
        new_id: Callable[[], str],
        came: Callable[[Message, bool], None],
        whole: Callable[[Message], None],
        own: Callable[[OwnItem], Awaitable[None]],
        refused: Callable[[InboxItem, Reason], None],
    ) -> None:
        self._store = store
        self._disk = disk
        self._sealing = sealing
        self._ask = ask
        self._say = say
        self._new_id = new_id
        self._came = came
        self._whole = whole
        self._own = own
        self._refused = refused
        self._behind = True
        self._pushed: deque[InboxItem] = deque(maxlen=ROOM)
        self._taken = 0
        """The number up to which the items of this session are here; and up to which the server was told that."""
        self._confirmed = 0
        self._confirm_at_once = False
        self._later: asyncio.TimerHandle | None = None
        self._in_vain: dict[int, int] = {}
        self._loading: dict[str, asyncio.Event] = {}
        """Voice messages whose segments are on their way, and what tells that one has come."""
        self._lookout = Lookout(self._look, what="the inbox was not emptied")

    def begun_anew(self) -> None:
        """Signed in with a new session: nothing of it has been taken."""
        self._behind, self._taken, self._confirmed = True, 0, 0
        self._pushed.clear()
        self._lookout.begin()

    def back(self) -> None:
        """The same session goes on over another connection: what was confirmed last may have been lost."""
        self._confirmed = 0
        self._lookout.wake()

    def arrived(self, item: InboxItem) -> None:
        if len(self._pushed) == ROOM:
            self._behind = True
        self._pushed.append(item)
        self._lookout.wake()

    async def close(self) -> None:
        self._stop_waiting()
        await self._lookout.close()

    # -- the one task ---------------------------------------------------------------------------------

    async def _look(self) -> None:
        try:
            while self._behind or self._pushed:
                if self._behind:
                    await self._fetch()
                else:
                    await self._take_all([self._pushed.popleft()])
            await self._confirm()
        except BaseException:
            self._behind = True
            raise

    async def _fetch(self) -> None:
        self._behind = False  # unless more is heard of while the answer is on its way
        reply = await self._ask(protocol.FetchInbox(id=self._new_id(), after=self._taken))
        if not isinstance(reply, protocol.Inbox):
            raise Problem(Code.MALFORMED)
        self._behind = self._behind or reply.more
        await self._take_all(reply.items)
        self._confirm_at_once = True
        await self._confirm()

    async def _take_all(self, items: Sequence[InboxItem]) -> None:
        for item in items:
            if item.n > self._taken:
                await self._take_or_refuse(item)
                self._taken = item.n

    async def _confirm(self) -> None:
        """Say how far everything is here, at once or soon."""
        if self._taken == self._confirmed:
            return
        if self._confirm_at_once:
            self._stop_waiting()
            self._confirmed = self._taken
            await self._say(protocol.ConfirmInbox(id=self._new_id(), upto=self._taken))
        elif self._later is None:
            self._later = asyncio.get_running_loop().call_later(CONFIRM_WITHIN, self._is_due)

    def _is_due(self) -> None:
        self._stop_waiting()
        self._confirm_at_once = True
        self._lookout.wake()

    def _stop_waiting(self) -> None:
        self._confirm_at_once = False
        if self._later is not None:
            self._later.cancel()
            self._later = None

    async def _take_or_refuse(self, item: InboxItem) -> None:
        """Raises Problem and Unreachable for what may be better later, and Untrusted(missing) where that is so."""
        await self._sealing.require_own()
        try:
            if isinstance(item, MessageItem):
                await self._take(item)
            else:
                await self._own(item)
        except NotShown:
            self._in_vain[item.n] = self._in_vain.get(item.n, 0) + 1
            if self._in_vain[item.n] < PATIENCE:
                raise Untrusted(Reason.MISSING) from None
            self._refuse(item, Reason.MISSING)
        except Untrusted as untrusted:
            self._refuse(item, untrusted.reason)
        self._in_vain.pop(item.n, None)

    def _refuse(self, item: InboxItem, reason: Reason) -> None:
        log.warning("a message is not believed: %s", reason)
        self._refused(item, reason)

    async def _take(self, item: MessageItem) -> None:
        opened = await self._sealing.open(item)
        message = _message(item, opened)
        proof = None if opened.mine else Proof(msgspec.msgpack.encode(item.envelope), opened.key)
        if opened.content.voice is None:
            await self._receive(message, proof, alert=item.alert)
            return
        came = self._loading.setdefault(message.id, asyncio.Event())  # who is told asks for the sound at once
        try:
            await self._receive(message, proof, alert=item.alert)
            await self._take_voice(message, opened, came)
        finally:
            del self._loading[message.id]
            came.set()

    async def _receive(self, message: Message, proof: Proof | None, *, alert: bool) -> None:
        if await self._disk(self._store.receive, message, proof):
            self._came(message, alert)

    async def _take_voice(self, message: Message, opened: Opened, came: asyncio.Event) -> None:
        """Each segment as it comes, so that it can be heard from the first one on. What the server has lost is left."""
        kept = await self._disk(self._store.message, message.person, message.id)
        voice = opened.content.voice
        if voice is None or kept is None or kept.playable:
            return
        try:
            for index in range(voice.segments):
                if await self._disk(self._store.segment, message.person, message.id, index) is None:
                    plain = await self._segment(message.id, index, opened)
                    await self._disk(self._store.keep_segment, message.person, message.id, index, plain)
                    came.set()
        except (Problem, Untrusted) as error:
            if isinstance(error, Problem) and error.code in TRANSIENT:
                raise
            log.warning("a voice message is incomplete: %s", type(error).__name__)
        else:
            self._whole(message)

    async def segments(self, message: Message) -> AsyncIterator[bytes]:
        """The sound of a voice message, segment by segment, while it still comes. Raises Unplayable for one that does
        not come, or was deleted."""
        for index in range(0 if message.voice is None else message.voice.segments):
            body = None
            while body is None:
                came = self._loading.get(message.id)
                if came is not None:
                    came.clear()
                body = await self._disk(self._store.segment, message.person, message.id, index)
                if body is None:
                    if came is None:
                        raise Unplayable("it is not here")
                    await came.wait()
            yield body

    async def _segment(self, message: str, index: int, opened: Opened) -> bytes:
        reply = await self._ask(protocol.GetSegment(id=self._new_id(), message=message, index=index))
        if not isinstance(reply, protocol.Segment):
            raise Problem(Code.MALFORMED)
        return self._sealing.open_segment(message, opened, index, reply.body)


def _message(item: MessageItem, opened: Opened) -> Message:
    return Message(
        id=item.envelope.id,
        person=item.person,
        other=item.other,
        name=item.name,
        mine=opened.mine,
        endpoint=item.envelope.endpoint,
        at=item.at,
        state="sent" if opened.mine else "received",
        seq=item.seq,
        text=opened.content.text,
        voice=kept_voice(opened.content.voice),
        doubtful=opened.changed,
        signed_out=opened.signed_out,
        sent=item.envelope.sent / MILLISECONDS,
    )
