"""What is meant by a sentence, for who says it at an endpoint, in words that can be spoken.

Understood as an endpoint understands by itself (`kith.core.utterances`); names are looked up as `resolve_name` does,
and count as that does. Nothing is done, kept or logged: a sentence may be a message to somebody.
"""

import asyncio

from kith.core.names import Outcome
from kith.core.principal import Principal
from kith.core.utterances.answers import either, say
from kith.core.utterances.intents import ABOUT_SOMEBODY, EVERYONE, HOME, Act, Intent, Language
from kith.core.utterances.sentences import understand
from kith.core.utterances.settling import Search, Settled
from kith.directory.model import Endpoint
from signaling import protocol as wire
from signaling.names import NameDesk

_WOULD = {
    Act.CALL: "will_call",
    Act.VIDEO_CALL: "will_video_call",
    Act.DROP_IN: "will_drop_in",
    Act.MESSAGE: "will_message",
    Act.RECORD: "will_record",
    Act.BLOCK: "will_block",
    Act.UNBLOCK: "will_unblock",
    Act.PROFILE: "will_profile",
}
_NOT_LOOKED_UP = (Act.PROFILE, Act.UNBLOCK)
"""Who is meant is among those who live here, or among those who are blocked."""


class UtterDesk:
    """Carries out `utter`."""

    def __init__(self, names: NameDesk) -> None:
        self._names = names

    async def carry_out(self, principal: Principal, endpoint: Endpoint, command: wire.Utter) -> wire.Uttered:
        """Raises Problem: not_registered, rate_limited."""
        self._names.admit(endpoint.id)
        readings = await asyncio.to_thread(understand, command.text, command.language)
        if not readings:
            return wire.Uttered(re=command.id, answer=say(command.language, "not_understood"))
        intent = readings[0]
        understood = wire.Uttered(
            re=command.id, answer="", act=intent.act, name=intent.name, label=intent.label, text=intent.text
        )
        if not intent.name or intent.act in _NOT_LOOKED_UP or _for_all(intent):
            return _with(understood, _plainly(intent, command.language))
        settled = await self._settle(principal, endpoint, command.id, readings)
        return _with(understood, _about(intent, settled, command.language), settled)

    async def _settle(
        self, principal: Principal, endpoint: Endpoint, command: str, readings: tuple[Intent, ...]
    ) -> Settled[wire.NameChoice]:
        search: Search[wire.NameChoice] = Search(
            readings, name_of=lambda one: one.name, key_of=lambda one: one.who
        )
        while (reading := search.next()) is not None:
            asked = wire.ResolveName(id=command, text=reading.name[:128], label=reading.label[:32])
            found = await self._names.carry_out(principal, endpoint, asked)
            search.found(found.outcome, found.choices)
        return search.settled()


def _for_all(intent: Intent) -> bool:
    return intent.act is Act.DROP_IN and intent.name in (HOME, EVERYONE)


def _with(
    understood: wire.Uttered, answer: str, settled: Settled[wire.NameChoice] | None = None
) -> wire.Uttered:
    choices = () if settled is None else settled.choices[: wire.MAX_MEANT]
    return wire.Uttered(
        re=understood.re,
        answer=answer,
        act=understood.act,
        name=understood.name,
        label=understood.label,
        text=understood.text,
        outcome=None if settled is None else settled.outcome,
        choices=tuple(
            wire.MeantOne(choice=one.choice, said=one.intent.name, text=one.intent.text) for one in choices
        ),
    )


def _plainly(intent: Intent, language: Language) -> str:
    if intent.act is Act.CALL_FOR_HELP:
        return say(language, "no_help")
    if intent.act not in ABOUT_SOMEBODY or not intent.name:
        return say(language, "will_do")
    name = say(language, intent.name) if _for_all(intent) else intent.name
    return say(language, _WOULD[intent.act], name=name)


def _about(intent: Intent, settled: Settled[wire.NameChoice], language: Language) -> str:
    names = [one.choice.name for one in settled.choices]
    match settled.outcome:
        case Outcome.ONE:
            return say(language, _WOULD[intent.act], name=names[0])
        case Outcome.WHICH if len(names) == 1:
            return say(language, "did_you_mean", name=names[0])
        case Outcome.WHICH:
            return say(language, "which", names=either(language, names))
        case Outcome.NONE:
            return say(language, "unknown", name=intent.name)
