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
from kith.core.trust.message_content import Content, Voice, read, write
from kith.core.trust.person import Chain, replay
from kith.core.trust.person_links import PersonLink
from tests.support.server import Joined
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
    endpoint: Endpoint, sender: Joined, to: str, content: Content | str, **changes: Any
) -> Letter:
    """Sealed to whoever reads it now. `changes` are made to the envelope before it is signed."""
    content = Content(text=content) if isinstance(content, str) else content
    person = changes.get("person", endpoint.joined.person)
    shown = await endpoint.ok("list_recipients", to=to, **({"as": person} if sender.person != person else {}))
    return seal(endpoint, to, content, shown, person, **changes)


def seal(
    endpoint: Endpoint,
    to: str,
    content: Content,
    shown: dict[str, Any],
    person: str | None,
    **changes: Any,
) -> Letter:
    chains = {one["person"]: chain_of(one) for one in shown["identities"]}
    own, key, keys = chains[person], secrets.token_bytes(32), endpoint.joined.keys
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
    letter = await compose(endpoint, endpoint.joined, to, text)
    return letter, await endpoint.ok("send_message", **letter.fields)


async def put_voice(endpoint: Endpoint, to: str, pieces: list[bytes]) -> Letter:
    """A voice message whose pieces are on the server."""
    size = sum(map(len, pieces))
    content = Content(voice=Voice(seconds=1.0, segments=len(pieces), bytes=size))
    letter = await compose(endpoint, endpoint.joined, to, content)
    for index, piece in enumerate(pieces):
        last = index == len(pieces) - 1
        body = messages.seal_segment(letter.key, letter.id, index, piece, last=last)
        await endpoint.ok("put_segment", message=letter.id, index=index, body=body)
    return letter


def opened(endpoint: Endpoint, item: dict[str, Any]) -> Content:
    """What an item says, with the keys of the endpoint at which it waits. Raises Untrusted."""
    envelope = msgspec.convert(item["envelope"], MessageEnvelope)
    messages.require_signed(envelope)
    key = messages.open_key(endpoint.joined.keys, keys_of(item["keys"]), envelope, item["key"])
    return read(messages.open_content(envelope, key))


def text_of(endpoint: Endpoint, item: dict[str, Any]) -> str | None:
    return opened(endpoint, item).text
