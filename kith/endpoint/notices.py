"""What happened while nobody listened: missed calls, messages and news, kept a while to be read out. Pure.

It holds who and what kind, never what a message says. Nothing of it leaves the endpoint or is written to its disk: with
`KEPT` over, or the endpoint ended, it is gone (R131). Whatever was seen or heard at another endpoint vanishes here too.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from kith.core.names import fold
from kith.core.utterances.answers import say
from kith.core.utterances.intents import Language

Kind = Literal["call", "message", "news"]

KEPT = 24 * 3600.0
"""Seconds. Longer, and what is read out in the morning is of the day before yesterday."""

MOST = 100
"""Notices; the oldest give way."""


@dataclass(frozen=True, slots=True)
class Notice:
    """`id` is that of the call, the message or the piece of news, `person` whose doing it is (empty for news), `at` in
    Unix seconds, and `text` is a whole sentence, of news alone."""

    kind: Kind
    id: str
    person: str
    name: str
    at: float
    text: str = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which notices are kept at all: of these kinds, and where `vips` is given only by these persons, by id or name."""

    kinds: frozenset[Kind] = frozenset(("call", "message", "news"))
    vips: frozenset[str] | None = None

    def lets(self, notice: Notice) -> bool:
        if notice.kind not in self.kinds:
            return False
        if self.vips is None:
            return True
        named = {fold(one) for one in self.vips}
        return bool(notice.person) and (notice.person in self.vips or fold(notice.name) in named)


class Notices:
    """Of one endpoint. `clock` gives Unix seconds."""

    def __init__(self, clock: Callable[[], float], *, only: Filter | None = None, kept: float = KEPT) -> None:
        self.only = only or Filter()
        self._clock = clock
        self._kept = kept
        self._notices: dict[tuple[Kind, str], Notice] = {}
        self._read: set[tuple[Kind, str]] = set()

    def add(self, notice: Notice) -> bool:
        """Whether it is a new one that is kept."""
        key = notice.kind, notice.id
        known = key in self._notices
        if known or notice.at <= self._clock() - self._kept or not self.only.lets(notice):
            return False
        self._notices[key] = notice
        self._expire()
        return key in self._notices

    def keep_only(self, kind: Kind, ids: Iterable[str]) -> None:
        """Of this kind these are all that nobody has seen elsewhere."""
        left = set(ids)
        for key in [key for key in self._notices if key[0] == kind and key[1] not in left]:
            self._drop(key)

    def forget(self) -> None:
        """All of them."""
        self._notices.clear()
        self._read.clear()

    def kept(self) -> tuple[Notice, ...]:
        """Those that have not expired, the oldest first."""
        self._expire()
        return tuple(self._notices.values())

    def read(self, *, again: bool = False) -> tuple[Notice, ...]:
        """Those that were not read out yet, or `again` all that are kept; from now on they were."""
        found = [one for one in self.kept() if again or (one.kind, one.id) not in self._read]
        self._read.update((one.kind, one.id) for one in found)
        return tuple(found)

    def _expire(self) -> None:
        ordered = sorted(self._notices.items(), key=lambda item: item[1].at)
        oldest = self._clock() - self._kept
        excess = len(ordered) - MOST
        for place, (key, notice) in enumerate(ordered):
            if notice.at <= oldest or place < excess:
                self._drop(key)
        self._notices = dict(sorted(self._notices.items(), key=lambda item: item[1].at))

    def _drop(self, key: tuple[Kind, str]) -> None:
        self._notices.pop(key, None)
        self._read.discard(key)


def told(notices: Sequence[Notice], language: Language = "en") -> str:
    """Them in sentences: who called and wrote, each person once, then the news."""
    if not notices:
        return say(language, "nothing_missed")
    sentences = []
    for kind, one, many in (
        ("call", "missed_call", "missed_calls"),
        ("message", "got_message", "got_messages"),
    ):
        names = [notice.name or say(language, "somebody") for notice in notices if notice.kind == kind]
        for name in dict.fromkeys(names):
            count = names.count(name)
            sentences.append(say(language, one if count == 1 else many, name=name, count=count))
    return " ".join((*sentences, *(notice.text for notice in notices if notice.kind == "news")))
