"""What is said about drop in and Do Not Disturb: done, and a sentence that says how it went.

A shared device has nobody's signature: what it is told holds at this device alone, and it says so.
"""

from collections.abc import Sequence

from kith.core.names import fold
from kith.core.trust.grants import DropInTerm, HomeTerm
from kith.core.utterances.answers import both, say
from kith.core.utterances.intents import EVERYONE, HOME, Act, Language
from kith.endpoint.directory import Unclear
from kith.endpoint.endpoint import Endpoint
from kith.endpoint.group import Group
from kith.endpoint.names import Ambiguous, shown

PROCESSED = "Processed by your server, not end-to-end."
HERE_ONLY = {
    Act.DROP_IN_OFF: "drop_in_off_here",
    Act.DROP_IN_ON: "drop_in_on_here",
    Act.QUIET_ON: "quiet_on_here",
    Act.QUIET_OFF: "quiet_off_here",
}
"""What a device can be told without anybody's signature, and under which key it answers."""


def for_all(name: str) -> bool:
    """Whether it is no single person or device that one drops in on."""
    return fold(name) in (HOME, EVERYONE)


async def drop_in_on_all(endpoint: Endpoint, name: str, language: Language = "en") -> str:
    """On "home" or "everyone". With "home" the person's own household may drop in from now on, if they have never said
    anything else (R70). Raises what `Endpoint.drop_in` does, and Untrusted."""
    if fold(name) == EVERYONE:
        group = await endpoint.drop_in_on_everyone()
        return begun("dropping_in_several", (say(language, "everyone"),), group, language)
    if endpoint.enrolment.person is not None:
        own = await endpoint.grants.own()
        if own is None or own.home is HomeTerm.UNSET:
            await endpoint.grants.home(HomeTerm.INSTANT)
    await endpoint.drop_in(HOME)
    return say(language, "dropping_in", name=say(language, "home"))


async def several_at_once(
    endpoint: Endpoint, names: Sequence[str], language: Language = "en", *, video: bool, drop_in: bool
) -> str:
    """Call these, or drop in on them. A name that may mean several is not asked about: the answer would be one of them
    alone. Raises what `Endpoint.start_group` does, but for names.Ambiguous."""
    try:
        group = await endpoint.start_group(names, video=video, drop_in=drop_in)
    except Ambiguous as error:
        raise Unclear("", shown(error.found)) from None
    return begun("dropping_in_several" if drop_in else "calling_several", names, group, language)


def begun(key: str, whom: Sequence[str], group: Group, language: Language = "en") -> str:
    """What to say of a group that has begun, and who else hears it."""
    sentence = say(language, key, names=both(language, whom))
    return sentence if group.e2ee else f"{sentence} {say(language, 'processed')}"


async def decree(endpoint: Endpoint, act: Act, language: Language = "en") -> str:
    """Raises Problem, Unreachable, Untrusted."""
    if act in (Act.QUIET_ON, Act.QUIET_OFF):
        await endpoint.reach.do_not_disturb(on=act is Act.QUIET_ON)
        return say(language, HERE_ONLY[act])
    if endpoint.enrolment.person is None:
        return await _at_this_device(endpoint, act, language)
    grants = endpoint.grants
    match act:
        case Act.DROP_IN_OFF:
            await grants.home(HomeTerm.OFF)
        case Act.DROP_IN_ON:
            await grants.home(HomeTerm.INSTANT)
        case Act.CLOSE_EVERYTHING:
            await grants.panic()
        case _:
            await grants.quiet(on=act is Act.QUIET_EVERYWHERE)
    return say(language, act.value)


async def _at_this_device(endpoint: Endpoint, act: Act, language: Language) -> str:
    if act not in HERE_ONLY:
        return say(language, "not_here")
    await endpoint.reach.allow_drop_in(DropInTerm.OFF if act is Act.DROP_IN_OFF else DropInTerm.ON)
    return say(language, HERE_ONLY[act])
