"""What passes between the two who talk: blobs, and what each says that it sends. No state changes, nothing is saved."""

from kith.core.ids import EndpointId
from kith.core.problem import Code, Problem
from signaling import protocol as wire
from signaling.call_index import LiveCalls
from signaling.live_call import LiveCall
from signaling.sessions import Sessions


class Passing:
    """The part of the switchboard that only passes on."""

    def __init__(self, calls: LiveCalls, sessions: Sessions) -> None:
        self._calls = calls
        self._sessions = sessions

    def signal(self, endpoint: EndpointId, command: wire.Signal) -> None:
        """Pass a blob on. No state changes and nothing is saved."""
        live = self._calls.get(command.call)
        peer = None if live is None or command.epoch != live.call.epoch else live.talking.get(endpoint)
        if live is None or peer is None:
            live, peer = self._peer(endpoint, command.call, command.epoch)
        passed = wire.Signalled(call=live.call.id, epoch=command.epoch, sender=endpoint, body=command.body)
        session = self._sessions.of(peer)
        if session is None:
            live.park(peer, passed)  # it is expected back: the call would have ended otherwise
        else:
            self._sessions.push_to(session, passed)

    def indicate(self, endpoint: EndpointId, command: wire.Indicate) -> None:
        """Tell the other side what leaves this endpoint, now and when it comes back."""
        live = self._calls.get(command.call)
        live, peer = self._peer(endpoint, command.call, 0 if live is None else live.call.epoch)
        indicated = wire.PeerIndicated(
            call=command.call,
            audio=command.audio,
            video=command.video,
            hardware_muted=command.hardware_muted,
        )
        live.indicated[endpoint] = indicated
        self._sessions.push(peer, indicated)

    def _peer(self, endpoint: EndpointId, call: str, epoch: int) -> tuple[LiveCall, EndpointId]:
        live = self._calls.get(call)
        if live is None or endpoint not in live.call.legs:
            raise Problem(Code.UNKNOWN_CALL, path="call")
        if epoch > live.call.epoch:
            raise Problem(Code.INVALID, path="epoch")
        peer = live.call.peer_of(endpoint, epoch)
        if peer is None:
            raise Problem(Code.NOT_ANSWERED if live.call.winner is None else Code.CALL_OVER, path="call")
        return live, peer

    def _hand_over(self, live: LiveCall, endpoint: EndpointId) -> None:
        """What waited for the endpoint: signals, and what the other side last said that it sends."""
        for signal in live.parked.pop(endpoint, ()):
            self._sessions.push(endpoint, signal)
        peer = live.call.peer_of(endpoint, live.call.epoch)
        if peer in live.indicated:
            self._sessions.push(endpoint, live.indicated[peer])
