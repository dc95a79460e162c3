"""What a person answers to a question of a device: one of several, yes, no, or something else. Pure."""

import re
from collections.abc import Sequence

from kith.core.names import fold
from kith.core.utterances.intents import Language
from kith.core.utterances.sentences import tongue


def picked(
    said: str, names: Sequence[str], language: Language = "en", *, by_place: bool = True
) -> int | None:
    """Which of the names of a question an answer means, by itself or, where they were said in this order, `by_place`;
    None if that is not clear."""
    known = tongue(language).words
    words = [word for word in fold(said).split() if word not in known.noise]
    if not words:
        return None
    exact = [place for place, name in enumerate(names) if words == fold(name).split()]
    ordinal = len(names) - 1 if words == [known.last] else known.ordinals.get(" ".join(words), len(names))
    placed = [ordinal] if by_place and 0 <= ordinal < len(names) else []
    parts = [place for place, name in enumerate(names) if set(words) <= set(fold(name).split())]
    return next((found[0] for found in (exact, placed, parts) if len(found) == 1), None)


def declines(said: str, language: Language = "en") -> bool:
    """Whether an answer to a question is "none of them"."""
    return fold(said) in tongue(language).words.none_of_them


def together(names: str, language: Language = "en") -> tuple[str, ...]:
    """The names in: Anna, Ben and Carl."""
    words = tongue(language).words
    joining = words.joining
    parts = re.split(rf"\s*,\s*(?:{joining}\s+)?|\s+{joining}\s+", names.strip(), flags=re.IGNORECASE)
    article = re.compile(rf"(?:{'|'.join(sorted(words.articles))}) (?=.)", re.IGNORECASE)
    return tuple(article.sub("", part, count=1) for part in parts if part)
