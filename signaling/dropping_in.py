"""Dropping in: where it may be, how it begins, and that it ends as soon as it may not be any more.

The law of this file

    Any endpoint that opens by itself is enough, and then it is that one alone; else somebody is asked at all that may.
    A refusal says nothing but that it is one, at once and after the same work. The true reason goes to the log of
    those who were to be dropped in on.
    What was decided once is decided anew whenever something about a household changes, and when a set time comes.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from kith.core.ids import CallId, EndpointId, HouseholdId, PersonId
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.core.trust.grants import Mode
from kith.core.trust.log import Outcome, What
from kith.directory.granting import Granting
from kith.directory.ports import DirectoryStore
from kith.directory.registry import registered
from policy.drop_in import RULES, Admit, Refuse, decide
from signaling import protocol as wire
from signaling.announcing import Announcer
from signaling.call import KNOCK_TIMEOUT, OPENING_TIMEOUT, Barred, Call
from signaling.call_replies import has_part
from signaling.call_step import start
from signaling.deadlines import Deadlines, drop_in_key
from signaling.drop_in_facts import Attempt, DropInFinder, Spot
from signaling.granted import Granted
from signaling.journal import Notes
from signaling.live_call import LiveCall
from signaling.switchboard import Switchboard

log = logging.getLogger(__name__)

MINUTE = 60.0

_PRECEDENCE = {rule.reason: place for place, rule in enumerate(RULES)}


class AlsoDecided(Protocol):
    """What is decided anew along with drop ins (signaling.group_drop_ins)."""

    async def reconsider(self, household: HouseholdId) -> None: ...
    async def reconsider_at(self, endpoint: EndpointId) -> None: ...
    async def reconsider_all(self) -> None: ...


class DropIns:
    """Begins drop ins, and ends them."""

    def __init__(
        self,
        switchboard: Switchboard,
        finder: DropInFinder,
        granting: Granting,
        directory: DirectoryStore,
        journal: Notes,
        deadlines: Deadlines,
        clock: Callable[[], float],
        recent: Callable[[EndpointId], float],
        granted: Granted,
        announcer: Announcer,
    ) -> None:
        """`recent` is when somebody was at an endpoint last, in Unix seconds."""
        self._granted = granted
        self._announcer = announcer
        self._switchboard = switchboard
        self._finder = finder
        self._granting = granting
        self._directory = directory
        self._journal = journal
        self._deadlines = deadlines
        self._clock = clock
        self._recent = recent
        self.also: tuple[AlsoDecided, ...] = ()

    async def begin(self, principal: Principal, command: wire.DropIn) -> wire.AnyReply:
        """Drop in. Raises Problem, mostly (not_permitted)."""
        known = await self._switchboard.known(principal, command)
        if known is not None:
            return known
        attempt = await self._finder.look(principal, registered(principal), command.to)
        chosen, refused = self.chosen(attempt, home=command.to == wire.HOME)
        if not chosen:
            await self.write_down(attempt, refused, command.to, command.call)
            raise refusal(attempt)
        people = [attempt.caller, *([attempt.callee] if attempt.callee is not None else [])]
        endpoints = [spot.endpoint for spot, _ in chosen]
        faces = await self._switchboard.faces(people, principal.endpoint, endpoints)
        target = endpoints[0].id if command.to == wire.HOME else command.to
        mode = chosen[0][1].mode
        new, effects = start(
            call=CallId(command.call),
            caller=principal.endpoint,
            caller_person=attempt.caller,
            caller_personal=not principal.shared,
            callee_person=endpoints[0].person if command.to == wire.HOME else attempt.callee,
            callee_household=attempt.household,
            target=target,
            video=command.video,
            ring={one.id: not one.shared for one in endpoints},
            online=frozenset(one.id for one in endpoints),
            now=self._clock(),
            ringing=OPENING_TIMEOUT if mode is Mode.INSTANT else KNOCK_TIMEOUT,
            longest=max(admit.bounds.longest for _, admit in chosen) * MINUTE,
            mode=mode,
        )
        reply = await self._switchboard.put_through(new, effects, faces, command)
        # What has changed while it was decided is found now that the call can be found.
        for live in self._switchboard.drop_ins():
            if live.call.id == new.id:
                await self._decide_anew(live)
        return reply

    def chosen(
        self, attempt: Attempt, *, home: bool
    ) -> tuple[Sequence[tuple[Spot, Admit]], Sequence[tuple[Spot, Refuse]]]:
        """Where it is to be, and where not and why."""
        decided = [(spot, decide(spot.facts)) for spot in attempt.spots]
        admitted = [(spot, one) for spot, one in decided if isinstance(one, Admit)]
        refused = [(spot, one) for spot, one in decided if isinstance(one, Refuse)]
        admitted.sort(key=lambda each: self._preference(each[0]))
        instant = [each for each in admitted if each[1].mode is Mode.INSTANT]
        if instant or home:
            return (instant or admitted)[:1], refused
        return admitted, refused

    def _preference(self, spot: Spot) -> tuple[float, bool, EndpointId]:
        return -self._recent(spot.endpoint.id), not spot.endpoint.shared, spot.endpoint.id

    async def write_down(
        self, attempt: Attempt, refused: Sequence[tuple[Spot, Refuse]], to: str, call: str
    ) -> None:
        """Nobody was let in: the log gets the reason that was nearest to that."""
        person = await self._directory.person(attempt.caller)
        if refused:
            spot, nearest = max(refused, key=lambda each: _PRECEDENCE[each[1].reason])
            log.info("drop in refused: call=%s by=%s reason=%s", call, attempt.calling.id, nearest.reason)
            if attempt.noted:
                name = "" if person is None else person.name
                self._note(attempt, spot if len(refused) == 1 else None, nearest, name, to, call)

    def _note(
        self, attempt: Attempt, spot: Spot | None, refused: Refuse, name: str, to: str, call: str
    ) -> None:
        """For those on whom it was: a person, or everybody who lives with a device. `spot`: the only one there was."""
        to_person = to.startswith("p_") or (spot is not None and not spot.endpoint.shared)
        self._journal.note(
            attempt.callee if to_person and attempt.callee is not None else attempt.household,
            What.DROP_IN,
            Outcome.REFUSED,
            call=call,
            person=attempt.caller,
            name=name,
            device=attempt.calling.name,
            at="" if spot is None else spot.endpoint.name,
            reason=refused.reason,
        )

    # -- those that go on ------------------------------------------------------------------------

    async def reconsider(self, household: HouseholdId) -> None:
        """Something about the household has changed: what goes on there, or is begun from there, may have to end."""
        for live in self._switchboard.drop_ins():
            calling = live.faces.endpoints.get(live.call.caller)
            if household == live.call.callee_household or (
                calling is not None and calling.household == household
            ):
                await self._decide_anew(live)
        for one in self.also:
            await one.reconsider(household)

    async def keep_apart(self, owner: PersonId, household: HouseholdId, people: Collection[PersonId]) -> None:
        """`owner`, who lives in `household`, has blocked these people: what they were granted is void for good."""
        await self._granting.make_void(owner, people)
        await self._announcer.told(self.settled(household))
        homes = [await self._directory.person(one) for one in people]
        await self._announcer.told(self._granted.tell({one.household for one in homes if one is not None}))

    async def settled(self, household: HouseholdId) -> None:
        """Something about who lives here, with which endpoints, or who is kept away has changed."""
        await self.reconsider(household)
        await self._granted.tell([household])

    async def reconsider_at(self, endpoint: EndpointId) -> None:
        """The endpoint has said something else of itself."""
        for live in self._switchboard.drop_ins():
            if endpoint in live.call.legs:
                await self._decide_anew(live)
        for one in self.also:
            await one.reconsider_at(endpoint)

    async def reconsider_all(self) -> None:
        """After a start: what was decided last may not have reached the calls before the server ended."""
        for live in self._switchboard.drop_ins():
            await self._decide_anew(live)
        for one in self.also:
            await one.reconsider_all()

    async def _decide_anew(self, live: LiveCall) -> None:
        try:
            await self._look_again(live)
        except Problem as problem:  # what cannot be read is not known to be permitted
            log.warning("drop in cannot be decided anew: call=%s code=%s", live.call.id, problem.code)
            for endpoint in _concerned(live.call):
                live.enqueue(Barred(endpoint))

    async def _look_again(self, live: LiveCall) -> None:
        call = live.call
        calling = await self._directory.endpoint(call.caller)
        if calling is None:
            live.enqueue(Barred(call.caller))
            return
        concerned = _concerned(call)
        found = [await self._directory.endpoint(one) for one in concerned]
        endpoints = [one for one in found if one is not None]
        gone = set(concerned) - {one.id for one in endpoints}
        claim = await self._granting.claim(calling, call.caller_person)
        spots = await self._finder.spots(endpoints, calling, call.caller_person, claim)
        barred = [spot.endpoint.id for spot in spots if not goes_on(live.call.mode, spot)]
        for endpoint in (*sorted(gone), *barred):
            live.enqueue(Barred(endpoint))
        self._wait(live, spots)

    def _wait(self, live: LiveCall, spots: Iterable[Spot]) -> None:
        moments = [spot.next_change(self._clock()) for spot in spots]
        due = min((moment for moment in moments if moment is not None), default=None)

        def passed() -> None:
            self._switchboard.spawn(self._decide_anew(live))

        if not live.call.over:
            self._deadlines.set(drop_in_key(live.call.id), due, passed)


def refusal(attempt: Attempt) -> Problem:
    """What the caller is told who may drop in nowhere: nothing, but for what is about them alone."""
    code = Code(attempt.told)
    if code is Code.QUOTA_EXCEEDED:
        return Problem(code, data={"retry_after": round(attempt.quota_wait, 3)})
    return Problem(code, path="to")


def _concerned(call: Call) -> list[EndpointId]:
    """The endpoints at which it goes on, or could begin."""
    if call.winner is not None:
        return [call.winner]
    return [one for one in call.legs if one != call.caller and has_part(call, one)]


def goes_on(mode: Mode | None, spot: Spot) -> bool:
    """Whether one that began so may. That it is there makes the endpoint busy; it was ready, and what was fresh enough
    to begin with does not grow old under way."""
    facts = replace(spot.facts, reachable=True, busy=False, ready=True, quota_wait=0.0)
    decision = decide(facts)
    if not isinstance(decision, Admit):
        return False
    return mode is Mode.KNOCK or decision.mode is Mode.INSTANT or facts.standing.stale
