"""What this endpoint writes into the log, and what it remembers of the log that others write.

    endpoint.journal.note(What.DROP_IN, Outcome.ADMITTED, call=…, person=…, name=…, device=…)
    endpoint.on("log_doubted", …)          # something was cut off, changed or written anew

An entry is on this endpoint's disk before anybody hears of it, and goes to the server as soon as there is one. The disk
is waited for beside what goes on: an entry is often written at the very moment when somebody begins to speak. At each
connect the chains that the server shows must go on from where they were seen to end.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Unpack

import msgspec

from kith.core.files import write_whole
from kith.core.keys import KeyPair
from kith.core.problem import Code, Problem
from kith.core.trust import log as chains
from kith.core.trust.log import Details, Head, LogEntry, Outcome, Payload, What
from kith.core.trust.untrusted import Reason, Untrusted, require
from kith.endpoint.dialling import Unreachable
from signaling import protocol
from signaling.protocol import AnyReply, Command, LogHead, LogLine

log = logging.getLogger(__name__)

MOST_UNSENT = 5_000
"""Entries that may wait for the server: a year without one, at a dozen a day."""


class Diary(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept in log.json: how far the own chain goes, what of it the server has not got and how far it has
    got it, the `place` of that chain, and how far every other went that was seen, by `place`."""

    head: Head | None = None
    sent: Head | None = None
    unsent: tuple[LogLine, ...] = ()
    own: str | None = None
    seen: Mapping[str, Head] = {}


@dataclass(frozen=True, slots=True)
class Doubt:
    """The chain of `writer` for `owner` is not what it was."""

    owner: str
    writer: bytes
    reason: Reason


class Journal:
    """`owner` is whose log is written here, `readable` whose the server shows. `ask` and `new_id` are the wire's.
    `doubted` hears of every chain that does not hold, at each connect. Raises ValueError where log.json is damaged: to
    forget what one saw is not for a program to decide."""

    def __init__(
        self,
        home: Path,
        keys: KeyPair,
        *,
        owner: Callable[[], str],
        readable: Callable[[], frozenset[str]],
        ask: Callable[[Command], Awaitable[AnyReply]],
        new_id: Callable[[], str],
        clock: Callable[[], float],
        doubted: Callable[[Doubt], None],
    ) -> None:
        self._path = home / "log.json"
        self._keys = keys
        self._owner = owner
        self._readable = readable
        self._ask = ask
        self._new_id = new_id
        self._clock = clock
        self._doubted = doubted
        self._diary = self._saved = _read(self._path)
        self._saving: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    @property
    def head(self) -> Head | None:
        """How far the own chain goes."""
        return self._diary.head

    @property
    def unsent(self) -> int:
        """Entries that the server has not got yet."""
        return len(self._diary.unsent)

    def note(self, what: What, outcome: Outcome | None = None, **details: Unpack[Details]) -> None:
        """Write that this happened now; `send` brings it to disk and to the server."""
        if self.unsent >= MOST_UNSENT:
            log.warning("an entry of the log is lost: the server has not been heard of for too long")
            return
        self._write(chains.told(secrets.token_bytes(chains.SALT), what, outcome, details))

    def _write(self, payload: Payload) -> None:
        data = chains.write(payload)
        entry = chains.follow(
            self._diary.head,
            data,
            owner=self._owner(),
            time=int(self._clock()),
            writer=self._keys.public.identity,
            sign=self._keys.sign,
        )
        unsent = (*self._diary.unsent, LogLine(entry=entry, payload=data))
        own = place(entry.owner, entry.writer)
        self._keep(msgspec.structs.replace(self._diary, head=chains.head_of(entry), unsent=unsent, own=own))

    def _keep(self, diary: Diary) -> None:
        self._diary = diary
        if self._saving is None or self._saving.done():
            self._saving = asyncio.get_running_loop().create_task(self._save())

    async def _save(self) -> None:
        while (diary := self._diary) is not self._saved:
            await asyncio.to_thread(write_whole, self._path, msgspec.json.encode(diary))
            self._saved = diary

    async def settled(self) -> None:
        """Until everything is on disk. Raises OSError."""
        if self._saving is not None:
            await self._saving

    # -- with the server --------------------------------------------------------------------------------

    async def send(self) -> None:
        """Bring to the server what it has not got. What cannot be brought now is brought later."""
        async with self._turn:
            try:
                await self._send()
            except Untrusted as untrusted:
                self._doubt(place(self._owner(), self._keys.public.identity), untrusted.reason)
            except (Problem, Unreachable) as error:
                log.info("the log was not brought to the server: %s", type(error).__name__)

    async def meet(self) -> None:
        """After a connect: bring what is new, and look whether every chain goes on from where it was seen to end."""
        await self.send()
        async with self._turn:
            try:
                reply = await self._ask(protocol.CheckLog(id=self._new_id()))
                if isinstance(reply, protocol.LogHeads):
                    await self._compare(reply.heads)
            except (Problem, Unreachable) as error:
                log.info("the log was not checked: %s", type(error).__name__)

    async def _send(self) -> None:
        while some := self._diary.unsent[: protocol.MOST_ENTRIES]:
            await self.settled()
            try:
                await self._ask(protocol.AppendLog(id=self._new_id(), lines=some))
            except Problem as problem:
                if problem.code is not Code.LOG_FORKED:
                    raise
                await self._begin_anew()
                continue
            left, sent = self._diary.unsent[len(some) :], chains.head_of(some[-1].entry)
            self._keep(msgspec.structs.replace(self._diary, unsent=left, sent=sent))

    async def _begin_anew(self) -> None:
        """This endpoint has forgotten entries that it wrote: it was restored from an older copy. The chain goes on from
        where it really ended, and says so. Raises Untrusted unless that is a longer one, which passes through the
        newest entry that the server is known to have: anything else was cut off, and is no reason to forget."""
        reply = await self._ask(protocol.CheckLog(id=self._new_id()))
        assert isinstance(reply, protocol.LogHeads)
        own, sent = self._keys.public.identity, self._diary.sent
        shown = next((one for one in reply.heads if one.writer == own and one.owner == self._owner()), None)
        if shown is None or shown.number <= (-1 if sent is None else sent.number):
            raise Untrusted(Reason.STALE)
        ended = await self._goes_on(sent, shown)
        again = [chains.read(line.payload) for line in self._diary.unsent if line.payload is not None]
        self._keep(msgspec.structs.replace(self._diary, head=ended, sent=ended, unsent=()))
        self._write(Payload(salt=secrets.token_bytes(chains.SALT), what=What.RESTARTED))
        for payload in again:
            self._write(payload)

    async def _compare(self, heads: Sequence[LogHead]) -> None:
        shown = {place(one.owner, one.writer): one for one in heads}
        own = place(self._owner(), self._keys.public.identity)
        seen = dict(self._diary.seen)
        if self._diary.sent is not None:
            seen[own] = self._diary.sent
        for where, remembered in seen.items():
            if where.split(".")[0] not in self._readable():
                continue  # of a household that was left: remembered, should it be shown again
            try:
                require(where in shown, Reason.STALE)
                seen[where] = await self._goes_on(remembered, shown[where])
            except Untrusted as untrusted:
                self._doubt(where, untrusted.reason)
        for where, head in shown.items():
            seen.setdefault(where, _head(head))
        seen.pop(own, None)
        self._keep(msgspec.structs.replace(self._diary, seen=seen))

    def _doubt(self, where: str, reason: Reason) -> None:
        log.warning("the log does not go on from where it was seen to end: %s", reason)
        owner, _, writer = where.partition(".")
        self._doubted(Doubt(owner, bytes.fromhex(writer), reason))

    async def _goes_on(self, seen: Head | None, shown: LogHead) -> Head:
        """The head that is shown, if the chain leads there from `seen`, None for its beginning. Raises Untrusted."""
        head = seen
        require(shown.number >= (0 if head is None else head.number), Reason.STALE)
        while head is None or head.number < shown.number:
            reply = await self._ask(
                protocol.ReadChain(
                    id=self._new_id(),
                    owner=shown.owner,
                    writer=shown.writer,
                    first=0 if head is None else head.number + 1,
                )
            )
            assert isinstance(reply, protocol.LogChain)
            require(bool(reply.lines), Reason.MISSING)
            for line in reply.lines:
                require(_is_of(line.entry, shown), Reason.FORKED)
                head = chains.after(head, line.entry, line.payload)
        require(head.number > shown.number or head.hash == shown.hash, Reason.FORKED)
        return head


def heads_in(home: Path) -> Mapping[str, Head]:
    """How far each chain goes that the endpoint in this directory has seen or written, by `place`; of its own what the
    server has got. Raises ValueError, OSError."""
    diary = _read(home / "log.json")
    return diary.seen if diary.sent is None or diary.own is None else {**diary.seen, diary.own: diary.sent}


def place(owner: str, writer: bytes) -> str:
    """By what a chain is remembered."""
    return f"{owner}.{writer.hex()}"


def _is_of(entry: LogEntry, head: LogHead) -> bool:
    return (entry.owner, entry.writer) == (head.owner, head.writer)


def _head(shown: LogHead) -> Head:
    return Head(shown.number, shown.hash, shown.time)


def _read(path: Path) -> Diary:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Diary)
    except FileNotFoundError:
        return Diary()
    except msgspec.DecodeError as error:
        raise ValueError(f"{path} is damaged: {error}") from None
