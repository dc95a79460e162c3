"""A file is whole or not there."""

import errno
import os
from pathlib import Path

import pytest

from kith.core.files import write_whole


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_it_holds_what_was_given_with_the_mode_asked_for(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key"
    before = os.umask(0o022)
    try:
        write_whole(path, b"one", mode=mode)
        write_whole(path, b"two", mode=mode)
    finally:
        os.umask(before)
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == mode
    assert [file.name for file in tmp_path.iterdir()] == ["key"]


def test_a_disk_that_is_full_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "key"
    write_whole(path, b"one")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, b"two")
    assert path.read_bytes() == b"one"
    assert [file.name for file in tmp_path.iterdir()] == ["key"]


def test_what_an_earlier_attempt_left_behind_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / "key.new").write_bytes(b"half")
    write_whole(tmp_path / "key", b"whole")
    assert [file.name for file in tmp_path.iterdir()] == ["key"]
