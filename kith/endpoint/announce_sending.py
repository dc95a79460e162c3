"""Announcing from an endpoint: what is said is sealed to each of the household's devices, and signed."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from kith.core.ids import new_message
from kith.core.keys import KeyPair, PublicKeys
from kith.core.problem import Code, Problem
from kith.core.trust.history import Point
from kith.core.trust.household import Roster
from kith.core.trust.message import (
    KEY,
    MAX_CIPHERTEXT,
    MessageEnvelope,
    SealedKey,
    seal,
    seal_key,
    seal_segment,
)
from kith.core.trust.message_content import Content, Voice, hashes_of, write
from kith.core.trust.seal import NONCE
from kith.core.trust.untrusted import Reason, require
from kith.endpoint.announce_kept import Heard
from kith.endpoint.announce_trust import listeners
from kith.endpoint.home import Enrolment
from kith.endpoint.identities import Ask, Identities
from signaling import protocol

To = Sequence[str] | bytes | None
"""For whom it is: devices by id; the one that has this identity, whatever id the server gives it; or all of them."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A voice that lasts so many `seconds`, as pieces of one Ogg stream."""

    seconds: float
    pieces: Sequence[bytes]


class Sending:
    """`clock` gives Unix seconds."""

    def __init__(
        self,
        enrolment: Enrolment,
        keys: KeyPair,
        identities: Identities,
        heard: Heard,
        *,
        ask: Ask,
        new_id: Callable[[], str],
        clock: Callable[[], float],
    ) -> None:
        self._enrolment = enrolment
        self._keys = keys
        self._identities = identities
        self._heard = heard
        self._ask = ask
        self._new_id = new_id
        self._clock = clock

    async def send(self, what: str | Recorded, to: To) -> protocol.Announced:
        """Announce a text, or a voice. It is sealed to whom it is for, and to no other device of the household. Raises
        Untrusted where the own household is not believed, Problem, Unreachable."""
        roster = await self._identities.roster()
        if roster is None:  # nobody lives with them, and they share nothing
            return protocol.Announced(re="", announcement=new_message(), targets=0)
        devices = await self._devices()
        found = listeners(devices, roster, self._identities.housemates)
        if len(found) < len(devices):  # some of them may have been signed for a moment ago
            roster = await self._identities.roster(anew=True) or roster
            found = listeners(devices, roster, self._identities.housemates)
        chosen = _chosen(found, to)
        key, unsealed = secrets.token_bytes(KEY), await self._unsealed(roster)
        segments = () if isinstance(what, str) else _sealed(key, unsealed.id, what.pieces)
        content = Content(text=what) if isinstance(what, str) else Content(voice=_voice(what, segments))
        envelope = seal(unsealed, self._keys, write(content), key, secrets.token_bytes(NONCE))
        keys = tuple(
            seal_key(self._keys, peer, envelope, endpoint, key, secrets.token_bytes(NONCE))
            for endpoint, peer in chosen.items()
        )
        for index, body in enumerate(segments):
            await self._ask(
                protocol.PutSegment(id=self._new_id(), message=envelope.id, index=index, body=body)
            )
        named = None if to is None else tuple(chosen if isinstance(to, bytes) else dict.fromkeys(to))
        return await self._announce(envelope, keys, len(segments), named)

    async def _devices(self) -> Sequence[protocol.HouseholdDevice]:
        reply = await self._ask(protocol.ListTargets(id=self._new_id()))
        if not isinstance(reply, protocol.Targets):
            raise Problem(Code.INTERNAL)
        return [one for one in reply.devices if one.endpoint != self._enrolment.endpoint]

    async def _unsealed(self, roster: Roster) -> MessageEnvelope:
        root, point = await self._who(roster)
        return MessageEnvelope(
            id=new_message(),
            kind="announcement",
            person=self._enrolment.person,
            root=root,
            version=point.version,
            head=point.head,
            endpoint=self._enrolment.endpoint,
            identity=self._keys.public.identity,
            to_root=roster.root,
            sent=await self._heard.next(self._clock()),
            ciphertext=bytes(MAX_CIPHERTEXT),
            signature=bytes(64),
        )

    async def _who(self, roster: Roster) -> tuple[bytes, Point]:
        """For whom this endpoint speaks: a member, or the household whose it is."""
        if self._enrolment.person is None:
            require(self._keys.public.identity in roster.shared, Reason.NOT_ACTIVE)
            return roster.root, roster.point
        history = (await self._identities.person(self._enrolment.person)).chain.history
        require(history.root in roster.members, Reason.NOT_A_MEMBER)
        return history.root, history.newest

    async def _announce(
        self,
        envelope: MessageEnvelope,
        keys: tuple[SealedKey, ...],
        segments: int,
        to: tuple[str, ...] | None,
    ) -> protocol.Announced:
        reply = await self._ask(
            protocol.Announce(id=self._new_id(), envelope=envelope, keys=keys, segments=segments, to=to)
        )
        if not isinstance(reply, protocol.Announced):
            raise Problem(Code.INTERNAL)
        return reply


def _chosen(found: Mapping[str, PublicKeys], to: To) -> dict[str, PublicKeys]:
    """Raises Untrusted where the device that has an identity is none of the household's any more."""
    if to is None:
        return dict(found)
    if not isinstance(to, bytes):
        return {one: found[one] for one in to if one in found}
    chosen = {one: keys for one, keys in found.items() if keys.identity == to}
    require(bool(chosen), Reason.NOT_ACTIVE)
    return chosen


def _sealed(key: bytes, announcement: str, pieces: Sequence[bytes]) -> tuple[bytes, ...]:
    last = len(pieces) - 1
    return tuple(
        seal_segment(key, announcement, index, piece, last=index == last)
        for index, piece in enumerate(pieces)
    )


def _voice(recorded: Recorded, segments: Sequence[bytes]) -> Voice:
    return Voice(
        seconds=recorded.seconds,
        segments=len(segments),
        bytes=sum(map(len, recorded.pieces)),
        hashes=hashes_of(segments),
    )
