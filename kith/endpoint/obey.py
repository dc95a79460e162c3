"""From an utterance to what the button does, and a sentence that says how it went.

A device that is spoken to holds a `Dialogue`, which remembers the question that it asked: "Which one: ...?" is
answered by a name or by "the first", "Block Bill?" by "yes". Whatever else is said is a new utterance, and the
question is forgotten; it is forgotten after a while as well, so that nobody says yes to what somebody else was asked.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kith.core.problem import SENTENCES, Code, Problem
from kith.core.trust.untrusted import Untrusted
from kith.endpoint.acts import NotJoined
from kith.endpoint.decrees import decree, drop_in_on, several_at_once
from kith.endpoint.dialling import Unreachable
from kith.endpoint.directory import Unclear
from kith.endpoint.endpoint import Endpoint
from kith.endpoint.floor import InCall, NoCall
from kith.endpoint.ice import NoRelay
from kith.endpoint.lock import Locked
from kith.endpoint.names import Ambiguous, NotHere, WhoAsks, shown
from kith.endpoint.utterance import Act, Intent, declines, picked, together, understand
from signaling import protocol
from signaling.protocol import NameChoice

NOT_UNDERSTOOD = "I did not understand that."
NOT_JOINED = "First confirm this device in the app on a device of yours."
NOT_NOW = "There is nothing to confirm."
NO_RELAY = "This device may only call through a relay, and the server has none."
NEVER_MIND = "OK, I leave it."
LOCKED = "The phone is locked. Unlock it first."
HERE = "Good to know."
NOT_BLOCKED = "They are not among those whom you have blocked."

PATIENCE = 30.0
"""Seconds for which a question waits for its answer."""


@dataclass(frozen=True, slots=True)
class _Question:
    """`sure`: it only wants a yes. `profile` is for whom it was asked."""

    intent: Intent
    choices: tuple[NameChoice, ...]
    sure: bool
    profile: str | None
    until: float


class Dialogue:
    """What is said to one endpoint, one utterance after another."""

    def __init__(self, endpoint: Endpoint, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._endpoint = endpoint
        self._clock = clock
        self._question: _Question | None = None

    async def hear(self, text: str) -> str:
        """Do what `text` asks for, or answers; returns what to say. Does not raise for what a person can get wrong."""
        self._endpoint.touched()
        question, self._question = self._question, None
        intent = understand(text)
        try:
            if question is not None and self._clock() < question.until:
                answered = await self._answered(question, text, intent)
                if answered is not None:
                    return answered
            return NOT_UNDERSTOOD if intent is None else await self._do(intent)
        except WhoAsks as error:
            return f"Who is asking? Say: I am {_either(error.choices)}."
        except Ambiguous as error:
            assert intent is not None
            return self._ask(intent, error.found)
        except Unclear as error:
            if not error.choices:
                return f"I do not know {'that name' if intent is None else intent.name}."
            return f"Which one: {_either(error.choices)}?"
        except Locked:
            return LOCKED
        except NotHere as error:
            if error.moved:
                return f"The number of {error.name} belongs to somebody else now. Look at the contact in the app."
            return f"{error.name} cannot be reached here."
        except NoCall:
            return "There is no call."
        except InCall:
            return "You are in a call already."
        except NotJoined:
            return NOT_JOINED
        except NoRelay:
            return NO_RELAY
        except Untrusted:
            return NOT_NOW
        except Problem as problem:
            return SENTENCES[problem.code]
        except Unreachable:
            return "The server cannot be reached."

    # -- questions ---------------------------------------------------------------------------------

    def _ask(self, intent: Intent, choices: tuple[NameChoice, ...], *, sure: bool = False) -> str:
        self._question = _Question(intent, choices, sure, self._endpoint.profile, self._clock() + PATIENCE)
        if sure:
            return (
                f"Block {choices[0].name}? They will not reach you any more, and not be told. Say yes or no."
            )
        names = shown(choices)
        return f"Did you mean {names[0]}?" if len(names) == 1 else f"Which one: {_either(names)}?"

    async def _answered(self, question: _Question, text: str, intent: Intent | None) -> str | None:
        """What becomes of a question; None where something else was said."""
        if declines(text):
            return NEVER_MIND
        if question.profile != self._endpoint.profile:
            return None  # somebody else stands there now
        yes = intent is not None and intent.act is Act.SAME
        if yes and len(question.choices) == 1:
            return await self._act(question.intent, question.choices[0], sure=question.sure)
        place = None if question.sure else picked(text, shown(question.choices))
        if place is not None:
            return await self._act(question.intent, question.choices[place], sure=False)
        if intent is None or yes:
            return self._ask(question.intent, question.choices, sure=question.sure)
        return None

    # -- doing -------------------------------------------------------------------------------------

    async def _act(self, intent: Intent, choice: NameChoice, *, sure: bool) -> str:
        """Do it to this one."""
        if intent.act is not Act.BLOCK:
            call = await self._endpoint.call(choice, video=intent.act is Act.VIDEO_CALL)
            return f"Calling {call.called_as or call.peer_name}."
        if choice.person is None or choice.moved:
            raise NotHere(choice.name, moved=choice.moved)
        if not sure:
            return self._ask(intent, (choice,), sure=True)
        endpoint = self._endpoint
        await endpoint.request(
            protocol.Block(id=endpoint.new_id(), as_person=endpoint.names.acting(None), person=choice.person)
        )
        return f"{choice.name} is blocked."

    async def _do(self, intent: Intent) -> str:
        endpoint = self._endpoint
        match intent.act:
            case Act.CALL | Act.VIDEO_CALL:
                return await self._call(intent, video=intent.act is Act.VIDEO_CALL)
            case Act.BLOCK:
                acting = endpoint.names.acting(None)
                return await self._act(intent, await endpoint.names.one(intent.name, "", acting), sure=False)
            case Act.UNBLOCK:
                return await self._unblock(intent.name)
            case Act.PROFILE:
                return f"Hello, {endpoint.choose_profile(intent.name).name}."
            case Act.DROP_IN:
                return await drop_in_on(endpoint, intent.name)
            case (
                Act.DROP_IN_OFF
                | Act.DROP_IN_ON
                | Act.QUIET_ON
                | Act.QUIET_OFF
                | Act.QUIET_EVERYWHERE
                | Act.QUIET_NOWHERE
                | Act.CLOSE_EVERYTHING
            ):
                return await decree(endpoint, intent.act)
            case Act.LET_IN:
                await endpoint.let_in()
            case Act.NOT_NOW:
                await endpoint.not_now()
            case Act.HERE:
                return HERE
            case Act.ANSWER:
                await endpoint.answer()
            case Act.DECLINE:
                await endpoint.decline()
            case Act.HANG_UP:
                await endpoint.hang_up()
            case Act.CONTINUE_HERE:
                call = await endpoint.continue_here()
                return f"Going on with {call.peer_name}."
            case Act.VIDEO_OFF:
                endpoint.video(on=False)
            case Act.VIDEO_ON:
                endpoint.video(on=True)
            case Act.MUTE:
                endpoint.mute(on=True)
            case Act.UNMUTE:
                endpoint.mute(on=False)
            case Act.MICROPHONE_OFF:
                endpoint.microphone_off(off=True)
            case Act.MICROPHONE_ON:
                endpoint.microphone_off(off=False)
            case Act.SHUTTER_CLOSED:
                endpoint.shutter(closed=True)
            case Act.SHUTTER_OPEN:
                endpoint.shutter(closed=False)
            case Act.SAME:
                await endpoint.belonging.compared(same=True)
            case Act.NOT_SAME:
                await endpoint.belonging.compared(same=False)
            case Act.COMPARE_AGAIN:
                await endpoint.belonging.compare_again()
        return "OK."

    async def _call(self, intent: Intent, *, video: bool) -> str:
        """One, or several where nobody is called all of that."""
        several = () if intent.label else together(intent.name)
        try:
            call = await self._endpoint.call(intent.name, label=intent.label, video=video)
        except Unclear as error:
            if error.choices or len(several) < 2:
                raise
            return await several_at_once(self._endpoint, several, video=video, drop_in=False)
        return f"Calling {call.called_as or call.peer_name}."

    async def _unblock(self, name: str) -> str:
        """By the name that they were blocked under. Only a personal endpoint may."""
        endpoint = self._endpoint
        listed = await endpoint.request(protocol.ListBlocks(id=endpoint.new_id()))
        if not isinstance(listed, protocol.Blocks):
            raise Problem(Code.MALFORMED)
        place = picked(name, [block.name for block in listed.blocks])
        if place is None:
            return NOT_BLOCKED
        block = listed.blocks[place]
        await endpoint.request(protocol.Unblock(id=endpoint.new_id(), block=block.id))
        return f"{block.name} can reach you again."


async def obey(endpoint: Endpoint, text: str) -> str:
    """One utterance, of which nothing is remembered."""
    return await Dialogue(endpoint).hear(text)


def _either(names: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))
