"""What a chain tells, and what the vectors cannot hold: bounds, decoding, memory of what was known."""

import msgspec
import pytest

from kith.core.keys import KeyPair
from kith.core.trust import person_write as write
from kith.core.trust.history import Change, Known, believed, reconcile
from kith.core.trust.person import MAX_ENDPOINTS, MAX_LINKS, extend, replay
from kith.core.trust.person_links import PersonLink
from kith.core.trust.untrusted import SENTENCES, Reason, Untrusted
from tools.vectors.form import fixed, plain, printed
from tools.vectors.person import LAPTOP, PHONE, TABLET, adds, anna, begun, grown, recovers

NOW = 1_790_009_999


def test_every_reason_has_its_sentence() -> None:
    assert set(SENTENCES) == set(Reason)
    assert len(set(SENTENCES.values())) == len(Reason)


def test_an_empty_chain_is_none() -> None:
    with pytest.raises(Untrusted) as refused:
        replay([])
    assert refused.value.reason is Reason.WRONG_START


def test_the_root_stays_the_same_whatever_happens_to_the_endpoints() -> None:
    first = replay(begun())
    later = replay(grown(begun(), adds(PHONE, LAPTOP), recovers(TABLET)))
    assert later.root == first.root
    assert set(later.active) == {TABLET.public.identity}
    assert later.former == {PHONE.public.identity, LAPTOP.public.identity}
    assert later.active[TABLET.public.identity] == TABLET.public


def test_two_persons_who_begin_alike_have_different_roots() -> None:
    one = replay([write.begin(PHONE, printed("anna").public, time=NOW)])
    other = replay([write.begin(PHONE, printed("anna").public, time=NOW + 1)])
    assert one.root != other.root


def test_no_more_endpoints_than_may_be() -> None:
    chain = replay(begun())
    for _ in range(MAX_ENDPOINTS - 1):
        chain = extend(chain, write.add(chain, PHONE, KeyPair.generate().public, time=NOW))
    with pytest.raises(Untrusted) as refused:
        extend(chain, write.add(chain, PHONE, KeyPair.generate().public, time=NOW))
    assert refused.value.reason is Reason.TOO_MANY


def test_no_more_links_than_may_be() -> None:
    chain = replay(begun())
    for at in range(MAX_LINKS - 1):
        chain = extend(chain, write.renew(chain, PHONE, fixed(str(at)), time=NOW))
    with pytest.raises(Untrusted) as refused:
        extend(chain, write.renew(chain, PHONE, fixed("last"), time=NOW))
    assert refused.value.reason is Reason.TOO_MANY


def test_a_clock_that_was_set_back_signs_no_earlier_time() -> None:
    chain = replay(anna())
    link = write.add(chain, LAPTOP, KeyPair.generate().public, time=3)
    assert extend(chain, link).history.time == chain.history.time


def test_what_is_extended_stays_as_it_was() -> None:
    chain = replay(begun())
    active = dict(chain.active)
    extend(chain, write.add(chain, PHONE, LAPTOP.public, time=NOW))
    assert chain.active == active and chain.point.version == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("version", -1),
        ("version", 2**53),
        ("time", -1),
        ("time", 2**64),
        ("previous", "AAAA"),
        ("signer", ""),
        ("signature", "AAAA"),
        ("identity", "AAAA"),
        ("action", "invent"),
    ],
)
def test_a_link_out_of_bounds_is_not_decoded(field: str, value: object) -> None:
    honest = plain(anna()[1])
    assert msgspec.json.decode(msgspec.json.encode(honest), type=PersonLink) == anna()[1]
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode({**honest, field: value}), type=PersonLink)


@pytest.mark.parametrize("changes", [{"version": -1}, {"time": 2**64}, {"signer": b""}, {"signature": b"x"}])
def test_a_link_that_was_never_decoded_is_refused_all_the_same(changes: dict[str, object]) -> None:
    links = anna()
    with pytest.raises(Untrusted):
        replay([*links[:-1], msgspec.structs.replace(links[-1], **changes)])


def test_what_to_remember() -> None:
    links = anna()
    whole, part = replay(links).history, replay(links[:2]).history
    known = believed(None, part)
    assert known == Known(part.root, 1, part.hashes[1], verified=False)
    compared = Known(part.root, 1, part.hashes[1], verified=True)
    assert believed(compared, whole) == Known(whole.root, 3, whole.hashes[3], verified=True)
    with pytest.raises(Untrusted) as refused:
        believed(believed(None, whole), part)
    assert refused.value.reason is Reason.STALE
    with pytest.raises(Untrusted) as refused:
        believed(Known(whole.root, 2, fixed("fork")), whole)
    assert refused.value.reason is Reason.FORKED


def test_a_new_identity_is_never_remembered_as_verified() -> None:
    history = replay(begun()).history
    before = Known(fixed("another root"), 0, fixed("another root"), verified=True)
    assert reconcile(before, history) is Change.CHANGED
    assert believed(before, history).verified is False
