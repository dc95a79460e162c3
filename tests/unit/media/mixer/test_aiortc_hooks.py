"""The private names that media.mixer.aiortc_hooks leans on. Red here: read its docstring."""

import asyncio
import inspect
from importlib.metadata import version
from typing import Any

import aioice.ice
import aiortc.rtcdtlstransport
import pytest
from aiortc import RTCCertificate, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from pylibsrtp import Policy, Session

from media.mixer import aiortc_hooks
from media.mixer.aiortc_hooks import Address, Datagrams, Lane


def test_the_versions_are_the_ones_the_hooks_were_written_for() -> None:
    assert version("aiortc") == "1.16.0"
    assert version("aioice").startswith("0.13.")
    assert version("pylibsrtp").startswith("1.0.")


async def offer() -> str:
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    connection.addTransceiver("audio")
    await connection.setLocalDescription(await connection.createOffer())
    await connection.close()
    return connection.localDescription.sdp


async def test_an_answer_shows_our_certificate_our_address_and_nothing_but_opus() -> None:
    certificate = RTCCertificate.generateCertificate()
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    aiortc_hooks.use_certificate(connection, certificate)
    await connection.setRemoteDescription(RTCSessionDescription(await offer(), "offer"))
    voice = connection.getTransceivers()[0]
    ice = aiortc_hooks.ice_of(connection)

    def lanes() -> list[Lane]:
        return [Lane(ice, Datagrams(lambda data, to: None, ("192.0.2.1", 5)), lambda address: None)]

    aiortc_hooks.prepare(connection, voice, "0123456789abcdef", lanes, [("198.51.100.1", 5)])
    await connection.setLocalDescription(await connection.createAnswer())
    answer = connection.localDescription.sdp
    fingerprint = next(one for one in certificate.getFingerprints() if one.algorithm == "sha-256")
    assert fingerprint.value in answer and "a=ice-ufrag:0123456789abcdef" in answer
    assert "192.0.2.1 5 typ host" in answer and "198.51.100.1 5 typ host" in answer
    assert answer.count("a=rtpmap") == 1 and "opus/48000/2" in answer and "useinbandfec=1" in answer
    assert aiortc_hooks.LEVEL in answer and "a=sendrecv" in answer
    assert aiortc_hooks.backlog(ice) == 0 and aiortc_hooks.nominated(ice) is None
    async with asyncio.timeout(5):
        await connection.close()


def test_dtls_leaves_the_keys_where_we_take_them() -> None:
    source = inspect.getsource(aiortc.rtcdtlstransport.RTCDtlsTransport)
    assert "self._rx_srtp = Session(" in source and "self._tx_srtp = Session(" in source
    sender = inspect.getsource(aiortc.rtcrtpsender.RTCRtpSender)
    assert "self._ssrc = " in sender


def test_srtp_works_in_place_between_two_sessions() -> None:
    key = bytes(range(44))
    profile = Policy.SRTP_PROFILE_AEAD_AES_256_GCM
    ends: list[Any] = [
        Session(Policy(key, kind, srtp_profile=profile))
        for kind in (Policy.SSRC_ANY_OUTBOUND, Policy.SSRC_ANY_INBOUND)
    ]
    packet = bytes.fromhex("80600001000003c011223344") + b"voice"
    said, secret = aiortc_hooks.in_place(aiortc_hooks.protect, ends[0]._srtp[0], packet)
    assert said == 0 and len(secret) == len(packet) + 16 and b"voice" not in secret
    assert aiortc_hooks.in_place(aiortc_hooks.unprotect, ends[1]._srtp[0], secret) == (0, packet)
    said, _ = aiortc_hooks.in_place(aiortc_hooks.unprotect, ends[1]._srtp[0], secret[:-1] + b"x")
    assert said != 0, "a forged one"


async def test_a_lane_tells_who_has_authenticated_and_nobody_else() -> None:
    """A right and a wrong password, from two addresses."""
    proven: list[Address] = []
    sent: list[bytes] = []
    ice = aioice.ice.Connection(ice_controlling=False, local_username="mine", local_password="p" * 22)
    lane = Lane(ice, Datagrams(lambda data, to: sent.append(data), ("192.0.2.1", 5)), proven.append)
    for password, address in (("p" * 22, ("192.0.2.2", 1)), ("q" * 22, ("192.0.2.3", 1))):
        request = aioice.stun.Message(aioice.stun.Method.BINDING, aioice.stun.Class.REQUEST)
        request.attributes |= {"USERNAME": "mine:yours", "PRIORITY": 1, "ICE-CONTROLLING": 1}
        request.add_message_integrity(password.encode())
        lane.datagram_received(bytes(request), address)
    assert proven == [("192.0.2.2", 1)] and len(sent) == 2


def test_it_is_loud_when_a_certificate_is_kept_elsewhere() -> None:
    with pytest.raises(RuntimeError):
        aiortc_hooks.use_certificate(Any, RTCCertificate.generateCertificate())  # type: ignore[arg-type]
