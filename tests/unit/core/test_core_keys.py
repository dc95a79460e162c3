"""Keys and signed statements."""

from pathlib import Path

import pytest

from kith.core.keys import (
    SIGN_IN,
    KeyPair,
    PublicKeys,
    load_or_create,
    sealing_statement,
    sign_in_statement,
    small_order,
    statement,
    verify,
)

SERVER, NONCE = bytes(32), bytes(16)


def test_a_statement_is_label_and_length_prefixed_fields() -> None:
    assert statement(b"label", b"", b"ab") == b"label" + b"\x00\x00" + b"\x00\x02ab"


def test_no_field_can_pass_for_a_part_of_its_neighbour() -> None:
    assert statement(b"l", b"ab", b"c") != statement(b"l", b"a", b"bc")
    assert statement(b"l", b"a") != statement(b"l", b"a", b"")


def test_a_sign_in_is_bound_to_server_origin_nonce_and_endpoint() -> None:
    said = sign_in_statement(SERVER, "https://kith.local:8443", NONCE, "e_1")
    assert said.startswith(SIGN_IN)
    others = {
        sign_in_statement(bytes([1]) * 32, "https://kith.local:8443", NONCE, "e_1"),
        sign_in_statement(SERVER, "https://kith.local", NONCE, "e_1"),
        sign_in_statement(SERVER, "https://kith.local:8443", bytes([1]) * 16, "e_1"),
        sign_in_statement(SERVER, "https://kith.local:8443", NONCE, "e_2"),
    }
    assert len(others | {said}) == 5


def test_a_signature_holds_for_its_key_and_its_words_only() -> None:
    pair, other = KeyPair.generate(), KeyPair.generate()
    signature = pair.sign(b"yes")
    assert verify(pair.public.identity, signature, b"yes")
    assert not verify(pair.public.identity, signature, b"no")
    assert not verify(other.public.identity, signature, b"yes")
    assert not verify(pair.public.identity, signature[:-1] + bytes([signature[-1] ^ 1]), b"yes")


@pytest.mark.parametrize(("public", "signature"), [(b"", b""), (b"x" * 31, b"y" * 64), (b"x" * 32, b"y")])
def test_what_is_no_key_or_signature_verifies_nothing(public: bytes, signature: bytes) -> None:
    assert not verify(public, signature, b"yes")


def test_the_sealing_key_is_bound_to_the_identity() -> None:
    one, other = KeyPair.generate().public, KeyPair.generate().public
    assert one.consistent()
    assert verify(one.identity, one.sealing_signature, sealing_statement(one.identity, one.sealing))
    assert not PublicKeys(one.identity, other.sealing, one.sealing_signature).consistent()
    assert not PublicKeys(other.identity, one.sealing, one.sealing_signature).consistent()


P = 2**255 - 19
SIGNS = (0, 1 << 255)
ORDER_8 = (
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
)


def point(y: int, sign: int = 0) -> bytes:
    return (y | sign).to_bytes(32, "little")


@pytest.mark.parametrize("sign", SIGNS)
def test_points_for_which_anybody_can_sign_are_known(sign: int) -> None:
    of_order_8 = [int.from_bytes(bytes.fromhex(known), "little") for known in ORDER_8]
    for y in (0, 1, P - 1, P, P + 1, *of_order_8):
        assert small_order(point(y, sign)), y
    assert not small_order(point(4 * pow(5, -1, P) % P, sign)), "the base point"
    assert not small_order(KeyPair.generate().public.identity)


def test_an_identity_for_which_anybody_can_sign_is_no_identity() -> None:
    sealing = KeyPair.generate().public.sealing
    forged = 0
    for number in range(40):
        changed = sealing[:-1] + bytes([number])
        for commitment in (point(1), point(0), point(P - 1), point(0, 1 << 255)):
            signature = commitment + bytes(32)
            if verify(bytes(32), signature, sealing_statement(bytes(32), changed)):
                forged += 1
                assert not PublicKeys(bytes(32), changed, signature).consistent()
    assert forged, "or this would show nothing"


def test_a_key_pair_prints_redacted() -> None:
    pair = KeyPair.generate()
    assert repr(pair) == str(pair) == "KeyPair(redacted)"


def test_the_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "endpoint.key"
    made = load_or_create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_or_create(path).public == made.public


def test_what_a_full_disk_left_behind_is_no_key(tmp_path: Path) -> None:
    path = tmp_path / "endpoint.key"
    (tmp_path / "endpoint.key.new").write_bytes(b"half")
    made = load_or_create(path)
    assert load_or_create(path).public == made.public
    assert [file.name for file in tmp_path.iterdir()] == ["endpoint.key"]


@pytest.mark.parametrize("content", [b"", b"x" * 63, b"x" * 65])
def test_a_file_that_holds_no_key_is_refused_and_kept(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "endpoint.key"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="64 bytes"):
        load_or_create(path)
    assert path.read_bytes() == content
