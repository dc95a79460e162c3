"""Sends pushes to the push services that people's browsers have chosen (RFC 8030).

The law of this file

    Nobody waits for it: what is to be pushed is taken or dropped at once.
    A push service that answers slowly or never holds up none that answers: it shares a few places with others of that
    kind, and is left alone for a while, for longer each time.
    To one endpoint one push at a time and in their order; of those with one topic only the newest is sent.
    A push that nobody needs any more is not sent, nor tried again.
    An endpoint that its push service knows no more is woken no more.
    The address of a subscription is a secret, and in no log.
"""

import asyncio
import base64
import logging
import os
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from kith.core import webpush
from kith.core.files import write_whole
from kith.core.ids import EndpointId
from kith.core.problem import Problem
from kith.core.settings import Settings
from kith.core.webpush import Subscription
from kith.directory.asking import Answer, NoAnswer, Request
from kith.server.guarded import AnswerBounds, Guarded, Trust
from signaling.waking import Push

log = logging.getLogger(__name__)

UNDER_WAY = 24
"""Pushes under way at a time to push services that answer."""

UNPROVEN = 8
"""The same for those of which nobody knows yet whether they do, or which have not of late: they share this among
themselves, so that however many never answer, those that do are not waited for."""

OF_ONE = 4
"""To one push service that answers. One that has not is sent one at a time."""

FIRST_REST, LONGEST_REST = 5.0, 600.0
"""Seconds for which a push service is left alone that did not answer; doubled each time, and what they grow to."""

MOST_SERVICES = 256
"""Push services that are remembered: browsers know half a dozen."""

MOST_WAITING = 2_000
"""Endpoints with something to push: more than a server of this size has in one second."""

MOST_EACH = 4
"""Pushes that wait for one endpoint; the oldest make room."""

TRIES = 5
FIRST_DELAY = 1.0
LONGEST_DELAY = 300.0
"""Seconds until the second try, doubled with each; and what a push service may ask for at most."""

TOKEN_USED = 3_600.0
"""Seconds for which one token is shown; it is good for longer."""

MOST_TOKENS = 64
"""Push services in use at a time: browsers know half a dozen."""

_GONE = (404, 410)  # RFC 8030, sections 5.4 and 7.3
_LATER = (408, 425, 429, 500, 502, 503, 504)

Find = Callable[[EndpointId], Awaitable[Subscription | None]]
Gone = Callable[[EndpointId, Subscription], Awaitable[None]]


def load_or_create(path: Path) -> EllipticCurvePrivateKey:
    """The key by which push services know this server, made with mode 0600 if the file does not exist.

    Raises OSError if it cannot be read or made, ValueError if it is no such file.
    """
    try:
        return webpush.key_from(path.read_bytes())
    except FileNotFoundError:
        key = webpush.new_key()
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, webpush.raw_key(key))
        return key


@dataclass(slots=True)
class _Line:
    """What waits for one endpoint. `busy`: it is being looked after, or waits for its next try. `to` is where."""

    waiting: deque[Push] = field(default_factory=lambda: deque(maxlen=MOST_EACH))
    busy: bool = False
    tries: int = 0
    to: Subscription | None = None


@dataclass(slots=True)
class _Service:
    """A push service. `urgent` and `others` are the endpoints with something for it; `proven`: it answered the last
    time; `rests` is until when it is left alone (of the loop's clock), after so many failures."""

    urgent: deque[EndpointId] = field(default_factory=deque)
    others: deque[EndpointId] = field(default_factory=deque)
    under_way: int = 0
    proven: bool = False
    failures: int = 0
    rests: float = 0.0


class Pusher:
    """Implements signaling.waking.Pushing. `find` says where an endpoint is reached, None for one that is not to be;
    `gone` is told of one whose push service does not know it any more. Times are Unix seconds."""

    def __init__(
        self,
        asking: Guarded,
        key: EllipticCurvePrivateKey,
        find: Find,
        gone: Gone,
        clock: Callable[[], float],
        contact: str | None = None,
    ) -> None:
        self._asking = asking
        self._key = key
        self.public = webpush.public_bytes(key)
        """By which browsers subscribe for this server."""
        self._find = find
        self._gone = gone
        self._clock = clock
        self._contact = contact
        self._lines: dict[EndpointId, _Line] = {}
        self._services: dict[str, _Service] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._tokens: dict[str, tuple[float, str]] = {}

    def push(self, endpoint: EndpointId, push: Push) -> None:
        """Send it soon, or drop it where too much waits. Never waits, never raises."""
        line = self._lines.get(endpoint)
        if line is None:
            if len(self._lines) >= MOST_WAITING:
                log.warning("push dropped: endpoint=%s waiting=%d", endpoint, len(self._lines))
                return
            line = self._lines[endpoint] = _Line()
        for older in [one for one in line.waiting if one.topic == push.topic]:
            line.waiting.remove(older)
        line.waiting.append(push)
        if not line.busy:
            line.busy = True
            self._spawn(self._sort(endpoint, line))

    async def close(self) -> None:
        """What was not sent is not."""
        for timer in self._timers.values():
            timer.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._asking.close()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- whose turn it is --------------------------------------------------------------------------

    async def _sort(self, endpoint: EndpointId, line: _Line) -> None:
        """To those that wait for its push service."""
        try:
            line.to = await self._find(endpoint)
            name = "" if line.to is None else webpush.origin_of(line.to.url)
        except (Problem, ValueError) as error:
            log.warning("push not sent: endpoint=%s error=%s", endpoint, type(error).__name__)
            line.to = None
        if line.to is None:
            self._lines.pop(endpoint, None)
            return
        service = self._service(name)
        (service.urgent if line.waiting[0].urgent else service.others).append(endpoint)
        self._begin()

    def _service(self, name: str) -> _Service:
        if name not in self._services and len(self._services) >= MOST_SERVICES:
            idle = [
                key for key, one in self._services.items() if not (one.under_way or one.urgent or one.others)
            ]
            for key in idle[: MOST_SERVICES // 2]:
                del self._services[key]
        return self._services.setdefault(name, _Service())

    def _begin(self) -> None:
        """All that may be sent now, what is urgent first."""
        for urgent in (True, False):
            for name, service in list(self._services.items()):
                queue = service.urgent if urgent else service.others
                while queue and self._admits(service):
                    service.under_way += 1
                    self._spawn(self._send(queue.popleft(), name, service))

    def _admits(self, service: _Service) -> bool:
        if asyncio.get_running_loop().time() < service.rests:
            return False
        if service.under_way >= (OF_ONE if service.proven else 1):
            return False
        alike = sum(one.under_way for one in self._services.values() if one.proven is service.proven)
        return alike < (UNDER_WAY if service.proven else UNPROVEN)

    async def _send(self, endpoint: EndpointId, name: str, service: _Service) -> None:
        line = self._lines[endpoint]
        push = line.waiting.popleft()
        try:
            delay = await self._try(endpoint, line, push, name, service)
        finally:
            service.under_way -= 1
        newer = len(line.waiting) == MOST_EACH or any(one.topic == push.topic for one in line.waiting)
        if delay is not None and not newer:
            line.waiting.appendleft(push)
        line.tries = 0 if delay is None else line.tries + 1
        if not line.waiting:
            del self._lines[endpoint]
        elif delay is None:
            self._spawn(self._sort(endpoint, line))
        else:
            self._rest(endpoint, delay, lambda: self._spawn(self._sort(endpoint, line)))
        self._begin()

    def _rest(self, key: str, delay: float, then: Callable[[], None]) -> None:
        def again() -> None:
            del self._timers[key]
            then()

        before = self._timers.get(key)
        if before is not None:
            before.cancel()
        self._timers[key] = asyncio.get_running_loop().call_later(delay, again)

    def _failed(self, name: str, service: _Service) -> None:
        """It did not answer: it is left alone, and its share is for others."""
        service.proven = False
        rest = min(FIRST_REST * 2**service.failures, LONGEST_REST)
        service.failures = min(service.failures + 1, 16)
        service.rests = asyncio.get_running_loop().time() + rest
        self._rest(name, rest, self._begin)

    # -- one push ----------------------------------------------------------------------------------

    async def _try(
        self, endpoint: EndpointId, line: _Line, push: Push, name: str, service: _Service
    ) -> float | None:
        """After how many seconds to try once more; None where this push is done with."""
        left = push.until - self._clock()
        if line.to is None or left <= 0:
            return None
        try:
            answer = await self._asking.ask(self._request(line.to, push, left))
        except NoAnswer as reason:
            log.info("push not delivered: endpoint=%s why=%s", endpoint, reason.why.value)
            self._failed(name, service)
            return self._delay(line, push, 0.0)
        except Exception as error:  # noqa: BLE001 - one that ends would leave its share taken
            log.warning("push failed: endpoint=%s error=%s", endpoint, type(error).__name__)
            self._failed(name, service)
            return None
        service.proven, service.failures = True, 0
        if answer.status in _GONE:
            await self._forget(endpoint, line.to)
        elif answer.status in _LATER:
            log.info("push put off: endpoint=%s status=%d", endpoint, answer.status)
            return self._delay(line, push, _retry_after(answer))
        elif answer.status >= 300:
            log.warning("push refused: endpoint=%s status=%d", endpoint, answer.status)
        return None

    async def _forget(self, endpoint: EndpointId, subscription: Subscription) -> None:
        log.info("push subscription is gone: endpoint=%s", endpoint)
        try:
            await self._gone(endpoint, subscription)
        except Problem as problem:
            log.warning("push subscription not removed: endpoint=%s code=%s", endpoint, problem.code.value)

    def _delay(self, line: _Line, push: Push, asked: float) -> float | None:
        tries = line.tries + 1
        delay = min(max(asked, FIRST_DELAY * 2 ** (tries - 1)), LONGEST_DELAY)
        return None if tries >= TRIES or self._clock() + delay >= push.until else delay

    def _request(self, to: Subscription, push: Push, left: float) -> Request:
        body = webpush.encrypt(webpush.padded(push.data), to, own=webpush.new_key(), salt=os.urandom(16))
        headers = {
            "Authorization": self._token(webpush.origin_of(to.url)),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(max(1, int(left))),
            "Urgency": "high" if push.urgent else "normal",
            "Topic": topic_of(push.topic),
        }
        return Request("POST", to.url, headers, body)

    def _token(self, audience: str) -> str:
        """Signed once for each push service, and now and then anew."""
        now = self._clock()
        made, token = self._tokens.get(audience, (now + 1.0, ""))
        if made <= now < made + TOKEN_USED:
            return token
        if len(self._tokens) >= MOST_TOKENS:
            self._tokens.clear()
        token = webpush.token(self._key, audience, now=now, contact=self._contact)
        self._tokens[audience] = now, token
        return token


async def pushing_of(settings: Settings, find: Find, gone: Gone, clock: Callable[[], float]) -> Pusher | None:
    """As the operator has set it; None where it is switched off. Raises OSError or ValueError where the key cannot be
    used."""
    if not settings.push:
        return None
    key = await asyncio.to_thread(load_or_create, settings.push_key)
    asking = Guarded(Trust.of(settings), AnswerBounds(body=4_096, seconds=5.0, connect=3.0))
    return Pusher(asking, key, find, gone, clock, settings.push_contact)


def topic_of(name: str) -> str:
    """At most 32 signs (RFC 8030, section 5.4) that tell the push service nothing."""
    return base64.urlsafe_b64encode(sha256(name.encode()).digest()).decode()[:32]


def _retry_after(answer: Answer) -> float:
    """In seconds; a date is as good as nothing."""
    said = answer.headers.get("retry-after", "")
    return float(said) if said.isdigit() and len(said) < 8 else 0.0
