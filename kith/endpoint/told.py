"""What the server tells an endpoint beside its calls: kept, and passed on as events."""

from collections.abc import Callable, Sequence

from kith.endpoint.contacts import Contacts
from kith.endpoint.directory import Directory
from signaling import protocol
from signaling.protocol import AnyEvent, OwnProfile, Snapshot


class Told:
    """`moved` hears that the directory is another one, so that the own person may live elsewhere."""

    def __init__(
        self,
        directory: Directory,
        contacts: Contacts,
        *,
        moved: Callable[[], None],
        emit: Callable[..., object],
    ) -> None:
        self.own: OwnProfile | None = None
        """What only a person's own endpoints are shown; None on a shared one."""
        self._directory = directory
        self._contacts = contacts
        self._moved = moved
        self._emit = emit

    def adopt(self, snapshot: Snapshot) -> None:
        """A new session: all of it."""
        directory = self._directory
        directory.change(snapshot)
        self._moved()
        directory.missed = snapshot.missed
        directory.elsewhere = snapshot.elsewhere
        directory.granted = snapshot.granted
        directory.activity = snapshot.activity
        self._take_news(snapshot.news)
        self.own = snapshot.own
        if snapshot.own is not None:
            self._contacts.changed(snapshot.own.contacts)

    def happened(self, event: AnyEvent) -> None:
        """Events that are of no use here are left alone."""
        match event:
            case protocol.DirectoryChanged():
                self._directory.change(event)
                self._moved()
                self._emit("directory")
            case protocol.CallsElsewhere(calls=elsewhere):
                self._directory.elsewhere = elsewhere
                self._emit("elsewhere", elsewhere)
            case protocol.MissedCalls(missed=missed):
                self._directory.missed = missed
                self._emit("missed", missed)
            case protocol.HouseholdNews(news=news):
                self._take_news(news)
            case protocol.Registered():
                self._emit("registered")
            case protocol.OwnChanged(own=own):
                self.own = own
                self._emit("own", own)
            case protocol.ContactsChanged(revision=revision):
                self._contacts.changed(revision)
                self._emit("contacts", revision)
            case protocol.BooksChanged(books=books):
                self._emit("books", books)
            case protocol.GrantedChanged(granted=granted):
                self._directory.granted = granted
                self._emit("granted")
            case protocol.Activity(activity=activity):
                self._directory.activity = activity
                self._emit("activity", activity)
            case protocol.GrantsHeard(heard=heard):
                self._emit("heard", heard)
            case _:
                pass

    def _take_news(self, news: Sequence[protocol.NewsItem]) -> None:
        fresh = self._directory.hear(news)
        if fresh:
            self._emit("news", fresh)
