"""Whose an endpoint is and what it signs for, as a person asks for it.

offered = await endpoint.belonging.offer_pairing(shared=True)       # on a phone
await endpoint.belonging.compared(same=True)                        # on the new device
await endpoint.belonging.remove_endpoint("Old tablet")
"""

from collections.abc import Awaitable, Callable

from kith.core.problem import Code, Problem
from kith.endpoint.circle import Circle, Offered, Same
from kith.endpoint.directory import Directory, the_one
from kith.endpoint.safety import Safety, compare, safety_of
from kith.endpoint.utterance import Named
from kith.endpoint.wire import Wire
from signaling import protocol
from signaling.protocol import WaitingEndpoint


class Belonging:
    """`person` is the endpoint's own, by id; None on a shared one. `removed` is told of the key of what was signed out.
    Methods raise Problem, Unreachable, Untrusted."""

    def __init__(
        self,
        circle: Circle,
        directory: Directory,
        wire: Wire,
        person: str | None,
        removed: Callable[[bytes], Awaitable[None]],
    ) -> None:
        self._removed = removed
        self._circle = circle
        self._directory = directory
        self._wire = wire
        self._person = person

    async def offer_pairing(self, *, shared: bool, same: Same | None = None) -> Offered:
        """A code for one more endpoint, of the own person or shared by the household. Whoever has it with its secret
        is signed for; whoever has the bare code if `same` says, given six digits, that the other shows them too."""
        return await self._circle.offer(shared=shared, same=same)

    async def offer_childs_pairing(self, child: str) -> str:
        """A code for a device of a child's own, by the child's id. The first one begins the child's chain, and nobody
        has to sign for it."""
        offer = protocol.OfferPairing(id=self._wire.new_id(), shared=False, child=child)
        offered = await self._wire.request(offer)
        if not isinstance(offered, protocol.PairingOffered):
            raise Problem(Code.MALFORMED)
        return offered.code

    async def waiting(self) -> tuple[WaitingEndpoint, ...]:
        """Endpoints for which nobody has signed yet."""
        return await self._circle.waiting()

    async def sign_for(self, endpoint: str, same: Same) -> None:
        """Sign for one of those that wait, by its id: both show six digits, and `same` says whether they are alike."""
        await self._circle.sign_for(endpoint, same)

    async def welcome(self, person: str) -> None:
        """Take somebody of the household into its roster, by id."""
        await self._circle.welcome(person)

    async def move_in(self) -> None:
        """The person of this endpoint knows the household that took them in: from here on its roster is believed."""
        await self._circle.move_in()

    async def leave_household(self) -> None:
        """A household of one's own from now on: what the former one shares speaks for this endpoint's person no more.
        Problem(last_member) where nobody else lives there."""
        await self._circle.leave(for_good=False)

    async def deregister(self) -> None:
        """Leave for good: the server erases all that it keeps of the person, and this endpoint with it."""
        await self._circle.leave(for_good=True)

    async def remove_endpoint(self, name: str) -> None:
        """Sign an endpoint of the person's, or one that the household shares, out for good, by id or name; this one
        too. First everybody else is told, signed, that it is nobody's any more. Raises directory.Unclear besides."""
        listed = await self._wire.request(protocol.ListEndpoints(id=self._wire.new_id()))
        if not isinstance(listed, protocol.Endpoints):
            raise Problem(Code.MALFORMED)
        wanted = the_one(name, [Named(one.id, one.name) for one in listed.endpoints]).id
        gone = next(one for one in listed.endpoints if one.id == wanted)
        await self._circle.take_out(gone.identity, shared=gone.shared)
        await self._removed(gone.identity)
        await self._wire.request(protocol.RemoveEndpoint(id=self._wire.new_id(), endpoint=gone.id))

    async def safety(self, whom: str) -> Safety:
        """The safety number with a person, by id or name, and whether it was compared before. For a personal endpoint.
        Raises directory.Unclear besides."""
        person = self._directory.find(whom).id
        return await safety_of(self._circle.identities, self._person, person)

    async def compare_safety(self, whom: str, said: str) -> bool:
        """Whether `said`, the number or the scanned code that the other side has, is the one here; remembered from now
        on, also if it is not. Raises directory.Unclear besides."""
        person = self._directory.find(whom).id
        return await compare(self._circle.identities, self._person, person, said)

    async def compared(self, *, same: bool) -> None:
        """Whether the digits that this new endpoint shows (event `pairing`) are those of the other one.
        Untrusted if it shows none."""
        await self._circle.compared(same=same)

    async def compare_again(self) -> None:
        """Show other digits on both."""
        await self._circle.compare_again()
