"""Different spellings of what sounds the same: "Erik" and "Eric", "Ana" and "Anna". Pure.

Stricter than metaphone, which hears no vowels and takes "Lucia" for "Luisa": here only what English and Spanish write
in several ways for one sound is made one, so that two names that come out alike cannot be told apart by ear.
"""

import re
from functools import lru_cache

_RULES = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"ph", "f"),
        (r"chr", "kr"),
        (r"c(?=h)", "C"),  # "ch" stays what it is
        (r"ck|q(?:u(?=[ei]))?", "k"),
        (r"c(?=[eiy])|z", "s"),
        (r"c", "k"),
        (r"x", "ks"),
        (r"(?:(?<!\bmar)ie|ey|ee|y)\b", "i"),  # Marie is not Mary
        (r"y", "i"),
        (r"(?<=\w)(?<!C)h", ""),  # silent but at the beginning: "Sarah", "John", "Thomas"
        (r"([^\W\d])\1+", r"\1"),
    )
)


def spoken(text: str) -> str:
    """How a folded name is spoken; two with the same result are one to the ear."""
    return " ".join(map(_spoken, text.split()))


@lru_cache(8_192)
def _spoken(word: str) -> str:
    for pattern, sound in _RULES:
        word = pattern.sub(sound, word)
    return word
