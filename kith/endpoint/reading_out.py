"""Notices of an endpoint: gathered as they come, read out when somebody asks, or at once where that is wanted (R131).

reading = ReadingOut(endpoint, only=Filter(vips=frozenset({"Mum"})), aloud=True)
dialogue = Dialogue(endpoint, reading=reading)          # "what did I miss?"
"""

import time
from collections.abc import Callable, Sequence

from kith.core.utterances.intents import Language
from kith.endpoint.endpoint import Endpoint
from kith.endpoint.message_kept import Conversation, Message
from kith.endpoint.news import sentence
from kith.endpoint.notices import KEPT, Filter, Notice, Notices, told
from signaling.protocol import MissedCall, NewsItem


class ReadingOut:
    """`aloud`: what comes is read out as it comes, unless nobody wants to be disturbed, the phone to which this belongs
    is locked, or a call goes on. `clock` gives
    Unix seconds, `kept` is for how many of them a notice is kept."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        only: Filter | None = None,
        kept: float = KEPT,
        aloud: bool = False,
        language: Language = "en",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.notices = Notices(clock, only=only, kept=kept)
        self._endpoint = endpoint
        self._aloud = aloud
        self._language: Language = language
        self._seqs: dict[str, tuple[str, str, int]] = {}
        endpoint.on("missed", self._missed)
        endpoint.on("news", self._news)
        endpoint.on("message", self._message)
        endpoint.on("conversation", self._conversation)
        endpoint.on("signed_in", self._signed_in)

    def read(self, *, again: bool = False) -> str:
        """What was not read out yet, or `again` all that is kept, in sentences."""
        return told(self.notices.read(again=again), self._language)

    def _signed_in(self) -> None:
        self._missed(self._endpoint.directory.missed)

    def _missed(self, calls: Sequence[MissedCall]) -> None:
        self.notices.keep_only("call", (one.call for one in calls))
        self._add([Notice("call", one.call, one.person, one.name, one.at) for one in calls])

    def _news(self, items: Sequence[NewsItem]) -> None:
        self._add([Notice("news", str(one.number), "", "", one.at, sentence(one)) for one in items])

    def _message(self, message: Message, noticed: bool) -> None:  # noqa: FBT001 - as the event gives it
        if not message.mine:
            self._add([Notice("message", message.id, message.other, message.name, message.at)])
            if message.seq is not None:
                self._seqs[message.id] = (message.person, message.other, message.seq)

    def _conversation(self, kept: Conversation) -> None:
        """What was read anywhere is no news any more."""
        waiting = [one.id for one in self.notices.kept() if one.kind == "message"]
        self._seqs = {one: self._seqs[one] for one in waiting if one in self._seqs}
        read = max(kept.read, kept.removed)
        seen = {
            one
            for one, (person, other, seq) in self._seqs.items()
            if (person, other) == (kept.person, kept.other) and seq <= read
        }
        self.notices.keep_only("message", [one for one in waiting if one not in seen])

    def _add(self, notices: Sequence[Notice]) -> None:
        fresh = [one for one in notices if self.notices.add(one)]
        endpoint = self._endpoint
        hushed = endpoint.reach.quiet or endpoint.reach.lock.hides or endpoint.current is not None
        if fresh and self._aloud and not hushed:
            endpoint.presentation.announce(told(fresh, self._language), self._language)
