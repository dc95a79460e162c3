"""Who is in a group that is encrypted end to end: one signed roster, whose version rises with each joining and leaving.
Pure.

The first is signed by whoever starts the group, the next ones by a member of the roster before, who takes in only those
who were asked and are believed to be who they are. The server passes rosters on and can neither write one nor hold one
back for long: media flows between two members only once both stand in the newest that each of them has.

What kind of group it is and which way its media goes is signed from the beginning and never another: a call is no drop
in, and a group that is encrypted end to end is none that is mixed, whatever a server makes of its roster.
"""

import hashlib
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from kith.core.keys import KeyPair, statement, verify
from kith.core.trust.history import Count, Hash, Key, Signature, u64
from kith.core.trust.untrusted import Reason, require

LABEL = b"kith/1 group"

MAX_MEMBERS = 5
"""Each sends to each: a phone that sends five times does nothing else any more."""

MAX_INVITED = 32
MAX_REMOVED = 32

Kind = Literal["call", "drop_in"]
Way = Literal["mesh", "mixer"]

Call = Annotated[str, Meta(pattern=r"^c_[0-9a-z]{20}$", max_length=22)]
Previous = Annotated[bytes, Meta(max_length=32)]


class GroupMember(Struct, frozen=True, kw_only=True):
    """An endpoint and for whom it speaks: the root of a person, or of a household's roster. `order` rises with every
    joining: of two members the one with the higher offers the connection."""

    identity: Key
    root: Hash
    order: Count


class GroupRoster(Struct, frozen=True, kw_only=True):
    """`previous` is the hash of the former's signed bytes, empty in version 0. `starter` is the root of whoever began
    it. `invited` are the roots of all who were asked, and of the starter, ascending; `removed` those who are out for
    good, ascending: persons by their root, a shared endpoint by its identity. `members` ascend by their order. `time`
    is in Unix seconds."""

    call: Call
    kind: Kind
    path: Way
    starter: Hash
    version: Count
    previous: Previous = b""
    invited: Annotated[tuple[Hash, ...], Meta(max_length=MAX_INVITED)]
    removed: Annotated[tuple[Hash, ...], Meta(max_length=MAX_REMOVED)] = ()
    members: Annotated[tuple[GroupMember, ...], Meta(min_length=1, max_length=MAX_MEMBERS)]
    time: Count
    signer: Key
    signature: Signature


# -- what is signed -------------------------------------------------------------------------------------------------


def message(roster: GroupRoster) -> bytes:
    """The bytes that `signer` signs. Raises Untrusted if a number is out of range."""
    return statement(
        LABEL,
        roster.call.encode(),
        roster.kind.encode(),
        roster.path.encode(),
        roster.starter,
        u64(roster.version),
        roster.previous,
        *_list(roster.invited),
        *_list(roster.removed),
        *_list([statement(b"member", one.identity, one.root, u64(one.order)) for one in roster.members]),
        u64(roster.time),
        roster.signer,
    )


def hash_of(roster: GroupRoster) -> bytes:
    """What the next one names this one by."""
    return hashlib.sha256(message(roster)).digest()


def first(
    call: str, own: KeyPair, root: bytes, invited: Iterable[bytes], *, time: int, kind: Kind, path: Way
) -> GroupRoster:
    """Version 0, signed: the starter, who speaks for `root`, alone. `invited` are the roots of those who are asked,
    `kind` and `path` what the starter was shown."""
    member = GroupMember(identity=own.public.identity, root=root, order=0)
    unsigned = GroupRoster(
        call=call,
        kind=kind,
        path=path,
        starter=root,
        version=0,
        invited=tuple(sorted({root, *invited})),
        members=(member,),
        time=time,
        signer=own.public.identity,
        signature=b"",
    )
    return _signed(unsigned, own)


def following(
    known: GroupRoster,
    own: KeyPair,
    members: Iterable[GroupMember],
    *,
    time: int,
    invited: Iterable[bytes] = (),
    removed: Iterable[bytes] = (),
) -> GroupRoster:
    """The one after `known`, signed, with these members. `invited` are the roots of those who are asked besides,
    `removed` who is out for good from now on, which only the starter may say."""
    unsigned = msgspec.structs.replace(
        known,
        version=known.version + 1,
        previous=hash_of(known),
        invited=tuple(sorted({*known.invited, *invited})),
        removed=tuple(sorted({*known.removed, *removed})),
        members=tuple(sorted(members, key=lambda one: one.order)),
        time=max(time, known.time),
        signer=own.public.identity,
        signature=b"",
    )
    return _signed(unsigned, own)


def _signed(roster: GroupRoster, own: KeyPair) -> GroupRoster:
    return msgspec.structs.replace(roster, signature=own.sign(message(roster)))


# -- what is believed -----------------------------------------------------------------------------------------------


def accept(known: GroupRoster | None, new: GroupRoster, own: bytes) -> GroupRoster:
    """The roster to go by from now on, at the endpoint with the identity `own`. Raises Untrusted.

    Whose endpoints the members are, and for the first roster that one sees whose its signer is, is for whoever asks.
    """
    check(new, known)
    require(own in identities(new), Reason.LEFT_OUT)
    return new


def check(new: GroupRoster, known: GroupRoster | None) -> None:
    """Raises Untrusted unless this roster is sound, and the same as `known` or a later one.

    Of two that follow the same one, the first that is seen stands: nobody can write what went before anew.
    """
    signed_bytes = message(new)
    _require_sound(new)
    require(verify(new.signer, new.signature, signed_bytes), Reason.BAD_SIGNATURE)
    if known is None:
        return
    require(_what(new) == _what(known), Reason.FORKED)
    require(new.version >= known.version, Reason.STALE)
    if new.version == known.version:
        require(signed_bytes == message(known), Reason.FORKED)
        return
    require(new.signer in identities(known), Reason.NOT_ACTIVE)
    if new.version == known.version + 1:
        require(new.previous == hash_of(known), Reason.FORKED)
    require(set(known.invited) <= set(new.invited), Reason.FORKED)
    require(set(known.removed) <= set(new.removed), Reason.FORKED)
    require(new.removed == known.removed or _is_starters(known, new.signer), Reason.NOT_ACTIVE)
    require(new.time >= known.time, Reason.TIME_REVERSED)
    _require_newcomers_last(known, new)


def identities(roster: GroupRoster) -> frozenset[bytes]:
    return frozenset(one.identity for one in roster.members)


def is_removed(roster: GroupRoster, root: bytes, identity: bytes) -> bool:
    """Whether the endpoint with this identity, which speaks for `root`, is out for good."""
    return root in roster.removed or identity in roster.removed


def _what(roster: GroupRoster) -> tuple[object, ...]:
    """What no later roster makes another of."""
    return roster.call, roster.kind, roster.path, roster.starter


def _is_starters(roster: GroupRoster, identity: bytes) -> bool:
    return any(one.identity == identity and one.root == roster.starter for one in roster.members)


def _require_sound(roster: GroupRoster) -> None:
    require(len(roster.previous) == (32 if roster.version else 0), Reason.MALFORMED)
    require(roster.version > 0 or len(roster.members) == 1, Reason.MALFORMED)
    require(0 < len(roster.members) <= MAX_MEMBERS, Reason.TOO_MANY)
    require(len(roster.invited) <= MAX_INVITED, Reason.TOO_MANY)
    require(len(roster.removed) <= MAX_REMOVED, Reason.TOO_MANY)
    _require_ascending(roster.invited)
    _require_ascending(roster.removed)
    _require_ascending([one.order for one in roster.members])
    require(len(identities(roster)) == len(roster.members), Reason.MALFORMED)
    require(roster.signer in identities(roster), Reason.NOT_ACTIVE)
    require(all(one.root in roster.invited for one in roster.members), Reason.NOT_INVITED)
    require(not any(is_removed(roster, one.root, one.identity) for one in roster.members), Reason.NOT_INVITED)
    require(roster.version > 0 or _is_starters(roster, roster.signer), Reason.MALFORMED)
    require(roster.version > 0 or not roster.removed, Reason.MALFORMED)


def _require_newcomers_last(known: GroupRoster, new: GroupRoster) -> None:
    """Who was there is as they were, or has joined again; who is new has a higher order than all before."""
    newest = max(one.order for one in known.members)
    require(all(one in known.members or one.order > newest for one in new.members), Reason.FORKED)


def _require_ascending(values: Sequence[bytes] | Sequence[int]) -> None:
    require(all(one < other for one, other in pairwise(values)), Reason.MALFORMED)  # type: ignore[operator]


def _list(parts: Sequence[bytes]) -> tuple[bytes, ...]:
    """How many there are, then each."""
    return u64(len(parts)), *parts
