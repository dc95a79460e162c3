"""What only a person's own endpoints are shown of the person."""

from kith.core.ids import PersonId
from kith.directory.contact_store import ContactStore
from kith.directory.people import People
from kith.directory.ports import DirectoryStore
from kith.directory.regions import Regions
from kith.directory.verifying import Verifying
from signaling import protocol as wire
from signaling.sessions import Sessions


class OwnProfiles:
    """Reads it anew each time: what was read before something else was awaited may be old by now."""

    def __init__(
        self,
        directory: DirectoryStore,
        people: People,
        verifying: Verifying,
        contacts: ContactStore,
        sessions: Sessions,
        regions: Regions,
    ) -> None:
        self._directory = directory
        self._people = people
        self._verifying = verifying
        self._contacts = contacts
        self._sessions = sessions
        self._regions = regions

    async def view(self, person: PersonId) -> wire.OwnProfile:
        """For the person's own endpoints, but those that wait to be signed for."""
        found = await self._directory.person(person)
        contacts = await self._contacts.state(person)
        child = found is not None and found.child
        return wire.OwnProfile(
            mobile=None if found is None or found.registered is None else found.mobile,
            proving=await self._verifying.proving(person),
            contact_import=contacts.import_allowed,
            contacts=contacts.revision,
            guidelines=None if child else await self._people.asked(person),
            region=await self._regions.of(person),
            child=child,
        )

    async def tell(self, person: PersonId) -> None:
        """Something of it has changed."""
        here = [
            one.id
            for one in await self._directory.endpoints_for(person)
            if not (one.shared or one.waiting) and self._sessions.of(one.id) is not None
        ]
        if here:
            own = await self.view(person)
            for endpoint in here:
                self._sessions.push(endpoint, wire.OwnChanged(own=own))
