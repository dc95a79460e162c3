"""`kith verify-web` against a server whose files somebody has altered."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from aiohttp import web

from kith.cli import verify_web
from kith.core.web_files import ROOT as WEB
from kith.core.web_files import manifest, write
from signaling.http import HEADERS
from tests.support.server import ROOT, running_server


async def verify(*arguments: str | Path) -> tuple[int, str]:
    """The exit code of the command, and what it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "kith", "verify-web", *map(str, arguments)),
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "160"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(60):
        said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


class Altered:
    """The web app's files, served by somebody else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.headers = dict(HEADERS)
        self.url = ""

    async def serve(self, request: web.Request) -> web.StreamResponse:
        path = self.folder / (request.path.strip("/") or "index.html")
        if not path.is_file():
            raise web.HTTPNotFound
        return web.Response(body=path.read_bytes(), headers=self.headers)


@pytest_asyncio.fixture
async def altered(tmp_path: Path) -> AsyncIterator[Altered]:
    shutil.copytree(WEB, tmp_path / "web")
    site = Altered(tmp_path / "web")
    app = web.Application()
    app.router.add_get("/{path:.*}", site.serve)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    door = web.TCPSite(runner, "127.0.0.1", 0)
    await door.start()
    site.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield site
    await runner.cleanup()


async def test_a_real_server_serves_what_was_published(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server:
        assert server.ca is not None
        hashes = tmp_path / "hashes.json"
        code, printed = await verify("--print")
        hashes.write_text(printed)
        assert code == 0 and json.loads(printed)["sha256"] == manifest()
        code, said = await verify("--server", server.url, "--ca", server.ca, "--hashes", hashes)
        assert (code, "serves the published web app" in said) == (0, True), said
        code, said = await verify("--server", server.url)
        assert code == 2, "a certificate that nobody vouches for"
        code, said = await verify("--server", server.url, "--ca-fingerprint", "00:11")
        assert code == 2 and "fingerprint" in said


async def test_an_altered_file_is_found(altered: Altered) -> None:
    assert (await verify("--server", altered.url))[0] == 0
    script = altered.folder / "session" / "keys.js"
    script.write_text(script.read_text().replace("false, ['sign'", "true, ['sign'"))
    (altered.folder / "sw.js").unlink()
    page = altered.folder / "index.html"
    page.write_text(page.read_text().replace("</head>", '<script src="/evil.js"></script></head>'))
    (altered.folder / "evil.js").write_text("import './worse.js';")
    (altered.folder / "worse.js").write_text("")
    code, said = await verify("--server", altered.url)
    assert code == 1
    found = {
        line.split("│")[1].strip(): line.split("│")[2].strip() for line in said.splitlines() if "│" in line
    }
    assert found == {
        "/session/keys.js": "changed",
        "/index.html": "changed",
        "/": "changed",
        "/sw.js": "missing",
        "/evil.js": "extra",
        "/worse.js": "extra",
    }


async def test_a_start_page_that_is_another_is_found(altered: Altered) -> None:
    """`/index.html` is as published, `/` is what a browser opens."""
    whole = Altered.serve

    async def other(request: web.Request) -> web.StreamResponse:
        if request.path == "/":
            return web.Response(body=b"<script src=/app.js>", headers=altered.headers)
        return await whole(altered, request)

    altered.serve = other  # type: ignore[method-assign]
    app = web.Application()
    app.router.add_get("/{path:.*}", other)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    door = web.TCPSite(runner, "127.0.0.1", 0)
    await door.start()
    try:
        code, said = await verify("--server", f"http://127.0.0.1:{runner.addresses[0][1]}")
    finally:
        await runner.cleanup()
    assert code == 1
    assert "/index.html" not in said


async def test_a_weaker_policy_and_a_redirect_are_found(altered: Altered) -> None:
    altered.headers["Content-Security-Policy"] = "default-src *"
    code, said = await verify("--server", altered.url)
    assert code == 1 and "Content-Security-Policy" in said


async def test_published_hashes_decide_not_the_own_files(altered: Altered, tmp_path: Path) -> None:
    other = manifest() | {"/app.js": "0" * 64}
    (tmp_path / "hashes.json").write_text(write(other))
    code, said = await verify("--server", altered.url, "--hashes", tmp_path / "hashes.json")
    assert code == 1 and "/app.js" in said
    (tmp_path / "hashes.json").write_text("{}")
    assert (await verify("--server", altered.url, "--hashes", tmp_path / "hashes.json"))[0] == 2


def test_the_largest_file_is_far_from_the_limit() -> None:
    assert max(path.stat().st_size for path in WEB.rglob("*") if path.is_file()) * 5 < verify_web.LARGEST
