"""Sealing and signing where vectors do not reach."""

from dataclasses import replace

import pytest

from kith.core.keys import KeyPair, PublicKeys, sealing_statement
from kith.core.trust.seal import MAX_PLAINTEXT, Sealer
from kith.core.trust.untrusted import Reason, Untrusted
from signaling.protocol import MAX_SIGNAL
from tools.vectors.calls import BEN, CALL, LAPTOP, session
from tools.vectors.form import fixed

NONCE = fixed("nonce")[:12]


def between(own: KeyPair, peer: PublicKeys) -> Sealer:
    return Sealer(own, peer, kind="call", call=CALL, epoch=0)


def refused(own: KeyPair, peer: PublicKeys) -> Reason:
    with pytest.raises(Untrusted) as untrusted:
        between(own, peer)
    return untrusted.value.reason


@pytest.mark.parametrize("point", [bytes(32), b"\x01" + bytes(31), (2**255 - 19).to_bytes(32, "little")])
def test_a_key_with_which_everybody_shares_the_same_secret(point: bytes) -> None:
    weak = PublicKeys(BEN.public.identity, point, BEN.sign(sealing_statement(BEN.public.identity, point)))
    assert weak.consistent()
    assert refused(LAPTOP, weak) is Reason.WEAK_KEY


def test_keys_that_do_not_belong_together() -> None:
    mallory = KeyPair.generate().public
    assert refused(LAPTOP, replace(BEN.public, sealing=mallory.sealing)) is Reason.WEAK_KEY


def test_nothing_is_sealed_to_oneself() -> None:
    assert refused(BEN, BEN.public) is Reason.WEAK_KEY


def test_the_largest_plaintext_fits_into_a_signal() -> None:
    sealed = between(LAPTOP, BEN.public).seal(bytes(MAX_PLAINTEXT), NONCE)
    assert len(sealed) <= MAX_SIGNAL
    assert between(BEN, LAPTOP.public).open(sealed) == bytes(MAX_PLAINTEXT)
    with pytest.raises(ValueError, match="too much"):
        between(LAPTOP, BEN.public).seal(bytes(MAX_PLAINTEXT + 1), NONCE)


def test_both_directions_have_keys_of_their_own() -> None:
    there = between(LAPTOP, BEN.public).seal(b"same", NONCE)
    back = between(BEN, LAPTOP.public).seal(b"same", NONCE)
    assert there[13:] != back[13:]


def test_private_halves_do_not_print() -> None:
    assert repr(between(LAPTOP, BEN.public)) == "Sealer(redacted)"


def test_a_session_without_nonce_or_certificate_is_none() -> None:
    whole = session()
    for callee in (replace(whole.callee, nonce=b""), replace(whole.callee, fingerprint=b"")):
        missing = replace(whole, callee=callee)
        with pytest.raises(Untrusted) as untrusted:
            missing.verify("callee", BEN.sign(missing.transcript("callee")))
        assert untrusted.value.reason is Reason.MALFORMED
