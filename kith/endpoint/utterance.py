"""Whom a name means among the few that a device knows itself: profiles, and the devices around it. Pure.

Whom it means among contacts is for the server to say. Here nothing is guessed: one exact match, else one unique
beginning, else a question. What else is said to a device is in `kith.core.utterances`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from kith.core.names import fold


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody or something that can be called."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Nobody:
    """No name fits."""


@dataclass(frozen=True, slots=True)
class Which:
    """Several fit: ask."""

    choices: tuple[Named, ...]


def meant(said: str, names: Iterable[Named]) -> Named | Which | Nobody:
    """Whom `said` means among `names`: exact, then regardless of case and accents, then by a unique beginning."""
    known = sorted(set(names), key=lambda one: (one.name, one.id))
    wanted = fold(said)
    tests = (
        lambda one: one.name == said,
        lambda one: fold(one.name) == wanted,
        lambda one: bool(wanted) and fold(one.name).startswith(wanted),
    )
    for test in tests:
        found = tuple(one for one in known if test(one))
        if len(found) == 1:
            return found[0]
        if found:
            return Which(found)
    return Nobody()
