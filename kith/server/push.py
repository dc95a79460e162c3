"""Sends pushes to the push services that people's browsers have chosen (RFC 8030).

The law of this file

    Nobody waits for it: what is to be pushed is taken or dropped at once, and a push service that answers slowly or
    never holds up nobody but the endpoints that chose it.
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
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

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

WORKERS = 8
"""Pushes under way at a time."""

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
    """What waits for one endpoint. `busy`: a worker has it, or it waits for its next try."""

    waiting: deque[Push] = field(default_factory=lambda: deque(maxlen=MOST_EACH))
    busy: bool = False
    tries: int = 0


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
        self._ready: asyncio.Queue[EndpointId] = asyncio.Queue()
        self._workers: set[asyncio.Task[None]] = set()
        self._timers: dict[EndpointId, asyncio.TimerHandle] = {}
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
            self._ready.put_nowait(endpoint)
            self._work_on()

    async def close(self) -> None:
        """What was not sent is not."""
        for timer in self._timers.values():
            timer.cancel()
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        await self._asking.close()

    def _work_on(self) -> None:
        if len(self._workers) < WORKERS and self._ready.qsize() > 0:
            worker = asyncio.get_running_loop().create_task(self._work())
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)

    async def _work(self) -> None:
        while self._ready.qsize() > 0:
            endpoint = self._ready.get_nowait()
            line = self._lines[endpoint]
            push = line.waiting.popleft()
            delay = await self._try(endpoint, push)
            newer = len(line.waiting) == MOST_EACH or any(one.topic == push.topic for one in line.waiting)
            if delay is not None and not newer:
                line.waiting.appendleft(push)
            line.tries = 0 if delay is None else line.tries + 1
            if not line.waiting:
                del self._lines[endpoint]
            elif delay is None:
                self._ready.put_nowait(endpoint)
            else:
                self._rest(endpoint, delay)

    def _rest(self, endpoint: EndpointId, delay: float) -> None:
        def again() -> None:
            del self._timers[endpoint]
            self._ready.put_nowait(endpoint)
            self._work_on()

        self._timers[endpoint] = asyncio.get_running_loop().call_later(delay, again)

    async def _try(self, endpoint: EndpointId, push: Push) -> float | None:
        """After how many seconds to try once more; None where this push is done with."""
        try:
            subscription = await self._find(endpoint)
            left = push.until - self._clock()
            if subscription is None or left <= 0:
                return None
            answer = await self._asking.ask(self._request(subscription, push, left))
        except NoAnswer as reason:
            log.info("push not delivered: endpoint=%s why=%s", endpoint, reason.why.value)
            return self._delay(endpoint, push, 0.0)
        except Problem as problem:
            log.warning("push not sent: endpoint=%s code=%s", endpoint, problem.code.value)
            return self._delay(endpoint, push, 0.0)
        except Exception as error:  # noqa: BLE001 - a worker that ends would leave the others waiting
            log.warning("push failed: endpoint=%s error=%s", endpoint, type(error).__name__)
            return None
        if answer.status in _GONE:
            await self._forget(endpoint, subscription)
        elif answer.status in _LATER:
            log.info("push put off: endpoint=%s status=%d", endpoint, answer.status)
            return self._delay(endpoint, push, _retry_after(answer))
        elif answer.status >= 300:
            log.warning("push refused: endpoint=%s status=%d", endpoint, answer.status)
        return None

    async def _forget(self, endpoint: EndpointId, subscription: Subscription) -> None:
        log.info("push subscription is gone: endpoint=%s", endpoint)
        try:
            await self._gone(endpoint, subscription)
        except Problem as problem:
            log.warning("push subscription not removed: endpoint=%s code=%s", endpoint, problem.code.value)

    def _delay(self, endpoint: EndpointId, push: Push, asked: float) -> float | None:
        tries = self._lines[endpoint].tries + 1
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
    asking = Guarded(Trust.of(settings), AnswerBounds(body=4_096, seconds=10.0, connect=5.0))
    return Pusher(asking, key, find, gone, clock, settings.push_contact)


def topic_of(name: str) -> str:
    """At most 32 signs (RFC 8030, section 5.4) that tell the push service nothing."""
    return base64.urlsafe_b64encode(sha256(name.encode()).digest()).decode()[:32]


def _retry_after(answer: Answer) -> float:
    """In seconds; a date is as good as nothing."""
    said = answer.headers.get("retry-after", "")
    return float(said) if said.isdigit() and len(said) < 8 else 0.0
