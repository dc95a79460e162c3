"""The web app's files by their SHA-256, and how what a server serves differs from them.

A web app comes from the server that it must not have to trust. Whoever has these hashes from elsewhere (a
release, a checkout, a package of one's own) can tell whether a server serves what was published.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2] / "web"
VERSION = 1

_NAME = re.compile(r"""["'`(]((?:\.{1,2})?/[\w./-]+\.\w+)["'`)?#]""")
"""What a page, a style sheet or a script loads: a path in quotes or in `url(...)`."""


class Difference(StrEnum):
    CHANGED = "changed"
    MISSING = "missing"
    EXTRA = "extra"


@dataclass(frozen=True, slots=True)
class Found:
    """One path that is not as it was published."""

    path: str
    difference: Difference


def manifest(root: Path = ROOT) -> dict[str, str]:
    """Path on the server to SHA-256 in hex, for every file of the web app, in the order of the paths.

    Raises OSError if they cannot be read.
    """
    files = sorted(path for path in root.rglob("*") if path.is_file())
    named = {f"/{path.relative_to(root).as_posix()}": path for path in files}
    return {
        name: digest(path.read_bytes())
        for name, path in named.items()
        if not any(part.startswith(".") for part in name.split("/"))
    }


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def write(hashes: Mapping[str, str]) -> str:
    """The manifest as JSON, the same bytes for the same files."""
    return json.dumps({"version": VERSION, "sha256": dict(sorted(hashes.items()))}, indent=1) + "\n"


def read(text: str) -> dict[str, str]:
    """Inverse of `write`. Raises ValueError for what is no manifest."""
    found = json.loads(text)
    hashes = found.get("sha256") if isinstance(found, dict) and found.get("version") == VERSION else None
    if not isinstance(hashes, dict) or not hashes:
        raise ValueError("this is no list of published hashes")
    for path, value in hashes.items():
        if not path.startswith("/") or not isinstance(value, str) or not re.fullmatch(r"[0-9a-f]{64}", value):
            raise ValueError(f"this is no published hash: {path}")
    return hashes


def compare(published: Mapping[str, str], served: Mapping[str, bytes | None]) -> list[Found]:
    """What differs. `served` has what was got for each path, None where there was nothing."""
    differences = []
    for path in sorted(published.keys() | served.keys()):
        data = served.get(path)
        if path not in published:
            if data is not None:
                differences.append(Found(path, Difference.EXTRA))
        elif data is None:
            differences.append(Found(path, Difference.MISSING))
        elif digest(data) != published[path]:
            differences.append(Found(path, Difference.CHANGED))
    return differences


def loaded_by(path: str, data: bytes) -> Iterator[str]:
    """The paths on the same server that a file names, as far as they are written out in it."""
    folder = path.rpartition("/")[0]
    for name in _NAME.findall(data.decode(errors="replace")):
        parts: list[str] = []
        for part in (name if name.startswith("/") else f"{folder}/{name}").split("/"):
            if part == "..":
                parts = parts[:-1]
            elif part not in ("", "."):
                parts.append(part)
        yield "/" + "/".join(parts)
