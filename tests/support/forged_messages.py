"""What a forged server says of a message that has come: who wrote it, to whom, and how often."""

import secrets
from typing import Any

from msgspec.structs import replace

from kith.core.ids import new_message
from kith.core.keys import KeyPair
from kith.core.trust import message as messages
from kith.core.trust.message import MessageEnvelope
from kith.core.trust.message_content import Content, write
from kith.core.trust.person import replay
from signaling import protocol
from signaling.protocol import MessageItem
from signaling.views import keys_view
from tests.support.plot import Plot

LATER = 1_000_000
"""How much later in an inbox something is that the server has made up."""


def _of_items(message: Any, change: Any) -> Any:
    if isinstance(message, protocol.MessageArrived) and isinstance(message.item, MessageItem):
        return replace(message, item=change(message.item))
    return message


def played_again(message: Any, plot: Plot) -> Any:
    """It comes twice, as if it had been sent twice."""
    if not isinstance(message, protocol.MessageArrived):
        return message
    again = replace(message, item=replace(message.item, n=message.item.n + LATER))
    return [message, again]


def said_by_oneself(message: Any, plot: Plot) -> Any:
    """Another endpoint of the victim wrote it."""
    return _of_items(message, lambda item: replace(item, envelope=replace(item.envelope, person=item.person)))


def said_by_another(message: Any, plot: Plot) -> Any:
    """Somebody else wrote it, of whom one has never heard."""
    stranger = "p_" + "m" * 20
    return _of_items(
        message,
        lambda item: replace(item, other=stranger, envelope=replace(item.envelope, person=stranger)),
    )


def to_another(message: Any, plot: Plot) -> Any:
    """It was not written to the victim."""
    return _of_items(
        message,
        lambda item: replace(item, envelope=replace(item.envelope, to_root=item.envelope.root)),
    )


def made_up(message: Any, plot: Plot) -> Any:
    """The server wrote it, with an endpoint of its own."""
    return _of_items(message, lambda item: _written(item, plot, plot.mallory))


def by_the_stolen_one(message: Any, plot: Plot) -> Any:
    """The stolen endpoint wrote it, with a key that really was the person's."""
    return _of_items(message, lambda item: _written(item, plot, plot.stolen))


def by_the_stolen_one_long_ago(message: Any, plot: Plot) -> Any:
    """The same, as if it had written before it was signed out."""
    return _of_items(message, lambda item: _written(_long_ago(item, plot), plot, plot.stolen))


def made_up_long_ago(message: Any, plot: Plot) -> Any:
    """An endpoint of the server's wrote it, as if that had been one of the person's once."""
    return _of_items(message, lambda item: _written(_long_ago(item, plot), plot, plot.mallory))


def _long_ago(item: MessageItem, plot: Plot) -> MessageItem:
    point = replay(plot.withheld).point
    return replace(item, envelope=replace(item.envelope, version=point.version, head=point.head))


def _written(item: MessageItem, plot: Plot, keys: KeyPair) -> MessageItem:
    assert plot.reader is not None
    key = secrets.token_bytes(32)
    unsealed: MessageEnvelope = replace(
        item.envelope, id=new_message(), identity=keys.public.identity, endpoint="e_" + "m" * 20
    )
    content = write(Content(text="made up"))
    envelope = messages.seal(unsealed, keys, content, key, secrets.token_bytes(12))
    sealed = messages.seal_key(keys, plot.reader, envelope, "e_" + "1" * 20, key, secrets.token_bytes(12))
    return replace(item, envelope=envelope, keys=keys_view(keys.public), key=sealed.key)


FORGERIES = {
    "played again": played_again,
    "said by oneself": said_by_oneself,
    "said by another": said_by_another,
    "to another": to_another,
    "made up": made_up,
    "by the stolen one": by_the_stolen_one,
    "by the stolen one, long ago": by_the_stolen_one_long_ago,
    "made up, long ago": made_up_long_ago,
}
