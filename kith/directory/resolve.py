"""Whom a spoken or typed name means. Pure.

Two laws. **Nobody is called by guess**: one is meant only where what was said is the name, in any order of its words,
by a part of it or by a nickname, or sounds exactly like it, and nobody else comes near; everything else is a
question. **What is far tells as little as it can**: a name that is only in another member's list answers to itself and
to nothing that is merely like it, and one that reaches nobody is as if it was not there. Nor does an exact name there
outrank a weaker one among those who are near, which are the household's people and devices and the asker's own
contacts.

How names are compared, and what they score, is in `kith.directory.name_keys`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kith.core.names import Outcome, fold
from kith.directory.name_keys import Entry, Keys, Level, Said, Score, Target, scores

MAX_CHOICES = 5
"""Of a question. More cannot be kept in mind by who is asked, and would tell more than was asked for."""

MARGIN = 8.0
"""Names that score no less than the best by this are meant as well as the best. Lower, and "Ana" would silently win
over "Anna"; higher, and near misses would be asked about beside the name itself."""


@dataclass(frozen=True, slots=True)
class Choice:
    """`far`: only another member's list has it. `note`, of what is near, tells those of one name apart."""

    name: str
    target: Target
    far: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Resolved:
    """The one; or those to ask about, the likeliest first, of which there may be one only ("did you mean ...?"); or
    nobody."""

    outcome: Outcome
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class _Hit:
    entry: Entry
    score: Score
    far: bool


def resolve(said: str, label: str, *, near: Sequence[Keys], far: Sequence[Keys]) -> Resolved:
    """Whom `said` means among the lists. `label` is which of their numbers, such as "mobile"; empty for any."""
    words = Said(said)
    hits = [*_hits(near, words, far=False), *_hits(far, words, far=True)]
    return _chosen(list(_meant(hits)), use(label))


def _hits(lists: Sequence[Keys], said: Said, *, far: bool) -> Iterator[_Hit]:
    for keys in lists:
        for place, score in scores(keys, said, sure_only=far).items():
            entry = keys.entries[place]
            if not far or any(target.reaches for target in entry.targets):
                yield _Hit(entry, score, far)


def use(label: str) -> str:
    """What a number is for, in one word for one thing."""
    folded = fold(label)
    return _USES.get(folded, folded)


def _meant(hits: Sequence[_Hit]) -> Iterator[_Hit]:
    """Those that come as near as the best."""
    best = max((hit.score.points for hit in hits), default=0.0)
    exact = {hit.far for hit in hits if hit.score.points == Level.EXACT}
    for hit in hits:
        outranked = exact and hit.score.points < Level.EXACT and (hit.far or False in exact)
        if hit.score.points >= best - MARGIN and not outranked:
            yield hit


def _chosen(hits: Sequence[_Hit], wanted: str) -> Resolved:
    options = [(hit, target) for hit in hits for target in _useful(hit.entry.targets)]
    fitting = [option for option in options if use(option[1].label) == wanted]
    passed_over = (
        wanted and fitting and any(not hit.far for hit in hits if hit not in [one for one, _ in fitting])
    )
    if wanted and fitting:
        options = fitting
    options.sort(key=_rank)
    chosen: dict[tuple[str, bool], tuple[Choice, bool]] = {}
    for hit, target in options:
        # A number that moved is another choice than the one who has it now: nothing of its name passes on to them.
        key = (target.reaches or f"nobody {fold(hit.entry.name)}", target.moved)
        choice, sure = chosen.get(key, (_choice(hit, target), False))
        chosen[key] = (choice, sure or hit.score.sure)
    choices = tuple(choice for choice, _ in chosen.values())
    if not choices:
        return Resolved(Outcome.NONE)
    sure = all(sure for _, sure in chosen.values()) and bool(fitting or not wanted)
    # Who is near and has no such number may be meant all the same: what is far is not certain beside them.
    one = len(choices) == 1 and sure and not (passed_over and choices[0].far)
    return Resolved(Outcome.ONE if one else Outcome.WHICH, choices[:MAX_CHOICES])


def _choice(hit: _Hit, target: Target) -> Choice:
    return Choice(hit.entry.name, target, hit.far, "" if hit.far else hit.entry.note)


def _useful(targets: Iterable[Target]) -> Sequence[Target]:
    """Of somebody's numbers those that reach somebody; those that moved only where there is no other."""
    reaching = [target for target in targets if target.reaches]
    return [target for target in reaching if not target.moved] or reaching or [Target()]


def _rank(option: tuple[_Hit, Target]) -> tuple[float, bool, str, str, str, str, str]:
    """The likeliest first, in an order that depends on nothing but what is in the lists."""
    hit, target = option
    name = hit.entry.name
    return -hit.score.points, hit.far, fold(name), name, hit.entry.id, target.label, target.reaches or ""


_USES = {
    word: words[0]
    for words in (
        (
            "mobile",
            "cell",
            "cellphone",
            "cellular",
            "mobile phone",
            "cell phone",
            "movil",
            "celular",
            "handy",
        ),
        ("home", "house", "landline", "casa", "fijo"),
        ("work", "office", "job", "business", "trabajo", "oficina"),
        ("", "phone", "telephone", "number", "telefono", "numero"),
    )
    for word in words
}
