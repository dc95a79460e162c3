"""Replies that nobody waits for share a packet.

The `ok` to a passed-on signal tells the sender that it need not be sent again; nothing is held up by it.
Candidates come in trickles, so an `ok` that waits a moment leaves together with the next ones, and the
system call that carries them, the dearest part of relaying, is made once. TCP delays its acks for the same reason.
"""

import asyncio

from signaling.sessions import Channel

DELAY = 0.2
"""Seconds a reply may wait. Longer saves little more; and an endpoint with a slow network should see its
commands answered well before it thinks of sending them again."""

TOGETHER = 16
"""Replies that wait for one connection before they are sent at once: half of what may be unanswered."""


class Soon:
    """One timer for all connections; none while nothing waits."""

    def __init__(self) -> None:
        self._waiting: dict[Channel, list[bytes]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def send(self, channel: Channel, frame: bytes) -> None:
        """Send `frame` within DELAY. On a channel that closes before, it is not sent: a retry is answered again."""
        frames = self._waiting.setdefault(channel, [])
        frames.append(frame)
        if len(frames) >= TOGETHER:
            del self._waiting[channel]
            channel.send_together(frames)
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(DELAY, self._send_all)

    def _send_all(self) -> None:
        self._timer = None
        waiting, self._waiting = self._waiting, {}
        for channel, frames in waiting.items():
            channel.send_together(frames)
