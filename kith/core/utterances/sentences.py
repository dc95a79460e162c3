"""From what was said to what may be meant by it, by the sentences of a data file (Hassil's). Pure.

    understand("call mum's mobile", "en")       ->  (Intent(CALL, "mum", "mobile"), Intent(CALL, "mum's mobile"))
    understand("make me a sandwich", "en")      ->  ()

All readings are given, the likeliest first; which of them finds somebody is for `kith.core.utterances.settling`.
Accents are left out on both sides, letter by letter, so that names stay as they were said.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from kith.core.names import fold
from kith.core.utterances.intents import LANGUAGES, MAX_SAID, Act, Intent, Language

if TYPE_CHECKING:  # imported where it is first needed: a server that nobody talks to starts without it
    from hassil import Intents
    from hassil.recognize import RecognizeResult

MAX_NAME = 3
"""Words that a name has at most where its text follows with nothing between. Longer ones want a "that"."""

MAX_READINGS = 6
"""Each may be a question to the server."""

_POSSESSIVE = re.compile(r"(?<=\w)['\u2019](?=s\b)|(?<=s)['\u2019](?=\s)")
_POSSESSED = re.compile(r" _(?=s?(?:\W|$))")
_POSSESSOR = re.compile(r" _s?$")
_SAYS = re.compile(r"(?<=\w):(?=\s+\S)")
_END = re.compile(r"[\s.!?,;:\u00a1\u00bf]+$")
_BEGINNING = re.compile(r"^[\s.!?,;:\u00a1\u00bf\u2026-]+")
_COUNTED = re.compile(r"\W+$|^\W+")


@dataclass(frozen=True, slots=True)
class Words:
    """What else belongs to a language: see the data files."""

    polite: tuple[str, ...]
    articles: frozenset[str]
    joining: str
    saying: str
    noise: frozenset[str]
    last: str
    ordinals: Mapping[str, int]
    none_of_them: frozenset[str]


@dataclass(frozen=True, slots=True)
class Tongue:
    """A language's sentences and words, and what is answered in it, by its key."""

    intents: "Intents"
    words: Words
    answers: Mapping[str, str]


@lru_cache(len(LANGUAGES))
def tongue(language: Language) -> Tongue:
    """Read once; it takes some 50 ms."""
    import yaml  # type: ignore[import-untyped]
    from hassil import Intents

    text = resources.files("kith.core.utterances").joinpath(f"{language}.yaml").read_text(encoding="utf-8")
    written = yaml.safe_load(text)
    words = written.pop("words")
    answers = written.pop("answers")
    return Tongue(
        Intents.from_dict(_plainly(written)),
        Words(
            polite=tuple(sorted(words["polite"], key=len, reverse=True)),
            articles=frozenset(words["articles"]),
            joining=words["and"],
            saying=words["saying"],
            noise=frozenset(words["noise"]),
            last=words["last"],
            ordinals={word: number for number, line in enumerate(words["ordinals"]) for word in line.split()},
            none_of_them=frozenset(words["none_of_them"]),
        ),
        answers,
    )


def understand(text: str, language: Language = "en") -> tuple[Intent, ...]:
    """What may be meant, the likeliest first; empty if it means nothing to a device."""
    from hassil import recognize_all

    spoken = tongue(language)
    said = _tidy(text[:MAX_SAID], spoken.words)
    if not said:
        return ()
    found = [
        _Reading(result, said) for result in recognize_all(_plain(said), spoken.intents, language=language)
    ]
    fixed = [one for one in found if not one.open]
    readings = sorted(fixed or found, key=lambda one: (one.open, len(one.parts.get("name", ""))))
    intents = [intent for one in readings for intent in one.intents(spoken.words)]
    return tuple(dict.fromkeys(_agreeing(intents)))[:MAX_READINGS]


def _agreeing(intents: Sequence[Intent]) -> Iterator[Intent]:
    """Those of the act that fits best: others are only for its names. A text that was set off is no part of one."""
    for intent in intents:
        if intent.act is intents[0].act and (intent.text or not intents[0].text):
            yield intent


class _Reading:
    """One way in which Hassil reads it. `open` is how many of its letters no sentence has."""

    def __init__(self, result: "RecognizeResult", said: str) -> None:
        self._act = Act(result.intent.name)
        self.parts: dict[str, str] = {}
        self.open = 0
        for entity in result.entities_list:
            if entity.is_wildcard and entity.text_span is not None:
                start, end = entity.text_span
                part = said[start:end].strip()
                self.parts[entity.name] = part
                self.open += len(part.replace(" ", ""))
            else:
                self.parts[entity.name] = str(entity.value)

    def intents(self, words: Words) -> Iterator[Intent]:
        parts = self.parts
        if "rest" in parts:
            yield from _split(self._act, parts["rest"], words)
            return
        text = _BEGINNING.sub("", _joined(parts.get("text", "")))
        name = _named(parts.get("name", ""), words)
        if "label" in parts and _POSSESSOR.search(parts["name"]):
            return  # another reading has the name without its ending
        wanted = {"name", "text"} & parts.keys()
        if all({"name": name, "text": text}[part] for part in wanted):
            yield Intent(self._act, name, fold(parts.get("label", "")), text)


def _split(act: Act, rest: str, words: Words) -> Iterator[Intent]:
    """A name and a text with nothing between: every way to part them, and all of it as a name."""
    said = _without_article(rest, words).split()
    if 1 < len(said) <= MAX_NAME:
        yield Intent(act, _named(" ".join(said), words))
    for count in range(1, min(MAX_NAME, len(said) - 1) + 1):
        name = _COUNTED.sub("", " ".join(said[:count]))
        if name:
            yield Intent(act, _named(name, words), "", _BEGINNING.sub("", _joined(" ".join(said[count:]))))


def _named(name: str, words: Words) -> str:
    return _END.sub("", _BEGINNING.sub("", _joined(_without_article(name, words))))


def _without_article(name: str, words: Words) -> str:
    first, _, others = name.partition(" ")
    return others.strip() if fold(first) in words.articles and others.strip() else name


def _joined(text: str) -> str:
    return _POSSESSED.sub("'", text)


def _tidy(text: str, words: Words) -> str:
    """As the sentences have it: composed, spaced once, without what is only polite, possessives apart."""
    said = " ".join(unicodedata.normalize("NFC", text).split())
    said = _SAYS.sub(f" {words.saying}", said)
    said = _POSSESSIVE.sub(" _", said)
    before = None
    while before != said:
        before = said
        said = _END.sub("", _BEGINNING.sub("", said))
        for word in words.polite:
            said = re.sub(rf"^{word}\b[\s,.!:]*|[\s,]+{word}$", "", said, flags=re.IGNORECASE)
    return said


def _plain(text: str) -> str:
    """Without accents, as long as it was."""
    return "".join(unicodedata.normalize("NFD", sign)[0] for sign in text)


def _plainly(written: Any) -> Any:
    match written:
        case str():
            return _plain(written)
        case dict():
            return {key: _plainly(value) for key, value in written.items()}
        case list():
            return [_plainly(value) for value in written]
        case _:
            return written
