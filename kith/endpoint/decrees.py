"""What is said about drop in and Do Not Disturb: done, and a sentence that says how it went.

A shared device has nobody's signature: what it is told holds at this device alone, and it says so.
"""

from collections.abc import Sequence

from kith.core.names import fold
from kith.core.trust.grants import DropInTerm, HomeTerm
from kith.endpoint.acts import AT_HOME
from kith.endpoint.directory import Unclear
from kith.endpoint.endpoint import Endpoint
from kith.endpoint.group import Group
from kith.endpoint.names import Ambiguous, shown
from kith.endpoint.utterance import Act, together

PROCESSED = "Processed by your server, not end-to-end."
EVERYBODY = frozenset({"everyone", "everybody"})
HERE_ONLY = {
    Act.DROP_IN_OFF: "Nobody drops in on this device any more. In the app you can turn it off for the whole household.",
    Act.DROP_IN_ON: "Whoever has your permission may drop in on this device.",
    Act.QUIET_ON: "Do Not Disturb is on here.",
    Act.QUIET_OFF: "Do Not Disturb is off here.",
}
NOT_HERE = "Only your own phone or app can do that."
SIGNED = {
    Act.DROP_IN_OFF: "Your household may not drop in any more. Whom else you have allowed it still may.",
    Act.DROP_IN_ON: "Your household may drop in.",
    Act.QUIET_EVERYWHERE: "Do Not Disturb is on everywhere.",
    Act.QUIET_NOWHERE: "Do Not Disturb is off everywhere.",
    Act.CLOSE_EVERYTHING: "Everything is closed. Nobody from outside gets in, and your other devices are signed out.",
}


async def drop_in_on(endpoint: Endpoint, name: str) -> str:
    """`name` may be "home": then the person's own household may drop in from now on, if they have never said anything
    else (R70). Raises what `Endpoint.drop_in` does, and Untrusted."""
    if name.casefold() == AT_HOME and endpoint.enrolment.person is not None:
        own = await endpoint.grants.own()
        if own is None or own.home is HomeTerm.UNSET:
            await endpoint.grants.home(HomeTerm.INSTANT)
    if fold(name) in EVERYBODY:
        group = await endpoint.drop_in_on_everyone()
        return begun("Dropping in on", ("everyone",), group)
    several = together(name)
    try:
        call = await endpoint.drop_in(name)
    except Unclear as error:
        if error.choices or len(several) < 2:
            raise
        return await several_at_once(endpoint, several, video=True, drop_in=True)
    return f"Dropping in on {call.called_as or call.peer_name}."


async def several_at_once(endpoint: Endpoint, names: Sequence[str], *, video: bool, drop_in: bool) -> str:
    """Call these, or drop in on them. A name that may mean several is not asked about: the answer would be one of them
    alone. Raises what `Endpoint.start_group` does, but for names.Ambiguous."""
    try:
        group = await endpoint.start_group(names, video=video, drop_in=drop_in)
    except Ambiguous as error:
        raise Unclear("", shown(error.found)) from None
    return begun("Dropping in on" if drop_in else "Calling", names, group)


def begun(doing: str, whom: Sequence[str], group: Group) -> str:
    """What to say of a group that has begun, and who else hears it."""
    names = " and ".join(filter(None, (", ".join(whom[:-1]), whom[-1])))
    return f"{doing} {names}." if group.e2ee else f"{doing} {names}. {PROCESSED}"


async def decree(endpoint: Endpoint, act: Act) -> str:
    """Raises Problem, Unreachable, Untrusted."""
    if act in (Act.QUIET_ON, Act.QUIET_OFF):
        await endpoint.reach.do_not_disturb(on=act is Act.QUIET_ON)
        return HERE_ONLY[act]
    if endpoint.enrolment.person is None:
        return await _at_this_device(endpoint, act)
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
    return SIGNED[act]


async def _at_this_device(endpoint: Endpoint, act: Act) -> str:
    if act not in HERE_ONLY:
        return NOT_HERE
    await endpoint.reach.allow_drop_in(DropInTerm.OFF if act is Act.DROP_IN_OFF else DropInTerm.ON)
    return HERE_ONLY[act]
