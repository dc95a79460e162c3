"""The two ways in which the media of a group may go, as the group sees them: between its members, or by a mixer."""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

from av import VideoFrame

from kith.core.trust.untrusted import Reason
from kith.endpoint.group_pair import Gear
from kith.endpoint.group_roster import Place
from kith.endpoint.identities import Meeting
from kith.endpoint.link import Link
from media.tones import Samples
from signaling.protocol import AnyReply, Command, GroupSignal, GroupView, MemberView


@dataclass(frozen=True, slots=True)
class Ground:
    """What a way stands on. `put` leaves something for the group's one task, which gives it to `Way.deal_with`; `tell`
    says something to the server and does not wait, `ask` waits for its reply (raises Problem, Unreachable); `signal`
    says it again after a lost connection."""

    call: str
    gear: Gear
    put: Callable[[object], None]
    tell: Callable[[Command], None]
    ask: Callable[[Command], Awaitable[AnyReply]]
    signal: Callable[[str, int, bytes], None]
    """Endpoint, epoch and sealed body."""
    new_id: Callable[[], str]
    spawn: Callable[[Coroutine[Any, Any, None]], None]


class Listener(Protocol):
    """Called from the event loop; must not block."""

    def member_up(self, member: MemberView, meeting: Meeting) -> None:
        """There is a verified connection with a member, or another one than before."""

    def member_distrusted(self, member: MemberView, reason: Reason) -> None:
        """A member is not who they should be: nothing is sent to them."""

    def member_picture(self, member: MemberView, frame: VideoFrame) -> None: ...

    def member_voice(self, member: MemberView, samples: Samples, now: float) -> None: ...

    def mixer_up(self) -> None: ...

    def changed(self) -> None:
        """Something else than before is to be shown."""


class Way(Protocol):
    @property
    def connected(self) -> bool:
        """Whether anybody can be heard."""

    @property
    def held(self) -> bool:
        """Whether nothing has left for anybody, as in a drop in that is not let in yet."""

    @property
    def present(self) -> tuple[MemberView, ...]:
        """The other members, as far as they are believed."""

    def reaches(self, where: Place) -> bool:
        """Whether whoever is in this place is connected; with a mixer, as far as its server says."""

    def follow(self, view: GroupView) -> None:
        """The server's newest view. Whoever is out is closed when this returns. Raises Untrusted."""

    async def settle(self) -> None:
        """Make what the newest view needs. Raises Untrusted, Unreachable, Problem, ValueError."""

    async def take(self, signal: GroupSignal) -> None: ...

    async def deal_with(self, item: object) -> None:
        """What this way has put into the inbox."""

    def open(self, member: MemberView | None = None) -> None:
        """Let microphone and camera in for this member; without one, for all that there are and will be."""

    def bar(self, member: MemberView) -> None:
        """Whoever began the group has taken this member out for good."""

    def send(self, *, voice: bool, picture: bool) -> None: ...

    def says(self, *, audio: bool, video: bool) -> None:
        """What really leaves here."""

    def pull(self, now: float) -> Samples | None:
        """The next 20 ms of everybody else."""

    def say_again(self) -> None:
        """A session began anew: what was on its way may be lost."""

    def network_changed(self, addresses: frozenset[str]) -> None: ...

    def stop(self) -> list[Link]:
        """Nothing leaves any more; gives what is to be closed."""

    async def packets_sent(self) -> dict[str, int]:
        """RTP packets that left, by kind of media, through connections that stand."""
