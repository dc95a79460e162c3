"""One connection, from hello to close: frames in, frames out. The loop of the server.

    connecting -> (hello sent) -> stranger -> (sign_in) -> signed in -> closed

A stranger may join or sign in and has SIGN_IN_TIMEOUT for it. A signed-in endpoint's commands are
carried out in the order they came; blobs between the two in a call jump no queue but need none.
"""

import asyncio
import logging
import secrets
from collections import deque
from dataclasses import dataclass

from kith.core.problem import Code, Problem
from signaling import protocol as wire
from signaling.deadlines import Deadlines
from signaling.desk import Desk
from signaling.limits import AddressRates
from signaling.session import Violation
from signaling.sessions import Channel, Live

log = logging.getLogger(__name__)

SIGN_IN_TIMEOUT = 15.0
"""From connecting to being signed in. A person typing a name does that over HTTP, not here."""

MAX_PENDING = 64
"""Commands that may wait for their turn; the protocol allows 32 unanswered."""

MAX_PROBLEMS = 500
"""Unreadable or refused messages on one connection. An endpoint with a fault of its own gets its answers
for a while; one that floods is gone within seconds and its reconnects are limited by address."""

NORMAL, GOING_AWAY, UNSUPPORTED, BUG, RESTART = 1000, 1001, 1003, 1011, 1012
PROTOCOL, SILENT, FLOOD = 4002, 4003, 4008


@dataclass(slots=True)
class Reception:
    """What all connections of a server share."""

    desk: Desk
    deadlines: Deadlines
    addresses: AddressRates
    admit_test: bool
    draining: bool = False

    def check_address(self, address: str, command: wire.AnyCommand, now: float) -> None:
        """Rate limit what strangers may ask. Raises Problem(rate_limited)."""
        if self.admit_test:
            return
        if isinstance(command, wire.Challenge | wire.SignIn):
            self.addresses.sign_in(address, now)
        else:
            self.addresses.join(address, now)


class Conversation:
    """Driven by whoever owns the socket: `begin`, `received` for each message, `ended`."""

    __slots__ = (
        "_address",
        "_channel",
        "_closed",
        "_codec",
        "_live",
        "_nonce",
        "_origin",
        "_problems",
        "_reception",
        "_strange",
        "_task",
    )

    def __init__(
        self, reception: Reception, channel: Channel, codec: wire.Codec, *, origin: str, address: str
    ) -> None:
        self._reception = reception
        self._channel = channel
        self._codec = codec
        self._origin = origin
        self._address = address
        self._nonce: bytes | None = secrets.token_bytes(16)
        self._live: Live | None = None
        self._strange: deque[wire.AnyCommand] | None = None
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        self._problems = 0

    # -- what the socket tells ---------------------------------------------------------------------

    def begin(self) -> None:
        """The connection is up: say hello, and wait so long for a name."""
        assert self._nonce is not None
        hello = wire.Hello(version=wire.VERSION, server=self._reception.desk.server, nonce=self._nonce)
        self._channel.send(self._codec.encode(hello))
        now = self._reception.desk.clock()
        self._reception.deadlines.set(self._key, now + SIGN_IN_TIMEOUT, self._too_silent)

    def received(self, data: bytes, *, text: bool) -> None:
        """One message. Never raises: what is wrong is answered, or closes this connection only."""
        if self._closed:
            return
        if text is not self._codec.text:
            self._close(UNSUPPORTED, "wrong kind of frame for the subprotocol")
            return
        try:
            command = self._codec.command(data)
            self._accept(command)
        except Problem as problem:
            self._answer_problem(problem, self._codec.request_id(data))
        except Violation as violation:
            self._close(violation.code, violation.reason)
        except Exception:
            log.exception("connection failed: endpoint=%s", self._name)
            self._close(BUG, "the server made a mistake")

    def ended(self) -> None:
        """The connection is gone, for whatever reason."""
        self._closed = True
        self._reception.deadlines.set(self._key, None, self._too_silent)
        live = self._live
        if live is None:
            return  # what a stranger has begun is finished: half a sign-up would use up the invitation
        desk = self._reception.desk
        if desk.sessions.lost(live, self._channel):
            _depart(desk, live)

    # -- commands ----------------------------------------------------------------------------------

    def _accept(self, command: wire.AnyCommand) -> None:
        live = self._live
        if live is None:
            self._accept_stranger(command)
        elif isinstance(command, wire.Ack):
            live.session.ack(command.seq)
        elif (remembered := live.session.replies.find(command.id)) is not None:
            self._channel.send(self._codec.encode(remembered))
        elif isinstance(command, wire.Signal) and not live.working and command.as_person is None:
            try:
                reply = self._reception.desk.pass_on(live, command)
            except Problem as problem:
                live.reply(wire.problem_reply(problem, command.id))
            else:
                live.reply(reply)
        else:
            self._queue(live, command)

    def _queue(self, live: Live, command: wire.AnyCommand) -> None:
        if live.inflight == command.id or any(command.id == one.id for one in live.pending or ()):
            return  # a retry of what is being carried out: its reply is on its way
        take = live.rates.signal if isinstance(command, wire.Signal) else live.rates.command
        take(self._reception.desk.clock())
        if live.pending is None:
            live.pending = deque()
        if len(live.pending) >= MAX_PENDING:
            raise Violation(FLOOD, "too many commands unanswered")
        live.pending.append(command)
        if not live.working:
            live.working = True
            self._task = asyncio.get_running_loop().create_task(self._work(live))

    async def _work(self, live: Live) -> None:
        """Carry out what waits, in order. Goes on when the connection is lost: replies are remembered."""
        while live.pending:
            command = live.pending.popleft()
            live.inflight = command.id
            live.reply(await self._reply_to(live, command))
            live.inflight = None
            if isinstance(command, wire.Leave):
                self._leave(live, command)
        live.working = False
        live.pending = None

    async def _reply_to(self, live: Live, command: wire.AnyCommand) -> wire.AnyReply:
        try:
            if isinstance(command, wire.Leave):
                return wire.Ok(re=command.id)
            if isinstance(command, wire.Challenge | wire.SignIn):
                raise Problem(Code.ALREADY_SIGNED_IN)
            if command.open:
                self._reception.check_address(self._address, command, self._reception.desk.clock())
                return await self._reception.desk.welcome_stranger(command)
            return await self._reception.desk.carry_out(live.principal, live.endpoint, command)
        except Problem as problem:
            return wire.problem_reply(problem, command.id)
        except Exception:
            log.exception("command failed: endpoint=%s t=%s", live.endpoint.id, type(command).__name__)
            self._close(BUG, "the server made a mistake")
            return wire.problem_reply(Problem(Code.INTERNAL), command.id)

    def _leave(self, live: Live, command: wire.Leave) -> None:
        """All at once: the endpoint has its reply and may be signing in again already."""
        desk = self._reception.desk
        self._close(NORMAL, "goodbye")
        if command.how == "resume":
            return
        if desk.sessions.lost(live, self._channel):
            desk.sessions.drop(live)
            if command.how == "disconnect":
                desk.switchboard.left(live.endpoint.id)
            _depart(desk, live)

    # -- strangers ---------------------------------------------------------------------------------

    def _accept_stranger(self, command: wire.AnyCommand) -> None:
        if not command.open:
            raise Problem(Code.NOT_SIGNED_IN)
        self._reception.check_address(self._address, command, self._reception.desk.clock())
        if self._strange is None:
            self._strange = deque()
        if len(self._strange) >= 4:
            raise Violation(FLOOD, "too many commands before sign-in")
        self._strange.append(command)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._attend())

    async def _attend(self) -> None:
        while self._strange and not self._closed:
            command = self._strange.popleft()
            try:
                reply = await self._attend_to(command)
                if reply is not None:
                    self._channel.send(self._codec.encode(reply))
            except Problem as problem:
                self._answer_problem(problem, command.id)
            except Exception:
                log.exception("stranger's command failed: t=%s", type(command).__name__)
                self._close(BUG, "the server made a mistake")

    async def _attend_to(self, command: wire.AnyCommand) -> wire.AnyReply | None:
        desk = self._reception.desk
        match command:
            case wire.Challenge():
                self._nonce = secrets.token_bytes(16)
                return wire.ChallengeIssued(re=command.id, nonce=self._nonce, server=desk.server)
            case wire.SignIn():
                await self._sign_in(command)
                return None
            case _ if self._live is not None:
                raise Problem(Code.ALREADY_SIGNED_IN)
            case _:
                return await desk.welcome_stranger(command)

    async def _sign_in(self, command: wire.SignIn) -> None:
        if self._live is not None:
            raise Problem(Code.ALREADY_SIGNED_IN)
        if self._reception.draining:
            raise Problem(Code.SHUTTING_DOWN)
        desk = self._reception.desk
        nonce, self._nonce = self._nonce, None  # a nonce serves once
        endpoint, principal = await desk.authenticate(command, origin=self._origin, nonce=nonce)
        if self._closed:
            return
        opened = desk.sessions.open(endpoint, principal, self._codec, command.resume)
        live = opened.live
        desk.reachable.arrive(endpoint.id, endpoint.household)
        try:
            await desk.switchboard.arrived(endpoint)
            snapshot = await desk.snapshot(live) if opened.replay is None else None
        except BaseException:
            self._abandon(live)
            raise
        if self._closed or desk.sessions.of(endpoint.id) is not live:
            self._close(GOING_AWAY, "gone before the welcome")
            self._abandon(live)
            return
        self._live = live
        self._reception.deadlines.set(self._key, None, self._too_silent)
        welcome = wire.Welcome(
            re=command.id,
            session=live.session.id,
            resumed=opened.replay is not None,
            grace=desk.sessions.grace,
            snapshot=snapshot,
        )
        self._channel.send(self._codec.encode(welcome))
        desk.sessions.attach(live, self._channel)
        desk.announce_endpoint(endpoint)

    def _abandon(self, live: Live) -> None:
        """It came to nothing while it was being welcomed: as if it had been lost just after."""
        desk = self._reception.desk
        if desk.sessions.of(live.endpoint.id) is live and live.channel is None:
            live.channel = self._channel
            desk.sessions.lost(live, self._channel)
            _depart(desk, live)

    # -- saying no ---------------------------------------------------------------------------------

    def _answer_problem(self, problem: Problem, request: str | None) -> None:
        """Answers cost something too: a connection that only ever gets things wrong is closed."""
        self._channel.send(self._codec.encode(wire.problem_reply(problem, request)))
        self._problems += 1
        if self._problems > MAX_PROBLEMS:
            self._close(FLOOD, "too many problems on one connection")

    def _too_silent(self) -> None:
        self._close(SILENT, "not signed in in time")

    def _close(self, code: int, reason: str) -> None:
        self._closed = True
        self._channel.close(code, reason)

    @property
    def _key(self) -> str:
        return f"conversation {id(self)}"

    @property
    def _name(self) -> str:
        return "stranger" if self._live is None else self._live.endpoint.id


def _depart(desk: Desk, live: Live) -> None:
    endpoint = live.endpoint
    desk.reachable.leave(endpoint.id)
    desk.switchboard.went(endpoint.id)
    desk.announce_endpoint(endpoint)
