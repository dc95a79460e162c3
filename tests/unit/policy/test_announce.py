"""May this announcement be made, and where does it play?"""

import itertools
from dataclasses import replace
from typing import Any

import pytest

from kith.core.ids import EndpointId
from policy.announce import (
    ANNOUNCEMENTS,
    RULES,
    SKIPS,
    Admit,
    AnnounceFacts,
    Device,
    Reason,
    Refuse,
    Skip,
    may_announce,
    skipped,
)
from policy.quota import wait

SPEAKING = Device(EndpointId("e_speaking"), speaking=True)
KITCHEN = Device(EndpointId("e_kitchen"))
STUDY = Device(EndpointId("e_study"))
FACTS = AnnounceFacts((SPEAKING, KITCHEN, STUDY))

AGAINST: dict[Reason, dict[str, Any]] = {
    Reason.SPEAKER_SUSPENDED: {"speaker_suspended": True},
    Reason.SPEAKER_NOT_REGISTERED: {"speaker_registered": False},
    Reason.SPEAKER_NOT_CONFIRMED: {"speaker_confirmed": False},
    Reason.CHILD_LIMIT: {"child_limit": True},
    Reason.QUOTA: {"quota_wait": 1.0},
}
SILENT: dict[Skip, dict[str, Any]] = {
    Skip.SPEAKING: {"speaking": True},
    Skip.NOT_CHOSEN: {"chosen": False},
    Skip.NOT_SEALED: {"sealed": False},
    Skip.NOT_CONFIRMED: {"confirmed": False},
    Skip.OFFLINE: {"online": False},
    Skip.NO_SPEAKER: {"audible": False},
    Skip.SUSPENDED: {"suspended": True},
    Skip.BLOCKED: {"blocked": True},
    Skip.CHILD_LIMIT: {"child_limit": True},
    Skip.QUIET: {"quiet": True},
}


def test_it_plays_at_all_but_the_device_that_it_comes_from() -> None:
    assert may_announce(FACTS) == Admit(frozenset({KITCHEN.id, STUDY.id}), told=2)


@pytest.mark.parametrize("reason", Reason)
def test_each_reason_refuses(reason: Reason) -> None:
    assert may_announce(replace(FACTS, **AGAINST[reason])) == Refuse(reason)


@pytest.mark.parametrize("skip", Skip)
def test_each_skip_silences_its_device_alone(skip: Skip) -> None:
    kitchen = replace(KITCHEN, **SILENT[skip])
    assert skipped(kitchen) is skip
    decision = may_announce(replace(FACTS, devices=(SPEAKING, kitchen, STUDY)))
    assert isinstance(decision, Admit)
    assert decision.plays == {STUDY.id}


def test_each_table_goes_from_top_to_bottom() -> None:
    """With everything against it the first one decides, and without that the next."""
    assert {rule.reason for rule in RULES} == set(Reason)
    assert {rule.skip for rule in SKIPS} == set(Skip)
    for at, rule in enumerate(RULES):
        rest = {name: value for each in RULES[at:] for name, value in AGAINST[each.reason].items()}
        assert may_announce(replace(FACTS, **rest)) == Refuse(rule.reason)
    for at, silent in enumerate(SKIPS):
        rest = {name: value for each in SKIPS[at:] for name, value in SILENT[each.skip].items()}
        assert skipped(replace(KITCHEN, **rest)) is silent.skip


PRIVATE = (Skip.OFFLINE, Skip.SUSPENDED, Skip.BLOCKED, Skip.CHILD_LIMIT, Skip.QUIET)


@pytest.mark.parametrize("skips", [*itertools.combinations(PRIVATE, 1), *itertools.combinations(PRIVATE, 2)])
def test_nobody_learns_by_the_number_how_things_stand_with_somebody_else(skips: tuple[Skip, ...]) -> None:
    """Whether they are there, and whom they have blocked: whatever keeps it from playing on their own device."""
    silent = {name: value for skip in skips for name, value in SILENT[skip].items()}
    phone = Device(EndpointId("e_phone"), others=True)
    plays = may_announce(replace(FACTS, devices=(SPEAKING, phone, STUDY)))
    assert plays == Admit(frozenset({phone.id, STUDY.id}), told=2)
    silenced = may_announce(replace(FACTS, devices=(SPEAKING, replace(phone, **silent), STUDY)))
    assert silenced == Admit(frozenset({STUDY.id}), told=2)


def test_how_things_stand_with_what_is_shared_is_no_secret() -> None:
    offline = may_announce(replace(FACTS, devices=(SPEAKING, replace(KITCHEN, online=False), STUDY)))
    assert offline == Admit(frozenset({STUDY.id}), told=1)


def test_what_goes_on_and_on_is_stopped_within_seconds() -> None:
    now = 1_000_000.0
    done: list[float] = []
    while wait(done, ANNOUNCEMENTS, now) == 0:
        done.insert(0, now)
        now += 1.0
    assert len(done) == 10
    assert wait(done, ANNOUNCEMENTS, now) == pytest.approx(50.0)
