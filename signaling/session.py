"""A session: the signed-in life of an endpoint, which survives reconnects. Pure: bytes in, bytes out.

The law of this file

    Every event gets the next number and stays here until the endpoint has acked it.
    What was not acked is sent again after a reconnect, in order, so each event arrives exactly once.
    Every reply is kept until RETRIES later ones have been sent, so a retried command changes nothing.
    What is kept is bounded: an endpoint that does not ack is dropped and starts over with a snapshot.
"""

from collections import OrderedDict

import msgspec

from kith.core.ids import SessionId
from kith.core.problem import Code, Problem
from signaling.closing import Close
from signaling.protocol import AnyCommand, AnyEvent, AnyReply, Codec, ProblemReply

MAX_EVENTS = 512
MAX_BYTES = 1 << 20
"""What one endpoint may leave unacked: a call's whole signaling is 30 events and 40 KiB."""

RETRIES = 32
"""How many replies are remembered; the protocol allows that many commands unanswered at a time."""


PASSING = frozenset({Code.RATE_LIMITED, Code.MIXER_UNAVAILABLE, Code.STORAGE_UNAVAILABLE, Code.INTERNAL})
"""Problems that may be over at the next try: a retry is carried out, not answered from memory."""


class Overflow(Exception):
    """The endpoint has left too much unacked; its session is over."""


class Violation(Exception):
    """The endpoint broke the protocol; the connection is closed with `code` (docs/protocol.md)."""

    def __init__(self, code: Close, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Replies:
    """The last RETRIES replies by the id of their command, with what kind of command it was."""

    __slots__ = ("_by_request",)

    def __init__(self) -> None:
        self._by_request: OrderedDict[str, tuple[type, AnyReply]] | None = None

    def remember(self, command: AnyCommand, reply: AnyReply) -> None:
        """Keep the reply, so that a retry of the command gets it again."""
        if isinstance(reply, ProblemReply) and reply.code in PASSING:
            return
        if self._by_request is None:
            self._by_request = OrderedDict()
        self._by_request[command.id] = type(command), reply
        if len(self._by_request) > RETRIES:
            self._by_request.popitem(last=False)

    def find(self, command: AnyCommand) -> AnyReply | None:
        """The reply to the same command before. Raises Problem(invalid) where its id was another kind's."""
        if self._by_request is None or command.id not in self._by_request:
            return None
        kind, reply = self._by_request[command.id]
        if type(command) is not kind:
            raise Problem(Code.INVALID, path="id")
        return reply


class Session:
    """The numbered events and remembered replies of one session."""

    __slots__ = ("_acked", "_bytes", "_events", "_seq", "broken", "codec", "id", "replies", "signals")

    def __init__(self, session: SessionId, codec: Codec) -> None:
        self.id = session
        self.codec = codec
        self._seq = 0
        self._acked = 0
        self._bytes = 0
        self._events: list[bytes] = []  # empty, it costs 56 bytes, which a deque never does
        self.broken = False
        self.signals = 0
        """How many signals have come in this session, whatever became of them."""
        self.replies = Replies()

    def number(self, event: AnyEvent) -> bytes:
        """The frame for `event`, numbered and kept. Raises Overflow."""
        if self.broken:
            raise Overflow
        events = self._events
        seq = self._seq + 1
        frame = self.codec.encode(msgspec.structs.replace(event, seq=seq))
        if len(events) >= MAX_EVENTS or self._bytes + len(frame) > MAX_BYTES:
            self.broken = True  # an event is missing from now on: only a snapshot can mend that
            raise Overflow
        self._seq = seq
        self._bytes += len(frame)
        events.append(frame)
        return frame

    def ack(self, seq: int) -> None:
        """Forget every event up to `seq`. Raises Violation for one that was never sent."""
        if seq > self._seq:
            raise Violation(Close.VIOLATION, "acked an event that was never sent")
        count = seq - self._acked
        if count > 0:
            self._bytes -= sum(map(len, self._events[:count]))
            del self._events[:count]
            self._acked = seq

    def replay(self, seq: int) -> list[bytes] | None:
        """The frames after `seq`, the last event that arrived; None if that cannot be."""
        if self.broken or not self._acked <= seq <= self._seq:
            return None
        self.ack(seq)
        return self.replay_all()

    def replay_all(self) -> list[bytes]:
        """Every frame that was not acked."""
        return list(self._events)

    @property
    def unacked(self) -> int:
        return len(self._events)
