"""What messages need from a store. Implemented by kith.store.messages; every method may raise
Problem(storage_unavailable), and then has changed nothing."""

from asyncio import Future
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from kith.core.ids import EndpointId, MessageId, PersonId
from kith.core.keys import PublicKeys
from kith.core.trust.message import MessageEnvelope
from kith.messaging.conversation import Conversation, Index
from kith.messaging.counts import Today


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message that is to be stored.

    `keys` say for each endpoint for whom it is there, and the sealed key; `day` is as in `conversation.Side`.
    `segments` are None where they are not all there. `withheld`: the receiver gets nothing of it. `strange`: the
    receiver does not know the sender. `size`: bytes of content and segments. `version`: how many
    changes there were (MessageStore.changes) when all of that was decided.
    """

    envelope: MessageEnvelope = field(repr=False)
    digest: bytes
    sender: PersonId
    receiver: PersonId
    at: float
    day: int
    keys: Sequence[tuple[EndpointId, PersonId, bytes]] = field(repr=False)
    segments: Sequence[bytes] | None = field(repr=False)
    withheld: bool
    strange: bool
    size: int
    version: int


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of it: number `n` in every inbox, `seq` in the conversation. Not `fresh`: it was stored before."""

    n: int
    seq: int
    at: float
    fresh: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message in an endpoint's inbox. `person` is for whom it is there, `other` with whom the conversation is, now
    called `name`; `keys` are those of the endpoint that sent it."""

    n: int
    person: PersonId
    other: PersonId
    name: str
    seq: int
    at: float
    envelope: MessageEnvelope = field(repr=False)
    key: bytes = field(repr=False)
    segments: int
    keys: PublicKeys


@dataclass(frozen=True, slots=True)
class WaitingOwn:
    """Something from `endpoint`, another one of the same person's."""

    n: int
    person: PersonId
    at: float
    endpoint: EndpointId
    topic: str
    item: str
    body: bytes = field(repr=False)
    keys: PublicKeys


@dataclass(frozen=True, slots=True)
class Delivered:
    """More of what `sender` wrote has arrived at an endpoint of `receiver`'s."""

    sender: PersonId
    receiver: PersonId
    state: Conversation


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation of two persons, as `conversation.pair` has them, with what they are called now."""

    one: PersonId
    other: PersonId
    names: tuple[str, str]
    state: Conversation

    def index(self, person: PersonId) -> Index:
        """Which of the two the person is."""
        return 0 if person == self.one else 1


class MessageStore(Protocol):
    def changes(self) -> int:
        """Rises with everything that is written but for messages, calls and the like: what was read of people,
        endpoints and blocks while it was the same is so still."""
        ...

    def before_next(self, do: Callable[[], None]) -> bool:
        """Have `do`, which never raises, done just before the next commit, which takes with it what is sent by that.
        False, and nothing will be done, where that may be at once."""
        ...

    def send(self, outgoing: Outgoing) -> "Future[Stored | None]":
        """Store it, in the order in which this is called. Done once it is on disk; None, and nothing is stored, where
        something has changed since it was decided.

        The same message again is what it was; Problem(message_id_taken) where its id was another one's,
        (segments_missing) where it is a new one of which not all is there.
        """
        ...

    async def stored(self, message: MessageId, digest: bytes) -> Stored | None:
        """What became of this very message before; None where it is a new one. Problem(message_id_taken)."""
        ...

    async def confirm(self, upto: Mapping[EndpointId, int]) -> Sequence[Delivered]:
        """Forget what waited for each endpoint up to its number. Returns the conversations in which something is
        delivered now that was not before."""
        ...

    async def inbox(
        self, endpoint: EndpointId, after: int, *, most: int, size: int
    ) -> tuple[Sequence[Waiting | WaitingOwn], bool]:
        """What waits behind number `after`, in order, of at most `size` bytes but for the first; and whether there is
        more."""
        ...

    async def withdraw(self, endpoint: EndpointId, persons: Collection[PersonId]) -> None:
        """Nothing that is there for these persons waits for the endpoint any more."""
        ...

    async def waiting(self, endpoint: EndpointId) -> int:
        """How many items wait."""
        ...

    async def senders(self, endpoint: EndpointId, persons: Collection[PersonId]) -> Collection[PersonId]:
        """Those of `persons` from whom messages wait there."""
        ...

    async def segment(self, endpoint: EndpointId, message: MessageId, index: int) -> bytes | None:
        """A piece of a message that waits for the endpoint."""
        ...

    async def send_own(
        self,
        sender: EndpointId,
        person: PersonId,
        topic: str,
        item: str,
        bodies: Sequence[tuple[EndpointId, bytes]],
        *,
        at: float,
        most: int,
    ) -> int | None:
        """Store it for each endpoint, all or nothing; returns its number, None where the same item waits already.
        Problem(inbox_limit) where `most` own items wait at one of them."""
        ...

    async def talks(self, person: PersonId) -> Sequence[Talk]:
        """All of the person's conversations, the latest first."""
        ...

    async def talk(self, person: PersonId, other: PersonId) -> Talk | None: ...
    async def sent_on(self, person: PersonId, day: int) -> Today:
        """What the person sent on this day."""
        ...

    async def read(self, person: PersonId, other: PersonId, upto: int, *, told: bool) -> Conversation | None:
        """How the conversation is then; None where that is nothing new. Problem(unknown_person) where the two have
        none."""
        ...

    async def remove(self, person: PersonId, other: PersonId, upto: int) -> Conversation | None:
        """As `read`."""
        ...
