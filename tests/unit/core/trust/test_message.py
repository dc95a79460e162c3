"""Messages are sealed, signed and believed as tests/vectors/message.json says."""

import json
from typing import Any

import msgspec
import pytest

from kith.core.keys import KeyPair
from kith.core.trust import message as messages
from kith.core.trust.message import MessageEnvelope
from kith.core.trust.message_content import MAX_TEXT, Content, Voice, hashes_of, read, require_segment, write
from kith.core.trust.person import Chain, replay
from kith.core.trust.person_links import PersonLink
from kith.core.trust.untrusted import Reason, Untrusted
from tests.support.vectors import name_of, raw
from tools.vectors import message as written
from tools.vectors.form import endpoint, fixed
from tools.vectors.message import ID, KEY, sealed, unsealed
from tools.vectors.person import anna

FILE = json.loads(written.PATH.read_text())
NONCE = fixed("nonce")[:12]
ANNA, BEN = endpoint("anna-laptop"), endpoint("ben-phone")


def envelope_of(case: Any) -> MessageEnvelope:
    return msgspec.convert(case["envelope"], MessageEnvelope)


def refused(reason: Reason) -> Any:
    return pytest.raises(Untrusted, match=str(Untrusted(reason)))


def test_the_file_is_what_the_code_writes() -> None:
    assert written.PATH.read_text() == written.text()


# -- envelopes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", FILE["envelopes"], ids=name_of)
def test_envelope(case: Any) -> None:
    envelope, own = envelope_of(case), endpoint(case["keys"])
    content = case["content"].encode()
    assert messages.header(envelope) == raw(case["header"])
    assert messages.message(envelope) == raw(case["message"])
    assert messages.seal(envelope, own, content, raw(case["key"]), raw(case["nonce"])) == envelope
    messages.require_signed(envelope)
    assert messages.open_content(envelope, raw(case["key"])) == content


@pytest.mark.parametrize("case", FILE["envelopes_invalid"], ids=name_of)
def test_envelope_refused(case: Any) -> None:
    envelope = envelope_of(case)
    with refused(Reason(case["reason"])):
        messages.require_signed(envelope)
        messages.open_content(envelope, raw(case["key"]))


def test_what_does_not_fit_is_not_sealed() -> None:
    largest = bytes(messages.MAX_CONTENT)
    assert messages.open_content(sealed(largest), KEY) == largest
    for content, key, nonce in ((largest + b"x", KEY, NONCE), (b"", KEY[:-1], NONCE), (b"", KEY, NONCE[:-1])):
        with pytest.raises(ValueError, match="too much"):
            messages.seal(unsealed(), ANNA, content, key, nonce)


def test_the_longest_text_fits_however_it_is_written() -> None:
    for sign in ("x", "\U0001f35d", "\x01", '"'):
        content = Content(text=sign * MAX_TEXT)
        assert read(messages.open_content(sealed(write(content)), KEY)) == content


def _anna() -> tuple[Chain, KeyPair]:
    return replay(anna()), ANNA


def _from(chain: Chain, own: KeyPair = ANNA, **changes: Any) -> MessageEnvelope:
    point: dict[str, Any] = {"root": chain.root, "version": chain.point.version, "head": chain.point.head}
    return sealed(own=own, **(point | changes))


def test_an_endpoint_of_the_sender_is_believed_and_no_other() -> None:
    chain, _ = _anna()
    messages.require_sender(_from(chain), chain)
    with refused(Reason.NOT_ACTIVE):
        messages.require_sender(_from(chain, endpoint("mallory")), chain)
    with refused(Reason.UNKNOWN_PERSON):
        messages.require_sender(_from(chain, root=fixed("another")), chain)
    with refused(Reason.FORKED):
        messages.require_sender(_from(chain, head=fixed("another")), chain)
    with refused(Reason.MISSING):
        messages.require_sender(_from(chain, version=chain.point.version + 1), chain)


def test_a_shared_endpoint_is_believed_while_it_is_let() -> None:
    chain, kitchen = replay(anna()), endpoint("kitchen")
    envelope = _from(chain, kitchen)
    messages.require_sender(envelope, chain, frozenset({kitchen.public.identity}))
    with refused(Reason.NOT_ACTIVE):
        messages.require_sender(envelope, chain, frozenset({BEN.public.identity}))


@pytest.mark.parametrize("case", FILE["former"], ids=name_of)
def test_one_that_was_signed_out_since_was_an_endpoint_then(case: Any) -> None:
    chain, envelope = replay(msgspec.convert(case["links"], list[PersonLink])), envelope_of(case)
    keys = messages.require_former_sender(envelope, chain)
    assert (keys.identity, keys.sealing) == (envelope.identity, raw(case["sealing"]))
    with refused(Reason.NOT_ACTIVE):
        messages.require_sender(envelope, chain)


@pytest.mark.parametrize("case", FILE["former_invalid"], ids=name_of)
def test_one_that_never_was_or_was_out_already_is_not_believed_as_that(case: Any) -> None:
    chain = replay(msgspec.convert(case["links"], list[PersonLink]))
    with refused(Reason(case["reason"])):
        messages.require_former_sender(envelope_of(case), chain)


# -- keys, segments, own items ----------------------------------------------------------------------


@pytest.mark.parametrize("case", FILE["keys"], ids=name_of)
def test_key(case: Any) -> None:
    own, peer, envelope = endpoint(case["sender"]), endpoint(case["receiver"]), envelope_of(case)
    made = messages.seal_key(
        own, peer.public, envelope, "e_" + "b" * 20, raw(case["key"]), raw(case["nonce"])
    )
    assert made.key == raw(case["sealed"])
    assert messages.open_key(peer, own.public, envelope, made.key) == raw(case["key"])


@pytest.mark.parametrize("case", FILE["keys_invalid"], ids=name_of)
def test_key_refused(case: Any) -> None:
    own, peer = endpoint(case["receiver"]), endpoint(case["sender"])
    with refused(Reason.UNREADABLE):
        messages.open_key(own, peer.public, envelope_of(case), raw(case["sealed"]))


def test_a_key_is_opened_with_the_keys_of_whoever_signed() -> None:
    made = messages.seal_key(ANNA, BEN.public, sealed(), "e_" + "b" * 20, KEY, NONCE)
    with refused(Reason.WEAK_KEY):
        messages.open_key(BEN, endpoint("mallory").public, sealed(), made.key)
    with refused(Reason.WEAK_KEY):
        messages.seal_key(ANNA, ANNA.public, sealed(), "e_" + "b" * 20, KEY, NONCE)


@pytest.mark.parametrize("case", FILE["segments"], ids=name_of)
def test_segment(case: Any) -> None:
    index, last, body = case["index"], case["last"], raw(case["body"])
    assert messages.seal_segment(KEY, ID, index, body, last=last) == raw(case["sealed"])
    assert messages.open_segment(KEY, ID, index, raw(case["sealed"]), last=last) == body


@pytest.mark.parametrize("case", FILE["segments_invalid"], ids=name_of)
def test_segment_refused(case: Any) -> None:
    with refused(Reason.UNREADABLE):
        messages.open_segment(
            raw(case["key"]), case["message"], case["index"], raw(case["sealed"]), last=case["last"]
        )


@pytest.mark.parametrize("case", FILE["own"], ids=name_of)
def test_own_item(case: Any) -> None:
    own, peer = endpoint(case["sender"]), endpoint(case["receiver"])
    about = case["item"], case["topic"]
    made = messages.seal_own(own, peer.public, *about, raw(case["body"]), raw(case["nonce"]))
    assert made == raw(case["sealed"])
    assert messages.open_own(peer, own.public, *about, made) == raw(case["body"])


@pytest.mark.parametrize("case", FILE["own_invalid"], ids=name_of)
def test_own_item_refused(case: Any) -> None:
    own, peer = endpoint(case["receiver"]), endpoint(case["sender"])
    with refused(Reason.UNREADABLE):
        messages.open_own(own, peer.public, case["item"], case["topic"], raw(case["sealed"]))


def test_neither_too_much_nor_one_too_many() -> None:
    with pytest.raises(ValueError, match="too much"):
        messages.seal_segment(KEY, ID, 0, bytes(messages.MAX_SEGMENT + 1), last=True)
    with pytest.raises(ValueError, match="one too many"):
        messages.seal_segment(KEY, ID, messages.MAX_SEGMENTS, b"", last=True)
    with pytest.raises(ValueError, match="too much"):
        messages.seal_own(ANNA, BEN.public, ID, "history", bytes(messages.MAX_OWN_ITEM + 1), NONCE)


# -- contents ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", FILE["contents"], ids=name_of)
def test_content(case: Any) -> None:
    read(case["content"].encode())


@pytest.mark.parametrize("case", FILE["contents_invalid"], ids=name_of)
def test_content_refused(case: Any) -> None:
    with refused(Reason.MALFORMED):
        read(case["content"].encode())


def test_a_piece_that_another_reader_sealed_is_not_opened() -> None:
    sealed_pieces = [messages.seal_segment(KEY, ID, index, b"x", last=index == 1) for index in range(2)]
    voice = Voice(seconds=1.0, segments=2, bytes=2, hashes=hashes_of(sealed_pieces))
    for index, piece in enumerate(sealed_pieces):
        require_segment(voice, index, piece)
    other = messages.seal_segment(KEY, ID, 0, b"y", last=False)
    for index, piece in ((0, other), (1, sealed_pieces[0]), (2, sealed_pieces[0])):
        with refused(Reason.UNREADABLE):
            require_segment(voice, index, piece)
