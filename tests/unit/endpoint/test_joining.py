"""A new endpoint until it knows whose it is: every step in every state, and how often digits are shown."""

from itertools import count
from typing import Any

import pytest

from kith.core.keys import KeyPair
from kith.core.trust.endpoints import Endpoints
from kith.core.trust.history import History, Point
from kith.core.trust.pairing_digits import Answer, PairingOwn
from kith.core.trust.pairing_proof import check_new, own_proof
from kith.core.trust.untrusted import Reason, Untrusted
from kith.endpoint import pairing_code, pairing_steps
from kith.endpoint.believing import public
from kith.endpoint.home import Pairing
from kith.endpoint.joining import Joining, Say
from kith.endpoint.pairing_steps import Ask, Commit, Counter, Done, Proof, Reveal, Step, Stop, Vouch
from tests.unit.endpoint.conversing import Someone

SERVER, SECRET, AUTHORITY = b"s" * 32, b"k" * 16, b"a" * 32
OWNER = Someone()
NEW = KeyPair.generate()
BEFORE = OWNER.chain
OWNER.add(NEW)
AFTER = OWNER.chain


def refused(reason: Reason) -> Any:
    return pytest.raises(Untrusted, match=Untrusted(reason).args[0])


def joining(secret: bytes | None = None, *, by: str | None = "e_own", **more: Any) -> Joining:
    numbers = count(1)
    return Joining(
        Pairing(by=by, code="K7QM3F9X", secret=secret, **more),
        endpoint="e_new",
        server=SERVER,
        own=NEW,
        authority=AUTHORITY,
        random=lambda size: next(numbers).to_bytes(size, "big"),
    )


def said(says: list[Say]) -> Step:
    (one,) = says
    assert one.to == "e_own" and pairing_steps.read(pairing_steps.write(one.step)) == one.step
    return one.step


def vouch(**changes: Any) -> Vouch:
    fields = {"root": AFTER.root, "point": AFTER.point, "authority": AUTHORITY, "secret": SECRET, **changes}
    secret, point = fields.pop("secret"), fields["point"]
    proof = own_proof(secret, "K7QM3F9X", SERVER, NEW.public.identity, **fields)
    return Vouch(
        root=fields["root"],
        version=point.version,
        head=point.head,
        authority=fields["authority"],
        proof=proof,
    )


# -- by a link ------------------------------------------------------------------------------------------


def test_who_has_the_secret_proves_it_and_believes_who_proves_it_too() -> None:
    new = joining(SECRET)
    proof = said(new.begin())
    assert isinstance(proof, Proof)
    check_new(proof.proof, SECRET, "K7QM3F9X", SERVER, public(proof.keys))
    with refused(Reason.OUT_OF_TURN):
        new.check(AFTER.history, AFTER.endpoints)
    assert new.take("e_own", vouch()) == []
    new.check(AFTER.history, AFTER.endpoints)
    with refused(Reason.MISSING):
        new.check(BEFORE.history, BEFORE.endpoints)
    with refused(Reason.NOT_ACTIVE):
        new.check(AFTER.history, Endpoints())
    with refused(Reason.FORKED):
        new.check(History((b"x" * 32, b"y" * 32)), AFTER.endpoints)


@pytest.mark.parametrize(
    "wrong",
    [vouch(secret=b"x" * 16), vouch(authority=b"b" * 32), vouch(authority=b"")],
    ids=["another secret", "another authority", "no authority"],
)
def test_who_does_not_have_the_secret_or_believes_another_authority_is_refused(wrong: Vouch) -> None:
    new = joining(SECRET)
    with refused(Reason.WRONG_PROOF):
        new.take("e_own", wrong)
    with refused(Reason.OUT_OF_TURN):
        new.check(AFTER.history, AFTER.endpoints)


def test_without_a_secret_nobody_can_vouch() -> None:
    with refused(Reason.OUT_OF_TURN):
        joining().take("e_own", vouch())


# -- by digits ------------------------------------------------------------------------------------------


def own() -> PairingOwn:
    answer = Answer(b"n" * 32, OWNER.keys.public.identity, BEFORE.root, BEFORE.point)
    return PairingOwn("e_new", SERVER, answer)


def counter(point: Point = BEFORE.point) -> Counter:
    return Counter(
        nonce=b"n" * 32,
        identity=OWNER.keys.public.identity,
        root=BEFORE.root,
        version=point.version,
        head=point.head,
    )


def shown(new: Joining, there: PairingOwn) -> PairingOwn:
    """Both have got as far as the digits."""
    commit = said(new.take("e_own", Ask()))
    assert isinstance(commit, Commit) and new.digits is None
    there = there.committed(commit.commitment)
    reveal = said(new.take("e_own", counter()))
    assert isinstance(reveal, Reveal)
    return there.revealed(public(reveal.keys), reveal.nonce)


def test_both_show_the_same_digits_and_a_yes_here_believes_what_is_there() -> None:
    new = joining()
    assert isinstance(said(new.begin()), Commit)
    there = shown(new, own())
    assert new.digits == there.digits()
    with refused(Reason.OUT_OF_TURN):
        new.check(AFTER.history, AFTER.endpoints)
    assert new.compared(same=True) == [] and new.digits is None
    new.check(AFTER.history, AFTER.endpoints)
    with refused(Reason.FORKED):
        new.check(History((b"x" * 32, b"y" * 32)), AFTER.endpoints)


def test_a_no_here_tells_the_other_and_a_no_there_ends_it_here() -> None:
    new = joining()
    shown(new, own())
    assert isinstance(said(new.compared(same=False)), Stop) and new.digits is None
    shown(new, own())
    with refused(Reason.NOT_CONFIRMED):
        new.take("e_own", Stop())
    for compare in (True, False):
        with refused(Reason.OUT_OF_TURN):
            new.compared(same=compare)


def test_the_same_commitment_goes_out_until_it_is_answered_and_then_never_again() -> None:
    new = joining()
    first = said(new.begin())
    assert said(new.begin()) == said(new.take("e_own", Ask())) == first
    new.take("e_own", counter())
    digits = new.digits
    with refused(Reason.OUT_OF_TURN):
        new.take("e_own", counter())
    assert new.digits == digits
    assert said(new.take("e_own", Ask())) != first and new.digits is None


def test_digits_are_shown_three_times_unless_a_person_here_wants_more() -> None:
    new = joining()
    for _ in range(3):
        shown(new, own())
    assert isinstance(said(new.take("e_own", Ask())), Stop)
    assert isinstance(said(new.again()), Commit)


@pytest.mark.parametrize("step", [counter(), Done(), Stop()], ids=lambda step: type(step).__name__)
def test_nobody_else_has_a_part_in_it(step: Step) -> None:
    new = joining()
    new.begin()
    assert new.take("e_else", step) == [] and new.digits is None
    shown(new, own())
    digits = new.digits
    assert new.take("e_else", step) == [] and new.digits == digits


@pytest.mark.parametrize("step", [Done(), Commit(commitment=bytes(32))], ids=lambda step: type(step).__name__)
def test_what_means_nothing_here_changes_nothing(step: Step) -> None:
    new = joining()
    assert new.take("e_own", step) == []
    with refused(Reason.OUT_OF_TURN):
        new.check(AFTER.history, AFTER.endpoints)


def test_one_that_runs_beside_the_server_says_nothing_and_believes_where_it_is() -> None:
    new = joining(by=None, trusting=True)
    assert new.begin() == []
    new.check(AFTER.history, AFTER.endpoints)
    with refused(Reason.NOT_ACTIVE):
        new.check(BEFORE.history, BEFORE.endpoints)


# -- what is typed and what crosses the wire --------------------------------------------------------------


def test_a_code_is_read_with_and_without_its_secret() -> None:
    assert pairing_code.plain(" k7qm-3f9x ") == "K7QM3F9X"
    whole = pairing_code.with_secret("K7QM-3F9X", SECRET)
    assert len(whole) == 9 + 1 + 22 and pairing_code.split(whole) == ("K7QM-3F9X", SECRET)
    assert pairing_code.split("K7QM-3F9X\n") == ("K7QM-3F9X", None)
    for cut in (whole[:-1], whole[:10], f"{whole}A", whole.replace(".", ".?")):
        with pytest.raises(ValueError, match="incomplete"):
            pairing_code.split(cut)


@pytest.mark.parametrize("data", [b"", b"{}", b'{"v":1}', b'{"v":2,"step":"ask"}', b'{"v":1,"step":"dance"}'])
def test_steps_that_are_not_understood_are_nothing(data: bytes) -> None:
    assert pairing_steps.read(data) is None
    assert pairing_steps.read(b'{"v":1,"step":"ask","more":true}') == Ask()
