"""Relay credentials, compared with one worked out by `openssl`:

printf 1700000000:5d41402abc4b2a76 | openssl dgst -sha1 -hmac 'a secret of twenty-three' -binary | base64
"""

from media.turn import credential

SECRET = b"a secret of twenty-three"


def test_the_password_is_the_mac_of_the_username() -> None:
    made = credential(SECRET, "5d41402abc4b2a76", 1_700_000_000)
    assert made.username == "1700000000:5d41402abc4b2a76"
    assert made.password == "tTdfY/qXrNEEnMLkzGt7Harlbu4="
    assert made.expires == 1_700_000_000


def test_another_secret_name_or_time_is_another_password() -> None:
    one = credential(SECRET, "a", 1)
    others = [credential(SECRET + b"!", "a", 1), credential(SECRET, "b", 1), credential(SECRET, "a", 2)]
    assert len({one.password, *(other.password for other in others)}) == 4
