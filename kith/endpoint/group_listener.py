"""Who is told what becomes of a group."""

from typing import TYPE_CHECKING, Protocol

from av import VideoFrame

from kith.core.trust.untrusted import Reason
from kith.endpoint.identities import Meeting
from media.tones import Samples
from signaling.call import EndReason
from signaling.protocol import MemberView

if TYPE_CHECKING:
    from kith.endpoint.group import Group


class Listener(Protocol):
    """Called from the event loop; must not block."""

    def group_changed(self, group: "Group") -> None: ...

    def group_member(self, group: "Group", member: MemberView, *, joined: bool) -> None: ...

    def group_member_up(self, group: "Group", member: MemberView, meeting: Meeting) -> None: ...

    def group_mixer_up(self, group: "Group") -> None: ...

    def group_distrusted(self, group: "Group", member: MemberView | None, reason: Reason) -> None: ...

    def group_picture(self, group: "Group", member: MemberView, frame: VideoFrame) -> None: ...

    def group_voice(self, group: "Group", samples: Samples) -> None: ...

    def group_speaking(self, group: "Group", members: tuple[MemberView, ...]) -> None: ...

    def group_ended(self, group: "Group", reason: EndReason) -> None: ...
