"""Messages between persons, and what a person's own endpoints tell each other. Pure.

The server stores envelopes, keys and segments until they have been fetched, and can read none of them: how they are
sealed and signed is in kith.core.trust.message.
"""

from typing import Annotated, Literal

from msgspec import Meta

from kith.core.reports import Why
from kith.core.trust.message import KEY, MAX_OWN_ITEM, MAX_SEGMENT, MAX_SEGMENTS, MessageEnvelope, SealedKey
from signaling.protocol.envelope import Command, Event, Part, Reply
from signaling.protocol.fields import EndpointRef, MessageRef, PersonRef, Seq
from signaling.protocol.identity import Keys, PersonIdentity
from signaling.protocol.policy import ReportText

MAX_KEYS = 128
"""Endpoints that one message is sealed to: 32 of each of two persons, and what their households share."""

MAX_ITEMS = 50

MessageTarget = Annotated[
    str,
    Meta(
        pattern=r"^(p_[0-9a-z]{20}|\+[0-9]{4,20})$",
        max_length=22,
        description="A person; a phone number is understood, and refused.",
    ),
]
Index = Annotated[int, Meta(ge=0, lt=MAX_SEGMENTS)]
Segments = Annotated[int, Meta(ge=0, le=MAX_SEGMENTS)]
SegmentBody = Annotated[bytes, Meta(min_length=16, max_length=MAX_SEGMENT + 16)]
SealedKeys = Annotated[tuple[SealedKey, ...], Meta(max_length=MAX_KEYS)]
Topic = Literal["transcript", "history"]
ItemRef = Annotated[str, Meta(pattern=r"^m_[0-9a-z]{20}$", max_length=22)]
OwnBody = Annotated[bytes, Meta(min_length=29, max_length=MAX_OWN_ITEM + 29)]
ContentKey = Annotated[bytes, Meta(min_length=KEY, max_length=KEY)]


# -- what is shown ----------------------------------------------------------------------------------


class Recipient(Part, frozen=True, kw_only=True):
    """An endpoint that a message is sealed to. `person` is for whom it is there, one of the two."""

    endpoint: EndpointRef
    person: PersonRef
    shared: bool
    keys: Keys


class OwnSeal(Part, frozen=True, kw_only=True):
    """Something sealed to one of the own endpoints."""

    endpoint: EndpointRef
    body: OwnBody


class MessageItem(Part, frozen=True, kw_only=True, tag_field="what", tag="message", rename={"other": "with"}):
    """A message that waits for this endpoint as number `n`. It is part of the conversation that `person` has with
    `other`, named `name`; `at` is when the server took it, in Unix seconds. `keys` are those of the endpoint that sent
    it, as the server has them, and `key` is sealed to this one. `alert`: nothing is known of that it should be silent
    here."""

    n: Seq
    person: PersonRef
    other: PersonRef
    name: str
    seq: Seq
    at: float
    envelope: MessageEnvelope
    keys: Keys
    key: bytes
    segments: int
    alert: bool


class OwnItem(Part, frozen=True, kw_only=True, tag_field="what", tag="own"):
    """Something from `endpoint`, another one of the same person's, with its `keys` as the server has them. `item` is
    what it is about."""

    n: Seq
    at: float
    endpoint: EndpointRef
    keys: Keys
    topic: str
    item: str
    body: bytes


InboxItem = MessageItem | OwnItem


class ConversationView(Part, frozen=True, kw_only=True, rename={"other": "with"}):
    """All messages with one other person, named `name`, as `person` has it, for whom the viewer is there.

    `last` is the number of the newest, `at` when it came. `delivered` and `read_by_them` are up to where own messages
    have arrived at an endpoint of theirs, and were read; `read` and `removed` up to where this person has read, and
    taken away.
    """

    person: PersonRef
    other: PersonRef
    name: str
    last: Seq
    at: float
    delivered: Seq = 0
    read_by_them: Seq = 0
    read: Seq = 0
    removed: Seq = 0


# -- commands ---------------------------------------------------------------------------------------


class ListRecipients(Command, frozen=True, kw_only=True, tag="list_recipients"):
    """To which endpoints a message to this person is sealed, and what shows whose they are."""

    to: MessageTarget


class PutSegment(Command, frozen=True, kw_only=True, tag="put_segment"):
    """A sealed piece of a voice message or announcement that is about to be sent."""

    message: MessageRef
    index: Index
    body: SegmentBody


class SendMessage(Command, frozen=True, kw_only=True, tag="send_message"):
    """Send a message. `keys` are for all recipients, `segments` is how many were put."""

    to: MessageTarget
    envelope: MessageEnvelope
    keys: SealedKeys
    segments: Segments = 0


class FetchInbox(Command, frozen=True, kw_only=True, tag="fetch_inbox"):
    """What waits for this endpoint, behind number `after`."""

    after: Seq = 0
    most: Annotated[int, Meta(ge=1, le=MAX_ITEMS)] = MAX_ITEMS


class GetSegment(Command, frozen=True, kw_only=True, tag="get_segment"):
    """A piece of a message that waits for this endpoint."""

    message: MessageRef
    index: Index


class ConfirmInbox(Command, frozen=True, kw_only=True, tag="confirm_inbox"):
    """This endpoint has stored everything up to number `upto`, and all that belongs to it: the server may forget it. On
    the WebSocket it is answered by a problem or not at all: if it is lost, what waits comes again."""

    upto: Seq


class ListConversations(Command, frozen=True, kw_only=True, tag="list_conversations"):
    """With whom messages were exchanged, the latest first."""


class MarkRead(
    Command, frozen=True, kw_only=True, tag="mark_read", rename={"as_person": "as", "other": "with"}
):
    """The person has read or heard everything up to message number `upto`."""

    other: PersonRef
    upto: Seq


class RemoveConversation(
    Command, frozen=True, kw_only=True, tag="remove_conversation", rename={"as_person": "as", "other": "with"}
):
    """Take everything up to message number `upto` out of the own list, at all own endpoints. The other's stays as it
    is."""

    other: PersonRef
    upto: Seq


class SendOwn(Command, frozen=True, kw_only=True, tag="send_own"):
    """Something for other endpoints of the same person."""

    topic: Topic
    item: ItemRef
    items: Annotated[tuple[OwnSeal, ...], Meta(min_length=1, max_length=MAX_KEYS)]


class ReportMessage(Command, frozen=True, kw_only=True, tag="report_message"):
    """Show the operator a message that one received, and tell why. With its key the operator can read it."""

    envelope: MessageEnvelope
    key: ContentKey
    why: Why
    text: ReportText = ""


# -- replies ----------------------------------------------------------------------------------------


class Recipients(Reply, frozen=True, kw_only=True, tag="recipients"):
    """All endpoints of both sides but the asking one. As the reply to `send_message`: the message was sealed to others
    than these, and nothing was sent."""

    endpoints: tuple[Recipient, ...]
    identities: tuple[PersonIdentity, ...]


class MessageSent(Reply, frozen=True, kw_only=True, tag="message_sent"):
    """It is stored, as number `seq` of the conversation."""

    message: MessageRef
    seq: Seq
    at: float


class Inbox(Reply, frozen=True, kw_only=True, tag="inbox"):
    """`more`: there are more behind the last one."""

    items: tuple[InboxItem, ...]
    more: bool


class Segment(Reply, frozen=True, kw_only=True, tag="segment"):
    body: bytes


class Conversations(Reply, frozen=True, kw_only=True, tag="conversations"):
    conversations: tuple[ConversationView, ...]


# -- events -----------------------------------------------------------------------------------------


class MessageArrived(Event, frozen=True, kw_only=True, tag="message_arrived"):
    """Something has come into the inbox."""

    item: InboxItem


class ConversationChanged(Event, frozen=True, kw_only=True, tag="conversation_changed"):
    """How far a conversation has come: delivered, read, removed."""

    conversation: ConversationView
