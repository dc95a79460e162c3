"""When two spellings are of one name, and what may come of looking for one. Pure."""

import re
import unicodedata
from enum import StrEnum

_NO_WORD = re.compile(r"[^\w\s]|_")


class Outcome(StrEnum):
    """What a name means: one; one of several, or perhaps the only one, which is to be asked; nobody."""

    ONE = "one"
    WHICH = "which"
    NONE = "none"


def fold(text: str) -> str:
    """Without case, accents, punctuation and doubled spaces, so that "José" and "jose" are one."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return " ".join(_NO_WORD.sub(" ", plain.casefold()).split())
