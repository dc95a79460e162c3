"""Rosters and delegations: as the vectors say."""

import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from kith.core.trust import delegations as held
from kith.core.trust.delegations import Delegations
from kith.core.trust.household import Persons, extend, replay
from kith.core.trust.household_links import HouseholdLink, message
from kith.core.trust.person import replay as person_replay
from kith.core.trust.person_links import PersonLink
from kith.core.trust.untrusted import Untrusted
from tests.support.vectors import cases, name_of, raw

CHAINS = {
    case["name"]: person_replay(msgspec.convert(case["links"], list[PersonLink]))
    for case in cases("household_persons")
}


def known(names: Iterable[str]) -> Persons:
    return {CHAINS[name].root: CHAINS[name] for name in names}


def links_of(case: Any) -> list[HouseholdLink]:
    return msgspec.convert(case["links"], list[HouseholdLink])


def set_of(written: Any) -> Delegations:
    return msgspec.convert(written, Delegations)


@pytest.mark.parametrize("case", cases("household"), ids=name_of)
def test_household(case: Any) -> None:
    links = links_of(case)
    roster = replay(links, known(case["persons"]))
    assert [message(link) for link in links] == [raw(each) for each in case["messages"]]
    assert roster.history.hashes == tuple(hashlib.sha256(raw(each)).digest() for each in case["messages"])
    assert (roster.root, roster.point.version) == (raw(case["root"]), case["version"])
    assert roster.point.head == raw(case["head"])
    assert sorted(roster.members) == [raw(each) for each in case["members"]]
    assert sorted(roster.shared) == [raw(each) for each in case["shared"]]
    assert sorted(roster.endpoints.former) == [raw(each) for each in case["former"]]
    pins = [(root, pin.version, pin.head) for root, pin in sorted(roster.pins.items())]
    assert pins == [(raw(each["root"]), each["version"], raw(each["head"])) for each in case["pins"]]


@pytest.mark.parametrize("case", cases("household_invalid"), ids=name_of)
def test_household_refused(case: Any) -> None:
    *good, bad = links_of(case)
    roster = replay(good, known(case["persons"])) if good else None
    with pytest.raises(Untrusted) as refused:
        extend(roster, bad, known(case["last_persons"]))
    assert refused.value.reason == case["reason"]


@pytest.mark.parametrize("case", cases("delegations"), ids=name_of)
def test_delegations(case: Any) -> None:
    shown = set_of(case["set"])
    assert held.message(shown) == raw(case["message"])
    held.check(shown, CHAINS[case["persons"][0]], case["known"] and set_of(case["known"]))


@pytest.mark.parametrize("case", cases("delegations_invalid"), ids=name_of)
def test_delegations_refused(case: Any) -> None:
    try:
        shown = set_of(case["set"])
    except msgspec.ValidationError:  # as the wire's decoder would
        assert case["name"] == "too many"
        return
    with pytest.raises(Untrusted) as refused:
        held.check(shown, CHAINS[case["persons"][0]], case["known"] and set_of(case["known"]))
    assert refused.value.reason == case["reason"]


@pytest.mark.parametrize("case", cases("acting"), ids=name_of)
def test_for_whom_a_shared_endpoint_acts(case: Any) -> None:
    roster = replay(links_of(case), known(case["persons"]))
    reason = None
    try:
        held.require_acting(raw(case["identity"]), set_of(case["set"]), roster)
    except Untrusted as refused:
        reason = refused.reason
    assert reason == case["reason"]
