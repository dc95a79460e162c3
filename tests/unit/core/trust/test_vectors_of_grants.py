"""Sets of grants and receipts: as the vectors say."""

from typing import Any

import msgspec
import pytest

from kith.core.trust import grants as held
from kith.core.trust.grants import Grants, Receipt
from kith.core.trust.person import replay
from kith.core.trust.person_links import PersonLink
from kith.core.trust.untrusted import Reason, Untrusted
from tests.support.vectors import cases, name_of, raw

CHAINS = {
    case["name"]: replay(msgspec.convert(case["links"], list[PersonLink]))
    for case in cases("household_persons")
}


def accept(case: Any) -> Grants:
    """As an endpoint reads it from a wire. Raises Untrusted."""
    try:
        known = case["known"] and msgspec.convert(case["known"], Grants)
        shown = msgspec.convert(case["set"], Grants)
    except msgspec.ValidationError:
        raise Untrusted(Reason.MALFORMED) from None
    held.check(shown, CHAINS[case["persons"][0]], known)
    return shown


@pytest.mark.parametrize("case", cases("grants"), ids=name_of)
def test_grants(case: Any) -> None:
    shown = accept(case)
    assert held.message(shown) == raw(case["message"])
    assert held.hash_of(shown) == raw(case["hash"])


@pytest.mark.parametrize("case", cases("grants_invalid"), ids=name_of)
def test_grants_refused(case: Any) -> None:
    with pytest.raises(Untrusted) as refused:
        accept(case)
    assert refused.value.reason == case["reason"]


@pytest.mark.parametrize("case", cases("receipts"), ids=name_of)
def test_receipts(case: Any) -> None:
    receipt, shown = msgspec.convert(case["receipt"], Receipt), msgspec.convert(case["set"], Grants)
    assert held.heard(receipt) == raw(case["message"])
    assert held.check_receipt(receipt, shown) is case["newest"]


@pytest.mark.parametrize("case", cases("receipts_invalid"), ids=name_of)
def test_receipts_refused(case: Any) -> None:
    with pytest.raises(Untrusted) as refused:
        held.check_receipt(msgspec.convert(case["receipt"], Receipt), msgspec.convert(case["set"], Grants))
    assert refused.value.reason == case["reason"]
