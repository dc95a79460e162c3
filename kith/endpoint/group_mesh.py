"""A group that is encrypted end to end: one connection with each other member, and no other way for what is captured.

    the server's view, the signed roster   ->  with whom there is a connection
    what comes from each                   ->  one sound for the speaker, pictures each with its member

Whoever is out by the server's word or by the newest roster is closed at once, before anything else is done. Nothing is
sent to anybody who stands in one of the two alone.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from functools import partial

from kith.core.problem import Problem
from kith.core.trust.group import GroupRoster
from kith.core.trust.untrusted import Reason, Untrusted
from kith.endpoint.dialling import Unreachable
from kith.endpoint.group_pair import Pair, PairEvent, lines
from kith.endpoint.group_roster import Fellowship, Place, own_member, own_of, place
from kith.endpoint.group_way import Ground, Listener
from kith.endpoint.link import Link, Picture, Up
from media.mixdown import mixdown
from media.tones import Samples
from signaling import protocol
from signaling.call import CallKind
from signaling.protocol import GroupSignal, GroupView, MemberView

log = logging.getLogger(__name__)

EARLY = 128
"""Signals that may come before the roster with their sender: an offer and its candidates of four members."""

LATER = 3.0
"""Seconds after which somebody else signs, where who should have does not; and until what could not be stored is signed
again, at first."""

LATEST = 60.0
"""Seconds until that at the most."""


@dataclass(frozen=True, slots=True)
class _Paired:
    """Something that became of the connection with the one in this place."""

    place: Place
    event: PairEvent


@dataclass(frozen=True, slots=True)
class _Sign:
    """Nobody has signed what has changed."""


@dataclass(frozen=True, slots=True)
class _Refused:
    """The server did not store what was signed here."""


@dataclass(frozen=True, slots=True)
class _Other:
    member: MemberView
    pair: Pair


class Mesh:
    """Implements kith.endpoint.group_way.Way. `held`: connections open one by one, as `open` says."""

    def __init__(
        self, view: GroupView, fellowship: Fellowship, ground: Ground, listener: Listener, *, held: bool
    ) -> None:
        self._view = view
        self._fellowship = fellowship
        self._ground = ground
        self._listener = listener
        self._held = held
        self._others: dict[Place, _Other] = {}
        self._doubted: set[Place] = set()
        self._early: deque[GroupSignal] = deque(maxlen=EARLY)
        self._sending = (True, True)
        self._saying = (False, False)
        self._stood: dict[Place, bool] = {}
        self._later: asyncio.TimerHandle | None = None
        self._pause = LATER

    # -- what it is -----------------------------------------------------------------------------------

    @property
    def connected(self) -> bool:
        return any(one.pair.current is not None for one in self._others.values())

    @property
    def held(self) -> bool:
        return self._held and all(one.pair.held for one in self._others.values())

    @property
    def present(self) -> tuple[MemberView, ...]:
        return tuple(one.member for one in self._others.values())

    def reaches(self, where: Place) -> bool:
        other = self._others.get(where)
        return other is not None and other.pair.reaches

    def pair(self, endpoint: str) -> Pair | None:
        """The connection with this endpoint."""
        return next((one.pair for one in self._others.values() if one.member.endpoint == endpoint), None)

    # -- who is in it ---------------------------------------------------------------------------------

    def follow(self, view: GroupView) -> None:
        self._view = view
        try:
            self._fellowship.follow(view)
        finally:
            standing = self._standing(view)
            for where in [one for one in self._others if one not in standing]:
                self._part(where)
            for where, one in self._others.items():
                self._others[where] = _Other(standing[where], one.pair)

    def _standing(self, view: GroupView) -> dict[Place, MemberView]:
        """The others, as long as this endpoint stands among them itself."""
        own = own_of(view)
        return {} if own is None or self._fellowship.stands(own) is None else self._fellowship.others(view)

    async def settle(self) -> None:
        await self._fellowship.take_first(self._view)
        for where, member in self._standing(self._view).items():
            if where not in self._others and where not in self._doubted:
                await self._join(where, member)
        await self._sign()

    async def _join(self, where: Place, member: MemberView) -> None:
        view = self._view
        try:
            meeting = await self._fellowship.sure_of(view, member)
        except Untrusted as untrusted:
            self._doubt(where, member, untrusted.reason)
            return
        if where not in self._standing(self._view):
            return  # they have left meanwhile
        own, ground = own_member(view), self._ground
        pair = Pair(
            ground.call,
            meeting,
            lines(own.capabilities, member.capabilities, video=view.video),
            ground.gear,
            kind="group_drop_in" if view.kind is CallKind.DROP_IN else "group_call",
            offers=own.order > member.order,
            anew=partial(self._fellowship.meet, view, member, anew=True),
            say=partial(self._say, member.endpoint),
            tell=partial(self._happened, where),
            stands=partial(self._stands, where, member.endpoint),
        )
        self._others[where] = _Other(member, pair)
        if not self._held:
            pair.open()
        pair.send(voice=self._sending[0], picture=self._sending[1])
        pair.says(*self._saying)
        self._listener.changed()
        await self._safely(where, pair.begin())
        early, self._early = self._early, deque(maxlen=EARLY)
        for signal in early:
            await self.take(signal)

    async def _sign(self) -> None:
        """The next roster, where members have come or gone and it is for this endpoint to say so."""
        self._stop_waiting()
        if own_of(self._view) is None:
            return
        match self._fellowship.turn(self._view):
            case True:
                await self._sign_now()
            case None:
                self._sign_in(LATER)

    async def _sign_now(self) -> None:
        roster = await self._fellowship.next(self._view)
        if roster is not None:
            self._ground.spawn(self._show(roster))

    async def _show(self, roster: GroupRoster) -> None:
        """To the server, and by it to all others."""
        ground = self._ground
        try:
            await ground.ask(protocol.SignGroup(id=ground.new_id(), call=ground.call, roster=roster))
            self._pause = LATER
        except Problem as problem:
            log.info("a roster of a group was not stored: %s", problem.code)
            ground.put(_Refused())
        except Unreachable:
            pass  # the endpoint is about to end, and says so

    def _sign_again(self) -> None:
        """Unless somebody else's roster comes meanwhile, or nobody is left to whom it would say anything new."""
        self._fellowship.refused()
        self._stop_waiting()
        self._sign_in(self._pause)
        self._pause = min(2 * self._pause, LATEST)

    def _sign_in(self, seconds: float) -> None:
        self._later = asyncio.get_running_loop().call_later(seconds, self._ground.put, _Sign())

    def _stop_waiting(self) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None

    def bar(self, member: MemberView) -> None:
        self._fellowship.bar(member)
        self._ground.put(_Sign())

    # -- what the others say --------------------------------------------------------------------------

    async def take(self, signal: GroupSignal) -> None:
        where = next(
            (one for one, other in self._others.items() if other.member.endpoint == signal.endpoint), None
        )
        if where is None:
            self._early.append(signal)
        else:
            await self._safely(where, self._others[where].pair.take(signal))

    async def deal_with(self, item: object) -> None:
        if isinstance(item, _Paired) and (other := self._others.get(item.place)) is not None:
            await self._safely(item.place, other.pair.deal_with(item.event))
            if isinstance(item.event, Up) and item.place in self._others:
                self._listener.member_up(other.member, other.pair.meeting)
        elif isinstance(item, _Refused):
            self._sign_again()
        elif isinstance(item, _Sign) and own_of(self._view) is not None:
            await self._sign_now()

    async def _safely(self, where: Place, work: Awaitable[list[Link] | None]) -> None:
        """What goes wrong between two concerns nobody else in the group."""
        try:
            for link in await work or ():
                self._ground.spawn(link.close())
        except Untrusted as untrusted:
            if (other := self._others.get(where)) is not None:
                self._doubt(where, other.member, untrusted.reason)
        except ValueError:
            log.warning("a member of a group sent a description that cannot be used")
            self._doubted.add(where)
            self._part(where)

    def _doubt(self, where: Place, member: MemberView, reason: Reason) -> None:
        """They are another one than they should be: nothing is sent to them, and nothing more is heard from them."""
        log.warning("a member of a group is not believed: %s", reason)
        self._doubted.add(where)
        self._part(where)
        self._listener.member_distrusted(member, reason)

    def _part(self, where: Place) -> None:
        other = self._others.pop(where, None)
        self._stood.pop(where, None)
        if other is not None:
            for link in other.pair.stop():
                self._ground.spawn(link.close())
            self._listener.changed()

    # -- what the connections say ---------------------------------------------------------------------

    def _happened(self, where: Place, event: PairEvent) -> None:
        other = self._others.get(where)
        if other is None:
            return
        if not isinstance(event, Picture):
            self._ground.put(_Paired(where, event))
        elif (
            (current := other.pair.current) is not None
            and current.epoch == event.epoch
            and not other.pair.held
        ):
            self._listener.member_picture(other.member, event.frame)

    def _say(self, endpoint: str, epoch: int, bodies: Iterable[bytes]) -> None:
        for sealed in bodies:
            self._ground.signal(endpoint, epoch, sealed)

    def _stands(self, where: Place, endpoint: str, up: bool) -> None:  # noqa: FBT001 - called by Pair
        if self._stood.get(where) is not up and where in self._others:
            self._stood[where] = up
            ground = self._ground
            ground.tell(protocol.GroupMedia(id=ground.new_id(), call=ground.call, up=up, peer=endpoint))
            self._listener.changed()

    # -- what leaves and what is heard ----------------------------------------------------------------

    def open(self, member: MemberView | None = None) -> None:
        if member is None:
            self._held = False
        for where, other in self._others.items():
            if member is None or where == place(member):
                other.pair.open()

    def send(self, *, voice: bool, picture: bool) -> None:
        self._sending = (voice, picture)
        for other in self._others.values():
            other.pair.send(voice=voice, picture=picture)

    def says(self, *, audio: bool, video: bool) -> None:
        self._saying = (audio, video)
        for other in self._others.values():
            other.pair.says(audio and not other.pair.held, video and not other.pair.held)

    def pull(self, now: float) -> Samples | None:
        voices = []
        for other in tuple(self._others.values()):
            link = None if other.pair.held else other.pair.current
            samples = None if link is None else link.pull(now)
            if samples is not None:
                voices.append(samples)
                self._listener.member_voice(other.member, samples, now)
        return mixdown(voices)

    def say_again(self) -> None:
        self._stood.clear()
        for other in tuple(self._others.values()):
            other.pair.say_again()

    def network_changed(self, addresses: frozenset[str]) -> None:
        for other in tuple(self._others.values()):
            other.pair.network_changed(addresses)

    def stop(self) -> list[Link]:
        self._stop_waiting()
        others, self._others = self._others, {}
        return [link for other in others.values() for link in other.pair.stop()]

    async def packets_sent(self) -> dict[str, int]:
        sent: dict[str, int] = {}
        for link in [other.pair.current for other in self._others.values()]:
            for kind, count in ({} if link is None else await link.packets_sent()).items():
                sent[kind] = sent.get(kind, 0) + count
        return sent
