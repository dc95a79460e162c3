"""How a device on the terminal shows what happens: each event has a name, details, and at most one line of its own."""

from collections.abc import Callable, Mapping
from typing import Any

Show = Callable[[str, dict[str, Any]], None]
"""What shows an event, by its name and its details."""

Lines = Mapping[str, Callable[[dict[str, Any]], str | None]]
"""What a person reads of each event; None where they need not read anything of it just now."""
