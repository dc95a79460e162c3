"""Who is in a group, as its members have signed it to each other: what this endpoint holds of that, believes and signs.

A roster takes in only those who were asked and whom its signer believes to be who they are. Each endpoint makes sure of
every member once more before a connection is made: the server's word is enough for nobody.
"""

import logging
from collections.abc import Callable, Mapping

from kith.core.keys import KeyPair
from kith.core.trust import group
from kith.core.trust.group import GroupMember, GroupRoster
from kith.core.trust.history import Known
from kith.core.trust.household import Roster
from kith.core.trust.untrusted import Reason, Untrusted, require
from kith.endpoint.believing import public
from kith.endpoint.identities import End, Identities, Meeting
from kith.endpoint.meeting import MAY_BE_NEW
from kith.endpoint.rosters import Rosters
from policy.group import Path
from signaling.call import CallKind
from signaling.protocol import GroupView, MemberView

log = logging.getLogger(__name__)

Place = tuple[str, int]
"""An endpoint by id, and its order: whoever comes back has another one, and is somebody new."""


def place(member: MemberView) -> Place:
    return member.endpoint, member.order


class Fellowship:
    """`rosters` are those of other households, `now` gives Unix seconds. `changed`: whether to go on with somebody
    whose identity is another one than before."""

    def __init__(
        self,
        call: str,
        identities: Identities,
        keys: KeyPair,
        *,
        rosters: Rosters,
        now: Callable[[], float],
        changed: Callable[[MemberView], bool],
    ) -> None:
        self.roster: GroupRoster | None = None
        """The newest that is believed."""
        self.since = now()
        """When this endpoint heard of the group."""
        self._call = call
        self._identities = identities
        self._keys = keys
        self._rosters = rosters
        self._now = now
        self._changed = changed
        self._before: Mapping[str, Known] = identities.memory.persons
        """Whom this endpoint had met before the group."""
        self._met: dict[Place, Meeting] = {}
        self._doubted: set[Place] = set()
        self._barred: set[bytes] = set()
        """Whom a person here has taken out for good, as rosters name them."""
        self._signed: tuple[int, list[GroupMember], set[bytes]] | None = None
        """What was signed last: after which version, who is in it, and who is newly out for good."""

    # -- beginning ------------------------------------------------------------------------------------

    async def begin(
        self, person: str | None, invited: frozenset[bytes], *, kind: CallKind, path: Path
    ) -> GroupRoster:
        """The first roster: this endpoint alone, which speaks for `person` (an id; None: its household). Raises
        Untrusted, Unreachable."""
        root = await self.root_of(person)
        time = int(self._now())
        self.roster = group.first(
            self._call, self._keys, root, invited, time=time, kind=kind.value, path=path.value
        )
        return self.roster

    async def root_of(self, person: str | None) -> bytes:
        """What a roster names who speaks for a person, or for the own household, by. Raises Untrusted, Unreachable."""
        if person is not None:
            return (await self._identities.person(person)).chain.root
        household = await self._identities.household()
        if household is None:
            raise Untrusted(Reason.UNKNOWN_PERSON)
        return household.root

    def invite(self, invited: frozenset[bytes]) -> GroupRoster | None:
        """The roster that asks these besides, signed here; None where this endpoint holds none."""
        known = self.roster
        if known is None:
            return None
        return group.following(known, self._keys, known.members, time=int(self._now()), invited=invited)

    def bar(self, member: MemberView) -> None:
        """They are out for good, by whoever began it: a person wherever they are, a room's device itself."""
        known = self._met.get(place(member))
        speaks = known is not None and member.person is not None
        self._barred.add(known.peer.root if known is not None and speaks else member.keys.identity)

    # -- what the others sign -------------------------------------------------------------------------

    def follow(self, view: GroupView) -> None:
        """A later roster than the one that is held, at once. Raises Untrusted where it must not be gone by."""
        new, known = view.roster, self.roster
        if new is None or known is None or new.version <= known.version:
            return
        require_fits(self._call, view, new)
        own = own_of(view)
        if own is not None and self.stands(own) and own.keys.identity not in group.identities(new):
            return  # one member alone throws nobody out: that is the starter's, and the server would say so
        self.roster = group.accept(known, new, self._keys.public.identity)

    async def take_first(self, view: GroupView) -> None:
        """The first roster that this endpoint sees, unless it has one: signed by who started the group, or by somebody
        it had met before. Anybody else could have made up the members. Raises Untrusted, Unreachable."""
        new = view.roster
        if new is None or self.roster is not None:
            return
        require_fits(self._call, view, new)
        if self._keys.public.identity not in group.identities(new):
            return  # it has not been taken in yet
        signer = next((one for one in view.members if one.keys.identity == new.signer), None)
        if signer is None:
            raise Untrusted(Reason.UNKNOWN_PERSON)
        meeting = await self.meet(view, signer)
        began = is_starter(view, signer)
        if not began and not self._knew(meeting.peer.root):
            raise Untrusted(Reason.UNKNOWN_PERSON)
        by = next(one for one in new.members if one.identity == new.signer)
        require(by.root == meeting.peer.root, Reason.FORKED)
        require(not began or new.starter == by.root, Reason.FORKED)
        self.roster = group.accept(None, new, self._keys.public.identity)

    def _knew(self, root: bytes) -> bool:
        """Whether this is somebody whom the endpoint had met before, or its own household."""
        at_home = self._identities.memory.household
        met = any(known.root == root for known in self._before.values())
        return met or (at_home is not None and at_home.root == root)

    # -- who they are ---------------------------------------------------------------------------------

    async def meet(self, view: GroupView, member: MemberView, *, anew: bool = False) -> Meeting:
        """Who this endpoint and the member are. Raises Untrusted, Unreachable."""
        known = self._met.get(place(member))
        if known is not None and not anew:
            return known
        ends = End(view.own_person, self._keys.public), End(member.person, public(member.keys))
        lives = await self._elsewhere(member)
        try:
            meeting = await self._identities.meet_as(*ends, anew=anew, lives=lives)
        except Untrusted as untrusted:
            if anew or untrusted.reason not in MAY_BE_NEW:
                raise
            meeting = await self._identities.meet_as(*ends, anew=True, lives=lives)
        if meeting.changed is not None:
            require(self._changed(member), Reason.FORKED)
            await self._identities.accept(meeting.changed)
        if known is not None:
            require(known.peer.root == meeting.peer.root, Reason.FORKED)
        self._met[place(member)] = meeting
        return meeting

    async def _elsewhere(self, member: MemberView) -> Roster | None:
        """The household for which a room speaks that is not this one's: that which the group's roster says. Whoever
        took it in lives there, or knows it."""
        stands = self.stands(member)
        if member.person is not None or stands is None:
            return None
        own = await self._identities.household()
        if own is not None and own.root == stands.root:
            return None
        found = await self._rosters.of((stands.root,))
        return found[0][0] if found else None

    def stands(self, member: MemberView) -> GroupMember | None:
        """Where the newest roster has this member, if it does."""
        members = () if self.roster is None else self.roster.members
        wanted = (member.keys.identity, member.order)
        return next((one for one in members if (one.identity, one.order) == wanted), None)

    def others(self, view: GroupView) -> dict[Place, MemberView]:
        """All but this endpoint who are members by the newest roster and by the server's word."""
        return {place(one): one for one in view.members if one.endpoint != view.own and self.stands(one)}

    async def sure_of(self, view: GroupView, member: MemberView) -> Meeting:
        """The same as `meet`, and that the roster means the same one. Raises Untrusted, Unreachable."""
        meeting, stands = await self.meet(view, member), self.stands(member)
        if stands is None:
            raise Untrusted(Reason.NOT_A_MEMBER)
        require(stands.root == meeting.peer.root, Reason.FORKED)
        return meeting

    # -- what this endpoint signs ---------------------------------------------------------------------

    def turn(self, view: GroupView) -> bool | None:
        """Whether it is for this endpoint to sign what has changed: True at once, None if the one before it in order
        does not, False while others come first."""
        if self._barred and self.roster is not None and not self._barred <= set(self.roster.removed):
            return True  # whoever began it says that, and nobody else can
        own = own_member(view)
        others = self.others(view).values()
        if all(own.order < one.order for one in others):
            return True
        return None if all(own.order < one.order for one in others if one.connected) else False

    async def next(self, view: GroupView) -> GroupRoster | None:
        """The roster for the members that there are now; None where the newest one is that already. Raises
        Unreachable."""
        known = self.roster
        if known is None or self.stands(own_member(view)) is None:
            return None
        members = [
            found for one in view.members if (found := await self._taken_in(view, known, one)) is not None
        ]
        barred = self._barred - set(known.removed)
        same = {one.identity for one in members} == group.identities(known)
        if not barred and same and all(one in known.members for one in members):
            return None
        if self._signed == (known.version, members, barred):
            return None  # the server has it, or has had another one first
        self._signed = (known.version, members, barred)
        return group.following(known, self._keys, members, time=int(self._now()), removed=barred)

    def refused(self) -> None:
        """The server does not have what was signed last: it is to be signed again."""
        self._signed = None

    async def _taken_in(self, view: GroupView, known: GroupRoster, member: MemberView) -> GroupMember | None:
        """As the next roster has them: only who was asked, and is who they are said to be."""
        if (stands := self.stands(member)) is not None:
            return None if self._barred & {stands.root, stands.identity} else stands
        if place(member) in self._doubted:
            return None
        try:
            peer = (await self.meet(view, member)).peer
            root, identity = peer.root, peer.keys.identity
            require(identity == member.keys.identity, Reason.FORKED)
            require(root in known.invited, Reason.NOT_INVITED)
            require(not group.is_removed(known, root, identity), Reason.NOT_INVITED)
            require(not self._barred & {root, identity}, Reason.NOT_INVITED)
            require(all(member.order > one.order for one in known.members), Reason.OUT_OF_ORDER)
        except Untrusted as untrusted:
            log.warning("somebody is not taken into a group: %s", untrusted.reason)
            self._doubted.add(place(member))
            return None
        return GroupMember(identity=identity, root=root, order=member.order)


def fits(call: str, view: GroupView, roster: GroupRoster) -> bool:
    """Whether it was signed for this group, and for the kind and the way that the server shows."""
    return (roster.call, roster.kind, roster.path) == (call, view.kind.value, view.path.value)


def require_fits(call: str, view: GroupView, roster: GroupRoster) -> None:
    """Raises Untrusted where it does not."""
    require(fits(call, view, roster), Reason.FORKED)


def is_starter(view: GroupView, member: MemberView) -> bool:
    """Whether this is the endpoint at which the group was started, and the person whose name is shown for that."""
    by = view.started_by
    return (member.endpoint, member.person, member.keys.identity) == (by.endpoint, by.person, by.identity)


def own_of(view: GroupView) -> MemberView | None:
    """This endpoint, as the server has it among the members; None where it is none."""
    return next((one for one in view.members if one.endpoint == view.own), None)


def own_member(view: GroupView) -> MemberView:
    """The same. Raises Untrusted where it is none."""
    found = own_of(view)
    if found is None:
        raise Untrusted(Reason.LEFT_OUT)
    return found
