"""Whose endpoints a message is sealed to, and whose a message is that came.

Nothing is sealed to an endpoint, and nothing is read of one, that has not shown whose it is, just as the other end of a
call has to.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from kith.core.keys import KeyPair, PublicKeys
from kith.core.trust import message as sealed
from kith.core.trust import message_content
from kith.core.trust.history import Change, Point
from kith.core.trust.message import KEY, MessageEnvelope, SealedKey
from kith.core.trust.message_content import Content, read, write
from kith.core.trust.seal import NONCE
from kith.core.trust.untrusted import Reason, Untrusted, require
from kith.endpoint.believing import Side, public
from kith.endpoint.identities import End, Identities, Meeting
from kith.endpoint.message_kept import Message, Voice
from signaling.protocol import MessageItem, OwnItem, Recipients

MILLISECONDS = 1_000

WORTH_ASKING = frozenset(
    {
        Reason.NOT_ACTIVE,
        Reason.NOT_DELEGATED,
        Reason.MISSING,
        Reason.FORKED,
        Reason.UNKNOWN_PERSON,
        Reason.STALE,
    }
)
"""Why somebody may be refused whose chain has only grown since it was asked for."""


class AnotherIdentity(Exception):
    """Whom it is for is another one than before. Nothing was sent; `Messages.accept` goes on."""

    def __init__(self, person: str) -> None:
        super().__init__("somebody else than before")
        self.person = person


class NotShown(Exception):
    """The server does not say now who sent it."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A message, ready to be sent."""

    envelope: MessageEnvelope
    keys: tuple[SealedKey, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """What came. `key` opens its segments; `mine`: the own person sent it, with another endpoint. `changed`: the sender
    is another one than was known here; `signed_out`: the endpoint that sent it was signed out since."""

    content: Content
    key: bytes
    mine: bool
    changed: bool
    signed_out: bool


def new_key() -> bytes:
    return secrets.token_bytes(KEY)


class Sealing:
    """`person` is whose endpoint this is, None for a shared one. `clock` gives Unix seconds. `accept_changed`: go on
    with whoever is another one than before. Everything raises Untrusted and Unreachable."""

    def __init__(
        self,
        identities: Identities,
        keys: KeyPair,
        endpoint: str,
        *,
        person: str | None,
        accept_changed: bool,
        clock: Callable[[], float],
    ) -> None:
        self._identities = identities
        self._keys = keys
        self._endpoint = endpoint
        self._person = person
        self._accept_changed = accept_changed
        self._clock = clock

    async def require_own(self) -> None:
        """Raises Untrusted(missing) where this endpoint does not know well enough whose it is itself: then it is nobody
        else's fault that nothing is believed."""
        if self._person is not None:
            try:
                await self._meet(self._person, self._person, self._keys.public)
            except Untrusted:
                raise Untrusted(Reason.MISSING) from None

    async def accept(self, person: str) -> None:
        """Somebody here has seen that this person is another one now, and goes on."""
        await self._identities.accept(await self._identities.person(person))

    # -- sending --------------------------------------------------------------------------------------

    async def seal(
        self, message: Message, key: bytes, shown: Recipients, before: MessageEnvelope | None = None
    ) -> Sealed:
        """To all of these, or to none. `before` is what was signed of it for others: that is not signed twice, as the
        server may have it already. Raises AnotherIdentity."""
        await self._identities.take(shown.identities)
        other = await self._identities.person(message.other)
        peers = await self.verified(message.person, message.other, shown)
        own = (await self._meet(message.person, message.person, self._keys.public)).own
        if before is None or (before.root, before.to_root) != (own.root, other.chain.root):
            envelope = self._signed(message, key, own, other.chain.root)
        else:
            envelope = before
        return Sealed(
            envelope,
            tuple(
                sealed.seal_key(self._keys, keys, envelope, endpoint, key, secrets.token_bytes(NONCE))
                for endpoint, keys in peers.items()
            ),
        )

    def _signed(self, message: Message, key: bytes, own: Side, to_root: bytes) -> MessageEnvelope:
        unsealed = MessageEnvelope(
            id=message.id,
            kind="message",
            person=message.person,
            root=own.root,
            version=own.point.version,
            head=own.point.head,
            endpoint=self._endpoint,
            identity=self._keys.public.identity,
            to_root=to_root,
            sent=int(self._clock() * MILLISECONDS),
            ciphertext=b"",
            signature=b"",
        )
        content = write(Content(text=message.text, voice=_told(message.voice)))
        return sealed.seal(unsealed, self._keys, content, key, secrets.token_bytes(NONCE))

    async def verified(self, own: str, other: str, shown: Recipients) -> dict[str, PublicKeys]:
        """The keys of these endpoints of the two, each of which has shown whose it is. Raises AnotherIdentity."""
        peers = {}
        for one in shown.endpoints:
            require(one.person in (own, other), Reason.UNKNOWN_PERSON)
            keys = public(one.keys)
            meeting = await self._meet(own, one.person, keys)
            if meeting.changed is not None:
                if not self._accept_changed:
                    raise AnotherIdentity(meeting.changed.id)
                await self._identities.accept(meeting.changed)
            peers[one.endpoint] = keys
        return peers

    def segment(self, message: str, key: bytes, index: int, body: bytes, *, last: bool) -> bytes:
        """The same bytes however often it is asked for."""
        return sealed.seal_segment(key, message, index, body, last=last)

    def voice(self, message: str, key: bytes, seconds: float, pieces: Sequence[bytes]) -> Voice:
        """What is signed of a recording of these pieces."""
        count = len(pieces)
        segments = (
            self.segment(message, key, index, body, last=index == count - 1)
            for index, body in enumerate(pieces)
        )
        hashes = message_content.hashes_of(segments)
        return Voice(min(seconds, message_content.MAX_SECONDS), count, sum(map(len, pieces)), hashes)

    async def own_items(
        self, own: str, shown: Recipients, topic: str, item: str, body: bytes
    ) -> dict[str, bytes]:
        """`body` for each of these endpoints that is an own personal one: what the household shares is told nothing."""
        await self._identities.take(shown.identities)
        personal = tuple(one for one in shown.endpoints if one.person == own and not one.shared)
        peers = await self.verified(own, own, msgspec.structs.replace(shown, endpoints=personal))
        chain = (await self._identities.person(own)).chain
        require(all(keys.identity in chain.active for keys in peers.values()), Reason.NOT_ACTIVE)
        return {
            endpoint: sealed.seal_own(self._keys, keys, item, topic, body, secrets.token_bytes(NONCE))
            for endpoint, keys in peers.items()
        }

    # -- receiving ------------------------------------------------------------------------------------

    async def open(self, item: MessageItem) -> Opened:
        """Raises NotShown too."""
        envelope = item.envelope
        sealed.require_signed(envelope)
        require(
            envelope.kind == "message" and envelope.person in (item.person, item.other), Reason.UNKNOWN_PERSON
        )
        assert envelope.person is not None
        mine = envelope.person == item.person
        keys = public(item.keys)
        require(keys.identity == envelope.identity, Reason.WEAK_KEY)
        meeting, signed_out = await self._met_or_former(item.person, envelope, keys)
        to_root = (await self._identities.person(item.other)).chain.root if mine else meeting.own.root
        require(envelope.to_root == to_root, Reason.UNKNOWN_PERSON)
        key = sealed.open_key(self._keys, keys, envelope, item.key)
        content = read(sealed.open_content(envelope, key))
        return Opened(content, key, mine, meeting.changed is not None, signed_out)

    async def open_own(self, own: str, item: OwnItem) -> bytes:
        """Raises NotShown too."""
        keys = public(item.keys)
        try:
            meeting = await self._meet(own, own, keys)
        except Untrusted as untrusted:
            raise _not_shown(untrusted) from None
        require(meeting.peer.endpoints is not None, Reason.NOT_ACTIVE)
        return sealed.open_own(self._keys, keys, item.item, item.topic, item.body)

    def open_segment(self, message: str, opened: Opened, index: int, body: bytes) -> bytes:
        """Raises Untrusted unless the sender sealed exactly this as that piece of the voice message."""
        voice = opened.content.voice
        require(voice is not None, Reason.MALFORMED)
        assert voice is not None
        message_content.require_segment(voice, index, body)
        return sealed.open_segment(opened.key, message, index, body, last=index == voice.segments - 1)

    async def _met_or_former(
        self, own: str, envelope: MessageEnvelope, keys: PublicKeys
    ) -> tuple[Meeting, bool]:
        """The meeting with whoever signed this, and whether that endpoint was signed out since."""
        try:
            return await self._met(own, envelope, keys), False
        except Untrusted as untrusted:
            if untrusted.reason is not Reason.NOT_ACTIVE:
                raise
        assert envelope.person is not None
        sender = await self._identities.person(envelope.person)
        require(sealed.require_former_sender(envelope, sender.chain) == keys, Reason.WEAK_KEY)
        here = (await self._meet(own, own, self._keys.public)).own
        changed = sender if sender.change is Change.CHANGED else None
        return Meeting(here, Side(sender.chain.history, keys, sender.chain.endpoints), changed), True

    async def _met(self, own: str, envelope: MessageEnvelope, keys: PublicKeys) -> Meeting:
        """The meeting with the endpoint that signed this. The chain must pass through the point at which it signed."""
        assert envelope.person is not None
        point = Point(envelope.version, envelope.head)
        for anew in (False, True):
            try:
                meeting = await self._meet(own, envelope.person, keys, anew=anew)
            except Untrusted as untrusted:
                raise _not_shown(untrusted) from None
            try:
                meeting.peer.accept(envelope.root, point)
            except Untrusted as untrusted:
                if anew or untrusted.reason not in WORTH_ASKING:
                    raise
            else:
                break
        return meeting

    async def _meet(self, own: str, other: str, keys: PublicKeys, *, anew: bool = False) -> Meeting:
        """This endpoint for `own`, and one with these keys for `other`; asked for anew where that may help."""
        ends = End(own, self._keys.public), End(other, keys)
        try:
            return await self._identities.meet_as(*ends, anew=anew)
        except Untrusted as untrusted:
            if anew or untrusted.reason not in WORTH_ASKING:
                raise
            return await self._identities.meet_as(*ends, anew=True)


def kept_voice(voice: message_content.Voice | None) -> Voice | None:
    """As it is kept here."""
    return None if voice is None else Voice(voice.seconds, voice.segments, voice.bytes, voice.hashes)


def _told(voice: Voice | None) -> message_content.Voice | None:
    if voice is None:
        return None
    return message_content.Voice(
        seconds=voice.seconds, segments=voice.segments, bytes=voice.size, hashes=voice.hashes
    )


def _not_shown(untrusted: Untrusted) -> Exception:
    return NotShown() if untrusted.reason is Reason.MISSING else untrusted
