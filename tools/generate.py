"""Write the files that are made from the message types, or say which of them are stale.

usage: python -m tools.generate [--check]
"""

import json
import sys
import tomllib
from pathlib import Path

from signaling import schema
from tools import reference

ROOT = Path(__file__).resolve().parent.parent
PAGES = (ROOT / "docs" / "protocol.md", ROOT / "docs" / "policy.md")
"""With tables that are made from the code."""

NOTICE = "Made from signaling/protocol by `make generate`. Do not edit."


def files() -> dict[Path, str]:
    """What each generated file must hold."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    document = json.dumps(schema.openapi(version), indent=1, ensure_ascii=False)
    return {
        ROOT / "web" / "openapi.json": document + "\n",
        ROOT / "web" / "protocol.d.ts": f"// {NOTICE}\n\n{schema.typescript()}",
    } | {page: reference.fill(page.read_text()) for page in PAGES}


def stale() -> list[Path]:
    """The files that are missing or differ from what the message types say."""
    return [path for path, text in files().items() if not path.exists() or path.read_text() != text]


def main() -> int:
    if sys.argv[1:] == ["--check"]:
        paths = stale()
        for path in paths:
            print(f"{path.relative_to(ROOT)} is stale: run `make generate` and commit it", file=sys.stderr)
        return 1 if paths else 0
    for path, text in files().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
