"""What a person in the room notices of messages: a tone when one comes, a light while some wait, and how they sound."""

from collections.abc import Callable

from kith.endpoint.equipment import Equipment
from kith.endpoint.message_inbox import Mailbox
from kith.endpoint.message_kept import Message
from kith.endpoint.presentation import Presentation
from kith.endpoint.recital import recite
from kith.endpoint.voice_codec import Unplayable
from media.tones import Tone

NOT_AVAILABLE = "This recording is not available."


class Notice:
    """`quiet` says whether Do Not Disturb is on here; `show` makes light and screen agree with what goes on."""

    def __init__(
        self,
        presentation: Presentation,
        equipment: Equipment,
        *,
        quiet: Callable[[], bool],
        show: Callable[[], None],
    ) -> None:
        self._presentation = presentation
        self._equipment = equipment
        self._quiet = quiet
        self._show = show

    def came(self, *, alert: bool) -> bool:
        """A message is here; whether anybody notices: not while nobody wants to be disturbed (R61)."""
        if not alert or self._quiet():
            return False
        self._presentation.cue(Tone.MESSAGE)
        self.wait(some=True)
        return True

    def wait(self, *, some: bool) -> None:
        """Whether there are some that nobody has heard or read yet."""
        shown = some and not self._quiet()
        if shown != self._presentation.messages_wait:
            self._presentation.messages_wait = shown
            self._show()

    async def play(self, message: Message, mailbox: Mailbox) -> bool:
        """Who says it, and what; whether it was heard to its end. What cannot be played is said, and is over, too."""
        if message.voice is None:
            return await self._presentation.tell(f"{introduced(message)}: {message.text}")
        if not await self._presentation.tell(f"{introduced(message)}."):
            return False
        try:
            return await recite(self._equipment.playback, mailbox.segments(message))
        except Unplayable:
            return await self._presentation.tell(message.transcript or NOT_AVAILABLE)


def introduced(message: Message) -> str:
    """How a message begins that is said aloud."""
    who = message.name or "somebody"
    what = "Message" if message.voice is None else "Voice message"
    doubts = ", who has another identity than before" if message.doubtful else ""
    return f"{what} from {who}{doubts}" + (
        ", sent from a device that is signed out" if message.signed_out else ""
    )
