"""The messages by which people keep others away, and tell the operator of them. Pure."""

from typing import Annotated

from msgspec import Meta

from kith.core.reports import Why
from signaling.protocol.envelope import Command, Event, Part, Reply
from signaling.protocol.fields import BlockRef, ContactRef, PersonRef

ReportText = Annotated[str, Meta(min_length=0, max_length=1_000)]


class BlockView(Part, frozen=True, kw_only=True):
    """Somebody whom the viewer has blocked: `name` as they were called then. `person` is absent where it was a number
    of which the viewer does not know who has it. `contact` is the viewer's own by which it was blocked, if it was by
    one; it may be gone since."""

    id: BlockRef
    name: str
    person: PersonRef | None = None
    contact: ContactRef | None = None
    since: float


# -- commands ---------------------------------------------------------------------------------------


class Block(Command, frozen=True, kw_only=True, tag="block"):
    """Hear no more of a person, or of whoever has the numbers of a contact: nothing that they do rings or shows, and
    they are not told. One of the two is given."""

    person: PersonRef | None = None
    contact: ContactRef | None = None


class Unblock(Command, frozen=True, kw_only=True, tag="unblock"):
    """Let the person reach one again."""

    block: BlockRef


class ListBlocks(Command, frozen=True, kw_only=True, tag="list_blocks"):
    """Whom one has blocked, the latest first."""


class ReportPerson(Command, frozen=True, kw_only=True, tag="report_person"):
    """Tell the operator of the server what a person does. Nobody else is told who did."""

    person: PersonRef
    why: Why
    text: ReportText = ""


# -- replies ----------------------------------------------------------------------------------------


class Blocked(Reply, frozen=True, kw_only=True, tag="blocked"):
    block: BlockView


class Blocks(Reply, frozen=True, kw_only=True, tag="blocks"):
    blocks: tuple[BlockView, ...]


# -- events -----------------------------------------------------------------------------------------


class BlocksChanged(Event, frozen=True, kw_only=True, tag="blocks_changed"):
    """All blocks of the person, the latest first; it replaces the old list. Own endpoints only."""

    blocks: tuple[BlockView, ...]
