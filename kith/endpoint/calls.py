"""The one call that an endpoint has at a time: how it begins, who hears of it, how it ends.

a person, or the server  ->  the call
the call                 ->  light, tones and events
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

from av import VideoFrame

from kith.core.ids import CallId, new_call
from kith.core.keys import KeyPair
from kith.core.problem import Problem
from kith.core.trust.untrusted import Reason
from kith.endpoint.call import Call
from kith.endpoint.dialling import Unreachable
from kith.endpoint.drop_ins import DropIns
from kith.endpoint.equipment import Equipment
from kith.endpoint.floor import Floor, InCall, NoCall
from kith.endpoint.identities import Identities
from kith.endpoint.presentation import Presentation
from kith.endpoint.reach import Reach
from kith.endpoint.utterance import Named
from kith.endpoint.wire import Wire
from media.tones import Samples
from policy.grants import Claim
from signaling import protocol
from signaling.call import CallKind, EndReason, Phase, Role
from signaling.protocol import AnyReply, CallView

PLACE_WITHIN = 5.0
"""Seconds a call may take to reach the server. Then who calls is told, and nobody is rung late."""

AcceptChanged = bool | Callable[[Call], Awaitable[bool]]

CallEvent = (
    protocol.Ringing | protocol.CallChanged | protocol.Ended | protocol.Signalled | protocol.PeerIndicated
)


class Calls:
    """`joined` says whether anybody would believe who answers here. Implements kith.endpoint.call.Listener."""

    def __init__(
        self,
        wire: Wire,
        equipment: Equipment,
        presentation: Presentation,
        identities: Identities,
        keys: KeyPair,
        *,
        reach: Reach,
        floor: Floor,
        accept_changed: AcceptChanged,
        joined: Callable[[], bool],
        emit: Callable[..., object],
    ) -> None:
        self._wire = wire
        self._equipment = equipment
        self._presentation = presentation
        self._identities = identities
        self._keys = keys
        self._accept_changed = accept_changed
        self._joined = joined
        self._reach = reach
        self._emit = emit
        self._floor = floor
        self._rings_too_early: CallView | None = None
        self._arriving: set[str] = set()
        """Drop ins that are being looked at."""
        self.drop_ins = DropIns(
            reach.gate,
            wire,
            equipment,
            presentation,
            show=floor.show,
            alert=self._alert,
            emit=emit,
        )

    # -- what a person does ---------------------------------------------------------------------------

    @property
    def current(self) -> Call | None:
        """The call that rings or goes on here."""
        holder = self._floor.holder
        return holder if isinstance(holder, Call) else None

    @property
    def _call(self) -> Call | None:
        return self.current

    @property
    def some(self) -> Call:
        """The same. Raises NoCall where there is none."""
        if self._call is None:
            raise NoCall("there is no call")
        return self._call

    async def place(self, target: Named, *, video: bool, acting: str | None) -> Call:
        """Call this person or endpoint; returns when it rings. Raises InCall, NoRelay, Problem, Unreachable."""
        await self._wire.ice.check()
        if self._call is not None:
            if self._call.ringing and self._call.incoming and self._call.view.peer_person == target.id:
                await self._call.answer(video=video)  # who calls a caller wants to answer
                return self._call
            raise InCall("there is a call already")
        self._floor.require_free()
        view = _unseen(new_call(), target.name, video=video)
        call = self._begin(view)
        command = protocol.PlaceCall(
            id=self._wire.new_id(), as_person=acting, call=call.id, to=target.id, video=video
        )
        return await self._carry_out(call, command, target)

    async def _carry_out(
        self, call: Call, command: protocol.PlaceCall | protocol.DropIn, target: Named
    ) -> Call:
        call.placing, call.wanted, call.called_as = command.id, target.id, target.name
        self._emit("calling", call)
        self._floor.show()
        try:
            async with asyncio.timeout(PLACE_WITHIN):
                await call.perform(command)
        except TimeoutError:
            call.finish(EndReason.CANCELLED)
            self._wire.tell(
                protocol.Cancel(id=self._wire.new_id(), call=call.id)
            )  # it may have got there after all
            raise Unreachable("the server does not answer") from None
        except (Problem, Unreachable):
            call.finish(EndReason.CANCELLED)
            raise
        except asyncio.CancelledError:
            self._wire.spawn(call.hang_up())  # who stops waiting does not want it to ring
            raise
        return call

    async def drop_in(self, target: Named, *, video: bool, acting: str | None) -> Call:
        """Drop in on this person or endpoint, or at "home"; returns when the server has let it through, which is not
        being let in yet. Raises InCall, NoRelay, Problem(not_permitted), Unreachable."""
        await self._wire.ice.check()
        self._floor.require_free()
        view = _unseen(new_call(), target.name, video=video, kind=CallKind.DROP_IN)
        call = self._begin(view)
        command = protocol.DropIn(
            id=self._wire.new_id(), as_person=acting, call=call.id, to=target.id, video=video
        )
        return await self._carry_out(call, command, target)

    async def take_over(self, ongoing: protocol.OngoingCall) -> Call:
        """Go on here with a call that is at another endpoint. Raises InCall, NoRelay, Problem, Unreachable."""
        self._floor.require_free()
        await self._wire.ice.check()
        call = self._begin(_unseen(CallId(ongoing.call), ongoing.name, video=ongoing.video))
        command = protocol.Move(id=self._wire.new_id(), call=ongoing.call)
        call.placing = command.id
        try:
            await call.perform(command)
        except (Problem, Unreachable):
            call.finish(EndReason.LOST)
            raise
        return call

    async def close(self) -> None:
        """Hang up, if that can be said within moments."""
        if self._call is not None:
            await self._call.close()

    # -- what the server says -------------------------------------------------------------------------

    def adopt(self, views: Mapping[str, CallView]) -> None:
        """A new session: these are all the calls there are, by id."""
        call = self._call
        if call is not None and call.id not in views and call.placing is None:
            call.finish(EndReason.LOST)
        for view in views.values():
            if (known := self._known(view.id)) is not None:
                known.resync(view)
                if view.phase is Phase.RINGING and view.role is Role.CALLEE:
                    self._alert(view.id)
            elif view.phase is Phase.RINGING and view.role is Role.CALLEE:
                self._ring(view)
            else:  # a life before this one left it: no microphone opens again by itself
                self._wire.tell(protocol.HangUp(id=self._wire.new_id(), call=view.id))

    def happened(self, event: CallEvent) -> None:
        match event:
            case protocol.Ringing(call=view):
                self._ring(view)
            case protocol.CallChanged(call=view):
                self._happened_to(self._known(view.id), event)
            case protocol.Ended() | protocol.Signalled() | protocol.PeerIndicated():
                self._happened_to(self._known(event.call), event)

    def replied(self, reply: AnyReply) -> None:
        """What the server says a call is now, in its order among the events.

        Where both called each other, the answer to placing a call is the other one's call, now answered.
        """
        match reply:
            case protocol.CallState(call=view):
                call = self._known(view.id)
                if call is None and self._call is not None and self._call.placing == reply.re:
                    call = self._call
                if call is not None:
                    call.follow(view)
            case protocol.CallEnded(call=call_id, reason=reason):
                if (call := self._known(call_id)) is not None:
                    call.finish(reason)

    def lost(self) -> None:
        """The server will not be heard of again."""
        if self._call is not None:
            self._call.finish(EndReason.LOST)

    def joined(self) -> None:
        """Somebody has signed for this endpoint: what rang before that may ring now."""
        early, self._rings_too_early = self._rings_too_early, None
        if early is not None:
            self._ring(early)

    def network_changed(self, addresses: frozenset[str]) -> None:
        if self._call is not None:
            self._call.network_changed(addresses)

    def _happened_to(self, call: Call | None, event: CallEvent) -> None:
        if isinstance(event, protocol.Ended):
            self._arriving.discard(event.call)
            if self._rings_too_early is not None and self._rings_too_early.id == event.call:
                self._rings_too_early = None
        if call is None:
            return  # it ended here before the server heard of it
        match event:
            case protocol.CallChanged(call=view):
                call.resync(view)
            case protocol.Ended(reason=reason):
                call.finish(reason)
            case protocol.Signalled():
                call.signalled(event)
            case protocol.PeerIndicated():
                call.peer_indicated(event)
                self._emit("peer_indicated", call, event)

    # -- what a call brings (kith.endpoint.call.Listener) ---------------------------------------------

    def call_changed(self, call: Call) -> None:
        if call.answered and not call.was_answered:
            call.was_answered = True
            self._emit("answered", call)
        self._emit("changed", call)
        self._floor.show()

    def call_connected(self, call: Call) -> None:
        self._presentation.connected(call)
        self.drop_ins.connected(call)
        self._emit("connected", call)

    def call_ended(self, call: Call, reason: EndReason) -> None:
        if call is self._call:
            self._floor.holder = None
            self.drop_ins.ended(call)
            self._floor.show()
            self._presentation.ended(call, reason)
        self._wire.spawn(call.settled())
        self._emit("ended", call, reason)

    def call_picture(self, call: Call, frame: VideoFrame) -> None:
        self._emit("frame", call, frame)

    def call_voice(self, call: Call, samples: Samples) -> None:
        self.drop_ins.heard(samples)
        self._emit("audio", call, samples)

    def call_distrusted(self, call: Call, reason: Reason) -> None:
        self._emit("untrusted", call, reason)

    async def call_identity_changed(self, call: Call) -> bool:
        self._emit("identity_changed", call)
        accept = self._accept_changed
        return accept if isinstance(accept, bool) else await accept(call)

    # -- the pieces -----------------------------------------------------------------------------------

    def _ring(self, view: CallView) -> None:
        if view.phase is not Phase.RINGING or view.role is not Role.CALLEE:
            return  # it does not ring here, whatever the server means by it
        if not self._joined():
            self._rings_too_early = view  # nobody would believe who answers
        elif self._known(view.id) is not None:
            self._alert(view.id)
        elif self._floor.holder is not None:
            self._wire.tell(protocol.Busy(id=self._wire.new_id(), call=view.id))
        elif view.kind is CallKind.DROP_IN:
            if view.id not in self._arriving:
                self._arriving.add(view.id)
                self._wire.spawn(self._look(view))
        elif self._reach.quiet:
            self._emit("silenced", view)
        else:
            call = self._begin(view, rang=True)
            self._alert(view.id)
            self._floor.show()
            self._presentation.announce(f"Call from {view.peer_name}")
            self._emit("ringing", call)

    async def _look(self, view: CallView) -> None:
        """Somebody would like to drop in: nothing shows before it is known that they may come nearer."""
        found = await self.drop_ins.look(view)
        if view.id not in self._arriving:
            return  # they have gone
        self._arriving.discard(view.id)
        if self._floor.holder is not None:
            self._wire.tell(protocol.Busy(id=self._wire.new_id(), call=view.id))
        elif isinstance(found, Claim):
            self.drop_ins.begin(self._begin(view, rang=True), found)
            self._floor.show()
        else:
            self.drop_ins.refuse(view, found)

    def _begin(self, view: CallView, *, rang: bool = False) -> Call:
        self._wire.ice.refresh()
        self._floor.holder = call = Call(
            view,
            connection=self._wire.connection,
            equipment=self._equipment,
            ice=self._wire.ice,
            identities=self._identities,
            keys=self._keys,
            listener=self,
            kind="drop_in" if view.kind is CallKind.DROP_IN else "call",
            rang=rang,
        )
        return call

    def _known(self, call_id: str) -> Call | None:
        return self._call if self._call is not None and self._call.id == CallId(call_id) else None

    def _alert(self, call_id: str) -> None:
        self._wire.tell(protocol.Alerting(id=self._wire.new_id(), call=call_id))


def _unseen(call: CallId, name: str, *, video: bool, kind: CallKind = CallKind.CALL) -> CallView:
    """A call as long as the server has not said how it stands."""
    return CallView(
        id=call,
        role=Role.CALLER,
        phase=Phase.RINGING,
        peer_name=name,
        kind=kind,
        video=video,
        media=protocol.MediaView(
            send_audio=False, receive_audio=False, send_video=False, receive_video=False
        ),
        created=time.time(),
    )
