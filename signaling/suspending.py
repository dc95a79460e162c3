"""What becomes of a person whom the operator has suspended or whose account is terminated, here and now.

It is on disk before: whoever signs in from then on is refused, and who is signing in at this moment finds it when
their person is read once more (signaling.announcing).
"""

from kith.core.ids import PersonId
from kith.directory.ports import DirectoryStore
from signaling.accounts import Accounts
from signaling.closing import Close
from signaling.granted import Granted
from signaling.people import PeopleDesk
from signaling.switchboard import Switchboard


class Suspending:
    """Implements kith.server.operator.Present."""

    def __init__(
        self,
        directory: DirectoryStore,
        switchboard: Switchboard,
        accounts: Accounts,
        people: PeopleDesk,
        granted: Granted,
    ) -> None:
        self._granted = granted
        self._people = people
        self._directory = directory
        self._switchboard = switchboard
        self._accounts = accounts

    async def suspended(self, person: PersonId) -> None:
        """Calls first: a device that the household shares stays, and whoever talks there for the person does not."""
        self._switchboard.take_out(person)
        for endpoint in await self._directory.endpoints_for(person):
            if not endpoint.shared:
                self._accounts.expel(endpoint.id, Close.SUSPENDED)
        await self._granted.tell_of(person)

    async def dismissed(self, person: PersonId) -> None:
        """All that is kept of them is erased."""
        await self._people.dismissed(person)
