"""Everything that is not the WebSocket: commands over POST, the web app's files, health, the certificate.

Commands over HTTP are the same commands; `Authorization: Bearer` names the endpoint. A retry with the
same id and token gets the same reply.
"""

import asyncio
import logging
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import msgspec
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Middleware

from kith.core.ids import EndpointId
from kith.core.problem import Code, Problem
from kith.directory.model import Endpoint
from signaling import protocol as wire
from signaling.carrier_aiohttp import AiohttpCarrier
from signaling.conversation import Reception
from signaling.desk import TOKEN_LIFE
from signaling.gateway import PATH, Address, Gateway, ends
from signaling.limits import Rates
from signaling.protocol import COMMANDS, JSON, MAX_FRAME
from signaling.session import Replies

log = logging.getLogger(__name__)
K = TypeVar("K")
V = TypeVar("V")


def _worth_recording(record: logging.LogRecord) -> bool:
    """aiohttp would record, with a traceback and its words, whatever strangers send that is no HTTP."""
    return record.exc_info is None or not isinstance(record.exc_info[1], HttpProcessingError)


logging.getLogger("aiohttp.server").addFilter(_worth_recording)

NONCE_LIFE = 60.0
MAX_NONCES = 10_000
MAX_REMEMBERED = 10_000

BODY_TIMEOUT = 10.0
"""Seconds for 64 KiB to arrive: a phone on a bad network needs two."""

STATUS = {
    Code.NOT_SIGNED_IN: 401,
    Code.BAD_SIGNATURE: 401,
    Code.STALE_NONCE: 401,
    Code.INVALID_TOKEN: 401,
    Code.PASSKEY_REFUSED: 401,
    Code.NOT_REGISTERED: 403,
    Code.NOT_PERMITTED: 403,
    Code.NOT_CONFIRMED: 403,
    Code.SUSPENDED: 403,
    Code.YOU_BLOCKED: 403,
    Code.CHILD_LIMIT: 403,
    Code.CONSENT_REQUIRED: 403,
    Code.NUMBER_REFUSED: 403,
    Code.TEST_SERVER: 403,
    Code.NOT_TEST_SERVER: 403,
    Code.UNKNOWN_PERSON: 404,
    Code.UNKNOWN_ENDPOINT: 404,
    Code.UNKNOWN_CALL: 404,
    Code.IMPORT_NOT_ALLOWED: 403,
    Code.UNKNOWN_CONTACT: 404,
    Code.UNKNOWN_BOOK: 404,
    Code.UNKNOWN_COMMAND: 404,
    Code.UNKNOWN_BLOCK: 404,
    Code.UNKNOWN_MESSAGE: 404,
    Code.MESSAGE_ID_TAKEN: 409,
    Code.SEGMENTS_MISSING: 409,
    Code.INBOX_LIMIT: 409,
    Code.CALL_ID_TAKEN: 409,
    Code.CALL_OVER: 409,
    Code.NOT_ANSWERED: 409,
    Code.PROFILE_TAKEN: 409,
    Code.PROFILE_LIMIT: 409,
    Code.LAST_MEMBER: 409,
    Code.ALREADY_REGISTERED: 409,
    Code.TOO_MANY_PASSKEYS: 409,
    Code.IMPORTED_CONTACT: 409,
    Code.CONTACT_LIMIT: 409,
    Code.NUMBER_MOVED: 409,
    Code.BLOCK_LIMIT: 409,
    Code.BOOK_LIMIT: 409,
    Code.LOG_FORKED: 409,
    Code.LOG_LIMIT: 409,
    Code.TERMS_NOT_ACKNOWLEDGED: 409,
    Code.ENDPOINT_REMOVED: 410,
    Code.TOO_LARGE: 413,
    Code.RATE_LIMITED: 429,
    Code.QUOTA_EXCEEDED: 429,
    Code.TOO_MANY_TRIES: 429,
    Code.INTERNAL: 500,
    Code.CODE_NOT_SENT: 503,
    Code.BOOK_UNREACHABLE: 502,
    Code.PUSH_OFF: 403,
    Code.MIXER_UNAVAILABLE: 503,
    Code.STORAGE_UNAVAILABLE: 503,
    Code.SHUTTING_DOWN: 503,
}

POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), display-capture=()",
}


class Door:
    """Commands over HTTP."""

    def __init__(self, reception: Reception, address: Address) -> None:
        self._reception = reception
        self._address = address
        self._nonces: OrderedDict[bytes, float] = OrderedDict()
        self._rates: OrderedDict[EndpointId, Rates] = OrderedDict()
        self._replies: OrderedDict[str, Replies] = OrderedDict()
        """By token: a later script of the same endpoint begins its ids anew and is no retry of this one."""
        self._working: dict[tuple[str, str], tuple[type, asyncio.Task[wire.AnyReply]]] = {}

    async def command(self, request: web.Request) -> web.Response:
        """POST /v1/<t>. The body is the command as a JSON object; `t` is in the path, `id` may be absent."""
        identity: str | None = None
        try:
            command = await _read_command(request)
            identity = command.id
            reply = await self._reply_to(request, command)
        except Problem as problem:
            reply = wire.problem_reply(problem, identity)
        except Exception:
            log.exception("command failed: path=%s", request.path)
            reply = wire.problem_reply(Problem(Code.INTERNAL), identity)
        return _answer(reply)

    async def export(self, request: web.Request) -> web.Response:
        """POST /v1/export_data, with a bearer token and no body: what is kept of the person, as a file."""
        try:
            desk = self._reception.desk
            endpoint = await self._endpoint_of(_bearer(request), self._remote(request), desk.clock())
            data = await desk.export(endpoint)
        except Problem as problem:
            return _answer(wire.problem_reply(problem, None))
        body = await asyncio.to_thread(lambda: msgspec.json.format(msgspec.json.encode(data)))
        headers = {
            "Content-Disposition": 'attachment; filename="kith-data.json"',
            "Cache-Control": "no-store",
        }
        return web.Response(body=body, content_type="application/json", headers=headers)

    async def _reply_to(self, request: web.Request, command: wire.AnyCommand) -> wire.AnyReply:
        desk = self._reception.desk
        now = desk.clock()
        if command.open:
            self._reception.check_address(self._remote(request), command, now)
        match command:
            case wire.Challenge():
                return wire.ChallengeIssued(re=command.id, nonce=self._new_nonce(now), server=desk.server)
            case wire.SignIn():
                return await self._sign_in(request, command, now)
            case wire.Ack() | wire.Leave():
                raise Problem(Code.UNKNOWN_COMMAND, path="t")  # these are about a connection
        if command.open:
            return await desk.strangers.welcome(command, origin=self._origin(request))
        return await self._carry_out(request, command, now)

    async def _sign_in(self, request: web.Request, command: wire.SignIn, now: float) -> wire.AnyReply:
        issued = self._nonces.pop(command.nonce, None)
        nonce = command.nonce if issued is not None and issued + NONCE_LIFE > now else None
        desk = self._reception.desk
        endpoint, _ = await desk.authenticate(
            command, origin=self._origin(request), nonce=nonce, address=self._remote(request)
        )
        token = await desk.registry.issue_token(endpoint.id, TOKEN_LIFE)
        return wire.Token(re=command.id, token=token, expires_in=TOKEN_LIFE)

    def _remote(self, request: web.Request) -> str:
        return self._address.remote(request.headers, ends(request.transport))

    def _origin(self, request: web.Request) -> str:
        return self._address.origin_of(request.headers, ends(request.transport))

    def _new_nonce(self, now: float) -> bytes:
        nonce = secrets.token_bytes(16)
        self._nonces[nonce] = now
        while len(self._nonces) > MAX_NONCES:
            self._nonces.popitem(last=False)
        return nonce

    async def _carry_out(self, request: web.Request, command: wire.AnyCommand, now: float) -> wire.AnyReply:
        token = _bearer(request)
        desk = self._reception.desk
        endpoint = await self._endpoint_of(token, self._remote(request), now)
        live = desk.sessions.of(endpoint.id)  # whichever way they come, they are one endpoint's commands
        rates = live.rates if live is not None else _latest(self._rates, endpoint.id, lambda: Rates(now))
        bucket = rates.signals if isinstance(command, wire.Signal | wire.SignalGroup) else rates.commands
        bucket.take(now)
        self._reception.check_code(self._remote(request), command, now)
        replies = _latest(self._replies, token, Replies)
        found = replies.find(command)
        if found is not None:
            return found
        return await asyncio.shield(self._worker(token, endpoint, command, replies, self._origin(request)))

    async def _endpoint_of(self, token: str, address: str, now: float) -> Endpoint:
        """Whose token it is. Raises Problem(invalid_token), or (rate_limited) for one who guesses."""
        desk, addresses = self._reception.desk, self._reception.addresses
        if not self._reception.admit_test:
            addresses.check_token(address, now)
        try:
            endpoint = await desk.directory.endpoint(await desk.registry.bearer(token))
            if endpoint is None:
                raise Problem(Code.INVALID_TOKEN)
        except Problem as problem:
            if problem.code is Code.INVALID_TOKEN:
                addresses.wrong_token(address, now)
            raise
        return endpoint

    def _worker(
        self, token: str, endpoint: Endpoint, command: wire.AnyCommand, replies: Replies, origin: str
    ) -> asyncio.Task[wire.AnyReply]:
        """The task that carries the command out: who hangs up or asks again changes nothing about it."""
        key = token, command.id
        if key in self._working:
            kind, task = self._working[key]
            if kind is not type(command):
                raise Problem(Code.INVALID, path="id")
            return task
        task = asyncio.get_running_loop().create_task(self._work(endpoint, command, replies, origin))
        self._working[key] = type(command), task
        task.add_done_callback(lambda _: self._working.pop(key, None))
        return task

    async def _work(
        self, endpoint: Endpoint, command: wire.AnyCommand, replies: Replies, origin: str
    ) -> wire.AnyReply:
        desk = self._reception.desk
        try:
            principal = await desk.principal(endpoint, None)
            reply = await desk.carry_out(principal, endpoint, command, origin=origin)
        except Problem as problem:
            reply = wire.problem_reply(problem, command.id)
        replies.remember(command, reply)
        return reply


def _answer(reply: wire.AnyReply) -> web.Response:
    status = 200
    headers: dict[str, str] = {}
    if isinstance(reply, wire.ProblemReply):
        status = STATUS.get(reply.code, 400)
        if "retry_after" in reply.data:
            headers["Retry-After"] = str(int(float(reply.data["retry_after"])) + 1)
    return web.Response(
        body=JSON.encode(reply), status=status, content_type="application/json", headers=headers
    )


def _latest(memory: OrderedDict[K, V], key: K, make: Callable[[], V]) -> V:
    """The entry for `key`, made where there is none; what nobody asked for longest makes room for it."""
    entry = memory.pop(key, None) or make()
    memory[key] = entry
    while len(memory) > MAX_REMEMBERED:
        memory.popitem(last=False)
    return entry


def _bearer(request: web.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Problem(Code.NOT_SIGNED_IN)
    return token.strip()


async def _read_command(request: web.Request) -> wire.AnyCommand:
    tag = request.match_info["command"]
    if tag not in COMMANDS:
        raise Problem(Code.UNKNOWN_COMMAND, path="t")
    if (request.content_length or 0) > MAX_FRAME:
        raise Problem(Code.TOO_LARGE, data={"limit": MAX_FRAME})
    try:
        async with asyncio.timeout(BODY_TIMEOUT):
            body = await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise Problem(Code.TOO_LARGE, data={"limit": MAX_FRAME}) from None
    except TimeoutError:
        raise Problem(Code.MALFORMED) from None
    try:
        fields = msgspec.json.decode(body or b"{}", type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Problem(Code.MALFORMED) from None
    fields["t"] = msgspec.Raw(msgspec.json.encode(tag))
    fields.setdefault("id", msgspec.Raw(msgspec.json.encode(f"http-{secrets.token_hex(8)}")))
    return JSON.command(msgspec.json.encode(fields))


class Health:
    """`GET /healthz` says `kith`. A server for tests tells more with `?verbose`."""

    def __init__(self, details: Callable[[], dict[str, float]] | None = None) -> None:
        self._details = details

    async def answer(self, request: web.Request) -> web.Response:
        if self._details is not None and "verbose" in request.query:
            return web.json_response(self._details())
        return web.Response(text="kith")


def build(
    reception: Reception,
    address: Address,
    gateway: Gateway,
    *,
    web_root: Path,
    authority: Path | None,
    health: Health,
) -> web.Application:
    """The whole site as an aiohttp application."""
    door = Door(reception, address)
    app = web.Application(client_max_size=MAX_FRAME, middlewares=[_guard(address)])
    app.router.add_get("/healthz", health.answer)
    app.router.add_get(PATH, AiohttpCarrier(gateway).connect)
    app.router.add_post("/v1/export_data", door.export)
    app.router.add_post("/v1/{command}", door.command)
    if authority is not None:
        app.router.add_get("/ca.pem", _file(authority, "application/x-pem-file"))
    app.router.add_get("/", _file(web_root / "index.html", "text/html"))
    app.router.add_get("/v1/openapi.json", _file(web_root / "openapi.json", "application/json"))
    # Everything in there is public, protocol.d.ts too: it is the contract, for whoever writes another app.
    app.router.add_static("/", web_root, append_version=False)
    return app


def _file(path: Path, kind: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def serve(_: web.Request) -> web.StreamResponse:
        if not await asyncio.to_thread(path.is_file):
            raise web.HTTPNotFound
        return web.FileResponse(path, headers={"Content-Type": kind, "Cache-Control": "no-cache"})

    return serve


def _guard(address: Address) -> Middleware:
    """Host and Origin are checked before anything else; the security headers are on every answer."""

    @web.middleware
    async def guard(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        try:
            response = _refusal(address, request) or await handler(request)
        except web.HTTPException as error:
            error.headers.update(HEADERS)
            raise
        except Exception:
            log.exception("request failed: path=%s", request.path)
            response = web.Response(status=500, text="the server made a mistake")
        if not response.prepared:
            response.headers.update(HEADERS)
            response.headers.setdefault("Cache-Control", "no-cache")
        return response

    return guard


def _refusal(address: Address, request: web.Request) -> web.Response | None:
    """What a request for another server, or by another site's page, is answered with.

    Reading is open to all pages, whose browsers then keep the answer from them: nothing here allows otherwise.
    """
    at = ends(request.transport)
    if not address.host_allowed(request.headers, at):
        return web.Response(status=421, text="this server has another name")
    if request.method not in ("GET", "HEAD") and not address.origin_allowed(request.headers, at):
        return web.Response(status=403, text="wrong origin")
    return None
