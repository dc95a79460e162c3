"""Messages as an endpoint keeps them. Pure: values, and what they mean."""

from dataclasses import dataclass
from typing import Literal

from signaling.protocol import ConversationView

State = Literal["sending", "sent", "failed", "received"]
"""Of a message: on its way to the server, taken by it, refused for good, or from another endpoint."""


@dataclass(frozen=True, slots=True)
class Voice:
    """Opus in Ogg, `size` bytes long, in `segments` pieces; `hashes` are those of the pieces as they are sealed, not
    of what is only told of."""

    seconds: float
    segments: int
    size: int
    hashes: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the conversation that `person` has with `other`. `mine`: this person said it, with `endpoint`.

    `seq` is its place in the conversation, None until the server has taken it; `at` Unix seconds. Either `text` or
    `voice` is there; `here` is how many segments of the voice are. `transcript`: what a voice message says, empty where
    nobody could make it out, None where it is not available; it goes when it `expires`. `doubtful`: when it came, the
    other person had another identity than the one that was known here. `signed_out`: the device that sent it had been
    signed out when it came, so whoever has that device now may have written it as well. `sent` is when it was signed,
    by its sender's clock; not kept.
    """

    id: str
    person: str
    other: str
    name: str
    mine: bool
    endpoint: str
    at: float
    state: State
    seq: int | None = None
    text: str | None = None
    voice: Voice | None = None
    doubtful: bool = False
    signed_out: bool = False
    sent: float = 0.0
    here: int = 0
    transcript: str | None = None
    expires: float | None = None

    @property
    def playable(self) -> bool:
        """Whether the whole recording is here."""
        return self.voice is not None and self.here == self.voice.segments


@dataclass(frozen=True, slots=True)
class Proof:
    """What shows somebody else what was written: the envelope that its sender signed, as MessagePack, and the key."""

    envelope: bytes
    key: bytes


@dataclass(frozen=True, slots=True)
class Conversation:
    """All messages that `person` exchanged with `other`, who is called `name`.

    Numbers are places of messages: of the newest (`last` by the server's word, `here` of those that were stored here),
    of the last own one that has been `delivered` to an endpoint of theirs, of how far they have read (`read_by_them`)
    and this person has, and up to where it was `removed`. `unread` counts.
    """

    person: str
    other: str
    name: str
    last: int = 0
    at: float = 0.0
    delivered: int = 0
    read_by_them: int = 0
    read: int = 0
    removed: int = 0
    here: int = 0
    unread: int = 0


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message of `person` that the server has not taken yet, sealed under `key`. `command` is what was sent of it, so
    that a retry is the very same; None before the first try."""

    message: str
    person: str
    key: bytes
    command: bytes | None


def conversation_of(view: ConversationView) -> Conversation:
    """As the server has it."""
    return Conversation(
        person=view.person,
        other=view.other,
        name=view.name,
        last=view.last,
        at=view.at,
        delivered=view.delivered,
        read_by_them=view.read_by_them,
        read=view.read,
        removed=view.removed,
    )
