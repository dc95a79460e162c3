"""Everything that a device on the terminal says, for people or for programs: `device_calls` and its like say what."""

import json
from typing import Any

from kith.cli import (
    device_announcements,
    device_calls,
    device_groups,
    device_messages,
    device_signs,
    device_speech,
)
from kith.cli.device_show import Lines, Show
from kith.endpoint.endpoint import Endpoint

_LINES: Lines = {
    "enrolled": lambda d: (
        f"Enrolled as {d['name']}."
        + (f"\nThe server's certificate authority: {d['fingerprint']}" if d["fingerprint"] else "")
    ),
    "said": lambda d: str(d["text"]),
    **device_announcements.LINES,
    **device_calls.LINES,
    **device_groups.LINES,
    **device_messages.LINES,
    **device_signs.LINES,
    **device_speech.LINES,
}


def print_json(event: str, details: dict[str, Any]) -> None:
    """One event, one line, for programs."""
    print(json.dumps({"event": event, **details}), flush=True)


def print_line(event: str, details: dict[str, Any]) -> None:
    """The same for people, where they are told anything of it."""
    line = _LINES[event](details) if event in _LINES else None
    if line:
        print(line, flush=True)


def report(endpoint: Endpoint, show: Show) -> None:
    """Everything a person in the room would notice, as lines."""
    device_announcements.report(endpoint, show)
    device_calls.report(endpoint, show)
    device_groups.report(endpoint, show)
    device_messages.report(endpoint, show)
    device_signs.report(endpoint, show)
