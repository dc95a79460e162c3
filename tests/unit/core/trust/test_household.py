"""Rosters where vectors do not reach: bounds, and what a removed key can still try."""

import msgspec
import pytest

from kith.core.keys import KeyPair
from kith.core.trust.delegations import Delegations, check, delegate
from kith.core.trust.history import Change, Known, reconcile
from kith.core.trust.household import MAX_ENDPOINTS, MAX_MEMBERS, Persons, Roster, extend, replay
from kith.core.trust.household_links import HouseholdLink
from kith.core.trust.person import Chain
from kith.core.trust.person import extend as person_extend
from kith.core.trust.person import replay as person_replay
from kith.core.trust.person_write import add as person_add
from kith.core.trust.person_write import begin as person_begin
from kith.core.trust.person_write import remove as person_remove
from kith.core.trust.untrusted import Reason, Untrusted
from tools.vectors.form import fixed, plain
from tools.vectors.household import GOOD, HALL, LAPTOP_NOW, LATE, PHONE_THEN, Write, built, home, known
from tools.vectors.person import LAPTOP, PHONE

PERSONS = known(*GOOD)
NOW = 1_790_500_000


def roster() -> Roster:
    return replay(home(), PERSONS)


def refused(here: Roster, link: HouseholdLink, persons: Persons = PERSONS) -> Reason:
    with pytest.raises(Untrusted) as untrusted:
        extend(here, link, persons)
    return untrusted.value.reason


def somebody(name: str) -> Chain:
    return person_replay([person_begin(KeyPair.generate(), fixed(name), time=NOW)])


def test_an_empty_roster_is_none() -> None:
    with pytest.raises(Untrusted) as untrusted:
        replay([], PERSONS)
    assert untrusted.value.reason is Reason.WRONG_START


def test_without_a_confirmation_a_lost_phone_could_still_sign_and_after_it_cannot() -> None:
    """The phone is out of Anna's chain since version 3; the roster rests on version 1 until told otherwise."""
    house = built(PERSONS)
    before = replay(house, PERSONS)
    attempt: Write = PHONE_THEN.adds(HALL.public)
    extend(before, attempt(before, NOW), PERSONS)
    after = extend(before, LAPTOP_NOW.confirms()(before, NOW), PERSONS)
    assert refused(after, attempt(after, NOW)) is Reason.STALE


def test_who_reads_must_know_the_chain_that_the_roster_rests_on() -> None:
    wrong_name = {LATE.root: somebody("not Anna")}
    assert refused(roster(), LAPTOP_NOW.confirms()(roster(), NOW), wrong_name) is Reason.UNKNOWN_PERSON


def test_a_roster_that_was_believed_stays_pinned_when_a_forked_chain_is_shown() -> None:
    here = roster()
    assert refused(here, LAPTOP_NOW.confirms()(here, NOW), known("anna forked", "ben")) is Reason.FORKED


def test_no_more_members_than_may_be() -> None:
    persons, here = dict(PERSONS), roster()
    while len(here.members) < MAX_MEMBERS:
        new = somebody("member")
        persons[new.root] = new
        here = extend(here, LAPTOP_NOW.joins(new)(here, NOW), persons)
    last = somebody("one too many")
    persons[last.root] = last
    assert refused(here, LAPTOP_NOW.joins(last)(here, NOW), persons) is Reason.TOO_MANY


def test_no_more_shared_endpoints_than_may_be() -> None:
    here = roster()
    while len(here.shared) < MAX_ENDPOINTS:
        here = extend(here, LAPTOP_NOW.adds(KeyPair.generate().public)(here, NOW), PERSONS)
    assert refused(here, LAPTOP_NOW.adds(HALL.public)(here, NOW)) is Reason.TOO_MANY


def test_when_an_endpoint_was_shared() -> None:
    kitchen = next(iter(roster().shared))
    assert [roster().active_at(kitchen, version) for version in range(5)] == [False, False, True, True, False]


def test_a_roster_is_remembered_as_a_chain_is() -> None:
    whole, part = roster().history, replay(home()[:2], PERSONS).history
    newest = Known(whole.root, whole.newest.version, whole.newest.head)
    assert reconcile(newest, whole) is Change.SAME
    assert reconcile(newest, part) is Change.ROLLED_BACK


@pytest.mark.parametrize("field", ["person", "person_head", "member", "member_head", "signer", "signature"])
def test_a_link_out_of_bounds_is_not_decoded(field: str) -> None:
    honest = plain(home()[1])
    assert msgspec.json.decode(msgspec.json.encode(honest), type=HouseholdLink) == home()[1]
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode({**honest, field: "AAAA"}), type=HouseholdLink)


def test_a_set_of_delegations_lapses_with_the_endpoint_that_signed_it() -> None:
    chain = person_replay([person_begin(PHONE, fixed("paper"), time=NOW)])
    chain = person_extend(chain, person_add(chain, PHONE, LAPTOP.public, time=NOW))
    held = delegate(chain, LAPTOP, None, [HALL.public.identity], time=NOW)
    check(held, chain, None)
    gone = person_extend(chain, person_remove(chain, PHONE, LAPTOP.public.identity, time=NOW))
    with pytest.raises(Untrusted) as untrusted:
        check(held, gone, held)
    assert untrusted.value.reason is Reason.NOT_ACTIVE
    check(delegate(gone, PHONE, held, held.endpoints, time=NOW), gone, held)


def test_delegations_cross_the_wire() -> None:
    held = delegate(LATE, LAPTOP, None, [HALL.public.identity, fixed("a"), fixed("a")], time=NOW)
    assert msgspec.json.decode(msgspec.json.encode(held), type=Delegations) == held
    assert list(held.endpoints) == sorted({HALL.public.identity, fixed("a")})
