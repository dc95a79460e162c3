"""What becomes of the groups that go on while somebody blocks somebody, is suspended, or closes everything.

The law of this file

    Of two who are kept apart whoever is not there yet does not come: where it rings nobody notices.
    Where both take part, whoever blocks goes, and nobody else has to. If they started the group, the other one does.
    Whoever is out because of this does not come back into this group.
    A device that was asked as such is its household's, and not one person's to take out.
"""

from collections.abc import Collection

from kith.core.ids import EndpointId, HouseholdId, PersonId
from signaling.call import Declined
from signaling.group import Group, Leaves, Place, PlaceState, Withdraws
from signaling.group_board import GroupBoard


class Groups(GroupBoard):
    """The live groups, and who is kept out of them."""

    changes = 0
    """How often people were kept apart: facts that are older than the last time are looked up again."""

    def keep_apart(self, owner: PersonId, others: Collection[PersonId]) -> None:
        """`owner` has blocked the others."""
        self.changes += 1
        for live in self.live.of(owner):
            out = {one for other in others if (one := _whose(live.group, owner, other)) is not None}
            if out:
                live.enqueue(Withdraws(frozenset(out)))

    def take_out(self, person: PersonId) -> None:
        """`person` is to be in no group any more."""
        self.changes += 1
        for live in self.live.of(person):
            live.enqueue(Withdraws(_places_of(live.group, person)))

    async def taken_out(self, person: PersonId) -> None:
        """As `take_out`, and done when it is saved."""
        self.changes += 1
        for live in self.live.of(person):
            await live.settled(Withdraws(_places_of(live.group, person)))

    def shut(self, household: HouseholdId) -> None:
        """Everything is closed there: what the household shares is in no group with anybody from outside."""
        self.changes += 1
        for live in self.live.of(household):
            faces = live.faces.endpoints
            inside = {one for one in live.group.members if faces[one].household == household}
            if inside != live.group.members.keys():
                for one in sorted(one for one in inside if faces[one].shared):
                    live.enqueue(Leaves(one))

    def withdraw(self, person: PersonId, endpoints: Collection[EndpointId]) -> None:
        """These shared endpoints speak for the person no more."""
        for endpoint in endpoints:
            for live in self.live.of(endpoint):
                member = live.group.members.get(endpoint)
                if member is not None and live.group.places[member.place].person == person:
                    live.enqueue(Leaves(endpoint))
                elif any(one.person == person for one in live.group.ringing_at(endpoint)):
                    live.enqueue(Declined(endpoint))


def _places_of(group: Group, person: PersonId) -> frozenset[str]:
    return frozenset(one.target for one in group.places.values() if one.person == person)


def _whose(group: Group, owner: PersonId, other: PersonId) -> str | None:
    """The place that goes, of somebody who blocks and whom they block; None where they do not meet there."""
    blocker, blocked = _place_of(group, owner), _place_of(group, other)
    if blocker is None or blocked is None or blocker.target == blocked.target:
        return None
    if blocker.target == group.home:
        return blocked.target
    joined = (blocker.state is PlaceState.JOINED, blocked.state is PlaceState.JOINED)
    stays = blocked.target != group.home and joined in ((True, False), (False, False))
    return blocked.target if stays else blocker.target


def _place_of(group: Group, person: PersonId) -> Place | None:
    return next((one for one in group.places.values() if one.person == person), None)
