"""Endpoints of a Kith server that write to each other, sealed and signed as apps do it; each reader confirms."""

import secrets
import time
from collections import deque
from collections.abc import Callable

from bench.load.abreast import abreast
from bench.load.frames import BINARY, masked
from bench.load.kith import Peer
from bench.load.lane import Lane
from bench.load.payload import TEXT_MESSAGE
from kith.core.ids import new_message
from kith.core.trust import message as messages
from kith.core.trust import person_write
from kith.core.trust.message import MessageEnvelope
from kith.core.trust.message_content import Content, write
from kith.core.trust.person import Chain, replay
from kith.core.trust.recovery import RecoveryKey
from signaling import protocol as wire
from signaling.protocol import MSGPACK

NONCE = 12
CONTENT = write(Content(text=TEXT_MESSAGE))


class _Writer(Peer):
    """A person with one endpoint, and a chain of their own."""

    chain: Chain

    async def enrol(self, port: int) -> None:
        await super().enrol(port)
        link = person_write.begin(
            self.keys, RecoveryKey(secrets.token_bytes(32)).public, time=int(time.time())
        )
        self.chain = replay([link])
        await self.connect(port)
        await self._ask(wire.ExtendPerson(id=self._new_id(), links=(link,)))
        assert self.link is not None
        self.link.close()

    def sealed(self, to: "_Writer") -> wire.SendMessage:
        """The same text once more, to the other's one endpoint."""
        key, point = secrets.token_bytes(messages.KEY), self.chain.point
        unsealed = MessageEnvelope(
            id=new_message(),
            kind="message",
            person=self.person,
            root=self.chain.root,
            version=point.version,
            head=point.head,
            endpoint=self.endpoint,
            identity=self.keys.public.identity,
            to_root=to.chain.root,
            sent=int(time.time() * 1000),
            ciphertext=b"",
            signature=b"",
        )
        envelope = messages.seal(unsealed, self.keys, CONTENT, key, secrets.token_bytes(NONCE))
        nonce = secrets.token_bytes(NONCE)
        sealed = messages.seal_key(self.keys, to.keys.public, envelope, to.endpoint, key, nonce)
        return wire.SendMessage(id=self._new_id(), to=to.person or "", envelope=envelope, keys=(sealed,))

    def _event(self, event: wire.Event) -> None:
        if isinstance(event, wire.MessageArrived):
            if self.incoming is not None:
                self.incoming.arrived()
            self.send(wire.ConfirmInbox(id=self._new_id(), upto=event.item.n))
        super()._event(event)

    def _reply(self, reply: wire.AnyReply) -> None:
        if isinstance(reply, wire.Recipients):
            self.problems += 1  # it was sealed to others than there are: nothing was stored
        super()._reply(reply)


class KithMessages:
    """Implements bench.load.__main__.Crowd."""

    def __init__(self, took: Callable[[float], None]) -> None:
        self._took = took
        self._writers: list[_Writer] = []
        self.lanes: list[Lane] = []

    async def enrol(self, port: int, endpoints: int) -> None:
        self._writers = [_Writer(number) for number in range(endpoints)]
        await abreast(one.enrol(port) for one in self._writers)

    async def connect(self, port: int, endpoints: int) -> None:
        await abreast(one.connect(port) for one in self._writers[:endpoints])

    async def pair(self, ahead: int = 0) -> None:
        """`ahead` messages of each pair are sealed now, in the order in which they will be sent, so that the load has
        nothing else to do then."""
        pairs = list(zip(self._writers[::2], self._writers[1::2], strict=True))
        ready: list[deque[bytes]] = [deque() for _ in pairs]
        for _ in range(ahead):
            for (one, other), waiting in zip(pairs, ready, strict=True):
                waiting.append(_sealed(one, other))
        for (one, other), waiting in zip(pairs, ready, strict=True):
            lane = Lane(_sender(one, other, waiting), self._took)
            other.incoming = lane
            self.lanes.append(lane)

    async def close(self) -> None:
        """The connections end with the process."""

    @property
    def lost(self) -> int:
        """Links that were lost, and everything that the server refused."""
        broken = [one for one in self._writers if one.link is None or one.link.lost]
        return len(broken) + sum(one.problems for one in self._writers)


def _sealed(one: _Writer, other: _Writer) -> bytes:
    return masked(BINARY, MSGPACK.encode(one.sealed(other)))


def _sender(one: _Writer, other: _Writer, ready: deque[bytes]) -> Callable[[], None]:
    assert one.link is not None
    write = one.link.write
    return lambda: write(ready.popleft() if ready else _sealed(one, other))
