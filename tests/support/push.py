"""A push service and browsers that subscribe to it: what it is posted is decrypted as RFC 8291 has it, with no code of
the server's.

async with push_service(certificates) as service:
    browser = service.browser()                 # whose keys and address are subscribed
    posted = await service.next()               # its headers, and for whom
    browser.read(posted.body)
"""

import asyncio
import json
import os
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kith.core.webpush import Subscription
from kith.server.authority import Certificates

PATIENCE = 30.0


class Browser:
    """The half of a subscription that stays with the browser."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.public = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.auth = os.urandom(16)

    def subscription(self, url: str) -> Subscription:
        return Subscription(url, self.public, self.auth)

    def read(self, body: bytes) -> bytes:
        """RFC 8188, section 2.1, and RFC 8291, section 3.4, by hand. Raises ValueError if it is not for this one."""
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        theirs, record = body[21 : 21 + length], body[21 + length :]
        if len(record) > size:
            raise ValueError("more than one record")
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
        secret = self._key.exchange(ec.ECDH(), point)
        key = _mac(_mac(self.auth, secret), b"WebPush: info\0" + self.public + theirs + b"\1")
        pseudo = _mac(salt, key)
        content = _mac(pseudo, b"Content-Encoding: aes128gcm\0\1")[:16]
        nonce = _mac(pseudo, b"Content-Encoding: nonce\0\1")[:12]
        try:
            data = AESGCM(content).decrypt(nonce, record, None).rstrip(b"\0")
        except InvalidTag:
            raise ValueError("not for this browser") from None
        if data[-1:] != b"\2":
            raise ValueError("not the last record")
        return data[:-1]

    def json(self, body: bytes) -> dict[str, Any]:
        """What the push says."""
        return dict(json.loads(self.read(body)))


def _mac(key: bytes, data: bytes) -> bytes:
    made = hmac.HMAC(key, hashes.SHA256())
    made.update(data)
    return made.finalize()


@dataclass(frozen=True)
class Posted:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class PushService:
    """One that listens. `answer` is the status that each post is answered with, by its path."""

    url: str
    answer: Callable[[str], int] = lambda path: 201
    posted: list[Posted] = field(default_factory=list)
    _arrived: asyncio.Queue[Posted] = field(default_factory=asyncio.Queue)

    async def next(self) -> Posted:
        """The next one that nobody has looked at."""
        async with asyncio.timeout(PATIENCE):
            return await self._arrived.get()

    @property
    def waiting(self) -> int:
        """How many nobody has looked at."""
        return self._arrived.qsize()

    async def post(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        posted = Posted(request.path, headers, await request.read())
        self.posted.append(posted)
        self._arrived.put_nowait(posted)
        return web.Response(status=self.answer(request.path))


@asynccontextmanager
async def push_service(certificates: Certificates) -> AsyncIterator[PushService]:
    """On a free port of this machine, with a certificate of `certificates`' authority."""
    service = PushService("")
    app = web.Application()
    app.router.add_post("/{rest:.*}", service.post)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates.chain, certificates.key)
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    service.url = f"https://localhost:{runner.addresses[0][1]}"
    try:
        yield service
    finally:
        await runner.cleanup()
