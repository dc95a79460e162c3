"""Whom this endpoint knows: the persons and endpoints that can be called from it, and the calls it missed."""

from collections.abc import Sequence

from kith.core.ids import EndpointId
from kith.endpoint.utterance import Named, Nobody, Which, meant
from signaling.protocol import Directory as Listing
from signaling.protocol import (
    DirectoryChanged,
    EndpointView,
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
        self._heard = 0

    def change(self, to: DirectoryChanged | Snapshot) -> None:
        """The whole new directory replaces the old one."""
        self.person, self.people, self.endpoints = to.person, to.people, to.endpoints

    def hear(self, news: Sequence[NewsItem]) -> tuple[NewsItem, ...]:
        """Those pieces of the household's news that this endpoint has not had before, the newest first."""
        fresh = tuple(item for item in news if item.number > self._heard)
        self._heard = max((item.number for item in fresh), default=self._heard)
        return fresh

    def find(self, whom: str, seen_by: Listing | None = None) -> Named:
        """Whom a name or an id means, to this endpoint or to one of its people who `seen_by` is the directory of.
        Raises Unclear."""
        people, endpoints = (
            (self.people, self.endpoints) if seen_by is None else (seen_by.people, seen_by.endpoints)
        )
        known = [Named(person.id, person.name) for person in people if not person.own]
        known += [Named(one.id, one.name) for one in endpoints if one.id != self._own]
        return _the_one(whom, known)

    def profile(self, name: str) -> str:
        """The id of the person whom a shared endpoint is to act for: one that it sees. Who lives elsewhere is
        refused by the server. Raises Unclear."""
        return _the_one(name, [Named(person.id, person.name) for person in self.people]).id


def _the_one(said: str, known: list[Named]) -> Named:
    by_id = [one for one in known if one.id == said]
    match by_id[0] if by_id else meant(said, known):
        case Named() as named:
            return named
        case Which(choices):
            raise Unclear(said, [one.name for one in choices])
        case Nobody():
            raise Unclear(said, [])
