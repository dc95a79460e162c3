"""A person who has lost everything begins a new chain of signatures.

The law of this file

    Nobody begins anew while a confirmed endpoint of theirs is at hand: they have not lost everything, and whoever says
    so may be a thief with no more than a passkey.
    Every former endpoint is out before anybody is told.
"""

from collections.abc import Callable

from kith.core.ids import EndpointId
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.directory.identities import Identities
from kith.directory.model import Endpoint
from kith.directory.ports import DirectoryStore
from kith.directory.registry import registered
from presence.reachable import Reachable
from signaling import protocol as wire
from signaling.announcing import Announcer
from signaling.identities import IdentityDesk
from signaling.strangers import Strangers


class BeginDesk:
    """Carries out `begin_anew`."""

    def __init__(
        self,
        identities: Identities,
        directory: DirectoryStore,
        reachable: Reachable,
        announcer: Announcer,
        identity_desk: IdentityDesk,
        strangers: Strangers,
        expel: Callable[[EndpointId], None],
    ) -> None:
        self._identities = identities
        self._directory = directory
        self._reachable = reachable
        self._announcer = announcer
        self._identity_desk = identity_desk
        self._strangers = strangers
        self._expel = expel

    async def carry_out(
        self, principal: Principal, endpoint: Endpoint, command: wire.BeginAnew
    ) -> wire.AnyReply:
        """Raises Problem(not_permitted) where another one is here."""
        person = registered(principal)
        for one in await self._directory.endpoints_for(person):
            if not one.shared and not one.waiting and one.id in self._reachable:
                raise Problem(Code.NOT_PERMITTED)
        for former in await self._identities.begin_anew(principal, command.link):
            self._expel(former)
        await self._announcer.told(self._identity_desk.person_changed(person))
        await self._strangers.told_of_newcomer(endpoint)
        await self._announcer.told(self._identity_desk.catch_up(principal))
        return wire.Ok(re=command.id)
