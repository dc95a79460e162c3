"""One planned call being played: every endpoint does what the plan says, when what it waits for has come."""

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import assert_never

from kith.core.ids import CallId, EndpointId, new_call
from kith.simulator.ledger import CallRecord, Phase
from kith.simulator.plan import TALKING, Outage, PlannedCall, Side, Story
from kith.simulator.player import Player, Venue
from signaling import call as machine
from signaling import protocol
from signaling.call import RING_TIMEOUT
from signaling.protocol import AnyReply, CallView

PATIENCE = 10.0
"""Seconds until something that should come at once is given up and noted as a stall."""

BLOB = 300
"""Bytes of a signal: about those of a candidate."""


class _Stalled(Exception):
    """What was waited for did not come."""


class Scene:
    """Implements kith.simulator.player.Audience. `callee` and `caller` are ids of persons: who is called and
    who calls. `cast` are all players, by number."""

    def __init__(
        self, plan: PlannedCall, cast: Sequence[Player], *, caller: str, callee: str, venue: Venue
    ) -> None:
        self.call: CallId = new_call()
        self.plan = plan
        self._cast = cast
        self._caller = caller
        self._callee = callee
        self._venue = venue
        self._record: CallRecord = venue.ledger.open_call(plan.story, plan.caller, plan.rings)
        self._views: dict[int, CallView] = {}
        self._sent: dict[bytes, float] = {}
        self._news = asyncio.Event()
        self._deeds: set[asyncio.Task[None]] = set()
        self._numbers: Mapping[EndpointId, int] = {cast[i].endpoint: i for i in (plan.caller, *plan.rings)}

    async def play(self) -> None:
        """From the invite to the last end. Never raises: what does not come is noted as a stall."""
        try:
            await self._ring()
            await self._deed()
            if self.plan.story in TALKING:
                await self._converse()
            await self._until("the end", lambda: self._record.over, self._patience_for_the_end())
        except _Stalled as stalled:
            self._venue.ledger.stalls[f"{self.plan.story}: {stalled}"] += 1
            await self._request(self.plan.caller, protocol.HangUp)
        finally:
            for deed in self._deeds:
                deed.cancel()
            self._sent.clear()

    def _patience_for_the_end(self) -> float:
        return RING_TIMEOUT + PATIENCE if self.plan.story is Story.RING_OUT else PATIENCE

    # -- the acts -----------------------------------------------------------------------------------

    async def _ring(self) -> None:
        plan = self.plan
        self._record.placed = self._venue.clock()
        if not await self._place(plan.caller, self.call, self._callee):
            self._record.placed = None
            raise _Stalled("the call was not placed")
        await self._until("all alerting", lambda: self._record.expected <= self._record.alerting.keys())
        await asyncio.sleep(plan.think)
        if plan.outage is not None and plan.outage.side is Side.RINGING:
            others = [i for i in plan.rings if i != plan.first]
            await self._suffer(plan.outage, others[0] if others else plan.first)

    async def _deed(self) -> None:
        plan = self.plan
        match plan.story:
            case Story.ANSWER:
                await self._answer(plan.first)
            case Story.RACE:
                assert plan.second is not None
                await asyncio.gather(self._answer(plan.first), self._answer(plan.second))
            case Story.DECLINE:
                await self._request(plan.first, protocol.Decline)
            case Story.CANCEL:
                await self._request(plan.caller, protocol.Cancel)
            case Story.CANCEL_RACE:
                await asyncio.gather(self._request(plan.caller, protocol.Cancel), self._answer(plan.first))
            case Story.BUSY:
                await asyncio.gather(*(self._request(i, protocol.Busy) for i in plan.rings))
            case Story.GLARE:
                await self._call_back()
            case Story.RING_OUT:
                pass
            case never:
                assert_never(never)

    async def _converse(self) -> None:
        plan = self.plan
        await self._until("the caller hears of the answer", lambda: bool(self._record.peers))
        winner = next(iter(self._record.peers))
        await self._connect(winner, epoch=0)
        await asyncio.sleep(plan.talk / 2)
        if plan.outage is not None and plan.outage.side is not Side.RINGING:
            await self._suffer(plan.outage, plan.caller if plan.outage.side is Side.CALLER else winner)
            await self._until_active(winner)
        for epoch in range(1, plan.new_epochs + 1):
            command = protocol.MediaLost(id=self._cast[winner].new_id(), call=self.call, epoch=epoch - 1)
            await self._cast[winner].request(command)
            await self._connect(winner, epoch)
        await asyncio.sleep(plan.talk / 2)
        await self._request(plan.caller if plan.caller_ends else winner, protocol.HangUp)

    async def _connect(self, winner: int, epoch: int) -> None:
        """Offer, answer and candidates as opaque blobs; then both say that media is up."""
        caller = self.plan.caller
        await self._until_both("the epoch", winner, lambda view: view.epoch == epoch)
        pair = (caller, winner)
        await asyncio.gather(*(self._send_blob(one, epoch) for one in pair * self.plan.blobs))
        await self._until("the signals", lambda: not self._sent)
        for one in pair:
            await self._cast[one].request(
                protocol.MediaUp(id=self._cast[one].new_id(), call=self.call, epoch=epoch)
            )
        await self._until_active(winner)

    async def _until_active(self, winner: int) -> None:
        await self._until_both("active", winner, lambda view: view.phase is machine.Phase.ACTIVE)

    async def _until_both(self, what: str, winner: int, true: Callable[[CallView], bool]) -> None:
        """Wait until what both endpoints in the call were told last makes it true."""

        def told() -> bool:
            views = (self._views.get(self.plan.caller), self._views.get(winner))
            return all(view is not None and true(view) for view in views)

        await self._until(what, told)

    async def _suffer(self, outage: Outage, endpoint: int) -> None:
        player = self._cast[endpoint]
        lost = (
            player.lose_and_forget(outage.away) if outage.forgetful else player.lose_and_resume(outage.away)
        )
        try:
            async with asyncio.timeout(outage.away + PATIENCE):
                await lost
        except TimeoutError:
            raise _Stalled("coming back") from None

    # -- single deeds -------------------------------------------------------------------------------

    async def _place(self, endpoint: int, call: CallId, to: str) -> bool:
        player = self._cast[endpoint]
        reply = await player.request(
            protocol.PlaceCall(id=player.new_id(), call=call, to=to, video=self.plan.video)
        )
        self._note(endpoint, reply)
        return isinstance(reply, protocol.CallState)

    async def _answer(self, endpoint: int) -> None:
        player = self._cast[endpoint]
        self._record.answered[endpoint] = self._venue.clock()
        reply = await player.request(
            protocol.Answer(id=player.new_id(), call=self.call, video=self.plan.video)
        )
        self._note(endpoint, reply)

    async def _call_back(self) -> None:
        """Glare: the callee's own call to the caller turns out to be the answer."""
        self._record.answered[self.plan.first] = self._venue.clock()
        if not await self._place(self.plan.first, new_call(), self._caller):
            raise _Stalled("the call back was not placed")

    async def _request(
        self, endpoint: int, kind: type[protocol.Decline | protocol.Busy | protocol.Cancel | protocol.HangUp]
    ) -> None:
        player = self._cast[endpoint]
        await player.request(kind(id=player.new_id(), call=self.call))

    async def _send_blob(self, endpoint: int, epoch: int) -> None:
        player = self._cast[endpoint]
        body = secrets.token_bytes(BLOB)
        self._sent[body] = self._venue.clock()
        await player.signal(self.call, epoch, body)

    def _note(self, endpoint: int, reply: AnyReply | None) -> None:
        if isinstance(reply, protocol.CallState) and reply.call.id == self.call:
            if reply.call.role is machine.Role.CALLEE and reply.call.endpoint is not None:
                self._record.won.setdefault(endpoint, self._venue.clock())
            self.changed(endpoint, reply.call)

    async def _until(self, what: str, true: Callable[[], bool], within: float = PATIENCE) -> None:
        """Wait for what the endpoints hear to make it true."""
        try:
            async with asyncio.timeout(within):
                while not true():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise _Stalled(what) from None

    # -- what the endpoints hear --------------------------------------------------------------------

    def rings(self, endpoint: int, call: CallView) -> None:
        self._record.rings(endpoint, self._venue.clock())
        deed = asyncio.ensure_future(self._alert(endpoint))
        self._deeds.add(deed)
        deed.add_done_callback(self._deeds.discard)
        self.changed(endpoint, call)

    async def _alert(self, endpoint: int) -> None:
        player = self._cast[endpoint]
        self._record.alerting.setdefault(endpoint, self._venue.clock())
        self._news.set()
        await player.request(protocol.Alerting(id=player.new_id(), call=self.call))

    def changed(self, endpoint: int, call: CallView) -> None:
        self._views[endpoint] = call
        if endpoint == self.plan.caller and call.endpoint is not None:
            peer = self._numbers.get(EndpointId(call.endpoint.id), -1)
            self._record.peers.setdefault(peer, self._venue.clock())
        self._news.set()

    def ended(self, endpoint: int, reason: str) -> None:
        self._record.end(endpoint, reason, self._venue.clock())
        self._news.set()

    def signalled(self, endpoint: int, body: bytes) -> None:
        sent = self._sent.pop(body, None)
        if sent is not None:
            self._venue.ledger.durations[Phase.RELAY].append(self._venue.clock() - sent)
            self._news.set()

    def returned(self, endpoint: int) -> None:
        if self._concerns(endpoint):
            self._record.back[endpoint] = self._venue.clock()
            self._news.set()

    def found(self, endpoint: int, call: CallView | None) -> None:
        if not self._concerns(endpoint):
            return
        self.returned(endpoint)
        if call is None:
            self.ended(endpoint, "snapshot")
        elif call.role is machine.Role.CALLEE and call.phase is machine.Phase.RINGING:
            self.rings(endpoint, call)
        else:
            self.changed(endpoint, call)

    def _concerns(self, endpoint: int) -> bool:
        """Whether the call, as far as this endpoint was told, still goes on."""
        return endpoint in self._record.parties and endpoint not in self._record.ends
