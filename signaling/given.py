"""What all subjects of `signaling.subjects` are made of: where things are kept, who is here, what time it is."""

from collections.abc import Callable
from dataclasses import dataclass

from kith.core.keys import KeyPair
from kith.directory.blocks import Blocks
from kith.directory.children import Children
from kith.directory.contact_store import ContactStore
from kith.directory.granting import Granting
from kith.directory.identities import Identities
from kith.directory.journal import JournalStore
from kith.directory.leaving import Leaving
from kith.directory.passkeys import Passkeys
from kith.directory.people import People
from kith.directory.ports import DirectoryStore
from kith.directory.registry import Registry
from kith.directory.verifying import Verifying
from kith.messaging.ports import MessageStore
from presence.reachable import Reachable
from signaling.blocking import Reports
from signaling.books import Shelving
from signaling.deadlines import Deadlines
from signaling.discovery import Incidents
from signaling.group_board import GroupStore
from signaling.history import HistoryStore
from signaling.ice import IceDesk
from signaling.journal import Journal
from signaling.people import Exporter
from signaling.push import Subscriptions
from signaling.rooms import Rooms
from signaling.sessions import Sessions
from signaling.switchboard import Switchboard
from signaling.waking import Pushing


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What all subjects are made of. `server` is the server's identity key, `region` the country (ISO 3166) of numbers
    without a country's code; without `pushing` and `push_key` nobody is woken."""

    directory: DirectoryStore
    registry: Registry
    verifying: Verifying
    people: People
    children: Children
    leaving: Leaving
    export: Exporter
    identities: Identities
    passkeys: Passkeys
    blocks: Blocks
    reports: Reports
    switchboard: Switchboard
    sessions: Sessions
    reachable: Reachable
    server: bytes
    clock: Callable[[], float]
    ice: IceDesk
    contacts: ContactStore
    books: Shelving
    journal: Journal
    journals: JournalStore
    granting: Granting
    incidents: Incidents | None
    groups: GroupStore
    histories: HistoryStore
    subscriptions: Subscriptions
    pushing: Pushing | None
    push_key: bytes | None
    messages: MessageStore
    rooms: Rooms
    keys: KeyPair
    deadlines: Deadlines
    region: str
