"""Whom a reading of an utterance is about, where it may be read in several ways. Pure.

The law: **nobody is spoken to by guess**. "tell Anna Maria is late" is a text for Anna or for Anna Maria; who hears it
is told only where one reading alone finds somebody for certain and no other comes near. Else it is a question.

Names are asked for one after another and as few as will do: words behind a name belong to what somebody is to be told,
and that is nobody else's business. `Search` says which name to look for next, and in the end what was found.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from rapidfuzz.distance import JaroWinkler

from kith.core.names import Outcome, fold
from kith.core.utterances.intents import Intent

C = TypeVar("C")

ALIKE = 0.84
"""From which on (Jaro-Winkler, 0 to 1) a word may be one of a name that was misheard. Lower, and "dinner" would be
asked about beside "Diana"; higher, and "Mari" would not be for "Maria"."""


@dataclass(frozen=True, slots=True)
class Meant(Generic[C]):
    """`intent` with the name as it was said, and who that is."""

    intent: Intent
    choice: C


@dataclass(frozen=True, slots=True)
class Settled(Generic[C]):
    """The one; those to ask about, the likeliest first, perhaps one alone; or nobody."""

    outcome: Outcome
    choices: tuple[Meant[C], ...] = ()


class Search(Generic[C]):
    """`readings` of one utterance, the likeliest first; `name_of` and `key_of` say what a choice is called and who it
    is."""

    def __init__(
        self, readings: Sequence[Intent], *, name_of: Callable[[C], str], key_of: Callable[[C], str]
    ) -> None:
        self._waiting = list(readings)
        self._name_of = name_of
        self._key_of = key_of
        self._found: list[tuple[Intent, Outcome, tuple[C, ...]]] = []

    def next(self) -> Intent | None:
        """The reading whose name to look for next; None when that is enough."""
        return self._waiting[0] if self._waiting else None

    def found(self, outcome: Outcome, choices: Sequence[C]) -> None:
        """What came of the reading that `next` gave."""
        intent = self._waiting.pop(0)
        self._found.append((intent, outcome, tuple(choices)))
        if outcome is Outcome.ONE:  # a longer name may be the one that was meant; a shorter one cannot
            self._waiting = self._waiting if self._waiting and _extends(self._waiting[0], intent) else []
        elif outcome is Outcome.NONE and " " in intent.name:  # nobody's name begins like that
            self._waiting = [one for one in self._waiting if not _extends(one, intent)]

    def settled(self) -> Settled[C]:
        """Whom it is about, by all that was found."""
        sure = [(intent, some[0]) for intent, outcome, some in self._found if outcome is Outcome.ONE]
        unsure = [
            (intent, one)
            for intent, outcome, some in self._found
            if outcome is Outcome.WHICH
            for one in some
            if self._says_so(intent, one)
        ]
        best: dict[str, Meant[C]] = {}
        for intent, one in [*sure, *unsure]:
            known = best.get(self._key_of(one))
            if known is None or (known.intent.text and len(intent.name) > len(known.intent.name)):
                best[self._key_of(one)] = Meant(intent, one)
        if len(best) == 1 and sure:
            return Settled(Outcome.ONE, tuple(best.values()))
        if best:
            return Settled(Outcome.WHICH, tuple(best.values()))
        return Settled(Outcome.NONE)

    def _says_so(self, intent: Intent, choice: C) -> bool:
        """Whether the last word that was taken for a part of the name is one of this name, or nearly: else the name is
        near for the words before it, which another reading has looked for."""
        if not any(_extends(intent, one) for one, _, _ in self._found):
            return True
        last = fold(intent.name).split()[-1:]
        return any(
            JaroWinkler.similarity(one, word) >= ALIKE
            for one in last
            for word in fold(self._name_of(choice)).split()
        )


def _extends(longer: Intent, shorter: Intent) -> bool:
    return fold(longer.name).startswith(fold(shorter.name) + " ")
