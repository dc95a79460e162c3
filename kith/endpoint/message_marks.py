"""How far each conversation has come: delivered, read, removed; told by the server and to it.

What a person reads or removes here is so at once, on disk, and the server hears of it when it can: what it does not
know yet at a sign-in is said again.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace

from kith.core.problem import Code, Problem
from kith.endpoint.dialling import Unreachable
from kith.endpoint.disk import Disk
from kith.endpoint.errands import Errands
from kith.endpoint.message_kept import Conversation, conversation_of
from kith.endpoint.message_notice import Notice
from kith.endpoint.message_outbox import Ask
from kith.endpoint.message_store import MessageStore
from signaling import protocol
from signaling.protocol import ConversationView

log = logging.getLogger(__name__)


class Marks:
    """`person` is whose endpoint this is, None for a shared one, which is there for `profiles`. `clock` gives Unix
    seconds. Emits `receipt` and `conversation`, each with the Conversation."""

    def __init__(
        self,
        store: MessageStore,
        disk: Disk,
        notice: Notice,
        errands: Errands,
        *,
        person: str | None,
        profiles: Callable[[], Iterable[str]],
        ask: Ask,
        new_id: Callable[[], str],
        clock: Callable[[], float],
        emit: Callable[..., object],
    ) -> None:
        self._store = store
        self._disk = disk
        self._notice = notice
        self._errands = errands
        self._person = person
        self._profiles = profiles
        self._ask = ask
        self._new_id = new_id
        self._clock = clock
        self._emit = emit

    async def catch_up(self) -> None:
        """At a sign-in: all of them."""
        for profile in (None,) if self._person is not None else self._profiles():
            command = protocol.ListConversations(id=self._new_id(), as_person=profile)
            try:
                reply = await self._ask(command)
            except (Problem, Unreachable) as error:
                log.info("conversations were not listed: %s", type(error).__name__)
                continue
            if isinstance(reply, protocol.Conversations):
                for view in reply.conversations:
                    kept = await self._hear(view)
                    await self._say(kept, view.read, view.removed)
        await self.light()

    async def changed(self, view: ConversationView) -> None:
        """One has come further."""
        await self._hear(view)

    async def read(self, person: str, other: str, upto: int | None) -> None:
        """Everything up to this number, or all that there is, was read or heard here."""
        kept = await self._disk(self._store.conversation, person, other)
        if kept is not None and (upto is None or upto > kept.read):
            told = await self._disk(
                self._store.tell,
                replace(kept, read=kept.here if upto is None else min(upto, kept.here)),
                self._clock(),
            )
            self._errands.spawn(self._say(told, kept.read, told.removed))
            await self._turned(told)

    async def remove(self, person: str, other: str) -> None:
        """Nothing of it is to be in the own list. Raises Problem(not_permitted) on a shared endpoint."""
        if self._person is None:
            raise Problem(Code.NOT_PERMITTED)
        kept = await self._disk(self._store.conversation, person, other)
        if kept is not None:
            told = await self._disk(self._store.tell, replace(kept, removed=kept.here), self._clock())
            self._errands.spawn(self._say(told, told.read, kept.removed))
            await self._turned(told)

    async def light(self) -> None:
        """Show that messages wait, or that none does any more."""
        self._notice.wait(some=await self._disk(self._store.any_unread))

    async def _turned(self, conversation: Conversation) -> None:
        self._emit("conversation", conversation)
        await self.light()

    async def _hear(self, view: ConversationView) -> Conversation:
        before = await self._disk(self._store.conversation, view.person, view.other)
        kept = await self._disk(self._store.tell, conversation_of(view), self._clock())
        known = (0, 0) if before is None else (before.delivered, before.read_by_them)
        if (kept.delivered, kept.read_by_them) != known:
            self._emit("receipt", kept)
        if before is None or (kept.read, kept.removed) != (before.read, before.removed):
            await self._turned(kept)
        return kept

    async def _say(self, kept: Conversation, read: int, removed: int) -> None:
        """Where the server has only heard of `read` and `removed`."""
        acting = None if self._person is not None else kept.person
        try:
            if kept.read > read:
                await self._ask(
                    protocol.MarkRead(id=self._new_id(), as_person=acting, other=kept.other, upto=kept.read)
                )
            if kept.removed > removed:
                await self._ask(
                    protocol.RemoveConversation(
                        id=self._new_id(), as_person=acting, other=kept.other, upto=kept.removed
                    )
                )
        except (Problem, Unreachable) as error:
            log.info("a mark was not brought to the server: %s", type(error).__name__)
