"""Anna calls Ben and Carla at once, and drops in on everyone at home. Real endpoints, a real server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from kith.core.ids import new_call
from kith.core.problem import Code, Problem
from kith.core.trust import log as chains
from kith.core.trust.grants import HomeTerm, Mode
from kith.core.trust.log import Outcome, What
from kith.core.trust.untrusted import Untrusted
from kith.endpoint.decrees import PROCESSED
from kith.endpoint.equipment import Parts
from kith.endpoint.indicators import Light
from kith.endpoint.obey import obey
from media.tones import RATE, Tone, samples
from policy.group import Path as Way
from signaling import protocol
from signaling.call import CallKind, EndReason
from signaling.group import GroupPhase
from tests.peers.test_drop_in import SHARP, sharpness
from tests.support.endpoints import Watched, endpoint_of, phone_of
from tests.support.leaving import LeavingGroup
from tests.support.server import RunningServer, running_server

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANNA, BEN, CARLA, KITCHEN, HALL = 400.0, 700.0, 1100.0, 1500.0, 1900.0
TONES = (ANNA, BEN, CARLA, KITCHEN, HALL)
TONE = len(samples(Tone.DROP_IN)) / RATE
FROST = 3


def now() -> float:
    return asyncio.get_running_loop().time()


@dataclass
class House:
    """Anna has a phone with a screen, and shares Kitchen, with a camera, and Hall. Ben and Carla live elsewhere."""

    server: RunningServer
    anna: Watched
    ben: Watched
    carla: Watched
    kitchen: Watched
    hall: Watched

    @property
    def all(self) -> tuple[Watched, ...]:
        return (self.anna, self.ben, self.carla, self.kitchen, self.hall)

    async def call(self) -> None:
        """Anna, Ben and Carla, until all hear each other."""
        await self.anna.endpoint.start_group(["Ben", "Carla"])
        for one in (self.ben, self.carla):
            await one.until("group_rings")
            await one.endpoint.answer()
        await asyncio.gather(
            self.anna.hears_only(BEN, CARLA, among=TONES),
            self.ben.hears_only(ANNA, CARLA, among=TONES),
            self.carla.hears_only(ANNA, BEN, among=TONES),
        )

    async def heard(self) -> None:
        """The rooms go by what Anna has signed."""
        own = await self.anna.endpoint.grants.own()
        assert own is not None
        for room in (self.kitchen, self.hall):
            terms = room.endpoint.reach.sets
            await room.until_true(lambda terms=terms: terms.terms.known(own.person) == own, "heard")  # type: ignore[misc]


async def noted(reader: Watched, writer: Watched) -> list[tuple[What, Outcome | None, str]]:
    """What the writer's newest entry in the log says."""
    await writer.endpoint._record.close()
    await writer.endpoint.journal.send()
    shown = await reader.endpoint.request(protocol.ListLog(id=reader.endpoint.new_id()))
    assert isinstance(shown, protocol.LogPage)
    key = writer.endpoint._calls._keys.public.identity
    own = [line.payload for line in shown.lines if line.entry.writer == key and line.payload is not None]
    return [(one.what, one.outcome, one.name) for one in map(chains.read, own[:1])]


def hum(hertz: float, **more: object) -> Parts:
    parts: Parts = {"microphone": f"tone:{hertz}"}
    parts.update(more)  # type: ignore[typeddict-item]
    return parts


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    directory: Path = tmp_path_factory.mktemp("groups")
    async with (
        running_server(directory, "--no-tls", program=("tests.support.unhurried",)) as server,
        AsyncExitStack() as stack,
    ):
        enter = stack.enter_async_context
        anna = await server.person("Anna")
        ben = await server.person("Ben", by=anna)
        carla = await server.person("Carla", by=anna)
        hers = await enter(phone_of(server, anna, directory, **hum(ANNA, screen=True)))
        his = await enter(phone_of(server, ben, directory, **hum(BEN)))
        theirs = await enter(phone_of(server, carla, directory, **hum(CARLA)))
        kitchen = await enter(
            endpoint_of(server, anna, "Kitchen", directory, shared=True, **hum(KITCHEN, camera="pattern"))
        )
        hall = await enter(endpoint_of(server, anna, "Hall", directory, shared=True, **hum(HALL)))
        yield House(server, hers, his, theirs, kitchen, hall)


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def clean(house: House) -> AsyncIterator[None]:
    for one in house.all:
        one.history.clear()
    yield
    for one in house.all:
        if one.endpoint.group is not None:
            await one.endpoint.hang_up()
    for one in house.all:
        await one.until_true(lambda one=one: one.endpoint.group is None, "quiet")  # type: ignore[misc]


@pytest.mark.row("R87")
async def test_three_hear_each_other_end_to_end_and_who_leaves_is_heard_no_more(house: House) -> None:
    await house.call()
    assert all(one.group.e2ee for one in (house.anna, house.ben, house.carla))
    leaving = LeavingGroup(house.anna.group, house.carla.endpoint.enrolment.id)
    began = now()
    await house.carla.endpoint.hang_up()
    await house.anna.until_true(lambda: len(house.anna.group.members) == 1, "one left")
    await asyncio.gather(house.anna.hears_only(BEN, among=TONES), house.ben.hears_only(ANNA, among=TONES))
    assert leaving.last < began + 1, "nothing is sent to who has left"
    assert [details[2] for details in house.ben.details("group_member")] == ["joined", "joined", "left"]
    assert await noted(house.ben, house.ben) == [(What.CALL, Outcome.ADMITTED, "Anna")]


async def test_who_has_left_comes_back_and_who_is_removed_does_not(house: House) -> None:
    await house.call()
    group = house.ben.group.id
    await house.ben.endpoint.hang_up()
    await house.carla.hears_only(ANNA, among=TONES)
    await house.ben.endpoint.join_group(group)
    await house.carla.hears_only(ANNA, BEN, among=TONES)
    member = next(one for one in house.anna.group.members if one.name == "Ben")
    await house.anna.group.remove(member)
    await house.ben.until("group_ended", EndReason.REMOVED)
    await house.anna.hears_only(CARLA, among=TONES)
    with pytest.raises(Problem):
        await house.ben.endpoint.join_group(group)


async def test_more_are_asked_in_and_words_are_enough(house: House) -> None:
    said = await obey(house.anna.endpoint, "call Ben and the kitchen")
    assert said == "Calling Ben and kitchen." and PROCESSED not in said
    for one in (house.ben, house.kitchen):
        await one.until("group_rings")
        await one.endpoint.answer()
    await house.kitchen.hears_only(ANNA, BEN, among=TONES)
    with pytest.raises((Problem, Untrusted)):  # whom he does not know, and may have met in a group or not
        await house.ben.endpoint.ask_in(house.carla.endpoint.enrolment.person or "")
    await house.anna.endpoint.ask_in("Carla")
    await house.carla.until("group_rings")
    await house.carla.endpoint.answer()
    await house.carla.hears_only(ANNA, BEN, KITCHEN, among=TONES)


@pytest.mark.alone
@pytest.mark.row("R69", "R74", "R75", "R76", "R78", "R79", "R134")
async def test_dropping_in_on_everyone_sounds_lights_and_frosts_in_each_room(house: House) -> None:
    await house.anna.endpoint.grants.frost(FROST)
    await house.anna.endpoint.grants.home(HomeTerm.INSTANT)
    await house.heard()
    seen: list[tuple[float, float]] = []
    house.anna.endpoint.on("group_frame", lambda group, member, frame: seen.append((now(), sharpness(frame))))
    said = await obey(house.anna.endpoint, "drop in on everyone")
    assert said == "Dropping in on everyone."
    await house.kitchen.until("group_drop_in")
    leaving = LeavingGroup(house.kitchen.group, house.anna.endpoint.enrolment.id)
    await house.anna.hears_only(KITCHEN, HALL, among=TONES)
    await house.kitchen.hears_only(ANNA, HALL, among=TONES)
    for room in (house.kitchen, house.hall):
        tone, _, _ = await room.until("tone", Tone.DROP_IN)
        opens, _, _ = await room.until("group_opens")
        lit, _, _ = await room.until("light", Light.GREEN)
        assert opens - tone >= TONE and lit <= tone + 0.05
        assert room.details("group_rings") == [] and room.endpoint.equipment.voice.live
    leaving.look()
    assert leaving.first is None or leaving.first >= house.kitchen.times("group_opens")[0]
    opened = house.kitchen.times("group_opens")[0]
    await house.anna.until_true(lambda: any(sharp > SHARP for _, sharp in seen), "a clear picture")
    blurred = [at for at, sharp in seen if sharp <= SHARP]
    assert next(at for at, sharp in seen if sharp > SHARP) - opened >= FROST and len(blurred) >= 5
    await house.anna.endpoint.hang_up()
    for room in (house.kitchen, house.hall):
        await room.until("group_ended")
        await room.until("light", Light.OFF)
        assert not room.endpoint.equipment.voice.live


@pytest.mark.row("R71", "R72", "R73", "R77")
async def test_each_room_goes_by_itself_and_the_others_go_on(house: House) -> None:
    await house.anna.endpoint.grants.home(HomeTerm.INSTANT)
    await house.heard()
    await house.anna.endpoint.drop_in_on_everyone()
    await house.anna.hears_only(KITCHEN, HALL, among=TONES)
    await house.kitchen.endpoint.reach.do_not_disturb(on=True)
    await house.kitchen.until("group_ended")
    assert not house.kitchen.endpoint.equipment.voice.live
    await house.kitchen.endpoint.reach.do_not_disturb(on=False)
    await house.anna.hears_only(HALL, among=TONES)
    await house.anna.endpoint.grants.home(HomeTerm.OFF)
    await house.hall.until("group_ended")
    await house.anna.until("group_ended")


@pytest.mark.row("R68")
async def test_strangers_are_refused_and_whose_guests_do_not_know_each_other_knocks(house: House) -> None:
    with pytest.raises(Problem) as caught:
        await house.anna.endpoint.start_group(["Ben", "Carla"], drop_in=True)
    assert caught.value.code is Code.NOT_PERMITTED
    assert house.ben.history == house.carla.history == []
    began = now()
    for one in (house.ben, house.carla):
        await one.endpoint.grants.give("Anna", mode=Mode.INSTANT)
    await house.anna.until_true(lambda: len(house.anna.endpoint.directory.granted) >= 2, "granted")
    assert await obey(house.anna.endpoint, "drop in on Ben and Carla") == "Dropping in on Ben and Carla."
    for one in (house.ben, house.carla):
        await one.until("group_knocks", after=began)
        assert not one.endpoint.equipment.voice.live
    await house.ben.endpoint.let_in()
    await house.anna.hears_only(BEN, among=TONES)
    await house.carla.endpoint.let_in()
    await house.anna.hears_only(BEN, CARLA, among=TONES)
    await house.carla.hears_only(ANNA, BEN, among=TONES)
    await house.ben.endpoint.grants.revoke("Anna")
    await house.ben.until("group_ended")
    await house.anna.hears_only(CARLA, among=TONES)


@pytest.mark.row("R82", "R88", "R91")
async def test_what_rings_as_mixed_is_declined_by_who_has_not_opted_in(house: House) -> None:
    """Whatever the server says of everybody's consent."""
    ben, anna = house.ben.endpoint, house.anna.endpoint
    starter = protocol.StarterView(
        endpoint=anna.enrolment.id,
        name="Anna",
        device="Phone",
        identity=anna._calls._keys.public.identity,
        person=anna.enrolment.person,
    )
    for kind in CallKind:
        view = protocol.GroupView(
            id=new_call(),
            kind=kind,
            path=Way.MIXER,
            e2ee=False,
            epoch=0,
            video=False,
            phase=GroupPhase.RINGING,
            started_by=starter,
            created=0.0,
            own=ben.enrolment.id,
            members=(),
            places=(),
            mode=Mode.INSTANT,
            own_person=ben.enrolment.person,
        )
        ben.happened(protocol.GroupRings(seq=1, group=view))
        assert ben.group is None and house.ben.history == [] and not ben.equipment.voice.live


async def test_the_mixer_is_refused_unless_all_have_opted_in(house: House) -> None:
    with pytest.raises(Problem) as caught:
        await house.anna.endpoint.start_group(["Ben", "Carla"], path="mixer")
    assert caught.value.code is Code.GROUP_NOT_AVAILABLE
    await house.anna.endpoint.grants.enhanced(on=True)
    with pytest.raises(Problem) as caught:
        await house.anna.endpoint.start_group(["Ben", "Carla"], path="mixer")
    assert caught.value.code is Code.GROUP_NOT_AVAILABLE
    await house.anna.endpoint.grants.enhanced(on=False)


@pytest_asyncio.fixture(loop_scope="module")
async def opted_in(house: House) -> AsyncIterator[None]:
    """All three have, and the server knows."""
    for one in (house.anna, house.ben, house.carla):
        await one.endpoint.grants.enhanced(on=True)
    await house.heard()
    yield
    for one in (house.anna, house.ben, house.carla):
        await one.endpoint.grants.enhanced(on=False)


@pytest.mark.row("R82", "R88", "R89", "R91")
@pytest.mark.usefixtures("opted_in")
async def test_through_the_mixer_all_are_told_and_whoever_takes_their_word_back_is_out(house: House) -> None:
    said = await obey(house.anna.endpoint, "call Ben and Carla")
    assert said == f"Calling Ben and Carla. {PROCESSED}"
    for one in (house.ben, house.carla):
        await one.until("group_rings")
        assert not one.group.e2ee and "processed by your server" in one.details("speak")[0][0]
        await one.endpoint.answer()
    await asyncio.gather(
        house.anna.hears_only(BEN, CARLA, among=TONES),
        house.ben.hears_only(ANNA, CARLA, among=TONES),
        house.carla.hears_only(ANNA, BEN, among=TONES),
    )
    await house.ben.until("speaking")
    await house.ben.endpoint.grants.enhanced(on=False)
    await house.ben.until("group_ended")
    assert not house.ben.endpoint.equipment.voice.live


@pytest.mark.row("R69", "R75", "R82")
@pytest.mark.usefixtures("opted_in")
async def test_everyone_at_home_through_the_mixer_opens_for_who_has_signed_that_they_began(
    house: House,
) -> None:
    await house.anna.endpoint.grants.home(HomeTerm.INSTANT)
    await house.heard()
    group = await house.anna.endpoint.drop_in_on_everyone()
    assert not group.e2ee
    await house.anna.hears_only(KITCHEN, HALL, among=TONES)
    await house.kitchen.hears_only(ANNA, HALL, among=TONES)
    for room in (house.kitchen, house.hall):
        tone, _, _ = await room.until("tone", Tone.DROP_IN)
        opens, _, _ = await room.until("group_opens")
        assert opens - tone >= TONE
