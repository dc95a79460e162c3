"""What the server counts as quiet: by what is signed and what devices report, at the hour where people live."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from kith.core.capabilities import Capabilities
from kith.core.ids import EndpointId, HouseholdId, PersonId
from kith.core.keys import KeyPair
from kith.core.standing import DeviceStanding
from kith.core.trust.grants import EVERYWHERE, Grants, Schedule
from kith.core.trust.grants import Quiet as Said
from kith.directory.granting import Granting
from kith.directory.model import Endpoint
from signaling.quiet import Quiet
from signaling.sessions import Sessions

KEYS = KeyPair.generate()
PHONE = Endpoint(
    id=EndpointId("e_phone"),
    household=HouseholdId("h_1"),
    person=PersonId("p_ana"),
    name="Phone",
    shared=False,
    keys=KEYS.public,
    capabilities=Capabilities(),
)
ROOT = b"r" * 32
MADRID = ZoneInfo("Europe/Madrid")


@dataclass
class World:
    """One phone, its person's set, what it has heard, and what it says."""

    sets: list[Grants] = field(default_factory=list)
    heard: dict[bytes, int] = field(default_factory=dict)
    standing: DeviceStanding | None = None
    standing_at: float | None = None
    now: float = 0.0

    async def at(self, _: Endpoint) -> Sequence[tuple[PersonId, Grants]]:
        return [(PersonId("p_ana"), one) for one in self.sets]

    async def versions(self, _: EndpointId) -> Mapping[bytes, int]:
        return self.heard

    def of(self, _: EndpointId) -> Any:
        return None if self.standing is None else self

    async def quiet(self) -> bool:
        found = Quiet(cast(Granting, self), cast(Sessions, self), lambda: self.now)
        return await found.among([PHONE]) == {PHONE.id}

    def says(self, *, quiet: bool) -> None:
        self.standing, self.standing_at = DeviceStanding(quiet=quiet), self.now


def signed(version: int = 0, **said: Any) -> Grants:
    return Grants(
        person=ROOT,
        person_version=0,
        person_head=b"h" * 32,
        version=version,
        time=1,
        signer=b"i" * 32,
        signature=b"s" * 64,
        **said,
    )


NIGHT = (Schedule(devices=(), days=0b1111111, begin=22 * 60, end=7 * 60),)


async def test_a_schedule_keeps_the_clock_on_the_wall_when_it_is_put_forward_and_back() -> None:
    """The last Sundays of March and October 2027 in Madrid."""
    world = World([signed(schedules=NIGHT, zone="Europe/Madrid")])
    for day in ((2027, 3, 27), (2027, 3, 28), (2027, 3, 29), (2027, 10, 30), (2027, 10, 31), (2027, 11, 1)):
        for hour, minute, expected in ((6, 59, True), (7, 1, False), (21, 59, False), (22, 1, True)):
            world.now = datetime(*day, hour, minute, tzinfo=MADRID).timestamp()
            assert await world.quiet() is expected, (day, hour, minute)
    morning = datetime(2027, 7, 1, 6, 30, tzinfo=MADRID)
    for zone, expected in (("Europe/Madrid", True), ("Atlantic/Canary", True), ("Asia/Tokyo", False)):
        world.sets = [signed(schedules=NIGHT, zone=zone)]
        world.now = morning.timestamp()
        assert await world.quiet() is expected, zone


async def test_on_at_either_side_is_on() -> None:
    world = World([signed()])
    assert not await world.quiet()
    world.says(quiet=True)
    assert await world.quiet()
    world.says(quiet=False)
    world.sets = [signed(1, quiet=(Said(identity=EVERYWHERE, on=True, changed=1),))]
    assert await world.quiet(), "the device cannot have meant what it has not heard"
    world.heard[ROOT] = 1
    assert not await world.quiet()
    world.sets = [signed(2, quiet=(Said(identity=EVERYWHERE, on=True, changed=1),))]
    assert not await world.quiet(), "it is what it has heard, though signed anew"
    world.sets = [signed(3, quiet=(Said(identity=EVERYWHERE, on=True, changed=3),))]
    assert await world.quiet()


async def test_a_device_that_says_nothing_of_itself_has_not_switched_a_schedule_off() -> None:
    world = World([signed(schedules=NIGHT, zone="UTC")], now=23 * 3600.0)
    assert await world.quiet()
    world.standing = DeviceStanding()
    assert await world.quiet(), "it has only come back"
    world.says(quiet=False)
    assert await world.quiet(), "it has not heard of the schedule"
    world.heard[ROOT] = 0
    assert not await world.quiet(), "somebody switched it off there"
    world.now += 23.5 * 3600
    assert await world.quiet(), "until it begins again"
