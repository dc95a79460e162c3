"""Connections carried by picows, on the port that aiohttp serves: the first bytes decide who gets a socket.

`GET /v1/connect` goes to picows, everything else to aiohttp. An idle connection costs half the memory
and a message half the time that aiohttp's WebSocket takes (docs/adr/0004).

picows offers no public way to hand it a socket that is already open: `_protocol` uses the constructor of
its protocol class. That is the only private name, it is pinned in pyproject.toml, and
tests/unit/signaling/test_carrier_picows.py fails when it moves.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from typing import cast

from aiohttp import web
from picows import (
    WSAutoPingStrategy,
    WSCloseCode,
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
)
from picows.picows import WSProtocol  # type: ignore[attr-defined]

from signaling.closing import Close
from signaling.conversation import Conversation
from signaling.gateway import (
    MAX_WAITING_BYTES,
    PATH,
    PING_AFTER,
    PING_INTERVAL,
    Admitted,
    Gateway,
    Rejected,
    ends,
)
from signaling.heartbeat import Heartbeat
from signaling.protocol import MAX_FRAME

_UPGRADE = f"GET {PATH} ".encode()

FIRST_BYTES_TIMEOUT = 10.0
"""Seconds a new connection has for the head of its first request. aiohttp itself would wait for ever."""

MAX_HEAD = 32_768
"""Bytes of a head to hold; a longer one is refused."""

_TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

CLOSE_TIMEOUT = 5.0
"""Seconds the other side has to answer a close frame."""

# picows makes a child logger for each connection unless it is given something that is not a Logger.
_log = logging.LoggerAdapter(logging.getLogger("picows"), {})
_log.logger.setLevel(logging.ERROR)
# What strangers get wrong is closed with its code, and no reason to let them fill the log.
_log.logger.addFilter(lambda record: not record.getMessage().startswith("WS parser error"))

TEXT, BINARY, CONTINUATION, CLOSE = WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION, WSMsgType.CLOSE


class PicowsChannel(WSListener):
    """One connection: what arrives goes to its conversation, what is sent goes straight to the socket."""

    __slots__ = (
        "_admitted",
        "_carrier",
        "_closing",
        "_conversation",
        "_kind",
        "_parts",
        "_paused",
        "_stop_beating",
        "_transport",
        "silent",
    )

    def __init__(self, carrier: "PicowsCarrier", admitted: Admitted) -> None:
        self._carrier = carrier
        self._admitted = admitted
        self._kind = TEXT if admitted.codec.text else BINARY
        self._conversation: Conversation | None = None
        self._transport: WSTransport | None = None
        self._parts: tuple[bool, bytearray] | None = None
        self.silent = 0
        self._paused = False
        self._closing = False
        self._stop_beating: Callable[[], None] | None = None

    # -- signaling.sessions.Channel --------------------------------------------------------------

    def send(self, frame: bytes) -> None:
        transport = self._transport
        if self._closing or transport is None:
            return
        if self._paused and transport.underlying_transport.get_write_buffer_size() > MAX_WAITING_BYTES:
            self._closing = True
            transport.disconnect(graceful=False)  # it does not read: a close frame would wait behind the rest
            return
        transport.send(self._kind, frame)

    def close(self, code: int, reason: str) -> None:
        if self._closing or self._transport is None:
            return
        self._closing = True
        self._transport.send_close(cast(WSCloseCode, code), reason.encode())  # any number will do
        asyncio.get_running_loop().call_later(CLOSE_TIMEOUT, self._give_up)

    def _give_up(self) -> None:
        if self._transport is not None:
            self._transport.disconnect(graceful=False)

    # -- signaling.heartbeat.Beating ---------------------------------------------------------------

    def beat(self) -> None:
        if self._transport is None:
            return
        self.silent += 1
        if self.silent == PING_AFTER:
            self._transport.send_ping()
        elif self.silent > PING_AFTER:
            self._transport.disconnect(graceful=False)

    # -- picows.WSListener -------------------------------------------------------------------------

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        transport.request.headers.clear()  # kept for the connection's life otherwise
        transport.response.headers.clear()
        self._stop_beating = self._carrier.heartbeat.add(self)
        self._conversation = self._carrier.gateway.enter(self, self._admitted)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        self.silent = 0
        kind = frame.msg_type
        if self._conversation is None:
            return  # it is gone, and this was on its way
        if kind == self._kind and frame.fin and self._parts is None:  # nearly always
            self._conversation.received(frame.get_payload_as_bytes(), text=self._admitted.codec.text)
        elif kind == CLOSE:
            if not self._closing:
                self._closing = True
                transport.send_close(frame.get_close_code(), b"")
            transport.disconnect()
        elif kind in (TEXT, BINARY, CONTINUATION):
            self._fragment(kind, frame)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        del transport
        self._closing = True
        self._transport = None
        # Both lead back here: taken away, a closed connection is freed at once and leaves the collector nothing.
        stop_beating, self._stop_beating = self._stop_beating, None
        conversation, self._conversation = self._conversation, None
        if stop_beating is not None:
            stop_beating()
        if conversation is not None:
            self._carrier.gateway.exit(self, conversation, self._admitted.remote)

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False

    def _fragment(self, kind: WSMsgType, frame: WSFrame) -> None:
        """RFC 6455 section 5.4: a first frame with its kind, then continuations, the last with FIN.
        A message of the wrong kind in one frame comes this way too."""
        if (kind == CONTINUATION) is (self._parts is None):
            self.close(Close.DISORDER, "fragments out of order")
            return
        text, parts = self._parts or (kind == TEXT, bytearray())
        parts += frame.get_payload_as_bytes()
        if len(parts) > 4 * MAX_FRAME:
            self.close(Close.TOO_LARGE, "message too large")
            return
        self._parts = (text, parts)
        if frame.fin:
            self._parts = None
            if self._conversation is not None:
                self._conversation.received(bytes(parts), text=text)


class PicowsCarrier:
    """Makes the protocol for each accepted socket, and bounds how many speak HTTP or nothing yet.

    They are bounded as connections are, with which they share the total: by `max_connections` in all and
    `max_per_address` from one address that is not a proxy of ours.
    """

    def __init__(self, gateway: Gateway, http: web.Server) -> None:
        self.gateway = gateway
        self.heartbeat = Heartbeat(PING_INTERVAL)
        self._http = http
        self._sockets: Counter[str] = Counter()

    def accept(self) -> asyncio.Protocol:
        """The factory for `loop.create_server`."""
        return _FirstBytes(self)

    def enter(self, peer: str) -> bool:
        """Whether there is room for one more socket from `peer`; if so it is counted until `exit`."""
        address = self.gateway.address
        if self._sockets.total() + len(self.gateway) >= address.max_connections:
            return False
        bounded = peer not in address.trusted_proxies and not self.gateway.reception.admit_test
        if bounded and self._sockets[peer] >= address.max_per_address:
            return False
        self._sockets[peer] += 1
        return True

    def exit(self, peer: str) -> None:
        """The socket is gone, or a connection that the gateway counts."""
        self._sockets[peer] -= 1
        if self._sockets[peer] <= 0:
            del self._sockets[peer]

    def upgrade(self, transport: asyncio.Transport, data: bytes) -> None:
        at = ends(transport)

        def admit(request: WSUpgradeRequest) -> WSUpgradeResponseWithListener:
            try:
                admitted = self.gateway.admit(request.headers, at)
            except Rejected as rejected:
                response = WSUpgradeResponse.create_error_response(
                    rejected.status, rejected.text.encode(), rejected.headers
                )
                return WSUpgradeResponseWithListener(response, None)
            response = WSUpgradeResponse.create_101_response(
                {"Sec-WebSocket-Protocol": admitted.codec.subprotocol}
            )
            return WSUpgradeResponseWithListener(response, PicowsChannel(self, admitted))

        protocol = _protocol(admit)
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        rest = memoryview(data)
        while rest:
            buffer = protocol.get_buffer(len(rest))
            count = min(len(buffer), len(rest))
            buffer[:count] = rest[:count]
            protocol.buffer_updated(count)
            rest = rest[count:]

    def http(self, transport: asyncio.Transport, data: bytes) -> asyncio.Protocol:
        """aiohttp's protocol, with what has been read so far."""
        protocol = cast(asyncio.Protocol, self._http())
        protocol.connection_made(transport)
        protocol.data_received(data)
        return protocol


class _FirstBytes(asyncio.Protocol):
    """Holds a new connection until the head of its first request is whole and it is clear whose it is.

    A WebSocket leaves for picows. Anything else stays, so that its end is noticed, and goes on to aiohttp.
    """

    __slots__ = ("_carrier", "_data", "_http", "_peer", "_timeout", "_transport")

    def __init__(self, carrier: PicowsCarrier) -> None:
        self._carrier = carrier
        self._data = b""
        self._http: asyncio.Protocol | None = None
        self._peer: str | None = None
        self._transport: asyncio.Transport | None = None
        self._timeout: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are none by name
        peer = ends(self._transport).peer
        if not self._carrier.enter(peer):
            self._transport.abort()
            return
        self._peer = peer
        self._timeout = asyncio.get_running_loop().call_later(FIRST_BYTES_TIMEOUT, self._transport.abort)

    def data_received(self, data: bytes) -> None:
        if self._http is not None:
            self._http.data_received(data)
            return
        self._data += data
        if b"\r\n\r\n" in self._data[:MAX_HEAD]:
            self._decide()
        elif len(self._data) >= MAX_HEAD:
            assert self._transport is not None
            self._transport.write(_TOO_LONG)
            self._transport.close()

    def eof_received(self) -> bool | None:
        return None if self._http is None else self._http.eof_received()

    def pause_writing(self) -> None:
        if self._http is not None:
            self._http.pause_writing()

    def resume_writing(self) -> None:
        if self._http is not None:
            self._http.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()
        http, self._http = self._http, None
        if http is not None:
            http.connection_lost(exc)

    def _decide(self) -> None:
        assert self._transport is not None
        self._cancel()
        data, self._data = self._data, b""  # uvloop keeps this object as long as the connection
        transport = self._transport
        if data.startswith(_UPGRADE):
            self._leave()
            self._carrier.upgrade(transport, data)
        else:
            self._http = self._carrier.http(transport, data)

    def _leave(self) -> None:
        self._cancel()
        self._transport = None
        if self._peer is not None:
            self._carrier.exit(self._peer)
            self._peer = None

    def _cancel(self) -> None:
        if self._timeout is not None:
            self._timeout.cancel()
            self._timeout = None


def _protocol(admit: Callable[[WSUpgradeRequest], WSUpgradeResponseWithListener]) -> WSProtocol:
    """picows' server protocol, without its own pings (they are a task for each connection)."""
    return WSProtocol(
        None,  # host_port
        None,  # ws_path
        False,  # noqa: FBT003 - is_client_side
        admit,
        _log,
        True,  # noqa: FBT003 - disconnect_on_exception
        FIRST_BYTES_TIMEOUT,  # websocket_handshake_timeout
        False,  # noqa: FBT003 - enable_auto_ping
        None,  # auto_ping_idle_timeout
        None,  # auto_ping_reply_timeout
        WSAutoPingStrategy.PING_WHEN_IDLE,
        True,  # noqa: FBT003 - enable_auto_pong
        4 * MAX_FRAME,  # max_frame_size: what is a little too large is answered, not cut off
        None,  # extra_headers
        2048,  # read_buffer_init_size
    )
