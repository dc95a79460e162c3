"""One message from its command to the endpoints that read it: decided, stored, told.

Where two write to each other this asks the database nothing and costs one write: who they are and where they read is
remembered (signaling.message_facts), and what it takes to store a message is on its way before anything is awaited.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Protocol

from kith.core.ids import EndpointId, MessageId, PersonId
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.directory.model import Endpoint
from kith.messaging.counts import Counts, day_of
from kith.messaging.ports import MessageStore, Outgoing, Stored
from policy.message import MessageFacts, Reason, Refuse, Withhold, may_send
from presence.reachable import Reachable
from signaling import protocol as wire
from signaling.message_facts import Line, MessageFinder, Reader, recipients_of
from signaling.message_replies import refusal
from signaling.quiet import Quiet
from signaling.sessions import Live, Sessions
from signaling.unsent import Unsent
from signaling.views import keys_view

log = logging.getLogger(__name__)


DIGEST = 32
"""Bytes of the signature by which a message is known again: two messages do not have the same ones."""


TRIES = 8
"""How often it is decided anew because people, endpoints or blocks have changed before it was stored."""


class Waking(Protocol):
    """Who wakes endpoints that are not connected. Returns at once, and never raises."""

    def message(self, endpoints: Iterable[EndpointId], ref: str) -> None: ...


class Sending:
    """Raises Problem for every "no"."""

    def __init__(
        self,
        store: MessageStore,
        finder: MessageFinder,
        counts: Counts,
        quiet: Quiet,
        sessions: Sessions,
        reachable: Reachable,
        over_quota: Callable[[PersonId, float], Awaitable[None]],
        clock: Callable[[], float],
    ) -> None:
        self.unsent = Unsent()
        self.waking: tuple[Waking, ...] = ()
        self.witnesses: tuple[Callable[[Endpoint, Line, Outgoing], None], ...] = ()
        """What is told of each message, once it is stored. None of them waits."""
        self._store = store
        self._finder = finder
        self._counts = counts
        self._quiet = quiet
        self._sessions = sessions
        self._reachable = reachable
        self._over_quota = over_quota
        self._clock = clock

    # -- whom it is for --------------------------------------------------------------------------

    async def line(self, principal: Principal, to: str) -> Line:
        """Everything about writing to this person; oneself included, for one's other endpoints."""
        if to.startswith("+"):
            facts = MessageFacts(
                sender_registered=True, known=False, receiver_registered=False, to_number=True
            )
            raise refusal(Refuse(Reason.TO_NUMBER), facts)
        line = await self._finder.line(principal, to)
        if line is None:
            code = Code.NOT_REGISTERED if principal.person is None else Code.UNKNOWN_PERSON
            raise Problem(code, path="" if principal.person is None else "to")
        return line

    async def recipients(self, principal: Principal, command: wire.ListRecipients) -> wire.Recipients:
        """To whom it would be sealed."""
        line = await self.line(principal, command.to)
        decision = may_send(replace(line.facts, to_oneself=False, endpoints=True))
        if isinstance(decision, Refuse):
            raise refusal(decision, line.facts)
        return recipients_of(line, command.id)

    # -- one message -----------------------------------------------------------------------------

    async def send(
        self, principal: Principal, endpoint: Endpoint, command: wire.SendMessage
    ) -> wire.MessageSent | wire.Recipients:
        """Decide it with all that must be asked for, store it and tell of it. What was stored before is answered as it
        was then, whatever has happened since."""
        for _ in range(TRIES):
            try:
                line = await self.line(principal, command.to)
                outgoing = self.outgoing(endpoint, line, command, exempt=principal.test)
            except Problem as problem:
                before = await self._before(endpoint, command)
                if before is not None:
                    return before
                if problem.code is Code.QUOTA_EXCEEDED and principal.person is not None:
                    await self._over_quota(principal.person, float(problem.data["retry_after"]))
                raise
            if outgoing is None:
                return await self._before(endpoint, command) or recipients_of(line, command.id)
            stored = await self._submit(outgoing)
            if stored is not None:
                return self.sent(endpoint, line, outgoing, command.id, stored)
        raise Problem(Code.RATE_LIMITED, data={"retry_after": 1.0})

    async def _before(self, endpoint: Endpoint, command: wire.SendMessage) -> wire.MessageSent | None:
        """The answer to the very message, where it was stored before."""
        envelope = command.envelope
        if envelope.endpoint != endpoint.id:
            return None
        stored = await self._store.stored(MessageId(envelope.id), envelope.signature[:DIGEST])
        if stored is None:
            return None
        return wire.MessageSent(re=command.id, message=envelope.id, seq=stored.seq, at=stored.at)

    def quick(
        self, live: Live, command: wire.SendMessage
    ) -> "tuple[asyncio.Future[Stored | None], Callable[[Stored | None], wire.AnyReply | None]] | None":
        """The same by what is remembered: what is being stored, and how to go on once it is. None, also of
        that, where something must be asked for, or where the answer is a "no", which `send` will find out as well."""
        principal, endpoint = live.principal, live.endpoint
        line = self._finder.known(principal, command.to)
        if line is None or endpoint.waiting or not self._counts.knows(line.sender.person.id):
            return None
        try:
            outgoing = self.outgoing(endpoint, line, command, exempt=principal.test)
            if outgoing is None:
                return None
            stored = self._submit(outgoing)
        except Problem:
            return None
        return stored, partial(self._begun, endpoint, line, outgoing, command.id)

    def _begun(
        self, endpoint: Endpoint, line: Line, outgoing: Outgoing, request: str, stored: Stored | None
    ) -> wire.MessageSent | None:
        return None if stored is None else self.sent(endpoint, line, outgoing, request, stored)

    def _submit(self, outgoing: Outgoing) -> "asyncio.Future[Stored | None]":
        """It counts as soon as it is on its way, or many at once would all be decided by the same count."""
        stored = self._store.send(outgoing)
        self._counts.note(outgoing.sender, outgoing.at, strange=outgoing.strange, size=outgoing.size)
        stored.add_done_callback(partial(self._settle, outgoing))
        return stored

    def _settle(self, outgoing: Outgoing, done: "asyncio.Future[Stored | None]") -> None:
        stored = None if done.cancelled() or done.exception() is not None else done.result()
        if stored is None or not stored.fresh:
            self._counts.take_back(outgoing.sender, outgoing.at, strange=outgoing.strange, size=outgoing.size)

    def outgoing(
        self, endpoint: Endpoint, line: Line, command: wire.SendMessage, *, exempt: bool
    ) -> Outgoing | None:
        """What is to be stored; None where it was sealed to others than those who read it now. Changes nothing."""
        now, sender = self._clock(), line.sender.person.id
        decision = line.decision
        if isinstance(decision, Refuse):
            raise refusal(decision, line.facts)
        envelope, readers, keys = command.envelope, line.readers, command.keys
        segments = self.unsent.find(endpoint.id, envelope.id, command.segments)
        size = len(envelope.ciphertext) + sum(map(len, segments or ()))
        wait = 0.0 if exempt else self._counts.wait(sender, now, strange=line.strange, size=size)
        if wait > 0:
            raise refusal(Refuse(Reason.QUOTA), replace(line.facts, quota_wait=wait))
        if envelope.endpoint != endpoint.id or envelope.identity != endpoint.keys.identity:
            raise Problem(Code.NOT_PERMITTED, path="envelope.endpoint")
        if envelope.kind != "message" or envelope.person != sender:
            raise Problem(Code.NOT_PERMITTED, path="envelope.person")
        if len(keys) != len(readers) or {one.endpoint for one in keys} != readers.keys():
            return None
        withheld = isinstance(decision, Withhold)
        lines = [
            (EndpointId(one.endpoint), readers[EndpointId(one.endpoint)].person, one.key) for one in keys
        ]
        return Outgoing(
            envelope=envelope,
            digest=envelope.signature[:DIGEST],
            sender=sender,
            receiver=line.receiver.person.id,
            at=now,
            day=day_of(now),
            keys=[one for one in lines if one[1] == sender] if withheld else lines,
            segments=segments,
            withheld=withheld,
            strange=line.strange,
            size=size,
            version=line.version,
        )

    # -- stored ----------------------------------------------------------------------------------

    def sent(
        self, endpoint: Endpoint, line: Line, outgoing: Outgoing, request: str, stored: Stored
    ) -> wire.MessageSent:
        """It is on disk: tell whoever reads it, if this is not a retry."""
        if stored.fresh:
            self.unsent.drop(endpoint.id, outgoing.envelope.id)
            self._tell(endpoint, line, outgoing, stored)
            for witness in self.witnesses:
                witness(endpoint, line, outgoing)
        return wire.MessageSent(re=request, message=outgoing.envelope.id, seq=stored.seq, at=stored.at)

    def _tell(self, endpoint: Endpoint, line: Line, outgoing: Outgoing, stored: Stored) -> None:
        keys = keys_view(endpoint.keys)
        away: list[EndpointId] = []
        for one, person, key in outgoing.keys:
            live = self._sessions.of(one)
            if live is None and not self.waking:
                continue
            alert = self._alerts(line.readers[one])
            own = person == outgoing.sender
            if alert and not own and one not in self._reachable:
                away.append(one)
            if live is None:
                continue
            other = line.receiver.person if own else line.sender.person
            item = wire.MessageItem(
                n=stored.n,
                person=person,
                other=other.id,
                name=other.name,
                seq=stored.seq,
                at=stored.at,
                envelope=outgoing.envelope,
                keys=keys,
                key=key,
                segments=len(outgoing.segments or ()),
                alert=alert,
            )
            self._sessions.push_to(live, wire.MessageArrived(item=item))
        for waking in self.waking if away else ():
            waking.message(away, outgoing.envelope.id)

    def _alerts(self, reader: Reader) -> bool:
        return not self._quiet.is_on(reader.endpoint, reader.sets, reader.heard)
