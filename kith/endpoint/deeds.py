"""What an endpoint does about an intent, once it is clear whom it is about, and a sentence that says how it went."""

from kith.core.problem import Code, Problem
from kith.core.utterances.answers import say
from kith.core.utterances.intents import Act, Intent, Language
from kith.endpoint import message_words
from kith.endpoint.decrees import decree
from kith.endpoint.endpoint import Endpoint
from signaling.protocol import NameChoice


async def do(
    endpoint: Endpoint, intent: Intent, language: Language = "en", *, to: NameChoice | None = None
) -> str:
    """`to` is whom a message is for. Raises what is in `kith.endpoint.excuses.EXPECTED`."""
    match intent.act:
        case Act.PROFILE:
            return say(language, "hello", name=endpoint.choose_profile(intent.name).name)
        case (
            Act.DROP_IN_OFF
            | Act.DROP_IN_ON
            | Act.QUIET_ON
            | Act.QUIET_OFF
            | Act.QUIET_EVERYWHERE
            | Act.QUIET_NOWHERE
            | Act.CLOSE_EVERYTHING
        ):
            return await decree(endpoint, intent.act, language)
        case Act.ANNOUNCE | Act.REPLY | Act.DROP_IN_BACK:
            return await _about_announcements(endpoint, intent, language)
        case Act.CALL_FOR_HELP:
            return say(language, "no_help")
        case Act.MESSAGE if to is not None:
            return await message_words.message_to(endpoint, to, intent.text, language)
        case Act.RECORD:
            return await message_words.record_for(endpoint, to, language)
        case Act.SEND_IT:
            return await message_words.send_it(endpoint, language)
        case Act.DISCARD:
            return await message_words.discard(endpoint, language)
        case Act.PLAY_MESSAGES:
            endpoint.reach.lock.check()
            return await message_words.play_messages(endpoint, language)
        case Act.REPORT_MESSAGE:
            endpoint.reach.lock.check()
            return await message_words.report_played(endpoint, intent.text, language)
        case Act.HERE:
            return say(language, "here")
        case Act.CONTINUE_HERE:
            call = await endpoint.continue_here()
            return say(language, "going_on", name=call.peer_name)
        case Act.SAME | Act.NOT_SAME:
            await endpoint.belonging.compared(same=intent.act is Act.SAME)
        case Act.COMPARE_AGAIN:
            await endpoint.belonging.compare_again()
        case _:
            await _about_what_goes_on(endpoint, intent.act)
    return say(language, "done")


async def _about_announcements(endpoint: Endpoint, intent: Intent, language: Language) -> str:
    if intent.act is not Act.ANNOUNCE and endpoint.announced is None:
        return say(language, "nothing_to_answer")
    if intent.act is Act.DROP_IN_BACK:
        call = await endpoint.drop_in_back()
        return say(language, "dropping_in", name=call.called_as or call.peer_name)
    if intent.act is Act.REPLY:
        await endpoint.reply_to_announcement(intent.text)
        return say(language, "replied")
    targets = (await endpoint.announce(intent.text)).targets
    key = {0: "announced_nowhere", 1: "announced_one"}.get(targets, "announced")
    return say(language, key, count=targets)


async def _about_what_goes_on(endpoint: Endpoint, act: Act) -> None:
    """A call, a group or a knock, and the switches. Raises NoCall, Problem, Unreachable."""
    match act:
        case Act.LET_IN:
            await endpoint.let_in()
        case Act.NOT_NOW:
            await endpoint.not_now()
        case Act.ANSWER:
            await endpoint.answer()
        case Act.DECLINE:
            await endpoint.decline()
        case Act.HANG_UP:
            await endpoint.hang_up()
        case Act.VIDEO_OFF | Act.VIDEO_ON:
            endpoint.video(on=act is Act.VIDEO_ON)
        case Act.MUTE | Act.UNMUTE:
            endpoint.mute(on=act is Act.MUTE)
        case Act.MICROPHONE_OFF | Act.MICROPHONE_ON:
            endpoint.microphone_off(off=act is Act.MICROPHONE_OFF)
        case Act.SHUTTER_CLOSED | Act.SHUTTER_OPEN:
            endpoint.shutter(closed=act is Act.SHUTTER_CLOSED)
        case _:
            raise Problem(Code.UNKNOWN_COMMAND)
