"""The house as docs and tool settings describe it is the house as it stands."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("kith", "signaling", "policy", "presence", "media")
SETTINGS: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())


def _sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (ROOT / folder).rglob("*.py")


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _contract(name: str) -> dict[str, Any]:
    return next(each for each in SETTINGS["tool"]["importlinter"]["contracts"] if name in each["name"])


def test_every_package_is_installed() -> None:
    found = {_module(path) for path in _sources(*ROOMS) if path.name == "__init__.py"}
    assert set(SETTINGS["tool"]["setuptools"]["packages"]) == found


def test_modules_that_promise_to_be_pure_are() -> None:
    """The promise is the word "pure" in the first paragraph of a module's docstring."""
    forbidden = set(_contract("Pure modules")["forbidden_modules"])
    excused = set(_contract("Pure modules")["ignore_imports"])
    promising = [path for path in _sources(*ROOMS) if _promises(path)]
    assert len(promising) > 8
    broken = {
        f"{_module(path)} -> {imported}"
        for path in promising
        for imported in _imports(path)
        if imported.split(".")[0] in forbidden
    }
    assert broken - excused == set()


def _promises(path: Path) -> bool:
    first = (ast.get_docstring(ast.parse(path.read_text())) or "").split("\n\n")[0]
    return path.name != "__init__.py" and re.search(r"\bpure\b", first, re.IGNORECASE) is not None


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_every_ruff_exception_has_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    section = text[text.index("\nignore = [") : text.index("[tool.ruff.lint.pycodestyle]")]
    exceptions = [line for line in section.splitlines() if re.search(r'"[A-Z]{1,4}\d*"', line)]
    assert len(exceptions) > 20
    assert [line for line in exceptions if "#" not in line] == []


def test_lock_files_pin_hashes_and_name_no_place() -> None:
    for name in ("requirements.lock", "requirements-speech.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        assert "://" not in text
        pins = re.split(r"\n(?=\S)", text.strip())
        assert all("==" in pin and "--hash=sha256:" in pin for pin in pins)


def test_what_the_tests_install_agrees_with_what_runs() -> None:
    def versions(name: str) -> dict[str, str]:
        return dict(re.findall(r"^(\S+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))

    run, speech, dev = (
        versions(name) for name in ("requirements.lock", "requirements-speech.lock", "requirements-dev.lock")
    )
    assert run.items() <= speech.items() <= dev.items()
