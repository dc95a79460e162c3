"""A stolen database and a patient guesser: nothing in the one opens anything, and the other is stopped."""

import hmac
import re
import shutil
import sqlite3
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from kith.core.keys import KeyPair
from kith.core.trust.recovery import RecoveryKey
from kith.directory.digest import Digest
from tests.support import signing
from tests.support.server import Joined, RunningServer, as_json, running_server
from tests.support.wire import Connection, Endpoint

PAPER = b"what is printed, and nowhere so."
PROXY = "--trusted-proxy=127.0.0.1"


async def ask(server: RunningServer, command: str, number: int, *, token: str = "", **fields: Any) -> str:
    """The code of the answer, or its type, to one who seems to be at the `number`th network address."""
    headers = {"X-Forwarded-For": f"203.{number // 250 % 250}.{number % 250}.7"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{server.url}/v1/{command}", json=fields, headers=headers) as response,
    ):
        reply = await response.json()
    return str(reply.get("code", reply["t"]))


def everything_in(files: list[Path]) -> Iterator[str]:
    """Whatever could be a secret: every value of every row as text, and every long word in the bytes."""
    seen: set[str] = set()
    database = next(path for path in files if path.name == "kith.db")
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as db:
        for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in db.execute(f'SELECT * FROM "{table}"'):
                for value in row:
                    if isinstance(value, bytes):
                        seen |= {
                            value.hex(),
                            b64encode(value).decode(),
                            urlsafe_b64encode(value).decode().rstrip("="),
                        }
                    elif isinstance(value, str):
                        seen.add(value)
    for path in files:
        for word in re.findall(rb"[\w-]{8,64}", path.read_bytes(), re.ASCII):
            seen.add(word.decode())
    yield from sorted(seen)


async def test_nothing_in_a_stolen_database_opens_anything(tmp_path: Path) -> None:
    async with running_server(tmp_path, "--no-tls", PROXY) as server:
        mum = await server.person("Mum")
        token = await server.token(mum)
        code = (await server.pairing(mum, shared=True)).replace("-", "")
        _, invited = await server.post("invite", token=token, household=True)
        _, second = await server.post("invite", token=token, household=True)
        guest, verification = await server.sign_up("Guest", secret=second["secret"])
        async with Endpoint(server, mum) as phone:
            session = str(phone.session)
            stolen = tmp_path / "stolen"
            shutil.copytree(server.data, stolen, ignore=shutil.ignore_patterns("server.key", "*.sock"))
        files = [path for path in stolen.rglob("*") if path.is_file()]
        raw = b"".join(path.read_bytes() for path in files)
        key_file = (server.data / "server.key").read_bytes()
        secrets = {
            "token": token,
            "pairing code": code,
            "invitation": invited["secret"],
            "used invitation": second["secret"],
            "session": session,
        }
        assert [name for name, secret in secrets.items() if secret.encode() in raw] == []
        assert key_file[:32] not in raw and key_file[32:] not in raw

        # The digests are there, and under no key that is.
        keys = KeyPair.from_private_bytes(key_file)
        assert Digest(keys)("verification", verification) in raw, "it was looked for in the right place"
        derived = hmac.digest(key_file, b"kith/1 stored secrets", "sha256")
        assert derived not in raw and derived.hex().encode() not in raw

        found = list(everything_in(files))
        assert len(found) > 40
        fresh = as_json(KeyPair.generate().public)
        answers: dict[str, set[str]] = {}
        for number, word in enumerate(found):
            answers.setdefault("token", set()).add(await ask(server, "ping", number, token=word))
            if 16 <= len(word) <= 64:
                answers.setdefault("invitation", set()).add(
                    await ask(server, "look_up_invitation", number, secret=word)
                )
            if 4 <= len(word) <= 16:
                answers.setdefault("pairing", set()).add(
                    await ask(server, "pair", number, code=word, name="Spy", keys=fresh)
                )
        assert answers == {
            "token": {"invalid_token"},
            "invitation": {"invitation_invalid"},
            "pairing": {"pairing_invalid"},
        }
        assert await ask(server, "ping", 0, token=token) == "ok", "the real one works"

        # Public keys do not sign: whoever knows the endpoint and its public keys cannot be it.
        for one in (mum, guest):
            thief = Joined("Thief", KeyPair.generate(), one.endpoint, one.person, one.household)
            with pytest.raises(AssertionError, match="bad_signature"):
                await server.token(thief)


async def test_what_people_signed_holds_no_private_key(tmp_path: Path) -> None:
    """Chains, rosters and delegations of a whole household are there, and nothing with which to sign another link."""
    recovery = RecoveryKey(PAPER)
    async with running_server(tmp_path, "--no-tls") as server:
        mum = await server.person("Mum")
        dad = await server.person("Dad", by=mum, household=True)
        kitchen = await server.device("Kitchen", by=mum, shared=True)
        tablet = await server.device("Tablet", by=mum, shared=False)
        await signing.begin(server, mum, recovery)
        await signing.take_in(server, mum, tablet.keys.public, shared=False)
        await signing.take_in(server, mum, kitchen.keys.public, shared=True)
        await signing.move_in(server, mum, dad)
        raw = b"".join(path.read_bytes() for path in server.data.rglob("kith.db*"))
    everybody = [mum.keys, dad.keys, kitchen.keys, tablet.keys]
    for keys in everybody:
        assert keys.public.identity in raw and keys.public.sealing in raw, (
            "it was looked for in the right place"
        )
    assert recovery.public in raw
    halves = [half for keys in everybody for half in (keys.private_bytes()[:32], keys.private_bytes()[32:])]
    for secret in (*halves, PAPER):
        for written in (secret, secret.hex().encode(), b64encode(secret), urlsafe_b64encode(secret)):
            assert written.rstrip(b"=") not in raw
    assert recovery.text().encode() not in raw


async def test_a_copy_under_another_key_believes_nobodys_secrets(tmp_path: Path) -> None:
    """Whoever runs a server on the copy has another key: what was secret at the first is unknown there."""
    (tmp_path / "real").mkdir()
    async with running_server(tmp_path / "real", "--no-tls") as server:
        mum = await server.person("Mum")
        token = await server.token(mum)
        code = await server.pairing(mum, shared=True)
        _, invited = await server.post("invite", token=token)
        await server.stop()
        (tmp_path / "copy").mkdir()
        shutil.copytree(server.data, tmp_path / "copy" / "data", ignore=shutil.ignore_patterns("*.sock"))
        (tmp_path / "copy" / "data" / "server.key").unlink()
    async with running_server(tmp_path / "copy", "--no-tls", PROXY) as copy:
        fresh = as_json(KeyPair.generate().public)
        assert await ask(copy, "ping", 1, token=token) == "invalid_token"
        assert await ask(copy, "pair", 2, code=code, name="Spy", keys=fresh) == "pairing_invalid"
        assert await ask(copy, "look_up_invitation", 3, secret=invited["secret"]) == "invitation_invalid"


async def test_guessing_tokens_is_stopped_and_tells_nothing(tmp_path: Path) -> None:
    async with running_server(tmp_path, "--no-tls", PROXY) as server:
        mum = await server.person("Mum")
        token = await server.token(mum)
        answers = [await ask(server, "ping", 5, token=f"{number:022d}") for number in range(80)]
        assert set(answers) == {"invalid_token", "rate_limited"}
        assert answers[-1] == "rate_limited"
        right = [await ask(server, "ping", 5, token=token) for _ in range(2)]
        assert "rate_limited" in right, "the right one is not told apart"
        assert await ask(server, "ping", 6, token=token) == "ok", "others go on"


async def test_guessing_invitations_and_codes_is_stopped(tmp_path: Path) -> None:
    async with running_server(tmp_path, "--no-tls", PROXY) as server:
        mum = await server.person("Mum")
        code = await server.pairing(mum, shared=True)
        _, invited = await server.post("invite", token=await server.token(mum))
        fresh = as_json(KeyPair.generate().public)
        for number in range(40):
            await ask(server, "look_up_invitation", 7, secret=f"{number:022d}")
            await ask(server, "pair", 8, code=f"{number:08d}", name="Spy", keys=fresh)
        assert await ask(server, "look_up_invitation", 7, secret=invited["secret"]) == "rate_limited"
        assert await ask(server, "pair", 8, code=code, name="Spy", keys=fresh) == "rate_limited"


async def test_guessing_signatures_is_stopped(tmp_path: Path) -> None:
    """One connection after another; the right key from there has to wait like the wrong ones."""
    async with running_server(tmp_path, "--no-tls") as server:
        mum = await server.person("Mum")
        thief = Joined("Thief", KeyPair.generate(), mum.endpoint, None, "")
        codes = set()
        for _ in range(45):
            async with Connection(server) as connection:
                guess = Endpoint(server, thief)
                for _ in range(3):
                    challenge = await connection.ask("challenge")
                    if challenge["t"] == "problem":
                        codes.add(challenge["code"])
                        break
                    guess.hello = connection.hello
                    reply = await connection.ask("sign_in", **guess.signature(challenge["nonce"]))
                    codes.add(reply["code"])
        assert codes == {"bad_signature", "rate_limited"}
