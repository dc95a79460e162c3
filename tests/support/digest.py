"""A door before Radicale that lets in by Digest alone (RFC 7616, SHA-256 and qop=auth), as some servers at home do."""

import hashlib
import re
import secrets
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

from tests.support.radicale import ACCOUNT, PASSWORD, Radicale

REALM = "books"


@dataclass
class Door:
    """`said` is how each request proved who it is from, in their order; `nonces` are used once."""

    dav: Radicale
    url: str = ""
    said: list[str] = field(default_factory=list)
    nonces: set[str] = field(default_factory=set)

    async def answer(self, request: web.Request) -> web.Response:
        scheme, _, words = request.headers.get("Authorization", "none").partition(" ")
        self.said.append(scheme)
        if scheme != "Digest" or not self._proved(request, words):
            self.nonces.add(nonce := secrets.token_hex(8))
            challenge = f'Digest realm="{REALM}", nonce="{nonce}", qop="auth", algorithm=SHA-256'
            return web.Response(status=401, text="Who is there?", headers={"WWW-Authenticate": challenge})
        passed = {
            name: request.headers[name] for name in ("Content-Type", "Depth") if name in request.headers
        }
        passed["Authorization"] = aiohttp.encode_basic_auth(ACCOUNT, PASSWORD)
        trust = ssl.create_default_context(cafile=self.dav.made.ca)
        async with (
            aiohttp.ClientSession() as http,
            http.request(
                request.method,
                self.dav.url + request.path_qs,
                data=await request.read(),
                headers=passed,
                ssl=trust,
            ) as response,
        ):
            kind = {"Content-Type": response.headers.get("Content-Type", "text/plain")}
            return web.Response(status=response.status, body=await response.read(), headers=kind)

    def _proved(self, request: web.Request, words: str) -> bool:
        given = {
            name: quoted or bare for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|(\w+))', words)
        }
        if given["nonce"] not in self.nonces or given["uri"] != request.path_qs:
            return False
        self.nonces.remove(given["nonce"])
        person = _hash(ACCOUNT, REALM, PASSWORD)
        asked = _hash(request.method, request.path_qs)
        wanted = _hash(person, given["nonce"], given["nc"], given["cnonce"], "auth", asked)
        return secrets.compare_digest(given["response"], wanted)


def _hash(*words: str) -> str:
    return hashlib.sha256(":".join(words).encode()).hexdigest()


@asynccontextmanager
async def by_digest(dav: Radicale) -> AsyncIterator[Door]:
    """At a port of its own, with the same certificate."""
    door = Door(dav)
    app = web.Application(client_max_size=16 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", door.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(dav.made.chain, dav.made.key)
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    door.url = f"https://localhost:{runner.addresses[0][1]}"
    yield door
    await runner.cleanup()
