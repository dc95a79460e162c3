"""Who may reach an endpoint, and when nobody may: its switches, the signed sets, and the gate that goes by both.

await endpoint.reach.do_not_disturb(on=True)
await endpoint.reach.allow_drop_in(DropInTerm.HOUSEHOLD)
"""

import logging
from collections.abc import Callable

from kith.core.keys import KeyPair
from kith.core.problem import Problem
from kith.core.trust.grants import DropInTerm, Grants
from kith.core.trust.untrusted import Untrusted
from kith.endpoint.dialling import Unreachable
from kith.endpoint.equipment import Equipment
from kith.endpoint.gate import Gate
from kith.endpoint.home import Enrolment, Home
from kith.endpoint.identities import Identities
from kith.endpoint.lock import PhoneLock
from kith.endpoint.lookout import Lookout
from kith.endpoint.rosters import Rosters
from kith.endpoint.sets import Sets
from kith.endpoint.standing import Standing
from kith.endpoint.wire import Wire

log = logging.getLogger(__name__)


class Reach:
    """`seen` says whether anybody shows what the endpoint indicates; `changed` hears that something is another way than
    before. `clock` gives Unix seconds."""

    def __init__(
        self,
        home: Home,
        enrolment: Enrolment,
        identities: Identities,
        keys: KeyPair,
        equipment: Equipment,
        wire: Wire,
        *,
        clock: Callable[[], float],
        seen: Callable[[], bool],
        changed: Callable[[], None],
        emit: Callable[..., object],
    ) -> None:
        self._wire = wire
        self._seen = seen
        self._changed = changed
        self._indicating = True
        self._looked = False
        self._told = False
        """Whether the server knows in this session how things stand here."""
        self._lookout = Lookout(self._look, what="the sets of grants were not looked at")
        self.lock = PhoneLock(changed=self.turned)
        self.sets = Sets(
            home,
            enrolment,
            identities,
            keys,
            ask=wire.request,
            new_id=wire.new_id,
            clock=clock,
            changed=self.turned,
        )
        self._standing = Standing(
            self.sets,
            equipment,
            wire,
            keys.public.identity,
            seen=lambda: self._indicating and seen(),
            locked=lambda: self.lock.locked,
            emit=emit,
        )
        self.rosters = Rosters(self.sets, identities, ask=wire.request, new_id=wire.new_id)
        self.gate = Gate(
            self.sets,
            identities,
            self._standing.here,
            identity=keys.public.identity,
            shared=enrolment.person is None,
            rosters=self.rosters,
        )

    @property
    def quiet(self) -> bool:
        """Whether Do Not Disturb is on here, by whoever's word."""
        return self._standing.quiet

    @property
    def ready(self) -> bool:
        """Whether a drop in could be heard and seen to begin."""
        return self._standing.ready

    async def do_not_disturb(self, *, on: bool) -> None:
        """At this device alone: nothing rings and nobody drops in. Off overrides what was signed before."""
        await self.sets.switch(quiet=on)

    async def allow_drop_in(self, term: DropInTerm) -> None:
        """The device's own switch: who may drop in on it, at the most."""
        await self.sets.switch(drop_in=term)

    def indicating(self, *, works: bool) -> None:
        """Whether light or screen can show that something leaves. Without that nobody drops in."""
        self._indicating = works
        self.turned()

    def turned(self) -> None:
        """A switch, a set or the hour is another one."""
        self._changed()
        if self._looked:
            self._standing.report()

    # -- what the connection brings -------------------------------------------------------------------

    def begun_anew(self) -> None:
        """Signed in with a new session: ask what was signed meanwhile, and say how things stand."""
        self._told = False
        self._lookout.begin()

    def others_count(self) -> None:
        """Others may have a say here than before, and what they signed was of no use until now: ask for it again."""
        self._lookout.wake()

    async def _look(self) -> None:
        try:
            await self.sets.look()
        except (Problem, Unreachable, Untrusted):
            self._report()  # as things stand by what is kept
            raise
        self._report()

    def _report(self) -> None:
        self._looked, anew, self._told = True, not self._told, True
        self._standing.report(anew=anew)

    async def hear(self, person: str, grants: Grants) -> None:
        """A person who has a say here has signed another set."""
        try:
            await self.sets.hear(person, grants)
        except (Problem, Unreachable, Untrusted) as error:
            log.warning("a set of grants was not heard: %s", type(error).__name__)

    async def close(self) -> None:
        await self._lookout.close()
        self._standing.close()
