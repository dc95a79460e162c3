"""What a server says of its mixer: as the vectors say."""

from typing import Any

import pytest

from kith.core.trust.mixer import MixerPromise
from kith.core.trust.untrusted import Reason, Untrusted
from tests.support.vectors import cases, name_of, raw
from tools.vectors.mixed import SERVER


def promise(case: Any) -> MixerPromise:
    parts = {name: raw(case[name]) for name in ("identity", "mixer", "own", "nonce")}
    return MixerPromise(case["call"], case["epoch"], **parts)


@pytest.mark.parametrize("case", cases("mixer"), ids=name_of)
def test_mixer(case: Any) -> None:
    signed = promise(case)
    assert signed.message() == raw(case["message"])
    assert signed.sign(SERVER) == raw(case["signature"])
    signed.verify(raw(case["server"]), raw(case["signature"]))


@pytest.mark.parametrize("case", cases("mixer_invalid"), ids=name_of)
def test_mixer_refused(case: Any) -> None:
    with pytest.raises(Untrusted) as refused:
        promise(case).verify(raw(case["server"]), raw(case["signature"]))
    assert refused.value.reason is Reason(case["reason"])
