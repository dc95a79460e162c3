"""A drop in by a group: who may be along with whoever began it, and that nobody stays when they have gone."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from kith.core.trust.grants import Mode
from kith.endpoint import group_visits
from kith.endpoint.gate import Gate
from kith.endpoint.group import Group
from kith.endpoint.group_visits import GroupVisits
from policy.drop_in import Admit, Bounds, Decision, Reason
from policy.grants import Claim
from signaling.protocol import MemberView

GRAN, TOM, EVE = b"gran", b"tom", b"eve"


def member(root: bytes, order: int, *, starter: bool = False) -> MemberView:
    return cast(
        "MemberView", SimpleNamespace(endpoint=f"e_{root.decode()}", order=order, starter=starter, root=root)
    )


def claim(root: bytes) -> Claim:
    return Claim(root, root, shared=False, households={})


class Doorkeeper:
    """In place of the gate: everybody may drop in but those in `keeps_out`."""

    def __init__(self) -> None:
        self.keeps_out: dict[bytes, Reason] = {}
        self.let_in: list[bool] = []

    async def verified(self, meeting: MemberView) -> Claim:
        return claim(cast("Any", meeting).root)

    def decide(self, caller: Claim) -> Decision:
        return Admit(Mode.INSTANT, Bounds())

    def why_not_along(self, caller: Claim, *, let_in: bool) -> Reason | None:
        self.let_in.append(let_in)
        return self.keeps_out.get(caller.root)

    def next_change(self, caller: Claim) -> None:
        return None


@dataclass
class Gathering:
    """In place of the group. `away`: with whom there is no connection."""

    opens_by_itself: bool = True
    by_itself: bool = True
    taken: bool = False
    opening: bool = False
    held: bool = False
    name: str = "Gran"
    view: None = None
    reason: str | None = None
    opened: list[str] = field(default_factory=list)
    away: set[tuple[str, int]] = field(default_factory=set)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def way(self) -> Any:
        return SimpleNamespace(reaches=lambda where: where not in self.away)

    async def answer(self, *, by_itself: bool) -> None:
        self.by_itself = by_itself

    def open(self, one: MemberView) -> None:
        self.opened.append(one.endpoint)

    async def hang_up(self, why: str) -> None:
        self.reason = why
        self.over.set()


class Room:
    """A room that Gran dropped in on."""

    def __init__(self) -> None:
        self.gate = Doorkeeper()
        self.gathering = Gathering()
        self.refused: list[Reason] = []
        self._tasks: list[asyncio.Task[None]] = []
        self.visits = GroupVisits(
            cast("Gate", self.gate),
            cast("Any", SimpleNamespace(spawn=self._spawn)),
            cast("Any", SimpleNamespace(overhear=None, lens=SimpleNamespace(frost=lambda seconds: None))),
            cast("Any", SimpleNamespace(opening=self._sounds, chime=lambda: None)),
            show=lambda: None,
            emit=lambda name, *what: self.refused.append(what[-1]) if name == "group_refused" else None,
        )

    @property
    def group(self) -> Group:
        return cast("Group", self.gathering)

    async def _sounds(self) -> bool:
        return True

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.ensure_future(work))

    async def meets(self, *members: MemberView) -> None:
        for one in members:
            await self.visits.judge(self.group, one, cast("Any", one))

    async def over(self) -> str | None:
        async with asyncio.timeout(5):
            await self.gathering.over.wait()
        self.visits.ended(self.group)
        return self.gathering.reason


STARTER, HOUSEMATE = member(GRAN, 0, starter=True), member(TOM, 2)


@pytest.fixture
async def room() -> Room:
    made = Room()
    made.visits.begin(made.group, claim(GRAN), anew=True)
    await made.meets(STARTER, HOUSEMATE)
    assert made.gathering.opened == [STARTER.endpoint, HOUSEMATE.endpoint]
    return made


async def test_when_who_began_it_has_gone_it_is_over_for_whoever_came_along(room: Room) -> None:
    room.visits.left(room.group, HOUSEMATE)
    assert room.gathering.reason is None
    room.visits.left(room.group, STARTER)
    assert await room.over() == "done" and room.refused == []


async def test_the_server_makes_nobody_else_the_one_who_began_it(room: Room) -> None:
    await room.meets(member(EVE, 3, starter=True))
    room.visits.left(room.group, STARTER)
    assert await room.over() == "done"


async def test_who_began_it_may_go_on_at_another_device(room: Room) -> None:
    await room.meets(member(GRAN, 5, starter=True))
    room.visits.left(room.group, STARTER)
    await asyncio.sleep(0)
    assert room.gathering.reason is None
    room.visits.ended(room.group)


async def test_without_a_connection_with_who_began_it_it_is_over_though_the_server_is_silent(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_visits, "MISSED", 0.01)
    room.gathering.away = {(HOUSEMATE.endpoint, HOUSEMATE.order)}
    room.visits.reached(room.group)
    await asyncio.sleep(0.02)
    assert room.gathering.reason is None
    room.gathering.away = {(STARTER.endpoint, STARTER.order)}
    room.visits.reached(room.group)
    room.gathering.away = set()
    room.visits.reached(room.group)
    await asyncio.sleep(0.02)
    assert room.gathering.reason is None, "they were back in time"
    room.gathering.away = {(STARTER.endpoint, STARTER.order)}
    room.visits.reached(room.group)
    assert await room.over() == "done"


async def test_who_may_not_be_along_ends_it(room: Room) -> None:
    room.gate.keeps_out = {EVE: Reason.NOT_GIVEN}
    await room.meets(member(EVE, 3))
    assert await room.over() == "done" and room.refused == [Reason.NOT_GIVEN]
    assert set(room.gate.let_in) == {False} and "e_eve" not in room.gathering.opened
