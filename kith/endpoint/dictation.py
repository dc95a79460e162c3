"""A voice message that is being spoken at an endpoint, and for whom one can be left because they did not answer.

One recording at a time. It leaves while somebody speaks, and is sent when they say so or when it is as long as it may
be. A call that begins meanwhile discards it: what is said in a call is for nobody else.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from kith.endpoint.call import Call
from kith.endpoint.message_kept import Message
from kith.endpoint.messages import Messages
from kith.endpoint.recorder import Recording
from signaling.call import EndReason

IN_VAIN = frozenset(
    {EndReason.NO_ANSWER, EndReason.DECLINED, EndReason.BUSY, EndReason.CONNECT_FAILED, EndReason.CANCELLED}
)
"""How a call ends that reached nobody."""

PATIENCE = 3.0
"""Seconds to wait for the server before somebody is told that it takes longer. It is sent all the same."""


class NotRecording(Exception):
    """Nothing is being recorded."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A person, by id, and what they are called here."""

    id: str
    name: str


class Dictation:
    """`missed` is whom the last call from here did not reach."""

    def __init__(self, messages: Messages, *, offer: Callable[[str], object]) -> None:
        """`offer` hears the name of whoever did not answer, for whom a message may be left."""
        self._messages = messages
        self._offer = offer
        self._recording: Recording | None = None
        self._sending: asyncio.Task[Message] | None = None
        self.missed: Wanted | None = None

    def listen(self, on: Callable[[str, Callable[..., object]], object]) -> None:
        """To what goes on at the endpoint."""
        on("ended", self._ended)
        for begun in ("answered", "opens", "group_answered", "group_opens"):
            on(begun, lambda going: self.discard())

    @property
    def recording(self) -> bool:
        return self._recording is not None

    def begin(self, to: Wanted) -> None:
        """Record for this person, in place of what was being recorded. Raises recorder.NoMicrophone."""
        self.discard()
        self._recording = recording = self._messages.record()
        self._sending = sending = asyncio.create_task(self._messages.send_voice(to.id, recording))
        sending.add_done_callback(lambda task: self._over(task, recording))

    async def send(self) -> bool:
        """It is over; whether the server has it already. Raises NotRecording, and what `send_voice` does."""
        if self._recording is None or self._sending is None:
            raise NotRecording("nothing is being recorded")
        self._recording.stop()
        return await soon(self._sending)

    def discard(self) -> bool:
        """Forget what is being recorded; whether anything was."""
        recording, self._recording = self._recording, None
        if recording is not None:
            recording.discard()
        return recording is not None

    def _over(self, task: "asyncio.Task[Message]", recording: Recording) -> None:
        if recording is self._recording:
            self._recording = None
        if not task.cancelled():
            task.exception()  # whoever waits for it is told, and nobody may

    def _ended(self, call: Call, reason: EndReason) -> None:
        if call.incoming or call.was_answered or reason not in IN_VAIN or call.kind != "call":
            return
        self.missed = None
        wanted = call.wanted or ""
        if wanted.startswith("p_"):
            self.missed = Wanted(wanted, call.called_as or call.peer_name)
            if reason is not EndReason.CANCELLED:
                self._offer(self.missed.name)


async def soon(sending: "asyncio.Task[Message]") -> bool:
    """Whether it is done within PATIENCE; it goes on if not. Raises what it raises."""
    done, _ = await asyncio.wait({sending}, timeout=PATIENCE)
    if done:
        sending.result()
    return bool(done)
