"""The commands about Web Push: an endpoint asks to be woken, or no more; and whoever was woken asks what by.

The law of this file

    A push tells nothing. Who calls or wrote is told here, to the endpoint itself, signed in as for anything else.
    What rings nowhere any more is said to be over: nothing rings for nobody.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from kith.core import webpush
from kith.core.ids import CallId, EndpointId, MessageId, PersonId
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.core.webpush import Subscription
from kith.directory.model import Endpoint
from kith.directory.ports import DirectoryStore
from kith.directory.registry import registered
from signaling import protocol as wire
from signaling.call import Acceptance, Call, missed_by
from signaling.deadlines import Deadlines
from signaling.group_apart import Groups
from signaling.group_views import group_view
from signaling.message_sending import Sending
from signaling.switchboard import Switchboard
from signaling.views import call_view
from signaling.waking import NoPushing, Pushing, Waking, rings_of_group

Command = wire.SubscribePush | wire.UnsubscribePush | wire.ShowPush | wire.ShowPushed
PUSH_COMMANDS = (wire.SubscribePush, wire.UnsubscribePush, wire.ShowPush, wire.ShowPushed)


@dataclass(frozen=True, slots=True)
class Waits:
    """A message that waits: who wrote it, what they are called, and whether it is to be heard."""

    author: PersonId
    name: str
    voice: bool


class Subscriptions(Protocol):
    """Who is woken and how. Every method may raise Problem(storage_unavailable)."""

    async def subscribe(self, endpoint: EndpointId, subscription: Subscription, at: float) -> None:
        """In place of what the endpoint had, and of what others had at the same address."""
        ...

    async def unsubscribe(self, endpoint: EndpointId) -> None: ...
    async def gone(self, endpoint: EndpointId, subscription: Subscription) -> None:
        """The push service knows this one no more. A newer one stays."""
        ...

    async def find(self, endpoint: EndpointId) -> Subscription | None: ...
    async def everybody(self) -> set[EndpointId]: ...
    async def waits(self, endpoint: EndpointId, message: MessageId) -> Waits | None:
        """A message to the endpoint's person that it has not fetched yet."""
        ...


class PushDesk:
    """`key` is by which push services know this server, None where push is switched off. Raises Problem for every
    "no"."""

    def __init__(
        self,
        subscriptions: Subscriptions,
        pushing: Pushing | None,
        key: bytes | None,
        directory: DirectoryStore,
        switchboard: Switchboard,
        groups: Groups,
        sending: Sending,
        deadlines: Deadlines,
        clock: Callable[[], float],
    ) -> None:
        self._subscriptions = subscriptions
        self.waking = Waking(pushing or NoPushing(), deadlines, clock)
        switchboard.witnesses += (self.waking.call,)
        groups.witnesses += (self.waking.group,)
        sending.waking += (self.waking,)
        self._key = key
        self._directory = directory
        self._switchboard = switchboard
        self._groups = groups
        self._clock = clock

    async def load(self) -> None:
        """Who has asked to be woken."""
        if self._key is not None:
            self.waking.wanted |= await self._subscriptions.everybody()

    async def carry_out(self, principal: Principal, command: Command) -> wire.AnyReply:
        """One of the commands."""
        endpoint = principal.endpoint
        match command:
            case wire.SubscribePush():
                await self._subscribe(endpoint, command)
            case wire.UnsubscribePush():
                self.waking.wanted.discard(endpoint)
                await self._subscriptions.unsubscribe(endpoint)
            case wire.ShowPush():
                wanted = endpoint in self.waking.wanted
                return wire.PushShown(re=command.id, key=self._key, subscribed=wanted)
            case wire.ShowPushed():
                return await self._about(principal, command)
        return wire.Ok(re=command.id)

    async def _subscribe(self, endpoint: EndpointId, command: wire.SubscribePush) -> None:
        if self._key is None:
            raise Problem(Code.PUSH_OFF)
        try:
            webpush.origin_of(command.url)
        except ValueError:
            raise Problem(Code.INVALID, path="url") from None
        if not webpush.is_point(command.p256dh):
            raise Problem(Code.INVALID, path="p256dh")
        subscription = Subscription(command.url, command.p256dh, command.auth)
        await self._subscriptions.subscribe(endpoint, subscription, self._clock())
        self.waking.wanted.add(endpoint)

    async def gone(self, endpoint: EndpointId, subscription: Subscription) -> None:
        """The push service does not know this one any more."""
        await self._subscriptions.gone(endpoint, subscription)
        if await self._subscriptions.find(endpoint) is None:
            self.waking.wanted.discard(endpoint)

    # -- what by ------------------------------------------------------------------------------------

    async def _about(self, principal: Principal, command: wire.ShowPushed) -> wire.Pushed:
        endpoint = await self._directory.endpoint(principal.endpoint)
        if endpoint is None:
            raise Problem(Code.ENDPOINT_REMOVED)
        if command.ref.startswith("m_"):
            return await self._message(endpoint, MessageId(command.ref), command.id)
        call = CallId(command.ref)
        found = (
            await self._call(endpoint, call, command.id)
            or await self._group(endpoint, call, command.id)
            or await self._past_call(principal, call, command.id)
            or await self._past_group(principal, call, command.id)
        )
        if found is None:
            raise Problem(Code.UNKNOWN_CALL, path="ref")
        return found

    async def _message(self, endpoint: Endpoint, message: MessageId, request: str) -> wire.Pushed:
        """What does not wait here was fetched, or was never for this endpoint: that is no difference to anybody."""
        found = await self._subscriptions.waits(endpoint.id, message)
        if found is None:
            return wire.Pushed(re=request, what="message", name="", person=None, over="elsewhere")
        return wire.Pushed(
            re=request, what="message", name=found.name, person=found.author, voice=found.voice
        )

    async def _call(self, endpoint: Endpoint, call: CallId, request: str) -> wire.Pushed | None:
        live = await self._switchboard.woken(endpoint, call)
        if live is None:
            return None
        view = call_view(live.call, endpoint.id, live.faces)
        person = view.peer_person
        return wire.Pushed(re=request, what="call", name=view.peer_name, person=person, video=view.video)

    async def _group(self, endpoint: Endpoint, call: CallId, request: str) -> wire.Pushed | None:
        live = await self._groups.woken(endpoint, call)
        if live is None:
            return None
        view = group_view(live.group, endpoint.id, live.faces)
        starter = view.started_by
        return wire.Pushed(
            re=request,
            what="group",
            name=starter.name,
            person=live.group.starting_place.person,
            video=view.video,
        )

    async def _past_call(self, principal: Principal, ref: CallId, request: str) -> wire.Pushed | None:
        call = await self._switchboard.find(ref)
        if call is None or not _was_asked(call, principal):
            return None
        missed = missed_by(call) == registered(principal)
        return await self._over(request, "call", call.caller_person, video=call.video, missed=missed)

    async def _past_group(self, principal: Principal, ref: CallId, request: str) -> wire.Pushed | None:
        live = self._groups.live.get(ref)
        group = await self._groups.over(ref) if live is None else live.group
        mine = (
            [] if group is None else [one for one in group.places.values() if one.person == principal.person]
        )
        if group is None or not any(one.asked and not one.silent for one in mine):
            return None
        missed = principal.endpoint in rings_of_group(group).missed
        starter = group.starting_place.person
        return await self._over(request, "group", starter, video=group.video, missed=missed)

    async def _over(
        self, request: str, what: wire.Waker, caller: PersonId | None, *, video: bool, missed: bool
    ) -> wire.Pushed:
        person = None if caller is None else await self._directory.person(caller)
        return wire.Pushed(
            re=request,
            what=what,
            name="" if person is None else person.name,
            person=caller,
            video=video,
            over="missed" if missed else "elsewhere",
        )


def _was_asked(call: Call, principal: Principal) -> bool:
    """Whether it was this endpoint's to hear of."""
    leg = call.legs.get(principal.endpoint)
    told = leg is not None and leg.acceptance is not Acceptance.WON and call.caller != principal.endpoint
    return (told or call.callee_person == principal.person) and not (call.silent and leg is None)
