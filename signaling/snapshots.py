"""Everything that an endpoint is shown when it comes without a session to take up again."""

from kith.directory.model import Person
from kith.directory.ports import DirectoryStore
from signaling import protocol as wire
from signaling.activity import Activities
from signaling.announcing import Announcer
from signaling.blocking import BlockDesk
from signaling.granted import Granted
from signaling.group_apart import Groups
from signaling.news import HouseholdNews
from signaling.own import OwnProfiles
from signaling.sessions import Live
from signaling.switchboard import Switchboard
from signaling.views import endpoint_view, missed_view, person_view


class Snapshots:
    """What is one person's own is left out where the endpoint is shared, or waits for that person's word."""

    def __init__(
        self,
        directory: DirectoryStore,
        switchboard: Switchboard,
        groups: Groups,
        announcer: Announcer,
        news: HouseholdNews,
        own: OwnProfiles,
        blocks: BlockDesk,
        granted: Granted,
        activities: Activities,
    ) -> None:
        self._directory = directory
        self._switchboard = switchboard
        self._groups = groups
        self._announcer = announcer
        self._news = news
        self._own = own
        self._blocks = blocks
        self._granted = granted
        self._activities = activities

    async def take(self, live: Live, me: Person | None) -> wire.Snapshot:
        """For an endpoint whose person is `me`. Raises Problem."""
        principal = live.principal
        endpoint = live.endpoint
        people, endpoints = await self._announcer.listing(endpoint, principal)
        own = None if me is None or endpoint.shared or endpoint.waiting else me.id
        missed = () if own is None else await self._directory.missed(own)
        granted = await self._granted.shown(live)
        activity = await self._activities.shown(live)
        return wire.Snapshot(
            person=None if me is None else person_view(me, own=True),
            endpoint=endpoint_view(endpoint, online=True, own=True),
            registered=principal.registered,
            people=people,
            endpoints=endpoints,
            calls=self._switchboard.views_for(endpoint.id),
            missed=tuple(missed_view(one) for one in missed),
            elsewhere=() if own is None else await self._switchboard.elsewhere.ongoing(own, endpoint.id),
            news=() if own is None else await self._news.view(own),
            own=None if own is None else await self._own.view(own),
            blocks=() if own is None else await self._blocks.view(own),
            granted=granted,
            activity=activity,
            groups=self._groups.views_for(endpoint),
        )
