"""What every adult of a household is told: new devices, devices signed out, sign-ins from somewhere new.

The store leaves each piece of news together with the change that it is about, for those who are away too;
here it is decided which sign-ins count, and those who are there are told.

What counts is the network, not the address: a provider gives a home another address every night, and
whoever is told should have a reason to look. Addresses of a home (private ones) are one network. What is kept
of a network is a digest under the server's key, and no address is in the log.
"""

import asyncio
import ipaddress
from collections.abc import Callable

from kith.core.ids import HouseholdId, PersonId
from kith.directory.model import Endpoint
from kith.directory.model import News as Piece
from kith.directory.ports import DirectoryStore
from signaling import protocol as wire
from signaling.announcing import Announcer
from signaling.sessions import Sessions

DAY = 86_400.0
"""Seconds for which a network that was noted need not be noted again: one write a day, not one a sign-in."""

SETTLING = 600.0
"""Seconds after it was added in which a device's sign-ins are no news of their own: its adding is."""

HOME = "home"


def network_of(address: str) -> str:
    """The network that an address is in, coarsely: a provider's region, or HOME for what is not public.

    IPv4 by its first 16 bits, IPv6 by 32, the size of what providers are given (RFC 6177, section 2, leaves
    48 to 64 bits to one customer). What is no address counts as HOME.
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return HOME
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    if not found.is_global:
        return HOME
    return str(ipaddress.ip_network((found, 16 if found.version == 4 else 32), strict=False))


class HouseholdNews:
    """Tells, and decides what a sign-in is worth. `digest(owner, network)` is keyed by the server."""

    def __init__(
        self,
        directory: DirectoryStore,
        sessions: Sessions,
        announcer: Announcer,
        digest: Callable[[str, str], bytes],
        clock: Callable[[], float],
    ) -> None:
        self._directory = directory
        self._sessions = sessions
        self._announcer = announcer
        self._digest = digest
        self._clock = clock
        self._noting: set[asyncio.Task[None]] = set()

    async def view(self, person: PersonId) -> tuple[wire.NewsItem, ...]:
        """The news of a person, the newest first."""
        return tuple(_item(piece, person) for piece in await self._directory.news(person))

    async def dismiss(self, person: PersonId, up_to: int) -> None:
        """The person has seen what is not newer than `up_to`."""
        await self._directory.dismiss_news(person, up_to=up_to)
        await self._announcer.told(self._tell_person(person))

    async def tell(self, household: HouseholdId) -> None:
        """There is news: the whole list to the personal endpoints of every adult."""
        for person in await self._directory.housemates(household):
            if not person.child:
                await self._tell_person(person.id)

    async def _tell_person(self, person: PersonId) -> None:
        here = [
            one.id
            for one in await self._directory.endpoints_for(person)
            if not (one.shared or one.waiting) and self._sessions.of(one.id) is not None
        ]
        if here:
            news = await self.view(person)
            for endpoint in here:
                self._sessions.push(endpoint, wire.HouseholdNews(news=news))

    def signed_in(self, endpoint: Endpoint, address: str) -> None:
        """An endpoint proved its key from `address`. Nobody waits for what becomes of it."""
        if endpoint.test:
            return
        task = asyncio.get_running_loop().create_task(self._note(endpoint, address))
        self._noting.add(task)
        task.add_done_callback(self._noting.discard)

    async def _note(self, endpoint: Endpoint, address: str) -> None:
        await self._announcer.told(self._note_network(endpoint, address))

    async def _note_network(self, endpoint: Endpoint, address: str) -> None:
        now = self._clock()
        shared = endpoint.shared or endpoint.person is None
        owner = endpoint.household if shared else str(endpoint.person)
        digest = self._digest(owner, network_of(address))
        if await self._directory.knows_network(owner, digest, since=now - DAY):
            return
        silent = endpoint.added is not None and now - endpoint.added < SETTLING
        if await self._directory.note_network(endpoint, digest, now=now, silent=silent):
            await self.tell(endpoint.household)


def _item(piece: Piece, viewer: PersonId) -> wire.NewsItem:
    return wire.NewsItem(
        number=piece.id,
        kind=piece.kind,
        at=piece.at,
        name=piece.name,
        own=piece.by == viewer,
        device=piece.device,
        shared=piece.shared,
        other=piece.other,
    )
