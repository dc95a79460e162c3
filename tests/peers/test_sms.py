"""Codes on their way: a real server, and at the other end a file, a webhook over TLS, and a service of apprise."""

import asyncio
import hmac
import json
import os
import ssl
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from kith.core.keys import KeyPair
from kith.server.authority import ensure
from tests.support.server import GENEROUS, Joined, RunningServer, as_json, running_server

SECRET = "a secret of more than 16 signs"


class Gateway:
    """What sends messages in the tests: it keeps them, or refuses."""

    def __init__(self) -> None:
        self.port = 0
        self.status = 204
        self.bodies: asyncio.Queue[tuple[dict[str, str], bytes]] = asyncio.Queue()

    async def _take(self, request: web.Request) -> web.Response:
        self.bodies.put_nowait((dict(request.headers), await request.read()))
        return web.Response(status=self.status)

    @asynccontextmanager
    async def listening(self, context: ssl.SSLContext | None) -> AsyncIterator["Gateway"]:
        app = web.Application()
        app.router.add_post("/{any:.*}", self._take)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        self.port = runner.addresses[0][1]
        try:
            yield self
        finally:
            await runner.cleanup()

    async def message(self) -> tuple[dict[str, str], bytes]:
        async with asyncio.timeout(GENEROUS):
            return await self.bodies.get()


async def sign_up(server: RunningServer, mobile: str) -> tuple[Joined, dict[str, Any]]:
    """A new person, whose code goes some other way than to the console."""
    keys = KeyPair.generate()
    status, reply = await server.post(
        "sign_up",
        secret=await server.owner_link(),
        name="Mum",
        mobile=mobile,
        device_name="Phone",
        guidelines=1,
        keys=as_json(keys.public),
    )
    assert status == 200, reply
    return Joined("Mum", keys, reply["endpoint"], reply["person"], reply["household"]), reply


async def verified(server: RunningServer, joined: Joined, code: str) -> None:
    status, reply = await server.post("verify", token=await server.token(joined), code=code)
    assert status == 200, reply


async def test_codes_into_a_file(tmp_path: Path) -> None:
    codes = tmp_path / "codes"
    async with running_server(tmp_path, "--no-tls", f"--sms=file:{codes}") as server:
        mum, reply = await sign_up(server, "+12025550123")
        assert reply["code_sent"] is True
        (line,) = [json.loads(line) for line in codes.read_text().splitlines()]
        assert line["to"] == "+12025550123"
        assert stat.S_IMODE(codes.stat().st_mode) == 0o600
        await verified(server, mum, line["code"])
        assert line["code"] not in "\n".join(server.console) + server.log.read_text()


async def test_codes_to_a_webhook_and_what_a_person_hears_when_it_fails(tmp_path: Path) -> None:
    certificates = ensure(tmp_path / "hook", frozenset({"localhost", "127.0.0.1"}), datetime.now(UTC))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates.chain, certificates.key)
    async with Gateway().listening(context) as gateway:
        chosen = tmp_path / "sms"
        chosen.write_text(f"webhook:https://localhost:{gateway.port}/sms#{SECRET}\n")
        arguments = (
            f"--sms=@{chosen}",
            "--allow-private-address=127.0.0.0/8",
            f"--trust-ca={certificates.ca}",
        )
        async with running_server(tmp_path, "--no-tls", *arguments) as server:
            gateway.status = 500
            mum, reply = await sign_up(server, "+12025550123")
            assert reply["code_sent"] is False, "she is there, and may try again"
            token = await server.token(mum)
            status, problem = await server.post("resend_code", token=token)
            assert (status, problem["code"]) == (503, "code_not_sent")
            gateway.status = 204
            assert (await server.post("resend_code", token=token))[0] == 200
            for _ in range(3):
                headers, body = await gateway.message()
            message = json.loads(body)
            assert message["to"] == "+12025550123"
            assert message["code"] in message["text"]
            fields = dict(part.split("=", 1) for part in headers["Kith-Signature"].split(","))
            signed = f"{fields['t']}.".encode() + body
            assert fields["v1"] == hmac.digest(SECRET.encode(), signed, sha256).hex()
            await verified(server, mum, message["code"])
            log = server.log.read_text()
            assert "a message was not sent: gateway=webhook why=status 500" in log
            for private in ("+12025550123", message["code"], SECRET):
                assert private not in log


async def test_a_webhook_at_home_is_asked_only_if_the_operator_lists_it(tmp_path: Path) -> None:
    async with Gateway().listening(None) as gateway:
        hook = f"webhook:https://127.0.0.1:{gateway.port}/#{SECRET}"
        async with running_server(tmp_path, "--no-tls", f"--sms={hook}") as server:
            _, reply = await sign_up(server, "+12025550123")
            assert reply["code_sent"] is False
            assert gateway.bodies.empty()


async def test_codes_by_a_service_of_apprise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Gateway().listening(None) as gateway:
        monkeypatch.setitem(os.environ, "KITH_SMS", f"apprise:json://127.0.0.1:{gateway.port}/sms/{{to}}")
        async with running_server(tmp_path, "--no-tls") as server:
            mum, reply = await sign_up(server, "+12025550123")
            assert reply["code_sent"] is True
            _, body = await gateway.message()
            text = json.loads(body)["message"]
            await verified(server, mum, text.removeprefix("Kith: ")[:6])
            log = server.log.read_text()
            assert "127.0.0.1" not in log and text not in log


async def test_a_choice_that_cannot_work_is_said_at_the_start(tmp_path: Path) -> None:
    for chosen in ("pigeon:coop", "apprise:nothing-it-knows://x", f"@{tmp_path / 'nowhere'}"):
        server = RunningServer(tmp_path / "data", tmp_path / "certs", ("--no-tls", f"--sms={chosen}"))
        with pytest.raises(AssertionError, match="the server ended"):
            await server.start()
        assert server.process is not None
        assert await server.process.wait() == 1
        assert "Error: " in server.log.read_text()
        server.log.unlink()
