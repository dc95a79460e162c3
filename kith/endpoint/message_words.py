"""What is said about messages to a device, done, and a sentence that says how it went.

Everything raises what is in `kith.endpoint.excuses.EXPECTED`.
"""

import asyncio

from kith.core.names import fold
from kith.core.problem import Code, Problem
from kith.core.reports import Why
from kith.core.utterances.answers import say
from kith.core.utterances.intents import Language
from kith.endpoint.dictation import NotRecording, Wanted, soon
from kith.endpoint.endpoint import Endpoint
from kith.endpoint.message_sealing import AnotherIdentity
from kith.endpoint.messages import NothingSaid
from kith.endpoint.names import NotHere
from kith.endpoint.recorder import NoMicrophone
from signaling.protocol import NameChoice


async def message_to(endpoint: Endpoint, choice: NameChoice, text: str, language: Language = "en") -> str:
    """Send a text."""
    sending = asyncio.create_task(endpoint.messages.send_text(choice, text))
    try:
        sent = await soon(sending)
    except NothingSaid:
        return say(language, "message_too_long")
    except AnotherIdentity:
        return say(language, "message_changed", name=choice.name)
    return say(language, "message_sent" if sent else "message_later", name=choice.name)


async def record_for(endpoint: Endpoint, choice: NameChoice | None, language: Language = "en") -> str:
    """Begin a voice message: for this one, or for whom nobody answered."""
    if choice is None:
        wanted = endpoint.dictation.missed
        if wanted is None:
            return say(language, "message_to_whom")
    elif choice.person is None or choice.moved:
        raise NotHere(choice.name, moved=choice.moved)
    else:
        wanted = Wanted(choice.person, choice.name)
    try:
        endpoint.dictation.begin(wanted)
    except NoMicrophone:
        return say(language, "message_no_microphone")
    return say(language, "message_recording", name=wanted.name)


async def send_it(endpoint: Endpoint, language: Language = "en") -> str:
    """End the recording, and send it."""
    try:
        sent = await endpoint.dictation.send()
    except NotRecording:
        return say(language, "message_not_recording")
    except NothingSaid:
        return say(language, "message_silent")
    except AnotherIdentity:
        return say(language, "message_unsent")
    return say(language, "message_sent_voice" if sent else "message_later_voice")


async def discard(endpoint: Endpoint, language: Language = "en") -> str:
    """Forget the recording."""
    forgotten = endpoint.dictation.discard()
    return say(language, "message_discarded" if forgotten else "message_not_recording")


async def play_messages(endpoint: Endpoint, language: Language = "en") -> str:
    """Begin to play what is unread, beside what is said next."""
    count = len(await endpoint.messages.unread())
    if not count:
        return say(language, "no_messages")
    endpoint.accompany(_play(endpoint))
    return say(language, "message_one" if count == 1 else "message_count", count=count)


async def report_played(endpoint: Endpoint, reason: str, language: Language = "en") -> str:
    """Show whoever runs the server what was played last. `reason` is what was said of it, empty for nothing."""
    played = endpoint.messages.played
    if played is None:
        return say(language, "message_none_played")
    why = next((one for one in Why if one.value == fold(reason)), Why.OTHER)
    try:
        await endpoint.messages.report(played, why, "" if why is not Why.OTHER else reason)
    except Problem as problem:
        if problem.code is not Code.UNKNOWN_MESSAGE:
            raise
        return say(language, "message_not_reported")
    return say(language, "message_reported", name=played.name)


async def _play(endpoint: Endpoint) -> None:
    await endpoint.messages.play()
