"""The one way in which this server asks addresses that people chose: address books, webhooks.

The law of this file

    Only https, and only a certificate that is believed for the name that was asked.
    Only addresses that everybody may ask or that the operator lists. What is judged is the address that the socket
    connects to, so that a name may say one thing to who looks and another to who calls.
    Nothing that is sent, least of all credentials, follows a redirect to another origin. No cookies, no proxies.
    An answer is bounded in its head, body and time, and comes as it is: nothing is unpacked.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from aiohttp import ClientError, ClientTimeout, hdrs
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from kith.core.addresses import Network, may_ask
from kith.core.settings import Settings
from kith.directory.asking import Answer, Login, NoAnswer, Request, Why

REDIRECTS = 5
"""Within one origin. Two are usual (a well-known address, a slash at the end); more than five is a circle."""

LOOK_UPS = 4
"""Threads that wait for names: a name whose server never answers holds one of them and nothing else."""

_MOVED = frozenset({301, 302, 307, 308})

LookUp = Callable[[str, int], Sequence[str]]
"""Host and port to addresses, in a thread. Raises OSError."""


@dataclass(frozen=True, slots=True)
class AnswerBounds:
    """What one answer may take: bytes of its body, and seconds until its last byte."""

    body: int = 8 * 1024 * 1024
    seconds: float = 20.0
    connect: float = 10.0


@dataclass(frozen=True, slots=True)
class Trust:
    """What the operator allows beyond the public internet: networks, and files of certificate authorities."""

    allowed: tuple[Network, ...] = ()
    authorities: tuple[Path, ...] = ()

    @classmethod
    def of(cls, settings: Settings) -> "Trust":
        return cls(settings.allow_private_addresses, settings.trust_ca)

    def context(self) -> ssl.SSLContext:
        """Raises ValueError where a file holds no certificate."""
        context = ssl.create_default_context()
        for authority in self.authorities:
            try:
                context.load_verify_locations(cafile=authority)
            except OSError as error:  # ssl.SSLError is one
                raise ValueError(f"{authority} holds no certificate to trust") from error
        return context


class NotAllowedError(OSError):
    """No address of this name may be asked."""


def look_up(host: str, port: int) -> Sequence[str]:
    """What the system says."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return [str(address[0]) for *_, address in found]


class Guarded:
    """Implements kith.directory.asking.Asking. Each purpose has one of its own, so that servers which keep one purpose
    waiting for an answer are in no other's way. Raises what Trust.context does."""

    def __init__(
        self, trust: Trust, bounds: AnswerBounds | None = None, *, look_up: LookUp = look_up
    ) -> None:
        if trust.authorities:
            trust.context()  # what is wrong with them is said at the start
        self._trust = trust
        self._allowed = trust.allowed
        self._bounds = bounds or AnswerBounds()
        self._names = _Names(trust.allowed, look_up)
        self._opening = asyncio.Lock()
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
        await self._names.close()

    async def _open(self) -> aiohttp.ClientSession:
        """Made when it is needed: reading the system's authorities takes some 20 ms, and few servers ask anything."""
        async with self._opening:
            if self._session is None:
                self._session = self._made(await asyncio.to_thread(self._trust.context))
            return self._session

    def _made(self, context: ssl.SSLContext) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            ssl=context,
            resolver=self._names,
            use_dns_cache=False,
            socket_factory=self._socket,
            limit=32,
            limit_per_host=4,
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            headers={hdrs.ACCEPT_ENCODING: "identity", hdrs.USER_AGENT: "Kith"},
            timeout=ClientTimeout(total=self._bounds.seconds, sock_connect=self._bounds.connect),
        )

    async def ask(self, request: Request) -> Answer:
        """See kith.directory.asking. A redirect within the origin is followed with the same method and body."""
        url = self._checked(request.url)
        try:
            async with asyncio.timeout(self._bounds.seconds):
                for _ in range(REDIRECTS):
                    answer = await self._once(request, url)
                    moved = _moved(answer, url)
                    if moved is None:
                        return answer
                    url = moved
        except TimeoutError:
            raise NoAnswer(Why.TOO_SLOW) from None
        except (ClientError, OSError, ValueError) as error:
            raise NoAnswer(_why(error)) from error
        raise NoAnswer(Why.UNREACHABLE)

    def _checked(self, text: str) -> URL:
        try:
            url = URL(text)
        except ValueError:
            raise NoAnswer(Why.ADDRESS) from None
        host = url.host
        if url.scheme != "https" or not host or url.user is not None or url.password is not None:
            raise NoAnswer(Why.ADDRESS)
        literal = ":" in host or host.replace(".", "").isdigit()
        if literal and not may_ask(host, self._allowed):
            raise NoAnswer(Why.ADDRESS)
        return url

    async def _once(self, request: Request, url: URL) -> Answer:
        session = await self._open()
        async with session.request(
            request.method,
            url,
            headers=request.headers,
            data=request.body or None,
            allow_redirects=False,
            middlewares=_proving(request.digest),
        ) as response:
            if response.headers.get(hdrs.CONTENT_ENCODING, "identity").lower() != "identity":
                raise NoAnswer(Why.UNREACHABLE)  # it was asked for nothing packed, and a bomb would be
            body = await self._body(response)
            return Answer(
                status=response.status,
                url=str(url),
                headers={name.lower(): value for name, value in response.headers.items()},
                body=body,
            )

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        parts, total = [], 0
        async for part in response.content.iter_any():
            total += len(part)
            if total > self._bounds.body:
                response.close()  # what is left on the line is not worth reading
                raise NoAnswer(Why.TOO_LARGE)
            parts.append(part)
        return b"".join(parts)

    def _socket(
        self, info: tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[object, ...]]
    ) -> socket.socket:
        """The last one who sees where a connection goes, however it was found."""
        family, kind, protocol, _, address = info
        if not may_ask(str(address[0]), self._allowed):
            raise NotAllowedError
        return socket.socket(family, kind, protocol)


class _Names(AbstractResolver):
    """Names to those of their addresses that may be asked."""

    def __init__(self, allowed: Iterable[Network], look_up: LookUp) -> None:
        self._allowed = tuple(allowed)
        self._look_up = look_up
        self._threads = ThreadPoolExecutor(LOOK_UPS, thread_name_prefix="kith-names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, self._look_up, host, port)
        allowed = [address for address in dict.fromkeys(found) if may_ask(address, self._allowed)]
        if not allowed:
            raise NotAllowedError
        return [_resolved(host, address, port) for address in allowed]

    async def close(self) -> None:
        """Nobody waits for a name that is still being looked up."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _resolved(host: str, address: str, port: int) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=address,
        port=port,
        family=socket.AF_INET6 if ":" in address else socket.AF_INET,
        proto=0,
        flags=socket.AI_NUMERICHOST,
    )


def _proving(login: Login | None) -> Sequence[aiohttp.ClientMiddlewareType]:
    """Made anew for each request: what a server asked once is not answered to another."""
    if login is None:
        return ()
    return (aiohttp.DigestAuthMiddleware(login.account, login.password, preemptive=False),)


def _moved(answer: Answer, url: URL) -> URL | None:
    """Where the answer says to ask instead; None if it is the answer. Raises NoAnswer if that is elsewhere."""
    if answer.status not in _MOVED or "location" not in answer.headers:
        return None
    moved = url.join(URL(answer.headers["location"]))
    if moved.scheme != "https" or moved.host is None or moved.user is not None:
        raise NoAnswer(Why.ELSEWHERE)
    if moved.origin() != url.origin():
        raise NoAnswer(Why.ELSEWHERE, str(moved.origin()))
    return moved


def _why(error: Exception) -> Why:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, NotAllowedError):
            return Why.ADDRESS
        cause = getattr(cause, "os_error", None) or cause.__cause__
    if isinstance(error, aiohttp.ClientSSLError):
        return Why.CERTIFICATE
    return Why.UNREACHABLE
