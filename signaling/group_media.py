"""What carries a group's media: signals between members of a mesh, and the mixer, for which the server vouches."""

from collections.abc import Callable

from kith.core.ids import CallId, EndpointId
from kith.core.keys import KeyPair
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.core.trust.fingerprint import fingerprint_of
from kith.core.trust.mixer import MixerPromise
from kith.core.trust.untrusted import Untrusted
from kith.directory.ports import DirectoryStore
from policy.group import Path
from signaling import group as groups
from signaling import protocol as wire
from signaling.group_apart import Groups
from signaling.group_having import taking_part
from signaling.group_step import may_offer
from signaling.limits import Buckets
from signaling.rooms import Rooms
from signaling.sessions import Sessions

OFFERS = (1.0, 5.0)
"""How often one endpoint may offer a mixer something. Each is answered by the process that mixes for everybody."""


class GroupMedia:
    """Listens to the rooms, too (signaling.rooms.Listener)."""

    def __init__(
        self,
        live: Groups,
        directory: DirectoryStore,
        sessions: Sessions,
        rooms: Rooms,
        keys: KeyPair,
        clock: Callable[[], float],
    ) -> None:
        self._live = live
        self._directory = directory
        self._sessions = sessions
        self._rooms = rooms
        self._keys = keys
        self._clock = clock
        self._offers: Buckets[EndpointId] = Buckets(*OFFERS)
        rooms.listen(self)

    def signal(self, endpoint: EndpointId, command: wire.SignalGroup) -> None:
        """Pass a blob on to another member. No state changes and nothing is saved."""
        live = self._live.live.get(command.call)
        if live is None or endpoint not in live.group.members:
            raise Problem(Code.UNKNOWN_CALL, path="call")
        peer = EndpointId(command.to)
        if peer == endpoint or peer not in live.group.members or live.group.path is not Path.MESH:
            raise Problem(Code.UNKNOWN_ENDPOINT, path="to")
        passed = wire.GroupSignal(
            call=live.group.id, endpoint=endpoint, epoch=command.epoch, body=command.body
        )
        session = self._sessions.of(peer)
        if session is None:
            live.park(peer, passed)  # it is expected back: it would be out otherwise
        else:
            self._sessions.push_to(session, passed)

    async def offer(self, principal: Principal, command: wire.OfferMixer) -> wire.MixerAnswer:
        """A member's connection with the mixer, answered and vouched for. Raises Problem."""
        live = taking_part(self._live.live, principal, command.call)
        endpoint = await self._directory.endpoint(principal.endpoint)
        if endpoint is None:
            raise Problem(Code.ENDPOINT_REMOVED)
        if live.group.path is not Path.MIXER:
            raise Problem(Code.MIXER_UNAVAILABLE)
        self._offers.take(endpoint.id, self._clock())
        if not may_offer(live.group, command.epoch):
            raise Problem(Code.BAD_OFFER, path="epoch")
        try:
            own = fingerprint_of(command.sdp)
        except Untrusted:
            raise Problem(Code.BAD_OFFER, path="sdp") from None
        await live.submit(groups.Offers(endpoint.id, command.epoch))
        answer = await self._rooms.seat(live.group.id, endpoint.id, command.epoch, command.sdp)
        if endpoint.id not in live.group.members:  # it left while the mixer answered
            self._rooms.unseat(live.group.id, endpoint.id)
            raise Problem(Code.UNKNOWN_CALL, path="call")
        promise = MixerPromise(
            call=live.group.id,
            epoch=command.epoch,
            identity=endpoint.keys.identity,
            mixer=answer.fingerprint,
            own=own,
            nonce=command.nonce,
        )
        return wire.MixerAnswer(
            re=command.id, sdp=answer.sdp, fingerprint=answer.fingerprint, statement=promise.sign(self._keys)
        )

    # -- what the mixer notices ------------------------------------------------------------------

    def connected(self, room: CallId, endpoint: EndpointId, epoch: int) -> None:
        """signaling.rooms.Listener."""
        del epoch
        self._noticed(room, groups.Connected(endpoint))

    def gone(self, room: CallId, endpoint: EndpointId, epoch: int) -> None:
        """signaling.rooms.Listener."""
        del epoch
        self._noticed(room, groups.Disconnected(endpoint))

    def moved(self, room: CallId) -> None:
        """signaling.rooms.Listener."""
        self._noticed(room, groups.MixerMoved())

    def speaking(self, room: CallId, endpoints: tuple[EndpointId, ...]) -> None:
        """signaling.rooms.Listener."""
        live = self._live.live.get(room)
        if live is not None:
            for member in live.group.members:
                self._sessions.push(member, wire.GroupSpeaking(call=room, endpoints=endpoints))

    def _noticed(self, room: CallId, event: groups.Event) -> None:
        live = self._live.live.get(room)
        if live is not None:
            live.enqueue(event)
