"""A group that goes through the server's mixer: it is heard there, and everybody in it is told so.

This endpoint offers only if those whose device it is have signed that they want enhanced features, whatever the server
says. The server vouches for the certificate of its mixer with the key that was pinned at the enrolment; nothing is sent
to another one. Nor is anything said while somebody is in it whom a drop in here has not been opened for.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from kith.core.problem import Problem
from kith.core.trust.fingerprint import fingerprint_of
from kith.core.trust.mixer import MixerPromise
from kith.core.trust.untrusted import Reason, Untrusted, require
from kith.endpoint.dialling import Unreachable
from kith.endpoint.group_pair import LONGEST, PATIENCE, SETTLE, Due, PairEvent
from kith.endpoint.group_roster import Place, own_of, place
from kith.endpoint.group_way import Ground, Listener
from kith.endpoint.link import Impostor, Link, Lost, Up
from media.tones import Samples
from signaling import protocol
from signaling.protocol import GroupSignal, GroupView, MediaView, MemberView

log = logging.getLogger(__name__)

ANSWER_WITHIN = 10.0
"""Seconds the mixer has to answer an offer: a process may have to be started for it."""

_VOICE = MediaView(send_audio=True, receive_audio=True, send_video=False, receive_video=False)


@dataclass(frozen=True, slots=True)
class _Mixed:
    """Something that became of the connection with the mixer."""

    event: PairEvent


class MixerWay:
    """Implements kith.endpoint.group_way.Way. `allowed`: whether the own signed sets want it; `server_key` is the
    pinned one. `held`: microphone and speaker wait for `open`."""

    def __init__(
        self,
        view: GroupView,
        ground: Ground,
        listener: Listener,
        *,
        allowed: Callable[[], bool],
        server_key: bytes,
        held: bool,
    ) -> None:
        self._view = view
        self._ground = ground
        self._listener = listener
        self._allowed = allowed
        self._server_key = server_key
        self._held = held
        self._judges = held
        """Whether each of the others must be known to be one who may be here, since a mixer tells them all."""
        self._judged: set[Place] = set()
        self._links: dict[int, Link] = {}
        self._epoch = -1
        self._followed = -1
        self._tries = 0
        self._voice = True
        self._timer: asyncio.TimerHandle | None = None

    # -- what it is -----------------------------------------------------------------------------------

    @property
    def connected(self) -> bool:
        return self._current is not None

    @property
    def held(self) -> bool:
        return self._held

    @property
    def present(self) -> tuple[MemberView, ...]:
        """By the server's word, as it is the server that mixes."""
        return tuple(one for one in self._view.members if one.endpoint != self._view.own)

    @property
    def _current(self) -> Link | None:
        up = [link for link in self._links.values() if link.up]
        return max(up, key=lambda link: link.epoch, default=None)

    def reaches(self, where: Place) -> bool:
        return any(place(one) == where for one in self.present)

    # -- the connection -------------------------------------------------------------------------------

    def follow(self, view: GroupView) -> None:
        self._view = view
        self._judged &= {place(one) for one in view.members}
        self._speak()

    async def settle(self) -> None:
        if own_of(self._view) is not None and self._view.epoch > self._followed:
            self._followed = self._view.epoch
            await self._offer()

    async def _offer(self) -> None:
        """A new connection, beside the one that there is until it is up."""
        require(self._allowed(), Reason.NOT_CONFIRMED)
        self._epoch = max(self._epoch + 1, self._view.epoch)
        self._wait(SETTLE)
        for former in [one for one, link in self._links.items() if not link.up]:
            self._drop(former)  # it was given its time
        ground, epoch = self._ground, self._epoch
        link = self._links[epoch] = Link(
            epoch,
            _VOICE,
            equipment=ground.gear.equipment,
            send_voice=self._speaks,
            send_picture=False,
            tell=self._happened,
            helpers=await ground.gear.ice.helpers(),
            held=self._held,
            announces=True,
        )
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                await self._agree(link)
        except (Problem, Unreachable, TimeoutError, ValueError) as error:
            log.warning("the mixer could not be used: %s", type(error).__name__)
            self._drop(epoch)
            self._try_later()

    async def _agree(self, link: Link) -> None:
        """Raises Untrusted where the server does not vouch for who answers, and what the server's problems are."""
        ground, nonce = self._ground, secrets.token_bytes(32)
        offer = await link.offer()
        command = protocol.OfferMixer(
            id=ground.new_id(), call=ground.call, epoch=link.epoch, sdp=offer, nonce=nonce
        )
        answer = await ground.ask(command)
        if not isinstance(answer, protocol.MixerAnswer):
            raise Untrusted(Reason.OUT_OF_TURN)
        promise = MixerPromise(
            call=ground.call,
            epoch=link.epoch,
            identity=ground.gear.keys.public.identity,
            mixer=answer.fingerprint,
            own=fingerprint_of(offer),
            nonce=nonce,
        )
        promise.verify(self._server_key, answer.statement)
        require(fingerprint_of(answer.sdp) == answer.fingerprint, Reason.FINGERPRINT)
        link.pin(answer.fingerprint)
        link.let_out()
        await link.take_answer(answer.sdp)

    async def take(self, signal: GroupSignal) -> None:
        """Members of a mixed group have nothing to say to each other."""

    async def deal_with(self, item: object) -> None:
        if not isinstance(item, _Mixed):
            return
        match item.event:
            case Up(epoch):
                self._is_up(epoch)
            case Lost() if item.event.epoch == self._epoch:
                self._stands(up=False)
                self._try_later()
            case Impostor():
                raise Untrusted(Reason.FINGERPRINT)
            case Due():
                await self._offer()
            case _:
                pass

    def _is_up(self, epoch: int) -> None:
        if epoch == self._epoch:
            self._stop_waiting()
            self._tries = 0
        for old in [one for one in self._links if one < epoch]:
            self._drop(old)
        self._stands(up=True)
        self._listener.mixer_up()

    def _stands(self, *, up: bool) -> None:
        ground = self._ground
        ground.tell(protocol.GroupMedia(id=ground.new_id(), call=ground.call, up=up))

    def _happened(self, event: PairEvent) -> None:
        self._ground.put(_Mixed(event))

    def _drop(self, epoch: int) -> None:
        link = self._links.pop(epoch, None)
        if link is not None:
            link.stop_sending()
            self._ground.spawn(link.close())

    # -- waiting --------------------------------------------------------------------------------------

    def _try_later(self) -> None:
        self._wait(min(PATIENCE * 2**self._tries, LONGEST))
        self._tries = min(self._tries + 1, 8)

    def _wait(self, seconds: float) -> None:
        self._stop_waiting()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._happened, Due())

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # -- what leaves and what is heard ----------------------------------------------------------------

    def open(self, member: MemberView | None = None) -> None:
        """For a member once all others are open, too; without one, for all of them from now on."""
        if member is None:
            self._judges = False
        else:
            self._judged.add(place(member))
        self._held = False
        self._speak()
        for link in self._links.values():
            link.open()

    def bar(self, member: MemberView) -> None:
        """The server lets nobody in again who is out for good: it mixes, and its word is what there is."""

    def send(self, *, voice: bool, picture: bool) -> None:
        self._voice = voice
        self._speak()

    @property
    def _speaks(self) -> bool:
        return self._voice and not (
            self._judges and any(place(one) not in self._judged for one in self.present)
        )

    def _speak(self) -> None:
        for link in self._links.values():
            link.send(voice=self._speaks, picture=False)

    def says(self, *, audio: bool, video: bool) -> None:
        """The mixer hears for itself who is silent."""

    def pull(self, now: float) -> Samples | None:
        link = None if self._held else self._current
        return None if link is None else link.pull(now)

    def say_again(self) -> None:
        if self._current is not None:
            self._stands(up=True)

    def network_changed(self, addresses: frozenset[str]) -> None:
        link = self._links.get(self._epoch)
        if link is not None:
            link.network_changed(addresses)

    def stop(self) -> list[Link]:
        self._stop_waiting()
        links, self._links = list(self._links.values()), {}
        for link in links:
            link.stop_sending()
        return links

    async def packets_sent(self) -> dict[str, int]:
        link = self._current
        return {} if link is None else await link.packets_sent()
