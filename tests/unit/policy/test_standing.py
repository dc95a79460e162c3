"""What signed sets give one caller at one device."""

from typing import Any

import pytest

from kith.core.keys import KeyPair
from kith.core.trust.grants import DeviceTerm, DropInTerm, Grant, HomeTerm, Hours, Mode
from kith.core.trust.household import extend, replay
from kith.core.trust.household_write import add, begin, confirm, join
from kith.core.trust.person import Chain
from kith.core.trust.person import replay as person_replay
from kith.core.trust.person_write import begin as person_begin
from policy.grants import Claim, Place, Standing, Why, claim, standing, term
from tests.support.grants import ANNA, BEN, BENS, CARLA, DAN, HALL, HOME, KITCHEN, NOW, PHONE, set_of
from tools.vectors.form import endpoint, fixed

DAY = 86_400
PHONE_HERE = Place(PHONE, shared=False, household=HOME)
KITCHEN_HERE = Place(KITCHEN, shared=True, household=HOME)
BEN_ALONE = Claim(BEN, fixed("ben's phone"), shared=False)
BEN_AT_HOME = Claim(BEN, fixed("ben's phone"), shared=False, households={BENS: frozenset({BEN})})
DAN_WITH_BEN = Claim(DAN, fixed("dan's phone"), shared=False, households={BENS: frozenset({BEN})})
CARLA_HERE = Claim(CARLA, fixed("carla's phone"), shared=False, households={HOME: frozenset({ANNA})})


def grant(**changes: Any) -> Grant:
    return Grant(**{"receiver": BEN, "since": NOW - DAY, **changes})


def of(caller: Claim, *grants: Grant, place: Place = PHONE_HERE, now: float = NOW, **terms: Any) -> Standing:
    return standing([set_of(ANNA, grants=grants, **terms)], place, caller, now)


def test_a_fresh_install_gives_nothing_to_anybody() -> None:
    for caller in (BEN_ALONE, DAN_WITH_BEN, CARLA_HERE):
        assert of(caller).mode is None
        assert standing([], PHONE_HERE, caller, NOW).mode is None


def test_a_grant_to_one_person_is_theirs_alone() -> None:
    assert of(BEN_ALONE, grant()).mode is Mode.KNOCK
    assert of(DAN_WITH_BEN, grant()) == Standing(None, Why.NOT_GIVEN)


def test_a_grant_to_a_household_is_its_members() -> None:
    household = grant(household=BENS, mode=Mode.INSTANT)
    for caller in (BEN_ALONE, BEN_AT_HOME, DAN_WITH_BEN):
        assert of(caller, household).mode is Mode.INSTANT
    stranger = Claim(
        DAN,
        fixed("dan's phone"),
        shared=False,
        households={HOME + b"": frozenset(), fixed("x"): frozenset({BEN})},
    )
    assert of(stranger, household, place=Place(PHONE, shared=False)).why is Why.NOT_GIVEN


def test_a_household_that_its_receiver_never_signed_for_opens_nothing() -> None:
    invented = Claim(DAN, fixed("dan's phone"), shared=False, households={BENS: frozenset({DAN})})
    assert of(invented, grant(household=BENS)) == Standing(None, Why.NOT_VOUCHED, giver=ANNA)


def test_a_person_only_grant_is_not_used_from_a_shared_device() -> None:
    kitchen = Claim(BEN, fixed("ben's kitchen"), shared=True, households={BENS: frozenset({BEN})})
    assert of(kitchen, grant()).why is Why.PERSON_ONLY
    assert of(kitchen, grant(household=BENS)).mode is Mode.KNOCK
    elsewhere = Claim(BEN, fixed("a kitchen"), shared=True)
    assert of(elsewhere, grant(household=BENS)).why is Why.PERSON_ONLY


def test_a_shared_device_may_speak_for_its_household() -> None:
    kitchen = Claim(BENS, fixed("ben's kitchen"), shared=True, households={BENS: frozenset({BEN})})
    assert of(kitchen, grant(household=BENS)).mode is Mode.KNOCK
    assert of(kitchen, grant()).why is Why.NOT_GIVEN


def test_it_ends_one_second_after() -> None:
    assert of(BEN_ALONE, grant(until=NOW), now=NOW - 1).mode is Mode.KNOCK
    for late in (NOW, NOW + 1):
        assert of(BEN_ALONE, grant(until=NOW), now=late).why is Why.EXPIRED
    assert of(BEN_ALONE, grant(until=NOW + 60)).ends == NOW + 60


def test_hours_and_devices() -> None:
    always, never = Hours(days=127, begin=0, end=1440), Hours(days=127, begin=0, end=1)
    assert of(BEN_ALONE, grant(hours=(never, always))).mode is Mode.KNOCK
    assert of(BEN_ALONE, grant(hours=(never,)), zone="Europe/Madrid").why is Why.OUT_OF_HOURS
    assert of(BEN_ALONE, grant(hours=(always,)), zone="Nowhere/Land").why is Why.OUT_OF_HOURS
    assert of(BEN_ALONE, grant(devices=(KITCHEN,))).why is Why.OTHER_DEVICE
    assert of(BEN_ALONE, grant(devices=(PHONE,))).mode is Mode.KNOCK


def test_the_strongest_grant_counts_and_of_misses_the_nearest() -> None:
    both = (grant(), grant(household=BENS, mode=Mode.INSTANT))
    assert of(BEN_ALONE, *both).mode is Mode.INSTANT
    missed = (grant(devices=(KITCHEN,)), grant(household=BENS, until=NOW))
    assert of(BEN_ALONE, *missed).why is Why.EXPIRED


def test_an_old_set_lets_nobody_in_without_a_knock() -> None:
    instant, carer = grant(mode=Mode.INSTANT), grant(mode=Mode.INSTANT, carer=True)
    for days, mode, old in ((7, Mode.INSTANT, False), (8, Mode.KNOCK, True)):
        found = of(BEN_ALONE, instant, now=NOW + days * DAY)
        assert (found.mode, found.stale) == (mode, old)
        assert of(BEN_ALONE, carer, now=NOW + days * DAY).carer is not old
        assert of(CARLA_HERE, home=HomeTerm.INSTANT, now=NOW + days * DAY).mode is mode
    assert of(BEN_ALONE, instant, now=NOW + 8 * DAY, fresh_days=30).mode is Mode.INSTANT
    assert of(BEN_ALONE, grant(), now=NOW + 8 * DAY).stale is False


@pytest.mark.parametrize(
    ("homes", "mode"),
    [
        (("unset", "unset"), None),
        (("unset", "instant"), Mode.INSTANT),
        (("instant", "knock"), Mode.KNOCK),
        (("instant", "off"), None),
        (("off", "unset"), None),
        (("knock", "unset"), Mode.KNOCK),
        (("instant", "instant"), Mode.INSTANT),
    ],
)
def test_at_a_shared_device_the_strictest_of_a_household_counts(
    homes: tuple[str, str], mode: Mode | None
) -> None:
    for one, other in (homes, homes[::-1]):
        sets = [set_of(ANNA, home=HomeTerm(one)), set_of(DAN, home=HomeTerm(other))]
        assert standing(sets, KITCHEN_HERE, CARLA_HERE, NOW).mode is mode


def test_an_old_permission_of_a_housemate_does_not_weaken_a_fresh_one_but_an_old_refusal_counts() -> None:
    old = {"time": NOW - 40 * DAY}
    fresh = set_of(ANNA, home=HomeTerm.INSTANT)
    for home, mode in ((HomeTerm.INSTANT, Mode.INSTANT), (HomeTerm.KNOCK, Mode.KNOCK), (HomeTerm.OFF, None)):
        assert standing([fresh, set_of(DAN, home=home, **old)], KITCHEN_HERE, CARLA_HERE, NOW).mode is mode


def test_disable_drop_in_is_for_the_household_and_leaves_contacts_grants() -> None:
    assert of(CARLA_HERE, grant(), home=HomeTerm.OFF).why is Why.HOME_OFF
    assert of(CARLA_HERE, grant(receiver=CARLA), home=HomeTerm.OFF).why is Why.HOME_OFF
    assert of(BEN_ALONE, grant(), home=HomeTerm.OFF).mode is Mode.KNOCK


def test_ones_own_other_devices_are_the_own_household() -> None:
    laptop = Claim(ANNA, fixed("anna's laptop"), shared=False)
    alone = Place(PHONE, shared=False)
    assert of(laptop, home=HomeTerm.INSTANT, place=alone).mode is Mode.INSTANT
    assert of(laptop, place=alone).why is Why.HOME_UNSET
    claimed = Claim(ANNA, fixed("some kitchen"), shared=True)
    assert of(claimed, home=HomeTerm.INSTANT, place=alone).mode is None


def test_a_grant_of_any_member_opens_a_shared_device() -> None:
    sets = [set_of(ANNA), set_of(CARLA, grants=(grant(mode=Mode.INSTANT),))]
    found = standing(sets, KITCHEN_HERE, BEN_ALONE, NOW)
    assert (found.mode, found.giver) == (Mode.INSTANT, CARLA)


def test_a_block_voids_for_good_the_grants_that_there_were() -> None:
    old, new = grant(since=NOW - DAY), grant(since=NOW)
    void = frozenset({(ANNA, BEN, NOW - DAY)})
    found = [
        standing([set_of(ANNA, grants=(one,))], PHONE_HERE, BEN_ALONE, NOW, void).why for one in (old, new)
    ]
    assert found == [Why.VOID, Why.GIVEN]


def test_the_strictest_term_of_a_device() -> None:
    def said(*terms: DropInTerm) -> DropInTerm:
        return term(
            [set_of(ANNA, devices=(DeviceTerm(identity=KITCHEN, drop_in=each),)) for each in terms], KITCHEN
        )

    assert said() is DropInTerm.ON
    assert said(DropInTerm.ON, DropInTerm.HOUSEHOLD) is DropInTerm.HOUSEHOLD
    assert said(DropInTerm.OFF, DropInTerm.HOUSEHOLD) is DropInTerm.OFF
    assert (
        term([set_of(ANNA, devices=(DeviceTerm(identity=HALL, drop_in=DropInTerm.OFF),))], KITCHEN)
        is DropInTerm.ON
    )


# -- where somebody lives, by rosters -------------------------------------------------------------------------------


def chain_of(own: KeyPair) -> Chain:
    return person_replay([person_begin(own, fixed("paper"), time=NOW)])


def test_where_a_caller_lives_is_read_from_rosters() -> None:
    mine, theirs, kitchen = endpoint("mine"), endpoint("theirs"), endpoint("their kitchen")
    me, them = chain_of(mine), chain_of(theirs)
    persons = {me.root: me, them.root: them}
    links: list[Any] = [begin(me, mine, time=NOW)]
    roster = replay(links, persons)
    for write in (
        lambda here: join(here, me, mine, them, time=NOW),
        lambda here: add(here, me, mine, kitchen.public, time=NOW),
    ):
        links.append(write(roster))
        roster = extend(roster, links[-1], persons)

    def lives(root: bytes, identity: bytes, *, shared: bool) -> dict[bytes, frozenset[bytes]]:
        return dict(claim(root, identity, shared=shared, rosters=[(roster, links)]).households)

    signed = {roster.root: frozenset({me.root})}
    assert lives(them.root, theirs.public.identity, shared=False) == signed
    assert lives(them.root, kitchen.public.identity, shared=True) == signed
    assert lives(roster.root, kitchen.public.identity, shared=True) == signed
    assert lives(them.root, fixed("another kitchen"), shared=True) == {}
    assert lives(roster.root, theirs.public.identity, shared=False) == {}
    assert lives(fixed("stranger"), fixed("phone"), shared=False) == {}
    links.append(confirm(roster, them, theirs, time=NOW))
    roster = extend(roster, links[-1], persons)
    assert lives(me.root, mine.public.identity, shared=False) == {
        roster.root: frozenset({me.root, them.root})
    }
