"""Of rosters, delegations and calls nothing unsigned, stale or foreign is believed."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from kith.core.keys import KeyPair
from kith.core.trust import household_write
from kith.core.trust.delegations import check, delegate
from kith.core.trust.delegations import signed as delegations_signed
from kith.core.trust.history import Change, Known, Point, reconcile
from kith.core.trust.household import Roster, extend, replay, signed
from kith.core.trust.household_links import HouseholdBegin, HouseholdLink
from kith.core.trust.session import Party, Session
from kith.core.trust.untrusted import Reason, Untrusted
from kith.endpoint.believing import signed_in
from signaling.protocol import RosterShown
from tests.properties.trust_histories import (
    FOREIGN,
    House,
    fields,
    flipped,
    houses,
    own,
    signer,
    stranger_of,
)
from tools.vectors.calls import BEN, LAPTOP, session
from tools.vectors.form import endpoint

many = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
where = st.integers(0, 1_000)


def refused(links: list[HouseholdLink], house: House) -> Reason:
    with pytest.raises(Untrusted) as untrusted:
        replay(links, house.persons)
    return untrusted.value.reason


def known(roster: Roster) -> Known:
    return Known(roster.root, roster.point.version, roster.point.head)


@many
@given(houses(), where)
def test_what_was_written_is_read_and_remembered(house: House, at: int) -> None:
    wire = msgspec.json.encode(house.links)
    whole = replay(msgspec.json.decode(wire, type=list[HouseholdLink]), house.persons)
    assert whole == house.roster
    part = replay(house.links[: at % len(house.links) + 1], house.persons)
    same = part.point == whole.point
    assert reconcile(known(part), whole.history) is (Change.SAME if same else Change.EXTENDED)
    assert reconcile(known(whole), part.history) is (Change.SAME if same else Change.ROLLED_BACK)


@many
@given(houses(), where, where, where)
def test_no_bit_of_a_roster_may_change(house: House, at: int, which: int, bit: int) -> None:
    at %= len(house.links)
    names = fields(house.links[at])
    spoilt: Any = flipped(house.links[at], names[which % len(names)], bit)
    refused([*house.links[:at], spoilt, *house.links[at + 1 :]], house)


@many
@given(houses(), where, where)
def test_no_link_may_be_left_out_doubled_or_moved(house: House, at: int, other: int) -> None:
    links = house.links
    assume(len(links) > 1)
    at, other = at % (len(links) - 1), other % len(links)
    refused([*links[:at], *links[at + 1 :]], house)
    refused([*links[: at + 1], *links[at:]], house)
    refused([*links, links[other]], house)
    if at != other:
        swapped = list(links)
        swapped[at], swapped[other] = swapped[other], swapped[at]
        refused(swapped, house)


@many
@given(houses(), where)
def test_nobody_else_signs_a_roster(house: House, at: int) -> None:
    at %= len(house.links)
    before, link = house.links[:at], house.links[at]
    stranger = signed(msgspec.structs.replace(link, signer=FOREIGN.public.identity), FOREIGN.sign)
    assert refused([*before, stranger], house) is Reason.NOT_ACTIVE
    assert refused([*before, signed(link, FOREIGN.sign)], house) is Reason.BAD_SIGNATURE
    unsigned = msgspec.structs.replace(link, signature=bytes(64))
    assert refused([*before, unsigned], house) is Reason.BAD_SIGNATURE
    housemate = next(each for each in (own(0, 0), own(1, 0)) if each.public.identity != link.signer)
    mixed = signed(msgspec.structs.replace(link, signer=housemate.public.identity), housemate.sign)
    if housemate.public.identity not in house.persons[link.person].endpoints.ever:
        assert refused([*before, mixed], house) is Reason.NOT_ACTIVE


@many
@given(houses())
def test_only_members_sign(house: House) -> None:
    roster = house.roster
    assert roster is not None
    for person, chain in enumerate(house.chains):
        link = household_write.confirm(roster, chain, signer(house, person), time=roster.history.time)
        if chain.root in roster.members:
            assert extend(roster, link, house.persons).members == roster.members
        else:
            assert refused([*house.links, link], house) is Reason.NOT_A_MEMBER


@many
@given(houses())
def test_who_was_removed_before_a_confirmation_signs_nothing_after_it(house: House) -> None:
    roster = house.roster
    assert roster is not None
    for person, chain in enumerate(house.chains):
        lost = own(person, 0)
        if lost.public.identity in chain.active or chain.root not in roster.members:
            continue
        new = endpoint("thief's").public
        honest = household_write.add(roster, chain, lost, new, time=roster.history.time)
        assert refused([*house.links, honest], house) is Reason.NOT_ACTIVE
        earlier = replace(chain, history=replace(chain.history, hashes=chain.history.hashes[:2]))
        backdated = household_write.add(roster, earlier, lost, new, time=roster.history.time)
        assert refused([*house.links, backdated], house) is Reason.STALE


@many
@given(houses(), where)
def test_who_is_taken_in_unasked_gives_nothing_away(house: House, at: int) -> None:
    """`join` is signed by who takes in: nobody can act for the newcomer by it, and their own endpoints go by it only
    once their person has signed there."""
    roster, stranger = house.roster, stranger_of(3)
    assert roster is not None
    persons = {**house.persons, stranger.root: stranger}
    living = [person for person, chain in enumerate(house.chains) if chain.root in roster.members]
    by = living[at % len(living)]
    join = household_write.join(
        roster, house.chains[by], signer(house, by), stranger, time=roster.history.time
    )
    grown = extend(roster, join, persons)
    assert stranger.root in grown.members
    shown = RosterShown(re="", links=(*house.links, join), identities=(), waiting=())
    assert not signed_in(shown, stranger.root)
    for person in range(3):
        for number in range(2):
            forged = delegate(stranger, own(person, number), None, [*roster.shared], time=roster.history.time)
            with pytest.raises(Untrusted) as untrusted:
                check(forged, stranger, None)
            assert untrusted.value.reason is Reason.NOT_ACTIVE
    own_link = household_write.confirm(grown, stranger, own(3, 0), time=roster.history.time)
    extend(grown, own_link, persons)
    assert signed_in(msgspec.structs.replace(shown, links=(*shown.links, own_link)), stranger.root)


@many
@given(houses(), where)
def test_a_roster_rests_only_on_chains_that_are_shown(house: House, at: int) -> None:
    at %= len(house.links)
    person = house.links[at].person
    without = {root: chain for root, chain in house.persons.items() if root != person}
    with pytest.raises(Untrusted) as untrusted:
        replay(house.links, without)
    assert untrusted.value.reason is Reason.UNKNOWN_PERSON
    elsewhere = msgspec.structs.replace(house.links[at], person_head=bytes(32))
    resigned = signed(elsewhere, _key_of(house.links[at].signer).sign)
    assert refused([*house.links[:at], resigned], house) is Reason.FORKED


def _key_of(identity: bytes) -> KeyPair:
    every = (own(person, at) for person in range(3) for at in range(2))
    return next(pair for pair in every if pair.public.identity == identity)


@many
@given(houses())
def test_a_roster_begins_once(house: House) -> None:
    first = house.links[0]
    assert isinstance(first, HouseholdBegin)
    again = household_write.begin(house.chains[0], signer(house, 0), time=0)
    assert refused([*house.links, again], house) is Reason.OUT_OF_ORDER
    refused(house.links[1:], house)


# -- delegations ------------------------------------------------------------------------------------

identities = st.lists(st.binary(min_size=32, max_size=32), max_size=5)


@many
@given(houses(), identities, identities, where, where)
def test_no_bit_of_a_set_of_delegations_may_change(
    house: House, before: list[bytes], after: list[bytes], which: int, bit: int
) -> None:
    chain, key = house.chains[0], signer(house, 0)
    old = delegate(chain, key, None, before, time=5)
    new = delegate(chain, key, old, after, time=4)
    check(old, chain, old)
    check(new, chain, old)
    names = [name for name in fields(new) if name != "endpoints"]
    every: list[Any] = [flipped(new, names[which % len(names)], bit)]
    if new.endpoints:
        at = which % len(new.endpoints)
        less = new.endpoints[:at] + new.endpoints[at + 1 :]
        every.append(msgspec.structs.replace(new, endpoints=less))
        turned = bytes([new.endpoints[at][0] ^ 1]) + new.endpoints[at][1:]
        every.append(msgspec.structs.replace(new, endpoints=tuple(sorted((*less, turned)))))
    every.append(delegations_signed(new, FOREIGN.sign))
    named = msgspec.structs.replace(new, signer=FOREIGN.public.identity)
    every.append(delegations_signed(named, FOREIGN.sign))
    for bad in every:
        with pytest.raises(Untrusted):
            check(bad, chain, old)
    with pytest.raises(Untrusted) as untrusted:
        check(old, chain, new)
    assert untrusted.value.reason is Reason.STALE


# -- calls ------------------------------------------------------------------------------------------

parties = st.builds(
    Party,
    root=st.binary(min_size=32, max_size=32),
    point=st.builds(Point, st.integers(0, 2**53 - 1), st.binary(min_size=32, max_size=32)),
    identity=st.sampled_from([LAPTOP.public.identity, BEN.public.identity]),
    fingerprint=st.binary(min_size=32, max_size=32),
    nonce=st.binary(min_size=32, max_size=32),
)


@many
@given(parties, parties, where)
def test_a_signature_holds_for_one_session_and_one_role(one: Party, other: Party, which: int) -> None:
    true = session()
    seen = [
        replace(true, caller=replace(one, identity=LAPTOP.public.identity)),
        replace(true, callee=replace(other, identity=BEN.public.identity)),
        replace(true, caller=replace(true.caller, point=one.point)),
        replace(true, callee=replace(true.callee, nonce=other.nonce)),
        replace(true, epoch=which + 1),
        replace(true, call=f"{true.call}{which}"),
        Session(true.kind, true.call, true.epoch, true.callee, true.caller),
    ]
    by_caller, by_callee = LAPTOP.sign(true.transcript("caller")), BEN.sign(true.transcript("callee"))
    true.verify("caller", by_caller)
    true.verify("callee", by_callee)
    for forged in seen:
        for role, signature in (("caller", by_caller), ("callee", by_callee)):
            with pytest.raises(Untrusted):
                forged.verify("caller" if role == "caller" else "callee", signature)
    with pytest.raises(Untrusted):
        true.verify("callee", by_caller)
    with pytest.raises(Untrusted):
        true.verify("caller", by_callee)
