"""Messages for other implementations: written to tests/vectors/message.json.

    envelopes           {name, keys, envelope, header, message, key, nonce, content}: `envelope` as it crosses the wire,
                        signed by the endpoint `keys`; `content` (text) is what is sealed in it under `key`
    envelopes_invalid   {name, envelope, key, reason}: not to be believed, or not to be read with this key
    former              {name, links, envelope, sealing}: sent by an endpoint of the chain that `links` make, which was
                        signed out since; `sealing` is its other key
    former_invalid      {name, links, envelope, reason}: not believed as that
    keys                {name, sender, receiver, envelope, shared, agreed, nonce, key, sealed}: the content key, sealed
    keys_invalid        {name, sender, receiver, envelope, sealed}: the receiver refuses it (unreadable)
    segments            {name, message, key, index, last, body, sealed}
    segments_invalid    {name, message, key, index, last, sealed}: refused (unreadable)
    own                 {name, sender, receiver, item, topic, nonce, body, sealed}
    own_invalid         {name, sender, receiver, item, topic, sealed}: refused (unreadable)
    contents            {name, content}: JSON as text that is a message; `contents_invalid` is none

`keys`, `sender` and `receiver` are names of endpoints, whose keys are in `endpoints`: {name, identity_seed,
sealing_private, identity, sealing, sealing_signature}.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kith.core.keys import KeyPair, statement
from kith.core.trust import message as messages
from kith.core.trust.message import MessageEnvelope
from kith.core.trust.message_content import Content, Voice, write
from kith.core.trust.person import replay
from kith.core.trust.untrusted import Reason
from tools.vectors.form import Case, b64, endpoint, fixed, plain
from tools.vectors.person import anna

PATH = Path(__file__).resolve().parents[2] / "tests" / "vectors" / "message.json"

ANNA, BEN, MALLORY = (endpoint(name) for name in ("anna-laptop", "ben-phone", "mallory"))
ID, OTHER_ID = "m_0123456789abcdefghjk", "m_kjhgfedcba9876543210"
KEY = fixed("content key")
HASHES = tuple(fixed(f"segment {index} sealed") for index in range(3))
VOICE = Content(voice=Voice(seconds=7.5, segments=3, bytes=31_000, hashes=HASHES))
change = msgspec.structs.replace


def text() -> str:
    return json.dumps(sections(), indent=1, ensure_ascii=True) + "\n"


def sections() -> dict[str, list[Case]]:
    return {
        "endpoints": [_endpoint(name) for name in ("anna-laptop", "ben-phone", "mallory")],
        "envelopes": [_envelope(name, sealed, content) for name, sealed, content in _sent()],
        "envelopes_invalid": list(_envelopes_invalid()),
        "former": [_former(name, envelope) for name, envelope in _left_behind().items()],
        "former_invalid": [
            {**_former(name, envelope), "reason": reason.value}
            for name, reason, envelope in _not_left_behind()
        ],
        "keys": [_key("anna-laptop", "ben-phone"), _key("ben-phone", "anna-laptop")],
        "keys_invalid": list(_keys_invalid()),
        "segments": [_segment(index, last=index == 2) for index in range(3)],
        "segments_invalid": list(_segments_invalid()),
        "own": [_own("transcript"), _own("history")],
        "own_invalid": list(_own_invalid()),
        "contents": [{"name": one, "content": one} for one in CONTENTS],
        "contents_invalid": [{"name": one[:60], "content": one} for one in NO_CONTENTS],
    }


def _endpoint(name: str) -> Case:
    own = endpoint(name)
    private, public = own.private_bytes(), own.public
    return {
        "name": name,
        "identity_seed": b64(private[:32]),
        "sealing_private": b64(private[32:]),
        "identity": b64(public.identity),
        "sealing": b64(public.sealing),
        "sealing_signature": b64(public.sealing_signature),
    }


# -- envelopes --------------------------------------------------------------------------------------


def unsealed(own: KeyPair = ANNA, **changes: Any) -> MessageEnvelope:
    """From Anna to Ben."""
    plainest = MessageEnvelope(
        id=ID,
        kind="message",
        person="p_" + "a" * 20,
        root=fixed("root of anna"),
        version=3,
        head=fixed("head of anna"),
        endpoint="e_" + "a" * 20,
        identity=own.public.identity,
        to_root=fixed("root of ben"),
        sent=1_800_000_000_123,
        ciphertext=b"",
        signature=b"",
    )
    return change(plainest, **changes)


def sealed(content: bytes = b'{"text":"Dinner?"}', own: KeyPair = ANNA, **changes: Any) -> MessageEnvelope:
    return messages.seal(unsealed(own, **changes), own, content, KEY, fixed("nonce")[:12])


def _sent() -> Iterator[tuple[str, MessageEnvelope, bytes]]:
    for name, content in (
        ("a text", b'{"text":"Dinner?"}'),
        ("signs of all kinds", write(Content(text="¿Cenamos? \U0001f35d"))),
        ("a voice message", write(VOICE)),
    ):
        yield name, sealed(content), content
    home = fixed("root of a household")
    spoken = write(VOICE)
    yield (
        "an announcement by a household's device",
        sealed(spoken, kind="announcement", person=None, root=home, to_root=home),
        spoken,
    )


def _envelope(name: str, envelope: MessageEnvelope, content: bytes) -> Case:
    return {
        "name": name,
        "keys": "anna-laptop",
        "envelope": plain(envelope),
        "header": b64(messages.header(envelope)),
        "message": b64(messages.message(envelope)),
        "key": b64(KEY),
        "nonce": b64(fixed("nonce")[:12]),
        "content": content.decode(),
    }


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def _signed(envelope: MessageEnvelope, by: KeyPair = ANNA) -> MessageEnvelope:
    return change(envelope, signature=by.sign(messages.message(envelope)))


def _envelopes_invalid() -> Iterator[Case]:
    good = sealed()
    unbelieved = {
        "a bit of the signature is flipped": change(good, signature=_flipped(good.signature, 0)),
        "signed by somebody else": _signed(good, MALLORY),
        "another id": change(good, id=OTHER_ID),
        "another kind": change(good, kind="announcement"),
        "another sender's root": change(good, root=fixed("root of carla")),
        "another point": change(good, version=4),
        "another receiver": change(good, to_root=fixed("root of carla")),
        "another time": change(good, sent=good.sent + 1),
        "another ciphertext": change(good, ciphertext=_flipped(good.ciphertext, 20)),
    }
    for name, envelope in unbelieved.items():
        yield _refused(name, envelope, Reason.BAD_SIGNATURE)
    yield _refused("a message of nobody's", _signed(change(good, person=None)), Reason.MALFORMED)
    unreadable = {
        "sealed for another message": change(good, id=OTHER_ID),
        "sealed for another receiver": change(good, to_root=fixed("root of carla")),
        "sealed for another time": change(good, sent=good.sent + 1),
        "of another format": change(good, ciphertext=b"\x02" + good.ciphertext[1:]),
        "cut short": change(good, ciphertext=good.ciphertext[:-1]),
        "nothing but a seal": change(good, ciphertext=good.ciphertext[:29]),
    }
    for name, envelope in unreadable.items():
        yield _refused(name, _signed(envelope), Reason.UNREADABLE)
    yield {**_refused("another key", good, Reason.UNREADABLE), "key": b64(fixed("another key"))}


def _refused(name: str, envelope: MessageEnvelope, reason: Reason) -> Case:
    return {"name": name, "envelope": plain(envelope), "key": b64(KEY), "reason": reason.value}


# -- by an endpoint that was signed out since -------------------------------------------------------


def _by(name: str, version: int, **changes: Any) -> MessageEnvelope:
    """Of one of Anna's endpoints, at a point of her chain: there her phone is in from 0 to 2, her tablet from 2 on."""
    hashes = replay(anna()).history.hashes
    point: dict[str, Any] = {"root": hashes[0], "version": version, "head": hashes[min(version, 3)]}
    return sealed(own=endpoint(name), **(point | changes))


def _left_behind() -> dict[str, MessageEnvelope]:
    return {
        "at its first link": _by("anna-phone", 0),
        "at the last link before it was signed out": _by("anna-phone", 2),
    }


def _not_left_behind() -> Iterator[tuple[str, Reason, MessageEnvelope]]:
    good = _by("anna-phone", 2)
    yield "at the link that signed it out", Reason.NOT_ACTIVE, _by("anna-phone", 3)
    yield "by one that is in the chain still", Reason.NOT_ACTIVE, _by("anna-laptop", 2)
    yield "before it was in the chain", Reason.NOT_ACTIVE, _by("anna-tablet", 1)
    yield "by one that never was in the chain", Reason.NOT_ACTIVE, _by("mallory", 2)
    yield "at a link that was not shown", Reason.MISSING, _by("anna-phone", 4)
    yield "at another history", Reason.FORKED, _by("anna-phone", 2, head=fixed("another"))
    yield "of another person", Reason.UNKNOWN_PERSON, _by("anna-phone", 2, root=fixed("root of carla"))
    yield "another time", Reason.BAD_SIGNATURE, change(good, sent=good.sent + 1)
    yield "an earlier point", Reason.BAD_SIGNATURE, change(good, version=1)


def _former(name: str, envelope: MessageEnvelope) -> Case:
    return {
        "name": name,
        "links": [plain(link) for link in anna()],
        "envelope": plain(envelope),
        "sealing": b64(endpoint("anna-phone").public.sealing),
    }


# -- keys -------------------------------------------------------------------------------------------


def _key(sender: str, receiver: str) -> Case:
    own, peer = endpoint(sender), endpoint(receiver)
    envelope, nonce = sealed(own=own), fixed("key nonce")[:12]
    shared = own.agree(peer.public.sealing)
    made = messages.seal_key(own, peer.public, envelope, "e_" + "b" * 20, KEY, nonce)
    return {
        "name": f"{sender} to {receiver}",
        "sender": sender,
        "receiver": receiver,
        "envelope": plain(envelope),
        "shared": b64(shared),
        "agreed": b64(_agreed(shared, own, peer)),
        "nonce": b64(nonce),
        "key": b64(KEY),
        "sealed": b64(made.key),
    }


def _agreed(shared: bytes, sender: KeyPair, receiver: KeyPair) -> bytes:
    """As docs/trust.md says it, so that the vectors do not only repeat what the code does."""
    one, other = sender.public, receiver.public
    ends = (one.identity, other.identity, one.sealing, other.sealing)
    info = statement(b"kith/1 message-key", b"message", ID.encode(), *ends)
    return HKDF(SHA256(), 32, salt=b"", info=info).derive(shared)


def _keys_invalid() -> Iterator[Case]:
    def made(own: KeyPair = ANNA, peer: KeyPair = BEN, **changes: Any) -> bytes:
        envelope = sealed(own=own, **changes)
        return messages.seal_key(
            own, peer.public, envelope, "e_" + "b" * 20, KEY, fixed("key nonce")[:12]
        ).key

    good = made()
    cases = {
        "for another message": made(id=OTHER_ID),
        "for another kind": made(kind="announcement"),
        "the receiver's own, sent back": made(BEN, ANNA),
        "to somebody else": made(peer=MALLORY),
        "a bit is flipped": _flipped(good, 30),
        "another format": b"\x02" + good[1:],
        "cut short": good[:-1],
        "nothing": b"",
    }
    for name, bad in cases.items():
        yield {
            "name": name,
            "sender": "anna-laptop",
            "receiver": "ben-phone",
            "envelope": plain(sealed()),
            "sealed": b64(bad),
        }


# -- segments ---------------------------------------------------------------------------------------


def _segment(index: int, *, last: bool) -> Case:
    body = fixed(f"segment {index}") * (index + 1)
    made = messages.seal_segment(KEY, ID, index, body, last=last)
    return {**_piece(f"segment {index}", index, made, last=last), "body": b64(body)}


def _piece(name: str, index: int, made: bytes, *, last: bool) -> Case:
    return {"name": name, "message": ID, "key": b64(KEY), "index": index, "last": last, "sealed": b64(made)}


def _segments_invalid() -> Iterator[Case]:
    body = fixed("segment")
    good = messages.seal_segment(KEY, ID, 1, body, last=False)
    yield _piece("in another place", 2, good, last=False)
    yield _piece("as the last one, which it is not", 1, good, last=True)
    yield _piece(
        "the last one, as another", 1, messages.seal_segment(KEY, ID, 1, body, last=True), last=False
    )
    yield _piece(
        "of another message", 1, messages.seal_segment(KEY, OTHER_ID, 1, body, last=False), last=False
    )
    other_key = messages.seal_segment(fixed("another key"), ID, 1, body, last=False)
    yield _piece("under another key", 1, other_key, last=False)
    yield _piece("a bit is flipped", 1, _flipped(good, 3), last=False)
    yield _piece("cut short", 1, good[:-1], last=False)


# -- own items --------------------------------------------------------------------------------------


def _own(topic: str) -> Case:
    body, nonce = f'{{"message":"{ID}","text":"Hello"}}'.encode(), fixed("own nonce")[:12]
    made = messages.seal_own(ANNA, BEN.public, ID, topic, body, nonce)
    return {
        "name": topic,
        **_between(ID, topic),
        "nonce": b64(nonce),
        "body": b64(body),
        "sealed": b64(made),
    }


def _between(item: str, topic: str) -> Case:
    return {"sender": "anna-laptop", "receiver": "ben-phone", "item": item, "topic": topic}


def _own_invalid() -> Iterator[Case]:
    def made(own: KeyPair = ANNA, peer: KeyPair = BEN, item: str = ID, topic: str = "transcript") -> bytes:
        return messages.seal_own(own, peer.public, item, topic, b"{}", fixed("own nonce")[:12])

    cases = {
        "about something else": made(item=OTHER_ID),
        "of another topic": made(topic="history"),
        "the receiver's own, sent back": made(BEN, ANNA),
        "to somebody else": made(peer=MALLORY),
        "cut short": made()[:-1],
    }
    for name, bad in cases.items():
        yield {"name": name, **_between(ID, "transcript"), "sealed": b64(bad)}


# -- contents ---------------------------------------------------------------------------------------


def _hashes(count: int) -> str:
    return json.dumps([b64(fixed("a hash"))] * count)


CONTENTS = (
    '{"text":"Dinner?"}',
    '{"text":"x","later":{"unknown":[1]}}',
    write(VOICE).decode(),
    f'{{"voice":{{"seconds":300,"segments":64,"bytes":1048576,"hashes":{_hashes(64)}}}}}',
)
NO_CONTENTS = (
    "",
    "null",
    "{}",
    '{"text":""}',
    '{"text":7}',
    '{"text":"x","voice":{"seconds":1,"segments":1,"bytes":1}}',
    '{"voice":{"seconds":7.5,"segments":3,"bytes":31000}}',
    f'{{"voice":{{"seconds":1,"segments":3,"bytes":1,"hashes":{_hashes(2)}}}}}',
    '{"voice":{"seconds":1,"segments":1,"bytes":1,"hashes":["AAAA"]}}',
    '{"voice":{"seconds":1,"segments":1,"bytes":1,"hashes":[7]}}',
    f'{{"voice":{{"seconds":301,"segments":1,"bytes":1,"hashes":{_hashes(1)}}}}}',
    '{"voice":{"seconds":1,"segments":0,"bytes":1,"hashes":[]}}',
    f'{{"voice":{{"seconds":1,"segments":65,"bytes":1,"hashes":{_hashes(65)}}}}}',
    f'{{"voice":{{"seconds":1,"segments":1,"bytes":1048577,"hashes":{_hashes(1)}}}}}',
    '{"text":"' + "x" * 4_001 + '"}',
)
