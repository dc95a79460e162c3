"""What the two ends of a call say to each other: every message in every state, and when media may flow."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from kith.core.trust.seal import Sealer
from kith.core.trust.untrusted import Reason, Untrusted
from kith.endpoint import body
from kith.endpoint.believing import Side
from kith.endpoint.sealed import Again, Confirmed, Conversation, Reach, Remote
from tests.unit.endpoint.conversing import Someone, ends, numbered, sdp

ANNA, BOB, EVE = Someone(), Someone(), Someone()


def refused(reason: Reason) -> Any:
    return pytest.raises(Untrusted, match=Untrusted(reason).args[0])


def remote(taken: object) -> Remote:
    assert isinstance(taken, Remote)
    return taken


def test_both_are_verified_once_both_have_signed_and_not_before() -> None:
    near, far = ends(ANNA, BOB)
    offer = near.offer(sdp(1))
    assert not near.verified
    assert remote(far.take(offer)) == Remote(sdp(1), bytes([1] * 32))
    answer = far.answer(sdp(2))
    assert not far.verified and not near.verified
    taken = remote(near.take(answer))
    assert (taken.sdp, taken.fingerprint) == (sdp(2), bytes([2] * 32)) and near.verified and not far.verified
    assert taken.confirm is not None and isinstance(far.take(taken.confirm), Confirmed)
    assert far.verified


def test_what_comes_again_brings_the_same_reply_and_changes_nothing() -> None:
    near, far = ends(ANNA, BOB)
    offer = near.offer(sdp(1))
    far.take(offer)
    assert far.take(offer) is None, "it is being answered"
    answer = far.answer(sdp(2))
    assert far.take(offer) == Again(answer)
    confirm = remote(near.take(answer)).confirm
    assert confirm is not None and near.take(answer) == Again(confirm)
    far.take(confirm)
    assert far.take(confirm) is None and far.take(offer) == Again(answer) and near.verified and far.verified


def test_candidates_may_come_at_any_time() -> None:
    near, far = ends(ANNA, BOB)
    line = body.CandidateLine(candidate="candidate:1", sdpMid="0", sdpMLineIndex=0)
    assert far.take(near.candidate(line)) == Reach(line)
    assert near.take(far.candidate(None)) == Reach(None)
    assert not near.verified and not far.verified


# -- every message in every state ----------------------------------------------------------------------


def at(state: str) -> tuple[Conversation, Conversation, dict[str, bytes]]:
    """Both ends in a state of the one that the message is for, and all messages of the other end's life."""
    near, far = ends(ANNA, BOB)
    said = {"offer": near.offer(sdp(1))}
    if state == "nothing was said":
        return near, far, said
    far.take(said["offer"])
    if state == "offered":
        return near, far, said
    said["answer"] = far.answer(sdp(2))
    if state == "answered":
        return near, far, said
    said["confirm"] = remote(near.take(said["answer"])).confirm or b""
    if state == "answer taken":
        return near, far, said
    far.take(said["confirm"])
    return near, far, said


def from_peer(own: Someone, peer: Someone, said: body.Body) -> bytes:
    """A body that the peer really sealed."""
    sealer = Sealer(peer.keys, own.keys.public, kind="call", call="c_1", epoch=0)
    return sealer.seal(body.write(said), b"n" * 12)


def description(kind: str, who: Someone, number: int, **changes: Any) -> body.Description:
    fields: dict[str, Any] = {
        "type": kind,
        "sdp": sdp(number),
        "nonce": bytes([number] * 32),
        "root": who.chain.root,
        "version": who.chain.point.version,
        "head": who.chain.point.head,
    }
    return body.Description(**{**fields, **changes})


OTHERS: dict[str, Callable[[Someone], body.Body]] = {
    "an offer": lambda who: description("offer", who, 9),
    "an answer": lambda who: description("answer", who, 9, signature=bytes(64)),
    "a confirmation": lambda who: body.Confirm(signature=bytes(64)),
}
TO_CALLER = {
    ("nothing was said", "an offer"): Reason.OUT_OF_TURN,
    ("nothing was said", "an answer"): Reason.BAD_SIGNATURE,  # its offer is out
    ("nothing was said", "a confirmation"): Reason.OUT_OF_TURN,
    ("answer taken", "an offer"): Reason.OUT_OF_TURN,
    ("answer taken", "an answer"): Reason.OUT_OF_TURN,
    ("answer taken", "a confirmation"): Reason.OUT_OF_TURN,
}
TO_CALLEE = {
    ("nothing was said", "an answer"): Reason.OUT_OF_TURN,
    ("nothing was said", "a confirmation"): Reason.OUT_OF_TURN,
    ("offered", "an offer"): Reason.OUT_OF_TURN,
    ("offered", "an answer"): Reason.OUT_OF_TURN,
    ("offered", "a confirmation"): Reason.OUT_OF_TURN,
    ("answered", "an offer"): Reason.OUT_OF_TURN,
    ("answered", "an answer"): Reason.OUT_OF_TURN,
    ("answered", "a confirmation"): Reason.BAD_SIGNATURE,
    ("verified", "an offer"): Reason.OUT_OF_TURN,
    ("verified", "an answer"): Reason.OUT_OF_TURN,
    ("verified", "a confirmation"): Reason.BAD_SIGNATURE,
}


@pytest.mark.parametrize(("state", "message"), TO_CALLER)
def test_the_caller_refuses_what_is_not_due(state: str, message: str) -> None:
    near, _, _ = at(state)
    verified = near.verified
    with refused(TO_CALLER[state, message]):
        near.take(from_peer(ANNA, BOB, OTHERS[message](BOB)))
    assert near.verified is verified


@pytest.mark.parametrize(("state", "message"), TO_CALLEE)
def test_the_callee_refuses_what_is_not_due(state: str, message: str) -> None:
    _, far, _ = at(state)
    verified = far.verified
    with refused(TO_CALLEE[state, message]):
        far.take(from_peer(BOB, ANNA, OTHERS[message](ANNA)))
    assert far.verified is verified


def test_after_what_was_refused_the_right_one_is_still_taken() -> None:
    near, far, said = at("answered")
    with refused(Reason.BAD_SIGNATURE):
        near.take(from_peer(ANNA, BOB, description("answer", BOB, 9, signature=bytes(64))))
    confirm = remote(near.take(said["answer"])).confirm
    assert near.verified and confirm is not None and isinstance(far.take(confirm), Confirmed)


# -- what is not believed --------------------------------------------------------------------------------


def test_an_answer_without_a_signature_is_refused_and_so_is_an_offer_with_one() -> None:
    near, _, _ = at("offered")
    with refused(Reason.BAD_SIGNATURE):
        near.take(from_peer(ANNA, BOB, description("answer", BOB, 9)))
    _, far, _ = at("nothing was said")
    with refused(Reason.MALFORMED):
        far.take(from_peer(BOB, ANNA, description("offer", ANNA, 9, signature=bytes(64))))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"root": EVE.chain.root}, Reason.FORKED),
        ({"head": bytes(32)}, Reason.FORKED),
        ({"version": 1}, Reason.MISSING),
        ({"sdp": "v=0"}, Reason.FINGERPRINT),
        ({"sdp": sdp(1) + sdp(2)}, Reason.FINGERPRINT),
    ],
)
def test_an_offer_that_names_somebody_else_is_refused(changes: dict[str, Any], reason: Reason) -> None:
    _, far, said = at("nothing was said")
    with refused(reason):
        far.take(from_peer(BOB, ANNA, description("offer", ANNA, 9, **changes)))
    assert remote(far.take(said["offer"])), "nothing has changed"


def test_what_is_not_sealed_by_the_other_end_for_this_call_and_epoch_does_not_open() -> None:
    near, far, said = at("nothing was said")
    plain = json.dumps({"v": 1, "kind": "description", "type": "offer", "sdp": sdp(1)}).encode()
    in_epoch_1, _ = ends(ANNA, BOB, epoch=1)
    by_eve, _ = ends(EVE, BOB)
    for data in (plain, b"", said["offer"][:-1], in_epoch_1.offer(sdp(1)), by_eve.offer(sdp(1))):
        with refused(Reason.UNREADABLE):
            far.take(data)
    with refused(Reason.UNREADABLE):
        near.take(said["offer"])


def test_an_endpoint_that_has_left_the_chain_since_is_refused_at_a_point_before_it_came() -> None:
    owner = Someone()
    first = owner.chain
    phone = Someone()
    owner.add(phone.keys)
    point = first.point
    peer = Side(owner.chain.history, phone.keys.public, owner.chain.endpoints)
    peer.accept(owner.chain.root, owner.chain.point)
    with refused(Reason.NOT_ACTIVE):
        peer.accept(owner.chain.root, point)


def test_signatures_of_another_epoch_or_the_other_role_are_worth_nothing() -> None:
    near, far, _ = at("offered")
    other, answering = ends(ANNA, BOB, epoch=1)
    answering.take(other.offer(sdp(1)))
    foreign = body.read(
        Sealer(ANNA.keys, BOB.keys.public, kind="call", call="c_1", epoch=1).open(answering.answer(sdp(2)))
    )
    assert isinstance(foreign, body.Description)
    with refused(Reason.BAD_SIGNATURE):
        near.take(from_peer(ANNA, BOB, foreign))
    answer = body.read(
        Sealer(ANNA.keys, BOB.keys.public, kind="call", call="c_1", epoch=0).open(far.answer(sdp(2)))
    )
    assert isinstance(answer, body.Description) and isinstance(answer.signature, bytes)
    with refused(Reason.BAD_SIGNATURE):
        far.take(from_peer(BOB, ANNA, body.Confirm(signature=answer.signature)))
    assert not near.verified and not far.verified


def test_another_version_or_kind_inside_the_seal_is_ignored() -> None:
    _, far, _ = at("nothing was said")
    sealer = Sealer(ANNA.keys, BOB.keys.public, kind="call", call="c_1", epoch=0)
    for said in (b'{"v":3,"kind":"description"}', b'{"v":2,"kind":"dance"}', b"{}"):
        assert far.take(sealer.seal(said, b"n" * 12)) is None
    with refused(Reason.MALFORMED):
        far.take(sealer.seal(b'{"v":2,"kind":"confirm"}', b"n" * 12))


def test_nobody_talks_to_themselves_or_says_things_twice() -> None:
    with refused(Reason.WEAK_KEY):
        Conversation(
            "caller", call="c_1", epoch=0, own=ANNA.keys, speaks=ANNA.side, peer=ANNA.side, random=numbered()
        )
    near, far = ends(ANNA, BOB)
    near.offer(sdp(1))
    with refused(Reason.OUT_OF_TURN):
        near.offer(sdp(1))
    with refused(Reason.OUT_OF_TURN):
        near.answer(sdp(1))
    with refused(Reason.OUT_OF_TURN):
        far.answer(sdp(2))
