"""Lists of names, prepared so that what was said can be compared with thousands of them in milliseconds. Pure.

A name scores 0 to 100 by the first of these that holds (`Level`): it was said as it is; in another order; by nicknames
throughout; a part of it; a part by nickname; something that sounds exactly so; or it is near, which scores at most 90
of

    0.4 WRatio + 0.35 double metaphone + 0.25 Jaro-Winkler        (each 0 to 100)

Nearness is computed for all spellings of a list at once, each once, however many have it. WRatio, the dearest of the
three, is asked only for those that it could still lift over ASK.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache

import numpy as np
from doublemetaphone import doublemetaphone  # type: ignore[import-untyped]
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from rapidfuzz.distance import JaroWinkler

from kith.core.ids import EndpointId, PersonId
from kith.core.names import fold
from kith.directory.nicknames import alike
from kith.directory.spoken import spoken

ASK = 75.0
"""Below this a name is another one. Lower, and "Phil" would be asked about for "Bill"; higher, and "Tim" (82) would not
be for "Tom"."""

SHORTEST = 3
"""Letters from which on nearness means anything: one letter is near to all that begins with it."""


_OF = frozenset(("s", "of", "de", "del", "da", "von"))
"""What stands in a name between somebody and whose they are, or where they come from."""

_NO_NAMES = frozenset(
    (
        *("ex", "old", "new", "former", "office", "work", "job", "bank", "school", "doctor"),
        *("dentist", "clinic", "garage", "taxi", "shop", "hotel", "emergency", "neighbour", "neighbor"),
        *("landlord", "boss", "plumber", "vet", "banco", "oficina", "trabajo", "colegio", "escuela"),
        *("medico", "dentista", "taller", "tienda", "vecino", "vecina", "jefe", "jefa"),
        *("antiguo", "antigua", "viejo", "vieja", "emergencia", "emergencias"),
    )
)
"""Words that say what somebody is to one, or that somebody else is meant than the name beside them says."""

_OTHERS = _OF | _NO_NAMES

MAX_WORDS = 6
MAX_NICKNAMES = 4
"""What of a name, and how many of them, are keys. Few people have more, and who does is found by the others."""

MAX_SPELLINGS = 60_000
"""Of one list, and after that names are found only as they are written: some 60 MB, and a second to prepare. Ten
thousand people have 40,000."""

_SEPARATORS = re.compile(r"[,;/()]")


class Level(IntEnum):
    """How a name was said; what it scores for that, or at most."""

    EXACT = 100
    OTHER_ORDER = 98
    NICKNAME = 96
    PART = 94
    PART_NICKNAME = 92
    SOUND = 91
    NEAR = 90


@dataclass(frozen=True, slots=True)
class Target:
    """What a name leads to: a person, an endpoint, or neither, where somebody cannot be reached here. `label` is what
    the number is for. `moved`: the number is another person's than it was."""

    label: str = ""
    person: PersonId | None = None
    endpoint: EndpointId | None = None
    moved: bool = False

    @property
    def reaches(self) -> str | None:
        return self.person or self.endpoint


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody or something in a list. `id` is unique in it and decides nothing but order; `nickname` may hold several,
    with commas between. `note` tells those of one name apart; nobody is looked for by it."""

    id: str
    name: str
    nickname: str = ""
    targets: tuple[Target, ...] = (Target(),)
    note: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """`sure`: it was the name that was said, or it sounds exactly so."""

    points: float
    sure: bool


class Said:
    """What was said, as it is compared."""

    def __init__(self, text: str) -> None:
        self.words = tuple(fold(text).split())
        self.text = " ".join(self.words)
        self.joined = "".join(self.words)
        self.kin = [alike(word) for word in self.words]


@dataclass(slots=True)
class _Spelled:
    """Different spellings and whose they are. Each sounds in two ways, which are places in `sounds`."""

    texts: list[str] = field(default_factory=list)
    owners: list[tuple[int, ...]] = field(default_factory=list)
    sounds: list[str] = field(default_factory=list)
    sounding: dict[str, list[int]] = field(default_factory=dict)
    """All spellings of what is spoken alike."""
    first: NDArray[np.intp] = field(default_factory=lambda: np.empty(0, np.intp))
    second: NDArray[np.intp] = field(default_factory=lambda: np.empty(0, np.intp))


@dataclass(frozen=True, slots=True)
class Keys:
    """A list by which names are found. Not changed after `prepare`, so that threads may share it."""

    entries: tuple[Entry, ...]
    forms: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)
    """Each name and nickname as words, with the place of its entry."""
    exact: dict[str, list[int]] = field(default_factory=dict)
    ordered: dict[tuple[str, ...], list[int]] = field(default_factory=dict)
    words: dict[str, list[int]] = field(default_factory=dict)
    """In which forms a word is."""
    whole: _Spelled = field(default_factory=_Spelled)
    """Names of one word."""
    part: _Spelled = field(default_factory=_Spelled)
    """Words of longer names."""
    several: _Spelled = field(default_factory=_Spelled)
    """Longer names, in the orders in which they are said."""

    without: frozenset[str] = frozenset()
    """Entries, by id, that are as if they were not there."""

    @property
    def size(self) -> int:
        """Spellings and names, at about 1 KiB each."""
        return len(self.forms) + sum(len(one.texts) for one in (self.whole, self.part, self.several))


def prepare(entries: Iterable[Entry]) -> Keys:
    """The keys of a list, which come out the same in whatever order it is given."""
    keys = Keys(tuple(sorted(entries, key=lambda one: one.id)))
    spellings: dict[bool | None, dict[str, set[int]]] = {True: {}, False: {}, None: {}}
    for place, words in _forms(keys.entries):
        number = len(keys.forms)
        keys.forms.append((place, words))
        keys.exact.setdefault(" ".join(words), []).append(place)
        for key in {tuple(sorted(words)), ("".join(words),)}:
            keys.ordered.setdefault(key, []).append(place)
        for word in dict.fromkeys(words):
            keys.words.setdefault(word, []).append(number)
        if sum(map(len, spellings.values())) > MAX_SPELLINGS:
            continue
        if _OTHERS.isdisjoint(words):
            for word in dict.fromkeys(words):
                spellings[len(words) == 1].setdefault(word, set()).add(place)
        for text in _orders(words):
            spellings[None].setdefault(text, set()).add(place)
    for kind, spelled in ((True, keys.whole), (False, keys.part), (None, keys.several)):
        _spell(spelled, spellings[kind])
    return keys


def scores(keys: Keys, said: Said, *, sure_only: bool = False) -> dict[int, Score]:
    """All entries, by their place, that score at least ASK; or only those of which it is sure."""
    found: dict[int, Score] = {}
    if not said.words:
        return found
    for place, points, sure in _candidates(keys, said, sure_only=sure_only):
        best = found.get(place, Score(0.0, sure=False))
        if (sure or not sure_only) and keys.entries[place].id not in keys.without:
            found[place] = Score(max(points, best.points), sure or best.sure)
    return found


def _candidates(keys: Keys, said: Said, *, sure_only: bool) -> Iterator[tuple[int, float, bool]]:
    for place in keys.exact.get(said.text, ()):
        yield place, Level.EXACT, True
    for key in {tuple(sorted(said.words)), (said.joined,)}:
        for place in keys.ordered.get(key, ()):
            yield place, Level.OTHER_ORDER, True
    yield from _parts(keys, said)
    if len(said.joined) >= SHORTEST:
        one_word = len(said.words) == 1
        further, less = (keys.part, 2.0) if one_word else (keys.several, 0.0)
        for place in (*_sounding(keys.whole, said.joined), *_sounding(further, said.text)):
            yield place, Level.SOUND, True
        if not sure_only:
            for place, points in _near(keys.whole, said.joined):
                yield place, points, False
            for place, points in _near(further, said.text):
                yield place, points - less, False


def _forms(entries: Iterable[Entry]) -> Iterator[tuple[int, tuple[str, ...]]]:
    for place, entry in enumerate(entries):
        names = [entry.name, *_SEPARATORS.split(entry.nickname, MAX_NICKNAMES)[:MAX_NICKNAMES]]
        for words in dict.fromkeys(tuple(fold(name).split()[:MAX_WORDS]) for name in names):
            if words:
                yield place, words


def _orders(words: tuple[str, ...]) -> Iterator[str]:
    """A longer name as it is written, family name first or last, and without what is between."""
    if len(words) > 1:
        yield " ".join(words)
        yield " ".join((words[-1], *words[:-1]))
    if len(words) > 2:
        yield f"{words[0]} {words[-1]}"


# -- by words -------------------------------------------------------------------------------------------------------


def _parts(keys: Keys, said: Said) -> Iterator[tuple[int, float, bool]]:
    """Names in which every word that was said is, as it is or by a nickname."""
    holding = [{form for other in kin for form in keys.words.get(other, ())} for kin in said.kin]
    for number in set.intersection(*holding):
        place, words = keys.forms[number]
        sure = _is_about(words, said) and all(any(kin.get(word) for word in words) for kin in said.kin)
        if all(word in words for word in said.words):
            yield place, Level.PART, sure
        elif len(words) == len(said.words) and all(any(word in kin for kin in said.kin) for word in words):
            yield place, Level.NICKNAME, sure
        else:
            yield place, Level.PART_NICKNAME, sure


def _is_about(words: tuple[str, ...], said: Said) -> bool:
    """Whether the name is of who was said, and not of somebody of theirs: "Bill's wife" is not Bill, and "Bill (bank)"
    perhaps not."""
    if not _NO_NAMES.intersection(words) <= set(said.words):
        return False
    if _OF.isdisjoint(words):
        return True
    return any(words[0] in kin for kin in said.kin) and ("s" not in words or "s" in said.words)


# -- by sound and letters -------------------------------------------------------------------------------------------


def _spell(spelled: _Spelled, owners: dict[str, set[int]]) -> None:
    places: dict[str, int] = {}
    sounds: list[tuple[int, int]] = []
    for text in sorted(owners):
        first, second = _sounds(text)
        sounds.append((places.setdefault(first, len(places)), places.setdefault(second, len(places))))
        spelled.sounding.setdefault(spoken(text), []).append(len(spelled.texts))
        spelled.texts.append(text)
        spelled.owners.append(tuple(sorted(owners[text])))
    spelled.sounds = list(places)
    both = np.array(sounds, np.intp).reshape(-1, 2)
    spelled.first, spelled.second = both[:, 0], both[:, 1]


_code = lru_cache(8_192)(doublemetaphone)


def _sounds(text: str) -> tuple[str, str]:
    """How it sounds, in two ways where there are two; empty where nothing is known of these letters."""
    codes = [_code(word) for word in text.split()]
    first = " ".join(code[0] for code in codes)
    return first, " ".join(code[1] or code[0] for code in codes)


def _near(spelled: _Spelled, text: str) -> Iterator[tuple[int, float]]:
    """Whatever is near enough to be asked about."""
    if not spelled.texts:
        return
    letters = process.cdist([text], spelled.texts, scorer=JaroWinkler.normalized_similarity)[0] * 100
    heard = process.cdist(sorted(set(_sounds(text))), spelled.sounds, scorer=fuzz.ratio).max(axis=0)
    sound = np.maximum(heard[spelled.first], heard[spelled.second])
    sound = np.where(sound > 0, sound, letters)  # letters that it has no sounds for
    without = 0.35 * sound + 0.25 * letters
    for number in np.flatnonzero(40 + without >= ASK):
        other = spelled.texts[number]
        points = 0.4 * fuzz.WRatio(text, other) + float(without[number])
        if points >= ASK and len(other) <= 2 * len(text) and len(text) <= 2 * len(other):
            for place in spelled.owners[number]:
                yield place, min(points, float(Level.NEAR))


def _sounding(spelled: _Spelled, text: str) -> Iterator[int]:
    """Whatever differs from it in spelling alone, which needs no look at the others."""
    for number in spelled.sounding.get(spoken(text), ()):
        yield from spelled.owners[number]
