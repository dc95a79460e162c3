"""Which commands an endpoint may ask at all, before anybody looks at what they say.

The law of this file

    Whoever stands before a shared endpoint is not known to be an adult, so it asks nothing that is one person's.
    A child's endpoint does not ask what only adults decide.
    An endpoint that waits for its person's word decides nothing, and nobody is reached from it; it may always go.
"""

from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.directory.model import Endpoint
from kith.directory.ports import DirectoryStore
from signaling import protocol as wire
from signaling.books import BOOK_COMMANDS
from signaling.children import CHILD_COMMANDS, NOT_FOR_CHILDREN
from signaling.contacts import CONTACT_COMMANDS
from signaling.granting import GRANT_COMMANDS
from signaling.history import HISTORY_COMMANDS
from signaling.journal import READING
from signaling.live_rooms import ROOM_COMMANDS
from signaling.message_reports import REPORT_COMMANDS
from signaling.passkeys import PASSKEY_COMMANDS
from signaling.people import PEOPLE_COMMANDS
from signaling.push import PUSH_COMMANDS

PERSONAL = frozenset(
    {
        wire.Invite,
        wire.OfferPairing,
        wire.ListEndpoints,
        wire.RenameEndpoint,
        wire.RemoveEndpoint,
        wire.DismissMissed,
        wire.DismissNews,
        wire.Unblock,
        wire.ListBlocks,
        wire.ReportPerson,
        wire.SetGrants,
        wire.Panic,
        wire.RemoveConversation,
        *REPORT_COMMANDS,
        *PASSKEY_COMMANDS,
        *CONTACT_COMMANDS,
        *PEOPLE_COMMANDS,
        *BOOK_COMMANDS,
        *READING,
        *CHILD_COMMANDS,
        *ROOM_COMMANDS,
        *PUSH_COMMANDS,
        *HISTORY_COMMANDS,
    }
)
"""What only a person's own endpoint may ask: whoever stands before a shared one is not known to be an adult."""

_GROUPS = (wire.PlanGroup, wire.StartGroup, wire.JoinGroup, wire.AskIntoGroup)
_CALLING = (wire.DropIn, *_GROUPS, wire.Move, wire.Block, wire.ResolveName, wire.Utter)
_WRITING = (
    wire.ListRecipients,
    wire.PutSegment,
    wire.SendMessage,
    wire.ListConversations,
    wire.MarkRead,
    wire.SendOwn,
)
CONFIRMED = PERSONAL.union(_CALLING, _WRITING, GRANT_COMMANDS, (wire.AppendLog, wire.CheckLog))
"""What an endpoint may not ask before another one has signed for it: the server's word is not enough for that."""

_ADULT = frozenset(NOT_FOR_CHILDREN)


class Permits:
    """Asks the directory only where the answer depends on what may have changed since the endpoint signed in."""

    def __init__(self, directory: DirectoryStore) -> None:
        self._directory = directory

    async def check(self, principal: Principal, endpoint: Endpoint, command: wire.AnyCommand) -> None:
        """Raises Problem(not_permitted) or (not_confirmed)."""
        kind = type(command)
        if (principal.shared and kind in PERSONAL) or (principal.child and kind in _ADULT):
            raise Problem(Code.NOT_PERMITTED)
        leaves = isinstance(command, wire.RemoveEndpoint) and command.endpoint == endpoint.id
        decides = kind in CONFIRMED and not leaves  # going for good needs nobody's word
        if endpoint.waiting and decides and await self._waits(endpoint):
            raise Problem(Code.NOT_CONFIRMED)

    async def _waits(self, endpoint: Endpoint) -> bool:
        """Still, whatever its session knows."""
        found = await self._directory.endpoint(endpoint.id)
        return found is None or found.waiting
