"""A vCard without what makes it large. Pure.

A card from an address book may be megabytes: pictures are in its text. What somebody is called by is a few lines.
"""

import re

MAX_CARD = 65_536
"""Signs that are left of a card. Two thousand of them are an ordinary one."""

MAX_LINES = 1_000

MAX_FOLDED = 40_000
"""Lines of a card with everything in it: a picture of 2 MB, written as most write it. Looking for pictures in so many
holds up the other threads for some 3 ms, which have no turn meanwhile."""

_HEAVY = re.compile(
    r"^(?:[\w-]+\.)?(?:PHOTO|LOGO|SOUND|KEY)[;:][^\n]*(?:\n[ \t][^\n]*)*\n?",
    re.ASCII | re.IGNORECASE | re.MULTILINE,
)
"""A property that is a file, with the lines that go on with it (RFC 6350, section 3.2). Whatever is written, each sign
is looked at once or twice."""


def bare(card: str) -> str | None:
    """`card` without its pictures, sounds and keys; None if it is large or long all the same."""
    if card.count("\n") > MAX_FOLDED:
        return None
    text = _HEAVY.sub("", card)
    if len(text) > MAX_CARD or text.count("\n") > MAX_LINES or text.count("\r") > 2 * MAX_LINES:
        return None
    return text
