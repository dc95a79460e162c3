"""A session: the signed-in life of an endpoint, which survives reconnects. Pure: bytes in, bytes out.

The law of this file

    Every event gets the next number and stays here until the endpoint has acked it.
    What was not acked is sent again after a reconnect, in order, so each event arrives exactly once.
    Every reply is kept until RETRIES later ones have been sent, so a retried command changes nothing.
    What is kept is bounded: an endpoint that does not ack is dropped and starts over with a snapshot.
"""

from collections import OrderedDict, deque

import msgspec

from kith.core.ids import SessionId
from signaling.protocol import AnyEvent, AnyReply, Codec

MAX_EVENTS = 512
MAX_BYTES = 1 << 20
"""What one endpoint may leave unacked: a call's whole signaling is 30 events and 40 KiB."""

RETRIES = 32
"""How many replies are remembered; the protocol allows that many commands unanswered at a time."""


class Overflow(Exception):
    """The endpoint has left too much unacked; its session is over."""


class Violation(Exception):
    """The endpoint broke the protocol; the connection is closed with `code` (docs/protocol.md)."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Session:
    """The numbered events and remembered replies of one session."""

    __slots__ = ("_acked", "_bytes", "_events", "_replies", "_seq", "codec", "id")

    def __init__(self, session: SessionId, codec: Codec) -> None:
        self.id = session
        self.codec = codec
        self._seq = 0
        self._acked = 0
        self._bytes = 0
        self._events: deque[bytes] | None = None
        self._replies: OrderedDict[str, AnyReply] | None = None

    def number(self, event: AnyEvent) -> bytes:
        """The frame for `event`, numbered and kept. Raises Overflow."""
        events = self._events
        if events is None:
            events = self._events = deque()
        seq = self._seq + 1
        frame = self.codec.encode(msgspec.structs.replace(event, seq=seq))
        if len(events) >= MAX_EVENTS or self._bytes + len(frame) > MAX_BYTES:
            raise Overflow
        self._seq = seq
        self._bytes += len(frame)
        events.append(frame)
        return frame

    def ack(self, seq: int) -> None:
        """Forget every event up to `seq`. Raises Violation for one that was never sent."""
        if seq > self._seq:
            raise Violation(4002, "acked an event that was never sent")
        events = self._events
        if events is None:
            return
        while self._acked < seq:
            self._bytes -= len(events.popleft())
            self._acked += 1
        if not events:
            self._events = None  # an idle session is small

    def replay(self, seq: int) -> list[bytes] | None:
        """The frames after `seq`, the last event that arrived; None if that cannot be."""
        if not self._acked <= seq <= self._seq:
            return None
        self.ack(seq)
        return list(self._events or ())

    def remember(self, reply: AnyReply) -> None:
        """Keep the reply, so that a retry of the command gets it again."""
        replies = self._replies
        if replies is None:
            replies = self._replies = OrderedDict()
        if reply.re is not None:
            replies[reply.re] = reply
            if len(replies) > RETRIES:
                replies.popitem(last=False)

    def remembered(self, request: str) -> AnyReply | None:
        return None if self._replies is None else self._replies.get(request)

    @property
    def unacked(self) -> int:
        return len(self._events) if self._events is not None else 0
