"""What endpoints are shown of messages and conversations, and what they are told where one is refused. Pure."""

from kith.core.ids import PersonId
from kith.core.problem import Code, Problem
from kith.messaging.conversation import Conversation
from kith.messaging.ports import Talk, Waiting, WaitingOwn
from policy.message import MessageFacts, Reason, Refuse
from signaling import protocol as wire
from signaling.views import keys_view

_REFUSALS = {
    Reason.SENDER_SUSPENDED: Code.SUSPENDED,
    Reason.SENDER_NOT_REGISTERED: Code.NOT_REGISTERED,
    Reason.SENDER_NOT_CONFIRMED: Code.NOT_CONFIRMED,
    Reason.NOT_DELEGATED: Code.NOT_PERMITTED,
    Reason.TO_NUMBER: Code.NO_TEXT_MESSAGES,
    Reason.TO_ONESELF: Code.SELF_CALL,
    Reason.CHILD_LIMIT: Code.CHILD_LIMIT,
    Reason.NUMBER_MOVED: Code.NUMBER_MOVED,
    Reason.RECEIVER_UNKNOWN: Code.UNKNOWN_PERSON,
    Reason.RECEIVER_NOT_REGISTERED: Code.UNKNOWN_PERSON,
    Reason.NO_ENDPOINT: Code.UNKNOWN_ENDPOINT,
    Reason.YOU_BLOCKED: Code.YOU_BLOCKED,
    Reason.QUOTA: Code.QUOTA_EXCEEDED,
}


def refusal(refused: Refuse, facts: MessageFacts) -> Problem:
    """What the sender is told; the reason itself is for the log."""
    code = _REFUSALS[refused.reason]
    if refused.reason is Reason.QUOTA:
        return Problem(code, data={"retry_after": round(facts.quota_wait, 3)})
    return Problem(code, path="as" if refused.reason is Reason.NOT_DELEGATED else "to")


def item_view(item: Waiting | WaitingOwn, *, alert: bool) -> wire.InboxItem:
    """What waits, for the endpoint at which it does."""
    if isinstance(item, WaitingOwn):
        return wire.OwnItem(
            n=item.n,
            at=item.at,
            endpoint=item.endpoint,
            keys=keys_view(item.keys),
            topic=item.topic,
            item=item.item,
            body=item.body,
        )
    return wire.MessageItem(
        n=item.n,
        person=item.person,
        other=item.other,
        name=item.name,
        seq=item.seq,
        at=item.at,
        envelope=item.envelope,
        keys=keys_view(item.keys),
        key=item.key,
        segments=item.segments,
        alert=alert,
    )


def talk_view(talk: Talk, person: PersonId) -> wire.ConversationView:
    """The conversation as one of the two has it."""
    index = talk.index(person)
    other = talk.one if index else talk.other
    return conversation_view(talk.state, person, other, talk.names[0 if index else 1])


def conversation_view(
    state: Conversation, person: PersonId, other: PersonId, name: str
) -> wire.ConversationView:
    """The same of the two by themselves; `name` is what the other one is called."""
    own, theirs = (state.one, state.other) if person < other else (state.other, state.one)
    return wire.ConversationView(
        person=person,
        other=other,
        name=name,
        last=own.last,
        at=own.at,
        delivered=own.delivered,
        read_by_them=theirs.shown,
        read=own.read,
        removed=own.removed,
    )
