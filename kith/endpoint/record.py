"""What happens at an endpoint, written into its log: who came, whether they were let in, how long they stayed."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from kith.core.trust.log import Outcome, What
from kith.endpoint.call import Call
from kith.endpoint.group import Group
from kith.endpoint.journal import Journal
from kith.endpoint.wire import Wire
from policy.drop_in import Reason
from signaling.call import CallKind, EndReason
from signaling.protocol import CallView, GroupView

log = logging.getLogger(__name__)

PATIENCE = 2.0
"""Seconds an endpoint that closes waits for the server to have the log."""


class _Whose(NamedTuple):
    """Whose doing something was, by the server's word: the call's id, the person's, what they and their device are
    called."""

    call: str
    person: str
    name: str
    device: str


class Record:
    """Listens to the endpoint's own events. `at` is what the device is called."""

    def __init__(self, journal: Journal, wire: Wire, at: str) -> None:
        self._journal = journal
        self._wire = wire
        self._at = at
        self._began: dict[str, float] = {}
        self._refused: set[str] = set()
        self._waiting: deque[Callable[[], None]] = deque()
        self._writing: asyncio.Task[None] | None = None

    def listen(self, on: Callable[[str, Callable[..., None]], object]) -> None:
        on("answered", self._answered)
        on("opens", self._opens)
        on("refused", self._was_refused)
        on("ended", self._ended)
        on("silenced", lambda view: self._note(_of(view), _what(view), Outcome.SILENCED))
        on("quiet", self._quiet)
        on("group_answered", self._group_answered)
        on("group_opens", self._group_opens)
        on("group_refused", self._group_refused)
        on("group_ended", self._group_ended)
        on("group_silenced", lambda view: self._note(_whose(view), What.CALL, Outcome.SILENCED))

    def _answered(self, call: Call) -> None:
        if call.incoming and call.kind == "call":
            self._began[call.id] = time.monotonic()
            self._note(_of(call.view), What.CALL, Outcome.ADMITTED)

    def _opens(self, call: Call) -> None:
        self._began[call.id] = time.monotonic()
        self._note(_of(call.view), What.DROP_IN, Outcome.ADMITTED if call.by_itself else Outcome.LET_IN)

    def _was_refused(self, view: CallView, reason: Reason) -> None:
        """Before it opened; what is taken back later ends it, for this reason."""
        if view.id not in self._began:
            self._refused.add(view.id)
            self._note(_of(view), What.DROP_IN, Outcome.REFUSED, reason=reason.value)

    def _ended(self, call: Call, reason: EndReason) -> None:
        began = self._began.pop(call.id, None)
        if began is not None:
            length = round(time.monotonic() - began)
            self._note(_of(call.view), _what(call.view), Outcome.ENDED, reason=reason.value, length=length)
        elif call.incoming and call.kind == "drop_in" and call.id not in self._refused:
            self._note(_of(call.view), What.KNOCK, Outcome.NOT_LET_IN)
        self._refused.discard(call.id)

    # -- groups, by whoever began them -----------------------------------------------------------------

    def _group_answered(self, group: Group) -> None:
        if group.incoming and group.kind == "call":
            self._began[group.id] = time.monotonic()
            self._note(_whose(group.view), What.CALL, Outcome.ADMITTED)

    def _group_opens(self, group: Group) -> None:
        self._began[group.id] = time.monotonic()
        outcome = Outcome.ADMITTED if group.by_itself else Outcome.LET_IN
        self._note(_whose(group.view), What.DROP_IN, outcome)

    def _group_refused(self, view: GroupView, reason: Reason) -> None:
        if view.id not in self._began:
            self._refused.add(view.id)
            self._note(_whose(view), What.DROP_IN, Outcome.REFUSED, reason=reason.value)

    def _group_ended(self, group: Group, reason: EndReason) -> None:
        began, whose = self._began.pop(group.id, None), _whose(group.view)
        if began is not None:
            length = round(time.monotonic() - began)
            what = What.CALL if group.kind == "call" else What.DROP_IN
            self._note(whose, what, Outcome.ENDED, reason=reason.value, length=length)
        elif group.incoming and group.kind == "drop_in" and group.id not in self._refused:
            self._note(whose, What.KNOCK, Outcome.NOT_LET_IN)
        self._refused.discard(group.id)

    def _quiet(self, on: bool) -> None:  # noqa: FBT001 - as the event has it
        self._write(lambda: self._journal.note(What.QUIET, Outcome.ON if on else Outcome.OFF, at=self._at))

    def _note(
        self, whose: _Whose, what: What, outcome: Outcome, *, reason: str = "", length: int | None = None
    ) -> None:
        self._write(
            lambda: self._journal.note(
                what,
                outcome,
                call=whose.call,
                person=whose.person,
                name=whose.name,
                device=whose.device,
                at=self._at,
                reason=reason,
                length=length,
            )
        )

    def _write(self, note: Callable[[], None]) -> None:
        """In this order, and beside the event loop: a disk may take its time, and nobody's sound waits for it."""
        self._waiting.append(note)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())

    async def _write_all(self) -> None:
        while self._waiting:
            self._waiting.popleft()()
        try:
            await self._journal.settled()
        except OSError as error:
            log.error("the log cannot be written: %s", error)  # noqa: TRY400 - where it was does not matter
            return
        if self._wire.opened:
            await self._journal.send()

    async def close(self) -> None:
        """Once all is written, and the server has it or is not there."""
        if self._writing is not None:
            await asyncio.wait([self._writing], timeout=PATIENCE)


def _of(view: CallView) -> _Whose:
    device = "" if view.endpoint is None else view.endpoint.name
    return _Whose(view.id, view.peer_person or "", view.peer_name, device)


def _whose(view: GroupView) -> _Whose:
    starter = view.started_by
    return _Whose(view.id, starter.person or "", starter.name, starter.device)


def _what(view: CallView) -> What:
    return What.DROP_IN if view.kind is CallKind.DROP_IN else What.CALL
