"""Whom an endpoint believes to be at the ends of a call, and what it remembers of them."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from kith.core.keys import KeyPair, PublicKeys
from kith.core.trust import household, household_write, person_write
from kith.core.trust.delegations import Delegations, delegate
from kith.core.trust.history import Change, Known
from kith.core.trust.household_links import HouseholdLink
from kith.core.trust.person import replay
from kith.core.trust.untrusted import Reason, Untrusted
from kith.endpoint.believing import Household, Person, judge, judge_chain, judge_roster, side, signed_in
from kith.endpoint.home import Home, Pairing
from kith.endpoint.memory import Memory, read, write
from signaling.protocol import PersonIdentity, RosterShown

RECOVERY = KeyPair.generate().public.identity
OWNER, OTHER, KITCHEN = KeyPair.generate(), KeyPair.generate(), KeyPair.generate()
BEGIN = person_write.begin(OWNER, RECOVERY, time=1)
SHORT = replay([BEGIN])
ADD = person_write.add(SHORT, OWNER, OTHER.public, time=2)
LONG = replay([BEGIN, ADD])
FORK = replay([BEGIN, person_write.add(SHORT, OWNER, KeyPair.generate().public, time=3)])
ELSE = replay([person_write.begin(OTHER, RECOVERY, time=1)])


def refused(reason: Reason) -> Any:
    return pytest.raises(Untrusted, match=Untrusted(reason).args[0])


def known(chain: Any, *, verified: bool = False) -> Known:
    return Known(chain.root, chain.point.version, chain.point.head, verified)


def shown(*links: Any, delegations: Delegations | None = None) -> PersonIdentity:
    return PersonIdentity(person="p_1", links=tuple(links or (BEGIN, ADD)), delegations=delegations)


@pytest.mark.parametrize(
    ("memory", "change"),
    [
        (Memory(), Change.NEW),
        (Memory(persons={"p_1": known(LONG)}), Change.SAME),
        (Memory(persons={"p_1": known(SHORT)}), Change.EXTENDED),
        (Memory(persons={"p_1": known(ELSE)}), Change.CHANGED),
    ],
)
def test_a_person_is_new_the_same_grown_or_another_one(memory: Memory, change: Change) -> None:
    person = judge(shown(), memory)
    assert person.change is change and person.chain.root == LONG.root


def test_a_chain_that_was_cut_or_forked_is_refused() -> None:
    with refused(Reason.STALE):
        judge(shown(BEGIN), Memory(persons={"p_1": known(LONG)}))
    with refused(Reason.FORKED):
        judge(shown(), Memory(persons={"p_1": known(FORK)}))
    with refused(Reason.OUT_OF_ORDER):
        judge(shown(ADD), Memory())


def test_delegations_that_cannot_be_believed_are_left_out_and_the_person_is_not() -> None:
    older = delegate(LONG, OWNER, None, [], time=5)
    newer = delegate(LONG, OWNER, older, [KITCHEN.public.identity], time=6)
    assert judge(shown(delegations=newer), Memory()).delegations == newer
    seen = Memory(persons={"p_1": known(LONG)}, delegations={"p_1": newer})
    assert judge(shown(delegations=older), seen).delegations is None
    forged = msgspec.structs.replace(newer, signature=bytes(64))
    assert judge(shown(delegations=forged), Memory()).delegations is None
    assert judge(shown(), seen).delegations is None


def test_who_is_another_one_now_has_no_delegations_of_the_former() -> None:
    before = Memory(
        persons={"p_1": known(ELSE, verified=True)},
        delegations={"p_1": delegate(ELSE, OTHER, None, [], time=2)},
    )
    after = before.with_person("p_1", known(LONG), None)
    assert after.delegations == {} and after.persons["p_1"] == known(LONG)


# -- the two ends -------------------------------------------------------------------------------------

HOUSE: list[HouseholdLink] = [household_write.begin(LONG, OWNER, time=3)]
PEOPLE = {LONG.root: LONG}
EMPTY = household.replay(HOUSE, PEOPLE)
HOUSE.append(household_write.add(EMPTY, LONG, OWNER, KITCHEN.public, time=4))
ROSTER = household.replay(HOUSE, PEOPLE)
NONE, HOME = Household(), Household(ROSTER)
ALLOWED = delegate(LONG, OWNER, None, [KITCHEN.public.identity], time=5)


def person(delegations: Delegations | None = None) -> Person:
    return Person("p_1", LONG, delegations, Change.SAME)


def test_a_personal_endpoint_speaks_at_points_at_which_it_was_in() -> None:
    one = side(OTHER.public, person(), NONE)
    one.accept(LONG.root, LONG.point)
    with refused(Reason.NOT_ACTIVE):
        one.accept(LONG.root, SHORT.point)
    with refused(Reason.FORKED):
        one.accept(ELSE.root, ELSE.point)


def test_a_shared_endpoint_acts_for_who_said_so() -> None:
    for home in (NONE, HOME):  # who lives elsewhere has not seen the roster
        side(KITCHEN.public, person(ALLOWED), home).accept(LONG.root, LONG.point)
    with refused(Reason.NOT_DELEGATED):
        side(KITCHEN.public, person(), NONE)
    with refused(Reason.NOT_DELEGATED):
        side(KITCHEN.public, person(delegate(LONG, OWNER, None, [], time=5)), HOME)
    with refused(Reason.NOT_ACTIVE):
        side(KITCHEN.public, person(ALLOWED), Household(EMPTY))


def test_a_shared_endpoint_without_a_person_speaks_for_its_household() -> None:
    side(KITCHEN.public, None, HOME).accept(ROSTER.root, ROSTER.point)
    with refused(Reason.NOT_ACTIVE):
        side(OTHER.public, None, HOME)
    with refused(Reason.NOT_ACTIVE):
        side(KITCHEN.public, None, HOME).accept(ROSTER.root, EMPTY.point)
    with refused(Reason.UNKNOWN_PERSON):
        side(KITCHEN.public, None, NONE)


def test_where_the_roster_cannot_be_believed_only_those_in_a_chain_speak() -> None:
    trouble = Household(trouble=Untrusted(Reason.STALE))
    side(OTHER.public, person(ALLOWED), trouble).accept(LONG.root, LONG.point)
    for who in (person(ALLOWED), None):
        with refused(Reason.STALE):
            side(KITCHEN.public, who, trouble)


@pytest.mark.parametrize("of", [OTHER, KITCHEN])
def test_keys_other_than_those_that_were_signed_are_refused(of: KeyPair) -> None:
    swapped = KeyPair.from_private_bytes(of.private_bytes()[:32] + KeyPair.generate().private_bytes()[32:])
    assert swapped.public.identity == of.public.identity and swapped.public.consistent()
    with refused(Reason.WEAK_KEY):
        side(swapped.public, person(ALLOWED), HOME)
    with refused(Reason.WEAK_KEY):
        unsigned = PublicKeys(of.public.identity, OWNER.public.sealing, OWNER.public.sealing_signature)
        side(unsigned, person(ALLOWED), NONE)


# -- the household ----------------------------------------------------------------------------------------


def roster(*links: Any) -> RosterShown:
    return RosterShown(re="1", links=tuple(links), identities=(shown(),), waiting=())


def test_a_household_is_believed_as_it_grows_and_never_another_one() -> None:
    assert judge_roster(roster(), [LONG], None) is None
    found = judge_roster(roster(*HOUSE), [LONG], known(EMPTY))
    assert found is not None and set(found.shared) == {KITCHEN.public.identity}
    with refused(Reason.STALE):
        judge_roster(roster(), [LONG], known(ROSTER))
    with refused(Reason.STALE):
        judge_roster(roster(*HOUSE[:1]), [LONG], known(ROSTER))
    with refused(Reason.FORKED):
        judge_roster(roster(household_write.begin(LONG, OWNER, time=9)), [LONG], known(ROSTER))
    with refused(Reason.UNKNOWN_PERSON):
        judge_roster(roster(*HOUSE), [], None)


def test_a_household_that_was_left_is_not_shown_as_it_was_before() -> None:
    assert judge_roster(roster(*HOUSE), [LONG], None, [known(ROSTER)]) is not None
    assert judge_roster(roster(), [LONG], None, [known(ROSTER)]) is None
    with refused(Reason.STALE):
        judge_roster(roster(*HOUSE[:1]), [LONG], None, [known(ROSTER)])


def test_who_signed_in_a_roster_is_told_from_who_was_only_taken_in() -> None:
    joined = household_write.join(ROSTER, LONG, OWNER, ELSE, time=6)
    assert signed_in(roster(*HOUSE, joined), LONG.root)
    assert not signed_in(roster(*HOUSE, joined), ELSE.root)


def test_what_is_held_back_of_a_chain_is_missed_whoever_it_is_said_to_be() -> None:
    memory = Memory(persons={"p_other": known(LONG)})
    assert judge_chain(shown(), memory).root == LONG.root
    for judged in (judge_chain, judge):
        with refused(Reason.STALE):
            judged(shown(BEGIN), memory)


# -- on disk ---------------------------------------------------------------------------------------------


def test_what_is_remembered_outlives_the_process_and_nobody_else_reads_it(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert home.memory() == Memory() and home.pairing() is None
    memory = Memory(household=known(ROSTER)).with_person("p_1", known(LONG, verified=True), ALLOWED)
    home.remember(memory)
    assert Home(tmp_path).memory() == memory == read(write(memory))
    pairing = Pairing(by="e_1", code="K7QM3F9X", secret=b"s" * 16)
    home.save_pairing(pairing)
    assert home.pairing() == pairing
    for name in ("known.json", "pairing.json"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    home.paired()
    assert home.pairing() is None


@pytest.mark.parametrize("name", ["known.json", "pairing.json"])
def test_a_damaged_memory_is_not_taken_for_an_empty_one(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b'{"persons": ')
    with pytest.raises(ValueError, match="damaged"):
        Home(tmp_path).memory() if name == "known.json" else Home(tmp_path).pairing()
