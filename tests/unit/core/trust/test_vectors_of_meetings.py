"""Safety numbers, pairing and recovery keys: as the vectors say."""

from typing import Any

import pytest

from kith.core.keys import KeyPair, PublicKeys
from kith.core.trust.history import Point
from kith.core.trust.pairing_digits import Answer, PairingNew, PairingOwn
from kith.core.trust.pairing_proof import check_new, check_own, new_proof, own_proof
from kith.core.trust.recovery import RecoveryKey
from kith.core.trust.safety import safety_number, safety_qr
from kith.core.trust.untrusted import Reason, Untrusted
from tests.support.vectors import cases, name_of, raw

PUBLIC = {
    case["name"]: KeyPair.from_private_bytes(raw(case["identity_seed"]) + raw(case["sealing_private"])).public
    for case in cases("keys")
}


def keys_of(case: Any) -> PublicKeys:
    return PublicKeys(raw(case["identity"]), raw(case["sealing"]), raw(case["sealing_signature"]))


def point_of(case: Any) -> Point:
    return Point(case["version"], raw(case["head"]))


@pytest.mark.parametrize("case", cases("safety"), ids=name_of)
def test_safety_number(case: Any) -> None:
    one, other = (raw(root) for root in case["roots"])
    assert safety_number(one, other) == safety_number(other, one) == case["digits"]
    assert safety_qr(one, other) == safety_qr(other, one) == case["qr"]
    assert len(case["digits"]) == 60


@pytest.mark.parametrize("case", cases("pairing_qr"), ids=name_of)
def test_pairing_by_a_scanned_code(case: Any) -> None:
    keys = PUBLIC[case["keys"]]
    pairing = raw(case["secret"]), case["code"], raw(case["server"])
    about: Any = {"root": raw(case["root"]), "point": point_of(case), "authority": raw(case["authority"])}
    assert new_proof(*pairing, keys) == raw(case["new_proof"])
    assert own_proof(*pairing, keys.identity, **about) == raw(case["own_proof"])
    check_new(raw(case["new_proof"]), *pairing, keys)
    check_own(raw(case["own_proof"]), *pairing, keys.identity, **about)


@pytest.mark.parametrize("case", cases("pairing_qr_invalid"), ids=name_of)
def test_pairing_by_a_scanned_code_refused(case: Any) -> None:
    pairing = raw(case["secret"]), case["code"], raw(case["server"])
    about: Any = {"root": raw(case["root"]), "point": point_of(case), "authority": raw(case["authority"])}
    with pytest.raises(Untrusted) as refused:  # noqa: PT012 - one of the two proofs
        if "new_proof" in case:
            check_new(raw(case["new_proof"]), *pairing, keys_of(case))
        else:
            check_own(raw(case["own_proof"]), *pairing, raw(case["identity"]), **about)
    assert refused.value.reason == case["reason"]


@pytest.mark.parametrize("case", cases("pairing_digits"), ids=name_of)
def test_pairing_by_a_typed_code(case: Any) -> None:
    code, server, keys = case["code"], raw(case["server"]), PUBLIC[case["keys"]]
    answer = Answer(raw(case["nonce_own"]), raw(case["own_identity"]), raw(case["root"]), point_of(case))
    new = PairingNew(code, server, keys, raw(case["nonce_new"]))
    assert new.commitment() == raw(case["commitment"])
    own = PairingOwn(code, server, answer).committed(new.commitment())
    new = new.answered(own.reply())
    own = own.revealed(keys, new.reveal())
    assert new.digits() == own.digits() == case["digits"]


@pytest.mark.parametrize("case", cases("pairing_digits_invalid"), ids=name_of)
def test_pairing_by_a_typed_code_refused(case: Any) -> None:
    answer = Answer(bytes(32), bytes(32), bytes(32), Point(0, bytes(32)))
    own = PairingOwn(case["code"], raw(case["server"]), answer).committed(raw(case["commitment"]))
    with pytest.raises(Untrusted) as refused:
        own.revealed(keys_of(case), raw(case["nonce_new"]))
    assert refused.value.reason == case["reason"]


@pytest.mark.parametrize("case", cases("recovery"), ids=name_of)
def test_recovery(case: Any) -> None:
    assert RecoveryKey(raw(case["seed"])).text() == case["text"]
    for typed in case["typed"]:
        assert RecoveryKey.from_text(typed).public == raw(case["public"])


@pytest.mark.parametrize("case", cases("recovery_invalid"), ids=name_of)
def test_recovery_refused(case: Any) -> None:
    with pytest.raises(Untrusted) as refused:
        RecoveryKey.from_text(case["text"])
    assert refused.value.reason is Reason.MISTYPED
