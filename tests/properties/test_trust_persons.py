"""Of a person's chain nothing unsigned, stale or foreign is believed, whatever is done to it."""

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from kith.core.trust import person_write
from kith.core.trust.history import Change, Known, reconcile
from kith.core.trust.person import Chain, extend, replay, signed
from kith.core.trust.person_links import PersonLink
from kith.core.trust.untrusted import SENTENCES, Reason, Untrusted
from tests.properties.trust_histories import (
    FOREIGN,
    POOL,
    Attempt,
    PersonModel,
    attempts,
    fields,
    first,
    flipped,
    person_histories,
    written,
)
from tools.vectors.form import endpoint, printed

many = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
where = st.integers(0, 1_000)


def refused(links: list[PersonLink]) -> Reason:
    with pytest.raises(Untrusted) as untrusted:
        replay(links)
    assert str(untrusted.value) == SENTENCES[untrusted.value.reason]
    return untrusted.value.reason


@many
@given(st.lists(attempts, min_size=1, max_size=25))
def test_a_link_is_believed_exactly_if_its_signer_may_do_that(tries: list[Attempt]) -> None:
    model, chain = PersonModel(), extend(None, first())
    for drawn in tries:
        attempt = model.aim(drawn) if drawn.aimed else drawn
        link = written(chain, attempt)
        if model.allows(attempt):
            model.apply(attempt)
            chain = extend(chain, link)
        else:
            with pytest.raises(Untrusted):
                extend(chain, link)
        assert set(chain.active) == {POOL[at].public.identity for at in model.active}
        assert chain.former == {POOL[at].public.identity for at in model.ever - model.active}


@many
@given(person_histories())
def test_what_was_written_is_read_and_remembered(links: list[PersonLink]) -> None:
    assert msgspec.json.decode(msgspec.json.encode(links), type=list[PersonLink]) == links
    parts = [extend(None, links[0])]
    for link in links[1:]:
        parts.append(extend(parts[-1], link))
    *earlier, whole = parts
    for part in earlier:
        assert reconcile(_known(part), whole.history) is Change.EXTENDED
        assert reconcile(_known(whole), part.history) is Change.ROLLED_BACK
        for identity in (*part.active, *part.former):
            assert whole.active_at(identity, part.point.version) == (identity in part.active)
    assert reconcile(_known(whole), whole.history) is Change.SAME


def _known(chain: Chain) -> Known:
    return Known(chain.root, chain.point.version, chain.point.head)


@many
@given(person_histories(), where, where, where)
def test_no_bit_may_change(links: list[PersonLink], at: int, which: int, bit: int) -> None:
    at %= len(links)
    names = fields(links[at])
    spoilt: Any = flipped(links[at], names[which % len(names)], bit)
    refused([*links[:at], spoilt, *links[at + 1 :]])


@many
@given(person_histories(), where, where)
def test_no_link_may_be_left_out_doubled_or_moved(links: list[PersonLink], at: int, other: int) -> None:
    assume(len(links) > 1)
    at, other = at % (len(links) - 1), other % len(links)
    refused([*links[:at], *links[at + 1 :]])
    refused([*links[: at + 1], *links[at:]])
    refused([*links, links[other]])
    if at != other:
        swapped = list(links)
        swapped[at], swapped[other] = swapped[other], swapped[at]
        refused(swapped)


@many
@given(person_histories(), where)
def test_no_link_of_an_action_becomes_one_of_another(links: list[PersonLink], at: int) -> None:
    at %= len(links)
    written_as = msgspec.to_builtins(links[at])
    for action in ("begin", "add", "remove", "recover", "renew"):
        if action != written_as["action"]:
            filled = {"recovery": written_as["signer"], "identity": written_as["signer"]} | written_as
            filled.setdefault("sealing", written_as["signer"])
            filled.setdefault("sealing_signature", written_as["signature"])
            other = msgspec.convert({**filled, "action": action}, PersonLink)
            refused([*links[:at], other, *links[at + 1 :]])


@many
@given(person_histories(), where)
def test_nobody_else_signs(links: list[PersonLink], at: int) -> None:
    at %= len(links)
    as_themselves = signed(msgspec.structs.replace(links[at], signer=FOREIGN.public.identity), FOREIGN.sign)
    in_anothers_name = signed(links[at], FOREIGN.sign)
    allowed = {Reason.NOT_ACTIVE, Reason.NOT_RECOVERY}
    assert refused([*links[:at], as_themselves]) in allowed
    assert refused([*links[:at], in_anothers_name]) is Reason.BAD_SIGNATURE
    assert (
        refused([*links[:at], msgspec.structs.replace(links[at], signature=bytes(64))])
        is Reason.BAD_SIGNATURE
    )


@many
@given(person_histories(), where)
def test_who_was_removed_signs_nothing_that_continues_what_is_known(
    links: list[PersonLink], which: int
) -> None:
    chain = replay(links)
    gone = sorted(chain.former)
    assume(gone)
    pair = next(each for each in POOL if each.public.identity == gone[which % len(gone)])
    new = endpoint("thief").public
    with pytest.raises(Untrusted) as untrusted:
        extend(chain, person_write.add(chain, pair, new, time=chain.history.time))
    assert untrusted.value.reason is Reason.NOT_ACTIVE
    fork = _fork(links, pair.public.identity)
    fork = extend(fork, person_write.add(fork, pair, new, time=chain.history.time))
    while fork.point.version < chain.point.version:
        paper = printed(f"fork {fork.point.version}").public
        fork = extend(fork, person_write.renew(fork, pair, paper, time=chain.history.time))
    assert reconcile(_known(chain), fork.history) is Change.FORKED


def _fork(links: list[PersonLink], identity: bytes) -> Chain:
    """The chain as it was when the endpoint could last sign."""
    part = extend(None, links[0])
    latest = part
    for link in links[1:]:
        part = extend(part, link)
        latest = part if identity in part.active else latest
    return latest


@many
@given(person_histories(), person_histories(), where)
def test_links_of_another_person_continue_nothing(
    links: list[PersonLink], others: list[PersonLink], at: int
) -> None:
    stranger = endpoint("stranger")
    begun = person_write.begin(stranger, printed("stranger").public, time=0)
    chain = replay([begun])
    own = person_write.add(chain, stranger, endpoint("stranger's second").public, time=0)
    refused([begun, own, *links])
    refused([begun, *links[1:], own] if len(links) > 1 else [begun, links[0]])
    refused([*links, own])
    assert reconcile(Known(chain.root, 0, chain.point.head), replay(others).history) is Change.CHANGED
