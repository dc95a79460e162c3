"""From an utterance to what the button does, and a sentence that says how it went."""

from kith.core.problem import SENTENCES, Problem
from kith.core.trust.untrusted import Untrusted
from kith.endpoint.dialling import Unreachable
from kith.endpoint.directory import Unclear
from kith.endpoint.endpoint import Endpoint, InCall, NoCall, NotJoined
from kith.endpoint.ice import NoRelay
from kith.endpoint.utterance import Act, Intent, understand

NOT_UNDERSTOOD = "I did not understand that."
NOT_JOINED = "First confirm this device in the app on a device of yours."
NOT_NOW = "There is nothing to confirm."
NO_RELAY = "This device may only call through a relay, and the server has none."


async def obey(endpoint: Endpoint, text: str) -> str:
    """Do what `text` asks for. Does not raise for what a person can get wrong."""
    intent = understand(text)
    if intent is None:
        return NOT_UNDERSTOOD
    try:
        return await _do(endpoint, intent)
    except Unclear as error:
        if not error.choices:
            return f"I do not know {intent.name}."
        return f"Which one: {', '.join(error.choices[:-1])} or {error.choices[-1]}?"
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


async def _do(endpoint: Endpoint, intent: Intent) -> str:
    match intent.act:
        case Act.CALL | Act.VIDEO_CALL:
            call = await endpoint.call(intent.name, video=intent.act is Act.VIDEO_CALL)
            return f"Calling {call.peer_name}."
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
            await endpoint.compared(same=True)
        case Act.NOT_SAME:
            await endpoint.compared(same=False)
        case Act.COMPARE_AGAIN:
            await endpoint.compare_again()
    return "OK."
