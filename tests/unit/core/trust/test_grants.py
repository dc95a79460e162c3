"""Sets of grants: what follows what, and what is refused."""

from typing import Any

import msgspec
import pytest

from kith.core.keys import KeyPair
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
    message,
    signed,
)
from kith.core.trust.person import Chain
from kith.core.trust.person import extend as person_extend
from kith.core.trust.person import replay as person_replay
from kith.core.trust.person_write import add as person_add
from kith.core.trust.person_write import begin as person_begin
from kith.core.trust.person_write import remove as person_remove
from kith.core.trust.untrusted import Reason, Untrusted
from tools.vectors.form import endpoint, fixed, plain

NOW = 1_790_500_000
PHONE, LAPTOP, KITCHEN = endpoint("phone"), endpoint("laptop"), endpoint("kitchen")
BEN, HOUSE = fixed("ben"), fixed("ben's household")
EVENING = Hours(days=31, begin=18 * 60, end=60)


def chain_of(*, with_laptop: bool = True) -> Chain:
    chain = person_replay([person_begin(PHONE, fixed("paper"), time=NOW)])
    return person_extend(chain, person_add(chain, PHONE, LAPTOP.public, time=NOW)) if with_laptop else chain


ANNA = chain_of()


def follow(known: Grants | None, **changes: Any) -> Grants:
    drafted = write.draft(ANNA, PHONE, known, time=NOW)
    return signed(msgspec.structs.replace(drafted, **changes), PHONE.sign)


def refused(grants: Grants, known: Grants | None = None, chain: Chain = ANNA) -> Reason:
    with pytest.raises(Untrusted) as untrusted:
        check(grants, chain, known)
    return untrusted.value.reason


def grant(**changes: Any) -> Grant:
    return msgspec.structs.replace(Grant(receiver=BEN, since=NOW), **changes)


FIRST = follow(None)
FULL = follow(
    FIRST,
    grants=(grant(hours=(EVENING,), devices=(fixed("a"),)), grant(household=HOUSE, mode=Mode.INSTANT)),
    home=HomeTerm.INSTANT,
    devices=(DeviceTerm(identity=KITCHEN.public.identity, drop_in=DropInTerm.HOUSEHOLD),),
    quiet=(Quiet(on=False, changed=0), Quiet(identity=KITCHEN.public.identity, on=True, changed=1)),
    schedules=(Schedule(days=127, begin=22 * 60, end=7 * 60),),
    zone="Europe/Madrid",
)


def test_a_first_set_gives_nothing() -> None:
    check(FIRST, ANNA, None)
    assert (FIRST.grants, FIRST.home, FIRST.version) == ((), HomeTerm.UNSET, 0)


def test_a_set_follows_another_and_is_seen_again() -> None:
    check(FULL, ANNA, FIRST)
    check(FULL, ANNA, FULL)
    assert refused(FIRST, FULL) is Reason.STALE


def test_two_sets_of_one_version_are_a_fork() -> None:
    assert refused(follow(FIRST, home=HomeTerm.OFF), FULL) is Reason.FORKED


def test_every_field_is_signed() -> None:
    """Changing anything changes the bytes, so the signature no longer fits."""
    other: dict[str, Any] = {
        "person": fixed("other"),
        "person_head": fixed("other"),
        "signer": LAPTOP.public.identity,
        "grants": FULL.grants[:1],
        "home": HomeTerm.KNOCK,
        "devices": (),
        "quiet": (),
        "schedules": (),
        "zone": "Europe/Paris",
        "show_activity": False,
        "closed": True,
    }
    for field in msgspec.structs.fields(Grants):
        if field.name == "signature":
            continue
        value = getattr(FULL, field.name)
        changed = other.get(field.name, value + 1 if isinstance(value, int) else None)
        assert message(msgspec.structs.replace(FULL, **{field.name: changed})) != message(FULL), field.name


@pytest.mark.parametrize(
    "changes",
    [
        {"receiver": fixed("other")},
        {"household": HOUSE},
        {"mode": Mode.INSTANT},
        {"carer": True},
        {"since": NOW - 1},
        {"until": NOW},
        {"hours": ()},
        {"hours": (EVENING, EVENING)},
        {"hours": (Hours(days=31, begin=18 * 60, end=61),)},
        {"hours": (Hours(days=32, begin=18 * 60, end=60),)},
        {"hours": (Hours(days=31, begin=18 * 60 + 1, end=60),)},
        {"devices": ()},
        {"devices": (fixed("b"),)},
    ],
)
def test_everything_in_a_grant_is_signed(changes: dict[str, Any]) -> None:
    first, *rest = FULL.grants
    changed = msgspec.structs.replace(first, **changes)
    assert message(msgspec.structs.replace(FULL, grants=(changed, *rest))) != message(FULL)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"grants": (grant(receiver=ANNA.root),)}, Reason.MALFORMED),
        ({"grants": (grant(), grant())}, Reason.MALFORMED),
        ({"grants": (grant(household=HOUSE), grant())}, Reason.MALFORMED),
        ({"grants": (grant(household=b"short"),)}, Reason.MALFORMED),
        ({"grants": (grant(since=NOW + 1),)}, Reason.TIME_REVERSED),
        ({"grants": (grant(devices=(fixed("a"), fixed("a"))),)}, Reason.MALFORMED),
        ({"grants": (grant(carer=True),)}, Reason.MALFORMED),
        ({"grants": (grant(carer=True, mode=Mode.INSTANT, household=HOUSE),)}, Reason.MALFORMED),
        ({"grants": (grant(hours=(Hours(days=1, begin=60, end=60),)),)}, Reason.MALFORMED),
        ({"schedules": (Schedule(days=1, begin=60, end=60),)}, Reason.MALFORMED),
        ({"schedules": (Schedule(days=1, begin=0, end=60, devices=(fixed("a"),) * 2),)}, Reason.MALFORMED),
        ({"quiet": (Quiet(on=True, changed=2),)}, Reason.MALFORMED),
        ({"quiet": (Quiet(identity=b"short", on=True, changed=1),)}, Reason.MALFORMED),
        ({"quiet": (Quiet(on=True, changed=1), Quiet(on=False, changed=1))}, Reason.MALFORMED),
        ({"devices": (DeviceTerm(identity=fixed("a"), drop_in=DropInTerm.OFF),) * 2}, Reason.MALFORMED),
        ({"time": NOW - 1}, Reason.TIME_REVERSED),
        ({"person": fixed("other")}, Reason.UNKNOWN_PERSON),
        ({"person_head": fixed("other")}, Reason.FORKED),
        ({"signer": KITCHEN.public.identity}, Reason.NOT_ACTIVE),
        ({"signer": LAPTOP.public.identity}, Reason.BAD_SIGNATURE),
    ],
)
def test_what_is_refused(changes: dict[str, Any], reason: Reason) -> None:
    assert refused(follow(FIRST, **changes), FIRST) is reason


def test_a_carer_is_one_person_who_does_not_knock() -> None:
    check(follow(FIRST, grants=(grant(carer=True, mode=Mode.INSTANT),)), ANNA, FIRST)


def test_a_set_lapses_with_the_endpoint_that_signed_it() -> None:
    held = signed(write.draft(ANNA, LAPTOP, FIRST, time=NOW), LAPTOP.sign)
    check(held, ANNA, FIRST)
    gone = person_extend(ANNA, person_remove(ANNA, PHONE, LAPTOP.public.identity, time=NOW))
    assert refused(held, held, gone) is Reason.NOT_ACTIVE
    check(signed(write.draft(gone, PHONE, held, time=NOW), PHONE.sign), gone, held)


def test_a_lost_endpoint_signs_no_newer_set_from_an_older_point() -> None:
    gone = person_extend(ANNA, person_remove(ANNA, PHONE, LAPTOP.public.identity, time=NOW))
    known = signed(write.draft(gone, PHONE, None, time=NOW), PHONE.sign)
    assert (
        refused(signed(write.draft(ANNA, LAPTOP, known, time=NOW), LAPTOP.sign), known, gone)
        is Reason.NOT_ACTIVE
    )
    older = signed(write.draft(ANNA, PHONE, known, time=NOW), PHONE.sign)
    assert refused(older, known, gone) is Reason.STALE


def test_a_closed_set_is_not_undone_by_an_older_one() -> None:
    closed = signed(write.shut(write.draft(ANNA, PHONE, FULL, time=NOW)), PHONE.sign)
    check(closed, ANNA, FULL)
    assert (closed.closed, closed.grants, closed.home) == (True, (), HomeTerm.UNSET)
    assert refused(FULL, closed) is Reason.STALE
    again = signed(write.opened(write.draft(ANNA, PHONE, closed, time=NOW)), PHONE.sign)
    check(again, ANNA, closed)
    assert (again.closed, again.grants, again.home) == (False, (), HomeTerm.UNSET)


def test_edits() -> None:
    drafted = write.draft(ANNA, PHONE, FULL, time=NOW - 60)
    assert drafted.time == NOW
    replaced = write.given(drafted, grant(mode=Mode.INSTANT))
    assert [one.mode for one in replaced.grants] == [Mode.INSTANT, Mode.INSTANT]
    assert write.revoked(drafted, BEN).grants == ()
    assert write.at_home(drafted, HomeTerm.OFF).grants == drafted.grants
    assert write.at_device(drafted, KITCHEN.public.identity, DropInTerm.ON).devices == ()
    off = write.at_device(drafted, fixed("a"), DropInTerm.OFF)
    everywhere = write.quieted(off, on=True)
    assert everywhere.quiet[0] == Quiet(on=True, changed=2)
    cleaned = write.without(everywhere, [KITCHEN.public.identity, fixed("a")])
    assert (len(cleaned.devices), len(cleaned.quiet)) == (0, 1)
    check(signed(everywhere, PHONE.sign), ANNA, FULL)


def test_a_set_from_before_there_was_anything_enhanced_is_still_good() -> None:
    before = {name: value for name, value in plain(FULL).items() if name != "enhanced"}
    kept = msgspec.convert(before, Grants)
    assert kept == FULL
    check(kept, ANNA, None)


def test_that_something_enhanced_is_on_is_signed() -> None:
    on = signed(msgspec.structs.replace(FULL, enhanced=True), PHONE.sign)
    check(on, ANNA, None)
    for tampered in (
        msgspec.structs.replace(on, enhanced=False),
        msgspec.structs.replace(FULL, enhanced=True),
    ):
        with pytest.raises(Untrusted) as refused:
            check(tampered, ANNA, None)
        assert refused.value.reason is Reason.BAD_SIGNATURE


def test_sets_and_receipts_cross_the_wire() -> None:
    receipt = hear(FULL, KITCHEN, time=NOW)
    for one in (FULL, receipt):
        assert msgspec.json.decode(msgspec.json.encode(plain(one)), type=type(one)) == one
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(one), type=type(one)) == one


@pytest.mark.parametrize(
    "changes",
    [
        {"frost": 2},
        {"frost": 61},
        {"fresh_days": 0},
        {"fresh_days": 31},
        {"longest": 0},
        {"longest": 481},
        {"silence": -1},
        {"chime": 481},
        {"home": "always"},
        {"zone": "Europe/../etc"},
        {"zone": ""},
        {"grants": [plain(grant())] * 65},
        {"schedules": [plain(Schedule(days=1, begin=0, end=1))] * 17},
        {"grants": [{**plain(grant()), "hours": [plain(EVENING)] * 8}]},
        {"grants": [{**plain(grant()), "mode": "always"}]},
        {"schedules": [{"days": 128, "begin": 0, "end": 1}]},
        {"schedules": [{"days": 1, "begin": 1440, "end": 1}]},
        {"schedules": [{"days": 1, "begin": 0, "end": 1441}]},
    ],
)
def test_what_is_out_of_bounds_is_not_decoded(changes: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**plain(FULL), **changes}, Grants)


def test_who_has_heard_it() -> None:
    receipt = hear(FULL, KITCHEN, time=NOW)
    assert check_receipt(receipt, FULL)
    assert not check_receipt(receipt, follow(FULL))
    assert receipt.hash == hash_of(FULL)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"person": fixed("other")}, Reason.UNKNOWN_PERSON),
        ({"time": NOW + 1}, Reason.BAD_SIGNATURE),
        ({"version": 2}, Reason.BAD_SIGNATURE),
        ({"identity": PHONE.public.identity}, Reason.BAD_SIGNATURE),
    ],
)
def test_receipts_that_are_refused(changes: dict[str, Any], reason: Reason) -> None:
    forged = msgspec.structs.replace(hear(FULL, KITCHEN, time=NOW), **changes)
    with pytest.raises(Untrusted) as untrusted:
        check_receipt(forged, FULL)
    assert untrusted.value.reason is reason


def test_a_receipt_for_what_was_never_signed() -> None:
    later, other = hear(follow(FULL), KITCHEN, time=NOW), hear(follow(FIRST), KITCHEN, time=NOW)
    assert [_reason(receipt) for receipt in (later, other)] == [Reason.MISSING, Reason.FORKED]


def _reason(receipt: Receipt) -> Reason:
    with pytest.raises(Untrusted) as untrusted:
        check_receipt(receipt, FULL)
    return untrusted.value.reason


def test_another_key_signs_nothing() -> None:
    stranger = KeyPair.generate()
    drafted = write.draft(ANNA, stranger, FIRST, time=NOW)
    assert refused(signed(drafted, stranger.sign), FIRST) is Reason.NOT_ACTIVE
