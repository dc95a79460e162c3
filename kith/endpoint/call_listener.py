"""Who is told what becomes of a call."""

from typing import TYPE_CHECKING, Protocol

from av import VideoFrame

from kith.core.trust.untrusted import Reason
from media.tones import Samples
from signaling.call import EndReason

if TYPE_CHECKING:
    from kith.endpoint.call import Call


class Listener(Protocol):
    """Called from the event loop; must not block."""

    def call_changed(self, call: "Call") -> None: ...

    def call_connected(self, call: "Call") -> None: ...

    def call_ended(self, call: "Call", reason: EndReason) -> None: ...

    def call_picture(self, call: "Call", frame: VideoFrame) -> None: ...

    def call_voice(self, call: "Call", samples: Samples) -> None: ...

    def call_distrusted(self, call: "Call", reason: Reason) -> None:
        """Whoever is at the other end is not believed; the call is being hung up."""

    async def call_identity_changed(self, call: "Call") -> bool:
        """Whether to go on although the person at the other end is another one than before."""
