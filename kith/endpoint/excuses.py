"""Why something that was said could not be done, in a sentence. Nothing of an exception's own text is spoken."""

from kith.core.problem import SENTENCES, Code, Problem
from kith.core.trust.untrusted import Untrusted
from kith.core.utterances.answers import either, say
from kith.core.utterances.intents import Language
from kith.core.utterances.sentences import tongue
from kith.endpoint.acts import NotJoined
from kith.endpoint.announce import TooLong
from kith.endpoint.dialling import Unreachable
from kith.endpoint.directory import Unclear
from kith.endpoint.floor import InCall, NoCall
from kith.endpoint.ice import NoRelay
from kith.endpoint.lock import Locked
from kith.endpoint.names import NotHere, WhoAsks

EXPECTED = (
    *(Problem, Untrusted, NotJoined, Unreachable, Unclear, InCall, NoCall, NoRelay, Locked, NotHere, TooLong),
)
"""What may come of doing what a person said, without anything being wrong with the endpoint."""

_PLAIN: dict[type[Exception], str] = {
    Locked: "locked",
    TooLong: "too_long",
    NoCall: "no_call",
    InCall: "in_call",
    NotJoined: "not_joined",
    NoRelay: "no_relay",
    Untrusted: "not_now",
}


def excuse(error: Exception, name: str, language: Language = "en") -> str:
    """`name` is whom it was about, as it was said; empty where there was none. `error` is one of EXPECTED."""
    match error:
        case WhoAsks():
            return say(language, "who_asks", names=either(language, error.choices))
        case Unclear(choices=()):
            return say(language, "unknown", name=name or say(language, "that_name"))
        case Unclear():
            return say(language, "which", names=either(language, error.choices))
        case NotHere():
            return say(language, "moved" if error.moved else "unreachable", name=error.name)
        case Problem():
            return of_problem(error.code, language)
    return say(language, _PLAIN.get(type(error), "no_server"))


def of_problem(code: Code, language: Language) -> str:
    """A problem in words. In a language that has none for this one, that it did not work out."""
    answers = tongue(language).answers
    return SENTENCES[code] if language == "en" else answers.get(f"problem.{code}", answers["problem"])
