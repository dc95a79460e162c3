"""Certificates before a real browser and in a server that runs."""

import asyncio
import os
import shutil
import signal
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.async_api import Error, async_playwright

from kith.server import authority
from kith.server.authority import Certificates, ensure
from tests.support.browsers import CHROMIUM, believer_of
from tests.support.server import GENEROUS, running_server

NOW = datetime.now(UTC)


def forged(made: Certificates, name: str) -> tuple[Path, Path]:
    """What a thief of the authority's key would make."""
    ca = x509.load_pem_x509_certificate(made.ca.read_bytes())
    key = serialization.load_pem_private_key((made.ca.parent / "ca.key").read_bytes(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    chain, leaf = made.ca.parent / f"{name}.pem", made.ca.parent / f"{name}.key"
    authority._issue(ca, key, {name}, NOW, chain, leaf)
    return chain, leaf


@asynccontextmanager
async def presenting(chain: Path, key: Path) -> AsyncIterator[int]:
    """A site that presents this certificate; its port."""

    async def hello(_: web.Request) -> web.Response:
        return web.Response(text="hello")

    app = web.Application()
    app.router.add_get("/", hello)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain, key)
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    try:
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


async def test_chromium_holds_the_authority_to_its_constraints(tmp_path: Path) -> None:
    """A person has told the browser to trust the authority; its key is stolen, and vouches for a bank."""
    made = ensure(tmp_path / "certs", {"kith.local"}, NOW)
    home = await believer_of(tmp_path, made.ca)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            chromium_sandbox=False,
            args=["--host-resolver-rules=MAP * 127.0.0.1"],
            env={**os.environ, "HOME": str(home)},
        )
        try:
            page = await browser.new_page()
            async with presenting(made.chain, made.key) as port:
                answer = await page.goto(f"https://kith.local:{port}/")
                assert answer is not None and await answer.text() == "hello"
            async with presenting(*forged(made, "other.local")) as port:
                await page.goto(f"https://other.local:{port}/")
            async with presenting(*forged(made, "bank.example")) as port:
                with pytest.raises(Error, match="ERR_CERT"):
                    await page.goto(f"https://bank.example:{port}/")
        finally:
            await browser.close()


async def presented(port: int) -> bytes:
    """The certificate that the server presents now, DER."""
    pem = await asyncio.to_thread(ssl.get_server_certificate, ("127.0.0.1", port))
    return ssl.PEM_cert_to_DER_cert(pem)


async def test_a_renewed_certificate_is_presented_without_a_restart(tmp_path: Path) -> None:
    first, second = (ensure(tmp_path / name, {"kith.example"}, NOW) for name in ("first", "second"))
    chain, key = tmp_path / "own.pem", tmp_path / "own.key"
    shutil.copy(first.chain, chain)
    shutil.copy(first.key, key)
    (tmp_path / "server").mkdir()
    async with running_server(tmp_path / "server", f"--tls-cert={chain}", f"--tls-key={key}") as server:
        before = await presented(server.port)
        os.kill(server.pid, signal.SIGHUP)
        assert await presented(server.port) == before
        shutil.copy(second.chain, chain)
        os.kill(server.pid, signal.SIGHUP)
        async with asyncio.timeout(GENEROUS):
            while b"cannot be used, the old one is kept" not in server.log.read_bytes():
                await presented(server.port)
        assert await presented(server.port) == before, "half a renewal"
        shutil.copy(second.key, key)
        os.kill(server.pid, signal.SIGHUP)
        async with asyncio.timeout(GENEROUS):
            while await presented(server.port) == before:
                pass
        expected = x509.load_pem_x509_certificate(second.chain.read_bytes())
        assert await presented(server.port) == expected.public_bytes(serialization.Encoding.DER)
        assert server.process is not None and server.process.returncode is None


async def test_a_server_does_not_start_with_what_it_cannot_present(tmp_path: Path) -> None:
    one, other = (ensure(tmp_path / name, {"kith.example"}, NOW) for name in ("one", "other"))
    (tmp_path / "server").mkdir()
    with pytest.raises(AssertionError, match="is not the private key of the certificate"):
        async with running_server(
            tmp_path / "server", f"--certificate={one.chain}", f"--private-key={other.key}"
        ):
            pass
