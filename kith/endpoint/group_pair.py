"""This endpoint and one other member of a group: a connection of their own, sealed, signed and verified as a call's is.

    the later of the two to join   offers, and counts the epochs from 0
    the earlier                    answers, and asks for a new epoch when nothing comes any more

No server counts here: what is lost the two mend between themselves, for as long as both are members.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from kith.core.capabilities import Capabilities
from kith.core.keys import KeyPair
from kith.core.trust.session import Kind
from kith.core.trust.untrusted import Reason, Untrusted
from kith.endpoint import body
from kith.endpoint.equipment import Equipment
from kith.endpoint.ice import IceBook
from kith.endpoint.identities import Meeting
from kith.endpoint.link import Found, Impostor, Link, LinkEvent, Lost, Picture, Up
from kith.endpoint.links import Links, Said, Turn
from policy.media import negotiate
from signaling.call import Role
from signaling.protocol import MediaView

log = logging.getLogger(__name__)

SETTLE = 8.0
"""Seconds a connection may take to come up before another is begun. A relay over TLS needs three of them."""

PATIENCE = 0.3
"""Seconds between a loss and the next try: who leaves closes the link a moment before the server says so."""

LONGEST = 5.0
"""Seconds between two tries at the most, each of which waits longer than the one before."""

AT_ONCE = 4
"""Epochs the other one may begin at once; later it is one a second."""


@dataclass(frozen=True, slots=True)
class Gear:
    """What every connection of an endpoint is made with."""

    equipment: Equipment
    ice: IceBook
    keys: KeyPair


@dataclass(frozen=True, slots=True)
class Due:
    """Something was to be there by now."""


PairEvent = LinkEvent | Due


def lines(own: Capabilities, other: Capabilities, *, video: bool) -> MediaView:
    """What the two exchange, by the parts that they have: switches are turned while a group lasts."""
    media = negotiate(_parts(own), _parts(other), video=video)
    return MediaView(
        send_audio=media.send_audio,
        receive_audio=media.receive_audio,
        send_video=media.send_video,
        receive_video=media.receive_video,
    )


def _parts(of: Capabilities) -> Capabilities:
    return Capabilities(microphone=of.microphone, speaker=of.speaker, camera=of.camera, screen=of.screen)


class Pair:
    """`meeting` is who is at both ends, `anew` asks for it again; `say` sends sealed bodies in an epoch, `tell` hears
    what is to be dealt with (`deal_with`), `stands` whether the two are connected. Microphone and camera wait for
    `open`."""

    def __init__(
        self,
        call: str,
        meeting: Meeting,
        media: MediaView,
        gear: Gear,
        *,
        kind: Kind,
        offers: bool,
        anew: Callable[[], Awaitable[Meeting]],
        say: Callable[[int, list[bytes]], None],
        tell: Callable[[PairEvent], None],
        stands: Callable[[bool], None],
    ) -> None:
        self.meeting = meeting
        self.sends: body.Sends | None = None
        """What the other side said last that it sends."""
        self.reaches = False
        """Whether something comes, or should be about to: a lost connection may still be there."""
        self._call = call
        self._media = media
        self._offers = offers
        self._say = say
        self._tell = tell
        self._stands = stands
        self._epoch = -1
        self._counted = 0.0
        """When all epochs that were begun have had a second each."""
        self._tries = 0
        self._told: tuple[bool, bool] | None = None
        self._sending = (True, True)
        self._timer: asyncio.TimerHandle | None = None
        self._links = Links(
            equipment=gear.equipment,
            ice=gear.ice,
            keys=gear.keys,
            meet=_nobody_asks,
            anew=anew,
            say=say,
            tell=tell,
            kind=kind,
            held=True,
        )

    # -- what it is -----------------------------------------------------------------------------------

    @property
    def current(self) -> Link | None:
        """The newest link that is up."""
        return self._links.current

    @property
    def verified(self) -> bool:
        """Whether the other one has signed the newest connection."""
        link = self._links.of(self._epoch)
        return link is not None and link.verified

    @property
    def held(self) -> bool:
        return self._links.held

    @property
    def epoch(self) -> int:
        """Of the newest connection; -1 before the first."""
        return self._epoch

    # -- what is done to it ---------------------------------------------------------------------------

    async def begin(self) -> None:
        """A new connection, beside the one that there is until it is up. Raises Untrusted, ValueError."""
        if not self._offers:
            return
        self._epoch += 1
        await self._start(Role.CALLER)

    async def take(self, signal: Said) -> list[Link]:
        """What the other end says; gives what is to be closed. Raises Untrusted, ValueError."""
        if not self._offers and signal.epoch > self._epoch:
            return await self._follow(signal)
        link = self._links.of(signal.epoch)
        if link is None:
            return []
        await self._links.take(signal, self._epoch)
        if link.anew and signal.epoch == self._epoch:
            link.anew = False
            await self.begin()
        if link.sends is not None and link.sends != self.sends:
            self.sends = link.sends
            self._links.expect(sound=link.sends.audio)
        return []

    async def _follow(self, signal: Said) -> list[Link]:
        """Another epoch, if what begins it was sealed by the other one: nobody else moves it on."""
        if not self._links.readable(signal, self._call, self.meeting) or self._too_many():
            return []
        self._epoch = signal.epoch
        await self._start(Role.CALLEE)
        await self._links.take(signal, self._epoch)
        return self._links.idle_before(self._epoch)

    def _too_many(self) -> bool:
        """Whether the other one begins epochs faster than anything that is lost could need."""
        now = asyncio.get_running_loop().time()
        if self._counted > now + AT_ONCE:
            return True
        self._counted = max(self._counted, now) + 1
        return False

    async def _start(self, role: Role) -> None:
        self._wait(SETTLE)
        await self._links.begin(Turn(self._call, self._epoch, role, self._media), self.meeting)

    async def deal_with(self, event: PairEvent) -> list[Link]:
        """Something of what `tell` was told; gives the links that are to be closed. Raises Untrusted, ValueError."""
        match event:
            case Up(epoch):
                return self._is_up(epoch)
            case Lost() if event.epoch == self._epoch:
                self.reaches = False
                self._stands(False)  # noqa: FBT003 - it does not
                self._wait(0.0 if event.network_changed else min(PATIENCE * 2**self._tries, LONGEST))
                self._tries = min(self._tries + 1, 8)
            case Impostor():
                raise Untrusted(Reason.FINGERPRINT)
            case Found(epoch, line):
                if (link := self._links.of(epoch)) is not None:
                    self._say(epoch, link.found(line))
            case Due():
                return await self._mend()
            case Lost() | Picture():
                pass
        return []

    def _is_up(self, epoch: int) -> list[Link]:
        if epoch == self._epoch:
            self._stop_waiting()
            self._tries = 0
        self.reaches = True
        self._stands(True)  # noqa: FBT003 - it does
        self._told = None
        self.says(*self._sending)
        return self._links.before(epoch)

    async def _mend(self) -> list[Link]:
        if self._offers:
            await self.begin()
            return self._links.idle_before(self._epoch)
        if (link := self._links.of(self._epoch)) is not None:
            self._say(self._epoch, link.again())
            self._wait(LONGEST)
        return []

    def open(self) -> None:
        """Let microphone and camera in, and hear the other one."""
        self._links.open()

    def send(self, *, voice: bool, picture: bool) -> None:
        self._links.send(voice=voice, picture=picture)

    def says(self, audio: bool, video: bool) -> None:  # noqa: FBT001 - as `_sending` has them
        """What really leaves here; the other one is told what is new to it."""
        self._sending = (audio, video)
        link = self._links.of(self._epoch)
        if link is None or not link.up or self._told == self._sending:
            return
        self._told = self._sending
        self._say(self._epoch, link.says(audio=audio, video=video))

    def say_again(self) -> None:
        """The other one, or the server, may have missed it: what was said while it is unanswered."""
        link = self._links.of(self._epoch)
        if link is not None and link.up:
            self._stands(True)  # noqa: FBT003 - it does
            self._told = None
            self.says(*self._sending)
        elif link is not None:
            self._say(self._epoch, link.said)

    def network_changed(self, addresses: frozenset[str]) -> None:
        link = self._links.of(self._epoch)
        if link is not None:
            link.link.network_changed(addresses)

    def stop(self) -> list[Link]:
        """Nothing leaves here any more; gives the links, which are to be closed."""
        self._stop_waiting()
        return self._links.all()

    # -- waiting --------------------------------------------------------------------------------------

    def _wait(self, seconds: float) -> None:
        self._stop_waiting()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._tell, Due())

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


async def _nobody_asks(view: object) -> Meeting:
    """Who is at both ends is known before a pair is made."""
    raise Untrusted(Reason.OUT_OF_TURN)
