"""The test vectors, as a reader in any language would take them from the file."""

import base64
import json
from typing import Any

from tools.vectors.whole import PATH

VECTORS: dict[str, list[dict[str, Any]]] = json.loads(PATH.read_text())


def cases(section: str) -> list[Any]:
    """The section's cases, of which none may be missing."""
    found = VECTORS[section]
    assert found
    return found


def name_of(case: Any) -> str:
    return str(case["name"])


def raw(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
