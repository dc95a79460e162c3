"""A speaker in a kitchen that several share, and names that are said to it: who calls, who is called, who is asked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from kith.endpoint.names import Ambiguous, NotHere, WhoAsks
from kith.endpoint.obey import Dialogue
from tests.peers.test_endpoint_device import device, running
from tests.support import signing
from tests.support.contacts import until_reached
from tests.support.endpoints import Watched, endpoint_of
from tests.support.server import Joined, RunningServer, running_server
from tests.support.wire import Endpoint

pytestmark = pytest.mark.asyncio(loop_scope="module")

NUMBERS = {"Anna": "+12025550001", "Cleo": "+12025550002", "Dan": "+12025550003", "Eve": "+12025550004"}
"""By the order in which they sign up."""


@dataclass
class Kitchen:
    """Anna and Cleo live together and share a speaker; Dan and Eve live elsewhere. Only Cleo has them among her
    contacts, as "Bill Gardener" and "Bill Baker"; Anna has Eve as "Bill Baker" too."""

    server: RunningServer
    anna: Joined
    cleo: Joined
    dan: Joined
    eve: Joined
    speaker: Watched
    his: Watched
    home: Path

    def spoken_to(self) -> Dialogue:
        return Dialogue(self.speaker.endpoint)

    async def rings_for(self, caller: str) -> None:
        """Dan's phone rings, and says who calls; then that is over."""
        began = asyncio.get_running_loop().time()
        await self.his.until_true(lambda: self.his.endpoint.current is not None, "a call for Dan")
        assert self.his.call.peer_name == caller
        await self.speaker.endpoint.hang_up()
        await self.his.until("ended", after=began)
        await self.his.until_true(lambda: self.his.endpoint.current is None, "silence")


async def add(
    endpoint: Endpoint, name: str, number: str, person: Joined | None, label: str = "mobile"
) -> None:
    await endpoint.ok("add_contact", name=name, numbers=[{"label": label, "number": number}])
    if person is not None:
        await until_reached(endpoint, name, person.person)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kitchen(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Kitchen]:
    home: Path = tmp_path_factory.mktemp("kitchen")
    async with running_server(home, "--open-sign-up") as server, AsyncExitStack() as stack:
        anna = await server.person("Anna")
        cleo = await server.person("Cleo", by=anna, household=True)
        dan = await server.person("Dan", by=cleo)
        eve = await server.person("Eve", by=cleo)
        await signing.move_in(server, anna, cleo)
        his = await stack.enter_async_context(endpoint_of(server, dan, "Phone", home))
        speaker = await stack.enter_async_context(endpoint_of(server, anna, "Kitchen", home, shared=True))
        await signing.let_act(server, cleo)
        async with Endpoint(server, cleo) as phone:
            await add(phone, "Bill Gardener", NUMBERS["Dan"], dan)
            await add(phone, "Bill Baker", NUMBERS["Eve"], eve)
        async with Endpoint(server, anna) as phone:
            await add(phone, "Bill Baker", NUMBERS["Eve"], eve)
            await add(phone, "Zoe", "+12025559999", None)
        yield Kitchen(server, anna, cleo, dan, eve, speaker, his, home)


@pytest.mark.row("R7")
async def test_a_speaker_that_was_told_nobody_asks_and_calls_nobody(kitchen: Kitchen) -> None:
    told = kitchen.spoken_to()
    for wish in ("call Bill Gardener", "block Bill Gardener", f"call {kitchen.dan.person}"):
        assert await told.hear(wish) == "Who is asking? Say: I am Anna or Cleo."
    with pytest.raises(WhoAsks):
        await kitchen.speaker.endpoint.resolve("Bill Gardener")
    assert kitchen.his.endpoint.current is None and not kitchen.his.times("ringing")
    assert await told.hear("I am Dan") == "I do not know Dan.", "he lives elsewhere"
    assert kitchen.speaker.endpoint.profile is None


@pytest.mark.row("R6", "R12")
async def test_what_one_member_has_the_other_may_call_in_their_own_name(kitchen: Kitchen) -> None:
    told = kitchen.spoken_to()
    for name in ("Anna", "Cleo"):
        assert await told.hear(f"I am {name.lower()}") == f"Hello, {name}."
        assert await told.hear("call bill gardener's mobile") == "Calling Bill Gardener."
        await kitchen.rings_for(name)


@pytest.mark.row("R25")
async def test_which_bill_is_asked_and_answered_and_nobody_else_is_called(kitchen: Kitchen) -> None:
    told = kitchen.spoken_to()
    await told.hear("this is Anna")
    question = "Which one: Bill Baker or Bill Gardener?"
    for answer in ("the second", "gardener", "Bill Gardener, please", "the last one"):
        assert await told.hear("call Bill") == question
        assert await told.hear(answer) == "Calling Bill Gardener."
        await kitchen.rings_for("Anna")
    assert await told.hear("call Bill") == question
    assert await told.hear("hm") == question, "asked again"
    assert await told.hear("never mind") == "OK, I leave it."
    assert await told.hear("the first") == "I did not understand that.", "nothing waits for an answer"
    assert await told.hear("call Bill") == question
    assert await told.hear("I am Cleo") == "Hello, Cleo."
    assert await told.hear("the second") == "I did not understand that.", "it was Anna who was asked"
    assert kitchen.speaker.endpoint.current is None
    with pytest.raises(Ambiguous) as asked:
        await kitchen.speaker.endpoint.call("Bill", profile="Anna")
    assert [one.person for one in asked.value.found] == [kitchen.eve.person, kitchen.dan.person]


@pytest.mark.row("R25")
async def test_a_name_that_is_only_like_one_is_asked_about(kitchen: Kitchen) -> None:
    told = kitchen.spoken_to()
    await told.hear("I am Anna")
    assert await told.hear("call Clio") == "Did you mean Cleo?"
    assert await told.hear("no") == "OK, I leave it."
    assert await told.hear("call Zoé") == "Zoe cannot be reached here."
    with pytest.raises(NotHere):
        await kitchen.speaker.endpoint.call("zoe", profile="Anna")
    assert await told.hear("call Ebenezer") == "I do not know Ebenezer."
    assert await told.hear("call mum's mobile") == "I do not know mum."
    assert kitchen.speaker.endpoint.current is None


async def test_a_question_does_not_wait_for_ever(kitchen: Kitchen) -> None:
    now = [0.0]
    told = Dialogue(kitchen.speaker.endpoint, clock=lambda: now[0])
    await told.hear("I am Anna")
    await told.hear("call Bill")
    now[0] = 31.0
    assert await told.hear("the second") == "I did not understand that."


@pytest.mark.row("R28")
async def test_blocking_by_word_wants_a_yes(kitchen: Kitchen) -> None:
    told = kitchen.spoken_to()
    await told.hear("I am Cleo")
    question = "Block Bill Gardener? They will not reach you any more, and not be told. Say yes or no."
    async with Endpoint(kitchen.server, kitchen.cleo) as phone:
        assert await told.hear("block Bill") == "Which one: Bill Baker or Bill Gardener?"
        assert await told.hear("gardener") == question
        assert await told.hear("no") == "OK, I leave it."
        assert await told.hear("yes") != "Bill Gardener is blocked."
        assert not (await phone.ok("list_blocks"))["blocks"]
        assert await told.hear("block Bill Gardener") == question
        assert await told.hear("yes") == "Bill Gardener is blocked."
        (block,) = (await phone.ok("list_blocks"))["blocks"]
        assert block["person"] == kitchen.dan.person
        assert await told.hear("unblock Bill Gardener") == "This is not permitted.", (
            "on a phone, not before everybody"
        )
        await phone.ok("unblock", block=block["id"])
    async with endpoint_of(kitchen.server, kitchen.cleo, "Desk", kitchen.home) as desk:
        own = Dialogue(desk.endpoint)
        await own.hear("block Bill Gardener")
        assert await own.hear("yes") == "Bill Gardener is blocked."
        assert (await own.hear("unblock dan")).endswith("can reach you again.")
        assert await own.hear("unblock dan") == "They are not among those whom you have blocked."


async def test_the_command_takes_its_profile_from_its_options(kitchen: Kitchen, tmp_path: Path) -> None:
    code = await kitchen.server.pairing(kitchen.anna, shared=True)
    enrol = (
        f"--server={kitchen.server.url}",
        f"--pair={code}",
        "--name=Den",
        "--trust-server",
        "--microphone=silence",
    )
    async with running(*device(tmp_path / "den", *enrol, "--profile=cleo")) as den:
        await den.event("signed_in")
        await signing.sign_for_all(kitchen.server, kitchen.anna)
        await signing.let_act(kitchen.server, kitchen.cleo)
        await den.event("pairing")
        den.say("call Bill Gardener")
        assert (await den.event("said"))["text"] == "Calling Bill Gardener."
        await kitchen.his.until_true(lambda: kitchen.his.endpoint.current is not None, "a call for Dan")
        assert kitchen.his.call.peer_name == "Cleo"
        den.say("hang up")
        await kitchen.his.until_true(lambda: kitchen.his.endpoint.current is None, "silence")
    async with running(*device(tmp_path / "den", "--profile=dan"), stderr=asyncio.subprocess.PIPE) as wrong:
        _, errors = await wrong.process.communicate()
        assert wrong.process.returncode == 2 and b"nobody called dan" in errors
