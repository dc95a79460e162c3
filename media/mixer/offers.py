"""What is read of an offer before anything is built from it, and what is left of an answer. Pure."""

import re

MOST_LINES = 1_000
MOST_MEDIA = 4
"""A page's offer has one or two; each costs a description in the answer."""


class BadOffer(Exception):
    """It is no offer that a mixer answers; the text says what is wrong, and repeats nothing of it."""


def tidy_offer(sdp: str) -> str:
    """The offer without candidates. Raises BadOffer.

    A mixer answers checks and begins none, so it needs no candidates: an offer can neither make it send to where
    somebody chose, nor wait for names of a local network to be resolved.
    """
    lines = sdp.splitlines()
    if len(lines) > MOST_LINES:
        raise BadOffer("it is too long")
    media = [line for line in lines if line.startswith("m=")]
    if not 1 <= len(media) <= MOST_MEDIA:
        raise BadOffer("no media, or too many")
    if sum(line.startswith("m=audio ") for line in media) < 1 or not all(
        re.match(r"m=(audio|video) \d+ UDP/TLS/RTP/SAVPF ", line) for line in media
    ):
        raise BadOffer("it takes one audio, and answers further audio and video as inactive")
    if not any(line.lower().startswith("a=fingerprint:sha-256 ") for line in lines):
        raise BadOffer("no fingerprint")
    _check_bundle(lines, len(media))
    return (
        "\r\n".join(line for line in lines if not line.startswith(("a=candidate:", "a=end-of-candidates")))
        + "\r\n"
    )


def _check_bundle(lines: list[str], media: int) -> None:
    """All media over one transport (RFC 9143)."""
    groups = [line.split()[1:] for line in lines if line.startswith("a=group:BUNDLE")]
    names = [line.removeprefix("a=mid:").strip() for line in lines if line.startswith("a=mid:")]
    if media > 1 and (len(groups) != 1 or len(names) != media or set(groups[0]) != set(names)):
        raise BadOffer("its media is not bundled")


def tidy_answer(sdp: str) -> str:
    """The answer with one fingerprint, SHA-256: the one that is signed."""
    lines = sdp.splitlines()
    return (
        "\r\n".join(
            line
            for line in lines
            if not line.startswith("a=fingerprint:") or line.startswith("a=fingerprint:sha-256 ")
        )
        + "\r\n"
    )
