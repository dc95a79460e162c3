"""A household on a forged server, and those who help it lie.

Bob has a phone; his old one was stolen and removed. The household shares Kitchen, Porch and Hall: Hall was sold and
removed, and Kitchen may not act for Bob any more. Whoever is lied to lives there too, and has seen all of that.
"""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import msgspec

from kith.core.ids import CallId, new_call
from kith.core.keys import KeyPair, PublicKeys
from kith.core.trust import household_write, person_write
from kith.core.trust.delegations import delegate
from kith.core.trust.history import Point
from kith.core.trust.household import replay as replay_roster
from kith.core.trust.person import replay
from kith.core.trust.session import Kind
from kith.core.trust.untrusted import Untrusted
from signaling import protocol
from signaling.protocol import PersonIdentity, RosterShown
from tests.support import forged, plot, signing
from tests.support.far_end import FarEnd
from tests.support.plot import Plot
from tests.support.server import Joined, RunningServer, running_server
from tests.support.wire import Endpoint, Message

Who = Literal["phone", "old phone", "kitchen", "porch", "hall"]


PLENTY = ("--calls-an-hour=5000", "--calls-a-day=5000")
"""Nobody may call so often, but whoever tells so many lies must."""


@dataclass
class Conspiracy:
    server: RunningServer
    bob: Joined
    helpers: dict[Who, Endpoint]
    path: Path
    plot: Plot
    roster: RosterShown | None = None
    identities: dict[str, PersonIdentity] = field(default_factory=dict)

    # -- before anything is forged --------------------------------------------------------------------

    async def take_in(self, victim: str) -> None:
        """Somebody who has moved in, by person id; Bob signs."""
        found = await self._identities(victim)
        chain = await signing.begin(self.server, self.bob)
        roster, _ = await signing.roster_of(self.server, self.bob)
        assert roster is not None
        theirs = replay(found.links)
        link = household_write.join(roster, chain, self.bob.keys, theirs, time=int(time.time()))
        await signing.do(self.server, self.bob, "extend_household", links=[link])

    async def close_ranks(self) -> None:
        """The old phone and Hall go, and Kitchen may not act for Bob any more."""
        phone, old, kitchen, hall = (
            self.helpers[who].joined.keys for who in ("phone", "old phone", "kitchen", "hall")
        )
        now = int(time.time())
        chain, known = await signing.identity(self.server, self.bob)
        assert chain is not None and known is not None
        assert self.bob.person is not None
        withheld = (await self._identities(self.bob.person)).links
        link = person_write.remove(chain, phone, old.public.identity, time=now)
        await signing.do(self.server, self.bob, "extend_person", links=[link])
        roster, _ = await signing.roster_of(self.server, self.bob)
        chain, _ = await signing.identity(self.server, self.bob)
        assert roster is not None and chain is not None
        gone = household_write.remove(roster, chain, phone, hall.public.identity, time=now)
        await signing.do(self.server, self.bob, "extend_household", links=[gone])
        fewer = set(known.endpoints) - {kitchen.public.identity}
        await signing.do(
            self.server, self.bob, "delegate", delegations=delegate(chain, phone, known, fewer, time=now)
        )
        _, self.roster = await signing.roster_of(self.server, self.bob)
        assert self.bob.person is not None
        self.identities = {self.bob.person: await self._identities(self.bob.person)}
        self.plot = msgspec.structs.replace(self.plot, outdated=known, withheld=withheld)

    async def _identities(self, person: str) -> PersonIdentity:
        shown = await signing.ask(
            self.server, self.bob, protocol.Identities, "list_identities", persons=[person]
        )
        return shown.identities[0]

    # -- lying ----------------------------------------------------------------------------------------

    def lie(self, forgery: str, *victims: str, **more: Any) -> None:
        """From now on, to these endpoints."""
        plot.write(self.path, msgspec.structs.replace(self.plot, forgery=forgery, victims=victims, **more))

    def be_honest(self) -> None:
        self.lie("")

    def speaks(self, forgery: str, *, household: bool) -> tuple[bytes, Point]:
        """Root and point to sign, such that they fit what the victims are shown."""
        assert self.roster is not None and self.bob.person is not None
        forge = forged.FORGERIES.get(forgery, forged.honest)
        identities = protocol.Identities(re="", identities=tuple(self.identities.values()))
        try:
            if household:
                shown = forge(self.roster, self.plot)
                chains = {one.root: one for one in (replay(each.links) for each in shown.identities)}
                history = replay_roster(shown.links, chains).history
            else:
                history = replay(forge(identities, self.plot).identities[-1].links).history
        except (Untrusted, IndexError):
            return self.speaks("", household=household)
        return history.root, history.newest

    def far_end(
        self,
        who: Who,
        call: str,
        victim: PublicKeys,
        *,
        forgery: str = "",
        strange: bool = False,
        household: bool = False,
        kind: Kind = "call",
        sealed: bool = True,
        epoch: int = 0,
        mute: bool = False,
    ) -> FarEnd:
        """What `who` says in a call; `strange`, with the server's keys. `household`: it speaks for nobody. `mute`: it
        says only what it is told to."""
        wire = self.helpers[who]
        return FarEnd(
            wire,
            keys=self.plot.mallory if strange else wire.joined.keys,
            speaks=self.speaks(forgery, household=household),
            victim=victim,
            call=call,
            kind=kind,
            sealed=sealed,
            epoch=epoch,
            mute=mute,
        )

    async def call(self, who: Who, victim: str, call: CallId | None = None) -> str:
        """Call the victim; returns the call's id."""
        wire = self.helpers[who]
        wire.events.clear()
        fields = {} if wire.joined.person is not None else {"as": self.bob.person}
        call = call or new_call()
        await wire.ok("call", call=call, to=victim, **fields)
        return call

    async def answered(self, who: Who, call: str) -> PublicKeys:
        """Wait until the victim has answered; returns its keys."""
        changed = await self.helpers[who].event("call_changed", call=call, phase="answering")
        return keys_of(changed["call"])

    async def answer(self, who: Who, call: str) -> PublicKeys:
        """Answer the victim's call; returns its keys."""
        return keys_of((await self.helpers[who].ok("answer", call=call))["call"])


def keys_of(view: Message) -> PublicKeys:
    return PublicKeys(**{name: view["endpoint"]["keys"][name] for name in protocol.Keys.__struct_fields__})


@asynccontextmanager
async def conspiracy(directory: Path, *arguments: str) -> AsyncIterator[Conspiracy]:
    """The server is honest until `lie`. Take the victims in, and `close_ranks`."""
    path = directory / "plot"
    async with (
        running_server(directory, *arguments, *PLENTY, program=("tests.support.forged", str(path))) as server,
        AsyncExitStack() as stack,
    ):
        bob = await server.person("Bob")
        await signing.begin(server, bob)
        joined: dict[Who, Joined] = {
            "phone": bob,
            "old phone": await server.device("Old phone", by=bob, shared=False),
        }
        for who in ("kitchen", "porch", "hall"):
            joined[who] = await server.device(who.title(), by=bob, shared=True)
        for who, one in joined.items():
            if one is not bob:
                await signing.take_in(server, bob, one.keys.public, shared=who != "old phone")
        helpers = {who: await stack.enter_async_context(Endpoint(server, one)) for who, one in joined.items()}
        assert bob.person is not None
        made = Plot(
            about=bob.person,
            stranger=KeyPair.generate().private_bytes(),
            thief=joined["old phone"].keys.private_bytes(),
            accomplice=bob.keys.public,
            helper=bob.endpoint,
            server=helpers["phone"].hello["server"],
        )
        plot.write(path, made)
        yield Conspiracy(server, bob, helpers, path, made)
