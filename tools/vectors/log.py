"""A chain of the log for other implementations: written to tests/vectors/log.json, with keys that everybody knows."""

import base64
import json
from pathlib import Path
from typing import Any

from kith.core.keys import KeyPair
from kith.core.trust import log
from kith.core.trust.log import Head, LogEntry, Outcome, Payload, What

OWNER = "p_" + "a" * 20


PATH = Path(__file__).resolve().parents[2] / "tests" / "vectors" / "log.json"


def text() -> str:
    """The file's text."""
    keys = KeyPair.from_private_bytes(bytes(range(64)))
    head: Head | None = None
    lines: list[dict[str, Any]] = []
    for number, outcome in enumerate((Outcome.ADMITTED, Outcome.REFUSED, Outcome.ENDED)):
        payload = log.write(
            Payload(
                salt=bytes([number]) * log.SALT, what=What.DROP_IN, outcome=outcome, name="Zoë", length=number
            )
        )
        entry = log.follow(
            head,
            payload,
            owner=OWNER,
            time=1_800_000_000 - number,  # a clock that runs backwards
            writer=keys.public.identity,
            sign=keys.sign,
        )
        head = log.head_of(entry)
        lines.append({"entry": _plain(entry), "payload": _text(payload), "head": _text(head.hash)})
    return json.dumps({"lines": lines}, indent=1, ensure_ascii=False) + "\n"


def _plain(entry: LogEntry) -> dict[str, Any]:
    values = {name: getattr(entry, name) for name in LogEntry.__struct_fields__}
    return {name: _text(value) if isinstance(value, bytes) else value for name, value in values.items()}


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
