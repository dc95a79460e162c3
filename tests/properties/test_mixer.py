"""Laws of the mixer's pure parts, for whatever may come."""

import numpy as np
from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters, RTCRtpParameters
from aiortc.rtp import HeaderExtensions, HeaderExtensionsMap, RtpPacket
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from media.mixer.aiortc_hooks import LEVEL
from media.mixer.control import Deframer, FromMixer, ToMixer, frame
from media.mixer.header import shape, stun_name
from media.mixer.limiter import Limiter
from media.mixer.mixes import plan
from media.mixer.numbering import Numbering
from media.mixer.reception import Reception
from media.mixer.rtcp import hear
from media.playout import unwrap
from tests.support.mixer_peers import FROM_MIXER, TO_MIXER

FRAME = 960


@given(st.binary(max_size=80), st.integers(0, 15))
def test_no_bytes_make_it_look_outside(data: bytes, extension: int) -> None:
    found = shape(data, 0, len(data), extension)
    if found is not None:
        assert 12 <= found.payload <= found.end <= len(data)
        assert found.level is None or 12 <= found.level < found.payload


@given(st.integers(1, 14), st.integers(1, 14), st.binary(min_size=1, max_size=40), st.integers(0, 127))
def test_as_aiortc_writes_them(mid: int, level: int, payload: bytes, loudness: int) -> None:
    if mid == level:
        return
    numbers = HeaderExtensionsMap()
    uris = {mid: "urn:ietf:params:rtp-hdrext:sdes:mid", level: LEVEL}
    numbers.configure(
        RTCRtpParameters(
            headerExtensions=[RTCRtpHeaderExtensionParameters(id=n, uri=uri) for n, uri in uris.items()]
        )
    )
    made = RtpPacket(payload_type=96, payload=payload)
    made.extensions = HeaderExtensions(mid="audio", audio_level=(True, loudness))
    data = made.serialize(numbers)
    found = shape(data, 0, len(data), level)
    assert found is not None and found.level is not None
    assert data[found.level] & 0x7F == loudness and data[found.payload : found.end] == payload


@given(st.binary(max_size=60))
def test_no_request_makes_it_fail(data: bytes) -> None:
    stun_name(b"\x00\x01" + data)
    stun_name(data)


@given(st.lists(st.tuples(st.integers(0, 0xFFFF), st.integers(0, 2**32 - 1), st.floats(0, 1e6)), max_size=50))
def test_every_report_fits_its_fields(packets: list[tuple[int, int, float]]) -> None:
    reception = Reception()
    for arrived, (sequence, timestamp, now) in enumerate(packets, 1):
        reception.note(sequence, timestamp, arrived, now)
        report = reception.report()
        assert report is not None
        assert 0 <= report.fraction <= 255 and 0 <= report.lost < 2**23
        assert 0 <= report.highest < 2**32 and 0 <= report.jitter < 2**32


@given(st.binary(max_size=120))
def test_whatever_comes_is_read_as_far_as_it_goes(data: bytes) -> None:
    hear(data, 7)
    hear(b"\x81\xc9\x00\x07" + data, 7)
    hear(b"\x81\xc8\x00\x06" + data, 7)


@settings(max_examples=50)
@given(st.lists(arrays(np.int32, FRAME, elements=st.integers(-128 * 32_768, 128 * 32_767)), max_size=4))
def test_whatever_is_summed_fits(frames: list[NDArray[np.int32]]) -> None:
    limiter = Limiter()
    for mixed in frames:
        out = limiter.limit(mixed)
        assert out.dtype == np.int16 and 0 < limiter.gain <= 1
        held = np.abs(mixed) > 0
        assert np.all(np.sign(out[held]) * np.sign(mixed[held]) >= 0), "never wraps round"


@given(st.lists(st.integers(1, 40)))
def test_messages_survive_any_cutting(cuts: list[int]) -> None:
    for kind, messages in ((ToMixer, TO_MIXER), (FromMixer, FROM_MIXER)):
        data = b"".join(map(frame, messages))
        deframer: Deframer[object] = Deframer(kind)
        found: list[object] = []
        for cut in cuts:
            found += deframer.feed(data[:cut])
            data = data[cut:]
        found += deframer.feed(data)
        assert tuple(found) == messages


ROOMS = st.sets(st.integers(0, 40)).flatmap(
    lambda seats: st.tuples(
        st.just(sorted(seats)),
        *(st.sets(st.sampled_from(sorted(seats))) if seats else st.just(set()) for _ in "12"),
    )
)


@given(ROOMS)
def test_everybody_hears_one_mix_of_all_who_talk_but_themselves(
    room: tuple[list[int], set[int], set[int]],
) -> None:
    seats, talkers, lossy = room
    mixes = plan(seats, talkers, lossy)
    heard = {listener: mix for mix in mixes for listener in mix.listeners}
    assert sum(len(mix.listeners) for mix in mixes) == len(seats) == len(heard)
    for seat, mix in heard.items():
        assert set(mix.voices) == talkers - {seat}
        assert mix.careful or seat not in lossy
    assert len(mixes) <= len(talkers) + 1
    assert all(mix.listeners for mix in mixes), "nothing is encoded that nobody hears"
    assert not any(mix.careful and not lossy & set(mix.listeners) for mix in mixes)


Steps = st.lists(
    st.one_of(st.none(), st.tuples(st.integers(1, 2), st.integers(0, 0xFFFF), st.integers(0, 2**32 - 1))),
    max_size=40,
)


@given(Steps)
def test_no_listener_sees_its_stream_go_back_for_good(steps: list[tuple[int, int, int] | None]) -> None:
    numbering = Numbering(0, 0)
    highest = 0
    for step in steps:
        if step is None:
            numbering.next()
        else:
            numbering.forward(*step)
        now = unwrap(numbering.sequence, highest, 16)
        assert now >= highest
        assert 0 <= numbering.sequence < 2**16 and 0 <= numbering.timestamp < 2**32
        highest = now
