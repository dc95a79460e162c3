"""From the end of the tone to the first captured sound that arrives: two real endpoints and a real server.

One drops in on the other, which opens by itself. The tone has ended when its last sample was played; the sound has
arrived when its first packet has been decrypted at the other end. Before the tone has ended nothing may arrive.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from kith.core.trust.grants import HomeTerm, signed
from kith.core.trust.grants_write import at_home, draft
from kith.endpoint.link import Link
from tests.support import signing
from tests.support.endpoints import Watched, endpoint_of
from tests.support.server import Joined, RunningServer, running_server

A_PERSON = 10
"""Attempts of one person at one household within ten minutes (policy.drop_in.ATTEMPTS): more need more people."""


async def measure(directory: Path, rounds: int) -> list[float]:
    """Milliseconds of each round."""
    found: list[float] = []
    async with running_server(directory, "--no-tls") as server:
        person = await server.person("Person 0")
        while len(found) < rounds:
            if found:
                person = await server.person(f"Person {len(found)}", by=person)
            async with _rooms(server, directory, person) as (hall, study):
                found += [await _opened(hall, study) for _ in range(min(A_PERSON, rounds - len(found)))]
    return found


@asynccontextmanager
async def _rooms(
    server: RunningServer, directory: Path, person: Joined
) -> AsyncIterator[tuple[Watched, Watched]]:
    """Two devices of one person, who lets their own devices drop in on each other at once."""
    name = person.person
    await signing.begin(server, person)
    async with (
        endpoint_of(server, person, f"{name}'s hall", directory, microphone="tone:440") as hall,
        endpoint_of(server, person, f"{name}'s study", directory, microphone="tone:440") as study,
    ):
        chain, _ = await signing.identity(server, person)
        assert chain is not None
        unsigned = at_home(draft(chain, person.keys, None, time=int(time.time())), HomeTerm.INSTANT)
        await signing.do(server, person, "set_grants", grants=signed(unsigned, person.keys.sign))
        await study.until_true(lambda: len(study.endpoint.reach.sets.now_in_force) > 0, "the set")
        yield hall, study


async def _opened(hall: Watched, study: Watched) -> float:
    """One drop in, from the tone's end to the first sound that arrives, in milliseconds."""
    loop = asyncio.get_running_loop()
    arrived: asyncio.Future[float] = loop.create_future()
    take = Link._take_voice  # noqa: SLF001 - where sound arrives
    study.history.clear()

    def taken(link: Link, *packet: Any) -> None:
        if hall.endpoint.current is not None and link is hall.call.current_link and not arrived.done():
            arrived.set_result(loop.time())
        take(link, *packet)

    with patch.object(Link, "_take_voice", taken):
        call = await hall.endpoint.drop_in(study.endpoint.enrolment.endpoint, video=False)
        at = await asyncio.wait_for(arrived, timeout=30)
        await call.hang_up()
        await study.until_true(lambda: study.endpoint.current is None, "the end")
    (ended,) = study.times("opens")  # the tone's last sample has been played
    assert at >= ended, "sound before the tone had ended"
    return (at - ended) * 1000
