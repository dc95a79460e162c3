"""The messages about who and what is here: people, endpoints, ways between them, and news of the household. Pure."""

from kith.core.capabilities import Capabilities
from kith.core.news import NewsKind
from signaling.protocol.envelope import Command, Event, Part, Reply
from signaling.protocol.fields import EndpointRef, HouseholdRef, Key, Name, PersonRef, Seq


class PersonView(Part, frozen=True, kw_only=True):
    """A person as another one sees them. Never a number."""

    id: PersonRef
    name: str
    household: HouseholdRef
    own: bool = False


class EndpointView(Part, frozen=True, kw_only=True):
    """An endpoint that the viewer may call directly: an own one, or a shared one of the own household. `quiet`: Do Not
    Disturb is on there."""

    id: EndpointRef
    name: str
    shared: bool
    online: bool
    capabilities: Capabilities
    own: bool = False
    quiet: bool = False


class EnrolledEndpoint(Part, frozen=True, kw_only=True):
    """An own endpoint, or a shared one of the household, as whoever may sign it out sees it.

    `added` and `seen`, which is true to the hour, are absent where nobody kept them. `current`: the viewer.
    `identity` is what a signed removal names.
    """

    id: EndpointRef
    identity: Key
    name: str
    shared: bool
    online: bool
    current: bool
    added: float | None = None
    seen: float | None = None


class NewsItem(Part, frozen=True, kw_only=True):
    """Something that every adult of a household is told. `name` is whose doing or whose device it is,
    `own` whether that is the viewer. `other` is whom, or which other device, it concerns."""

    number: int
    kind: NewsKind
    at: float
    name: str
    own: bool
    device: str
    shared: bool
    other: str = ""


class IceServer(Part, frozen=True, kw_only=True):
    """One entry of an RTCConfiguration's `iceServers`: STUN has no credential, TURN has."""

    urls: tuple[str, ...]
    username: str | None = None
    credential: str | None = None


# -- commands ---------------------------------------------------------------------------------------


class Describe(Command, frozen=True, kw_only=True, tag="describe"):
    """Change what this endpoint declares about itself."""

    capabilities: Capabilities | None = None
    name: Name | None = None


class Rename(Command, frozen=True, kw_only=True, tag="rename"):
    """Change the own name."""

    name: Name


class ListDirectory(Command, frozen=True, kw_only=True, tag="list_directory"):
    """The persons and endpoints that can be called from here."""


class ListIceServers(Command, frozen=True, kw_only=True, tag="list_ice_servers"):
    """The STUN and TURN servers to find a way to the other side with. Asked ahead of a call, not in it."""


class ListEndpoints(Command, frozen=True, kw_only=True, tag="list_endpoints"):
    """The own endpoints and those that the household shares, with when they were here."""


class RenameEndpoint(Command, frozen=True, kw_only=True, tag="rename_endpoint"):
    """Call one of them something else."""

    endpoint: EndpointRef
    name: Name


class RemoveEndpoint(Command, frozen=True, kw_only=True, tag="remove_endpoint"):
    """Sign one of them out for good: its key, session and tokens are dead, its calls end."""

    endpoint: EndpointRef


class DismissNews(Command, frozen=True, kw_only=True, tag="dismiss_news"):
    """The person has seen the news up to this number: it vanishes on all own endpoints."""

    up_to: Seq


# -- replies ----------------------------------------------------------------------------------------


class Directory(Reply, frozen=True, kw_only=True, tag="directory"):
    people: tuple[PersonView, ...]
    endpoints: tuple[EndpointView, ...]


class Endpoints(Reply, frozen=True, kw_only=True, tag="endpoints"):
    endpoints: tuple[EnrolledEndpoint, ...]


class IceServers(Reply, frozen=True, kw_only=True, tag="ice_servers"):
    """None where the operator set none. The credential is good for `expires_in` seconds."""

    servers: tuple[IceServer, ...]
    expires_in: float


# -- events -----------------------------------------------------------------------------------------


class DirectoryChanged(Event, frozen=True, kw_only=True, tag="directory_changed"):
    """The whole new directory; it replaces the old one."""

    person: PersonView | None
    people: tuple[PersonView, ...]
    endpoints: tuple[EndpointView, ...]


class EndpointChanged(Event, frozen=True, kw_only=True, tag="endpoint_changed"):
    """One endpoint of the directory came, went or describes itself anew."""

    endpoint: EndpointView


class HouseholdNews(Event, frozen=True, kw_only=True, tag="household_news"):
    """All news not yet dismissed, the newest first; it replaces the old list."""

    news: tuple[NewsItem, ...]
