"""Writes and reads messages for endpoints that tests hold the keys of, as their apps would."""

import secrets
import time
from dataclasses import dataclass, field
from typing import Any

import msgspec

from kith.core.ids import new_message
from kith.core.keys import PublicKeys
from kith.core.trust import message as messages
from kith.core.trust.message import MessageEnvelope
from kith.core.trust.message_content import Content, Voice, hashes_of, read, write
from kith.core.trust.person import Chain, replay
from kith.core.trust.person_links import PersonLink
from tests.support.wire import Endpoint


@dataclass
class Letter:
    """A message as it was sealed: the very bytes go out again when it is sent again."""

    to: str
    envelope: dict[str, Any]
    keys: list[dict[str, Any]]
    key: bytes = field(repr=False)
    segments: int = 0

    @property
    def id(self) -> str:
        return str(self.envelope["id"])

    @property
    def fields(self) -> dict[str, Any]:
        """Of `send_message`."""
        return {
            "to": self.to,
            "envelope": self.envelope,
            "keys": self.keys,
            "segments": self.segments,
        }


def chain_of(identity: dict[str, Any]) -> Chain:
    return replay(msgspec.convert(identity["links"], tuple[PersonLink, ...]))


def keys_of(keys: dict[str, Any]) -> PublicKeys:
    return PublicKeys(keys["identity"], keys["sealing"], keys["sealing_signature"])


async def compose(
    endpoint: Endpoint,
    to: str,
    content: Content | str,
    *,
    acting: str | None = None,
    key: bytes | None = None,
    **changes: Any,
) -> Letter:
    """Sealed to whoever reads it now, for the endpoint's person or for whom it is `acting`. `changes` are made to the
    envelope before it is signed."""
    content = Content(text=content) if isinstance(content, str) else content
    shown = await endpoint.ok("list_recipients", to=to, **({} if acting is None else {"as": acting}))
    person = acting or endpoint.joined.person
    assert person is not None
    return seal(endpoint, to, content, shown, person, key or secrets.token_bytes(32), **changes)


def seal(
    endpoint: Endpoint,
    to: str,
    content: Content,
    shown: dict[str, Any],
    person: str,
    key: bytes,
    **changes: Any,
) -> Letter:
    """The same for whom `list_recipients` has shown."""
    chains = {one["person"]: chain_of(one) for one in shown["identities"]}
    own, keys = chains[person], endpoint.joined.keys
    fields: dict[str, Any] = {
        "id": new_message(),
        "kind": "message",
        "person": person,
        "root": own.root,
        "version": own.point.version,
        "head": own.point.head,
        "endpoint": endpoint.joined.endpoint,
        "identity": keys.public.identity,
        "to_root": chains[to].root,
        "sent": int(time.time() * 1000),
        "ciphertext": b"",
        "signature": b"",
    }
    envelope = messages.seal(
        MessageEnvelope(**(fields | changes)), keys, write(content), key, secrets.token_bytes(12)
    )
    return Letter(
        to,
        msgspec.to_builtins(envelope, builtin_types=(bytes,)),
        keys_for(endpoint, envelope, key, shown),
        key,
        0 if content.voice is None else content.voice.segments,
    )


def keys_for(
    endpoint: Endpoint, envelope: MessageEnvelope, key: bytes, shown: dict[str, Any]
) -> list[dict[str, Any]]:
    made = [
        messages.seal_key(
            endpoint.joined.keys,
            keys_of(one["keys"]),
            envelope,
            one["endpoint"],
            key,
            secrets.token_bytes(12),
        )
        for one in shown["endpoints"]
    ]
    return [{"endpoint": one.endpoint, "key": one.key} for one in made]


async def say(endpoint: Endpoint, to: str, text: str) -> tuple[Letter, dict[str, Any]]:
    """Write a text; returns it with the reply."""
    letter = await compose(endpoint, to, text)
    return letter, await endpoint.ok("send_message", **letter.fields)


async def put_voice(endpoint: Endpoint, to: str, pieces: list[bytes]) -> Letter:
    """A voice message whose pieces are on the server."""
    message, key = new_message(), secrets.token_bytes(32)
    last = len(pieces) - 1
    sealed = [
        messages.seal_segment(key, message, index, piece, last=index == last)
        for index, piece in enumerate(pieces)
    ]
    for index, body in enumerate(sealed):
        await endpoint.ok("put_segment", message=message, index=index, body=body)
    size, hashes = sum(map(len, pieces)), hashes_of(sealed)
    content = Content(voice=Voice(seconds=1.0, segments=len(pieces), bytes=size, hashes=hashes))
    return await compose(endpoint, to, content, key=key, id=message)


def opened(endpoint: Endpoint, item: dict[str, Any]) -> Content:
    """What an item says, with the keys of the endpoint at which it waits. Raises Untrusted."""
    envelope = msgspec.convert(item["envelope"], MessageEnvelope)
    messages.require_signed(envelope)
    key = messages.open_key(endpoint.joined.keys, keys_of(item["keys"]), envelope, item["key"])
    return read(messages.open_content(envelope, key))


def text_of(endpoint: Endpoint, item: dict[str, Any]) -> str | None:
    return opened(endpoint, item).text


async def own_items(endpoint: Endpoint, topic: str, body: bytes) -> tuple[str, list[dict[str, Any]]]:
    """Something for all other endpoints of the same person, by what it is about."""
    item = new_message()
    shown = await endpoint.ok("list_recipients", to=endpoint.joined.person)
    own = endpoint.joined.keys
    return item, [
        {
            "endpoint": one["endpoint"],
            "body": messages.seal_own(own, keys_of(one["keys"]), item, topic, body, secrets.token_bytes(12)),
        }
        for one in shown["endpoints"]
    ]


async def confirm(endpoint: Endpoint, upto: int) -> None:
    """It is not answered; but it is forgotten before more is fetched."""
    await endpoint.say("confirm_inbox", upto=upto)
    await endpoint.ok("fetch_inbox", after=upto)
