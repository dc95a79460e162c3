"""Several endpoints' groups in one process, and between them a server as simple as can be: who joins is in, what is
signed is passed on. It lies only where a test makes it."""

import asyncio
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from kith.core.capabilities import Capabilities
from kith.core.problem import Code, Problem
from kith.core.trust import group as rosters
from kith.core.trust.group import GroupRoster
from kith.core.trust.untrusted import Reason, Untrusted
from kith.endpoint.equipment import Equipment
from kith.endpoint.group import Group
from kith.endpoint.group_mesh import Mesh
from kith.endpoint.group_pair import Gear, Pair
from kith.endpoint.group_roster import Fellowship
from kith.endpoint.ice_hooks import Helpers
from kith.endpoint.identities import End, Identities, Meeting
from kith.endpoint.rosters import Rosters
from kith.endpoint.wire import Wire
from media.tones import Samples
from policy.group import Path
from signaling import protocol
from signaling.call import CallKind, EndReason
from signaling.group import GroupPhase
from signaling.protocol import GroupView, MemberView, StarterView
from signaling.views import keys_view
from tests.support.sound import tones
from tests.unit.endpoint.conversing import Someone

CALL = "c_" + "1" * 20
GENEROUS = 20.0


class Guest:
    """An endpoint with a person of its own, of which only the group is there. Listens to it."""

    def __init__(self, hall: "Hall", number: int, hertz: float, *, camera: bool = False) -> None:
        self.number = number
        self.hertz = hertz
        self.someone = Someone()
        self.hall = hall
        self.met_before = True
        self.happened: list[tuple[Any, ...]] = []
        self.frames: dict[str, int] = {}
        self.capabilities = Capabilities(camera=camera, screen=camera)
        self.equipment = Equipment(
            {
                "microphone": f"tone:{hertz}" if hertz else "silence",
                "speaker": "null",
                "camera": "pattern" if camera else "none",
                "screen": camera,
            },
            changed=lambda: None,
            own_frame=lambda frame: None,
        )
        self.fellowship: Fellowship
        self._sound: list[Samples] = []
        self._grown = asyncio.Event()
        self.group: Group
        self.hidden: set[int] = set()
        """Numbers of guests that the server shows to everybody but this one."""

    @property
    def person(self) -> str:
        return "p_" + f"{self.number:020d}"

    @property
    def endpoint(self) -> str:
        return "e_" + f"{self.number:020d}"

    @property
    def mesh(self) -> Mesh:
        assert isinstance(self.group.way, Mesh)
        return self.group.way

    def pair(self, other: "Guest") -> Pair | None:
        return self.mesh.pair(other.endpoint)

    # -- what it does ---------------------------------------------------------------------------------

    def ring(self, *, rang: bool) -> None:
        identities = cast("Identities", _Acquaintances(self))
        self.fellowship = Fellowship(
            CALL,
            identities,
            self.someone.keys,
            rosters=cast("Rosters", None),
            now=time.time,
            changed=lambda member: False,
        )
        wire = cast("Wire", _Wire(self))
        self.group = Group(
            self.hall.view(self),
            wire=wire,
            gear=Gear(self.equipment, cast("Any", wire).ice, self.someone.keys),
            way=lambda group, ground: Mesh(group.view, self.fellowship, ground, group, held=False),
            listener=self,
            rang=rang,
        )

    async def start(self, *invited: "Guest") -> None:
        self.ring(rang=False)
        self.hall.roster = await self.fellowship.begin(
            self.person,
            frozenset(one.someone.chain.root for one in invited),
            kind=CallKind.CALL,
            path=Path.MESH,
        )
        self.hall.join(self)

    async def join(self) -> None:
        self.ring(rang=True)
        await self.group.answer()

    async def connected_with(self, *others: "Guest") -> None:
        def all_are() -> bool:
            return all(
                (pair := self.pair(one)) is not None and pair.current is not None and pair.verified
                for one in others
            )

        await self.until(all_are, "connections")

    async def hears(self, *hertz: float) -> None:
        """Until these tones, and none of the others that there are, are what it hears."""
        self._sound.clear()
        everything = {one.hertz for one in self.hall.guests}

        def heard() -> bool:
            loud = self._loud(everything)
            return loud == set(hertz)

        await self.until(heard, f"{hertz} Hz")

    def _loud(self, everything: set[float]) -> set[float] | None:
        recent = self._sound[-25:]
        if len(recent) < 25:
            return None
        return tones(np.concatenate(recent), everything)

    async def until(self, test: Callable[[], bool], what: str) -> None:
        try:
            async with asyncio.timeout(GENEROUS):
                while not test():
                    self._grown.clear()
                    await self._grown.wait()
        except TimeoutError:
            raise AssertionError(f"never came: {what}; what did: {self.happened}") from None

    async def close(self) -> None:
        if self.group.reason is None:
            await self.group.hang_up()
        await self.group.settled()
        await self.equipment.playback.close()

    # -- what it hears of (kith.endpoint.group.Listener) ----------------------------------------------

    def _note(self, *what: Any) -> None:
        self.happened.append(what)
        self._grown.set()

    def group_changed(self, group: Group) -> None:
        self._grown.set()

    def group_member(self, group: Group, member: MemberView, *, joined: bool) -> None:
        self._note("joined" if joined else "left", member.endpoint)

    def group_member_up(self, group: Group, member: MemberView, meeting: Meeting) -> None:
        self._note("up", member.endpoint)

    def group_mixer_up(self, group: Group) -> None:
        self._note("mixer")

    def group_distrusted(self, group: Group, member: MemberView | None, reason: Reason) -> None:
        self._note("distrusted", None if member is None else member.endpoint, reason)

    def group_picture(self, group: Group, member: MemberView, frame: object) -> None:
        self.frames[member.endpoint] = self.frames.get(member.endpoint, 0) + 1
        self._grown.set()

    def group_voice(self, group: Group, samples: Samples) -> None:
        self._sound.append(samples)
        del self._sound[:-50]
        self._grown.set()

    def group_speaking(self, group: Group, members: tuple[MemberView, ...]) -> None:
        self._note("speaking", {one.endpoint for one in members})

    def group_ended(self, group: Group, reason: EndReason) -> None:
        self._note("ended", reason)


class _Acquaintances:
    """Everybody's chains are known to everybody; whom one had met before, its guest says."""

    def __init__(self, guest: Guest) -> None:
        self._guest = guest
        met = {
            one.person: SimpleNamespace(root=one.someone.chain.root)
            for one in guest.hall.guests
            if one.met_before
        }
        self.memory = SimpleNamespace(persons=met, household=None)

    async def person(self, person: str) -> Any:
        return SimpleNamespace(chain=self._who(person).chain)

    async def household(self) -> None:
        return None

    def _who(self, person: str | None) -> Someone:
        return next(one.someone for one in self._guest.hall.guests if one.person == person)

    async def meet_as(self, here: End, there: End, *, anew: bool = False, lives: object = None) -> Meeting:
        del here, anew, lives
        other = self._who(there.person)
        if other.keys.public != there.keys:
            raise Untrusted(Reason.NOT_ACTIVE)
        return Meeting(self._guest.someone.side, other.side, None)


class _Wire:
    """What a group says to its server."""

    def __init__(self, guest: Guest) -> None:
        self._guest = guest
        self._tasks: set[asyncio.Task[Any]] = set()
        self.connection = self
        self.ice = self
        self.count = 0

    async def check(self) -> None:
        """There is nothing that must be there."""

    async def helpers(self) -> Helpers:
        return Helpers()

    def new_id(self) -> str:
        self.count += 1
        return str(self.count)

    def forget(self, call: str) -> None:
        """Nothing is kept."""

    async def signal(self, command: protocol.SignalGroup) -> None:
        self._guest.hall.pass_on(self._guest, command)

    async def request(self, command: protocol.Command) -> None:
        await asyncio.sleep(0)
        self._guest.hall.carry_out(self._guest, command)

    def tell(self, command: protocol.Command) -> None:
        async def quietly() -> None:
            try:
                await self.request(command)
            except Problem as problem:
                self._guest._note("problem", type(command).__name__, problem.code)

        task = asyncio.create_task(quietly())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class Hall:
    """The server."""

    def __init__(self, *, video: bool = False) -> None:
        self.guests: list[Guest] = []
        self.orders: dict[Guest, int] = {}
        self.up: set[Guest] = set()
        self.roster: GroupRoster | None = None
        self.video = video
        self.passed: list[tuple[Guest, str]] = []
        """Who sealed something, to which endpoint."""
        self.full = 0
        """How many rosters it cannot store."""
        self._next = 0

    def guest(self, hertz: float, *, camera: bool = False) -> Guest:
        made = Guest(self, len(self.guests) + 1, hertz, camera=camera)
        self.guests.append(made)
        return made

    def view(self, guest: Guest) -> GroupView:
        first = self.guests[0]
        return GroupView(
            id=CALL,
            kind=CallKind.CALL,
            path=Path.MESH,
            e2ee=True,
            epoch=0,
            video=self.video,
            phase=GroupPhase.ACTIVE,
            started_by=StarterView(
                endpoint=first.endpoint,
                name="First",
                device="Phone",
                identity=first.someone.keys.public.identity,
                person=first.person,
            ),
            created=0.0,
            own=guest.endpoint,
            own_person=guest.person,
            members=tuple(self._members(guest)),
            places=(),
            roster=self.roster,
        )

    def _members(self, guest: Guest) -> Iterator[MemberView]:
        for one, order in self.orders.items():
            if one.number not in guest.hidden:
                yield MemberView(
                    endpoint=one.endpoint,
                    order=order,
                    name=f"Guest {one.number}",
                    device="Phone",
                    shared=False,
                    keys=keys_view(one.someone.keys.public),
                    capabilities=one.capabilities,
                    connected=one in self.up,
                    starter=one is self.guests[0],
                    person=one.person,
                )

    def join(self, guest: Guest) -> None:
        self.orders[guest] = self._next
        self._next += 1
        self.tell()

    def leave(self, guest: Guest) -> None:
        self.orders.pop(guest, None)
        self.up.discard(guest)
        self.tell()

    def tell(self) -> None:
        for one in tuple(self.orders):
            one.group.follow(self.view(one))

    def pass_on(self, sender: Guest, command: protocol.SignalGroup) -> None:
        self.passed.append((sender, command.to))
        for one in self.orders:
            if one.endpoint == command.to:
                signal = protocol.GroupSignal(
                    seq=1, call=CALL, endpoint=sender.endpoint, epoch=command.epoch, body=command.body
                )
                one.group.signalled(signal)

    def carry_out(self, guest: Guest, command: protocol.Command) -> None:
        match command:
            case protocol.JoinGroup():
                self.join(guest)
            case protocol.LeaveGroup() | protocol.DeclineGroup():
                self.leave(guest)
            case protocol.RemoveFromGroup(endpoint=endpoint):
                self.leave(next(one for one in self.guests if one.endpoint == endpoint))
            case protocol.SignGroup(roster=roster):
                if self.roster is None or roster.version != self.roster.version + 1:
                    raise Problem(Code.MALFORMED)
                rosters.check(roster, self.roster)
                if self.full:
                    self.full -= 1
                    raise Problem(Code.STORAGE_UNAVAILABLE)
                self.roster = roster
                self.tell()
            case protocol.GroupMedia(up=True):
                self.up.add(guest)
                self.tell()
            case _:
                pass
