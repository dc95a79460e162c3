"""On whom an endpoint may drop in, as it is shown, and who is told when that changes.

It is what the signed sets say, whatever the hour: Do Not Disturb, hours and switches are nobody's business but theirs
who set them, and are found out by trying.
"""

from collections.abc import Callable, Iterable

from kith.core.ids import EndpointId, HouseholdId, PersonId
from kith.core.principal import Principal
from kith.core.trust.grants import Grants, HomeTerm, Mode
from kith.directory.granting import Granting
from kith.directory.model import Endpoint, Person
from kith.directory.ports import DirectoryStore
from policy.grants import Claim, Void
from presence.reachable import Reachable
from signaling.call_facts import Distances
from signaling.protocol import GrantedChanged, GrantedView
from signaling.sessions import Live, Sessions


class Granted:
    """Reads and tells."""

    def __init__(
        self,
        granting: Granting,
        directory: DirectoryStore,
        distances: Distances,
        sessions: Sessions,
        reachable: Reachable,
        clock: Callable[[], float],
    ) -> None:
        self._granting = granting
        self._directory = directory
        self._distances = distances
        self._sessions = sessions
        self._reachable = reachable
        self._clock = clock
        self.listener: Callable[[EndpointId, tuple[GrantedView, ...]], None] = lambda _, __: None
        """Hears what an endpoint is told, whether or not it is told anew."""

    async def view(self, endpoint: Endpoint, principal: Principal) -> tuple[GrantedView, ...]:
        """Everybody on whom this endpoint may drop in, whoever it acts for, by name."""
        if principal.person is None or endpoint.waiting:
            return ()
        claim = await self._granting.claim(endpoint, principal.person)
        home = dict(await self._granting.of_household(endpoint.household))
        givers = {*home, *await self._granting.givers(claim)}
        apart = await self._distances.blocked_by(principal.person)  # who has blocked the viewer, nobody tells
        void = await self._granting.void(givers)
        found = []
        for giver in sorted(givers - apart):
            grants = home.get(giver) or await self._granting.of(giver)
            person = await self._directory.person(giver)
            if grants is None or person is None or person.suspended is not None:
                continue
            lives_here = giver in home and (bool(claim.households) or giver == principal.person)
            view = _at_home(person, grants) if lives_here else None
            view = view or _given(person, grants, claim, self._clock(), void)
            found += [] if view is None else [view]
        return tuple(sorted(found, key=lambda view: (view.name, view.person)))

    async def shown(self, live: Live) -> tuple[GrantedView, ...]:
        """For a snapshot; from now on it is told what changes."""
        live.granted = await self.view(live.endpoint, live.principal)
        return live.granted

    async def tell_of(self, person: PersonId) -> None:
        """Whoever might drop in on this person, or could until now."""
        found = await self._directory.person(person)
        grants = await self._granting.of(person)
        people = await self._granting.receivers([grants])
        homes = {one.household for one in people.values()}
        await self.tell(homes if found is None else {found.household, *homes})

    async def tell(self, households: Iterable[HouseholdId]) -> None:
        """Every endpoint of these households that is there, if it is something else than before: that something was
        signed which is not about them is nobody's business."""
        for household in households:
            for one in self._reachable.at(household):
                live = self._sessions.of(one)
                if live is not None:
                    granted = await self.view(live.endpoint, live.principal)
                    if live.granted != granted:  # else its being told would tell of something
                        live.granted = granted
                        self._sessions.push(one, GrantedChanged(granted=granted))
                    self.listener(one, granted)


def _at_home(person: Person, grants: Grants) -> GrantedView | None:
    """What the person lets those do who live with them, and their own other devices."""
    if grants.closed or grants.home not in (HomeTerm.KNOCK, HomeTerm.INSTANT):
        return None
    return GrantedView(
        person=person.id, name=person.name, mode=Mode(grants.home), household=True, carer=False
    )


def _given(
    person: Person, grants: Grants, claim: Claim, now: float, void: frozenset[Void]
) -> GrantedView | None:
    """The most that the person's grants give."""
    views = []
    for one in () if grants.closed else grants.grants:
        shared = one.receiver in claim.households.get(one.household, ())
        alone = one.receiver == claim.root and not claim.shared
        over = bool(one.until) and one.until <= now
        if over or not (shared or alone) or (grants.person, one.receiver, one.since) in void:
            continue
        view = GrantedView(
            person=person.id,
            name=person.name,
            mode=one.mode,
            household=shared and not alone,
            carer=one.carer and alone,
            until=float(one.until) if one.until else None,
        )
        views.append(view)
    return max(views, key=lambda view: (view.carer, view.mode is Mode.INSTANT), default=None)
