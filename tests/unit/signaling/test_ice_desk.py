"""What endpoints are told of STUN and TURN."""

import itertools
from pathlib import Path

import pytest

from kith.core.settings import Settings
from media.turn import credential
from signaling.ice import CREDENTIAL_LIFE, IceDesk, ice_desk

NOW = 1_800_000_000.0
SECRET = "0123456789abcdef"


def settings(directory: Path, **changes: object) -> Settings:
    return Settings(data=directory, certs=directory, **changes)  # type: ignore[arg-type]


def test_nothing_is_set() -> None:
    assert IceDesk(lambda: NOW).issue("1").servers == ()


def test_each_credential_is_new_names_nobody_and_expires() -> None:
    desk = IceDesk(lambda: NOW, stun=("stun:a",), turn=("turn:a", "turns:a"), secret=SECRET.encode())
    issued = [desk.issue(str(n)) for n in range(20)]
    for reply in issued:
        stun, turn = reply.servers
        assert stun.urls == ("stun:a",) and stun.username is stun.credential is None
        assert turn.urls == ("turn:a", "turns:a") and turn.username is not None
        expiry, _, token = turn.username.partition(":")
        assert int(expiry) == NOW + CREDENTIAL_LIFE == NOW + reply.expires_in
        assert turn.credential == credential(SECRET.encode(), token, int(expiry)).password
    names = [reply.servers[1].username for reply in issued]
    assert all(one != other for one, other in itertools.combinations(names, 2))


def test_the_secret_is_read_from_its_file_only(tmp_path: Path) -> None:
    file = tmp_path / "turn.secret"
    file.write_text(f"{SECRET}\n")
    desk = ice_desk(settings(tmp_path, turn=("turn:a",), turn_secret_file=file), lambda: NOW)
    server = desk.issue("1").servers[0]
    assert server.username is not None
    expected = credential(SECRET.encode(), server.username.partition(":")[2], int(NOW) + CREDENTIAL_LIFE)
    assert server.credential == expected.password


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"stun": ("turn:a",)}, "no stun address"),
        ({"turn": ("stun:a",)}, "no turn address"),
        ({"turn": ("turn:a",)}, "--turn-secret-file"),
        ({"stun": ("nonsense",)}, "not of the form"),
    ],
)
def test_settings_that_do_not_work_are_refused(
    tmp_path: Path, changes: dict[str, tuple[str, ...]], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        ice_desk(settings(tmp_path, **changes), lambda: NOW)


@pytest.mark.parametrize("text", ["", "short", "two words that are long enough"])
def test_a_secret_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "turn.secret"
    file.write_text(text)
    with pytest.raises(ValueError, match="one word"):
        ice_desk(settings(tmp_path, turn=("turn:a",), turn_secret_file=file), lambda: NOW)
