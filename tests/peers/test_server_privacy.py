"""What a server writes down: no name, number, secret or word between two who talk is in its log, and no
secret or word in its database."""

import hashlib
from pathlib import Path
from typing import Any

from kith.core.guidelines import VERSION
from kith.core.ids import new_call
from kith.core.keys import KeyPair
from tests.support.home import move_in
from tests.support.server import Joined, RunningServer, as_json, running_server
from tests.support.wire import Connection, Endpoint

SDP = b"v=0 o=- MARKED-SDP a=candidate:1 1 udp 1 192.0.2.77 4242 typ host"
NAMES = ("Quetzalcoatl", "Xochiquetzal", "Tezcatlipoca")


async def everything(server: RunningServer) -> dict[str, bytes]:
    """A day in the life of a server, good and bad. Returns what must not be written down, by name."""
    home = await move_in(server)
    private: dict[str, str] = {}
    async with home.online(home.mum, home.kitchen) as (mum, kitchen):
        await mum.ok("rename", name=NAMES[0])
        await mum.ok("describe", name=NAMES[1])
        private["invitation"] = (await mum.ok("invite"))["secret"]
        pairing = (await mum.ok("offer_pairing", shared=True))["code"]
        private["pairing code"] = pairing
        private["pairing code, plain"] = pairing.replace("-", "")
        private["token"] = token = await server.token(home.mum)
        bo, code = await server.sign_up(NAMES[2], secret=private["invitation"])
        private["verification code"] = code
        await server.post("verify", token=await server.token(bo), code="000000" if code != "000000" else "1")
        await server.post("verify", token=await server.token(bo), code=code)
        await server.post("ping", token="x" + token)
        await refusals(server, home.dad, private["invitation"])
        async with Endpoint(server, bo) as phone:
            call = new_call()
            await phone.call(home.mum.person or "", call, video=True)
            await mum.event("ringing", call=call)
            await kitchen.event("ringing", call=call)
            await mum.ok("answer", call=call)
            await phone.say("signal", call=call, epoch=0, body=SDP)
            await mum.event("signalled", call=call)
            for _ in range(3):
                await phone.cut()
                await phone.back()
            await mum.ok("hang_up", call=call)
            missed = new_call()
            await phone.call(home.mum.person or "", missed)
            await phone.ok("cancel", call=missed)
    await server.kill()
    await server.start()
    async with home.online(home.mum) as (mum,):
        assert NAMES[2] in str(mum.snapshot["missed"])
    await server.stop()
    keys = {f"key of {one.name}": one.keys.private_bytes() for one in (home.mum, home.dad, bo)}
    halves = {f"{name}, {half}": raw[part] for name, raw in keys.items() for half, part in HALVES}
    return {name: value.encode() for name, value in private.items()} | halves | {"words": b"MARKED-SDP"}


HALVES = (("seed", slice(0, 32)), ("scalar", slice(32, 64)))


async def refusals(server: RunningServer, joined: Joined, used: str) -> None:
    """All that is worth a line in a log and holds something private."""
    thief = Joined(NAMES[0], KeyPair.generate(), joined.endpoint, None, "")
    async with Connection(server) as connection:
        endpoint = Endpoint(server, thief)
        endpoint.hello = connection.hello
        await connection.ask("sign_in", **endpoint.signature(connection.hello["nonce"]))
        await connection.send(b"\xff" + SDP)
        await connection.ask("look_up_invitation", secret=used)
    stranger: dict[str, Any] = {
        "name": NAMES[1],
        "device_name": NAMES[2],
        "keys": as_json(thief.keys.public),
        "guidelines": VERSION,
    }
    await server.post("sign_up", secret=used, mobile="+12025550199", **stranger)
    await server.post("sign_up", secret=used, mobile="+12025550199 ext MARKED-SDP", **stranger)


def holds(path: Path, value: bytes) -> bool:
    return value in path.read_bytes()


async def test_what_is_written_down(tmp_path: Path) -> None:
    async with running_server(tmp_path, "--no-tls") as server:
        private = await everything(server)

    log = server.log.read_bytes()
    assert b"call ended" in log, "it was looked for in the right place"
    numbers = {f"number {n}": b"20255501%02d" % n for n in (*range(10), 99)} | {"number": b"2025550"}
    names = {name: name.encode() for name in (*NAMES, "Granny", "Kitchen", "Tablet")}
    leaked = [what for what, value in (private | numbers | names).items() if value in log]
    assert leaked == []

    files = [path for path in server.data.rglob("*") if path.is_file()]
    assert any(holds(path, NAMES[0].encode()) for path in files), "it was looked for in the right place"
    stored = [what for what, value in private.items() for path in files if holds(path, value)]
    assert stored == []
    assert b"Traceback" not in log


async def test_nobody_else_on_the_machine_can_read_it(tmp_path: Path) -> None:
    async with running_server(tmp_path, "--no-tls") as server:
        await server.person("Mum")
        modes = {path.name: path.stat().st_mode & 0o077 for path in server.data.rglob("*") if path.is_file()}
        assert {"kith.db", "kith.db-wal", "server.key"} <= set(modes)
        assert set(modes.values()) == {0}, modes


async def test_the_database_alone_opens_nothing(tmp_path: Path) -> None:
    """Digests are keyed with the server's key, which is not in the database: a short code cannot be found
    by trying all of them."""
    async with running_server(tmp_path, "--no-tls") as server:
        mum = await server.person("Mum")
        code = await server.pairing(mum, shared=True)
        token = await server.token(mum)
        secrets = (code, code.replace("-", ""), token)
        await server.stop()
    files = [path for path in server.data.rglob("*") if path.is_file()]
    plain = {
        hashlib.new(kind, one.encode()).digest() for kind in ("sha256", "sha1", "md5") for one in secrets
    }
    assert not [path for path in files for digest in plain if holds(path, digest)]
