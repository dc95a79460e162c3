"""Session descriptions as text, and the bytes they travel in."""

from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kith.core.trust.untrusted import Reason, Untrusted
from kith.endpoint import body, sdp

LINES = """v=0
m=audio 9 UDP/TLS/RTP/SAVPF 96
a=sendrecv
a=rtpmap:96 opus/48000/2
a=candidate:1 1 udp 2130706431 192.0.2.7 50000 typ host
a=candidate:2 1 udp 2130706431 4b1e.local 50001 typ host
a=end-of-candidates
a=fingerprint:sha-256 AA:BB
a=fingerprint:sha-384 CC:DD
a=fingerprint:sha-512 EE:FF
"""


def test_one_fingerprint_stays_and_fec_is_asked_for() -> None:
    tidy = sdp.tidy(LINES)
    assert [line for line in tidy.splitlines() if "fingerprint" in line] == ["a=fingerprint:sha-256 AA:BB"]
    assert "a=rtpmap:96 opus/48000/2\r\na=fmtp:96 minptime=10;useinbandfec=1\r\n" in tidy
    assert tidy.endswith("\r\n")


def test_hidden_addresses_go_and_so_does_the_claim_that_the_list_is_complete() -> None:
    kept = sdp.without_unreachable(LINES)
    assert "192.0.2.7" in kept and ".local" not in kept and "end-of-candidates" not in kept
    complete = LINES.replace("4b1e.local", "198.51.100.9")
    assert sdp.without_unreachable(complete).split() == complete.split()


@pytest.mark.parametrize(
    ("line", "usable"),
    [
        ("candidate:1 1 udp 2130706431 192.0.2.7 50000 typ host", True),
        ("candidate:1 1 UDP 2130706431 fd00::7 50000 typ host", True),
        ("candidate:1 1 udp 2130706431 4b1e.local 50000 typ host", False),
        ("candidate:1 1 tcp 2105524479 192.0.2.7 9 typ host tcptype active", False),
        ("", False),
    ],
)
def test_which_candidates_can_be_used(line: str, usable: bool) -> None:
    assert sdp.reachable(line) is usable


SAID = {
    "v": 2,
    "kind": "description",
    "type": "offer",
    "sdp": "v=0",
    "nonce": bytes(32),
    "root": bytes(32),
    "version": 3,
    "head": bytes(32),
}


def test_bodies_are_the_json_that_the_page_says() -> None:
    written = body.write(
        body.Description(type="offer", sdp="v=0", nonce=bytes(32), root=bytes(32), version=3, head=bytes(32))
    )
    assert msgspec.json.decode(written) == msgspec.to_builtins(SAID)
    line = {"candidate": "candidate:1", "sdpMid": "0", "sdpMLineIndex": 0}
    read = body.read(msgspec.json.encode({"v": 2, "kind": "candidate", "candidate": line}))
    assert isinstance(read, body.Candidate) and read.candidate is not None and read.candidate.sdpMid == "0"
    end = body.read(b'{"v":2,"kind":"candidate","candidate":null}')
    assert isinstance(end, body.Candidate) and end.candidate is None


@pytest.mark.parametrize(
    "data",
    [
        b"{}",
        b'{"v":1,"kind":"description","type":"offer","sdp":""}',
        b'{"v":3,"kind":"description","type":"offer","sdp":""}',
        b'{"v":2,"kind":"dance"}',
    ],
)
def test_another_version_or_kind_is_nothing(data: bytes) -> None:
    assert body.read(data) is None


@pytest.mark.parametrize(
    "change",
    [
        {"type": "rollback"},
        {"nonce": bytes(31)},
        {"root": bytes(33)},
        {"version": -1},
        {"version": 2**53},
        {"head": None},
        {"signature": bytes(63)},
        {"sdp": 7},
    ],
)
def test_what_should_be_understood_and_cannot_is_refused(change: dict[str, object]) -> None:
    assert body.read(msgspec.json.encode(SAID)) is not None
    with pytest.raises(Untrusted) as refused:
        body.read(msgspec.json.encode({**SAID, **change}))
    assert refused.value.reason is Reason.MALFORMED


@given(st.binary())
def test_noise_is_refused_in_one_way_only(data: bytes) -> None:
    with suppress(Untrusted):
        body.read(data)


RELAYED = "candidate:3 1 udp 41885695 203.0.113.9 49170 typ relay raddr 198.51.100.7 rport 50000"


def test_relay_only_lets_no_own_address_out() -> None:
    lines = [
        *("v=0", "m=audio 50000 UDP/TLS/RTP/SAVPF 96", "c=IN IP4 192.168.1.7"),
        "a=candidate:1 1 udp 2122260223 192.168.1.7 50000 typ host",
        "a=candidate:2 1 udp 1686052607 198.51.100.7 50000 typ srflx raddr 192.168.1.7 rport 50000",
        f"a={RELAYED}",
        "a=end-of-candidates",
    ]
    text = sdp.relayed_only(sdp.still_gathering("\r\n".join(lines) + "\r\n"))
    assert "192.168.1.7" not in text and "198.51.100.7" not in text and "end-of-candidates" not in text
    assert "203.0.113.9 49170 typ relay raddr 0.0.0.0 rport 9" in text
    assert sdp.relayed("candidate:1 1 udp 2122260223 192.168.1.7 50000 typ host") is None
