"""Rosters of groups."""

from collections.abc import Iterator
from typing import Any

import msgspec

from kith.core.keys import KeyPair
from kith.core.trust.group import (
    GroupMember,
    GroupRoster,
    accept,
    first,
    following,
    hash_of,
    message,
)
from kith.core.trust.untrusted import Reason
from tools.vectors.calls import CALL, OTHER_CALL
from tools.vectors.form import Case, b64, endpoint, fixed, plain
from tools.vectors.person import START

TIME = START + 120_000
LAPTOP, BEN, CARLA, MALLORY = (
    endpoint(name) for name in ("anna-laptop", "ben-phone", "carla-phone", "mallory")
)
ANNAS, BENS, CARLAS, STRANGERS = (fixed(f"root of {name}") for name in ("anna", "ben", "carla", "mallory"))
change = msgspec.structs.replace


def _member(keys: KeyPair, root: bytes, order: int) -> GroupMember:
    return GroupMember(identity=keys.public.identity, root=root, order=order)


ANNA_IN, BEN_IN, CARLA_IN = _member(LAPTOP, ANNAS, 0), _member(BEN, BENS, 1), _member(CARLA, CARLAS, 2)
FIRST = first(CALL, LAPTOP, ANNAS, [BENS], time=TIME, kind="call", path="mesh")
TWO = following(FIRST, LAPTOP, [ANNA_IN, BEN_IN], time=TIME + 5)
THREE = following(TWO, LAPTOP, [ANNA_IN, BEN_IN, CARLA_IN], time=TIME + 9, invited=[CARLAS])
LEFT = following(THREE, BEN, [BEN_IN, CARLA_IN], time=TIME + 20)
WIDER = first(CALL, LAPTOP, ANNAS, [BENS, CARLAS], time=TIME, kind="call", path="mesh")
MIXED = first(CALL, LAPTOP, ANNAS, [BENS, CARLAS], time=TIME, kind="drop_in", path="mixer")
WIDER_TWO = following(WIDER, LAPTOP, [ANNA_IN, BEN_IN], time=TIME + 5)
WIDER_THREE = following(WIDER_TWO, BEN, [ANNA_IN, BEN_IN, CARLA_IN], time=TIME + 9)
WIDER_LEFT = following(WIDER_THREE, CARLA, [ANNA_IN, CARLA_IN], time=TIME + 20)
REMOVED = following(WIDER_THREE, LAPTOP, [ANNA_IN, CARLA_IN], time=TIME + 20, removed=[BENS])
REMOVED_DEVICE = following(
    WIDER_THREE, LAPTOP, [ANNA_IN, BEN_IN], time=TIME + 20, removed=[CARLA_IN.identity]
)
STILL_REMOVED = following(REMOVED, CARLA, [CARLA_IN], time=TIME + 30)
BACK = following(LEFT, BEN, [BEN_IN, CARLA_IN, _member(LAPTOP, ANNAS, 3)], time=TIME + 30)


def sections() -> dict[str, list[Case]]:
    return {
        "group": [
            _case("the starter alone", LAPTOP, None, FIRST),
            _case("somebody joins", LAPTOP, FIRST, TWO),
            _case("the first that one sees", BEN, None, TWO),
            _case("seen again", BEN, TWO, TWO),
            _case("somebody more is asked, and joins", BEN, TWO, THREE),
            _case("the starter leaves, the next one signs", CARLA, THREE, LEFT),
            _case("the starter comes back", CARLA, LEFT, BACK),
            _case("some were missed", CARLA, THREE, BACK),
            _case("of a drop in through the mixer", LAPTOP, None, MIXED),
            _case("the starter takes somebody out for good", CARLA, WIDER_THREE, REMOVED),
            _case("the starter takes a device out for good", BEN, WIDER_THREE, REMOVED_DEVICE),
            _case("who is out stays so when another one signs", CARLA, REMOVED, STILL_REMOVED),
        ],
        "group_invalid": [*_invalid(), *_returning()],
    }


def _case(name: str, own: KeyPair, known: GroupRoster | None, new: GroupRoster) -> Case:
    accept(known, new, own.public.identity)
    return {**_written(name, own, known, new), "message": b64(message(new)), "hash": b64(hash_of(new))}


def _written(name: str, own: KeyPair, known: GroupRoster | None, new: GroupRoster) -> Case:
    before = None if known is None else plain(known)
    return {"name": name, "own": b64(own.public.identity), "known": before, "roster": plain(new)}


def _again(roster: GroupRoster, by: KeyPair, **changes: Any) -> GroupRoster:
    """Signed by whom the changed roster names, or by another one in their name."""
    changed = change(roster, **changes)
    return change(changed, signature=by.sign(message(changed)))


def _refused(
    name: str, reason: Reason, new: GroupRoster, known: GroupRoster | None = TWO, own: KeyPair = BEN
) -> Case:
    return {**_written(name, own, known, new), "reason": reason.value}


def _returning() -> Iterator[Case]:
    """What a roster is made of, and who is out of it."""
    case = _refused
    returned = following(change(LEFT, version=9), LAPTOP, BACK.members, time=TIME + 40)
    yield case("whoever has left signs that they are back", Reason.NOT_ACTIVE, returned, LEFT, CARLA)
    yield case("a call becomes a drop in", Reason.FORKED, _again(THREE, LAPTOP, kind="drop_in"))
    yield case("a mesh becomes mixed", Reason.FORKED, _again(THREE, LAPTOP, path="mixer"))
    yield case(
        "another one began it", Reason.FORKED, _again(THREE, BEN, starter=BENS, signer=BEN_IN.identity)
    )
    yield case(
        "began by somebody else than it says", Reason.MALFORMED, _again(FIRST, LAPTOP, starter=BENS), None
    )
    by_another = following(WIDER_THREE, BEN, [ANNA_IN, BEN_IN], time=TIME + 20, removed=[CARLAS])
    yield case("taken out by another one than the starter", Reason.NOT_ACTIVE, by_another, WIDER_THREE)
    again = _member(BEN, BENS, 3)
    yield case(
        "taken in again after the starter took them out",
        Reason.NOT_INVITED,
        following(REMOVED, LAPTOP, [ANNA_IN, CARLA_IN, again], time=TIME + 30),
        REMOVED,
    )
    forgiven = _again(STILL_REMOVED, CARLA, removed=())
    yield case("who is out is not said to be any more", Reason.FORKED, forgiven, REMOVED, CARLA)


def _invalid() -> Iterator[Case]:
    case = _refused
    broken = bytes([THREE.signature[0] ^ 1]) + THREE.signature[1:]
    yield case("a bit of the signature is flipped", Reason.BAD_SIGNATURE, change(THREE, signature=broken))
    yield case("signed by somebody else in their name", Reason.BAD_SIGNATURE, _again(THREE, MALLORY))
    yield case(
        "an order is changed", Reason.BAD_SIGNATURE, change(TWO, members=(BEN_IN,), signer=BEN_IN.identity)
    )
    yield case("of another group", Reason.FORKED, _again(THREE, LAPTOP, call=OTHER_CALL))
    yield case("an older one", Reason.STALE, FIRST, TWO, LAPTOP)
    yield case("another one of this version", Reason.FORKED, _again(TWO, LAPTOP, time=TIME + 6))
    yield case("after another one", Reason.FORKED, _again(THREE, LAPTOP, previous=fixed("another")))
    yield case(
        "names what it follows, and is the first",
        Reason.MALFORMED,
        _again(FIRST, LAPTOP, previous=fixed("x")),
        None,
    )
    yield case("does not name what it follows", Reason.MALFORMED, _again(THREE, LAPTOP, previous=b""))
    yield case("before the one it follows", Reason.TIME_REVERSED, _again(THREE, LAPTOP, time=TIME))
    yield case("begins with two", Reason.MALFORMED, _again(TWO, LAPTOP, version=0, previous=b""), None)
    mallory = _member(MALLORY, STRANGERS, 2)
    taken_in = _again(THREE, LAPTOP, members=(ANNA_IN, BEN_IN, mallory))
    yield case("somebody whom nobody has asked", Reason.NOT_INVITED, taken_in)
    invited = tuple(sorted([*THREE.invited, STRANGERS]))
    by_newcomer = _again(
        THREE, MALLORY, invited=invited, members=(ANNA_IN, BEN_IN, mallory), signer=mallory.identity
    )
    yield case("signed by a newcomer", Reason.NOT_ACTIVE, by_newcomer)
    outside = _again(THREE, MALLORY, signer=mallory.identity)
    late = _again(WIDER_LEFT, CARLA, version=2)
    yield case("signed by one who had not joined", Reason.NOT_ACTIVE, late, WIDER_TWO, LAPTOP)
    yield case(
        "some were missed, and whoever signs joined meanwhile",
        Reason.NOT_ACTIVE,
        WIDER_LEFT,
        WIDER_TWO,
        LAPTOP,
    )
    yield case("signed by one who is not in it", Reason.NOT_ACTIVE, outside)
    yield case(
        "signed by one who has left", Reason.NOT_ACTIVE, _again(BACK, LAPTOP, signer=ANNA_IN.identity), LEFT
    )
    yield case("this device is not in it", Reason.LEFT_OUT, LEFT, THREE, LAPTOP)
    yield case("the first, and this device is not in it", Reason.LEFT_OUT, FIRST, None)
    uninvited = _again(THREE, LAPTOP, invited=tuple(sorted([ANNAS, CARLAS])), members=(ANNA_IN, CARLA_IN))
    yield case("somebody was never asked after all", Reason.FORKED, uninvited, TWO, CARLA)
    moved = _again(THREE, LAPTOP, members=(ANNA_IN, change(BEN_IN, root=CARLAS), CARLA_IN))
    yield case("a member speaks for somebody else", Reason.FORKED, moved)
    before = _again(LEFT, BEN, members=(ANNA_IN, BEN_IN, CARLA_IN))
    yield case(
        "somebody is back where they were",
        Reason.FORKED,
        following(LEFT, BEN, before.members, time=TIME + 40),
        LEFT,
        CARLA,
    )
    order = _again(THREE, LAPTOP, members=(BEN_IN, ANNA_IN, CARLA_IN))
    yield case("members not in order", Reason.MALFORMED, order)
    twice = _again(THREE, LAPTOP, members=(ANNA_IN, BEN_IN, change(BEN_IN, order=2)))
    yield case("a device twice", Reason.MALFORMED, twice)
    many = tuple(_member(endpoint(f"guest {number}"), BENS, number + 2) for number in range(4))
    yield case("six of them", Reason.TOO_MANY, _again(THREE, LAPTOP, members=(ANNA_IN, BEN_IN, *many)))
    disordered = _again(THREE, LAPTOP, invited=tuple(sorted(THREE.invited, reverse=True)))
    yield case("those who were asked are not in order", Reason.MALFORMED, disordered)
