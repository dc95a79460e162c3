"""One endpoint's signed-in life with its server, across any number of WebSockets.

    connecting -> signed in -> away -> connecting -> ... -> closed

A connection is one task that reads. It survives the loss of its WebSocket: it dials again with growing,
jittered pauses, resumes the session from the last event that arrived, and sends again, with the same id,
every command that got no reply. Events reach the listener once and in order, whatever happens below.

It ends only by `close`, or when to go on makes no sense: see kith.endpoint.dialling.
"""

import asyncio
import logging
import random
import secrets
import ssl
from collections.abc import Callable
from itertools import count
from typing import Literal, Protocol, TypeVar

import aiohttp
import msgspec

from kith.core.capabilities import Capabilities
from kith.core.ids import EndpointId
from kith.core.keys import KeyPair
from kith.core.problem import Problem
from kith.endpoint.dialling import (
    Refused,
    ServerChanged,
    Unreachable,
    Untrusted,
    origin_of,
    pause_before,
)
from kith.endpoint.frames import Frames, Lost
from kith.endpoint.greeting import sign_in
from kith.endpoint.unconfirmed import Unconfirmed
from signaling import protocol
from signaling.protocol import MSGPACK, AnyEvent, AnyReply, Codec, Command, Welcome

__all__ = ["Connection", "Listener", "Refused", "ServerChanged", "Unreachable", "Untrusted", "origin_of"]

log = logging.getLogger(__name__)
_T = TypeVar("_T")

ACK_EVERY = 16
"""Events between acks at most. Fewer costs frames; more makes the server remember more."""

ACK_WITHIN = 30.0
"""Seconds an event may go unacked."""

STEADY = 5.0
"""Seconds signed in after which a loss starts again with the first pause. Without it two processes with one key
would throw each other out as fast as they can dial."""

SIGN_IN_WITHIN = 15.0
ANSWER_WITHIN = 1.5
"""Seconds the server has to answer when something else says that the network may be gone. Dialling again costs it a
resume, and nothing is lost by it."""

HEARTBEAT = 10.0
"""Seconds between pings. A server that vanished is noticed after 1.5 times as long, within its grace of 30 s."""

MAX_PENDING = 256
"""Commands waiting for a reply. A connection that is away must not collect without bound."""


class Listener(Protocol):
    """Who is told what the connection brings. Calls are made from the event loop, in order, and must not block."""

    def welcomed(self, welcome: Welcome) -> None:
        """Signed in. With a snapshot everything known before is replaced; without, the missed events follow."""

    def happened(self, event: AnyEvent) -> None:
        """The next event of the session."""

    def away(self, cause: Exception | None) -> None:
        """The WebSocket is lost, or could not be opened, and will be tried again. None: the server closed it."""

    def closed(self, cause: Unreachable | None) -> None:
        """The connection is over: by `close` (None) or because to go on makes no sense."""


class _Pending:
    __slots__ = ("data", "reply")

    def __init__(self, data: bytes, reply: "asyncio.Future[AnyReply]") -> None:
        self.data = data
        self.reply = reply


class Connection:
    """See the module. `http` may be shared by many connections and stays the caller's to close.

    `server_key` is the server's identity key, pinned on enrolment. `tls` is what verifies its certificate
    (None: the system's authorities). `capabilities` may be assigned at any time; they are declared on every sign-in.
    `replied` sees each reply in its order among the events; who awaits the reply wakes up later than that.
    """

    __slots__ = (
        "_ack_timer",
        "_acked",
        "_codec",
        "_dialling",
        "_first",
        "_frames",
        "_heartbeat",
        "_http",
        "_ids",
        "_keys",
        "_leaving",
        "_listener",
        "_not_before",
        "_pending",
        "_prefix",
        "_probing",
        "_replied",
        "_seq",
        "_server_key",
        "_session",
        "_signed_in_at",
        "_task",
        "_tls",
        "_unconfirmed",
        "_wake",
        "capabilities",
        "endpoint",
        "origin",
    )

    def __init__(
        self,
        *,
        http: aiohttp.ClientSession,
        server: str,
        endpoint: EndpointId,
        keys: KeyPair,
        server_key: bytes,
        listener: Listener,
        capabilities: Capabilities | None = None,
        tls: ssl.SSLContext | None = None,
        replied: Callable[[AnyReply], None] | None = None,
        codec: Codec = MSGPACK,
        heartbeat: float | None = HEARTBEAT,
    ) -> None:
        self.origin = origin_of(server)
        self.endpoint = endpoint
        self.capabilities = capabilities
        self._http = http
        self._keys = keys
        self._server_key = server_key
        self._listener = listener
        self._replied = replied
        self._tls = tls
        self._codec = codec
        self._heartbeat = heartbeat
        self._prefix = secrets.token_urlsafe(6)
        self._ids = count(1)
        self._pending: dict[str, _Pending] = {}
        self._unconfirmed = Unconfirmed()
        self._session: str | None = None
        self._seq = 0
        self._acked = 0
        self._ack_timer: asyncio.TimerHandle | None = None
        self._frames: Frames | None = None
        self._task: asyncio.Task[None] | None = None
        self._first: asyncio.Future[Welcome] | None = None
        self._leaving = False
        self._not_before = 0.0
        self._wake = asyncio.Event()
        self._dialling: asyncio.Timeout | None = None
        self._probing: asyncio.Task[None] | None = None
        self._signed_in_at: float | None = None

    @property
    def signed_in(self) -> bool:
        """Whether commands reach the server right now."""
        return self._frames is not None

    def new_id(self) -> str:
        """A request id that this endpoint never used before."""
        return f"{self._prefix}{next(self._ids)}"

    async def open(self) -> Welcome:
        """Start, and wait for the first sign-in however long it takes. Raises Unreachable if it is refused.

        The listener hears of the failed attempts meanwhile.
        """
        if self._task is not None:
            raise RuntimeError("a connection is opened once")
        self._first = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._live())
        try:
            return await asyncio.shield(self._first)
        except asyncio.CancelledError:
            self._task.cancel()
            raise

    async def request(self, command: Command) -> AnyReply:
        """Send `command` and wait for its reply, over as many WebSockets as it takes.

        Raises Problem if it was not carried out, Unreachable if the connection ends first. Cancelling
        stops the wait; the command may have been carried out.
        """
        if self._task is None or self._task.done():
            raise Unreachable("the connection is closed")
        if len(self._pending) >= MAX_PENDING:
            raise Unreachable("too many commands wait for a reply")
        pending = _Pending(self._codec.encode(command), asyncio.get_running_loop().create_future())
        self._pending[command.id] = pending
        try:
            if self._frames is not None:
                await self._frames.send(pending.data)
            return await pending.reply
        finally:
            self._pending.pop(command.id, None)

    async def signal(self, command: protocol.Signal | protocol.SignalGroup) -> None:
        """Send a blob for the other end of a call, or for a member of a group: now, or as soon as the server is there.

        There is no reply to wait for: a call that the server does not know any more ends by an event.
        """
        data = self._codec.encode(command)
        self._unconfirmed.add(command.call, data)
        if self._frames is not None:
            await self._frames.send(data)

    async def say(self, command: protocol.ConfirmInbox) -> None:
        """Say what is answered by a problem or not at all: now, or not, where the server is away. It may be lost."""
        if self._frames is not None:
            await self._frames.say(command)

    def forget(self, call: str) -> None:
        """The call is over: its signals need not be sent again."""
        self._unconfirmed.forget(call)

    async def close(self, how: Literal["resume", "reconnect", "disconnect"] = "disconnect") -> None:
        """Say goodbye and end. Does not raise if the server is away."""
        if self._task is None or self._leaving:
            return
        self._leaving = True
        if self._frames is not None and not self._task.done():
            try:
                async with asyncio.timeout(2):
                    await self.request(protocol.Leave(id=self.new_id(), how=how))
            except (TimeoutError, Problem, Unreachable):
                pass
        self._task.cancel()
        await asyncio.wait([self._task])

    def drop(self, stay_away: float = 0.0) -> None:
        """Lose the WebSocket without a goodbye, as a phone leaving its Wi-Fi does; return after `stay_away` s."""
        self._not_before = asyncio.get_running_loop().time() + stay_away
        if self._frames is not None:
            self._frames.drop()

    def network_changed(self, addresses: frozenset[str]) -> None:
        """The machine has these addresses now: dial anew if the old one is gone, and wait no longer if away."""
        if self._frames is not None:
            if self._frames.address is not None and self._frames.address not in addresses:
                self.drop()
            else:
                self.probe()
        elif self._dialling is not None:
            self._dialling.reschedule(asyncio.get_running_loop().time())
        self._wake.set()

    def probe(self) -> None:
        """Look at once whether the server is still there: something says that the network may not be."""
        if self._frames is not None and (self._probing is None or self._probing.done()):
            self._probing = asyncio.create_task(self._probe(self._frames))

    async def _probe(self, frames: Frames) -> None:
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                await self.request(protocol.Ping(id=self.new_id()))
        except (Problem, Unreachable):
            pass
        except (TimeoutError, OSError, aiohttp.ClientError):
            if frames is self._frames:
                self.drop()
                self._wake.set()

    # -- the one task ---------------------------------------------------------------------------------

    async def _live(self) -> None:
        loop = asyncio.get_running_loop()
        cause: Unreachable | None = None
        attempt = 0
        try:
            while True:
                trouble: Exception | None = None
                self._signed_in_at = None
                try:
                    await self._connect_and_read()
                except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientConnectorSSLError) as error:
                    if self._session is None:
                        raise Untrusted("the server's certificate is not trusted") from error
                    trouble = error
                except (
                    aiohttp.ClientError,
                    OSError,
                    TimeoutError,
                    msgspec.DecodeError,
                    Problem,
                    Lost,
                ) as error:
                    trouble = error
                if self._leaving:
                    return
                now = loop.time()
                if self._signed_in_at is not None and now - self._signed_in_at >= STEADY:
                    attempt = 0
                self._tell(self._listener.away, trouble)
                pause = max(pause_before(attempt, random.random()), self._not_before - now)
                attempt += 1
                if await self._woken(pause):
                    attempt = 0
        except Unreachable as error:
            cause = error
        except asyncio.CancelledError:
            pass
        finally:
            self._over(cause)

    async def _woken(self, pause: float) -> bool:
        """Wait before the next try; whether something said that it is worth trying now."""
        try:
            async with asyncio.timeout(pause):
                await self._wake.wait()
        except TimeoutError:
            return False
        left = self._not_before - asyncio.get_running_loop().time()
        await asyncio.sleep(max(0.0, left))
        return True

    def _over(self, cause: Unreachable | None) -> None:
        end = cause or Unreachable("the connection is closed")
        for pending in self._pending.values():
            if not pending.reply.done():
                pending.reply.set_exception(end)
        if self._first is not None and not self._first.done():
            self._first.set_exception(end)
            self._first.exception()  # nobody may be waiting any more
        self._tell(self._listener.closed, cause)

    async def _connect_and_read(self) -> None:
        self._wake.clear()
        frames: Frames | None = None
        try:
            async with asyncio.timeout(SIGN_IN_WITHIN) as self._dialling:
                ws = await self._http.ws_connect(
                    f"{self.origin}/v1/connect",
                    protocols=(self._codec.subprotocol,),
                    ssl=True if self._tls is None else self._tls,
                    heartbeat=self._heartbeat,
                    compress=0,
                    timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
                )
                frames = Frames(ws, self._codec)
                welcome = await self._sign_in(frames)
            self._dialling = None
            await self._begin(frames, welcome)
            while True:
                message = await frames.receive()
                if isinstance(message, protocol.Event):
                    await self._take(frames, message)
                elif not isinstance(message, protocol.Hello):
                    self._answer(message)
        finally:
            self._dialling = None
            self._frames = None
            if self._ack_timer is not None:
                self._ack_timer.cancel()
                self._ack_timer = None
            if frames is not None:
                await frames.close()

    async def _sign_in(self, frames: Frames) -> Welcome:
        resume = None if self._session is None else protocol.Resume(session=self._session, seq=self._seq)
        try:
            return await sign_in(
                frames,
                request=self.new_id(),
                origin=self.origin,
                endpoint=self.endpoint,
                keys=self._keys,
                server_key=self._server_key,
                capabilities=self.capabilities,
                resume=resume,
            )
        except Problem as problem:
            self._wait_at_least(problem.data.get("retry_after"))
            raise

    async def _begin(self, frames: Frames, welcome: Welcome) -> None:
        """Commands that wait go first, so that none is overtaken by one that starts from the welcome."""
        if not welcome.resumed:
            self._seq = self._acked = 0
        self._session = welcome.session
        self._signed_in_at = asyncio.get_running_loop().time()
        sent: set[str] = set()
        self._unconfirmed.settle(welcome.signals, resumed=welcome.resumed)
        last = welcome.signals
        while True:  # until nothing has come up while the rest was being sent
            commands = [(key, one.data) for key, one in self._pending.items() if key not in sent]
            signals = self._unconfirmed.after(last)
            if not commands and not signals:
                break
            for key, data in commands:
                await frames.send(data)
                sent.add(key)
            for number, data in signals:
                await frames.send(data)
                last = number
        self._frames = frames
        self._tell(self._listener.welcomed, welcome)
        if self._first is not None and not self._first.done():
            self._first.set_result(welcome)

    async def _take(self, frames: Frames, event: AnyEvent) -> None:
        if event.seq <= self._seq:
            return  # replayed although it had arrived
        if event.seq != self._seq + 1:
            self._session = None  # an event is missing: only a snapshot helps
            raise Lost("an event is missing")
        self._seq = event.seq
        if isinstance(event, protocol.ServerLeaving):
            self._wait_at_least(event.retry_after)
        self._tell(self._listener.happened, event)
        if self._seq - self._acked >= ACK_EVERY:
            await self._ack(frames)
        elif self._ack_timer is None:
            self._ack_timer = asyncio.get_running_loop().call_later(ACK_WITHIN, self._ack_is_due)

    def _ack_is_due(self) -> None:
        self._ack_timer = None
        if self._frames is not None and self._acked < self._seq:
            task = asyncio.ensure_future(self._ack(self._frames))
            task.add_done_callback(_forget)

    async def _ack(self, frames: Frames) -> None:
        self._acked = self._seq
        await frames.say(protocol.Ack(id=self.new_id(), seq=self._seq))

    def _tell(self, call: Callable[[_T], None], subject: _T) -> None:
        """A bug in the listener is no reason to lose the connection."""
        try:
            call(subject)
        except Exception:
            log.exception("the listener failed on %s", type(subject).__name__)

    def _answer(self, reply: AnyReply) -> None:
        pending = self._pending.get(reply.re) if reply.re is not None else None
        if pending is None or pending.reply.done():
            return
        if isinstance(reply, protocol.ProblemReply):
            pending.reply.set_exception(Problem(reply.code, path=reply.path, data=reply.data))
        else:
            if self._replied is not None:
                self._tell(self._replied, reply)
            pending.reply.set_result(reply)

    def _wait_at_least(self, seconds: object) -> None:
        if isinstance(seconds, (int, float)):
            self._not_before = asyncio.get_running_loop().time() + min(float(seconds), 60.0)


def _forget(task: "asyncio.Task[None]") -> None:
    """Take note of how a task ended, so that nobody complains that nobody did."""
    if not task.cancelled():
        task.exception()
