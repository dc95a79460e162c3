"""Install what Kith needs, from nothing but Python's standard library.

usage: python3 -m tools.bootstrap run       .venv with what the server and the devices need
       python3 -m tools.bootstrap speech    the same and what devices hear, transcribe and speak with
       python3 -m tools.bootstrap dev       all of that and what checks and tests need
       python3 -m tools.bootstrap system    Debian packages that the tests need (browsers, a voice, a relay, a mixer)

Python packages are those of the lock files and have the hashes written there, or nothing is installed.
A stamp in .venv tells what stands, so that running this again costs nothing.
"""

from __future__ import annotations  # an older Python must get as far as the sentence that refuses it

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
NEWER = ("python3.13", "python3.12", "python3.11")
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCKS = {"run": "requirements.lock", "speech": "requirements-speech.lock", "dev": "requirements-dev.lock"}
FOR_TESTS = (
    *("chromium", "firefox-esr", "fonts-liberation", "libnss3-tools", "espeak-ng", "pulseaudio"),
    *("coturn", "iproute2", "nftables", "janus"),
)


def main(arguments: list[str]) -> int:
    if sys.version_info < OLDEST:
        return _with_newer_python(arguments)
    match arguments:
        case ["run" | "speech" | "dev" as kind]:
            return _install(kind)
        case ["system"]:
            return 0 if _debian_packages(FOR_TESTS) else 1
        case _:
            print(__doc__, file=sys.stderr)
            return 2


def _with_newer_python(arguments: list[str]) -> int:
    for name in NEWER:
        path = shutil.which(name)
        if path is not None:
            os.execv(path, [path, "-m", "tools.bootstrap", *arguments])  # noqa: S606 - no shell is wanted
    return _say(f"Kith needs Python 3.11 or newer; this is {sys.version.split()[0]}. On Debian: python3")


def _say(text: str) -> int:
    print(text, file=sys.stderr)
    return 1


# -- Python packages --------------------------------------------------------------------------------


def _install(kind: str) -> int:
    stamp = VENV / f"installed-{kind}"
    wanted = _digest(ROOT / LOCKS[kind], ROOT / "pyproject.toml")
    if (VENV / "bin" / "python").exists() and stamp.exists() and stamp.read_text() == wanted:
        stamp.touch()
        return 0
    if not (VENV / "bin" / "pip").exists() and not _make_venv():
        return 1
    print(f"Installing Python packages ({LOCKS[kind]}) ...", file=sys.stderr)
    if not _pip("--require-hashes", "--requirement", LOCKS[kind]):
        return _say("The packages could not be installed: see above. Nothing outside .venv was changed.")
    if not _pip("--no-deps", "--no-build-isolation", "--editable", "."):
        return 1
    stamp.write_text(wanted)
    return 0


def _digest(*paths: Path) -> str:
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in paths)).hexdigest()


def _make_venv() -> bool:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    if importlib.util.find_spec("ensurepip") is None and not _debian_packages((f"{version}-venv",)):
        return False
    print(f"Making .venv with {version} ...", file=sys.stderr)
    return _run(sys.executable, "-m", "venv", "--clear", str(VENV))


def _pip(*arguments: str) -> bool:
    return _run(
        str(VENV / "bin" / "python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check", *arguments
    )


def _run(*command: str) -> bool:
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


# -- Debian packages --------------------------------------------------------------------------------


def _debian_packages(names: tuple[str, ...]) -> bool:
    """Install those that are missing. False, with a sentence that says what to do, if that is not possible."""
    if shutil.which("dpkg-query") is None:
        print(f"Not a Debian system: see to it that these are installed: {' '.join(names)}", file=sys.stderr)
        return True
    missing = [name for name in names if not _installed(name)]
    if not missing:
        return True
    sudo = () if os.geteuid() == 0 else ("sudo",)
    print(f"Installing Debian packages: {' '.join(missing)} ...", file=sys.stderr)
    if shutil.which("apt-get") and (not sudo or shutil.which("sudo")):
        apt = (*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet=2", "--yes")
        # An old package list is often still good enough, so a failing update alone is no failure.
        _run(*apt, "update")
        if _run(*apt, "install", "--no-install-recommends", *missing):
            return True
    _say(f"As root, please: apt-get install {' '.join(missing)}")
    return False


def _installed(name: str) -> bool:
    query = ("dpkg-query", "--show", "--showformat=${db:Status-Status}", name)
    found = subprocess.run(query, capture_output=True, text=True, check=False)
    return found.stdout == "installed"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
