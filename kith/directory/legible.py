"""Names as they are shown. Pure."""

import re

_SCRIPT = r"[^\s\u0000-\u024f\u200c\u200d]"
_JOINER = re.compile(rf"(?<={_SCRIPT})([\u200c\u200d])(?={_SCRIPT})|[\u200c\u200d]")
"""U+200C and U+200D; in the group where they part or join signs, as in Persian, Hindi or emoji. Elsewhere, as
between Latin letters, they would only make two names look alike."""


def tidied(text: str) -> str:
    """Printable, no control characters, single spaces; empty where nothing of the kind is left."""
    if text.isascii() and text.isprintable():  # most names, and a tenth of the time
        return " ".join(text.split())
    plain = "".join(sign if sign.isprintable() or sign in "\u200c\u200d" else " " for sign in text)
    return " ".join(_JOINER.sub(lambda found: found[1] or " ", plain).split())
