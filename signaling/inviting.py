"""The commands by which whoever is here lets others in: an invitation for a person, a pairing code for a device.

What becomes of them is with `signaling.strangers`, where those who were let in come to.
"""

from kith.core.ids import PersonId
from kith.core.principal import Principal
from kith.directory.children import Children
from kith.directory.registry import Registry
from signaling import protocol as wire

Command = wire.Invite | wire.OfferPairing
INVITE_COMMANDS = (wire.Invite, wire.OfferPairing)


class InviteDesk:
    origin = ""
    """Under which address other devices reach this server, once that is known."""

    def __init__(self, registry: Registry, children: Children) -> None:
        self._registry = registry
        self._children = children

    async def carry_out(self, principal: Principal, command: Command) -> wire.AnyReply:
        """One of the commands. Raises Problem."""
        match command:
            case wire.Invite():
                secret, expires = await self._registry.invite_from(principal, household=command.household)
                return wire.Invited(re=command.id, secret=secret, expires=expires, origin=self.origin)
            case wire.OfferPairing():
                return await self._offer(principal, command)

    async def _offer(self, principal: Principal, command: wire.OfferPairing) -> wire.PairingOffered:
        child = None if command.child is None else PersonId(command.child)
        if child is not None:
            await self._children.may_pair(principal, child)
        code, expires = await self._registry.offer_pairing_from(principal, shared=command.shared, child=child)
        return wire.PairingOffered(re=command.id, code=code, expires=expires, origin=self.origin)
