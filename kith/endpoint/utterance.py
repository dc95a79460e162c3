"""What a person says to a device, as text, and whom they mean. Pure.

A sentence becomes the same intent that the button gives (R30). Whom a name means is decided here without
guessing: one exact match, else one unique beginning, else a question.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from kith.core.names import fold


class Act(StrEnum):
    CALL = "call"
    VIDEO_CALL = "video_call"
    ANSWER = "answer"
    DECLINE = "decline"
    HANG_UP = "hang_up"
    CONTINUE_HERE = "continue_here"
    VIDEO_OFF = "video_off"
    VIDEO_ON = "video_on"
    MUTE = "mute"
    UNMUTE = "unmute"
    MICROPHONE_OFF = "microphone_off"
    MICROPHONE_ON = "microphone_on"
    SHUTTER_CLOSED = "shutter_closed"
    SHUTTER_OPEN = "shutter_open"
    SAME = "same"
    NOT_SAME = "not_same"
    COMPARE_AGAIN = "compare_again"


@dataclass(frozen=True, slots=True)
class Intent:
    """`name` is whom to call, as it was said; empty for every other act."""

    act: Act
    name: str = ""


_PLAIN = {
    "answer": Act.ANSWER,
    "pick up": Act.ANSWER,
    "accept": Act.ANSWER,
    "decline": Act.DECLINE,
    "reject": Act.DECLINE,
    "ignore": Act.DECLINE,
    "hang up": Act.HANG_UP,
    "continue here": Act.CONTINUE_HERE,
    "move the call here": Act.CONTINUE_HERE,
    "end call": Act.HANG_UP,
    "goodbye": Act.HANG_UP,
    "cancel": Act.HANG_UP,
    "video off": Act.VIDEO_OFF,
    "turn video off": Act.VIDEO_OFF,
    "video on": Act.VIDEO_ON,
    "turn video on": Act.VIDEO_ON,
    "mute": Act.MUTE,
    "unmute": Act.UNMUTE,
    "microphone off": Act.MICROPHONE_OFF,
    "microphone on": Act.MICROPHONE_ON,
    "shutter closed": Act.SHUTTER_CLOSED,
    "close shutter": Act.SHUTTER_CLOSED,
    "shutter open": Act.SHUTTER_OPEN,
    "open shutter": Act.SHUTTER_OPEN,
    "yes": Act.SAME,
    "no": Act.NOT_SAME,
    "again": Act.COMPARE_AGAIN,
}
_CALL = re.compile(r"(?P<video>video )?call (?P<name>.+)")
_NOISE = frozenset({"please", "the", "a", "my"})


def understand(text: str) -> Intent | None:
    """None if it means nothing to a device."""
    said = " ".join(text.split())
    words = [word for word in fold(said).split() if word not in _NOISE]
    if (act := _PLAIN.get(" ".join(words))) is not None:
        return Intent(act)
    said = re.sub(r"^(please )|( please)$|[.!?]+$", "", said, flags=re.IGNORECASE)
    match = _CALL.fullmatch(said) or _CALL.fullmatch(said.lower())
    if match is None:
        return None
    name = said[match.start("name") : match.end("name")]
    return Intent(Act.VIDEO_CALL if match["video"] else Act.CALL, name)


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
