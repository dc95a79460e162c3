"""The slice of groups over a store in memory, a mixer that answers everybody, and people who have all opted in."""

from collections.abc import Collection, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, cast

from kith.core.ids import CallId, EndpointId, PersonId, new_call
from kith.core.keys import KeyPair
from kith.core.principal import Principal
from kith.core.trust.grants import Mode
from kith.directory.model import Endpoint, Person
from kith.directory.ports import DirectoryStore
from policy.child import Limits
from policy.group import Path
from signaling import protocol as wire
from signaling.call import RING_TIMEOUT, CallKind
from signaling.group import Group, Member, Place
from signaling.group_apart import Groups
from signaling.group_drop_ins import GroupDropIns
from signaling.group_facts import GroupFinder
from signaling.group_step import place_of, start
from signaling.grouping import Grouping
from signaling.live_group import LiveGroup
from signaling.rooms import Answer, NoRooms
from tests.support.group_bench import roster
from tests.support.switchboard import World

OFFER = "v=0\r\na=fingerprint:sha-256 " + ":".join(["AB"] * 32) + "\r\n"


class Shelf:
    """Implements signaling.group_board.GroupStore."""

    def __init__(self) -> None:
        self.groups: dict[CallId, Group] = {}
        self.missed: list[PersonId] = []

    async def add(self, group: Group) -> bool:
        return self.groups.setdefault(group.id, group) is group

    async def save(self, group: Group, missed: Collection[PersonId]) -> None:
        self.groups[group.id] = group
        self.missed += missed

    async def find(self, group: CallId) -> Group | None:
        return self.groups.get(group)

    async def live(self) -> Sequence[Group]:
        return [one for one in self.groups.values() if not one.over]


class Mixer(NoRooms):
    """Answers every offer, and remembers in which epochs it was made one."""

    available = True

    def __init__(self) -> None:
        self.offered: list[int] = []

    async def seat(self, room: CallId, endpoint: EndpointId, epoch: int, offer: str) -> Answer:
        del room, endpoint, offer
        self.offered.append(epoch)
        return Answer("v=0", bytes(32))


class Parents:
    """What they let children do."""

    def __init__(self) -> None:
        self.limited: dict[PersonId, Limits] = {}

    async def limits(self, persons: Collection[PersonId]) -> Mapping[PersonId, Limits]:
        return {one: self.limited[one] for one in persons if one in self.limited}


class Finder(GroupFinder):
    """Everybody has opted in whom there is."""

    async def opted_in(self, endpoints: Collection[Endpoint]) -> bool:
        return bool(endpoints)


class GroupWorld(World):
    """`drop_ins` and `spots` are what is decided about drop ins, as a test says."""

    def __init__(self) -> None:
        super().__init__()
        self.shelf, self.mixer, self.parents = Shelf(), Mixer(), Parents()
        self.told: list[PersonId] = []
        self.drop_ins: Any = SimpleNamespace()
        self.drop_in_facts: Any = SimpleNamespace()
        self.granting: Any = SimpleNamespace()
        self.grouping = self.once_more()

    def once_more(self) -> Grouping:
        """As after the process was started again."""
        directory = cast(DirectoryStore, self.people)
        self.groups = Groups(
            self.shelf,
            self.sessions,
            self.reachable,
            self.deadlines,
            self.clock,
            self.board.finder,
            self.notes,
            self.mixer,
            self._tell_missed,
        )
        finder = Finder(
            directory,
            self.granting,
            self.distances,
            self.parents,
            self.board.finder,
            self.drop_in_facts,
            self.drop_ins,
            self.reachable,
            self.clock,
        )
        going_on = GroupDropIns(
            self.groups,
            self.drop_in_facts,
            self.granting,
            directory,
            self.deadlines,
            self.clock,
            finder.opted_in,
        )
        return Grouping(
            self.groups,
            finder,
            going_on,
            directory,
            self.distances,
            self.sessions,
            self.mixer,
            KeyPair.generate(),
            self.clock,
            self._over_quota,
        )

    async def _tell_missed(self, person: PersonId) -> None:
        self.told.append(person)

    async def _over_quota(self, person: PersonId, wait: float) -> None:
        raise AssertionError((person, wait))

    def asked(self, person: Person, *endpoints: Endpoint, mode: Mode | None = None) -> Place:
        """Somebody is asked at these endpoints, all of which are there."""
        return place_of(
            person.id,
            {one.id: not one.shared for one in endpoints},
            frozenset(one.id for one in endpoints),
            person=person.id,
            household=person.household,
            until=self.now + RING_TIMEOUT,
            mode=mode,
        )

    async def begin(
        self,
        person: Person,
        at: Endpoint,
        *places: Place,
        path: Path = Path.MIXER,
        largest: int = 32,
    ) -> LiveGroup:
        """A group that `person` has started; a drop in where places have a mode."""
        new, effects = start(
            group=new_call(),
            kind=CallKind.CALL if places[0].mode is None else CallKind.DROP_IN,
            path=path,
            video=False,
            starter=Member(endpoint=at.id, place=person.id, order=0, personal=True),
            home=Place(target=person.id, person=person.id, household=person.household),
            places=places,
            roster=roster(),
            now=self.now,
            largest=largest,
        )
        faces = await self.board.finder.faces_for(new.people(), at.id, tuple(self.people.endpoints.values()))
        live = await self.groups.put_through(new, effects, faces)
        assert live is not None
        return live

    async def do(self, endpoint: Endpoint, command: Any) -> wire.AnyReply:
        """As who this endpoint is; on a shared one as whom the command names. Raises Problem."""
        person = command.as_person or endpoint.person
        principal = Principal(
            endpoint.id,
            endpoint.household,
            None if person is None else PersonId(person),
            endpoint.shared,
            registered=True,
        )
        return await self.grouping.carry_out(principal, command)

    async def join(self, endpoint: Endpoint, live: LiveGroup, as_person: str | None = None) -> wire.AnyReply:
        return await self.do(endpoint, wire.JoinGroup(id="j", call=live.group.id, as_person=as_person))

    async def leave(self, endpoint: Endpoint, live: LiveGroup) -> None:
        await self.do(endpoint, wire.LeaveGroup(id="l", call=live.group.id))
