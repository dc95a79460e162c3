"""Anna says something to everybody at home, and nobody else hears it. Real endpoints of two homes, a real server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from msgspec import structs

from kith.core.problem import Code, Problem
from kith.core.trust.grants import DropInTerm, HomeTerm
from kith.endpoint.announce_hearing import HeardAnnouncement, Unplayed
from kith.endpoint.indicators import Light
from kith.endpoint.voice_codec import encoded
from media.tones import RATE, Samples, Tone, samples, sine
from signaling import protocol
from tests.support.ears import Ear
from tests.support.endpoints import Watched, endpoint_of, phone_of
from tests.support.server import RunningServer, running_server
from tests.support.signing import move_in
from tests.support.sound import dominant

pytestmark = pytest.mark.asyncio(loop_scope="module")

HERTZ = 700.0
CHIME = len(samples(Tone.ANNOUNCEMENT)) / RATE


def recording(seconds: float = 0.6, hertz: float = HERTZ) -> bytes:
    """A voice, as Opus in Ogg."""
    return encoded(sine(hertz, 0, round(seconds * RATE)))


def now() -> float:
    return asyncio.get_running_loop().time()


@dataclass
class Homes:
    """Anna and Ben live with Kitchen and Hall, Gus lives elsewhere with Parlour. Whoever has an ear is listened to."""

    server: RunningServer
    anna: Watched
    ben: Watched
    kitchen: Watched
    hall: Watched
    gus: Watched
    parlour: Watched
    ears: dict[str, Ear]

    def all(self) -> tuple[Watched, ...]:
        return (self.anna, self.ben, self.kitchen, self.hall, self.gus, self.parlour)

    def heard(self, watched: Watched) -> list[HeardAnnouncement]:
        return [details[0] for details in watched.details("announcement")]

    def unplayed(self, watched: Watched) -> list[Unplayed]:
        return [details[1] for details in watched.details("announcement_unplayed")]

    async def allow(self, term: HomeTerm) -> None:
        """Drop in at home, by Anna's word; once the kitchen has heard it."""
        await self.anna.endpoint.grants.home(term)
        own = await self.anna.endpoint.grants.own()
        assert own is not None
        sets = self.kitchen.endpoint.reach.sets
        await self.kitchen.until_true(lambda: sets.terms.known(own.person) == own, "the kitchen has heard")

    async def begun(self, *watched: Watched) -> None:
        """What was announced plays there."""
        for one in watched:
            await one.until("announcement")

    async def over(self, *watched: Watched) -> None:
        """What was announced has been played to its end there."""
        for one in watched:
            await one.until("announcement_over")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def homes(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Homes]:
    directory: Path = tmp_path_factory.mktemp("homes")
    async with (
        running_server(directory, "--no-tls", program=("tests.support.unhurried",)) as server,
        AsyncExitStack() as stack,
    ):
        enter = stack.enter_async_context
        anna = await server.person("Anna")
        ben = await server.person("Ben", by=anna, household=True)
        gus = await server.person("Gus", by=anna)
        hers = await enter(phone_of(server, anna, directory))
        his = await enter(phone_of(server, ben, directory))
        theirs = await enter(phone_of(server, gus, directory))
        kitchen = await enter(
            endpoint_of(server, anna, "Kitchen", directory, shared=True, microphone="tone:440")
        )
        hall = await enter(endpoint_of(server, anna, "Hall", directory, shared=True, microphone="tone:440"))
        parlour = await enter(endpoint_of(server, gus, "Parlour", directory, shared=True))
        await move_in(server, anna, ben)
        await his.endpoint.belonging.move_in()
        made = Homes(server, hers, his, kitchen, hall, theirs, parlour, {})
        made.ears = {one.endpoint.enrolment.name: Ear(one.endpoint) for one in made.all()}
        yield made


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def clean(homes: Homes) -> AsyncIterator[None]:
    for one in homes.all():
        one.history.clear()
    for ear in homes.ears.values():
        ear.heard.clear()
    yield


def sound_of(ear: Ear) -> Samples:
    return np.concatenate([part for _, part in ear.heard])


@pytest.mark.row("R93", "R94", "R95")
async def test_the_recording_plays_at_the_household_and_nowhere_else(homes: Homes) -> None:
    sent, before, while_it_plays = hears(homes.hall), datagram_sockets(), list[set[str]]()
    homes.hall.endpoint.once("announcement", lambda _: while_it_plays.append(datagram_sockets()))
    reply = await homes.anna.endpoint.announce(recording())
    assert reply.targets == 3, "Ben's phone, Kitchen and Hall"
    await homes.over(homes.ben, homes.kitchen, homes.hall)
    assert [one.kind for one in (await homes.anna.endpoint.history.page()).entries] == ["announcement"]
    assert (await homes.ben.endpoint.history.page()).entries == (), "it is hers"
    for one in (homes.ben, homes.kitchen, homes.hall):
        (heard,) = homes.heard(one)
        assert (heard.name, heard.text) == ("Anna", None)
        said = sound_of(homes.ears[one.endpoint.enrolment.name])[round((CHIME + 0.2) * RATE) :]
        assert abs(dominant(said[: RATE // 4]) - HERTZ) < 8
        assert one.details("tone") == [(Tone.ANNOUNCEMENT,)]
        assert one.details("indicator") == [] and not one.endpoint.equipment.voice.live
    assert {type(one).__name__ for one in sent} == {"GetSegment", "AnnouncementLoaded"}
    assert while_it_plays == [before], "nothing could leave by any other way than these"
    assert [light for (light,) in homes.kitchen.details("light")] == [Light.BLUE, Light.OFF]
    for one in (homes.anna, homes.gus, homes.parlour):
        assert homes.heard(one) == [] and homes.unplayed(one) == []
        assert homes.ears[one.endpoint.enrolment.name].heard == []


@pytest.mark.row("R94")
async def test_a_text_is_spoken(homes: Homes) -> None:
    await homes.kitchen.endpoint.announce("Dinner is ready")
    await homes.over(homes.anna, homes.ben, homes.hall)
    (heard,) = homes.heard(homes.hall)
    assert (heard.name, heard.text) == ("Kitchen", "Dinner is ready")
    assert homes.hall.details("speak") == [("Dinner is ready",)]
    await homes.ears["Hall"].until_loud(CHIME + 0.6)
    said = sound_of(homes.ears["Hall"])[round(CHIME * RATE) :]
    assert len(said) > RATE / 2 and np.abs(said).max() > 1_000, "by a voice"
    assert homes.heard(homes.kitchen) == [] and homes.ears["Kitchen"].heard == []


@pytest.mark.row("R61", "R65", "R66")
async def test_do_not_disturb_silences_that_device_and_no_other(homes: Homes) -> None:
    began = now()
    await homes.hall.endpoint.reach.do_not_disturb(on=True)
    await told(homes.hall)
    assert (await homes.anna.endpoint.announce(recording())).targets == 2
    await homes.begun(homes.kitchen, homes.ben)
    assert homes.heard(homes.hall) == [] and homes.ears["Hall"].heard == []
    assert homes.hall.details("light") == [] and homes.hall.details("tone") == []
    await homes.hall.endpoint.reach.do_not_disturb(on=False)
    await told(homes.hall)
    assert (await homes.anna.endpoint.announce(recording())).targets == 3
    await homes.hall.until("announcement_over", after=began)
    assert len(homes.heard(homes.hall)) == 1


@pytest.mark.row("R61", "R65")
async def test_the_device_looks_itself_whether_it_may_sound(
    homes: Homes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the server does not know, or does not care."""
    monkeypatch.setattr(homes.hall.endpoint.reach._standing, "report", lambda **_: None)
    await homes.hall.endpoint.reach.do_not_disturb(on=True)
    began = now()
    assert (await homes.anna.endpoint.announce(recording())).targets == 3
    await homes.begun(homes.kitchen, homes.ben)
    assert homes.unplayed(homes.hall) == [Unplayed.QUIET] and homes.ears["Hall"].heard == []
    (at,) = homes.kitchen.times("announcement")
    assert at - began < 2.0, "nobody waited for it"
    await homes.hall.endpoint.reach.do_not_disturb(on=False)


@pytest.mark.row("R61")
async def test_whatever_happens_before_the_instant_counts(
    homes: Homes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody in the hall wants to be left alone, half a second before it would sound there."""
    hearing = homes.hall.endpoint._announcements._hearing
    plays, switching = hearing.plays, []

    def switched(event: protocol.AnnouncementPlays) -> None:
        switching.append(asyncio.create_task(homes.hall.endpoint.reach.do_not_disturb(on=True)))
        plays(event)

    monkeypatch.setattr(hearing, "plays", switched)
    await homes.anna.endpoint.announce(recording())
    await homes.begun(homes.kitchen)
    assert homes.unplayed(homes.hall) == [Unplayed.QUIET] and homes.ears["Hall"].heard == []
    await switching[0]
    await homes.hall.endpoint.reach.do_not_disturb(on=False)
    await told(homes.hall)


async def test_an_instant_that_is_far_ahead_is_none(homes: Homes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server could keep what was said until nobody expects it."""
    hearing = homes.hall.endpoint._announcements._hearing
    plays = hearing.plays
    monkeypatch.setattr(hearing, "plays", lambda event: plays(structs.replace(event, at=event.at + 3_600.0)))
    await homes.anna.endpoint.announce(recording())
    await homes.begun(homes.kitchen)
    assert homes.unplayed(homes.hall) == [Unplayed.LATE] and homes.ears["Hall"].heard == []


@pytest.mark.row("R96")
async def test_a_reply_goes_to_the_device_that_spoke(homes: Homes) -> None:
    """And can be read there alone."""
    await homes.anna.endpoint.announce("Hello?")
    await homes.begun(homes.hall)
    began, sent = now(), says(homes.hall)
    assert (await homes.hall.endpoint.reply_to_announcement("I am")).targets == 1
    (said,) = [one for one in sent if isinstance(one, protocol.Announce)]
    assert [one.endpoint for one in said.keys] == [homes.anna.endpoint.enrolment.endpoint]
    await homes.anna.until("announcement", after=began)
    assert [heard.text for heard in homes.heard(homes.anna)] == ["I am"]
    assert [heard.text for heard in homes.heard(homes.kitchen)] == ["Hello?"]


@pytest.mark.row("R96")
async def test_a_drop_in_in_reply_is_decided_as_any_other(homes: Homes) -> None:
    """Nothing is granted by speaking: off until allowed (R67), off at one device (R73), off by Do Not Disturb."""
    await homes.kitchen.endpoint.announce("Hello?")
    await homes.begun(homes.anna)
    await refused(homes)
    await homes.allow(HomeTerm.INSTANT)
    await homes.kitchen.endpoint.reach.allow_drop_in(DropInTerm.OFF)
    await told(homes.kitchen)
    await refused(homes)
    await homes.kitchen.endpoint.reach.allow_drop_in(DropInTerm.ON)
    await homes.kitchen.endpoint.reach.do_not_disturb(on=True)
    await told(homes.kitchen)
    await refused(homes)
    await homes.kitchen.endpoint.reach.do_not_disturb(on=False)
    await told(homes.kitchen)
    began = now()
    call = await homes.anna.endpoint.drop_in_back()
    await homes.kitchen.until("opens", after=began)
    assert call.kind == "drop_in"
    await homes.anna.endpoint.hang_up()
    await homes.kitchen.until("ended", after=began)
    await homes.allow(HomeTerm.OFF)


async def refused(homes: Homes) -> None:
    with pytest.raises(Problem) as caught:
        await homes.anna.endpoint.drop_in_back()
    assert caught.value.code is Code.NOT_PERMITTED
    assert homes.kitchen.details("drop_in") == homes.kitchen.details("indicator") == []


def says(watched: Watched) -> list[protocol.Command]:
    """Every command by which the endpoint announces, from now on."""
    return noted(watched.endpoint._announcements._sending)


def hears(watched: Watched) -> list[protocol.Command]:
    """Every command that it sends because of what is announced."""
    return noted(watched.endpoint._announcements._hearing)


def noted(part: Any) -> list[protocol.Command]:
    sent, ask = list[protocol.Command](), part._ask

    async def asked(command: protocol.Command) -> protocol.AnyReply:
        sent.append(command)
        reply: protocol.AnyReply = await ask(command)
        return reply

    part._ask = asked
    return sent


def datagram_sockets() -> set[str]:
    """The UDP sockets of this process, in which all endpoints are, by inode: sound has no other way out."""
    tables = (Path("/proc/net") / name for name in ("udp", "udp6"))
    inodes = {line.split()[9] for table in tables for line in table.read_text().splitlines()[1:]}
    links = (str(one.readlink()) for one in Path("/proc/self/fd").iterdir() if one.is_symlink())
    return {link for link in links if link.startswith("socket:[") and link[8:-1] in inodes}


async def told(watched: Watched) -> None:
    """The server has heard what the endpoint said before: one's commands are carried out in order."""
    await watched.endpoint.request(protocol.Ping(id=watched.endpoint.new_id()))
