"""What a push service is given: readable by one browser alone, and signed as it wants to see it."""

import base64
import json

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from kith.core import webpush
from kith.core.webpush import Subscription
from tests.support.push import Browser


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_the_example_of_the_standard() -> None:
    """RFC 8291, section 5 and appendix A."""
    to = Subscription(
        "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV",
        _bytes("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
        _bytes("BTBZMqHH6r4Tts7J_aSIgg"),
    )
    own = webpush.key_from(_bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"))
    salt = _bytes("DGv6ra1nlYgDCS1FRnbzlw")
    body = webpush.encrypt(b"When I grow up, I want to be a watermelon", to, own=own, salt=salt)
    assert body == _bytes(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK"
        "6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_one_browser_reads_it_and_no_other() -> None:
    browser, other = Browser(), Browser()
    to = browser.subscription("https://push.example/1")
    body = webpush.encrypt(b"{}", to, own=webpush.new_key(), salt=bytes(16))
    assert browser.read(body) == b"{}"
    with pytest.raises(ValueError, match="not for this browser"):
        other.read(body)
    with pytest.raises(ValueError, match="not for this browser"):
        browser.read(body[:-1] + bytes([body[-1] ^ 1]))


def test_all_are_of_one_length() -> None:
    to = Browser().subscription("https://push.example/1")
    made = {
        len(webpush.encrypt(webpush.padded(data), to, own=webpush.new_key(), salt=bytes(16)))
        for data in (b"{}", b'{"what":"message","ref":"m_00000000000000000000"}')
    }
    assert len(made) == 1
    with pytest.raises(ValueError, match="longer"):
        webpush.padded(b"x" * (webpush.PADDED + 1))


def test_the_token_says_for_whom_and_until_when() -> None:
    key = webpush.new_key()
    scheme, token, public = webpush.token(
        key, "https://push.example", now=1_000.0, contact="mailto:me@example.org"
    ).split(" ")
    signed, _, signature = token.removeprefix("t=").removesuffix(",").rpartition(".")
    header, claims = (json.loads(_bytes(part)) for part in signed.split("."))
    assert (scheme, header) == ("vapid", {"typ": "JWT", "alg": "ES256"})
    assert claims == {
        "aud": "https://push.example",
        "exp": 1_000 + webpush.TOKEN_LIFE,
        "sub": "mailto:me@example.org",
    }
    assert webpush.TOKEN_LIFE <= 24 * 3600
    raw = _bytes(signature)
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    told = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _bytes(public.removeprefix("k=")))
    told.verify(encode_dss_signature(r, s), signed.encode(), ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        told.verify(encode_dss_signature(r, s), b"another", ec.ECDSA(hashes.SHA256()))


def test_a_key_comes_back_as_it_was_kept() -> None:
    key = webpush.new_key()
    raw = webpush.raw_key(key)
    assert webpush.public_bytes(webpush.key_from(raw)) == webpush.public_bytes(key)
    for wrong in (raw + b"\0", bytes(32)):
        with pytest.raises(ValueError, match=r"."):
            webpush.key_from(wrong)


@pytest.mark.parametrize(
    "url", ["http://push.example/1", "https://me@push.example/1", "https:///1", "push.example", "ftp://x/"]
)
def test_what_is_no_push_service(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        webpush.origin_of(url)


def test_what_is_no_key_of_a_browser() -> None:
    assert webpush.is_point(Browser().public)
    assert not webpush.is_point(b"\4" + bytes(64))
    assert not webpush.is_point(bytes(65))
