"""Sets of grants, and receipts for them."""

from collections.abc import Iterator
from typing import Any

import msgspec

from kith.core.trust import grants_write as write
from kith.core.trust.grants import (
    DeviceTerm,
    DropInTerm,
    Grant,
    Grants,
    HomeTerm,
    Hours,
    Mode,
    Quiet,
    Receipt,
    Schedule,
    check,
    check_receipt,
    hash_of,
    hear,
    heard,
    message,
    signed,
)
from kith.core.trust.untrusted import Reason
from tools.vectors.form import Case, b64, fixed, plain
from tools.vectors.household import BEN_CHAIN, CHAINS, EARLY, FORKED, HALL, KITCHEN, LATE
from tools.vectors.person import LAPTOP, MALLORY, PHONE, START

TIME = START + 90_000
ANNA, BENS = "anna at 3", fixed("ben's household")
SAID, TWO = KITCHEN.public.identity, sorted([KITCHEN.public.identity, HALL.public.identity])
change = msgspec.structs.replace


def _next(known: Grants | None, **changes: Any) -> Grants:
    drafted = write.draft(LATE, LAPTOP, known, time=TIME + 60 * (known.version + 1 if known else 0))
    return signed(change(drafted, **changes), LAPTOP.sign)


def _to_ben(**changes: Any) -> Grant:
    return Grant(**{"receiver": BEN_CHAIN.root, "since": TIME, **changes})


EVENING = Hours(days=31, begin=18 * 60, end=60)
FIRST = _next(None)
FULL = _next(
    FIRST,
    grants=(
        _to_ben(
            until=TIME + 90 * 86_400, hours=(EVENING, Hours(days=96, begin=0, end=1440)), devices=tuple(TWO)
        ),
        _to_ben(household=BENS, mode=Mode.INSTANT),
    ),
    home=HomeTerm.KNOCK,
    devices=tuple(DeviceTerm(identity=each, drop_in=DropInTerm.HOUSEHOLD) for each in TWO),
    quiet=(Quiet(on=True, changed=0), Quiet(identity=SAID, on=False, changed=1)),
    schedules=(
        Schedule(days=127, begin=22 * 60, end=7 * 60),
        Schedule(devices=(SAID,), days=64, begin=0, end=600),
    ),
    zone="America/Argentina/Buenos_Aires",
    frost=3,
    fresh_days=30,
    show_activity=False,
    longest=480,
    silence=0,
    chime=0,
)
ENHANCED = _next(FULL, enhanced=True)
CARER = _next(FULL, grants=(_to_ben(mode=Mode.INSTANT, carer=True),))
CLOSED = signed(write.shut(write.draft(LATE, LAPTOP, CARER, time=TIME + 900)), LAPTOP.sign)


def sections() -> dict[str, list[Case]]:
    return {
        "grants": [
            _case("nothing is given", FIRST, None),
            _case("everything there is", FULL, FIRST),
            _case("seen again", FULL, FULL),
            _case("a carer", CARER, FULL),
            _case("enhanced", ENHANCED, FULL),
            _case("enhanced, and nothing else", _next(None, enhanced=True), None),
            _case("closed, and some were missed", CLOSED, FIRST),
        ],
        "grants_invalid": list(_invalid()),
        "receipts": [
            _receipt("of this set", hear(FULL, KITCHEN, time=TIME), FULL),
            _receipt("of the one before", hear(FIRST, KITCHEN, time=TIME), FULL),
        ],
        "receipts_invalid": list(_receipts_invalid()),
    }


def _case(name: str, held: Grants, before: Grants | None) -> Case:
    check(held, CHAINS[ANNA], before)
    known = None if before is None else plain(before)
    written = {"set": plain(held), "message": b64(message(held)), "hash": b64(hash_of(held))}
    return {"name": name, "persons": [ANNA], **written, "known": known}


def _invalid() -> Iterator[Case]:
    def case(
        name: str, reason: Reason, held: Grants, before: Grants | None = FIRST, person: str = ANNA
    ) -> Case:
        known = None if before is None else plain(before)
        return {"name": name, "persons": [person], "set": plain(held), "known": known, "reason": reason.value}

    def changed(name: str, reason: Reason, **changes: Any) -> Case:
        return case(name, reason, _next(FIRST, **changes))

    broken = bytes([FULL.signature[0] ^ 1]) + FULL.signature[1:]
    yield case("a bit of the signature is flipped", Reason.BAD_SIGNATURE, change(FULL, signature=broken))
    off = change(ENHANCED, enhanced=False)
    yield case("enhanced is switched on", Reason.BAD_SIGNATURE, change(FULL, enhanced=True))
    yield case("enhanced is switched off", Reason.BAD_SIGNATURE, off, FULL)
    yield case("knock becomes instant", Reason.BAD_SIGNATURE, change(FULL, home=HomeTerm.INSTANT))
    yield case("an older set", Reason.STALE, FULL, CARER)
    yield case("a closed set is undone by an older one", Reason.STALE, CARER, CLOSED)
    yield case("another set of the same version", Reason.FORKED, _next(FIRST), FULL)
    yield changed("newer by version, older by time", Reason.TIME_REVERSED, time=TIME - 1)
    named = change(FULL, signer=MALLORY.public.identity)
    yield case("signed by a foreign key", Reason.NOT_ACTIVE, signed(named, MALLORY.sign))
    yield case("signed by a foreign key in its name", Reason.BAD_SIGNATURE, signed(FULL, MALLORY.sign))
    for what, chain, key, reason in (
        ("by a lost endpoint at an older point", EARLY, PHONE, Reason.NOT_ACTIVE),
        ("on a fork", FORKED, PHONE, Reason.FORKED),
        ("at an older point than the set before", EARLY, LAPTOP, Reason.STALE),
    ):
        drafted = write.draft(chain, key, FIRST, time=TIME + 600)
        yield case(f"signed {what}", reason, signed(drafted, key.sign))
    yield case("rests on links that were not shown", Reason.MISSING, FIRST, None, "anna at 1")
    yield case("of another person", Reason.UNKNOWN_PERSON, FIRST, None, "ben")
    mine, theirs = _to_ben(), _to_ben(household=BENS)
    yield changed("two grants to one", Reason.MALFORMED, grants=(mine, mine))
    yield changed("grants not in order", Reason.MALFORMED, grants=(theirs, mine))
    yield changed("a grant to oneself", Reason.MALFORMED, grants=(_to_ben(receiver=LATE.root),))
    yield changed("a grant from the future", Reason.TIME_REVERSED, grants=(_to_ben(since=TIME + 61),))
    yield changed(
        "devices of a grant not in order", Reason.MALFORMED, grants=(_to_ben(devices=(*TWO[::-1],)),)
    )
    carer = _to_ben(carer=True, mode=Mode.INSTANT, household=BENS)
    yield changed("a household of carers", Reason.MALFORMED, grants=(carer,))
    yield changed("a carer who knocks", Reason.MALFORMED, grants=(_to_ben(carer=True),))
    nothing = Hours(days=1, begin=60, end=60)
    yield changed("hours that end as they begin", Reason.MALFORMED, grants=(_to_ben(hours=(nothing,)),))
    yield changed("a schedule that does", Reason.MALFORMED, schedules=(Schedule(days=1, begin=60, end=60),))
    yield changed("a household of half a root", Reason.MALFORMED, grants=(_to_ben(household=BENS[:16]),))
    yield changed("switched by a later set", Reason.MALFORMED, quiet=(Quiet(on=True, changed=2),))
    twice = tuple(DeviceTerm(identity=SAID, drop_in=DropInTerm.OFF) for _ in range(2))
    yield changed("two terms for one device", Reason.MALFORMED, devices=twice)
    for field, value in (("frost", 2), ("frost", 61), ("fresh_days", 0), ("longest", 481), ("zone", "../x")):
        yield changed(f"{field} is {value}", Reason.MALFORMED, **{field: value})


def _receipt(name: str, receipt: Receipt, held: Grants) -> Case:
    newest = check_receipt(receipt, held)
    return {
        "name": name,
        "receipt": plain(receipt),
        "message": b64(heard(receipt)),
        "set": plain(held),
        "newest": newest,
    }


def _receipts_invalid() -> Iterator[Case]:
    good = hear(FULL, KITCHEN, time=TIME)
    for name, reason, receipt in (
        ("another device's", Reason.BAD_SIGNATURE, change(good, identity=HALL.public.identity)),
        ("moved in time", Reason.BAD_SIGNATURE, change(good, time=TIME + 1)),
        ("for somebody else", Reason.UNKNOWN_PERSON, change(good, person=BEN_CHAIN.root)),
        ("of a set that is still to come", Reason.MISSING, hear(CARER, KITCHEN, time=TIME)),
        ("of another set of this version", Reason.FORKED, hear(_next(FIRST), KITCHEN, time=TIME)),
    ):
        yield {"name": name, "receipt": plain(receipt), "set": plain(FULL), "reason": reason.value}
