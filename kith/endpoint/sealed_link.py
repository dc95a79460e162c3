"""A link of which every word is sealed, and which lets nothing out before the other end has signed it.

what the conversation believes  ->  what the link does
"""

from kith.core.trust.untrusted import Reason, require
from kith.endpoint import body
from kith.endpoint.believing import Side
from kith.endpoint.link import Link
from kith.endpoint.sealed import Again, Anew, Confirmed, Conversation, Reach, Remote


class SealedLink:
    """One epoch of a call. What its methods return is to be sent to the other end, in this order."""

    def __init__(self, link: Link, conversation: Conversation) -> None:
        self.link = link
        self.said: list[bytes] = []
        """All that was sent, in case it did not arrive."""
        self.anew = False
        """Whether the other end has asked for a new epoch."""
        self.sends: body.Sends | None = None
        """What the other end has said that it sends."""
        self._conversation = conversation

    @property
    def epoch(self) -> int:
        return self.link.epoch

    @property
    def up(self) -> bool:
        return self.link.up

    @property
    def verified(self) -> bool:
        return self._conversation.verified

    def believe(self, peer: Side) -> None:
        """More is known of who is at the other end. Raises Untrusted where that is somebody else now."""
        require(peer.root == self._conversation.peer.root, Reason.FORKED)
        require(peer.keys == self._conversation.peer.keys, Reason.WEAK_KEY)
        self._conversation.peer = peer

    async def offer(self) -> list[bytes]:
        return self._say(self._conversation.offer(await self.link.offer()))

    def found(self, line: body.CandidateLine | None) -> list[bytes]:
        return self._say(self._conversation.candidate(line))

    def says(self, *, audio: bool, video: bool) -> list[bytes]:
        """What leaves this end. It is said anew rather than once more."""
        return [self._conversation.sends(audio=audio, video=video)]

    def again(self) -> list[bytes]:
        return [self._conversation.again()]

    async def take(self, data: bytes) -> list[bytes]:
        """What the other end sealed. Raises Untrusted for what is not believed, ValueError for a description
        that is, and cannot be used."""
        match self._conversation.take(data):
            case Remote(sdp, fingerprint, None):
                self.link.pin(fingerprint)
                return self._say(self._conversation.answer(await self.link.take_offer(sdp)))
            case Remote(sdp, fingerprint, confirm) if confirm is not None:
                self.link.pin(fingerprint)
                self.link.let_out()
                await self.link.take_answer(sdp)
                return self._say(confirm)
            case Confirmed():
                self.link.let_out()
            case Again(reply):
                return [reply]
            case Reach(line):
                await self.link.take_candidate(line)
            case Anew():
                self.anew = True
            case body.Sends() as sends:
                self.sends = sends
        return []

    def _say(self, data: bytes) -> list[bytes]:
        self.said.append(data)
        return [data]
