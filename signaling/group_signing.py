"""What the server asks of a roster before it is passed on. It can sign none, and believes none on anybody's behalf."""

from kith.core.problem import Code, Problem
from kith.core.trust.group import GroupRoster, check
from kith.core.trust.untrusted import Reason, Untrusted
from kith.directory.model import Endpoint
from signaling.live_group import LiveGroup

SOON = 300
"""Seconds by which a roster may be ahead of the clock here."""


def require_follows(
    endpoint: Endpoint | None, roster: GroupRoster, known: GroupRoster | None, now: float
) -> None:
    """Raises Problem unless it follows the one that is known, and was signed by this very endpoint. Whom it takes in is
    not the server's to say."""
    if endpoint is None or roster.signer != endpoint.keys.identity or roster.time > now + SOON:
        raise Problem(Code.UNTRUSTED, path="roster")
    try:
        check(roster, known)
    except Untrusted as untrusted:
        raise Problem(Code.UNTRUSTED, path="roster", data={"reason": untrusted.reason}) from None


def require_there(live: LiveGroup, roster: GroupRoster) -> None:
    """Raises Problem where it takes in anybody who does not take part, or leaves out somebody who does and was in the
    one before: no member throws another one out, or brings one along."""
    faces, before = live.faces.endpoints, live.group.roster.members
    there = {
        (faces[one.endpoint].keys.identity, one.order)
        for one in live.group.members.values()
        if one.endpoint in faces
    }
    new = {(one.identity, one.order) for one in roster.members}
    if new - there or ({(one.identity, one.order) for one in before} & there) - new:
        raise Problem(Code.UNTRUSTED, path="roster", data={"reason": Reason.NOT_THERE})


def require_newest(live: LiveGroup, roster: GroupRoster) -> None:
    """Raises Problem where another one was faster."""
    if live.group.roster != roster:
        raise Problem(Code.UNTRUSTED, path="roster", data={"reason": Reason.FORKED})
