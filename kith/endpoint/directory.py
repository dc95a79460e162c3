"""Whom this endpoint knows: the persons and endpoints that can be called from it, and the calls it missed."""

from collections.abc import Sequence

from kith.core.ids import EndpointId
from kith.endpoint.utterance import Named, Nobody, Which, meant
from signaling.protocol import (
    ActivityView,
    DirectoryChanged,
    EndpointView,
    GrantedView,
    MissedCall,
    NewsItem,
    OngoingCall,
    PersonView,
    Snapshot,
)


class Unclear(Exception):
    """A name that means nobody, or several: `choices` has their names."""

    def __init__(self, said: str, choices: Sequence[str]) -> None:
        super().__init__(f"{said}: {', '.join(choices)}?" if choices else f"there is nobody called {said}")
        self.choices = tuple(choices)


class Directory:
    """`person` is whose endpoint this is, None if it is shared."""

    def __init__(self, own: EndpointId) -> None:
        self._own = own
        self.person: PersonView | None = None
        self.people: tuple[PersonView, ...] = ()
        self.endpoints: tuple[EndpointView, ...] = ()
        self.missed: tuple[MissedCall, ...] = ()
        self.elsewhere: tuple[OngoingCall, ...] = ()
        """Own calls at other own endpoints."""
        self.shared = False
        """Whether this endpoint is the household's, and not one person's."""
        self.granted: tuple[GrantedView, ...] = ()
        """On whom one may drop in."""
        self.activity: tuple[ActivityView, ...] = ()
        """Who of them was recently active."""
        self._heard = 0

    def change(self, to: DirectoryChanged | Snapshot) -> None:
        """The whole new directory replaces the old one."""
        self.person, self.people, self.endpoints = to.person, to.people, to.endpoints
        if isinstance(to, Snapshot):
            self.shared = to.endpoint.shared

    def hear(self, news: Sequence[NewsItem]) -> tuple[NewsItem, ...]:
        """Those pieces of the household's news that this endpoint has not had before, the newest first."""
        fresh = tuple(item for item in news if item.number > self._heard)
        self._heard = max((item.number for item in fresh), default=self._heard)
        return fresh

    def find(self, whom: str) -> Named:
        """Whom a name or an id means among those that this endpoint sees. Raises Unclear."""
        return the_one(whom, self._known())

    def known(self, target: str) -> Named:
        """A person or an endpoint by id; without a name if it is not among those that this endpoint sees."""
        return next((one for one in self._known() if one.id == target), Named(target, ""))

    def profile(self, name: str, among: Sequence[PersonView] | None = None) -> str:
        """The id of the person whom a shared endpoint is to act for: one that it sees. Who lives elsewhere is
        refused by the server. Raises Unclear."""
        people = self.people if among is None else among
        return the_one(name, [Named(person.id, person.name) for person in people]).id

    def _known(self) -> list[Named]:
        people = [Named(person.id, person.name) for person in self.people if not person.own]
        return people + [Named(one.id, one.name) for one in self.endpoints if one.id != self._own]


def the_one(said: str, known: list[Named]) -> Named:
    """Which of these an id or a name means. Raises Unclear."""
    by_id = [one for one in known if one.id == said]
    match by_id[0] if by_id else meant(said, known):
        case Named() as named:
            return named
        case Which(choices):
            raise Unclear(said, [one.name for one in choices])
        case Nobody():
            raise Unclear(said, [])
