"""What is known of those in a mixed group, where no connection is signed by any of them.

Who began it has signed version 0 of its roster, for this group as one that is mixed, and not long ago, and has asked
whoever this endpoint speaks for. The others are those that the server names, each in a chain that is believed; it is
the server that mixes what they say.
"""

from kith.core.trust import group
from kith.core.trust.untrusted import Reason, Untrusted, require
from kith.endpoint.group_roster import Fellowship, require_fits
from kith.endpoint.identities import Meeting
from policy.grants import SOON
from signaling.protocol import GroupView, MemberView


async def began(fellowship: Fellowship, view: GroupView, member: MemberView) -> Meeting:
    """Who the member is; if it is the one who began the group, that they did. Raises Untrusted, Unreachable."""
    meeting = await fellowship.meet(view, member)
    if not member.starter:
        return meeting
    roster = view.roster
    if roster is None:
        raise Untrusted(Reason.MISSING)
    group.check(roster, None)
    first = roster.members[0]
    require_fits(view.id, view, roster)
    require(roster.version == 0 and member.person == view.started_by.person, Reason.FORKED)
    require(roster.signer == meeting.peer.keys.identity == member.keys.identity, Reason.NOT_ACTIVE)
    require(first.root == meeting.peer.root, Reason.FORKED)
    require(meeting.own.root in roster.invited, Reason.NOT_INVITED)
    require(abs(fellowship.since - roster.time) <= SOON, Reason.STALE)
    return meeting
