"""Sets of delegations, and for whom a shared endpoint may act."""

from collections.abc import Iterator

import msgspec

from kith.core.trust.delegations import (
    MAX_ENDPOINTS,
    Delegations,
    check,
    delegate,
    message,
    require_acting,
    signed,
)
from kith.core.trust.household import replay
from kith.core.trust.untrusted import Reason, Untrusted
from tools.vectors.form import Case, b64, fixed, plain
from tools.vectors.household import (
    BEN_CHAIN,
    BEN_LAPTOP,
    BENS,
    CHAINS,
    EARLY,
    FORKED,
    GOOD,
    HALL,
    KITCHEN,
    LATE,
    home,
    known,
)
from tools.vectors.person import LAPTOP, MALLORY, PHONE, START

TIME = START + 90_000
FIRST = delegate(LATE, LAPTOP, None, [KITCHEN.public.identity], time=TIME)
BOTH = delegate(LATE, LAPTOP, FIRST, [KITCHEN.public.identity, HALL.public.identity], time=TIME + 60)
NONE = delegate(LATE, LAPTOP, BOTH, [], time=TIME + 120)
ANNA = ("anna at 3",)


def sections() -> dict[str, list[Case]]:
    return {
        "delegations": [
            _case("the first", FIRST, None, ANNA),
            _case("the first, seen again", FIRST, FIRST, ANNA),
            _case("the next", BOTH, FIRST, ANNA),
            _case("some were missed", NONE, FIRST, ANNA),
            _case("everything is taken back", NONE, BOTH, ANNA),
        ],
        "delegations_invalid": list(_invalid()),
        "acting": list(_acting()),
    }


def _case(name: str, held: Delegations, before: Delegations | None, persons: tuple[str, ...]) -> Case:
    check(held, CHAINS[persons[0]], before)
    return {
        "name": name,
        "persons": list(persons),
        "set": plain(held),
        "message": b64(message(held)),
        "known": None if before is None else plain(before),
    }


def _invalid() -> Iterator[Case]:
    def case(
        name: str,
        reason: Reason,
        held: Delegations,
        before: Delegations | None = FIRST,
        persons: tuple[str, ...] = ANNA,
    ) -> Case:
        return {
            "name": name,
            "persons": list(persons),
            "set": plain(held),
            "known": None if before is None else plain(before),
            "reason": reason.value,
        }

    change = msgspec.structs.replace
    kitchen, hall = KITCHEN.public.identity, HALL.public.identity
    broken = bytes([BOTH.signature[0] ^ 1]) + BOTH.signature[1:]
    yield case("a bit of the signature is flipped", Reason.BAD_SIGNATURE, change(BOTH, signature=broken))
    yield case("an endpoint more than was signed", Reason.BAD_SIGNATURE, change(NONE, endpoints=(hall,)))
    yield case("an older set", Reason.STALE, FIRST, BOTH)
    other = delegate(LATE, LAPTOP, None, [hall], time=TIME)
    yield case("another set of the same version", Reason.FORKED, other)
    early = signed(change(BOTH, time=TIME - 1), LAPTOP.sign)
    yield case("newer by version, older by time", Reason.TIME_REVERSED, early)
    named = change(BOTH, signer=MALLORY.public.identity)
    yield case("signed by a foreign key", Reason.NOT_ACTIVE, signed(named, MALLORY.sign))
    yield case(
        "names an active signer, signed by a foreign key", Reason.BAD_SIGNATURE, signed(BOTH, MALLORY.sign)
    )
    lost = delegate(EARLY, PHONE, BOTH, [hall], time=TIME + 600)
    yield case("signed by a lost endpoint at an older point", Reason.NOT_ACTIVE, lost)
    forked = delegate(FORKED, PHONE, BOTH, [hall], time=TIME + 600)
    yield case("signed on a fork", Reason.FORKED, forked)
    older = delegate(EARLY, LAPTOP, BOTH, [hall], time=TIME + 600)
    yield case("rests on an older point than the set before", Reason.STALE, older)
    yield case("rests on links that were not shown", Reason.MISSING, FIRST, None, ("anna at 1",))
    yield case("of another person", Reason.UNKNOWN_PERSON, FIRST, None, ("ben",))
    shuffled = tuple(reversed(BOTH.endpoints))
    unsorted = signed(change(BOTH, endpoints=shuffled), LAPTOP.sign)
    yield case("not in ascending order", Reason.MALFORMED, unsorted)
    doubled = signed(change(BOTH, endpoints=(kitchen, kitchen)), LAPTOP.sign)
    yield case("names one twice", Reason.MALFORMED, doubled)
    many = sorted(fixed(str(at)) for at in range(MAX_ENDPOINTS + 1))
    yield case("too many", Reason.TOO_MANY, signed(change(BOTH, endpoints=tuple(many)), LAPTOP.sign))


def _acting() -> Iterator[Case]:
    links = home()
    roster = replay(links, known(*GOOD))
    bens = delegate(BEN_CHAIN, BENS.own, None, [KITCHEN.public.identity], time=TIME)
    strangers = delegate(CHAINS["mallory"], MALLORY, None, [KITCHEN.public.identity], time=TIME)
    for name, held, identity in (
        ("the kitchen for Anna", FIRST, KITCHEN.public.identity),
        ("the kitchen for Ben", bens, KITCHEN.public.identity),
        ("the kitchen for Anna, who took it back", NONE, KITCHEN.public.identity),
        ("the kitchen for somebody who does not live here", strangers, KITCHEN.public.identity),
        ("an endpoint that the household has not", BOTH, HALL.public.identity),
        ("a personal endpoint", bens, BEN_LAPTOP.public.identity),
    ):
        reason: str | None = None
        try:
            require_acting(identity, held, roster)
        except Untrusted as untrusted:
            reason = untrusted.reason.value
        yield {
            "name": name,
            "persons": [*GOOD, "mallory"],
            "links": [plain(link) for link in links],
            "set": plain(held),
            "identity": b64(identity),
            "reason": reason,
        }
