"""Sealing, transcripts and fingerprints: as the vectors say."""

from typing import Any

import pytest

from kith.core.keys import KeyPair
from kith.core.trust.fingerprint import fingerprint_of
from kith.core.trust.history import Point
from kith.core.trust.seal import Sealer
from kith.core.trust.session import Party, Session
from kith.core.trust.untrusted import Reason, Untrusted
from tests.support.vectors import cases, name_of, raw

PAIRS = {
    case["name"]: KeyPair.from_private_bytes(raw(case["identity_seed"]) + raw(case["sealing_private"]))
    for case in cases("keys")
}


def sealer(case: Any, own: str, peer: str) -> Sealer:
    about = {name: case[name] for name in ("kind", "call", "epoch")}
    return Sealer(PAIRS[case[own]], PAIRS[case[peer]].public, **about)


def party(case: Any) -> Party:
    point = Point(case["version"], raw(case["head"]))
    return Party(
        raw(case["root"]), point, raw(case["identity"]), raw(case["fingerprint"]), raw(case["nonce"])
    )


def session(case: Any) -> Session:
    return Session(case["kind"], case["call"], case["epoch"], party(case["caller"]), party(case["callee"]))


@pytest.mark.parametrize("case", cases("seal"), ids=name_of)
def test_seal(case: Any) -> None:
    sealed = sealer(case, "sender", "receiver").seal(raw(case["plaintext"]), raw(case["nonce"]))
    assert sealed == raw(case["sealed"])
    assert sealer(case, "receiver", "sender").open(sealed) == raw(case["plaintext"])
    assert PAIRS[case["sender"]].agree(PAIRS[case["receiver"]].public.sealing) == raw(case["shared"])


@pytest.mark.parametrize("case", cases("seal_invalid"), ids=name_of)
def test_seal_refused(case: Any) -> None:
    with pytest.raises(Untrusted) as refused:
        sealer(case, "receiver", "sender").open(raw(case["sealed"]))
    assert refused.value.reason is Reason.UNREADABLE


@pytest.mark.parametrize("case", cases("session"), ids=name_of)
def test_session(case: Any) -> None:
    signed = session(case)
    assert signed.transcript("caller") == raw(case["caller_transcript"])
    assert signed.transcript("callee") == raw(case["callee_transcript"])
    signed.verify("caller", raw(case["caller_signature"]))
    signed.verify("callee", raw(case["callee_signature"]))
    keys = PAIRS[case["caller"]["keys"]]
    assert keys.sign(signed.transcript("caller")) == raw(case["caller_signature"])


@pytest.mark.parametrize("case", cases("session_invalid"), ids=name_of)
def test_session_refused(case: Any) -> None:
    with pytest.raises(Untrusted) as refused:
        session(case).verify(case["role"], raw(case["signature"]))
    assert refused.value.reason is Reason.BAD_SIGNATURE


@pytest.mark.parametrize("case", cases("fingerprint"), ids=name_of)
def test_fingerprint(case: Any) -> None:
    assert fingerprint_of(case["sdp"]) == raw(case["fingerprint"])


@pytest.mark.parametrize("case", cases("fingerprint_invalid"), ids=name_of)
def test_fingerprint_refused(case: Any) -> None:
    with pytest.raises(Untrusted) as refused:
        fingerprint_of(case["sdp"])
    assert refused.value.reason is Reason.FINGERPRINT
