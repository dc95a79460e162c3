"""A mesh without a server of consequence: who is connected with whom, what is heard, what becomes of who leaves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
from msgspec.structs import replace

from kith.core.trust import group as rosters
from kith.core.trust.untrusted import Reason
from kith.endpoint import group_mesh
from kith.endpoint.group_pair import Pair
from policy.group import Path
from tests.support.gathering import Guest, Hall
from tests.support.leaving import sockets


@asynccontextmanager
async def gathered(hall: Hall, *guests: Guest) -> AsyncIterator[None]:
    """All of them, connected with each other; the first has begun it."""
    first, *others = guests
    try:
        await first.start(*others)
        for one in others:
            await one.join()
        await asyncio.gather(
            *(one.connected_with(*(other for other in guests if other is not one)) for one in guests)
        )
        yield
    finally:
        await asyncio.gather(*(one.close() for one in hall.guests if hasattr(one, "group")))


async def test_each_hears_all_others_and_not_itself() -> None:
    hall = Hall()
    guests = [hall.guest(hertz) for hertz in (400.0, 700.0, 1100.0)]
    async with gathered(hall, *guests):
        await asyncio.gather(
            guests[0].hears(700, 1100), guests[1].hears(400, 1100), guests[2].hears(400, 700)
        )
        assert hall.roster is not None and hall.roster.version == 2 and len(hall.roster.members) == 3
        assert all(one.group.e2ee for one in guests)


async def test_a_roster_that_could_not_be_stored_is_signed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else says anything that would bring it to mind."""
    monkeypatch.setattr(group_mesh, "LATER", 0.05)
    hall = Hall()
    one, two = hall.guest(400.0), hall.guest(700.0)
    hall.full = 2
    async with gathered(hall, one, two):
        assert hall.roster is not None and hall.roster.version == 1 and hall.full == 0


async def test_who_leaves_is_closed_at_once_and_gets_nothing_more() -> None:
    hall = Hall()
    one, two, three = (hall.guest(hertz) for hertz in (400.0, 700.0, 1100.0))
    async with gathered(hall, one, two, three):
        leaving = one.pair(three)
        assert leaving is not None and leaving.current is not None
        link = leaving.current
        hall.leave(three)
        assert one.pair(three) is None and link.stopped, "before anybody has signed it"
        assert ("left", three.endpoint) in one.happened
        await asyncio.gather(one.hears(700), two.hears(400))
        await one.until(lambda: hall.roster is not None and len(hall.roster.members) == 2, "a roster without")


async def test_whom_who_began_it_takes_out_stays_out_whatever_the_server_shows() -> None:
    hall = Hall()
    one, two, three = (hall.guest(hertz) for hertz in (400.0, 700.0, 1100.0))
    async with gathered(hall, one, two, three):
        gone = next(member for member in one.mesh.present if member.endpoint == three.endpoint)
        await one.group.remove(gone)
        out = three.someone.chain.root
        await two.until(lambda: _held(two).removed == (out,), "signed, by who began it")
        hall.join(three)
        hall.leave(one)
        await two.until(lambda: [member.order for member in _held(two).members] == [1], "two's turn")
        assert two.pair(three) is None, "the server shows them as though they had come back"


async def test_when_who_began_it_has_gone_the_next_one_signs() -> None:
    hall = Hall()
    one, two, three, four = (hall.guest(hertz) for hertz in (400.0, 700.0, 1100.0, 1500.0))
    async with gathered(hall, one, two, three):
        hall.roster = two.fellowship.roster
        await one.group.hang_up()
        await two.until(lambda: hall.roster is not None and len(hall.roster.members) == 2, "two of them")
        assert hall.roster is not None and hall.roster.signer == two.someone.keys.public.identity
        await asyncio.gather(two.hears(1100), three.hears(700))
        await four.join()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await four.connected_with(two, three)
        assert two.pair(four) is None, "nobody had asked them"


async def test_somebody_whom_the_server_has_made_up_is_taken_in_by_nobody() -> None:
    """By the server's word alone, and then by a roster of their own making; they offer to everybody all the while."""
    hall = Hall()
    one, two, mallory = (hall.guest(hertz) for hertz in (400.0, 700.0, 1100.0))
    mallory.met_before = False
    async with gathered(hall, one, two):
        made_up = rosters.following(
            _of(hall),
            mallory.someone.keys,
            [*_of(hall).members, _member(mallory, 7)],
            time=int(_of(hall).time),
            invited=[mallory.someone.chain.root],
        )
        hall.orders[mallory] = 7
        mallory.ring(rang=False)
        mallory.fellowship.roster = made_up
        hall.tell()
        for victim in (one, two):
            await victim.until(partial(_early, victim), "what the stranger says has come")
            assert victim.pair(mallory) is None
        await asyncio.gather(one.hears(700), two.hears(400))
        received = Received(mallory)
        hall.roster = made_up
        for victim in (one, two):
            victim.group.follow(hall.view(victim))
            await victim.until(partial(_doubts, victim, Reason.NOT_ACTIVE), "a roster of nobody's")
            assert victim.group.reason is not None and not victim.equipment.voice.live
        assert not any(to == mallory.endpoint for _, to in hall.passed), "nobody has said a word to them"
        assert received.count == 0


@pytest.mark.row("R82", "R91")
async def test_what_began_end_to_end_is_left_where_the_server_says_that_it_is_mixed_now() -> None:
    hall = Hall()
    one, two = hall.guest(400.0), hall.guest(700.0)
    async with gathered(hall, one, two):
        one.group.follow(replace(hall.view(one), path=Path.MIXER, e2ee=False))
        assert one.group.reason is not None and one.pair(two) is None and not one.equipment.voice.live
        assert ("distrusted", None, Reason.OUT_OF_TURN) in one.happened


async def test_a_first_roster_counts_only_from_who_began_it_or_somebody_met_before() -> None:
    hall = Hall()
    first, victim, mallory = (hall.guest(hertz) for hertz in (400.0, 700.0, 1100.0))
    mallory.met_before = False
    first.ring(rang=False)
    roster = rosters.following(
        await mallory_begins(mallory),
        mallory.someone.keys,
        [_member(first, 0), _member(mallory, 1), _member(victim, 2)],
        time=0,
        invited=[one.someone.chain.root for one in (first, victim)],
    )
    hall.roster, hall.orders = roster, {first: 0, mallory: 1, victim: 2}
    mallory.ring(rang=True)
    victim.ring(rang=True)
    victim.group.taken = True
    victim.group.follow(hall.view(victim))
    await victim.until(lambda: ("distrusted", None, Reason.UNKNOWN_PERSON) in victim.happened, "not believed")
    assert victim.group.reason is not None and hall.passed == []
    await asyncio.gather(*(one.close() for one in (first, victim, mallory)))


async def test_a_lost_connection_between_two_is_mended_by_the_two() -> None:
    hall = Hall()
    one, two, three = (hall.guest(hertz) for hertz in (400.0, 700.0, 1100.0))
    async with gathered(hall, one, two, three):
        for near, far in (
            (one, two),
            (two, one),
        ):  # whoever notices: the one who offers, and the one who asks
            pair = near.pair(far)
            assert pair is not None and pair.current is not None
            before = pair.epoch
            pair.current._lose()
            await near.until(partial(_newer, pair, before), "another epoch")
        await asyncio.gather(one.hears(700, 1100), two.hears(400, 1100))
        between = one.pair(three)
        assert between is not None and between.epoch == 0, "nobody else's was touched"


async def test_pictures_come_with_their_member() -> None:
    hall = Hall(video=True)
    one, two, three = (hall.guest(hertz, camera=True) for hertz in (400.0, 700.0, 1100.0))
    async with gathered(hall, one, two, three):
        await one.until(lambda: one.frames.keys() == {two.endpoint, three.endpoint}, "both pictures")
        two.group.video(on=False)
        pair = one.pair(two)
        assert pair is not None
        await one.until(lambda: pair.sends is not None and not pair.sends.video, "they have said so")


async def test_who_speaks_is_told_and_who_is_mute_does_not() -> None:
    hall = Hall()
    one, two, three = hall.guest(0), hall.guest(700.0), hall.guest(1100.0)
    async with gathered(hall, one, two, three):
        await one.until(lambda: ("speaking", {two.endpoint, three.endpoint}) in one.happened, "both speak")
        two.group.mute()
        await one.until(lambda: one.happened[-1] == ("speaking", {three.endpoint}), "one of them")
        await one.hears(1100)


class Received:
    """Datagrams that come to a guest's own sockets from now on."""

    def __init__(self, guest: Guest) -> None:
        self.count = 0
        for other in guest.mesh._others.values():
            for one in other.pair._links._links.values():
                for socket in sockets(one.link):
                    self._watch(socket)

    def _watch(self, socket: Any) -> None:
        taken = socket.datagram_received

        def received(data: bytes, address: Any) -> None:
            self.count += 1
            taken(data, address)

        socket.datagram_received = received


def _early(victim: Guest) -> bool:
    return any(signal.endpoint.endswith("3") for signal in victim.mesh._early)


def _doubts(victim: Guest, reason: Reason) -> bool:
    return ("distrusted", None, reason) in victim.happened


def _newer(pair: Pair, before: int) -> bool:
    current = pair.current
    return current is not None and current.epoch > before


def _held(guest: Guest) -> rosters.GroupRoster:
    assert guest.fellowship.roster is not None
    return guest.fellowship.roster


def _of(hall: Hall) -> rosters.GroupRoster:
    assert hall.roster is not None
    return hall.roster


def _member(guest: Guest, order: int) -> rosters.GroupMember:
    return rosters.GroupMember(
        identity=guest.someone.keys.public.identity, root=guest.someone.chain.root, order=order
    )


async def mallory_begins(mallory: Guest) -> rosters.GroupRoster:
    """Without being who began it."""
    keys, root = mallory.someone.keys, mallory.someone.chain.root
    return rosters.first("c_" + "1" * 20, keys, root, [], time=0, kind="call", path="mesh")
