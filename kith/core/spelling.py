"""When two spellings are of one name. Pure."""

import re
import unicodedata

_NO_WORD = re.compile(r"[^\w\s]|_")


def fold(text: str) -> str:
    """Without case, accents, punctuation and doubled spaces, so that "José" and "jose" are one."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return " ".join(_NO_WORD.sub(" ", plain.casefold()).split())
