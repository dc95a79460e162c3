"""Messages, announcements and what endpoints keep among themselves: signed by one endpoint, sealed to others. Pure.

The law of this file

    What is said is sealed once, under a key that is new for each message; that key is sealed to each endpoint that may
    read it. A voice message is one as well: its pieces are sealed under the same key.
    The envelope says who speaks, for whom and to whom, and when; the sending endpoint signs all of it, with the hash of
    what is sealed. Only whoever is believed to be an endpoint of that person (`chain`, `delegations`) is heard; of one
    that was, a message that it signed while it was is heard as that.
    Keys are long-lived on both ends: whoever gets hold of an endpoint's private key can read what was sealed to it and
    is still to be found somewhere. There is no forward secrecy, and docs/threat-model.md says so.

HKDF-SHA-256 (RFC 5869), AES-256-GCM (NIST SP 800-38D), X25519 (RFC 7748) as in `seal`.
"""

import hashlib
from typing import Annotated, Final, Literal

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec import Meta, Struct

from kith.core.keys import KeyPair, PublicKeys, statement, verify
from kith.core.trust.history import Count, Hash, Key, Point, Signature, u64
from kith.core.trust.person import Chain
from kith.core.trust.seal import FORMAT, NONCE, TAG, agreed_key
from kith.core.trust.untrusted import Reason, Untrusted, require

LABEL = b"kith/1 message-envelope"
KEY_LABEL = b"kith/1 message-key"
CONTENT_LABEL = b"kith/1 message-content"
SEGMENT_LABEL = b"kith/1 message-segment"
OWN_LABEL = b"kith/1 own-item"

KEY = 32
MAX_CIPHERTEXT = 24 * 1024
MAX_SEGMENT = 24 * 1024
"""Bytes of a segment's plaintext: as base64 in JSON it still fits into a frame."""

MAX_SEGMENTS = 64
MAX_OWN_ITEM = 32_000

_OVERHEAD: Final = len(FORMAT) + NONCE + TAG
MAX_CONTENT = MAX_CIPHERTEXT - _OVERHEAD
SEALED_KEY = _OVERHEAD + KEY

Kind = Literal["message", "announcement"]
Id = Annotated[str, Meta(pattern=r"^m_[0-9a-z]{20}$", max_length=22)]
PersonRef = Annotated[str, Meta(pattern=r"^p_[0-9a-z]{20}$", max_length=22)]
EndpointRef = Annotated[str, Meta(pattern=r"^e_[0-9a-z]{20}$", max_length=22)]
Ciphertext = Annotated[bytes, Meta(min_length=_OVERHEAD, max_length=MAX_CIPHERTEXT)]


class MessageEnvelope(Struct, frozen=True, kw_only=True):
    """What is signed of a message.

    `root` is that of the person for whom `endpoint`, whose key `identity` is, speaks, and `version` and `head` the
    point of their chain that it knew; where a shared endpoint announces for its household (`person` absent) those of
    the roster. `to_root` is the receiver's, or the roster's where it is announced. `sent` is in Unix milliseconds.
    What the server named, `person` and `endpoint`, is there to be looked up by and is not signed.
    """

    id: Id
    kind: Kind
    person: PersonRef | None = None
    root: Hash
    version: Count
    head: Hash
    endpoint: EndpointRef
    identity: Key
    to_root: Hash
    sent: Count
    ciphertext: Ciphertext
    signature: Signature


class SealedKey(Struct, frozen=True, kw_only=True):
    """The content key, for one endpoint."""

    endpoint: EndpointRef
    key: Annotated[bytes, Meta(min_length=SEALED_KEY, max_length=SEALED_KEY)]


# -- what is signed -------------------------------------------------------------------------------------------------


def _header(envelope: MessageEnvelope) -> tuple[bytes, ...]:
    return (
        envelope.kind.encode(),
        envelope.id.encode(),
        envelope.root,
        u64(envelope.version),
        envelope.head,
        envelope.identity,
        envelope.to_root,
        u64(envelope.sent),
    )


def header(envelope: MessageEnvelope) -> bytes:
    """What the sealed content belongs to. Raises Untrusted if a number is out of range."""
    return statement(LABEL, *_header(envelope))


def message(envelope: MessageEnvelope) -> bytes:
    """The bytes that `identity` signs. Raises Untrusted if a number is out of range."""
    return statement(LABEL, *_header(envelope), hashlib.sha256(envelope.ciphertext).digest())


# -- sending --------------------------------------------------------------------------------------------------------


def seal(
    unsealed: MessageEnvelope, own: KeyPair, content: bytes, key: bytes, nonce: bytes
) -> MessageEnvelope:
    """The envelope with its content sealed under `key` (32 random bytes, new for this message) and signed. Its own
    ciphertext and signature are not looked at. `nonce` is 12 random bytes. Raises ValueError for too much content."""
    if len(content) > MAX_CONTENT or len(key) != KEY or len(nonce) != NONCE:
        raise ValueError("too much to seal, or no key or nonce")
    box = AESGCM(_derived(key, CONTENT_LABEL))
    ciphertext = FORMAT + nonce + box.encrypt(nonce, content, header(unsealed))
    sealed = msgspec.structs.replace(unsealed, ciphertext=ciphertext)
    return msgspec.structs.replace(sealed, signature=own.sign(message(sealed)))


def seal_key(
    own: KeyPair, peer: PublicKeys, envelope: MessageEnvelope, endpoint: str, key: bytes, nonce: bytes
) -> SealedKey:
    """The content key for one endpoint, whose keys `peer` are. `nonce` is 12 random bytes. Raises Untrusted if its keys
    cannot be used."""
    about = (envelope.kind.encode(), envelope.id.encode())
    box = AESGCM(_agreed(own, peer, KEY_LABEL, about, to_peer=True))
    return SealedKey(endpoint=endpoint, key=FORMAT + nonce + box.encrypt(nonce, key, FORMAT))


def seal_segment(key: bytes, message_id: str, index: int, body: bytes, *, last: bool) -> bytes:
    """A piece of what belongs to a message. Each index is sealed once: what is sent again is what was sealed before.
    Raises ValueError for too much, or an index that there is not."""
    if len(body) > MAX_SEGMENT or not 0 <= index < MAX_SEGMENTS:
        raise ValueError("too much to seal, or one too many")
    about = _segment(message_id, index, last=last)
    return AESGCM(_derived(key, SEGMENT_LABEL)).encrypt(index.to_bytes(NONCE, "big"), body, about)


# -- receiving ------------------------------------------------------------------------------------------------------


def require_signed(envelope: MessageEnvelope) -> None:
    """Raises Untrusted unless `identity` signed exactly this."""
    signed = message(envelope)
    require(envelope.kind == "announcement" or envelope.person is not None, Reason.MALFORMED)
    require(verify(envelope.identity, envelope.signature, signed), Reason.BAD_SIGNATURE)


def require_sender(
    envelope: MessageEnvelope, chain: Chain, delegated: frozenset[bytes] = frozenset()
) -> None:
    """Raises Untrusted unless an endpoint of the person whose chain this is signed it: one of their own, or a shared
    one among those that they let act for them (`delegated`, as checked by `delegations` against the roster).

    One that was signed out since is none of them: `require_former_sender`.
    """
    require_signed(envelope)
    require(envelope.root == chain.root, Reason.UNKNOWN_PERSON)
    chain.history.require(Point(envelope.version, envelope.head))
    require(envelope.identity in chain.active or envelope.identity in delegated, Reason.NOT_ACTIVE)


def require_former_sender(envelope: MessageEnvelope, chain: Chain) -> PublicKeys:
    """The keys of the endpoint that signed it, which was one of this person's at the point that the envelope names, and
    was signed out since. Raises Untrusted unless it was.

    Such a message may have been on its way while its sender changed phones. As well may whoever has the old one have
    written it today, and named a point of long ago: it is shown as what it is, or not at all.
    """
    require_signed(envelope)
    require(envelope.root == chain.root, Reason.UNKNOWN_PERSON)
    chain.history.require(Point(envelope.version, envelope.head))
    require(chain.active_at(envelope.identity, envelope.version), Reason.NOT_ACTIVE)
    require(envelope.identity in chain.former, Reason.NOT_ACTIVE)
    return chain.endpoints.ever[envelope.identity].keys


def open_key(own: KeyPair, peer: PublicKeys, envelope: MessageEnvelope, sealed: bytes) -> bytes:
    """The content key that the envelope's sender, whose keys `peer` are, sealed to this endpoint. Raises Untrusted."""
    require(peer.identity == envelope.identity, Reason.WEAK_KEY)
    require(len(sealed) == SEALED_KEY and sealed.startswith(FORMAT), Reason.UNREADABLE)
    about = (envelope.kind.encode(), envelope.id.encode())
    return _opened(_agreed(own, peer, KEY_LABEL, about, to_peer=False), sealed, FORMAT)


def open_content(envelope: MessageEnvelope, key: bytes) -> bytes:
    """Raises Untrusted if it was not sealed under this key, or for another envelope."""
    sealed = envelope.ciphertext
    require(len(key) == KEY, Reason.UNREADABLE)
    require(_OVERHEAD <= len(sealed) <= MAX_CIPHERTEXT and sealed.startswith(FORMAT), Reason.UNREADABLE)
    return _opened(_derived(key, CONTENT_LABEL), sealed, header(envelope))


def open_segment(key: bytes, message_id: str, index: int, sealed: bytes, *, last: bool) -> bytes:
    """Raises Untrusted if this is not that piece of the message, or is not the last one although it should be."""
    require(len(key) == KEY and 0 <= index < MAX_SEGMENTS, Reason.UNREADABLE)
    require(TAG <= len(sealed) <= MAX_SEGMENT + TAG, Reason.UNREADABLE)
    try:
        box = AESGCM(_derived(key, SEGMENT_LABEL))
        return box.decrypt(index.to_bytes(NONCE, "big"), sealed, _segment(message_id, index, last=last))
    except InvalidTag:
        raise Untrusted(Reason.UNREADABLE) from None


# -- among a person's own endpoints ---------------------------------------------------------------------------------


def seal_own(own: KeyPair, peer: PublicKeys, item: str, topic: str, body: bytes, nonce: bytes) -> bytes:
    """Something for another endpoint of the same person. `nonce` is 12 random bytes. Raises ValueError for too much,
    Untrusted if the other's keys cannot be used."""
    if len(body) > MAX_OWN_ITEM or len(nonce) != NONCE:
        raise ValueError("too much to seal, or no nonce")
    box = AESGCM(_agreed(own, peer, OWN_LABEL, (topic.encode(), item.encode()), to_peer=True))
    return FORMAT + nonce + box.encrypt(nonce, body, FORMAT)


def open_own(own: KeyPair, peer: PublicKeys, item: str, topic: str, sealed: bytes) -> bytes:
    """What another endpoint of the same person sealed to this one. Raises Untrusted."""
    whole = _OVERHEAD <= len(sealed) <= _OVERHEAD + MAX_OWN_ITEM
    require(whole and sealed.startswith(FORMAT), Reason.UNREADABLE)
    about = (topic.encode(), item.encode())
    return _opened(_agreed(own, peer, OWN_LABEL, about, to_peer=False), sealed, FORMAT)


# -- keys -----------------------------------------------------------------------------------------------------------


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=purpose).derive(key)


def _agreed(
    own: KeyPair, peer: PublicKeys, label: bytes, about: tuple[bytes, ...], *, to_peer: bool
) -> bytes:
    require(peer.consistent(), Reason.WEAK_KEY)
    # With oneself both directions would have one key, and what was sent could come back as an answer.
    require(peer.identity != own.public.identity, Reason.WEAK_KEY)
    try:
        shared = own.agree(peer.sealing)
    except ValueError:
        raise Untrusted(Reason.WEAK_KEY) from None
    ends = (own.public, peer) if to_peer else (peer, own.public)
    return agreed_key(label, shared, about, *ends)


def _opened(key: bytes, sealed: bytes, about: bytes) -> bytes:
    body = len(FORMAT) + NONCE
    try:
        return AESGCM(key).decrypt(sealed[len(FORMAT) : body], sealed[body:], about)
    except InvalidTag:
        raise Untrusted(Reason.UNREADABLE) from None


def _segment(message_id: str, index: int, *, last: bool) -> bytes:
    return statement(SEGMENT_LABEL, message_id.encode(), u64(index), b"\x01" if last else b"\x00")
