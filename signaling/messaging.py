"""The commands about messages, and who is told how far a conversation has come.

The law of this file

    A message is on disk before it is answered, and before anybody is told of it.
    It is sealed to exactly the endpoints that are current when it is stored, or nothing is stored.
    The server opens nothing. What it is handed to read, by whoever reports a message, the operator reads.
    What is withheld shows nowhere but at the sender's own endpoints, and there in nothing.
    What somebody removes is removed from their own list.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Protocol

from kith.core.ids import EndpointId, MessageId, PersonId
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.directory.contact_store import ContactStore
from kith.directory.granting import Granting
from kith.directory.identities import Identities
from kith.directory.model import Endpoint
from kith.directory.ports import DirectoryStore
from kith.directory.registry import registered
from kith.messaging.conversation import Conversation
from kith.messaging.counts import Counts
from kith.messaging.ports import Delivered, MessageStore, WaitingOwn
from presence.reachable import Reachable
from signaling import protocol as wire
from signaling.call_facts import Distances, Limiting
from signaling.confirming import Confirming
from signaling.message_facts import Circle, MessageFinder
from signaling.message_replies import conversation_view, item_view, talk_view
from signaling.message_sending import Sending
from signaling.quiet import Quiet
from signaling.sessions import Live, Sessions

log = logging.getLogger(__name__)

PAGE = 48 * 1024
"""Bytes of an inbox that are sent at a time: about what one frame holds."""

OWN_WAITING = 500
"""Own items that may wait at one endpoint: its share of the last 1,000 messages, and transcripts of a month."""

Command = (
    wire.ListRecipients
    | wire.PutSegment
    | wire.SendMessage
    | wire.FetchInbox
    | wire.GetSegment
    | wire.ConfirmInbox
    | wire.ListConversations
    | wire.MarkRead
    | wire.RemoveConversation
    | wire.SendOwn
)

MESSAGE_COMMANDS = (
    wire.ListRecipients,
    wire.PutSegment,
    wire.SendMessage,
    wire.FetchInbox,
    wire.GetSegment,
    wire.ConfirmInbox,
    wire.ListConversations,
    wire.MarkRead,
    wire.RemoveConversation,
    wire.SendOwn,
)


Begun = tuple["asyncio.Future[Any]", Callable[[Any], wire.AnyReply | None]]
"""What is being stored, and what that is answered with once it is; None where it must be decided anew."""


class Segments(Protocol):
    """Who else has pieces to give, of what is no message (announcements)."""

    def segment(self, endpoint: EndpointId, message: str, index: int) -> bytes | None: ...


def messaging(
    store: MessageStore,
    directory: DirectoryStore,
    contacts: ContactStore,
    identities: Identities,
    blocks: Distances,
    children: Limiting,
    granting: Granting,
    sessions: Sessions,
    reachable: Reachable,
    over_quota: Callable[[PersonId, float], Awaitable[None]],
    clock: Callable[[], float],
) -> "Messaging":
    """All of it, made of what a desk has."""
    quiet, counts = Quiet(granting, sessions, clock), Counts()
    finder = MessageFinder(
        store, directory, contacts, identities, blocks, children, granting, quiet, counts, clock
    )
    sending = Sending(store, finder, counts, quiet, sessions, reachable, over_quota, clock)
    return Messaging(store, finder, sending, quiet, blocks, directory, sessions, clock)


class Messaging:
    """Raises Problem for every "no"."""

    def __init__(
        self,
        store: MessageStore,
        finder: MessageFinder,
        sending: Sending,
        quiet: Quiet,
        distances: Distances,
        directory: DirectoryStore,
        sessions: Sessions,
        clock: Callable[[], float],
    ) -> None:
        self.sending = sending
        self.elsewhere: tuple[Segments, ...] = ()
        self._store = store
        self._finder = finder
        self._quiet = quiet
        self._distances = distances
        self._directory = directory
        self._sessions = sessions
        self._clock = clock
        self._confirming = Confirming(store.confirm, self._delivered)
        self._tasks: set[asyncio.Task[None]] = set()

    def before_next(self, do: Callable[[], None]) -> bool:
        """Have `do`, which never raises, done when messages are written next; False where that may be at once."""
        return self._store.before_next(do)

    async def carry_out(self, principal: Principal, command: Command) -> wire.AnyReply:
        """One of the commands."""
        match command:
            case wire.ListRecipients():
                return await self.sending.recipients(principal, command)
            case wire.PutSegment():
                here, body = principal.endpoint, command.body
                self.sending.unsent.put(here, command.message, command.index, body, self._clock())
            case wire.SendMessage():
                return await self.sending.send(principal, await self._endpoint(principal), command)
            case wire.FetchInbox():
                return await self._fetch(principal, command)
            case wire.GetSegment():
                return wire.Segment(re=command.id, body=await self._segment(principal.endpoint, command))
            case wire.ConfirmInbox():
                self.confirm(principal.endpoint, command)
            case wire.ListConversations():
                person = (await self._acting(principal)).person.id
                views = tuple(talk_view(one, person) for one in await self._store.talks(person))
                return wire.Conversations(re=command.id, conversations=views)
            case wire.MarkRead():
                await self._read((await self._acting(principal)).person.id, command)
            case wire.RemoveConversation():
                person, other = registered(principal), PersonId(command.other)
                state = await self._store.remove(person, other, command.upto)
                if state is not None:
                    await self._tell(person, other, state)
            case wire.SendOwn():
                await self._send_own(principal, command)
        return wire.Ok(re=command.id)

    def quick(self, live: Live, command: wire.SendMessage) -> Begun | None:
        """Begin it now, if nothing need be asked for: what is on its way to the disk, and what that is answered with
        once it is there."""
        return None if command.as_person is not None else self.sending.quick(live, command)

    def confirm(self, endpoint: EndpointId, command: wire.ConfirmInbox) -> None:
        """It is forgotten soon, and whoever wrote it is told that it has arrived."""
        self._confirming.note(endpoint, command.upto)

    # -- the inbox -------------------------------------------------------------------------------

    async def waiting(self, endpoint: EndpointId) -> int:
        """How many items wait there."""
        return await self._store.waiting(endpoint)

    async def _fetch(self, principal: Principal, command: wire.FetchInbox) -> wire.Inbox:
        here, after = principal.endpoint, command.after
        await self._confirming.settled(here)
        items, more = await self._store.inbox(here, after, most=command.most, size=PAGE)
        gone = await self._gone(principal, {one.person for one in items})
        if gone:
            await self._store.withdraw(here, gone)
            return await self._fetch(principal, command)
        quiet = bool(items) and bool(await self._quiet.among([await self._endpoint(principal)]))
        return wire.Inbox(
            re=command.id, items=tuple(item_view(one, alert=not quiet) for one in items), more=more
        )

    async def _gone(self, principal: Principal, persons: set[PersonId]) -> set[PersonId]:
        """Those who let a shared endpoint act for them no more: what waits there for them is not for it."""
        if not principal.shared:
            return set()
        circles = {one: await self._finder.circle(one) for one in persons}
        return {
            one
            for one, circle in circles.items()
            if circle is None or principal.endpoint not in circle.endpoints
        }

    async def _segment(self, endpoint: EndpointId, command: wire.GetSegment) -> bytes:
        for other in self.elsewhere:
            body = other.segment(endpoint, command.message, command.index)
            if body is not None:
                return body
        found = await self._store.segment(endpoint, MessageId(command.message), command.index)
        if found is None:
            raise Problem(Code.UNKNOWN_MESSAGE, path="message")
        return found

    # -- conversations ---------------------------------------------------------------------------

    async def _acting(self, principal: Principal) -> Circle:
        """The person for whom the endpoint reads. Raises Problem: what anybody could touch reads for nobody unless they
        have let it."""
        circle = await self._finder.circle(registered(principal))
        if circle is None or principal.endpoint not in circle.endpoints:
            raise Problem(Code.NOT_PERMITTED, path="as")
        return circle

    async def _read(self, person: PersonId, command: wire.MarkRead) -> None:
        other = PersonId(command.other)
        blocked, blockers = await asyncio.gather(
            self._distances.blocked_by(person), self._distances.blockers(person)
        )
        told = other not in blocked and other not in blockers
        state = await self._store.read(person, other, command.upto, told=told)
        if state is None:
            return
        await self._tell(person, other, state)
        if told:
            await self._tell(other, person, state)

    def _delivered(self, delivered: Sequence[Delivered]) -> None:
        """Whoever wrote it sees that it has arrived."""
        for one in delivered:
            sender = self._finder.known_circle(one.sender)
            receiver = self._finder.known_circle(one.receiver)
            if sender is None or receiver is None:
                self._spawn(self._tell(one.sender, one.receiver, one.state))
            else:
                self._show(sender, receiver, one.state)

    async def _tell(self, person: PersonId, other: PersonId, state: Conversation) -> None:
        """The person's endpoints: how far the conversation has come."""
        own, theirs = await self._finder.circle(person), await self._finder.circle(other)
        if own is not None and theirs is not None:
            self._show(own, theirs, state)

    def _show(self, own: Circle, theirs: Circle, state: Conversation) -> None:
        view = conversation_view(state, own.person.id, theirs.person.id, theirs.person.name)
        event = wire.ConversationChanged(conversation=view)
        for endpoint in own.readers:
            self._sessions.push(endpoint, event)

    # -- among own endpoints ---------------------------------------------------------------------

    async def _send_own(self, principal: Principal, command: wire.SendOwn) -> None:
        circle = await self._acting(principal)
        sender = await self._endpoint(principal)
        targets = [EndpointId(one.endpoint) for one in command.items]
        if len(set(targets)) < len(targets) or principal.endpoint in targets:
            raise Problem(Code.INVALID, path="items")
        if any(one not in circle.readers for one in targets):
            raise Problem(Code.UNKNOWN_ENDPOINT, path="items")
        if command.topic == "history" and (
            sender.shared or any(circle.readers[one].shared for one in targets)
        ):
            raise Problem(
                Code.NOT_PERMITTED, path="topic"
            )  # what was said before is not for everybody at home
        at = self._clock()
        bodies = [(EndpointId(one.endpoint), one.body) for one in command.items]
        person = circle.person.id
        n = await self._store.send_own(
            sender.id, person, command.topic, command.item, bodies, at=at, most=OWN_WAITING
        )
        if n is None:
            return
        for target, body in bodies:
            item = WaitingOwn(n, person, at, sender.id, command.topic, command.item, body, sender.keys)
            self._sessions.push(target, wire.MessageArrived(item=item_view(item, alert=False)))

    # -- common ----------------------------------------------------------------------------------

    async def _endpoint(self, principal: Principal) -> Endpoint:
        live = self._sessions.of(principal.endpoint)
        endpoint = await self._directory.endpoint(principal.endpoint) if live is None else live.endpoint
        if endpoint is None:
            raise Problem(Code.ENDPOINT_REMOVED)
        return endpoint

    def _spawn(self, telling: Coroutine[Any, Any, None]) -> None:
        async def told() -> None:
            try:
                await telling
            except Problem as problem:
                log.warning("conversation not told: code=%s", problem.code)

        task = asyncio.get_running_loop().create_task(told())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
