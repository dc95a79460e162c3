"""When numbers are looked up, what is told of it, and what becomes of a disk that refuses."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import cast

import pytest

from kith.core.ids import PersonId
from kith.core.problem import Code, Problem
from kith.directory.contact_store import ContactStore, LookedUp
from signaling import discovery as module
from signaling.deadlines import Deadlines
from signaling.discovery import SUSPICIOUS, Discovery

ANN, BEN = PersonId("p_ann"), PersonId("p_ben")


class Store:
    """Answers as it is told to, and writes down what it was asked."""

    def __init__(self) -> None:
        self.waits: dict[PersonId, float] = {}
        self.answers: dict[PersonId, list[LookedUp | Problem]] = {}
        self.asked: list[PersonId] = []

    async def due(self) -> Mapping[PersonId, float]:
        return self.waits

    async def look_up(self, owner: PersonId, *, now: float, budget: int) -> LookedUp:
        assert budget == module.BUDGET
        self.asked.append(owner)
        answers = self.answers.get(owner)
        answer = answers.pop(0) if answers else LookedUp(None, None)
        if isinstance(answer, Problem):
            raise answer
        return answer


class Bench:
    def __init__(self) -> None:
        self.store = Store()
        self.told: asyncio.Queue[tuple[PersonId, int]] = asyncio.Queue()
        self.reported: list[tuple[PersonId, int, int]] = []
        clock = asyncio.get_running_loop().time
        self.deadlines = Deadlines(clock)
        self.discovery = Discovery(
            cast(ContactStore, self.store), self, self.deadlines, clock, self.tell, delay=0.0
        )

    async def tell(self, owner: PersonId, revision: int) -> None:
        self.told.put_nowait((owner, revision))

    async def enumeration(self, person: PersonId, *, waiting: int, dropped: int, at: float) -> bool:
        self.reported.append((person, waiting, dropped))
        return True

    async def next(self) -> tuple[PersonId, int]:
        async with asyncio.timeout(20):
            return await self.told.get()


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    yield bench
    await bench.discovery.stop()
    bench.deadlines.close()


async def test_nothing_is_looked_up_while_somebody_waits(bench: Bench) -> None:
    bench.store.answers[ANN] = [LookedUp(7, None)]
    bench.discovery.soon(ANN)
    bench.discovery.soon(ANN)
    assert bench.store.asked == []
    assert await bench.next() == (ANN, 7)
    assert bench.store.asked == [ANN]


async def test_a_list_is_looked_up_write_after_write_until_it_is_done(bench: Bench) -> None:
    bench.store.answers[ANN] = [LookedUp(None, 0.0), LookedUp(8, 0.0), LookedUp(9, None)]
    bench.discovery.soon(ANN)
    assert [await bench.next(), await bench.next()] == [(ANN, 8), (ANN, 9)]
    assert bench.store.asked == [ANN] * 3


async def test_what_waits_on_disk_is_taken_up_at_the_start(bench: Bench) -> None:
    bench.store.waits = {ANN: 0.0, BEN: 2**40}
    bench.store.answers[ANN] = [LookedUp(1, None)]
    await bench.discovery.start()
    assert await bench.next() == (ANN, 1)
    assert bench.store.asked == [ANN]


async def test_a_time_that_a_wrong_clock_has_set_is_a_day_away_at_most(bench: Bench) -> None:
    bench.store.waits = {ANN: 2**40}
    await bench.discovery.start()
    assert bench.discovery._set[ANN] <= asyncio.get_running_loop().time() + module.DAY


async def test_what_is_beyond_the_budget_goes_on_when_there_is_more(bench: Bench) -> None:
    later = asyncio.get_running_loop().time() + 0.02
    bench.store.answers[ANN] = [LookedUp(None, later, waiting=3), LookedUp(5, None)]
    bench.discovery.soon(ANN)
    assert await bench.next() == (ANN, 5)
    assert asyncio.get_running_loop().time() >= later
    assert bench.reported == []


@pytest.mark.parametrize("failure", [Problem(Code.STORAGE_UNAVAILABLE), Problem(Code.INTERNAL)])
async def test_a_disk_that_refuses_is_asked_again(
    bench: Bench, failure: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AGAIN", 0.01)
    bench.store.answers = {ANN: [failure, LookedUp(5, None)], BEN: [LookedUp(6, None)]}
    bench.discovery.soon(ANN)
    bench.discovery.soon(BEN)
    assert await bench.next() == (BEN, 6)
    assert await bench.next() == (ANN, 5)


async def test_whoever_tries_too_many_numbers_is_reported(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    far = asyncio.get_running_loop().time() + 10_000
    bench.store.answers = {
        ANN: [LookedUp(1, far, waiting=SUSPICIOUS, dropped=SUSPICIOUS), LookedUp(2, far, waiting=9_500)],
        BEN: [LookedUp(3, None, dropped=SUSPICIOUS + 1)],
    }
    for owner in (ANN, ANN, BEN):
        bench.discovery.soon(owner)
        await bench.next()
    await asyncio.sleep(0)
    assert bench.reported == [(ANN, 9_500, 0), (BEN, 0, SUSPICIOUS + 1)]
    assert "numbers may be guessed: person=p_ann waiting=9500" in caplog.text
