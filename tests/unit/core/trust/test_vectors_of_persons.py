"""Keys, persons' chains and what is remembered of them: as the vectors say."""

import hashlib
from typing import Any

import msgspec
import pytest

from kith.core.keys import KeyPair, PublicKeys
from kith.core.trust.history import History, Known, reconcile
from kith.core.trust.person import extend, replay
from kith.core.trust.person_links import PersonLink, message
from kith.core.trust.untrusted import Untrusted
from tests.support.vectors import cases, name_of, raw
from tools.vectors import whole


def links_of(case: Any) -> list[PersonLink]:
    return msgspec.convert(case["links"], list[PersonLink])


def keys_of(case: Any) -> PublicKeys:
    return PublicKeys(raw(case["identity"]), raw(case["sealing"]), raw(case["sealing_signature"]))


def test_the_file_is_what_the_tool_writes() -> None:
    assert whole.PATH.read_text() == whole.text(), "python -m tools.vectors, and tell who reads them"


def test_no_two_cases_of_a_section_have_one_name() -> None:
    for section in whole.sections().values():
        assert len({name_of(case) for case in section}) == len(section)


@pytest.mark.parametrize("case", cases("keys"), ids=name_of)
def test_keys(case: Any) -> None:
    pair = KeyPair.from_private_bytes(raw(case["identity_seed"]) + raw(case["sealing_private"]))
    assert pair.public == keys_of(case)
    assert pair.public.consistent()


@pytest.mark.parametrize("case", cases("keys_invalid"), ids=name_of)
def test_keys_that_are_nobodys(case: Any) -> None:
    assert not keys_of(case).consistent()


@pytest.mark.parametrize("case", cases("person"), ids=name_of)
def test_person(case: Any) -> None:
    links = links_of(case)
    chain = replay(links)
    assert [message(link) for link in links] == [raw(each) for each in case["messages"]]
    assert chain.history.hashes == tuple(hashlib.sha256(raw(each)).digest() for each in case["messages"])
    assert chain.root == raw(case["root"])
    assert chain.point.version == case["version"]
    assert chain.point.head == raw(case["head"])
    assert sorted(chain.active) == [raw(each) for each in case["active"]]
    assert sorted(chain.former) == [raw(each) for each in case["former"]]
    assert chain.recovery == raw(case["recovery"])


@pytest.mark.parametrize("case", cases("person_active"), ids=name_of)
def test_who_was_active_when(case: Any) -> None:
    chain = replay(links_of(case))
    assert chain.active_at(raw(case["identity"]), case["version"]) is case["active"]


@pytest.mark.parametrize("case", cases("person_invalid"), ids=name_of)
def test_person_refused(case: Any) -> None:
    *good, bad = links_of(case)
    chain = replay(good) if good else None
    with pytest.raises(Untrusted) as refused:
        extend(chain, bad)
    assert refused.value.reason == case["reason"]


@pytest.mark.parametrize("case", cases("reconcile"), ids=name_of)
def test_what_is_remembered(case: Any) -> None:
    before = case["known"]
    known = before and Known(raw(before["root"]), before["version"], raw(before["head"]))
    history = History(tuple(raw(each) for each in case["hashes"]))
    assert reconcile(known, history) == case["change"]
