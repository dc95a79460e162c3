"""What is read of an offer before anything is built from it."""

import pytest

from media.mixer.offers import BadOffer, tidy_answer, tidy_offer

AUDIO = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=fingerprint:sha-256 AA:BB\r\n"
VIDEO = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\n"


def test_candidates_are_left_out() -> None:
    offer = "v=0\r\n" + AUDIO + "a=candidate:1 1 udp 1 10.0.0.1 9 typ host\r\na=end-of-candidates\r\n"
    assert tidy_offer(offer) == "v=0\r\n" + AUDIO


def test_video_may_be_bundled_with_it() -> None:
    offer = "v=0\r\na=group:BUNDLE 0 1\r\n" + AUDIO + VIDEO
    assert tidy_offer(offer) == offer


@pytest.mark.parametrize(
    "offer",
    [
        "",
        "v=0\r\n",
        "v=0\r\n" + VIDEO,
        "v=0\r\n" + AUDIO + VIDEO,  # not bundled
        "v=0\r\na=group:BUNDLE 0\r\n" + AUDIO + VIDEO,  # not all of it
        "v=0\r\n" + AUDIO.replace("a=fingerprint", "a=other"),
        "v=0\r\n" + AUDIO.replace("UDP/TLS/RTP/SAVPF", "RTP/AVP"),
        "v=0\r\n" + AUDIO + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n",
        "v=0\r\na=group:BUNDLE 0 0 0 0 0\r\n" + 5 * AUDIO,
        "v=0\r\n" + AUDIO + 1_000 * "a=x\r\n",
    ],
)
def test_what_no_mixer_answers(offer: str) -> None:
    with pytest.raises(BadOffer):
        tidy_offer(offer)


def test_an_answer_keeps_the_fingerprint_that_is_signed() -> None:
    answer = "v=0\r\na=fingerprint:sha-256 AA\r\na=fingerprint:sha-384 BB\r\na=fingerprint:sha-512 CC\r\n"
    assert tidy_answer(answer) == "v=0\r\na=fingerprint:sha-256 AA\r\n"
