"""Nobody is dropped in on without a grant: over all facts, and over sets that anybody might have signed."""

from dataclasses import replace
from itertools import product
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kith.core.trust.grants import (
    DeviceTerm,
    DropInTerm,
    Grant,
    Grants,
    HomeTerm,
    Hours,
    Mode,
    Quiet,
    Schedule,
)
from policy.drop_in import RULES, Admit, DropInFacts, Refuse, Told, decide
from policy.drop_in_facts import Here, gather
from policy.grants import SOON, Claim, Place, Standing, Why, stale, term
from policy.quiet import AT_DEVICE, Switch
from tests.support.grants import ANNA, BEN, BENS, CARLA, DAN, HALL, HOME, KITCHEN, NOW, PHONE, set_of
from tools.vectors.form import fixed

EITHER = (False, True)
MISSES = tuple(
    Standing(None, why, own=own) for why in Why if why not in {Why.GIVEN, Why.HOME} for own in EITHER
)
STANDINGS = (
    *MISSES,
    *(Standing(mode, Why.GIVEN, giver=ANNA, own=own) for mode in Mode for own in EITHER),
    Standing(Mode.INSTANT, Why.GIVEN, carer=True, giver=ANNA),
)
QUIETS = tuple(frozenset(saying) for saying in ((), (AT_DEVICE,), (ANNA,), (ANNA, CARLA)))


def test_over_all_facts_that_are_not_about_accounts() -> None:
    """Nothing opens without a grant or past a switch, precedence holds, and a refusal says nothing."""
    flags = (
        "blocked",
        "child_limit",
        "microphone_off",
        "closed",
        "ready",
        "reachable",
        "busy",
        "one_persons",
    )
    for standing, term_, quiet_by, values in product(
        STANDINGS, DropInTerm, QUIETS, product(*[EITHER] * len(flags))
    ):
        said: dict[str, Any] = dict(zip(flags, values, strict=True))
        facts = DropInFacts(standing=standing, term=term_, quiet_by=quiet_by, **said)
        decision = decide(facts)
        if isinstance(decision, Refuse):
            assert decision == Refuse(next(rule.reason for rule in RULES if rule.applies(facts)))
            continue
        assert standing.mode is not None and decision.mode is standing.mode
        assert values[:-1] == (False, False, False, False, True, True, False)
        assert term_ is DropInTerm.ON or (term_ is DropInTerm.HOUSEHOLD and standing.own)
        passed = {ANNA, AT_DEVICE} if facts.one_persons else {ANNA}
        assert not quiet_by or (standing.carer and quiet_by <= passed)


def test_over_all_facts_about_accounts() -> None:
    flags = (
        *("caller_suspended", "caller_registered", "caller_confirmed"),
        *("callee_suspended", "callee_registered", "callee_confirmed"),
        *("blocked", "you_blocked", "child_limit"),
    )
    alone = (Told.SUSPENDED, Told.NOT_REGISTERED, Told.NOT_CONFIRMED, Told.QUOTA_EXCEEDED)
    for standing, wait, values in product(
        (STANDINGS[0], STANDINGS[-1]), (0.0, 9.0), product(*[EITHER] * len(flags))
    ):
        said: dict[str, Any] = dict(zip(flags, values, strict=True))
        facts = DropInFacts(standing=standing, quota_wait=wait, **said)
        decision = decide(facts)
        suspended, registered, confirmed, *_ = values
        about = (suspended, not registered, not confirmed, wait > 0)
        told = next((each for each, holds in zip(alone, about, strict=True) if holds), Told.NOT_PERMITTED)
        if isinstance(decision, Refuse):
            assert decision.told is told
        else:
            assert values == (False, True, True, False, True, True, False, False, False) and wait == 0


# -- sets -------------------------------------------------------------------------------------------------------------

DAY = 86_400
moments = st.integers(NOW - 40 * DAY, NOW + 40 * DAY)
hours = st.builds(
    Hours, days=st.integers(1, 127), begin=st.integers(0, 1439), end=st.integers(1, 1440)
).filter(lambda each: each.begin != each.end)
grants = st.builds(
    Grant,
    receiver=st.sampled_from((BEN, DAN, CARLA)),
    household=st.sampled_from((b"", BENS)),
    mode=st.sampled_from(Mode),
    carer=st.just(value=False),
    since=moments,
    until=st.just(0) | moments,
    hours=st.lists(hours, max_size=2).map(tuple),
    devices=st.sampled_from(((), (PHONE,), (KITCHEN, HALL))),
)
sets = st.builds(
    set_of,
    st.sampled_from((ANNA, CARLA)),
    time=moments,
    grants=st.lists(grants, max_size=3).map(tuple),
    home=st.sampled_from(HomeTerm),
    devices=st.lists(
        st.builds(
            DeviceTerm, identity=st.sampled_from((KITCHEN, PHONE)), drop_in=st.sampled_from(DropInTerm)
        ),
        max_size=1,
    ).map(tuple),
    quiet=st.sampled_from(((), (Quiet(on=True, changed=3),), (Quiet(identity=KITCHEN, on=True, changed=5),))),
    schedules=st.lists(
        st.builds(Schedule, days=st.integers(1, 127), begin=st.integers(0, 700), end=st.integers(701, 1440)),
        max_size=1,
    ).map(tuple),
    zone=st.sampled_from(("UTC", "Europe/Madrid", "Nowhere/Land")),
    closed=st.booleans(),
)
places = st.builds(Place, st.sampled_from((PHONE, KITCHEN)), st.booleans(), st.sampled_from((None, HOME)))
households = st.dictionaries(
    st.sampled_from((BENS, HOME)), st.frozensets(st.sampled_from((ANNA, BEN, DAN))), max_size=2
)
speaking_for = st.sampled_from((ANNA, BEN, CARLA, DAN, BENS))
callers = st.builds(Claim, speaking_for, st.just(b"caller"), st.booleans(), households)
switches = st.none() | st.builds(
    Switch,
    st.booleans(),
    st.floats(NOW - DAY, NOW),
    st.dictionaries(st.sampled_from((ANNA, CARLA)), st.integers(0, 6)),
)


@given(st.lists(sets, max_size=2), places, callers, switches)
def test_whoever_is_admitted_was_granted_it(
    held: list[Grants], place: Place, caller: Claim, switch: Switch | None
) -> None:
    facts = gather(held, place, caller, Here(switch), NOW)
    decision = decide(facts)
    if not isinstance(decision, Admit):
        return
    assert not any(each.closed for each in held)
    assert term(held, place.identity) is not DropInTerm.OFF
    timely = [each for each in held if each.time <= NOW + SOON]
    now = max([NOW, *(each.time for each in timely)])
    opening = [
        (each, grant) for each in timely for grant in each.grants if _covers(grant, place, caller, now)
    ]
    at_home = [each for each in timely if each.home in {HomeTerm.KNOCK, HomeTerm.INSTANT}]
    assert opening or (facts.standing.own and at_home)
    if facts.standing.own:
        assert not any(each.home is HomeTerm.OFF for each in held)
    if decision.mode is Mode.INSTANT:
        instant = [each for each, grant in opening if grant.mode is Mode.INSTANT]
        instant += [each for each in at_home if facts.standing.own and each.home is HomeTerm.INSTANT]
        assert any(not stale(each, now) for each in instant)


def _covers(grant: Grant, place: Place, caller: Claim, now: float) -> bool:
    """Said in another way than the code says it."""
    lives = caller.households.get(grant.household, frozenset()) if grant.household else frozenset()
    person = grant.receiver == caller.root and not caller.shared
    return (
        (person or grant.receiver in lives)
        and (not grant.devices or place.identity in grant.devices)
        and (grant.until == 0 or now < grant.until)
    )


@given(st.lists(sets, max_size=2), sets, places, callers, switches)
def test_who_allows_nothing_only_ever_adds_refusals(
    held: list[Grants], other: Grants, place: Place, caller: Claim, switch: Switch | None
) -> None:
    before = decide(gather(held, place, caller, Here(switch), NOW))
    after = decide(gather([*held, restrictions(other)], place, caller, Here(switch), NOW))
    if isinstance(after, Admit):
        assert isinstance(before, Admit) and after.mode is before.mode


def restrictions(grants: Grants) -> Grants:
    """What one more housemate might have signed who lets nobody in."""
    terms = {field: getattr(grants, field) for field in ("devices", "quiet", "schedules", "zone", "closed")}
    return set_of(fixed("eva"), time=NOW - 40 * DAY, **terms)


FIRM = ("blocked", "microphone_off", "child_limit", "caller_suspended")


@given(st.lists(sets, max_size=2), places, callers, switches)
def test_nothing_passes_a_block_a_hardware_mute_a_childs_limit_or_a_suspension(
    held: list[Grants], place: Place, caller: Claim, switch: Switch | None
) -> None:
    facts = gather(held, place, caller, Here(switch), NOW)
    carer = replace(facts.standing, mode=Mode.INSTANT, carer=True)
    for fact in FIRM:
        changed: dict[str, Any] = {fact: True}
        for standing in (facts.standing, carer):
            assert isinstance(decide(replace(facts, standing=standing, **changed)), Refuse)


def test_a_reason_without_a_rule_opens_nothing() -> None:
    for why in Why:
        assert isinstance(decide(DropInFacts(standing=Standing(None, why))), Refuse)
