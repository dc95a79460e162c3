"""Changes to session descriptions, as text. Pure."""

import re

_OPUS = re.compile(r"a=rtpmap:(\d+) opus/48000/2", re.IGNORECASE)


def tidy(sdp: str) -> str:
    """What aiortc wrote, as this endpoint means it.

    One certificate fingerprint, SHA-256: with several a receiver would have to decide which one counts (and the
    others are not worth their bytes). In-band FEC for Opus, which the playout uses and browsers send only
    if asked (RFC 7587 section 6.1).
    """
    lines: list[str] = []
    for line in sdp.splitlines():
        if line.startswith("a=fingerprint:") and not line.startswith("a=fingerprint:sha-256 "):
            continue
        lines.append(line)
        if opus := _OPUS.fullmatch(line):
            lines.append(f"a=fmtp:{opus[1]} minptime=10;useinbandfec=1")
    return "\r\n".join(lines) + "\r\n"


def still_gathering(sdp: str) -> str:
    """Without the word that no more candidates will come."""
    return "".join(f"{line}\r\n" for line in sdp.splitlines() if line != "a=end-of-candidates")


def relayed_only(sdp: str) -> str:
    """Without any address of this endpoint: no candidate but relayed ones, and those without their base."""
    lines = []
    for line in sdp.splitlines():
        if line.startswith("a=candidate:"):
            kept = relayed(line[2:])
            if kept is not None:
                lines.append(f"a={kept}")
        elif line.startswith("c="):
            lines.append("c=IN IP4 0.0.0.0")  # an ICE agent does not use it (RFC 8839 section 4.2.1.1)
        else:
            lines.append(line)
    return "\r\n".join(lines) + "\r\n"


def relayed(candidate: str) -> str | None:
    """A relayed candidate with its base blanked (RFC 8839 section 5.1); None for any other kind."""
    fields = candidate.split()
    if fields[6:8] != ["typ", "relay"]:
        return None
    for name, blank in (("raddr", "0.0.0.0"), ("rport", "9")):  # noqa: S104 - an address that is none
        if name in fields[:-1]:
            fields[fields.index(name) + 1] = blank
    return " ".join(fields)


def reachable(candidate: str) -> bool:
    """Whether a candidate line names an address at all.

    Browsers without camera permission hide theirs behind `.local` names, which need multicast DNS; such a
    browser still reaches us at our own address, which tells us its.
    """
    fields = candidate.split()
    return len(fields) >= 8 and not fields[4].endswith(".local") and fields[2].lower() == "udp"


def without_unreachable(sdp: str) -> str:
    """Drop candidates that name no address; if there were any, more may become known than the list says."""
    lines = sdp.splitlines()
    kept = [line for line in lines if not line.startswith("a=candidate:") or reachable(line[2:])]
    if len(kept) < len(lines):
        kept = [line for line in kept if line != "a=end-of-candidates"]
    return "\r\n".join(kept) + "\r\n"
