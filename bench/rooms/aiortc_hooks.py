"""The private names of aiortc 1.16 and aioice 0.13 that the load leans on; nothing else here does."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiortc import RTCPeerConnection

RTP = range(128, 192)
"""First bytes of RTP and RTCP (RFC 7983 section 7)."""

RTCP = range(192, 224)
"""Second bytes of RTCP (RFC 5761 section 4)."""


async def _nothing(_: object) -> None:
    """Instead of the tasks with which aiortc would encode, decode and report."""


def keep_hands_off(connection: RTCPeerConnection) -> None:
    """Let aiortc do everything up to DTLS and nothing after. Before the local description is set."""
    for transceiver in connection.getTransceivers():
        transceiver.sender.send = _nothing  # type: ignore[method-assign, assignment]
        transceiver.receiver.receive = _nothing  # type: ignore[method-assign, assignment]


@dataclass(frozen=True, slots=True)
class Lane:
    """`send` takes a whole SRTP packet, the other two turn one into the other form. The offer announced `ssrc`."""

    send: Callable[[bytes], None]
    protect: Callable[[bytes], bytes]
    unprotect: Callable[[bytes], bytes]
    ssrc: int
    profile: str


def lane(connection: RTCPeerConnection, take: Callable[[bytes], None]) -> Lane:
    """The media of a connection that stands. `take` is given each SRTP packet as it arrives; RTCP is dropped."""
    (transceiver,) = connection.getTransceivers()
    dtls = transceiver.sender.transport
    pair = dtls.transport._connection._nominated[1]
    protocol, address = pair.protocol, pair.remote_addr
    otherwise = protocol.datagram_received

    def received(data: bytes, sender: tuple[Any, ...]) -> None:
        if data[0] not in RTP:
            otherwise(data, sender)
        elif data[1] not in RTCP:
            take(data)

    protocol.datagram_received = received  # type: ignore[method-assign, assignment]
    assert dtls._tx_srtp is not None
    assert dtls._rx_srtp is not None
    assert dtls._ssl is not None
    return Lane(
        send=lambda data: protocol.transport.sendto(data, address),
        protect=dtls._tx_srtp.protect,
        unprotect=dtls._rx_srtp.unprotect,
        ssrc=transceiver.sender._ssrc,
        profile=dtls._ssl.get_selected_srtp_profile().decode(),
    )
