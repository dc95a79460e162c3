"""From an utterance to what the button does, and a sentence that says how it went.

A device that is spoken to holds a `Dialogue`, which remembers the question that it asked: "Which one: ...?" is
answered by a name or by "the first", "Block Bill?" by "yes", "What shall I say?" by what to say. Whatever else is said
is a new utterance, and the question is forgotten; it is forgotten after a while as well, so that nobody says yes to
what somebody else was asked.

What was said is understood here. Of it the server learns names, and no more words than it takes to know where a name
ends.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from kith.core.names import Outcome
from kith.core.problem import Code, Problem
from kith.core.utterances.answers import either, say
from kith.core.utterances.intents import Act, Intent, Language
from kith.core.utterances.replies import declines, picked, together
from kith.core.utterances.sentences import understand
from kith.core.utterances.settling import Meant, Settled
from kith.endpoint.acts import NotJoined
from kith.endpoint.calls import PLACE_WITHIN
from kith.endpoint.decrees import drop_in_on_all, for_all, several_at_once
from kith.endpoint.deeds import do
from kith.endpoint.dialling import Unreachable
from kith.endpoint.directory import Unclear
from kith.endpoint.endpoint import Endpoint
from kith.endpoint.excuses import EXPECTED, excuse
from kith.endpoint.names import NotHere, shown
from kith.endpoint.reading_out import ReadingOut
from signaling import protocol
from signaling.protocol import NameChoice

PATIENCE = 30.0
"""Seconds for which a question waits for its answer."""

_CALLS = (Act.CALL, Act.VIDEO_CALL)
_TOGETHER = (*_CALLS, Act.DROP_IN)
_AT_ONCE = frozenset(
    (
        *(Act.ANSWER, Act.DECLINE, Act.HANG_UP, Act.LET_IN, Act.NOT_NOW, Act.MUTE, Act.VIDEO_OFF),
        *(Act.MICROPHONE_OFF, Act.SHUTTER_CLOSED),
    )
)
"""What is no text to be sent where something rings or goes on."""

_TO_SOMEBODY = (*_TOGETHER, Act.MESSAGE, Act.RECORD, Act.BLOCK)


@dataclass(frozen=True, slots=True)
class _Question:
    """`choices` are those to choose from; `sure`: it only wants a yes. `wanted` waits for its text instead. `profile`
    is for whom it was asked."""

    choices: tuple[Meant[NameChoice], ...]
    sure: bool
    wanted: Intent | None
    profile: str | None
    until: float


class Dialogue:
    """What is said to one endpoint, one utterance after another. `language` is that in which one talks to it, `reading`
    has what it can tell of what was missed."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        language: Language = "en",
        reading: ReadingOut | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._endpoint = endpoint
        self._language: Language = language
        self._reading = reading
        self._clock = clock
        self._question: _Question | None = None

    async def hear(self, text: str, *, only: frozenset[Act] | None = None) -> str:
        """Do what `text` asks for, or answers; returns what to say, nothing where `only` these acts are done and it
        asks for another one. Does not raise for what a person can get wrong."""
        readings = understand(text, self._language)
        if only is not None and (not readings or readings[0].act not in only):
            return ""
        self._endpoint.touched()
        question, self._question = self._question, None
        name = readings[0].name if readings else ""
        try:
            if question is not None and self._clock() < question.until:
                answered = await self._answered(question, text, readings)
                if answered is not None:
                    return answered
            return await self._do(readings) if readings else self._say("not_understood")
        except EXPECTED as error:
            return excuse(error, name, self._language)

    @property
    def _busy(self) -> bool:
        return self._endpoint.current is not None or self._endpoint.group is not None

    def _say(self, key: str, **parts: object) -> str:
        return say(self._language, key, **parts)

    # -- questions ---------------------------------------------------------------------------------

    def _wait(self, *choices: Meant[NameChoice], sure: bool = False, wanted: Intent | None = None) -> None:
        until = self._clock() + PATIENCE
        self._question = _Question(choices, sure, wanted, self._endpoint.profile, until)

    def _ask(self, choices: tuple[Meant[NameChoice], ...]) -> str:
        self._wait(*choices)
        names = shown(tuple(one.choice for one in choices))
        if len(names) == 1:
            return self._say("did_you_mean", name=names[0])
        return self._say("which", names=either(self._language, names))

    def _ask_whether(self, meant: Meant[NameChoice]) -> str:
        self._wait(meant, sure=True)
        return self._say("sure_block", name=meant.choice.name)

    def _ask_for_text(self, wanted: Intent, *to: Meant[NameChoice]) -> str:
        self._wait(*to, wanted=wanted)
        return self._say("what_to_announce" if wanted.act is Act.ANNOUNCE else "what_to_say")

    async def _answered(self, question: _Question, text: str, readings: Sequence[Intent]) -> str | None:
        """What becomes of a question; None where something else was said."""
        if declines(text, self._language):
            return self._say("never_mind")
        if question.profile != self._endpoint.profile:
            return None  # somebody else stands there now
        if question.wanted is not None:
            if readings and readings[0].act in _AT_ONCE and self._busy:
                self._question = question
                return None
            return await self._texted(question, question.wanted, text)
        yes = bool(readings) and readings[0].act is Act.SAME
        if yes and len(question.choices) == 1:
            return await self._act(question.choices[0], sure=question.sure)
        names = shown(tuple(one.choice for one in question.choices))
        place = None if question.sure else picked(text, names, self._language)
        if place is not None:
            return await self._act(question.choices[place])
        if not readings or yes:
            return self._ask_whether(question.choices[0]) if question.sure else self._ask(question.choices)
        return None

    async def _texted(self, question: _Question, wanted: Intent, text: str) -> str:
        intent = replace(wanted, text=text.strip())
        if question.choices:
            return await self._act(Meant(intent, question.choices[0].choice))
        return await do(self._endpoint, intent, self._language)

    # -- doing -------------------------------------------------------------------------------------

    async def _do(self, readings: Sequence[Intent]) -> str:
        endpoint, intent = self._endpoint, readings[0]
        if intent.act in (Act.READ_NOTICES, Act.REPEAT_NOTICES):
            endpoint.reach.lock.check()
            reading, again = self._reading, intent.act is Act.REPEAT_NOTICES
            return self._say("not_understood") if reading is None else reading.read(again=again)
        if intent.act is Act.UNBLOCK:
            return await self._unblock(intent.name)
        if intent.act in (Act.ANNOUNCE, Act.REPLY) and not intent.text:
            return self._ask_for_text(intent)
        if intent.act not in _TO_SOMEBODY or (intent.act is Act.RECORD and not intent.name):
            return await do(endpoint, intent, self._language)
        if not endpoint.joined:
            raise NotJoined("nobody has signed for this endpoint yet")
        if intent.act is Act.DROP_IN and for_all(intent.name):
            return await drop_in_on_all(endpoint, intent.name, self._language)
        settled = await self._whom(readings)
        match settled.outcome:
            case Outcome.ONE:
                return await self._act(settled.choices[0])
            case Outcome.WHICH:
                return self._ask(settled.choices)
            case Outcome.NONE:
                return await self._several(intent)

    async def _whom(self, readings: Sequence[Intent]) -> Settled[NameChoice]:
        """Whom it is about. Raises what Names.settle does."""
        names = self._endpoint.names
        try:
            async with asyncio.timeout(PLACE_WITHIN):
                return await names.settle(readings, names.acting(None))
        except TimeoutError:
            raise Unreachable("the server does not answer") from None

    async def _several(self, intent: Intent) -> str:
        """Nobody is called all of that; several may be. Raises Unclear."""
        several = () if intent.label else together(intent.name, self._language)
        if intent.act not in _TOGETHER or len(several) < 2:
            raise Unclear(intent.name, [])
        dropping_in = intent.act is Act.DROP_IN
        video = dropping_in or intent.act is Act.VIDEO_CALL
        return await several_at_once(
            self._endpoint, several, self._language, video=video, drop_in=dropping_in
        )

    async def _act(self, meant: Meant[NameChoice], *, sure: bool = False) -> str:
        """Do it to this one."""
        endpoint, intent, choice = self._endpoint, meant.intent, meant.choice
        match intent.act:
            case Act.BLOCK:
                return await self._block(meant, sure=sure)
            case Act.DROP_IN:
                call = await endpoint.drop_in(choice)
                return self._say("dropping_in", name=call.called_as or call.peer_name)
            case Act.MESSAGE | Act.RECORD if choice.person is None or choice.moved:
                raise NotHere(choice.name, moved=choice.moved)
            case Act.MESSAGE if not intent.text:
                return self._ask_for_text(intent, meant)
            case Act.MESSAGE | Act.RECORD:
                return await do(endpoint, intent, self._language, to=choice)
            case _:
                call = await endpoint.call(choice, video=intent.act is Act.VIDEO_CALL)
                return self._say("calling", name=call.called_as or call.peer_name)

    async def _block(self, meant: Meant[NameChoice], *, sure: bool) -> str:
        choice, endpoint = meant.choice, self._endpoint
        if choice.person is None or choice.moved:
            raise NotHere(choice.name, moved=choice.moved)
        if not sure:
            return self._ask_whether(meant)
        await endpoint.request(
            protocol.Block(id=endpoint.new_id(), as_person=endpoint.names.acting(None), person=choice.person)
        )
        return self._say("blocked", name=choice.name)

    async def _unblock(self, name: str) -> str:
        """By the name that they were blocked under. Only a personal endpoint may."""
        endpoint = self._endpoint
        listed = await endpoint.request(protocol.ListBlocks(id=endpoint.new_id()))
        if not isinstance(listed, protocol.Blocks):
            raise Problem(Code.MALFORMED)
        place = picked(name, [block.name for block in listed.blocks], self._language, by_place=False)
        if place is None:
            return self._say("not_blocked")
        block = listed.blocks[place]
        await endpoint.request(protocol.Unblock(id=endpoint.new_id(), block=block.id))
        return self._say("unblocked", name=block.name)


async def obey(endpoint: Endpoint, text: str) -> str:
    """One utterance, of which nothing is remembered."""
    return await Dialogue(endpoint).hear(text)
