"""Connections of the mixer without anybody at the other end: an offer as it is written, and STUN requests by hand."""

from collections.abc import Callable

from aioice import stun
from aiortc import RTCCertificate

from media.mixer import aiortc_hooks
from media.mixer.link import Change, Link
from media.mixer.port import Port

PASSWORD = "endpoints-password-0123"
OFFER = "\r\n".join(
    (
        "v=0",
        "o=- 1 1 IN IP4 0.0.0.0",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE 0",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "c=IN IP4 0.0.0.0",
        "a=mid:0",
        "a=sendrecv",
        "a=rtcp-mux",
        "a=ice-ufrag:peer",
        f"a=ice-pwd:{PASSWORD}",
        f"a=fingerprint:sha-256 {':'.join(['AB'] * 32)}",
        "a=setup:actpass",
        "a=rtpmap:111 opus/48000/2",
        "",
    )
)


async def answered(port: Port, tell: Callable[[Link, Change], None] = lambda link, change: None) -> Link:
    """A link that waits for its endpoint's checks."""
    link = Link(port, RTCCertificate.generateCertificate(), 0, tell)
    await link.answer(OFFER)
    return link


def name_of(link: Link) -> str:
    return aiortc_hooks.ice_of(link._connection).local_username


def check(link: Link, *without: str, **more: int) -> bytes:
    """A request with the password of this link."""
    ice = aiortc_hooks.ice_of(link._connection)
    made = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    made.attributes |= {"USERNAME": f"{ice.local_username}:peer", "PRIORITY": 1, "ICE-CONTROLLING": 1, **more}
    for name in without:
        del made.attributes[name]
    made.add_message_integrity(ice.local_password.encode())
    return bytes(made)
