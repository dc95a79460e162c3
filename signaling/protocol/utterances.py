"""The message by which somebody who says or types a sentence finds what is meant by it. Pure."""

from typing import Annotated

from msgspec import Meta

from kith.core.names import Outcome
from kith.core.utterances.intents import MAX_SAID, Act, Language
from signaling.protocol.envelope import Command, Part, Reply
from signaling.protocol.names import NameChoice

MAX_MEANT = 30


class Utter(Command, frozen=True, kw_only=True, tag="utter"):
    """What is meant by a sentence, and about whom it is: for scripts, and for devices that do not understand by
    themselves. Nothing is done about it, and nothing of it is kept."""

    text: Annotated[str, Meta(min_length=1, max_length=MAX_SAID)]
    language: Language = "en"


class MeantOne(Part, frozen=True, kw_only=True):
    """Somebody whom a sentence may be about, where `said` is their name in it, and `text` what they are to be told."""

    choice: NameChoice
    said: str
    text: str = ""


class Uttered(Reply, frozen=True, kw_only=True, tag="uttered"):
    """`act` is null where nothing was understood, `outcome` where it is about nobody. `answer` is a sentence to be
    spoken: what would be done, or a question."""

    answer: str
    act: Act | None = None
    name: str = ""
    label: str = ""
    text: str = ""
    outcome: Outcome | None = None
    choices: Annotated[tuple[MeantOne, ...], Meta(max_length=MAX_MEANT)] = ()
