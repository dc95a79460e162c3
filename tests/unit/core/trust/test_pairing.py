"""A short code, message by message, and a server in between."""

from collections.abc import Callable
from typing import Any

import pytest

from kith.core.keys import KeyPair
from kith.core.trust.pairing_digits import Answer, PairingNew, PairingOwn
from kith.core.trust.pairing_proof import new_proof, require_taken_in
from kith.core.trust.person import Chain, extend
from kith.core.trust.person_write import add
from kith.core.trust.untrusted import Reason, Untrusted
from tools.vectors.form import endpoint, fixed
from tools.vectors.household import CHAINS, EARLY, FORKED, LATE
from tools.vectors.person import LAPTOP, PHONE

CODE, SERVER = "472913", fixed("server")
NEW_KEYS = endpoint("new")
ANSWER = Answer(fixed("own"), PHONE.public.identity, EARLY.root, EARLY.point)
NEW = PairingNew(CODE, SERVER, NEW_KEYS.public, fixed("new"))
OWN = PairingOwn(CODE, SERVER, ANSWER)


def reason_of(step: Callable[[], object]) -> Reason:
    with pytest.raises(Untrusted) as refused:
        step()
    return refused.value.reason


def both_shown() -> tuple[PairingNew, PairingOwn]:
    own = OWN.committed(NEW.commitment())
    new = NEW.answered(own.reply())
    return new, own.revealed(NEW_KEYS.public, new.reveal())


def taken_in(chain: Chain, own: KeyPair = PHONE) -> Chain:
    return extend(chain, add(chain, own, NEW_KEYS.public, time=chain.history.time))


def require_named(new: PairingNew, chain: Chain) -> None:
    """The chain is the one whose digits were compared, and the new endpoint is in it."""
    assert new.answer is not None
    about: Any = {"root": new.answer.root, "point": new.answer.point, "own": NEW_KEYS.public.identity}
    require_taken_in(chain.history, chain.endpoints, **about)


def test_from_the_code_to_the_chain() -> None:
    new, own = both_shown()
    assert new.digits() == own.digits()
    assert own.compared(same=True).enrolled() == NEW_KEYS.public
    chain = taken_in(EARLY)
    require_named(new.compared(same=True), chain)


@pytest.mark.parametrize(
    "too_soon",
    [
        NEW.reveal,
        NEW.digits,
        lambda: NEW.compared(same=True),
        OWN.reply,
        OWN.digits,
        OWN.enrolled,
        lambda: OWN.compared(same=True),
        lambda: OWN.revealed(NEW_KEYS.public, NEW.nonce),
        both_shown()[1].enrolled,
    ],
)
def test_nothing_happens_before_its_turn(too_soon: Callable[[], object]) -> None:
    assert reason_of(too_soon) is Reason.OUT_OF_TURN


@pytest.mark.parametrize(
    "twice",
    [
        lambda: both_shown()[0].answered(ANSWER),
        lambda: both_shown()[1].committed(NEW.commitment()),
        lambda: both_shown()[1].revealed(NEW_KEYS.public, NEW.nonce),
        lambda: OWN.committed(fixed("first")).committed(NEW.commitment()),
    ],
)
def test_nothing_is_taken_twice(twice: Callable[[], object]) -> None:
    assert reason_of(twice) is Reason.OUT_OF_TURN


def test_digits_that_differ_end_it_on_both_sides() -> None:
    new, own = both_shown()
    assert reason_of(lambda: new.compared(same=False)) is Reason.NOT_CONFIRMED
    assert reason_of(lambda: own.compared(same=False)) is Reason.NOT_CONFIRMED


def test_sizes_are_checked() -> None:
    short = Answer(b"short", ANSWER.identity, ANSWER.root, ANSWER.point)
    assert reason_of(lambda: NEW.answered(short)) is Reason.MALFORMED
    assert reason_of(lambda: OWN.committed(b"")) is Reason.MALFORMED
    assert reason_of(lambda: new_proof(b"short", CODE, SERVER, NEW_KEYS.public)) is Reason.MALFORMED


def test_a_server_that_puts_its_own_key_between_shows_other_digits() -> None:
    """It pairs with each side as if it were the other; what people see differs."""
    servers = KeyPair.generate()
    to_own = PairingNew(CODE, SERVER, servers.public, fixed("mallory"))
    own = OWN.committed(to_own.commitment()).revealed(servers.public, to_own.nonce)
    mallory = CHAINS["mallory"]
    new = NEW.answered(Answer(ANSWER.nonce, servers.public.identity, mallory.root, mallory.point))
    assert new.digits() != own.digits()


def test_every_part_of_the_answer_shows_in_the_digits() -> None:
    shown = NEW.answered(ANSWER).digits()
    others = [
        Answer(fixed("other"), ANSWER.identity, ANSWER.root, ANSWER.point),
        Answer(ANSWER.nonce, fixed("other"), ANSWER.root, ANSWER.point),
        Answer(ANSWER.nonce, ANSWER.identity, fixed("other"), ANSWER.point),
        Answer(ANSWER.nonce, ANSWER.identity, ANSWER.root, LATE.point),
    ]
    assert shown not in {NEW.answered(other).digits() for other in others}


def test_another_chain_than_the_one_compared_is_not_believed() -> None:
    new = both_shown()[0].compared(same=True)
    strangers = taken_in(CHAINS["mallory"], endpoint("mallory"))
    assert reason_of(lambda: require_named(new, strangers)) is Reason.FORKED
    assert reason_of(lambda: require_named(new, EARLY)) is Reason.NOT_ACTIVE


def test_a_chain_that_is_older_or_forked_is_not_believed() -> None:
    forked, late = taken_in(FORKED), taken_in(LATE, LAPTOP)
    about: Any = {"root": late.root, "point": late.point, "own": NEW_KEYS.public.identity}
    require_taken_in(late.history, late.endpoints, **about)
    early = taken_in(EARLY)
    assert reason_of(lambda: require_taken_in(early.history, early.endpoints, **about)) is Reason.MISSING
    assert reason_of(lambda: require_taken_in(forked.history, forked.endpoints, **about)) is Reason.FORKED
