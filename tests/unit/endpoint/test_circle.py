"""What goes wrong between an endpoint and who signs for it, or for whom it signs, is said and tried again."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path

import pytest

from kith.core.keys import KeyPair
from kith.core.problem import Code, Problem
from kith.core.trust import person_write
from kith.core.trust.person_links import PersonLink
from kith.core.trust.untrusted import Reason, Untrusted
from kith.endpoint import lookout, pairing_steps
from kith.endpoint.circle import Circle, Progress
from kith.endpoint.home import Enrolment, Home, Pairing
from kith.endpoint.identities import Identities
from kith.endpoint.lookout import Lookout
from kith.endpoint.pairing_steps import Proof, Stop
from signaling import protocol
from signaling.protocol import AnyReply, Command, WaitingEndpoint

KEYS, OWNER = KeyPair.generate(), KeyPair.generate()
BEGIN = person_write.begin(OWNER, KeyPair.generate().public.identity, time=1)
ENROLMENT = Enrolment(
    server="https://localhost", server_key=b"s" * 32, endpoint="e_new", name="Hall", household="h_1"
)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookout, "SOON", 0.001)


def test_pauses_grow_twofold_up_to_a_quarter_of_an_hour() -> None:
    pauses = [pause for pause, _ in zip(lookout.pauses(), range(25), strict=False)]
    assert pauses[:4] == [0.001, 0.002, 0.004, 0.008] and pauses[-1] == 900.0


@pytest.mark.parametrize(
    "failure", [Problem(Code.RATE_LIMITED), Untrusted(Reason.MISSING)], ids=["refused", "nothing shown"]
)
async def test_what_the_server_could_not_answer_is_looked_at_again(failure: Exception) -> None:
    looks, done = count(1), asyncio.Event()

    async def look() -> None:
        if next(looks) < 4:
            raise failure
        done.set()

    out = Lookout(look, what="nothing is seen")
    out.begin()
    async with asyncio.timeout(10):
        await done.wait()
    await out.close()


async def test_what_cannot_be_believed_waits_for_more() -> None:
    looked = asyncio.Event()

    async def look() -> None:
        looked.set()
        raise Untrusted(Reason.FORKED)

    out = Lookout(look, what="nothing is seen")
    out.begin()
    async with asyncio.timeout(10):
        await looked.wait()
        assert out._later is None
        looked.clear()
        out.wake()
        await looked.wait()
    await out.close()


class Server:
    """What a new endpoint says. Nobody is there to hear the first two proofs, and nobody answers the others."""

    def __init__(self) -> None:
        self.said: list[Proof] = []
        self.often = asyncio.Event()

    async def ask(self, command: Command) -> AnyReply:
        if isinstance(command, protocol.ShowRoster):
            return protocol.RosterShown(re="", links=(), identities=(), waiting=())
        assert isinstance(command, protocol.PairingSignal)
        step = pairing_steps.read(command.body)
        assert isinstance(step, Proof)
        self.said.append(step)
        if len(self.said) == 5:
            self.often.set()
        if len(self.said) <= 2:
            raise Problem(Code.UNKNOWN_ENDPOINT)
        return protocol.Ok(re="")


def new_endpoint(home: Path, ask: Callable[[Command], Awaitable[AnyReply]]) -> tuple[Circle, list[Progress]]:
    place, told = Home(home), list[Progress]()
    place.save_pairing(Pairing(by="e_own", code="K7QM3F9X", secret=b"k" * 16))
    return Circle(place, ENROLMENT, KEYS, ask=ask, new_id=lambda: "r", told=told.append), told


async def test_a_proof_is_said_again_until_it_is_answered(tmp_path: Path) -> None:
    """Whoever is to answer was away, then said stop, and then nothing."""
    server = Server()
    circle, told = new_endpoint(tmp_path, server.ask)
    circle.begun_anew()
    owner = WaitingEndpoint(
        id="e_own",
        name="Phone",
        shared=False,
        keys=protocol.Keys(
            identity=OWNER.public.identity,
            sealing=OWNER.public.sealing,
            sealing_signature=OWNER.public.sealing_signature,
        ),
    )
    circle.happened(protocol.PairingSignalled(seq=1, endpoint=owner, body=pairing_steps.write(Stop())))
    async with asyncio.timeout(10):
        await server.often.wait()
    assert len(set(server.said)) == 1
    assert told == []
    await circle.close()


async def test_whoever_grows_while_the_answer_is_on_its_way_is_asked_for_again(tmp_path: Path) -> None:
    links: list[PersonLink] = [BEGIN]
    asked = 0

    async def ask(command: Command) -> AnyReply:
        nonlocal asked
        asked += 1
        assert isinstance(command, protocol.ListIdentities)
        shown = protocol.PersonIdentity(person="p_1", links=tuple(links), delegations=None)
        if asked == 1:
            identities.grown("p_1")
        return protocol.Identities(re="", identities=(shown,))

    identities = Identities(ask=ask, new_id=lambda: "r", home=Home(tmp_path), enrolment=ENROLMENT, keys=KEYS)
    before = await identities.person("p_1")
    links.append(person_write.add(before.chain, OWNER, KEYS.public, time=2))
    assert (await identities.person("p_1")).chain.point.version == 1
    assert (await identities.person("p_1")).chain.point.version == 1 and asked == 2
