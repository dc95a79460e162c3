"""Who may come into a group, what a plan tells, and what one endpoint may do how often."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from kith.core.ids import EndpointId, new_call, new_endpoint
from kith.core.keys import KeyPair
from kith.core.problem import Code, Problem
from kith.core.trust.grants import Mode
from kith.core.trust.group import first
from kith.directory.model import Endpoint, Person
from policy.child import Limits
from policy.drop_in import Told
from policy.group import Path
from signaling import group as groups
from signaling import group_drop_ins
from signaling import protocol as wire
from signaling.call import CallKind, EndReason
from signaling.deadlines import drop_in_key
from signaling.drop_in_facts import Attempt
from signaling.group import PlaceState
from signaling.group_media import OFFERS
from signaling.group_parts import EPOCHS_AHEAD
from signaling.grouping import JOINS
from signaling.live_group import LiveGroup
from tests.support.group_world import OFFER, GroupWorld


class People:
    """Ann starts; Ben and Cleo live elsewhere, each at one phone."""

    def __init__(self, world: GroupWorld) -> None:
        self.ann, self.ben, self.cleo = (world.person(name) for name in ("Ann", "Ben", "Cleo"))
        self.anns, self.bens, self.cleos = (world.endpoint(one) for one in (self.ann, self.ben, self.cleo))
        self.all = (self.anns, self.bens, self.cleos)


async def talking(**how: Any) -> tuple[GroupWorld, People, LiveGroup]:
    """Ann with Ben and Cleo, who were both asked."""
    world = GroupWorld()
    people = People(world)
    for one in people.all:
        await world.connect(one)
    live = await world.begin(
        people.ann,
        people.anns,
        world.asked(people.ben, people.bens),
        world.asked(people.cleo, people.cleos),
        **how,
    )
    return world, people, live


async def refused(doing: Any) -> Problem:
    with pytest.raises(Problem) as problem:
        await doing
    return problem.value


# -- coming late, and coming back -------------------------------------------------------------------


@pytest.mark.parametrize("path", list(Path))
async def test_who_comes_back_is_judged_by_who_is_there_by_now(path: Path) -> None:
    for keep_apart in ("blocks", "is blocked", "child", "met as a child"):
        world, people, live = await talking(path=path)
        await world.join(people.bens, live)
        await world.leave(people.bens, live)
        await world.join(people.cleos, live)
        ben, cleo = people.ben.id, people.cleo.id
        match keep_apart:
            case "blocks":
                world.distances.blocks.add((ben, cleo))
            case "is blocked":
                world.distances.blocks.add((cleo, ben))
            case "child":
                world.parents.limited[ben] = Limits(contacts=frozenset({people.ann.id}))
            case _:
                world.parents.limited[cleo] = Limits(contacts=frozenset({people.ann.id}))
        problem = await refused(world.join(people.bens, live))
        assert (problem.code, problem.path, problem.data) == (Code.GROUP_NOT_AVAILABLE, "", {}), keep_apart
        assert people.bens.id not in live.group.members
        world.distances.blocks.clear()
        world.parents.limited.clear()
        assert isinstance(await world.join(people.bens, live), wire.GroupState)


async def test_who_comes_while_another_one_arrives_is_looked_at_once_more() -> None:
    world, people, live = await talking(path=Path.MESH)
    world.distances.blocks.add((people.ben.id, people.cleo.id))
    world.distances.prompt.clear()
    coming = asyncio.create_task(refused(world.join(people.bens, live)))
    await asyncio.sleep(0)  # Ben is looked at while Cleo is not there yet
    await live.submit(groups.Joins(people.cleos.id, people.cleo.id, personal=True))
    world.distances.prompt.set()
    assert (await coming).code is Code.GROUP_NOT_AVAILABLE
    assert people.bens.id not in live.group.members


async def test_no_more_come_back_than_a_mixer_takes() -> None:
    world, people, live = await talking(largest=2)
    await world.join(people.bens, live)
    await world.leave(people.bens, live)
    await world.join(people.cleos, live)
    assert (await refused(world.join(people.bens, live))).code is Code.GROUP_NOT_AVAILABLE
    await world.leave(people.cleos, live)


async def test_what_a_household_shares_comes_late_for_a_person_only_where_it_says_so() -> None:
    world = GroupWorld()
    ann, ben = world.person("Ann"), world.person("Ben")
    anns, bens, kitchen = world.endpoint(ann), world.endpoint(ben), world.endpoint(ben, shared=True)
    for one in (anns, bens, kitchen):
        await world.connect(one)
    kitchen = replace(kitchen, person=ben.id)  # who set it up, whoever stands there
    live = await world.begin(ann, anns, world.asked(ben, bens, kitchen))
    await world.join(bens, live)
    assert (await refused(world.join(kitchen, live))).code is Code.UNKNOWN_CALL
    assert live.group.members.keys() == {anns.id, bens.id}, "Ben talks on at his phone"
    await world.join(kitchen, live, as_person=ben.id)
    assert kitchen.id in live.group.members


async def test_where_it_rings_anybody_answers() -> None:
    world = GroupWorld()
    ann, ben = world.person("Ann"), world.person("Ben")
    anns, kitchen = world.endpoint(ann), world.endpoint(ben, shared=True)
    for one in (anns, kitchen):
        await world.connect(one)
    live = await world.begin(ann, anns, world.asked(ben, kitchen))
    assert isinstance(await world.join(kitchen, live), wire.GroupState)


# -- how often, and how far ahead -------------------------------------------------------------------


def offer(live: LiveGroup, epoch: int) -> wire.OfferMixer:
    return wire.OfferMixer(id="o", call=live.group.id, epoch=epoch, sdp=OFFER, nonce=bytes(32))


async def test_an_offer_in_an_epoch_far_ahead_is_refused() -> None:
    world, people, live = await talking()
    for epoch in (EPOCHS_AHEAD + 1, 65_535):
        problem = await refused(world.do(people.anns, offer(live, epoch)))
        assert (problem.code, problem.path) == (Code.BAD_OFFER, "epoch")
    await world.do(people.anns, offer(live, EPOCHS_AHEAD))
    assert (world.mixer.offered, live.group.offered) == ([EPOCHS_AHEAD], EPOCHS_AHEAD)


async def test_one_endpoint_offers_so_often_and_no_other_one_less_for_it() -> None:
    world, people, live = await talking()
    await world.join(people.bens, live)
    for epoch in range(int(OFFERS[1])):
        await world.do(people.anns, offer(live, epoch))
    problem = await refused(world.do(people.anns, offer(live, 9)))
    assert problem.code is Code.RATE_LIMITED and 9 not in world.mixer.offered
    await world.do(people.bens, offer(live, 0))
    world.now += 1.0
    await world.do(people.anns, offer(live, 9))


async def test_one_endpoint_comes_so_often_and_always_goes() -> None:
    world, people, live = await talking()
    for _ in range(int(JOINS[1])):
        await world.join(people.bens, live)
        await world.leave(people.bens, live)
    assert (await refused(world.join(people.bens, live))).code is Code.RATE_LIMITED
    await world.join(people.cleos, live)
    await world.leave(people.cleos, live)


# -- what a plan tells ------------------------------------------------------------------------------


def plan(*to: str, kind: CallKind = CallKind.DROP_IN, path: str = "any") -> wire.PlanGroup:
    return wire.PlanGroup(id="p", kind=kind, to=to, path=cast(Any, path))


async def path_of(world: GroupWorld, by: Endpoint, *to: str) -> str:
    """What is planned for a drop in. The same has to come of the wish for a mixer alone."""
    reply = await world.do(by, plan(*to))
    assert isinstance(reply, wire.GroupPlan)
    wished = world.do(by, plan(*to, path="mixer"))
    if reply.path is Path.MESH:
        assert (await refused(wished)).code is Code.GROUP_NOT_AVAILABLE
    else:
        await wished
    return reply.path


async def test_a_plan_tells_nothing_of_somebody_who_may_not_be_asked() -> None:
    world = GroupWorld()
    people = People(world)
    ben, cleo = people.ben.id, people.cleo.id
    assert await path_of(world, people.anns, ben, cleo) == "mixer"
    unknown = await path_of(world, people.anns, ben, new_endpoint())
    for blocks in ((cleo, people.ann.id), (people.ann.id, cleo)):
        world.distances.blocks = {blocks}
        assert await path_of(world, people.anns, ben, cleo) == unknown == "mesh"
        assert await path_of(world, people.anns, ben, people.cleos.id) == "mesh", "nor of a device of theirs"
    world.distances.blocks.clear()

    async def knows(one: Any, other: Any) -> bool:
        return {one, other} != {people.ann.id, cleo}

    world.people.knows = knows  # type: ignore[method-assign]
    assert await path_of(world, people.anns, ben, cleo) == "mesh"
    assert await path_of(world, people.anns, ben, people.cleos.id) == "mesh"
    assert await path_of(world, people.bens, people.ann.id, cleo) == "mixer", "Ben knows them both"


async def test_a_plan_tells_nothing_of_one_alone() -> None:
    world = GroupWorld()
    people = People(world)
    assert await path_of(world, people.anns, people.ben.id) == "mesh"
    for path, wanted in (("any", Path.MESH), ("mesh", Path.MESH), ("mixer", None)):
        asked = world.do(people.anns, plan(people.ben.id, kind=CallKind.CALL, path=path))
        if wanted is None:
            assert (await refused(asked)).code is Code.GROUP_NOT_AVAILABLE
        else:
            assert cast(wire.GroupPlan, await asked).path is wanted


async def test_a_call_that_rings_out_tells_nothing_of_who_is_called() -> None:
    world = GroupWorld()
    people = People(world)
    both = plan(people.ben.id, people.cleo.id, kind=CallKind.CALL)
    assert cast(wire.GroupPlan, await world.do(people.anns, both)).path is Path.MIXER
    world.distances.blocks.add((people.ben.id, people.ann.id))
    assert cast(wire.GroupPlan, await world.do(people.anns, both)).path is Path.MESH


# -- what is left of it -----------------------------------------------------------------------------


async def test_nothing_waits_for_a_drop_in_that_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    world = GroupWorld()
    people = People(world)

    async def claim(*who: Any) -> None:
        del who

    async def spots(endpoints: Any, *about: Any) -> list[Any]:
        del about
        return [SimpleNamespace(endpoint=one, next_change=lambda now: now + 1e6) for one in endpoints]

    world.granting.claim, world.drop_in_facts.spots = claim, spots
    monkeypatch.setattr(group_drop_ins, "goes_on", lambda mode, spot: mode is not None and spot is not None)
    live = await world.begin(people.ann, people.anns, world.asked(people.ben, people.bens, mode=Mode.INSTANT))
    await world.grouping.drop_ins.decide_anew(live)
    assert drop_in_key(live.group.id) in world.deadlines._due
    await world.leave(people.anns, live)
    assert live.group.over
    assert not world.deadlines._due

    live = await world.begin(people.ann, people.anns, world.asked(people.ben, people.bens, mode=Mode.INSTANT))

    async def slow(endpoints: Any, *about: Any) -> list[Any]:
        await world.leave(people.anns, live)
        return await spots(endpoints, *about)

    world.drop_in_facts.spots = slow
    await world.grouping.drop_ins.decide_anew(live)
    assert live.group.over and not world.deadlines._due, "it has ended while it was decided"


async def test_what_is_refused_is_written_down_once_however_often_it_is_decided() -> None:
    world = GroupWorld()
    people = People(world)
    keys = KeyPair.generate()
    starter = replace(people.anns, keys=keys.public)
    world.people.endpoints[starter.id] = starter
    written: list[str] = []

    async def look_at_all(principal: Any, caller: Any, targets: Any) -> list[Attempt]:
        del principal
        return [_attempt(caller, starter, person) for person in (people.ben, people.cleo)][: len(targets)]

    def chosen(attempt: Attempt, *, home: bool) -> tuple[list[Any], list[Any]]:
        del home
        if attempt.callee == people.ben.id:
            return [], []
        admit = SimpleNamespace(mode=Mode.KNOCK, bounds=SimpleNamespace(longest=30))
        return [(SimpleNamespace(endpoint=people.cleos), admit)], []

    async def write_down(attempt: Attempt, refused: Any, to: str, call: str) -> None:
        del attempt, refused, call
        written.append(to)
        if len(written) == 1:
            world.groups.changes += 1  # somebody blocks somebody just then

    async def claim(*who: Any) -> None:
        del who

    async def spots(*about: Any) -> list[Any]:
        del about
        return []

    world.drop_in_facts.look_at_all, world.drop_in_facts.spots = look_at_all, spots
    world.drop_ins.chosen, world.drop_ins.write_down, world.granting.claim = chosen, write_down, claim
    call = new_call()
    started = await world.do(
        starter,
        wire.StartGroup(
            id="s",
            call=call,
            kind=CallKind.DROP_IN,
            to=(people.ben.id, people.cleo.id),
            path=Path.MESH,
            roster=first(call, keys, bytes(32), [], kind="drop_in", path="mesh", time=int(world.now)),
        ),
    )
    assert isinstance(started, wire.GroupState)
    assert written == [people.ben.id]


def _attempt(caller: Any, calling: Endpoint, person: Person) -> Attempt:
    told = cast(Told, "not_permitted")
    return Attempt(caller, calling, person.id, person.household, (), told, 0.0, noted=True)


async def test_a_group_that_cannot_be_taken_up_is_over_and_was_missed() -> None:
    world, people, live = await talking()
    del world.people.endpoints[people.cleos.id]
    world.once_more()
    await world.groups.load()
    await world.groups.settle()
    saved = world.shelf.groups[live.group.id]
    assert (saved.reason, saved.places[people.ben.id].state) == (EndReason.LOST, PlaceState.NO_ANSWER)
    assert sorted(world.told) == sorted(world.shelf.missed) == sorted((people.ben.id, people.cleo.id))
    assert not await world.shelf.live() and EndpointId(people.anns.id) not in saved.members


async def test_a_group_that_could_not_be_read_just_then_is_left_for_the_next_time() -> None:
    world, _, live = await talking()

    async def record(endpoint: EndpointId) -> None:
        raise Problem(Code.STORAGE_UNAVAILABLE, path=endpoint)

    world.people.record = record  # type: ignore[method-assign]
    world.once_more()
    await world.groups.load()
    assert not world.shelf.groups[live.group.id].over
