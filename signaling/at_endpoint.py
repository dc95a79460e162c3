"""What an endpoint says of itself, what it is shown of those around it, and that its person has seen it."""

from collections.abc import Callable

from kith.core.ids import EndpointId
from kith.core.principal import Principal
from kith.core.standing import DeviceStanding
from kith.directory.model import Endpoint
from kith.directory.ports import DirectoryStore
from kith.directory.registry import registered, tidy
from signaling import protocol as wire
from signaling.activity import Activities
from signaling.announcing import Announcer
from signaling.dropping_in import DropIns
from signaling.ice import IceDesk
from signaling.news import HouseholdNews
from signaling.sessions import Sessions
from signaling.switchboard import Switchboard

Command = (
    wire.Ping
    | wire.Describe
    | wire.ReportStanding
    | wire.Touch
    | wire.DismissMissed
    | wire.DismissNews
    | wire.ListDirectory
    | wire.ListIceServers
)
ENDPOINT_COMMANDS = (
    wire.Ping,
    wire.Describe,
    wire.ReportStanding,
    wire.Touch,
    wire.DismissMissed,
    wire.DismissNews,
    wire.ListDirectory,
    wire.ListIceServers,
)


class EndpointDesk:
    """The commands that are about the endpoint itself which asks."""

    def __init__(
        self,
        directory: DirectoryStore,
        sessions: Sessions,
        switchboard: Switchboard,
        announcer: Announcer,
        news: HouseholdNews,
        drop_ins: DropIns,
        activities: Activities,
        ice: IceDesk,
        clock: Callable[[], float],
    ) -> None:
        self._directory = directory
        self._sessions = sessions
        self._switchboard = switchboard
        self._announcer = announcer
        self._news = news
        self._drop_ins = drop_ins
        self._activities = activities
        self._ice = ice
        self._clock = clock

    async def carry_out(self, principal: Principal, endpoint: Endpoint, command: Command) -> wire.AnyReply:
        """One of the commands. Raises Problem."""
        match command:
            case wire.Ping():
                pass
            case wire.Describe():
                await self._describe(endpoint, command)
            case wire.ReportStanding():
                await self.report(endpoint.id, command.standing)
            case wire.Touch():
                self._activities.touched(endpoint)
            case wire.DismissMissed():
                person = registered(principal)
                await self._directory.dismiss_missed(person)
                await self._announcer.told(self._switchboard.announce_missed(person))
            case wire.DismissNews():
                await self._news.dismiss(registered(principal), command.up_to)
            case wire.ListDirectory():
                people, endpoints = await self._announcer.listing(endpoint, principal)
                return wire.Directory(re=command.id, people=people, endpoints=endpoints)
            case wire.ListIceServers():
                if not principal.shared:  # who may not call yet has no use for the relay's bandwidth
                    registered(principal)
                return self._ice.issue(command.id)
        return wire.Ok(re=command.id)

    async def report(self, endpoint: EndpointId, standing: DeviceStanding) -> None:
        """How things stand at an endpoint, as it says itself; of one that has no session nothing is kept."""
        live = self._sessions.of(endpoint)
        if live is not None and live.report(standing, self._clock()):
            self._announcer.endpoint_changed(live.endpoint)
            await self._announcer.told(self._switchboard.hush(endpoint))
            await self._announcer.told(self._drop_ins.reconsider_at(endpoint))
            self._activities.stirred(endpoint)

    async def _describe(self, endpoint: Endpoint, command: wire.Describe) -> None:
        name = None if command.name is None else tidy(command.name, "name")
        await self._directory.describe_endpoint(endpoint.id, name, command.capabilities)
        await self._announcer.told(self._announcer.described(endpoint.id))
