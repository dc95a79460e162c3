"""A family and its friends on a server for tests, on which one may try as often as one likes. All are signed for.

Mum and Dad live with Kitchen and Hall; Dad has a tablet, too. Granny lives with Gus and Parlour. Somebody lives alone.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from kith.core.keys import KeyPair
from tests.support.granting import Signer, ready
from tests.support.server import Joined, RunningServer, as_json, running_server
from tests.support.signing import begin, let_act, move_in, take_in
from tests.support.wire import Endpoint


@dataclass(frozen=True)
class Family:
    """Everybody's endpoints, enrolled and signed for but not connected, and what signs sets for three of them."""

    server: RunningServer
    mum: Joined
    dad: Joined
    tablet: Joined
    kitchen: Joined
    hall: Joined
    granny: Joined
    gus: Joined
    parlour: Joined
    stranger: Joined
    mum_signs: Signer
    dad_signs: Signer
    granny_signs: Signer

    @asynccontextmanager
    async def online(self, *who: Joined) -> AsyncIterator[list[Endpoint]]:
        """These endpoints, signed in and ready to be dropped in on. Afterwards their calls are over."""
        async with AsyncExitStack() as stack:
            endpoints = [await stack.enter_async_context(Endpoint(self.server, one)) for one in who]
            await ready(*endpoints)
            yield endpoints
            for endpoint in endpoints:
                if not endpoint.over:
                    await endpoint.ask("leave", how="disconnect")


async def enrol(
    server: RunningServer, household: str, person: str, device: str, *knows: Joined, shared: bool = False
) -> Joined:
    """An endpoint of this person in this household, both of which are made where there are none of these names."""
    keys = KeyPair.generate()
    status, reply = await server.post(
        "enrol_test",
        household=household,
        person=person,
        keys=as_json(keys.public),
        device_name=device,
        shared=shared,
        knows=[one.person for one in knows],
        capabilities={"camera": True, "screen": True},
    )
    assert status == 200, reply
    return Joined(person, keys, reply["endpoint"], reply["person"], reply["household"])


@asynccontextmanager
async def family(directory: Path, *arguments: str, program: Sequence[str] = ()) -> AsyncIterator[Family]:
    """A server of their own, on a free port; `program` is what it is."""
    async with running_server(directory, "--no-tls", "--admit-test", *arguments, program=program) as server:
        mum = await enrol(server, "home", "Mum", "Phone")
        dad = await enrol(server, "home", "Dad", "Dad's phone")
        tablet = await enrol(server, "home", "Dad", "Tablet")
        kitchen = await enrol(server, "home", "Mum", "Kitchen", shared=True)
        hall = await enrol(server, "home", "Mum", "Hall", shared=True)
        granny = await enrol(server, "away", "Granny", "Granny's phone", mum, dad)
        gus = await enrol(server, "away", "Gus", "Gus's phone", mum)
        parlour = await enrol(server, "away", "Granny", "Parlour", shared=True)
        stranger = await enrol(server, "alone", "Stranger", "Their phone", mum)
        for one in (mum, granny, stranger):
            await begin(server, one)
        await begin(server, dad)
        await take_in(server, dad, tablet.keys.public, shared=False)
        await move_in(server, mum, dad)
        for shared in (kitchen, hall):
            await take_in(server, mum, shared.keys.public, shared=True)
        await let_act(server, dad)
        await move_in(server, granny, gus)
        await take_in(server, granny, parlour.keys.public, shared=True)
        await let_act(server, gus)
        yield Family(
            server,
            mum,
            dad,
            tablet,
            kitchen,
            hall,
            granny,
            gus,
            parlour,
            stranger,
            Signer(server, mum),
            Signer(server, dad),
            Signer(server, granny),
        )
