"""Whom a call is with: decided by a person here, or seen when it rang, and never by what the server says later."""

import logging
from collections.abc import Awaitable, Callable

from kith.core.trust.untrusted import Reason, Untrusted, require
from kith.endpoint.dialling import Unreachable
from kith.endpoint.identities import Identities, Meeting
from signaling.protocol import CallView

log = logging.getLogger(__name__)

MAY_BE_NEW = frozenset({Reason.MISSING, Reason.FORKED, Reason.NOT_ACTIVE, Reason.NOT_DELEGATED})
"""What may only mean that more has been signed since this endpoint asked."""


def people(view: CallView) -> tuple[str | None, str | None]:
    """For whom the two sides speak."""
    return view.own_person, view.peer_person


class Whom:
    """`rang` is the call as it rang here, None for one that was placed here. `changed` asks a person whether to go on
    although somebody is another one than before. `fixed`: the other end is one endpoint from the first to the last."""

    def __init__(
        self,
        identities: Identities,
        rang: CallView | None,
        changed: Callable[[], Awaitable[bool]],
        *,
        fixed: bool,
    ) -> None:
        self.wanted: str | None = None
        """Whom a person here called, by id."""
        self._identities = identities
        self._changed = changed
        self._between = None if rang is None else people(rang)
        self._fixed = fixed
        self._roots: tuple[bytes, bytes] | None = None
        self._foreseen: tuple[str | None, str | None] = None, None
        self.met: Meeting | None = None
        """Who was at both ends, as it was believed last."""

    async def meet(self, view: CallView) -> Meeting:
        """Who is at both ends. Raises Untrusted where that is not as it must be, or another one and nobody agrees."""
        await self._require(view)
        try:
            meeting = await self._identities.meet(view)
        except Untrusted as untrusted:
            if untrusted.reason not in MAY_BE_NEW:
                raise
            meeting = await self._identities.meet(view, anew=True)
        roots = meeting.own.root, meeting.peer.root
        if self._roots not in (None, roots):
            raise Untrusted(Reason.FORKED)
        if meeting.changed is not None:
            if not await self._changed():
                raise Untrusted(Reason.FORKED)
            await self._identities.accept(meeting.changed)
        before, identity = self.met, meeting.peer.keys.identity
        require(not self._fixed or before is None or before.peer.keys.identity == identity, Reason.FORKED)
        self._roots, self.met = roots, meeting
        return meeting

    async def foresee(self, view: CallView) -> None:
        """Look up those whose identities will be needed, while it rings: then nothing waits for them at the answer."""
        known = people(view)
        if known == self._foreseen:
            return
        self._foreseen = known
        try:
            await self._identities.persons(*(one for one in known if one is not None))
            await self._identities.roster()
        except (Untrusted, Unreachable) as error:
            log.info("identities were not shown: %s", type(error).__name__)  # asked for again at the answer

    async def _require(self, view: CallView) -> None:
        require(self._between in (None, people(view)), Reason.FORKED)
        if self.wanted is not None:
            if self.wanted.startswith("p_"):
                require(view.peer_person == self.wanted, Reason.FORKED)
            elif view.peer_person not in (None, view.own_person):
                await self._identities.require_of_household(view.peer_person or "")
        self._between = people(view)
