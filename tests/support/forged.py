"""A forged server: ours, started as ever, with lies between what it knows and what it says.

    python -m tests.support.forged PLOT serve --data=...

Each forgery is a function from a message, as the honest server would send it to a victim, to what is sent instead. They
have everything that the server has, and keys of their own; they have no private key of a person's.
"""

import base64
import functools
import json
import sys
from collections.abc import Callable
from dataclasses import replace as replace_facts
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from kith.cli import main
from kith.core.capabilities import Capabilities
from kith.core.ids import EndpointId
from kith.core.keys import KeyPair, PublicKeys
from kith.core.trust import household_write, person_write
from kith.core.trust.delegations import delegate
from kith.core.trust.grants import Mode
from kith.core.trust.household import replay as replay_roster
from kith.core.trust.household_links import HouseholdLink
from kith.core.trust.message import MessageEnvelope
from kith.core.trust.message import message as signed_of
from kith.core.trust.pairing_digits import PairingNew
from kith.core.trust.person import Chain, replay
from kith.core.trust.person_links import PersonLink
from policy.call import CallFacts, Decision, may_call
from signaling import placing, protocol, sessions
from signaling.call import CallKind, Phase, Role
from signaling.limits import Bucket
from signaling.protocol import CallView, PersonIdentity, RosterShown
from signaling.switchboard import Switchboard
from signaling.views import keys_view
from tests.support import forged_messages
from tests.support import plot as plots
from tests.support.plot import Plot

Message = Any
Forgery = Callable[[Message, Plot], Message]

MALLORY = "p_" + "m" * 20
"""The id of a person whom the server has invented."""

NONCE = b"n" * 32


# -- where lies are told ------------------------------------------------------------------------------


def in_views(change: Callable[[CallView, Plot], CallView]) -> Forgery:
    """Wherever a call is shown."""

    def forge(message: Message, plot: Plot) -> Message:
        view = getattr(message, "call", None)
        return replace(message, call=change(view, plot)) if isinstance(view, CallView) else message

    return forge


def in_identities(change: Callable[[PersonIdentity, Plot], PersonIdentity]) -> Forgery:
    """Wherever the person in question is shown."""

    def forge(message: Message, plot: Plot) -> Message:
        if not isinstance(message, protocol.Identities | protocol.Recipients | RosterShown):
            return message
        shown = (change(one, plot) if one.person == plot.about else one for one in message.identities)
        return replace(message, identities=tuple(shown))

    return forge


def in_rosters(change: Callable[[RosterShown, Plot], RosterShown]) -> Forgery:
    def forge(message: Message, plot: Plot) -> Message:
        return change(message, plot) if isinstance(message, RosterShown) else message

    return forge


def honest(message: Message, plot: Plot) -> Message:
    del plot
    return message


def all_of(*forgeries: Forgery) -> Forgery:
    return lambda message, plot: functools.reduce(lambda said, forge: forge(said, plot), forgeries, message)


# -- who is at the other end --------------------------------------------------------------------------


def _with(view: CallView, keys: PublicKeys) -> CallView:
    return (
        view
        if view.endpoint is None
        else replace(view, endpoint=replace(view.endpoint, keys=keys_view(keys)))
    )


@in_views
def strangers_keys(view: CallView, plot: Plot) -> CallView:
    """The other endpoint has the server's keys."""
    return _with(view, plot.mallory.public)


@in_views
def somebody_else(view: CallView, plot: Plot) -> CallView:
    """Another person is put through than the one who was called or who rang, under the same name."""
    if view.endpoint is None:
        return view
    return _with(replace(view, peer_person=MALLORY), plot.mallory.public)


@in_views
def household(view: CallView, plot: Plot) -> CallView:
    """The other endpoint speaks for nobody but the household."""
    return _with(replace(view, peer_person=None), plot.mallory.public)


@in_views
def under_another_id(view: CallView, plot: Plot) -> CallView:
    """Who calls goes by an id that nobody knows, from the first ring on."""
    del plot
    return replace(view, peer_person=MALLORY)


@in_views
def as_drop_in(view: CallView, plot: Plot) -> CallView:
    """Whatever it is, it is a drop in that may open at once."""
    del plot
    return replace(view, kind=CallKind.DROP_IN, mode=Mode.INSTANT)


@in_views
def as_call(view: CallView, plot: Plot) -> CallView:
    """Whatever it is, it is a call."""
    del plot
    return replace(view, kind=CallKind.CALL, mode=None)


def _begun_by(message: Message, plot: Plot, kind: CallKind) -> Message:
    """The victim has begun it itself, and the helper has answered."""
    if not isinstance(message, protocol.Ringing) or plot.accomplice is None:
        return message
    peer = protocol.PeerEndpoint(
        id="e_" + "1" * 20, name="Phone", keys=keys_view(plot.accomplice), capabilities=Capabilities()
    )
    mode = Mode.INSTANT if kind is CallKind.DROP_IN else None
    view = replace(message.call, role=Role.CALLER, kind=kind, mode=mode)
    answered = replace(view, phase=Phase.ANSWERING, endpoint=peer, answered=view.created)
    return [protocol.Ringing(call=view), protocol.CallChanged(call=answered)]


def call_of_ones_own(message: Message, plot: Plot) -> Message:
    """The victim calls, whatever the victim thinks."""
    return _begun_by(message, plot, CallKind.CALL)


def drop_in_of_ones_own(message: Message, plot: Plot) -> Message:
    """The same for a drop in."""
    return _begun_by(message, plot, CallKind.DROP_IN)


@in_views
def turned_round(view: CallView, plot: Plot) -> CallView:
    """Once it is answered, it was the victim who dropped in."""
    del plot
    role = view.role if view.phase is Phase.RINGING else Role.CALLER
    return replace(view, role=role)


@in_rosters
def stand_in(shown: RosterShown, plot: Plot) -> RosterShown:
    """Somebody else goes by a housemate's id; on what the housemate signed the roster still rests."""
    other = PersonIdentity(person=plot.about, links=_own_chain(plot), delegations=None)
    return replace(shown, identities=(other, *shown.identities))


def grants_withheld(message: Message, plot: Plot) -> Message:
    """Nobody has signed anything about drop in lately."""
    del plot
    if isinstance(message, protocol.GrantsShown):
        return replace(message, sets=())
    return [] if isinstance(message, protocol.GrantsChanged) else message


def answered_for_them(message: Message, plot: Plot) -> Message:
    """The victim has answered, whatever the victim thinks; who calls is who it seems to be."""
    if not isinstance(message, protocol.Ringing) or plot.accomplice is None:
        return message
    view = message.call
    peer = protocol.PeerEndpoint(
        id="e_" + "1" * 20,
        name="Phone",
        keys=keys_view(plot.accomplice),
        capabilities=Capabilities(),
    )
    answered = replace(view, phase=Phase.ANSWERING, endpoint=peer, answered=view.created)
    return [message, protocol.CallChanged(call=answered)]


def other_call(message: Message, plot: Plot) -> Message:
    """The call goes by another's id."""
    about = getattr(message, "call", None)
    if isinstance(about, CallView):
        return replace(message, call=replace(about, id=plot.renamed.get(about.id, about.id)))
    return replace(message, call=plot.renamed.get(about, about)) if isinstance(about, str) else message


# -- who would read a message --------------------------------------------------------------------------


def _in_recipients(change: Callable[[protocol.Recipient, Plot], tuple[protocol.Recipient, ...]]) -> Forgery:
    """Wherever an endpoint of the person in question is to be sealed to."""

    def forge(message: Message, plot: Plot) -> Message:
        if not isinstance(message, protocol.Recipients):
            return message
        told = (change(one, plot) if one.person == plot.about else (one,) for one in message.endpoints)
        return replace(message, endpoints=tuple(each for some in told for each in some))

    return forge


def only_there(forge: Forgery) -> Forgery:
    """Elsewhere it is as it was."""
    return lambda message, plot: forge(message, plot) if isinstance(message, protocol.Recipients) else message


@_in_recipients
def recipient_swapped(shown: protocol.Recipient, plot: Plot) -> tuple[protocol.Recipient, ...]:
    """The endpoint has the server's keys."""
    return (replace(shown, keys=keys_view(plot.mallory.public)),)


@_in_recipients
def recipient_half_swapped(shown: protocol.Recipient, plot: Plot) -> tuple[protocol.Recipient, ...]:
    """It is the right endpoint, but what it opens with is the server's."""
    ours = keys_view(plot.mallory.public)
    half = replace(shown.keys, sealing=ours.sealing, sealing_signature=ours.sealing_signature)
    return (replace(shown, keys=half),)


@_in_recipients
def recipient_added(shown: protocol.Recipient, plot: Plot) -> tuple[protocol.Recipient, ...]:
    """There is one more."""
    return shown, replace(shown, endpoint="e_" + "1" * 20, keys=keys_view(plot.mallory.public))


@_in_recipients
def recipient_still_there(shown: protocol.Recipient, plot: Plot) -> tuple[protocol.Recipient, ...]:
    """One that was stolen, and removed, is still there."""
    return shown, replace(shown, endpoint="e_" + "1" * 20, keys=keys_view(plot.stolen.public))


# -- how far a conversation is -------------------------------------------------------------------------


def all_removed(message: Message, plot: Plot) -> Message:
    """The person has read and taken out of their list whatever there may ever be."""
    del plot
    if isinstance(message, protocol.ConversationChanged):
        return replace(message, conversation=_all(message.conversation))
    if isinstance(message, protocol.Conversations):
        return replace(message, conversations=tuple(map(_all, message.conversations)))
    return message


def _all(view: protocol.ConversationView) -> protocol.ConversationView:
    return replace(view, read=2**50, removed=2**50)


# -- whose endpoints are whose ------------------------------------------------------------------------


def _more(shown: PersonIdentity, link: PersonLink) -> PersonIdentity:
    return replace(shown, links=(*shown.links, link))


def _own_chain(plot: Plot) -> tuple[PersonLink, ...]:
    return (person_write.begin(plot.mallory, plot.stolen.public.identity, time=1),)


@in_identities
def another_chain(shown: PersonIdentity, plot: Plot) -> PersonIdentity:
    """The person begins anew, with the server's endpoint."""
    return replace(shown, links=_own_chain(plot), delegations=None)


@in_identities
def signed_itself_in(shown: PersonIdentity, plot: Plot) -> PersonIdentity:
    """The server's endpoint takes itself in."""
    chain = replay(shown.links)
    return _more(shown, person_write.add(chain, plot.mallory, plot.mallory.public, time=1))


@in_identities
def signed_by_nobody(shown: PersonIdentity, plot: Plot) -> PersonIdentity:
    """An endpoint of the person takes the server's in, if the signature were its own."""
    chain = replay(shown.links)
    link = person_write.add(chain, plot.mallory, plot.mallory.public, time=1)
    return _more(shown, replace(link, signer=next(iter(chain.active))))


@in_identities
def removal_withheld(shown: PersonIdentity, plot: Plot) -> PersonIdentity:
    """The stolen endpoint was never removed."""
    return replace(shown, links=_until_removed(shown.links, plot))


@in_identities
def forked(shown: PersonIdentity, plot: Plot) -> PersonIdentity:
    """It was the stolen endpoint that removed the other ones, and the chain is longer than the one that is known."""
    links = list(_until_removed(shown.links, plot))
    while len(links) <= len(shown.links):
        chain = replay(links)
        others = set(chain.active) - {plot.stolen.public.identity}
        links.append(
            person_write.remove(chain, plot.stolen, others.pop(), time=1)
            if others
            else person_write.add(chain, plot.stolen, KeyPair.generate().public, time=1)
        )
    return replace(shown, links=tuple(links))


def _until_removed(links: tuple[PersonLink, ...], plot: Plot) -> tuple[PersonLink, ...]:
    gone = next(
        number
        for number, link in enumerate(links)
        if getattr(link, "identity", b"") == plot.stolen.public.identity and "Remove" in type(link).__name__
    )
    return links[:gone]


def nobody_is_shown(message: Message, plot: Plot) -> Message:
    """There are no identities."""
    return replace(message, identities=()) if isinstance(message, protocol.Identities) else message


def invented_person(message: Message, plot: Plot) -> Message:
    """Somebody else has an identity, too: the server's."""
    if not isinstance(message, protocol.Identities):
        return message
    invented = PersonIdentity(person=MALLORY, links=_own_chain(plot), delegations=None)
    return replace(message, identities=(*message.identities, invented))


def old_chain_under_another_id(message: Message, plot: Plot) -> Message:
    """What was removed is still there, in the chain of a person whom nobody knows."""
    if not isinstance(message, protocol.Identities):
        return message
    before = PersonIdentity(person=MALLORY, links=plot.withheld, delegations=None)
    return replace(message, identities=(*message.identities, before))


# -- who may act for whom -----------------------------------------------------------------------------


@in_identities
def delegated_by_nobody(shown: PersonIdentity, plot: Plot) -> PersonIdentity:
    """The server's endpoint may act for the person, says the server's endpoint."""
    signed = delegate(
        replay(shown.links), plot.mallory, shown.delegations, [plot.mallory.public.identity], time=1
    )
    return replace(shown, delegations=signed)


@in_identities
def delegation_not_taken_back(shown: PersonIdentity, plot: Plot) -> PersonIdentity:
    """An endpoint may still act for the person."""
    return replace(shown, delegations=plot.outdated)


# -- who lives together -------------------------------------------------------------------------------


def _standing(shown: RosterShown) -> tuple[Any, dict[bytes, Chain]]:
    persons = {chain.root: chain for chain in (replay(one.links) for one in shown.identities)}
    return replay_roster(shown.links, persons), persons


def _with_household_link(shown: RosterShown, *links: HouseholdLink) -> RosterShown:
    return replace(shown, links=(*shown.links, *links))


@in_rosters
def invented_member(shown: RosterShown, plot: Plot) -> RosterShown:
    """Somebody has moved in, signs for themselves, and brings the server's endpoint along."""
    roster, _ = _standing(shown)
    own = replay(_own_chain(plot))
    join = household_write.join(roster, own, plot.mallory, own, time=1)
    identity = PersonIdentity(person=MALLORY, links=_own_chain(plot), delegations=None)
    return replace(_with_household_link(shown, join), identities=(*shown.identities, identity))


@in_rosters
def invented_endpoint(shown: RosterShown, plot: Plot) -> RosterShown:
    """A member has taken the server's endpoint in, if the signature were theirs."""
    roster, persons = _standing(shown)
    member = persons[next(iter(roster.members))]
    link = household_write.add(roster, member, plot.mallory, plot.mallory.public, time=1)
    return _with_household_link(shown, replace(link, signer=next(iter(member.active))))


@in_rosters
def roster_rolled_back(shown: RosterShown, plot: Plot) -> RosterShown:
    """What was sold is still there."""
    return replace(shown, links=shown.links[:-1])


@in_rosters
def roster_withheld(shown: RosterShown, plot: Plot) -> RosterShown:
    """There is no household."""
    return replace(shown, links=(), identities=())


# -- announcements ------------------------------------------------------------------------------------


def announced_by_stranger(message: Message, plot: Plot) -> Message:
    """What somebody at home announces is the server's, word for word, and signed by it."""
    if not isinstance(message, protocol.Announcement):
        return message
    identity = plot.mallory.public.identity
    return replace(message, envelope=_resigned(replace(message.envelope, identity=identity), plot))


def announced_by_nobody(message: Message, plot: Plot) -> Message:
    """The same, by a device that speaks for the household."""
    if not isinstance(message, protocol.Announcement):
        return message
    roots = {"root": message.envelope.to_root, "identity": plot.mallory.public.identity}
    return replace(message, envelope=_resigned(replace(message.envelope, person=None, **roots), plot))


_announced: list[protocol.Announcement] = []


def announced_before(message: Message, plot: Plot) -> Message:
    """What was announced first is announced again, in the place of all that is announced later."""
    del plot
    if isinstance(message, protocol.Announcement):
        _announced.append(message)
        return _announced[0]
    if isinstance(message, protocol.AnnouncementPlays) and _announced:
        return replace(message, announcement=_announced[0].envelope.id)
    return message


def _resigned(envelope: MessageEnvelope, plot: Plot) -> MessageEnvelope:
    return replace(envelope, signature=plot.mallory.sign(signed_of(envelope)))


# -- pairing ------------------------------------------------------------------------------------------


def new_key_swapped(message: Message, plot: Plot) -> Message:
    """Who wants to be taken in has the server's keys: in the proof as in the digits."""
    if not isinstance(message, protocol.PairingSignalled):
        return message
    keys = keys_view(plot.mallory.public)
    endpoint = replace(message.endpoint, keys=keys)
    step = json.loads(message.body)
    pairing = PairingNew(message.endpoint.id, plot.server, plot.mallory.public, NONCE)
    if step["step"] == "commit":
        step["commitment"] = _text(pairing.commitment())
    if step["step"] == "reveal":
        step["nonce"] = _text(NONCE)
    if "keys" in step:
        step["keys"] = {name: _text(getattr(keys, name)) for name in keys.__struct_fields__}
    return replace(message, endpoint=endpoint, body=json.dumps(step).encode())


def other_root_vouched_for(message: Message, plot: Plot) -> Message:
    """Who takes in has another chain: the server's."""
    if not isinstance(message, protocol.PairingSignalled):
        return message
    step = json.loads(message.body)
    own = replay(_own_chain(plot))
    for name, value in (
        ("root", own.root),
        ("head", own.point.head),
        ("identity", plot.mallory.public.identity),
    ):
        if name in step:
            step[name] = _text(value)
    if "version" in step:
        step["version"] = own.point.version
    return replace(message, body=json.dumps(step).encode())


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


FORGERIES: dict[str, Forgery] = {
    "keys swapped": strangers_keys,
    "another identity": all_of(strangers_keys, another_chain),
    "an endpoint that signed itself in": all_of(strangers_keys, signed_itself_in),
    "an endpoint that nobody signed in": all_of(strangers_keys, signed_by_nobody),
    "a removal withheld": removal_withheld,
    "a removal withheld, under another id": all_of(under_another_id, old_chain_under_another_id),
    "a forked chain": forked,
    "no identity": nobody_is_shown,
    "somebody else": all_of(somebody_else, invented_person),
    "a delegation that nobody signed": all_of(strangers_keys, delegated_by_nobody),
    "a delegation not taken back": delegation_not_taken_back,
    "an invented member": all_of(household, invented_member),
    "an invented endpoint": all_of(household, invented_endpoint),
    "a roster rolled back": roster_rolled_back,
    "a roster withheld": roster_withheld,
    "a drop in": as_drop_in,
    "a call": as_call,
    "a call of one's own": call_of_ones_own,
    "a drop in of one's own": drop_in_of_ones_own,
    "a drop in turned round": all_of(as_drop_in, turned_round),
    "somebody else by a housemate's id": stand_in,
    "a drop in, keys swapped": all_of(as_drop_in, strangers_keys),
    "a drop in, somebody else": all_of(as_drop_in, somebody_else, invented_person),
    "a drop in by an invented member": all_of(as_drop_in, household, invented_member),
    "a drop in by an invented endpoint": all_of(as_drop_in, household, invented_endpoint),
    "grants withheld": grants_withheld,
    "answered for them": answered_for_them,
    "a conversation removed": all_removed,
    "a recipient swapped": recipient_swapped,
    "half of a recipient swapped": recipient_half_swapped,
    "a recipient added": recipient_added,
    "a recipient that signed itself in": all_of(recipient_added, signed_itself_in),
    "a removed recipient": all_of(recipient_still_there, removal_withheld),
    "recipients of another identity": only_there(all_of(recipient_swapped, another_chain)),
    "another call's id": other_call,
    "an announcement of a stranger": announced_by_stranger,
    "an announcement of a stranger by a housemate's id": all_of(announced_by_stranger, another_chain),
    "an announcement of a stranger that signed itself in": all_of(announced_by_stranger, signed_itself_in),
    "an announcement of an invented endpoint": all_of(announced_by_nobody, invented_endpoint),
    "an announcement once more": announced_before,
    "the new key swapped": new_key_swapped,
    "another root": other_root_vouched_for,
    **forged_messages.FORGERIES,
}

# -- how the server comes to lie ----------------------------------------------------------------------


def install(path: Path) -> None:
    """Lie in what is replied and pushed, as the plot in `path` says at that moment."""
    push, reply, command = sessions.Sessions.push_to, sessions.Live.reply, protocol.Codec.command
    passed, allowed = Switchboard.signal, may_call

    def lies(live: sessions.Live, message: Message) -> list[Message]:
        plot = plots.read(path)
        forge = FORGERIES.get(plot.forgery) if {live.endpoint.id, "*"} & {*plot.victims} else None
        said = message if forge is None else forge(message, plot)
        return said if isinstance(said, list) else [said]

    def push_to(self: sessions.Sessions, live: sessions.Live, event: Message) -> None:
        for each in lies(live, event):
            push(self, live, each)

    def replied(self: sessions.Live, asked: Message, answer: Message) -> None:
        for each in lies(self, answer):
            reply(self, asked, each)

    def heard(self: protocol.Codec, data: bytes) -> Message:
        said = command(self, data)
        real = {shown: real for real, shown in plots.read(path).renamed.items()}
        about = getattr(said, "call", None)
        return msgspec.structs.replace(said, call=real[about]) if about in real else said

    def signal(self: Switchboard, sender: str, command: protocol.Signal) -> None:
        """Passed on whether there is such a call or not."""
        plot = plots.read(path)
        if plot.forgery != "answered for them":
            passed(self, EndpointId(sender), command)
            return
        receiver = plot.helper if sender in plot.victims else plot.victims[0]
        blob = protocol.Signalled(call=command.call, epoch=command.epoch, sender=sender, body=command.body)
        self._sessions.push(EndpointId(receiver), blob)

    def admit(facts: CallFacts) -> Decision:
        """Whoever is not signed for calls and rings all the same, and so does who wants no disturbance."""
        return allowed(replace_facts(facts, waiting=frozenset(), quiet=frozenset()))

    setattr(placing, "may_call", admit)  # noqa: B010
    setattr(Switchboard, "signal", signal)  # noqa: B010
    setattr(Bucket, "take", lambda *_: None)  # noqa: B010 - it has all the time in the world
    setattr(sessions.Sessions, "push_to", push_to)  # noqa: B010 - what is typed as a method is replaced
    setattr(sessions.Live, "reply", replied)  # noqa: B010
    setattr(protocol.Codec, "command", heard)  # noqa: B010


if __name__ == "__main__":
    install(Path(sys.argv.pop(1)))
    main()
