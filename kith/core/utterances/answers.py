"""What a device answers, in the language in which it was spoken to. Pure."""

from collections.abc import Sequence

from kith.core.utterances.intents import Language
from kith.core.utterances.sentences import tongue


def say(language: Language, key: str, **parts: object) -> str:
    """The sentence of the data file under this key, with `parts` put in. Raises KeyError for one that is not there."""
    return tongue(language).answers[key].format(**parts)


def either(language: Language, names: Sequence[str]) -> str:
    """As in: Anna, Ben or Carl."""
    return _joined(names, say(language, "or"))


def both(language: Language, names: Sequence[str]) -> str:
    """As in: Anna, Ben and Carl."""
    return _joined(names, say(language, "and"))


def _joined(names: Sequence[str], joining: str) -> str:
    return f" {joining} ".join(filter(None, (", ".join(names[:-1]), names[-1])))
