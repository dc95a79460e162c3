"""What a person says to a device, as text. Pure.

A sentence becomes the same intent that the button gives (R30). Whom a name means among contacts is for the server to
say; among the few that a device knows itself (profiles, the choices of a question) it is decided here without
guessing: one exact match, else one unique beginning or part, else a question.
"""

import re
from collections.abc import Iterable, Sequence
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
    PROFILE = "profile"
    BLOCK = "block"
    UNBLOCK = "unblock"
    DROP_IN = "drop_in"
    LET_IN = "let_in"
    NOT_NOW = "not_now"
    DROP_IN_OFF = "drop_in_off"
    DROP_IN_ON = "drop_in_on"
    QUIET_ON = "quiet_on"
    QUIET_OFF = "quiet_off"
    QUIET_EVERYWHERE = "quiet_everywhere"
    QUIET_NOWHERE = "quiet_nowhere"
    CLOSE_EVERYTHING = "close_everything"
    HERE = "here"


@dataclass(frozen=True, slots=True)
class Intent:
    """`name` is whom it is about, as it was said, and `label` which of their numbers; empty for most acts."""

    act: Act
    name: str = ""
    label: str = ""


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
    "let in": Act.LET_IN,
    "let them in": Act.LET_IN,
    "let her in": Act.LET_IN,
    "let him in": Act.LET_IN,
    "come in": Act.LET_IN,
    "not now": Act.NOT_NOW,
    "disable drop in": Act.DROP_IN_OFF,
    "turn off drop in": Act.DROP_IN_OFF,
    "drop in off": Act.DROP_IN_OFF,
    "enable drop in": Act.DROP_IN_ON,
    "turn on drop in": Act.DROP_IN_ON,
    "close everything": Act.CLOSE_EVERYTHING,
    "i m here": Act.HERE,
    "i am here": Act.HERE,
    **{
        f"{turn}{quiet}{state}{where}": act
        for quiet in ("do not disturb", "don t disturb")
        for where, acts in (
            ("", (Act.QUIET_ON, Act.QUIET_OFF)),
            (" everywhere", (Act.QUIET_EVERYWHERE, Act.QUIET_NOWHERE)),
        )
        for turn, state, act in (
            ("", "", acts[0]),
            ("", " on", acts[0]),
            ("", " me", acts[0]),
            ("turn on ", "", acts[0]),
            ("", " off", acts[1]),
            ("turn off ", "", acts[1]),
        )
    },
}
_ABOUT = (
    (Act.VIDEO_CALL, re.compile(r"video call (?P<name>.+)", re.IGNORECASE)),
    (Act.DROP_IN, re.compile(r"drop in on (?P<name>.+)", re.IGNORECASE)),
    (Act.CALL, re.compile(r"call (?P<name>.+)", re.IGNORECASE)),
    (Act.BLOCK, re.compile(r"block (?P<name>.+)", re.IGNORECASE)),
    (Act.UNBLOCK, re.compile(r"unblock (?P<name>.+)", re.IGNORECASE)),
    (Act.PROFILE, re.compile(r"(?:i am|i['\u2019]m|this is) (?P<name>.+)", re.IGNORECASE)),
)
_LABEL = r"(?P<label>mobile|cell|cellphone|cell phone|home|house|landline|work|office|phone|number)(?: phone| number)?"
_NUMBER_OF = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"(?P<name>.+?)(?:['\u2019]s|(?<=s)['\u2019]) {_LABEL}",
        rf"(?P<name>.+) (?:on|at)(?: the| his| her| their| my)? {_LABEL}",
    )
)
_ARTICLE = re.compile(r"(?:my|the) (?=.)", re.IGNORECASE)
_ORDINALS = {
    word: number
    for number, words in enumerate(
        ("first 1 1st", "second 2 2nd", "third 3 3rd", "fourth 4 4th", "fifth 5 5th")
    )
    for word in words.split()
}
_NONE_OF_THEM = frozenset(("no", "none", "nobody", "neither", "cancel", "never mind", "stop"))
_NOISE = frozenset({"please", "the", "a", "my"})


def understand(text: str) -> Intent | None:
    """None if it means nothing to a device."""
    said = " ".join(text.split())
    words = [word for word in fold(said).split() if word not in _NOISE]
    if (act := _PLAIN.get(" ".join(words))) is not None:
        return Intent(act)
    said = re.sub(r"^please |,? please$|[.!?]+$", "", said, flags=re.IGNORECASE)
    for act, form in _ABOUT:
        if (match := form.fullmatch(said)) is not None:
            return _about(act, match["name"])
    return None


def _about(act: Act, name: str) -> Intent:
    if act is Act.PROFILE:
        return Intent(act, name)
    if act is Act.DROP_IN:
        return Intent(act, _ARTICLE.sub("", name, count=1))
    label = ""
    for form in _NUMBER_OF if act is not Act.BLOCK else ():
        if (match := form.fullmatch(name)) is not None:
            name, label = match["name"], match["label"].lower()
            break
    return Intent(act, _ARTICLE.sub("", name, count=1) if _ARTICLE.match(name) else name, label)


def together(names: str) -> tuple[str, ...]:
    """The names in "Anna, Ben and Carl"."""
    parts = re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+", names.strip(), flags=re.IGNORECASE)
    return tuple(_ARTICLE.sub("", part, count=1) if _ARTICLE.match(part) else part for part in parts if part)


def picked(said: str, names: Sequence[str]) -> int | None:
    """Which of the names of a question an answer means, by its place or by itself; None if that is not clear."""
    words = [word for word in fold(said).split() if word not in (*_NOISE, "one", "number")]
    if not words:
        return None
    exact = [place for place, name in enumerate(names) if words == fold(name).split()]
    ordinal = len(names) - 1 if words == ["last"] else _ORDINALS.get(" ".join(words), len(names))
    by_place = [ordinal] if 0 <= ordinal < len(names) else []
    parts = [place for place, name in enumerate(names) if set(words) <= set(fold(name).split())]
    return next((found[0] for found in (exact, by_place, parts) if len(found) == 1), None)


def declines(said: str) -> bool:
    """Whether an answer to a question is "none of them"."""
    return fold(said) in _NONE_OF_THEM


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
