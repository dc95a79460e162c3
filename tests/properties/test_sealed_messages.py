"""What is sealed comes out as it went in, and nothing of it may change on its way."""

from collections.abc import Callable
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kith.core.trust import message as messages
from kith.core.trust.message_content import MAX_TEXT, Content, read, write
from kith.core.trust.untrusted import Untrusted
from tools.vectors.form import endpoint, fixed
from tools.vectors.message import ID, KEY, sealed

ANNA, BEN = endpoint("anna-laptop"), endpoint("ben-phone")
NONCE = fixed("nonce")[:12]

_bytes = st.binary(max_size=300)


@given(_bytes)
def test_a_content_comes_out_as_it_went_in(content: bytes) -> None:
    envelope = sealed(content)
    messages.require_signed(envelope)
    assert messages.open_content(envelope, KEY) == content


@given(st.text(min_size=1, max_size=MAX_TEXT))
def test_every_text_is_written_and_read(text: str) -> None:
    assert read(messages.open_content(sealed(write(Content(text=text))), KEY)).text == text


@given(st.data())
def test_no_byte_of_an_envelope_may_change(data: st.DataObject) -> None:
    """What the server named, and nothing else, is not signed."""
    envelope = sealed(b"Dinner?")
    field = data.draw(
        st.sampled_from(
            [one for one in envelope.__struct_fields__ if one not in ("person", "endpoint", "kind")]
        )
    )
    value = getattr(envelope, field)
    changed: object
    if isinstance(value, int):
        changed = data.draw(st.integers(0, 2**53 - 1).filter(lambda one: one != value))
    elif isinstance(value, str):
        changed = data.draw(st.from_regex(r"m_[0-9a-z]{20}", fullmatch=True).filter(lambda one: one != value))
    else:
        at = data.draw(st.integers(0, len(value) - 1))
        changed = value[:at] + bytes([value[at] ^ data.draw(st.integers(1, 255))]) + value[at + 1 :]
    with pytest.raises(Untrusted):
        messages.require_signed(msgspec.structs.replace(envelope, **{field: changed}))


@given(_bytes, st.integers(0, messages.MAX_SEGMENTS - 1), st.booleans(), st.data())
def test_a_segment_opens_in_its_place_and_as_it_was(
    body: bytes, index: int, last: bool, data: st.DataObject
) -> None:
    piece = messages.seal_segment(KEY, ID, index, body, last=last)
    assert messages.open_segment(KEY, ID, index, piece, last=last) == body
    other = data.draw(st.integers(0, messages.MAX_SEGMENTS - 1).filter(lambda one: one != index))
    at = data.draw(st.integers(0, len(piece) - 1))
    flipped = piece[:at] + bytes([piece[at] ^ 1]) + piece[at + 1 :]
    for wrong, place, end in ((piece, other, last), (piece, index, not last), (flipped, index, last)):
        with pytest.raises(Untrusted):
            messages.open_segment(KEY, ID, place, wrong, last=end)


@given(_bytes, st.sampled_from(["transcript", "history"]), st.binary(min_size=12, max_size=12))
def test_an_own_item_is_for_one_endpoint_and_from_one(body: bytes, topic: str, nonce: bytes) -> None:
    made = messages.seal_own(ANNA, BEN.public, ID, topic, body, nonce)
    assert messages.open_own(BEN, ANNA.public, ID, topic, made) == body
    for reader, writer in ((ANNA, BEN), (endpoint("mallory"), ANNA), (BEN, endpoint("mallory"))):
        with pytest.raises(Untrusted):
            messages.open_own(reader, writer.public, ID, topic, made)


@given(st.binary(max_size=200))
def test_whatever_comes_instead_of_what_was_sealed_is_refused_and_no_more(junk: bytes) -> None:
    envelope = msgspec.structs.replace(sealed(), ciphertext=junk)
    openings: tuple[Callable[[], bytes], ...] = (
        lambda: messages.open_content(envelope, KEY),
        lambda: messages.open_key(BEN, ANNA.public, envelope, junk),
        lambda: messages.open_segment(KEY, ID, 0, junk, last=True),
        lambda: messages.open_own(BEN, ANNA.public, ID, "history", junk),
    )
    for opening in openings:
        with pytest.raises(Untrusted):
            opening()
    with suppress(Untrusted):  # it may be a content by chance, and raises nothing else
        read(junk)
