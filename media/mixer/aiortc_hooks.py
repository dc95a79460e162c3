"""Everything in the mixer that leans on private names of aiortc 1.16, aioice 0.13 and pylibsrtp 1.0.

The versions are pinned; `tests/unit/media/mixer/test_aiortc_hooks.py` fails loudly when a name has moved.

aiortc does SDP, ICE and DTLS. Its sockets, its SRTP and its RTP are not used: they cost forty times what the mixer can
afford a packet. So the transport underneath is ours, and the keys that DTLS made are taken out of it.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

import aioice.ice
from aioice import Candidate, stun
from aioice.candidate import candidate_foundation, candidate_priority
from aiortc import RTCCertificate, RTCPeerConnection, RTCRtpTransceiver
from pylibsrtp import Session
from pylibsrtp._binding import ffi, lib  # type: ignore[import-not-found, import-untyped, unused-ignore]

LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"

protect, unprotect = lib.srtp_protect, lib.srtp_unprotect
protect_control, unprotect_control = lib.srtp_protect_rtcp, lib.srtp_unprotect_rtcp
"""(context, packet in place, int * of its length) -> 0 if all is well. Trailers need 16 bytes, of RTCP 20."""

Address = tuple[str, int]


class Keys(NamedTuple):
    """What a connected transport gives: SRTP in and out, and what is in the headers."""

    incoming: Any
    outgoing: Any
    sessions: tuple[Session, Session]
    """Keep them as long as the two contexts are used: they free them."""
    source: int
    """SSRC under which the mixer sends."""
    payload_type: int
    level: int
    """Number of the header extension, 0 if it was not negotiated."""


class Datagrams(asyncio.DatagramTransport):
    """A way out that is not a socket of its own. Stands for one under a StunProtocol."""

    def __init__(self, send: Callable[[bytes, Address], None], name: Address) -> None:
        super().__init__({"sockname": name})
        self._send = send
        self.protocol: aioice.ice.StunProtocol | None = None

    def sendto(self, data: Any, addr: Any = None) -> None:
        self._send(bytes(data), addr)

    def close(self) -> None:
        if self.protocol is not None:
            self.protocol.connection_lost(None)


def candidate(host: str, port: int) -> Candidate:
    """An address at which the mixer can be reached."""
    return Candidate(
        foundation=candidate_foundation("host", "udp", host),
        component=1,
        transport="udp",
        priority=candidate_priority(1, "host"),
        host=host,
        port=port,
        type="host",
    )


class Lane(aioice.ice.StunProtocol):
    """ICE over one address of ours. `proven` is called with an address that has shown that it knows the password."""

    def __init__(self, ice: aioice.ice.Connection, way: Datagrams, proven: Callable[[Address], None]) -> None:
        super().__init__(ice)
        self._proven = proven
        way.protocol = self
        self.connection_made(way)
        self.local_candidate = candidate(*way.get_extra_info("sockname"))

    def datagram_received(self, data: bytes | str, addr: tuple[Any, ...]) -> None:
        """aioice hands what is no STUN message on to DTLS; what begins like one (RFC 7983) is none of it, and would
        wait there for nobody. Raises whatever its parser does."""
        if isinstance(data, bytes) and data[:1] < b"\x04":
            stun.parse_message(data)
        super().datagram_received(data, addr)

    def send_stun(self, message: stun.Message, addr: Address) -> None:
        """A binding response is only sent to who has authenticated its request."""
        if message.message_class == stun.Class.RESPONSE:
            self._proven(addr)
        super().send_stun(message, addr)


def use_certificate(connection: RTCPeerConnection, certificate: RTCCertificate) -> None:
    """Instead of one of its own. Before any transport is made."""
    if not hasattr(connection, "_RTCPeerConnection__certificates"):
        raise RuntimeError("this aiortc keeps its certificates elsewhere")
    connection._RTCPeerConnection__certificates = [certificate]


def ice_of(connection: RTCPeerConnection) -> aioice.ice.Connection:
    """The one ICE agent of a connection whose media is bundled."""
    return connection.getTransceivers()[0].receiver.transport.transport._connection


def prepare(
    connection: RTCPeerConnection,
    voice: RTCRtpTransceiver,
    name: str,
    lanes: Callable[[], list[Lane]],
    announced: list[Address],
) -> None:
    """Let ICE go over `lanes` under the name fragment `name`, and aiortc neither send nor receive.

    Between setRemoteDescription and createAnswer. aiortc would begin to send and receive once connected; the codec
    list is cut down to Opus, with what it should be like. `announced` are further addresses of the port, such as a
    router's.
    """
    ice = ice_of(connection)
    ice._local_username = name
    ice.get_component_candidates = partial(_gather, ice, lanes, announced)  # type: ignore[method-assign]
    ice.connect = partial(_await_checks, ice)  # type: ignore[method-assign]
    opus = [codec for codec in voice._codecs if codec.mimeType.lower() == "audio/opus"][:1]
    if not opus:
        raise ValueError("no Opus in it")
    opus[0].parameters = {"minptime": "10", "useinbandfec": "1"}
    voice._codecs = opus
    for one in connection.getTransceivers():
        one.direction = "sendrecv" if one is voice else "inactive"
        one.sender.send = _nothing  # type: ignore[assignment, method-assign]
        one.receiver.receive = _nothing  # type: ignore[assignment, method-assign]


async def _nothing(*_: Any) -> None:
    pass


async def _gather(
    ice: aioice.ice.Connection,
    lanes: Callable[[], list[Lane]],
    announced: list[Address],
    component: int,
    addresses: list[str],
) -> list[Candidate]:
    """Instead of aioice.ice.Connection.get_component_candidates."""
    ice._protocols += (made := lanes())
    return [lane.local_candidate for lane in made] + [candidate(*address) for address in announced]


async def _await_checks(ice: aioice.ice.Connection) -> None:
    """Instead of aioice.ice.Connection.connect: begin no check, answer those that come.

    The endpoint is controlling and knows the mixer's candidates; each of its checks is answered with one. Raises
    ConnectionError when closed before a pair was nominated.
    """
    if ice.remote_username is None or ice.remote_password is None:
        raise ConnectionError("the other side's ICE credentials are missing")
    for check in ice._early_checks:
        with suppress(KeyError):  # one without a priority
            ice.check_incoming(*check)
    ice._early_checks.clear()
    ice._early_checks_done = True
    if await ice._check_list_state.get() != aioice.ice.ICE_COMPLETED:
        raise ConnectionError("no check came through")
    ice._query_consent_task = asyncio.create_task(ice.query_consent())


def backlog(ice: aioice.ice.Connection) -> int:
    """Datagrams that DTLS has not read yet."""
    return ice._queue.qsize()


def forget_addresses(ice: aioice.ice.Connection, most: int) -> None:
    """Of the addresses that checks came from keep the newest `most`, and the one that media goes to.

    aioice keeps each for ever, sorts them at every new one, and looks through all of them at every check.
    """
    while len(ice._early_checks) > most:
        ice._early_checks.popleft()
    known = ice._remote_candidates
    surplus = len(known) - most
    if surplus <= 0:
        return
    chosen = ice._nominated.get(1)
    kept = None if chosen is None else chosen.remote_candidate
    gone = {id(one) for one in [one for one in known if one is not kept][:surplus]}
    ice._remote_candidates = [one for one in known if id(one) not in gone]
    for pair in [pair for pair in ice._check_list if id(pair.remote_candidate) in gone]:
        if pair.task is not None:
            pair.task.cancel()
        ice._check_list.remove(pair)


def nominated(ice: aioice.ice.Connection) -> tuple[aioice.ice.StunProtocol, Address] | None:
    """Over which lane and to which address media goes now."""
    pair = ice._nominated.get(1)
    return None if pair is None else (pair.protocol, pair.remote_addr)


def keys_of(voice: RTCRtpTransceiver) -> Keys:
    """Of a connected transceiver."""
    transport = voice.receiver.transport
    payload_type = voice._codecs[0].payloadType
    assert payload_type is not None
    sessions = (transport._rx_srtp, transport._tx_srtp)
    return Keys(
        incoming=sessions[0]._srtp[0],
        outgoing=sessions[1]._srtp[0],
        sessions=sessions,
        source=voice.sender._ssrc,
        payload_type=payload_type,
        level=next((one.id for one in voice._headerExtensions if one.uri == LEVEL), 0),
    )


def pointers(places: list[int]) -> list[Any]:
    """Addresses in memory as SRTP takes packets."""
    return [ffi.cast("void *", place) for place in places]


def length_pointers(places: list[int]) -> list[Any]:
    """Addresses in memory as SRTP takes lengths."""
    return [ffi.cast("int *", place) for place in places]


def in_place(call: Any, context: Any, data: bytes) -> tuple[int, bytes]:
    """One of the four functions above on a packet of its own: what it says, and what the packet is then."""
    packet, length = ffi.new("char[]", data + bytes(32)), ffi.new("int *", len(data))
    return call(context, packet, length), bytes(ffi.buffer(packet, length[0]))
