"""The commands about calls and drop ins: what lets one begin, moves it or passes through it, and what happens to it."""

from collections.abc import Mapping

from kith.core.ids import EndpointId
from kith.core.principal import Principal
from signaling import call as calls
from signaling import protocol as wire
from signaling.call import EndReason
from signaling.dropping_in import DropIns
from signaling.switchboard import Switchboard

Command = (
    wire.Signal
    | wire.Indicate
    | wire.PlaceCall
    | wire.DropIn
    | wire.Move
    | wire.Alerting
    | wire.Answer
    | wire.Decline
    | wire.Busy
    | wire.Cancel
    | wire.HangUp
    | wire.MediaUp
    | wire.MediaLost
)
CALL_COMMANDS = (
    wire.Signal,
    wire.Indicate,
    wire.PlaceCall,
    wire.DropIn,
    wire.Move,
    wire.Alerting,
    wire.Answer,
    wire.Decline,
    wire.Busy,
    wire.Cancel,
    wire.HangUp,
    wire.MediaUp,
    wire.MediaLost,
)

_WHY_OUT: Mapping[wire.WhyOut, EndReason] = {
    "done": EndReason.HUNG_UP,
    "silence": EndReason.SILENCE,
    "not_let_in": EndReason.NOT_LET_IN,
}

Acting = (
    wire.Alerting
    | wire.Answer
    | wire.Decline
    | wire.Busy
    | wire.Cancel
    | wire.HangUp
    | wire.MediaUp
    | wire.MediaLost
)
"""What becomes an event of a call that is there."""


class CallDesk:
    """Hands every command to whoever has the call."""

    def __init__(self, switchboard: Switchboard, drop_ins: DropIns) -> None:
        self._switchboard = switchboard
        self._drop_ins = drop_ins

    async def carry_out(self, principal: Principal, command: Command) -> wire.AnyReply:
        """One of the commands. Raises Problem."""
        match command:
            case wire.Signal():
                self._switchboard.signal(principal.endpoint, command)
            case wire.Indicate():
                self._switchboard.indicate(principal.endpoint, command)
            case wire.PlaceCall():
                return await self._switchboard.place(principal, command)
            case wire.DropIn():
                return await self._drop_ins.begin(principal, command)
            case wire.Move():
                return await self._switchboard.move(principal, command)
            case _:
                return await self._switchboard.act(
                    principal.endpoint, command, command.call, lambda by: _event(by, command)
                )
        return wire.Ok(re=command.id)


def _event(by: EndpointId, command: Acting) -> calls.Event:
    match command:
        case wire.Alerting():
            return calls.Alerting(by)
        case wire.Answer(video=video):
            return calls.Answered(by, video=video)
        case wire.Decline():
            return calls.Declined(by)
        case wire.Busy():
            return calls.Busy(by)
        case wire.Cancel():
            return calls.HungUp(by)
        case wire.HangUp(why=why):
            return calls.HungUp(by, _WHY_OUT[why])
        case wire.MediaUp(epoch=epoch):
            return calls.MediaUp(by, epoch)
        case wire.MediaLost(epoch=epoch):
            return calls.MediaLost(by, epoch)
