"""Resolve the lock files anew from pyproject.toml: exact versions with hashes, and no addresses.

usage: python -m tools.lock [--upgrade]

One resolution serves every platform and every Python from 3.11 on, so that all of them run the same versions.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OPTIONS = (
    "--quiet",
    "--universal",
    "--python-version=3.11",
    "--fork-strategy=fewest",
    "--generate-hashes",
    "--no-header",
    "--no-annotate",
    "--no-emit-index-url",
    "--no-emit-find-links",
)
LOCKS = (
    ("requirements.lock", ("--extra=sound", "--group=install")),
    (
        "requirements-speech.lock",
        ("--extra=sound", "--extra=speech", "--group=install", "--constraints=requirements.lock"),
    ),
    (
        "requirements-dev.lock",
        ("--extra=sound", "--extra=speech", "--group=dev", "--constraints=requirements-speech.lock"),
    ),
)


def main(arguments: list[str]) -> int:
    for name, groups in LOCKS:
        command = ("uv", "pip", "compile", "pyproject.toml", f"--output-file={name}", *OPTIONS, *groups)
        done = subprocess.run((sys.executable, "-m", *command, *arguments), cwd=ROOT, check=False)
        if done.returncode != 0:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
