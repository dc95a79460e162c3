"""Endpoints of a Kith server: keys, sign-in, a call for each pair, numbered events that are acked."""

import asyncio
from collections.abc import Callable
from itertools import count

from bench.load.abreast import abreast
from bench.load.frames import BINARY, masked
from bench.load.lane import Lane
from bench.load.link import HOST, Link, dial
from bench.load.payload import candidate_message
from kith.core.ids import new_call
from kith.core.keys import KeyPair, sign_in_statement
from kith.endpoint.connection import ACK_EVERY, ACK_WITHIN
from signaling import protocol as wire
from signaling.call import Phase
from signaling.protocol import MSGPACK


class Peer:
    """One endpoint. It answers whatever call rings."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.keys = KeyPair.generate()
        self.endpoint = ""
        self.person: str | None = None
        self.call = ""
        self.link: Link | None = None
        self.incoming: Lane | None = None
        self.active = asyncio.Event()
        self.problems = 0
        self._ids = count(1)
        self._waiting: dict[str, asyncio.Future[wire.AnyReply]] = {}
        self._hello: asyncio.Future[wire.Hello] = asyncio.get_running_loop().create_future()
        self._seq = self._acked = 0
        self._ack_timer: asyncio.TimerHandle | None = None

    # -- becoming an endpoint -----------------------------------------------------------------------

    async def enrol(self, port: int) -> None:
        """Two and two are a household: they know each other and nobody else."""
        await self._dial(port)
        public = self.keys.public
        reply = await self._ask(
            wire.EnrolTest(
                id=self._new_id(),
                household=f"Household {self.number // 2}",
                person=f"Person {self.number}",
                keys=wire.Keys(
                    identity=public.identity,
                    sealing=public.sealing,
                    sealing_signature=public.sealing_signature,
                ),
                device_name=f"Phone {self.number}",
            )
        )
        if not isinstance(reply, wire.Paired):
            raise ConnectionError(f"not enrolled: {reply}")
        self.endpoint, self.person = reply.endpoint, reply.person
        assert self.link is not None
        self.link.close()

    async def connect(self, port: int) -> None:
        self._ack()  # to a connection that is gone: nothing is owed to the next one
        self._seq = self._acked = 0
        hello = await self._dial(port)
        statement = sign_in_statement(hello.server, f"http://{HOST}:{port}", hello.nonce, self.endpoint)
        reply = await self._ask(
            wire.SignIn(
                id=self._new_id(),
                endpoint=self.endpoint,
                nonce=hello.nonce,
                signature=self.keys.sign(statement),
            )
        )
        if not isinstance(reply, wire.Welcome):
            raise ConnectionError(f"not signed in: {reply}")

    async def _dial(self, port: int) -> wire.Hello:
        self._hello = asyncio.get_running_loop().create_future()
        self.link = await dial(port, "/v1/connect", self._hear, subprotocol=MSGPACK.subprotocol)
        return await self._hello

    async def place(self, to: str) -> None:
        self.call = new_call()
        await self._ask(wire.PlaceCall(id=self._new_id(), call=self.call, to=to))
        await self.active.wait()

    # -- the wire -----------------------------------------------------------------------------------

    def _new_id(self) -> str:
        return f"{next(self._ids):06x}"

    def send(self, command: wire.Command) -> None:
        assert self.link is not None
        self.link.write(masked(BINARY, MSGPACK.encode(command)))

    async def _ask(self, command: wire.Command) -> wire.AnyReply:
        answer: asyncio.Future[wire.AnyReply] = asyncio.get_running_loop().create_future()
        self._waiting[command.id] = answer
        self.send(command)
        try:
            return await answer
        finally:
            del self._waiting[command.id]

    def signal(self, body: bytes) -> None:
        self.send(wire.Signal(id=self._new_id(), call=self.call, epoch=0, body=body))

    def _hear(self, data: bytes) -> None:
        message = MSGPACK.from_server(data)
        if isinstance(message, wire.Event):
            self._event(message)
        elif isinstance(message, wire.Hello):
            self._hello.set_result(message)
        else:
            self._reply(message)

    def _reply(self, reply: wire.AnyReply) -> None:
        if isinstance(reply, wire.ProblemReply):
            self.problems += 1
        waiting = self._waiting.get(reply.re or "")
        if waiting is not None and not waiting.done():
            waiting.set_result(reply)

    def _event(self, event: wire.Event) -> None:
        self._seq = event.seq
        if isinstance(event, wire.Signalled):
            if self.incoming is not None:
                self.incoming.arrived()
        elif isinstance(event, wire.Ringing):
            self.call = event.call.id
            self.send(wire.Alerting(id=self._new_id(), call=self.call))
            self.send(wire.Answer(id=self._new_id(), call=self.call))
            self.send(wire.MediaUp(id=self._new_id(), call=self.call, epoch=0))
        elif isinstance(event, wire.CallChanged):
            if event.call.phase is Phase.ACTIVE:
                self.active.set()
            elif event.call.phase is Phase.ANSWERING and event.call.id == self.call:
                self.send(wire.MediaUp(id=self._new_id(), call=self.call, epoch=0))
        elif isinstance(event, wire.Ended):
            self.problems += 1
        self._owe_ack()

    def _owe_ack(self) -> None:
        """As docs/protocol.md asks: at the latest after so many events, or so long after one came."""
        if self._seq - self._acked >= ACK_EVERY:
            self._ack()
        elif self._ack_timer is None:
            self._ack_timer = asyncio.get_running_loop().call_later(ACK_WITHIN, self._ack)

    def _ack(self) -> None:
        if self._ack_timer is not None:
            self._ack_timer.cancel()
            self._ack_timer = None
        if self._acked < self._seq:
            self._acked = self._seq
            self.send(wire.Ack(id=self._new_id(), seq=self._seq))


class Kith:
    """Implements bench.load.__main__.Crowd."""

    def __init__(self, took: Callable[[float], None]) -> None:
        self._took = took
        self._peers: list[Peer] = []
        self.lanes: list[Lane] = []

    async def enrol(self, port: int, endpoints: int) -> None:
        self._peers = [Peer(number) for number in range(endpoints)]
        await abreast(peer.enrol(port) for peer in self._peers)

    async def connect(self, port: int, endpoints: int) -> None:
        await abreast(peer.connect(port) for peer in self._peers[:endpoints])

    async def pair(self, ahead: int = 0) -> None:
        pairs = list(zip(self._peers[::2], self._peers[1::2], strict=True))
        await abreast(one.place(other.person or "") for one, other in pairs)
        for one, other in pairs:
            lane = Lane(_sender(one, candidate_message(other.endpoint)), self._took)
            other.incoming = lane
            self.lanes.append(lane)

    async def close(self) -> None:
        """The connections end with the process."""

    @property
    def lost(self) -> int:
        """Links that were lost, and everything that the server refused."""
        return sum(peer.link is None or peer.link.lost for peer in self._peers) + sum(
            peer.problems for peer in self._peers
        )


def _sender(peer: Peer, body: bytes) -> Callable[[], None]:
    return lambda: peer.signal(body)
