"""Where to dial, how long to wait before dialling again, and what makes it pointless. Pure."""

from yarl import URL

from kith.core.problem import Problem

FIRST_PAUSE = 0.25
LONGEST_PAUSE = 5.0
"""Seconds between attempts to connect. The server keeps a session 30 s: a longer pause could miss it."""


def origin_of(server: str) -> str:
    """The server's origin as a browser would name it: scheme and host in lower case, no default port.

    Raises ValueError unless `server` is an http or https address.
    """
    url = URL(server)
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("a server's address starts with https:// (or http://) and names a host")
    return str(url.origin())


def pause_before(attempt: int, fraction: float) -> float:
    """Seconds to wait before attempt 0, 1, 2 ... after a loss; `fraction` in [0, 1) is the jitter."""
    longest: float = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(attempt, 16))
    return longest * (0.5 + 0.5 * fraction)


class Unreachable(Exception):
    """The connection is closed for good, or cannot take more commands."""


class Refused(Unreachable):
    """The server knows this endpoint no more, or its key does not match: `problem` says which."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"the server refuses this endpoint: {problem.code}")
        self.problem = problem


class ServerChanged(Unreachable):
    """Whoever answers does not hold the server key that was pinned on enrolment."""


class Untrusted(Unreachable):
    """The server's certificate is not signed by an authority that this endpoint trusts."""


class Incompatible(Unreachable):
    """The server speaks another version of the protocol."""
