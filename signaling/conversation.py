"""One connection, from hello to close: frames in, frames out. The loop of the server.

    connecting -> (hello sent) -> stranger -> (sign_in) -> signed in -> closed

A stranger may join or sign in and has SIGN_IN_TIMEOUT for it. What becomes of a session when its
connection comes or goes is in signaling.arrivals. A signed-in endpoint's commands are
carried out in the order they came; blobs between the two in a call jump no queue but need none. A command that
asks another server is carried out aside: nobody's call waits until somebody else's server has answered.
"""

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from kith.core.problem import Code, Problem
from signaling import protocol as wire
from signaling.arrivals import Arrivals
from signaling.closing import Close
from signaling.deadlines import Deadlines
from signaling.desk import Desk
from signaling.limits import AddressRates, Bucket
from signaling.session import Violation
from signaling.sessions import Channel, Live
from signaling.throttled import Throttled

log = logging.getLogger(__name__)

SIGN_IN_TIMEOUT = 15.0
"""From connecting to being signed in. A person typing a name does that over HTTP, not here."""

MAX_PENDING = 64
"""Commands that may wait for their turn; the protocol allows 32 unanswered."""

MAX_ASIDE = 2
"""Commands of one session that wait for other servers at a time."""

ASIDE_PAUSE = 5.0
"""Seconds after which one that was too many may be tried again."""

MAX_HELD = 4
"""Messages of one connection that wait until the disk's turn comes."""

MAX_PROBLEMS = 500
PROBLEMS_RATE = 1.0
"""Messages on one connection that were answered with a problem, whichever: so many at once, and then so many
a second. An endpoint with a fault of its own gets its answers for a while; one that floods is gone within
seconds and its reconnects are limited by address."""


@dataclass(slots=True)
class Reception:
    """What all connections of a server share."""

    desk: Desk
    arrivals: Arrivals
    deadlines: Deadlines
    addresses: AddressRates
    admit_test: bool
    throttled: Throttled
    draining: bool = False

    def check_address(self, address: str, command: wire.AnyCommand, now: float) -> None:
        """Rate limit what strangers may ask. Raises Problem(rate_limited)."""
        if self.admit_test:
            return
        if isinstance(command, wire.Challenge | wire.SignIn):
            self.addresses.sign_in(address, now)
        elif isinstance(command, wire.SignUp):
            self._check_sign_up(address, now)
        else:
            self.addresses.join(address, now)

    def _check_sign_up(self, address: str, now: float) -> None:
        try:
            self.addresses.join(address, now)
            self.addresses.sign_up(address, now)
        except Problem:
            self.throttled.note(now)
            raise

    def check_code(self, address: str, command: wire.AnyCommand, now: float) -> None:
        """Rate limit what makes the server send a code. Raises Problem(rate_limited)."""
        if isinstance(command, wire.ChangeMobile | wire.ResendCode):
            self.addresses.code(address, now)


_PASSED_ON = (wire.Signal, wire.SignalGroup)
"""Blobs for other endpoints: answered by a problem, or not at all."""


class Conversation:
    """Driven by whoever owns the socket: `begin`, `received` for each message, `ended`."""

    __slots__ = (
        "_address",
        "_channel",
        "_closed",
        "_codec",
        "_held",
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
        self._held: list[bytes] | None = None
        self._strange: deque[wire.AnyCommand] | None = None
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        self._problems: Bucket | None = None

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
            self._close(Close.UNSUPPORTED, "wrong kind of frame for the subprotocol")
        elif not (self._codec.unhurried(data) and self._hold(data)):
            if self._held is not None:
                self._let_go()
            self._take(data)

    def _hold(self, data: bytes) -> bool:
        """Look at it when the disk's turn comes, together with what others want written: many in one go cost half of
        what they do one by one. False where that would be no later, or too many are held."""
        if self._held is None:
            if self._live is None or not self._reception.desk.messaging.before_next(self._let_go):
                return False
            self._held = []
        if len(self._held) >= MAX_HELD:
            return False
        self._held.append(data)
        return True

    def _let_go(self) -> None:
        """Whatever comes behind what is held lets it go first: the order is kept."""
        held, self._held = self._held, None
        for data in held or ():
            if not self._closed:
                self._take(data)

    def _take(self, data: bytes) -> None:
        try:
            command = self._codec.command(data)
            live = self._live
            if isinstance(command, _PASSED_ON) and live is not None and live.claim is self._channel:
                self._accept_signal(live, command)
            else:
                self._accept(command)
        except Problem as problem:
            self._answer_problem(problem, self._codec.request_id(data))
        except Violation as violation:
            self._close(violation.code, violation.reason)
        except Exception:
            log.exception("connection failed: endpoint=%s", self._name)
            self._close(Close.BUG, "the server made a mistake")

    def ended(self) -> None:
        """The connection is gone, for whatever reason."""
        self._let_go()
        self._closed = True
        self._reception.deadlines.set(self._key, None, self._too_silent)
        live, self._live = self._live, None
        if live is not None:  # what a stranger has begun is finished: half a sign-up would help nobody
            self._reception.arrivals.lost(live, self._channel)

    # -- commands ----------------------------------------------------------------------------------

    def _accept(self, command: wire.AnyCommand) -> None:
        live = self._live
        if live is None:
            self._accept_stranger(command)
        elif live.claim is not self._channel:
            return  # the session is another connection's by now, and this one is being closed
        elif isinstance(command, wire.Ack):
            live.session.ack(command.seq)
        else:
            self._accept_command(live, command)

    def _accept_command(self, live: Live, command: wire.AnyCommand) -> None:
        """Each costs a token, also what is answered from memory, or not at all."""
        live.rates.commands.take(self._reception.desk.clock())
        if isinstance(command, wire.ConfirmInbox):
            self._reception.desk.messaging.confirm(live.endpoint.id, command)
            return
        remembered = live.session.replies.find(command)
        if remembered is not None:
            self._channel.send(self._codec.encode(remembered))
        elif not (isinstance(command, wire.SendMessage) and self._begin(live, command)):
            self._queue(live, command)

    def _begin(self, live: Live, command: wire.SendMessage) -> bool:
        """Carry it out without a task, and without waiting for those before it, if all that it needs is at hand and
        none of them is carried out still: what is stored is stored in this order all the same. Raises Violation."""
        if live.working:
            return False
        if command.id in live.begun:
            return True  # a retry: its reply is on its way
        if len(live.begun) >= MAX_PENDING:
            raise Violation(Close.FLOOD, "too many commands unanswered")
        begun = self._reception.desk.messaging.quick(live, command)
        if begun is None:
            return False
        done, then = begun
        live.begun.add(command.id)
        done.add_done_callback(partial(self._answer, live, command, then))
        return True

    def _answer(
        self,
        live: Live,
        command: wire.AnyCommand,
        then: Callable[[Any], wire.AnyReply | None],
        done: asyncio.Future[Any],
    ) -> None:
        """What was begun is done, or could not be."""
        live.begun.discard(command.id)
        reply: wire.AnyReply | None
        try:
            reply = then(done.result())
        except Problem as problem:
            reply = wire.problem_reply(problem, command.id)
        except Exception:
            log.exception("command failed: endpoint=%s t=%s", live.endpoint.id, type(command).__name__)
            reply = self._broken(command)
        if reply is not None:
            self._reply(live, command, reply)
            return
        try:
            self._queue(live, command)
        except Violation as violation:
            self._close(violation.code, violation.reason)

    def _accept_signal(self, live: Live, command: wire.Signal | wire.SignalGroup) -> None:
        """The hot path: nothing to await, to save or to answer, and no step more than it takes.
        Raises Problem. One that comes behind commands not carried out yet waits for them."""
        live.session.signals += 1
        live.rates.signals.take(self._reception.desk.clock())
        if live.working:
            self._queue(live, command)
        else:
            self._reception.desk.pass_on(live.endpoint.id, command)

    def _queue(self, live: Live, command: wire.AnyCommand) -> None:
        if command.id in (live.inflight, *live.aside) or any(
            command.id == one.id for one in live.pending or ()
        ):
            return  # a retry of what is being carried out: its reply is on its way
        if live.pending is None:
            live.pending = deque()
        if len(live.pending) >= MAX_PENDING:
            raise Violation(Close.FLOOD, "too many commands unanswered")
        live.pending.append(command)
        if not live.working:
            live.working = True
            self._task = asyncio.get_running_loop().create_task(self._work(live))

    async def _work(self, live: Live) -> None:
        """Carry out what waits, in order. Goes on when the connection is lost: replies are remembered."""
        try:
            while live.pending:
                command = live.pending.popleft()
                if command.aside:
                    self._set_aside(live, command)
                    continue
                live.inflight = command.id
                self._reply(live, command, await self._reply_to(live, command))
                live.inflight = None
                if isinstance(command, wire.Leave):
                    self._close(Close.NORMAL, "goodbye")
                    self._reception.arrivals.leave(live, self._channel, command.how)
        except Exception:
            log.exception("commands failed: endpoint=%s", live.endpoint.id)
            self._close(Close.BUG, "the server made a mistake")
        finally:  # whatever it was, the session must not wait for this task for ever
            live.inflight = None
            live.working = False
            live.pending = None
            self._done()

    def _set_aside(self, live: Live, command: wire.AnyCommand) -> None:
        if len(live.aside) >= MAX_ASIDE:
            busy = Problem(Code.RATE_LIMITED, data={"retry_after": ASIDE_PAUSE})
            self._reply(live, command, wire.problem_reply(busy, command.id))
            return

        async def carry_out() -> None:
            reply = await self._reply_to(live, command)
            del live.aside[command.id]
            self._reply(live, command, reply)

        live.aside[command.id] = asyncio.get_running_loop().create_task(carry_out())

    async def _reply_to(self, live: Live, command: wire.AnyCommand) -> wire.AnyReply:
        try:
            if isinstance(command, wire.Leave):
                return wire.Ok(re=command.id)
            if isinstance(command, wire.Challenge | wire.SignIn):
                raise Problem(Code.ALREADY_SIGNED_IN)
            if command.open:
                self._reception.check_address(self._address, command, self._reception.desk.clock())
                return await self._reception.desk.strangers.welcome(command, origin=self._origin)
            self._reception.check_code(self._address, command, self._reception.desk.clock())
            return await self._reception.desk.carry_out(
                live.principal, live.endpoint, command, origin=self._origin
            )
        except Problem as problem:
            return wire.problem_reply(problem, command.id)
        except Exception:
            log.exception("command failed: endpoint=%s t=%s", live.endpoint.id, type(command).__name__)
            return self._broken(command)

    def _broken(self, command: wire.AnyCommand) -> wire.AnyReply:
        self._close(Close.BUG, "the server made a mistake")
        return wire.problem_reply(Problem(Code.INTERNAL), command.id)

    # -- strangers ---------------------------------------------------------------------------------

    def _accept_stranger(self, command: wire.AnyCommand) -> None:
        if not command.open:
            raise Problem(Code.NOT_SIGNED_IN)
        self._reception.check_address(self._address, command, self._reception.desk.clock())
        if self._strange is None:
            self._strange = deque()
        if len(self._strange) >= 4:
            raise Violation(Close.FLOOD, "too many commands before sign-in")
        self._strange.append(command)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._attend())

    async def _attend(self) -> None:
        try:
            await self._attend_to_all()
        finally:
            self._done()

    async def _attend_to_all(self) -> None:
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
                self._close(Close.BUG, "the server made a mistake")

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
                return await desk.strangers.welcome(command, origin=self._origin)

    async def _sign_in(self, command: wire.SignIn) -> None:
        if self._live is not None:
            raise Problem(Code.ALREADY_SIGNED_IN)
        if self._reception.draining:
            raise Problem(Code.SHUTTING_DOWN)
        desk = self._reception.desk
        nonce, self._nonce = self._nonce, None  # a nonce serves once
        endpoint, principal = await desk.authenticate(
            command, origin=self._origin, nonce=nonce, address=self._address
        )
        if self._closed:
            return
        arrivals = self._reception.arrivals
        arrived = await arrivals.come(
            endpoint, principal, self._codec, command.resume, self._channel, command.standing
        )
        live = arrived.live
        if self._closed:
            arrivals.lost(live, self._channel)  # just after it came
            return
        if live.claim is not self._channel:
            self._close(Close.GOING_AWAY, "gone before the welcome")
            return
        self._live = live
        self._reception.deadlines.set(self._key, None, self._too_silent)
        welcome = wire.Welcome(
            re=command.id,
            session=live.session.id,
            resumed=arrived.resumed,
            grace=desk.sessions.grace,
            signals=live.session.signals,
            inbox=arrived.inbox,
            snapshot=arrived.snapshot,
        )
        self._channel.send(self._codec.encode(welcome))
        arrivals.attach(live, self._channel)

    # -- saying no ---------------------------------------------------------------------------------

    def _reply(self, live: Live, command: wire.AnyCommand, reply: wire.AnyReply) -> None:
        refused = isinstance(reply, wire.ProblemReply)
        if refused or not isinstance(command, _PASSED_ON):  # a signal is answered by a problem or not at all
            live.reply(command, reply)
        if refused:
            self._count_problem()

    def _answer_problem(self, problem: Problem, request: str | None) -> None:
        self._channel.send(self._codec.encode(wire.problem_reply(problem, request)))
        self._count_problem()

    def _count_problem(self) -> None:
        """Answers cost something too: a connection that only ever gets things wrong is closed."""
        now = self._reception.desk.clock()
        if self._problems is None:
            self._problems = Bucket(PROBLEMS_RATE, MAX_PROBLEMS, now)
        try:
            self._problems.take(now)
        except Problem:
            self._close(Close.FLOOD, "too many problems on one connection")

    def _done(self) -> None:
        """Let go of the task that is ending, unless another has taken its place."""
        if self._task is asyncio.current_task():
            self._task = None

    def _too_silent(self) -> None:
        self._close(Close.SILENT, "not signed in in time")

    def _close(self, code: Close, reason: str) -> None:
        self._closed = True
        self._channel.close(code, reason)

    @property
    def _key(self) -> str:
        return f"conversation {id(self)}"

    @property
    def _name(self) -> str:
        return "stranger" if self._live is None else self._live.endpoint.id
