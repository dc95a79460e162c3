"""The recovery key on paper."""

import pytest

from kith.core.trust.recovery import RecoveryKey
from kith.core.trust.untrusted import Reason, Untrusted
from tools.vectors.form import fixed

KEY = RecoveryKey(fixed("anna recovery"))


def mistyped(text: str) -> bool:
    with pytest.raises(Untrusted) as untrusted:
        RecoveryKey.from_text(text)
    return untrusted.value.reason is Reason.MISTYPED


@pytest.mark.parametrize("seed", [bytes(32), b"\xff" * 32, fixed("anna recovery")])
def test_what_is_printed_is_read_again(seed: bytes) -> None:
    key = RecoveryKey(seed)
    text = key.text()
    assert [len(group) for group in text.split("-")] == [5] * 11
    assert RecoveryKey.from_text(text).public == key.public


def test_hands_are_forgiven() -> None:
    text = RecoveryKey(bytes(32)).text()
    typed = f"  {text.lower().replace('0', 'o').replace('1', 'l').replace('-', ' ')} "
    assert typed != text
    assert RecoveryKey.from_text(typed).public == RecoveryKey(bytes(32)).public
    assert RecoveryKey.from_text(text.replace("1", "i").replace("-", "")).public


@pytest.mark.parametrize("at", range(0, 60, 7))
def test_one_wrong_symbol_is_noticed(at: int) -> None:
    text = KEY.text()
    if text[at] != "-":
        assert mistyped(text[:at] + ("7" if text[at] != "7" else "8") + text[at + 1 :])


def test_what_cannot_be_one() -> None:
    text = KEY.text()
    for wrong in ("", text[:-1], text + "0", text.replace(text[0], "U"), "\u00e9" + text[1:], "\u017f" * 55):
        assert mistyped(wrong)


def test_padding_is_no_second_way_of_writing_it() -> None:
    text = KEY.text()
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    assert alphabet.index(text[-1]) % 8 == 0
    assert mistyped(text[:-1] + alphabet[alphabet.index(text[-1]) + 1])


def test_it_does_not_print() -> None:
    assert "redacted" in repr(KEY)
