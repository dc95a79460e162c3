"""What this endpoint sends: one message after another, each until the server has taken it or will not.

A message is on disk before anything of it leaves, and what leaves of it is on disk as well: after a lost connection, or
a lost process, the very same is sent again, and the server knows it by its id.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

import msgspec

from kith.core.problem import Code, Problem
from kith.core.trust.message import MessageEnvelope
from kith.core.trust.untrusted import Reason, Untrusted
from kith.endpoint.disk import Disk
from kith.endpoint.lookout import Lookout, wait_of
from kith.endpoint.message_kept import Message, Outgoing
from kith.endpoint.message_sealing import AnotherIdentity, Sealing
from kith.endpoint.message_store import MessageStore
from signaling import protocol
from signaling.protocol import AnyReply, Command, MessageSent, Recipients, SendMessage

log = logging.getLogger(__name__)

TRIES = 5
"""Times that a message is sealed anew because endpoints came or went meanwhile. One more than anybody needs."""

A_WHILE = 120.0
"""Seconds that a message waits where its sender has sent as many as one may: those of a minute are over by then. Where
it would be longer, as at the end of a day's, the person is told instead."""

TRANSIENT = frozenset({Code.RATE_LIMITED, Code.STORAGE_UNAVAILABLE, Code.SHUTTING_DOWN, Code.INTERNAL})

Ask = Callable[[Command], Awaitable[AnyReply]]


class Outbox:
    """`ask` sends a command, `new_id` makes its id. `settled` hears of each message that was sent, or of why it never
    will be: Problem, Untrusted or AnotherIdentity."""

    def __init__(
        self,
        store: MessageStore,
        disk: Disk,
        sealing: Sealing,
        *,
        acting: Callable[[str], str | None],
        ask: Ask,
        new_id: Callable[[], str],
        settled: Callable[[Message, Exception | None], None],
    ) -> None:
        self._store = store
        self._disk = disk
        self._sealing = sealing
        self._acting = acting
        self._ask = ask
        self._new_id = new_id
        self._settled = settled
        self._put: set[tuple[str, int]] = set()
        """Segments that the server has, of messages that it has not."""
        self._waiting: dict[str, asyncio.Future[Message]] = {}
        self._lookout = Lookout(self._look, what="a message was not sent yet")

    def begin(self) -> None:
        """Signed in: send what waits."""
        self._lookout.begin()

    async def close(self) -> None:
        await self._lookout.close()
        for sent in self._waiting.values():
            sent.cancel()

    async def post(self, message: Message, key: bytes) -> "asyncio.Future[Message]":
        """Keep it to be sent; what comes of it is the result of the future."""
        await self._disk(self._store.draft, message, key)
        sent: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        sent.add_done_callback(_seen)
        self._waiting[message.id] = sent
        self._lookout.wake()
        return sent

    async def put_segment(self, message: str, key: bytes, index: int, body: bytes, *, last: bool) -> None:
        """Bring a segment to the server, unless that was done. Raises Problem, Unreachable."""
        if (message, index) in self._put:
            return
        sealed = self._sealing.segment(message, key, index, body, last=last)
        await self._ask(protocol.PutSegment(id=self._new_id(), message=message, index=index, body=sealed))
        self._put.add((message, index))

    # -- the one task ---------------------------------------------------------------------------------

    async def _look(self) -> None:
        while outgoing := await self._disk(self._store.outgoing):
            held: dict[str, Problem] = {}
            """Who has to wait: nothing of theirs overtakes what waits."""
            for one in outgoing:
                message = await self._disk(self._store.message, one.person, one.message)
                if message is not None and one.person not in held:
                    try:
                        await self._send_or_give_up(message, one)
                    except Problem as problem:
                        if problem.code is not Code.QUOTA_EXCEEDED:
                            raise
                        held[one.person] = problem
            if held:
                raise min(held.values(), key=wait_of)

    async def _send_or_give_up(self, message: Message, outgoing: Outgoing) -> None:
        try:
            sent = await self._send(message, outgoing)
        except Problem as problem:
            if problem.code in TRANSIENT or _soon_over(problem):
                raise
            await self._over(message, problem)
        except Untrusted as untrusted:
            if untrusted.reason is Reason.MISSING:
                raise
            await self._over(message, untrusted)
        except AnotherIdentity as other:
            await self._over(message, other)
        else:
            await self._disk(self._store.sent, sent)
            self._tell(sent, None)

    async def _over(self, message: Message, cause: Exception) -> None:
        log.warning("a message will not be sent: %s", type(cause).__name__)
        await self._disk(self._store.failed, message.id)
        self._tell(replace(message, state="failed"), cause)

    def _tell(self, message: Message, cause: Exception | None) -> None:
        self._put -= {one for one in self._put if one[0] == message.id}
        sent = self._waiting.pop(message.id, None)
        if sent is not None and not sent.done():
            if cause is None:
                sent.set_result(message)
            else:
                sent.set_exception(cause)
        self._settled(message, cause)

    async def _send(self, message: Message, outgoing: Outgoing) -> Message:
        """The message as the server has it."""
        acting = self._acting(message.person)
        if outgoing.command is not None:
            command = msgspec.msgpack.decode(outgoing.command, type=SendMessage)
        else:
            listed = await self._ask(
                protocol.ListRecipients(id=self._new_id(), as_person=acting, to=message.other)
            )
            command = await self._sealed(message, outgoing.key, listed, acting)
        for _ in range(TRIES):
            await self._put_all(message, outgoing.key)
            again = msgspec.structs.replace(command, id=self._new_id())
            try:
                reply = await self._ask(again)
            except Problem as problem:
                if problem.code is not Code.SEGMENTS_MISSING:
                    raise
                self._put.clear()
                continue
            if isinstance(reply, MessageSent):
                return replace(message, state="sent", seq=reply.seq, at=reply.at)
            command = await self._sealed(message, outgoing.key, reply, acting, command.envelope)
        raise Problem(Code.INTERNAL)

    async def _sealed(
        self,
        message: Message,
        key: bytes,
        shown: AnyReply,
        acting: str | None,
        before: MessageEnvelope | None = None,
    ) -> SendMessage:
        """What is to be sent, and is on disk."""
        if not isinstance(shown, Recipients):
            raise Problem(Code.MALFORMED)
        sealed = await self._sealing.seal(message, key, shown, before)
        command = SendMessage(
            id="0",
            as_person=acting,
            to=message.other,
            envelope=sealed.envelope,
            keys=sealed.keys,
            segments=0 if message.voice is None else message.voice.segments,
        )
        await self._disk(self._store.keep_command, message.id, msgspec.msgpack.encode(command))
        return command

    async def _put_all(self, message: Message, key: bytes) -> None:
        count = 0 if message.voice is None else message.voice.segments
        for index in range(count):
            if (message.id, index) not in self._put:
                body = await self._disk(self._store.segment, message.person, message.id, index)
                if body is None:
                    raise Problem(Code.MALFORMED)
                await self.put_segment(message.id, key, index, body, last=index == count - 1)


def _soon_over(problem: Problem) -> bool:
    return problem.code is Code.QUOTA_EXCEEDED and 0 < wait_of(problem) <= A_WHILE


def _seen(sent: "asyncio.Future[Message]") -> None:
    """Nobody may be waiting for it any more."""
    if not sent.cancelled():
        sent.exception()
