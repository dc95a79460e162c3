"""Pushes to push services: one after the other, tried again and not for ever, and nobody's address in the log."""

import asyncio
import json
import logging
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from kith.core.ids import EndpointId
from kith.core.webpush import Subscription, new_key, public_bytes
from kith.directory.asking import Answer, NoAnswer, Request, Why
from kith.server import push as pushing
from kith.server.guarded import Guarded
from kith.server.push import MOST_EACH, TRIES, Pusher, load_or_create, topic_of
from signaling.waking import Push
from tests.support.push import Browser

PHONE = EndpointId("e_phone")
SECRET = "only-the-browser-knows"


class Service:
    """Answers as it is told, in turn; the last answer again and again."""

    def __init__(self, *answers: int | Why) -> None:
        self.answers = list(answers) or [201]
        self.asked: list[Request] = []
        self.headers: dict[str, str] = {}
        self.open = asyncio.Event()
        self.open.set()

    async def ask(self, request: Request) -> Answer:
        self.asked.append(request)
        await self.open.wait()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Why):
            raise NoAnswer(answer)
        return Answer(answer, request.url, self.headers, b"")

    async def close(self) -> None:
        return None


class World:
    def __init__(self, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
        self.service, self.browser, self.now = service, Browser(), 1_000.0
        self.gone: list[EndpointId] = []
        self.delays: list[float] = []
        self.subscribed = True
        pusher = Pusher(cast(Guarded, service), new_key(), self.find, self.forget, lambda: self.now)
        monkeypatch.setattr(pusher, "_rest", self._rest)
        self.pusher = pusher

    def _rest(self, key: str, delay: float, then: Callable[[], None]) -> None:
        if key == PHONE:
            self.delays.append(delay)
        for service in self.pusher._services.values():
            service.rests = 0.0
        then()

    async def find(self, endpoint: EndpointId) -> Subscription | None:
        url = f"https://push.example/{SECRET}/{endpoint}"
        return self.browser.subscription(url) if self.subscribed else None

    async def forget(self, endpoint: EndpointId, subscription: Subscription) -> None:
        assert SECRET in subscription.url
        self.gone.append(endpoint)

    async def settled(self) -> None:
        while self.pusher._tasks:
            await asyncio.wait(self.pusher._tasks)

    def said(self) -> list[Any]:
        return [json.loads(self.browser.read(request.body))["n"] for request in self.service.asked]


def a_push(number: int = 0, *, topic: str = "c_1", until: float = 1_045.0) -> Push:
    return Push(json.dumps({"n": number}).encode(), topic, until, urgent=True)


@pytest.fixture
def world_of(monkeypatch: pytest.MonkeyPatch) -> Callable[..., World]:
    return lambda *answers: World(Service(*answers), monkeypatch)


async def test_a_push_is_posted_as_the_standards_want(world_of: Callable[..., World]) -> None:
    world = world_of(201)
    world.pusher.push(PHONE, a_push(7))
    await world.settled()
    [request] = world.service.asked
    headers = dict(request.headers)
    assert headers.pop("Authorization").startswith("vapid t=")
    assert headers == {
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": "45",
        "Urgency": "high",
        "Topic": topic_of("c_1"),
    }
    assert (request.method, world.said()) == ("POST", [7])
    assert "c_1" not in topic_of("c_1") and len(topic_of("c_1")) == 32
    await world.pusher.close()


@pytest.mark.parametrize("status", [404, 410])
async def test_one_that_is_gone_is_forgotten(world_of: Callable[..., World], status: int) -> None:
    world = world_of(status)
    world.pusher.push(PHONE, a_push())
    await world.settled()
    assert (world.gone, len(world.service.asked)) == ([PHONE], 1)


@pytest.mark.parametrize("answer", [429, 500, 503, Why.UNREACHABLE, Why.TOO_SLOW, Why.ADDRESS])
async def test_it_is_tried_again_and_not_for_ever(world_of: Callable[..., World], answer: int | Why) -> None:
    world = world_of(answer)
    world.pusher.push(PHONE, a_push())
    await world.settled()
    assert (len(world.service.asked), world.delays) == (TRIES, [1.0, 2.0, 4.0, 8.0])
    assert world.gone == [] and not world.pusher._lines


async def test_the_second_try_may_succeed(world_of: Callable[..., World]) -> None:
    world = world_of(503, 201)
    world.pusher.push(PHONE, a_push(1))
    await world.settled()
    assert world.said() == [1, 1] and world.delays == [1.0]


async def test_what_the_service_asks_for_is_waited_within_reason(world_of: Callable[..., World]) -> None:
    world = world_of(429)
    world.service.headers = {"retry-after": "20"}
    world.pusher.push(PHONE, a_push())
    await world.settled()
    assert world.delays == [20.0] * 4


async def test_what_is_of_no_use_any_more_is_not_sent(world_of: Callable[..., World]) -> None:
    world = world_of(503)
    world.pusher.push(PHONE, a_push(until=1_001.5))
    await world.settled()
    assert len(world.service.asked) == 2 and world.delays == [1.0]
    world.now = 2_000.0
    world.pusher.push(PHONE, a_push(until=1_500.0))
    await world.settled()
    assert len(world.service.asked) == 2


async def test_a_refusal_is_not_tried_again(world_of: Callable[..., World]) -> None:
    world = world_of(403)
    world.pusher.push(PHONE, a_push())
    await world.settled()
    assert len(world.service.asked) == 1 and world.gone == []


async def test_the_newest_of_a_topic_stands_for_all_and_the_order_is_kept(
    world_of: Callable[..., World],
) -> None:
    world = world_of(201)
    world.service.open.clear()
    world.pusher.push(PHONE, a_push(0))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    for number, topic in ((1, "c_1"), (2, "c_2"), (3, "c_1"), (4, "c_3")):
        world.pusher.push(PHONE, a_push(number, topic=topic))
    world.service.open.set()
    await world.settled()
    assert world.said() == [0, 2, 3, 4]


async def test_what_waits_for_one_endpoint_is_bounded(world_of: Callable[..., World]) -> None:
    world = world_of(201)
    world.service.open.clear()
    for number in range(20):
        world.pusher.push(PHONE, a_push(number, topic=f"c_{number}"))
    world.service.open.set()
    await world.settled()
    assert len(world.service.asked) <= MOST_EACH + 1 and world.said()[-1] == 19


class Mixed(Service):
    """Many that never answer, each at an address of its own, and one that does."""

    def __init__(self) -> None:
        super().__init__(201)
        self.answered: list[str] = []

    async def ask(self, request: Request) -> Answer:
        self.asked.append(request)
        if "silent" in request.url:
            await asyncio.Event().wait()
        self.answered.append(request.url)
        return Answer(201, request.url, {}, b"")


@pytest.mark.parametrize("services", [1, 100], ids=["one service", "a hundred services"])
async def test_those_that_never_answer_hold_up_none_that_does(services: int) -> None:
    """What is asked of the silent ones never ends in this test, and the others' pushes leave all the same."""
    asking, browser = Mixed(), Browser()

    async def find(endpoint: EndpointId) -> Subscription:
        number = int(endpoint.partition("_")[2] or 0)
        host = f"silent{number % services}" if number else "good"
        return browser.subscription(f"https://{host}.example/{endpoint}")

    async def gone(endpoint: EndpointId, subscription: Subscription) -> None:
        raise AssertionError(endpoint, subscription)

    pusher = Pusher(cast(Guarded, asking), new_key(), find, gone, lambda: 1_000.0)
    pusher.push(EndpointId("e_"), a_push(0))
    await _until(lambda: len(asking.answered) == 1)
    for number in range(1, 201):
        pusher.push(EndpointId(f"e_{number}"), a_push(number))
    await _until(lambda: len(asking.asked) > 1)
    for number in range(5):
        pusher.push(EndpointId("e_"), a_push(number, topic=f"c_{number}"))
        await _until(lambda number=number: len(asking.answered) == number + 2)  # type: ignore[misc]
    silent = len(asking.asked) - len(asking.answered)
    assert 1 <= silent <= pushing.UNPROVEN and (services > 1 or silent == 1)
    await pusher.close()


async def _until(true: Callable[[], bool]) -> None:
    for _ in range(10_000):
        if true():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never came to that")


async def test_one_that_did_not_answer_is_left_alone_for_longer_each_time(
    world_of: Callable[..., World],
) -> None:
    world = world_of(Why.TOO_SLOW)
    rests: list[float] = []
    monkeypatched = world.pusher._rest

    def rest(key: str, delay: float, then: Callable[[], None]) -> None:
        if key != PHONE:
            rests.append(delay)
        monkeypatched(key, delay, then)

    world.pusher._rest = rest  # type: ignore[method-assign]
    world.pusher.push(PHONE, a_push())
    await world.settled()
    assert rests == [5.0, 10.0, 20.0, 40.0, 80.0]


async def test_what_is_urgent_goes_first(world_of: Callable[..., World]) -> None:
    world = world_of(201)
    world.service.open.clear()
    for number in range(1, 4):
        push = Push(json.dumps({"n": number}).encode(), "message", 90_000.0, urgent=False)
        world.pusher.push(EndpointId(f"e_{number}"), push)
    for _ in range(5):
        await asyncio.sleep(0)
    world.pusher.push(PHONE, a_push(9))
    for _ in range(5):
        await asyncio.sleep(0)
    world.service.open.set()
    await world.settled()
    assert world.said()[:2] == [1, 9]


async def test_whoever_unsubscribed_meanwhile_is_not_pushed(world_of: Callable[..., World]) -> None:
    world = world_of(201)
    world.subscribed = False
    world.pusher.push(PHONE, a_push())
    await world.settled()
    assert world.service.asked == []


async def test_no_log_says_where_anybody_is_reached(
    world_of: Callable[..., World], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for answer in (201, 403, 404, 503, Why.UNREACHABLE, Why.CERTIFICATE):
        world = world_of(answer)
        world.pusher.push(PHONE, a_push())
        await world.settled()
    assert SECRET not in caplog.text and PHONE in caplog.text


def test_the_key_is_made_once_and_read_by_nobody_else(tmp_path: Path) -> None:
    path = tmp_path / "data" / "push.key"
    made = load_or_create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert public_bytes(load_or_create(path)) == public_bytes(made)
    path.write_bytes(b"short")
    with pytest.raises(ValueError, match="32 bytes"):
        load_or_create(path)
