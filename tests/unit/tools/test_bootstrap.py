"""What installing decides before it installs anything. (That it installs is shown by every fresh clone.)"""

from pathlib import Path

import pytest

from tools import bootstrap


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """A tree with a lock file, a .venv that has pip, and no programs that are really run."""
    ran: list[tuple[str, ...]] = []

    def run(*command: str) -> bool:
        ran.append(command)
        return True

    (tmp_path / "requirements.lock").write_text("a==1 --hash=sha256:00\n")
    (tmp_path / "pyproject.toml").write_text("")
    venv = tmp_path / ".venv"
    (venv / "bin").mkdir(parents=True)
    for program in ("pip", "python"):
        (venv / "bin" / program).touch()
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", venv)
    monkeypatch.setattr(bootstrap, "_run", run)
    return ran


def test_only_what_has_the_hashes_of_the_lock_file_is_installed(calls: list[tuple[str, ...]]) -> None:
    assert bootstrap.main(["run"]) == 0
    packages, project = calls
    assert packages[-3:] == ("--require-hashes", "--requirement", "requirements.lock")
    assert project[-4:] == ("--no-deps", "--no-build-isolation", "--editable", ".")


def test_what_stands_is_not_installed_again(calls: list[tuple[str, ...]]) -> None:
    assert bootstrap.main(["run"]) == 0
    calls.clear()
    assert bootstrap.main(["run"]) == 0
    assert calls == []


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_a_change_is_installed(calls: list[tuple[str, ...]], tmp_path: Path, name: str) -> None:
    bootstrap.main(["run"])
    calls.clear()
    (tmp_path / name).write_text("# changed\n")
    bootstrap.main(["run"])
    assert len(calls) == 2


def test_a_failure_leaves_no_stamp(
    calls: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    del calls
    monkeypatch.setattr(bootstrap, "_run", lambda *_: False)
    assert bootstrap.main(["run"]) == 1
    assert not (bootstrap.VENV / "installed-run").exists()
    assert "could not be installed" in capsys.readouterr().err


def test_only_missing_debian_packages_are_installed(
    calls: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr(bootstrap, "_installed", lambda name: name != "espeak-ng")
    assert bootstrap.main(["system"]) == 0
    update, install = calls
    assert update[0] == "sudo"
    assert update[-1] == "update"
    assert install[-1] == "espeak-ng"
    assert "chromium" not in install


def test_where_nothing_can_be_installed_the_packages_are_named(
    calls: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None if name == "sudo" else name)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr(bootstrap, "_installed", lambda _: False)
    assert bootstrap.main(["system"]) == 1
    assert calls == []
    assert "apt-get install chromium" in capsys.readouterr().err


def test_an_unknown_wish_shows_the_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert bootstrap.main(["everything"]) == 2
    assert "usage:" in capsys.readouterr().err
