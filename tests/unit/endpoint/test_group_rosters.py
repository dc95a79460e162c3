"""Whom an endpoint believes to be in its group, whatever the server shows. Nobody is connected."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec.structs import replace

from kith.core.trust.group import GroupMember, GroupRoster, following
from kith.core.trust.untrusted import Reason, Untrusted
from kith.endpoint.group_proof import began
from policy.group import Path
from signaling.call import CallKind
from signaling.protocol import GroupView, MemberView
from tests.support.gathering import Guest, Hall


class Gathered:
    """The first has begun a call and signed the second in, who believes it; the third was asked as well."""

    def __init__(self) -> None:
        self.hall = Hall()
        self.first, self.second, self.third = self.all = [self.hall.guest(0) for _ in range(3)]

    async def begin(self) -> None:
        for one in self.all:
            one.ring(rang=one is not self.first)
        others = frozenset(one.someone.chain.root for one in self.all[1:])
        self.hall.roster = await self.first.fellowship.begin(
            self.first.person, others, kind=CallKind.CALL, path=Path.MESH
        )
        self.hall.orders = {self.first: 0, self.second: 1}
        self.hall.roster = await self.first.fellowship.next(self.view(self.first))
        self.first.fellowship.follow(self.view(self.first))
        await self.second.fellowship.take_first(self.view(self.second))

    def view(self, guest: Guest, **changes: Any) -> GroupView:
        return replace(self.hall.view(guest), **changes)

    def member(self, viewer: Guest, guest: Guest) -> MemberView:
        return next(one for one in self.view(viewer).members if one.endpoint == guest.endpoint)

    @property
    def roster(self) -> GroupRoster:
        assert self.hall.roster is not None
        return self.hall.roster

    async def refuses(self, guest: Guest, reason: Reason, **changes: Any) -> None:
        """The guest does not go by what it is shown, be it the first that it sees or the next one."""
        known = guest.fellowship.roster
        with pytest.raises(Untrusted) as untrusted:
            await self._shown(guest, self.view(guest, **changes))
        assert untrusted.value.reason is reason
        assert guest.fellowship.roster is known

    async def _shown(self, guest: Guest, view: GroupView) -> None:
        guest.fellowship.follow(view)
        await guest.fellowship.take_first(view)


@asynccontextmanager
async def gathered() -> AsyncIterator[Gathered]:
    there = Gathered()
    try:
        await there.begin()
        yield there
    finally:
        for one in there.all:
            await one.close()


def _in(guest: Guest, order: int) -> GroupMember:
    keys, chain = guest.someone.keys, guest.someone.chain
    return GroupMember(identity=keys.public.identity, root=chain.root, order=order)


SHOWN_AS = [{"kind": CallKind.DROP_IN}, {"path": Path.MIXER}, {"kind": CallKind.DROP_IN, "path": Path.MIXER}]


@pytest.mark.parametrize("other", SHOWN_AS, ids=str)
async def test_a_call_is_no_drop_in_and_no_mixed_group_whatever_it_is_shown_as(other: dict[str, Any]) -> None:
    async with gathered() as there:
        there.second.fellowship.roster = None
        await there.refuses(there.second, Reason.FORKED, **other)
        await there.second.fellowship.take_first(there.view(there.second))
        there.hall.orders[there.third] = 2
        there.hall.roster = await there.first.fellowship.next(there.view(there.first))
        await there.refuses(there.second, Reason.FORKED, **other)


async def test_a_mixed_drop_in_rests_on_no_roster_of_another_kind() -> None:
    async with gathered() as there:
        zero = await there.first.fellowship.begin(
            there.first.person,
            frozenset({there.second.someone.chain.root}),
            kind=CallKind.CALL,
            path=Path.MESH,
        )
        starter = there.member(there.second, there.first)
        view = there.view(there.second, roster=zero, kind=CallKind.DROP_IN, path=Path.MIXER)
        with pytest.raises(Untrusted) as untrusted:
            await began(there.second.fellowship, view, starter)
        assert untrusted.value.reason is Reason.FORKED
        mixed = await there.first.fellowship.begin(
            there.first.person,
            frozenset({there.second.someone.chain.root}),
            kind=CallKind.DROP_IN,
            path=Path.MIXER,
        )
        await began(there.second.fellowship, replace(view, roster=mixed), starter)
        in_anothers_name = replace(view.started_by, person=there.third.person)
        with pytest.raises(Untrusted):
            await began(
                there.second.fellowship, replace(view, roster=mixed, started_by=in_anothers_name), starter
            )


async def test_who_was_asked_or_has_left_signs_themselves_in_for_nobody() -> None:
    async with gathered() as there:
        members = [*there.roster.members, _in(there.third, 5)]
        there.hall.orders[there.third] = 5
        skipped = replace(there.roster, version=7)
        there.hall.roster = following(skipped, there.third.someone.keys, members, time=skipped.time)
        await there.refuses(there.second, Reason.NOT_ACTIVE)


async def test_whom_the_starter_has_taken_out_is_taken_in_by_nobody() -> None:
    async with gathered() as there:
        first, second, third = there.all
        there.hall.orders[third] = 2
        there.hall.roster = await first.fellowship.next(there.view(first))
        for one in (first, second):
            one.fellowship.follow(there.view(one))
        gone = there.member(first, third)
        await first.fellowship.meet(there.view(first), gone)
        there.hall.orders[third] = 3  # the server shows them again, as though they had come back
        first.fellowship.bar(gone)
        there.hall.roster = await first.fellowship.next(there.view(first))
        assert there.roster.removed == (third.someone.chain.root,) and len(there.roster.members) == 2
        second.fellowship.follow(there.view(second))
        assert second.fellowship.others(there.view(second)).keys() == {(first.endpoint, 0)}
        del there.hall.orders[first]
        after = await second.fellowship.next(there.view(second))
        assert after is not None and [one.order for one in after.members] == [1], "though it was their turn"


async def test_one_member_alone_throws_nobody_out_whom_the_server_still_shows() -> None:
    async with gathered() as there:
        known = there.roster
        own = [one for one in known.members if one.order == 1]
        there.hall.roster = following(known, there.second.someone.keys, own, time=known.time)
        there.first.fellowship.follow(there.view(there.first))
        assert there.first.fellowship.roster == known
