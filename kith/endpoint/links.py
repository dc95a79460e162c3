"""The media of a call: a sealed link for each epoch that counts, made before the one that it replaces is broken.

the server's view of the call, what the other end says  ->  links that come up, and what is said to the other end
"""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import msgspec

from kith.core.keys import KeyPair
from kith.core.trust.seal import Sealer
from kith.core.trust.session import Kind
from kith.core.trust.untrusted import Reason, Untrusted
from kith.endpoint.equipment import Equipment
from kith.endpoint.ice import IceBook
from kith.endpoint.identities import Meeting
from kith.endpoint.link import Link, LinkEvent
from kith.endpoint.meeting import MAY_BE_NEW
from kith.endpoint.sealed import Conversation
from kith.endpoint.sealed_link import SealedLink
from signaling.call import Phase, Role
from signaling.protocol import CallView, MediaView

EARLY = 32
"""Signals that may come before the call is known to be in their epoch."""

Say = Callable[[int, list[bytes]], None]
"""Send these bodies to the other end, in an epoch."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One epoch of what connects two ends: in which role this end is, and what the connection carries."""

    call: str
    epoch: int
    role: Role
    media: MediaView


class Said(Protocol):
    """A sealed body from the other end."""

    @property
    def epoch(self) -> int: ...

    @property
    def body(self) -> bytes: ...


class Links:
    """`meet` gives who is at both ends, `anew` asked for again; `tell` hears what becomes of the links. `kind` is what
    both ends sign that they agreed to."""

    def __init__(
        self,
        *,
        equipment: Equipment,
        ice: IceBook,
        keys: KeyPair,
        meet: Callable[[CallView], Awaitable[Meeting]],
        anew: Callable[[], Awaitable[Meeting]],
        say: Say,
        tell: Callable[[LinkEvent], None],
        kind: Kind,
        held: bool,
    ) -> None:
        self._equipment = equipment
        self._ice = ice
        self._keys = keys
        self._meet = meet
        self._anew = anew
        self._say = say
        self._tell = tell
        self._kind = kind
        self.held = held
        """Whether microphone and camera wait for `open`."""
        self._links: dict[int, SealedLink] = {}
        self._early: list[Said] = []
        self._wanted = (True, True)
        self._expecting = False

    def of(self, epoch: int) -> SealedLink | None:
        return self._links.get(epoch)

    @property
    def current(self) -> Link | None:
        """The newest link that is up: what is heard and seen comes from there."""
        up = [one.link for one in self._links.values() if one.up]
        return max(up, key=lambda link: link.epoch, default=None)

    def up_after(self, epoch: int) -> bool:
        """Whether a later link than that of `epoch` is up."""
        return any(link.up and link.epoch > epoch for link in self._links.values())

    async def make(self, view: CallView) -> None:
        """The link that the call's epoch needs; the caller's side offers. Raises Untrusted, ValueError."""
        if view.phase is Phase.RINGING or view.endpoint is None or view.epoch in self._links:
            return
        if self._links and view.epoch < max(self._links):
            return
        await self.begin(Turn(view.id, view.epoch, view.role, view.media), await self._meet(view))

    async def begin(self, turn: Turn, meeting: Meeting) -> None:
        """A link of its own for this turn, which must be a new epoch. Raises Untrusted, ValueError."""
        media = turn.media
        if not self._equipment.capabilities.can_send_video:  # the server may not have heard of a switch yet
            media = msgspec.structs.replace(media, send_video=False)
        conversation = Conversation(
            turn.role.value,
            call=turn.call,
            epoch=turn.epoch,
            own=self._keys,
            speaks=meeting.own,
            peer=meeting.peer,
            random=secrets.token_bytes,
            kind=self._kind,
        )
        voice, picture = self._wanted
        bare = Link(
            turn.epoch,
            media,
            equipment=self._equipment,
            send_voice=voice,
            send_picture=picture,
            tell=self._tell,
            helpers=await self._ice.helpers(),
            held=self.held,
        )
        bare.expect(sound=self._expecting)
        link = self._links[turn.epoch] = SealedLink(bare, conversation)
        if turn.role is Role.CALLER:
            self._say(turn.epoch, await link.offer())
        early, self._early = self._early, []
        for signal in early:
            await self.take(signal, turn.epoch)

    def readable(self, signal: Said, call: str, meeting: Meeting) -> bool:
        """Whether the other end has sealed this, for this call and its epoch: nothing is made for anything else."""
        try:
            Sealer(self._keys, meeting.peer.keys, kind=self._kind, call=call, epoch=signal.epoch).open(
                signal.body
            )
        except Untrusted:
            return False
        return True

    async def take(self, signal: Said, now: int) -> bool:
        """What the other end said; `now` is the call's epoch. Raises Untrusted for what is not believed, ValueError
        for what cannot be used. False where it is neither, and may be left alone."""
        link = self._links.get(signal.epoch)
        if link is None:
            if signal.epoch >= now and len(self._early) < EARLY:
                self._early.append(signal)
            return True
        try:
            self._say(signal.epoch, await link.take(signal.body))
        except Untrusted as untrusted:
            if untrusted.reason is Reason.UNREADABLE and link.verified:
                return False  # it can do no harm any more
            if untrusted.reason not in MAY_BE_NEW:
                raise
            link.believe((await self._anew()).peer)
            self._say(signal.epoch, await link.take(signal.body))
        return True

    def open(self) -> None:
        """Microphone and camera are held no more, here and in later links."""
        self.held = False
        for one in self._links.values():
            one.link.open()

    def send(self, *, voice: bool, picture: bool) -> None:
        """What the person wants to be sent, now and from later links."""
        self._wanted = (voice, picture)
        for one in self._links.values():
            one.link.send(voice=voice, picture=picture)

    def expect(self, *, sound: bool) -> None:
        """Whether the other side says that it sends sound."""
        self._expecting = sound
        for one in self._links.values():
            one.link.expect(sound=sound)

    def before(self, epoch: int) -> list[Link]:
        """Links that this one replaces, which are the caller's to close; they send nothing more."""
        old = [link for link in self._links.values() if link.epoch < epoch]
        return [self._taken(one) for one in old]

    def idle_before(self, epoch: int) -> list[Link]:
        """The same of earlier ones that never came up."""
        old = [link for link in self._links.values() if link.epoch < epoch and not link.up]
        return [self._taken(one) for one in old]

    def all(self) -> list[Link]:
        """The same of every link there is."""
        return [self._taken(one) for one in tuple(self._links.values())]

    def _taken(self, one: SealedLink) -> Link:
        del self._links[one.epoch]
        one.link.stop_sending()
        return one.link
