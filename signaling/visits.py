"""Who is with whom in drop ins and groups, and who may be: what carries it out, and what of."""

from presence.active import Active
from signaling.activity import Activities
from signaling.announcing import Announcer
from signaling.drop_in_facts import DropInFinder
from signaling.dropping_in import DropIns
from signaling.given import Given
from signaling.granted import Granted
from signaling.group_apart import Groups
from signaling.group_drop_ins import GroupDropIns
from signaling.group_facts import GroupFinder
from signaling.grouping import Grouping


class Visits:
    """One object for drop ins, one for groups, and what both look at."""

    def __init__(self, given: Given, announcer: Announcer) -> None:
        directory, sessions, reachable = given.directory, given.sessions, given.reachable
        switchboard, deadlines, clock = given.switchboard, given.deadlines, given.clock
        granting, blocks, children = given.granting, given.blocks, given.children

        # who may drop in, and does
        active = Active()
        self.granted = granted = Granted(granting, directory, blocks, sessions, reachable, clock)
        drop_in_facts = DropInFinder(
            directory, granting, blocks, sessions, reachable, switchboard, children, clock
        )
        self.activities = Activities(
            active, granted, granting, drop_in_facts, directory, sessions, reachable, deadlines, clock
        )
        self.drop_ins = drop_ins = DropIns(
            switchboard,
            drop_in_facts,
            granting,
            directory,
            given.journal,
            deadlines,
            clock,
            lambda endpoint: active.last(endpoint) or 0.0,
            granted,
            announcer,
        )

        # who is together
        self.groups = groups = Groups(
            given.groups,
            sessions,
            reachable,
            deadlines,
            clock,
            switchboard.finder,
            given.journal,
            given.rooms,
            switchboard.announce_missed,
        )
        switchboard.beside = (groups,)
        group_facts = GroupFinder(
            directory,
            granting,
            blocks,
            children,
            switchboard.finder,
            drop_in_facts,
            drop_ins,
            reachable,
            clock,
            ringing=switchboard.bounds.ringing,
        )
        group_drop_ins = GroupDropIns(
            groups, drop_in_facts, granting, directory, deadlines, clock, group_facts.opted_in
        )
        drop_ins.also = (group_drop_ins,)
        self.grouping = Grouping(
            groups,
            group_facts,
            group_drop_ins,
            directory,
            blocks,
            sessions,
            given.rooms,
            given.keys,
            clock,
            switchboard.over_quota,
            longest=switchboard.bounds.longest,
            largest=switchboard.bounds.largest,
        )
