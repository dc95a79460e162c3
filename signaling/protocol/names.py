"""The message by which a name finds whom it means. Pure."""

from typing import Annotated

from msgspec import Meta

from kith.core.names import Outcome
from signaling.protocol.contacts import Label
from signaling.protocol.envelope import Command, Part, Reply
from signaling.protocol.fields import EndpointRef, PersonRef

MAX_CHOICES = 5

SpokenName = Annotated[str, Meta(min_length=1, max_length=128)]


class ResolveName(Command, frozen=True, kw_only=True, tag="resolve_name"):
    """Whom somebody means who says a name: among the people and devices of the household, the own contacts and, on a
    shared endpoint, the contacts of all who live there. `label` is which of their numbers, such as "mobile"."""

    text: SpokenName
    label: Label = ""


class NameChoice(Part, frozen=True, kw_only=True):
    """Somebody or something that has the name. `label` is what their number is for. Neither `person` nor `endpoint` is
    there where the one meant is not reachable here. `moved`: the number is somebody else's now, as in ContactNumber.
    """

    name: str
    label: str = ""
    person: PersonRef | None = None
    endpoint: EndpointRef | None = None
    moved: bool = False

    @property
    def who(self) -> str:
        """The same for the same one: a number that moved is another one than who has it now."""
        reached = self.person or self.endpoint or f"nobody {self.name}"
        return f"moved {reached}" if self.moved else reached


class NameResolved(Reply, frozen=True, kw_only=True, tag="resolved"):
    """`choices`: the one; those to ask about, the likeliest first (of a single one: whether it is meant); or none."""

    outcome: Outcome
    choices: Annotated[tuple[NameChoice, ...], Meta(max_length=MAX_CHOICES)] = ()
