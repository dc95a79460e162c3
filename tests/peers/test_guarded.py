"""What the server asks when somebody else chose the address, and what it does not take from there."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kith.core.addresses import network
from kith.directory.asking import NoAnswer, Request, Why
from kith.server.authority import Certificates, ensure
from kith.server.guarded import AnswerBounds, Guarded, Trust
from tests.support.elsewhere import NAME, Respond, elsewhere, saying

OURS = network("127.0.0.1")
SMALL = AnswerBounds(body=10_000, seconds=20.0)
HURRIED = AnswerBounds(body=10_000, seconds=0.1)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return ensure(tmp_path_factory.mktemp("certs"), (NAME, "other.local"), datetime.now(UTC))


def _finds(*addresses: str) -> Callable[[str, int], Sequence[str]]:
    return lambda host, port: addresses


@asynccontextmanager
async def asking(
    made: Certificates, *finds: str, bounds: AnswerBounds = SMALL, authorities: Sequence[Path] | None = None
) -> AsyncIterator[Guarded]:
    trust = Trust((OURS,), (made.ca,) if authorities is None else tuple(authorities))
    guarded = Guarded(trust, bounds, look_up=_finds(*(finds or ("127.0.0.1",))))
    yield guarded
    await guarded.close()


async def refused(guarded: Guarded, url: str, **fields: object) -> NoAnswer:
    with pytest.raises(NoAnswer) as caught:
        await guarded.ask(Request("GET", url, **fields))  # type: ignore[arg-type]
    return caught.value


async def test_an_answer_comes_as_it_is(made: Certificates) -> None:
    async with (
        elsewhere(made, saying("no", "X-Why: because", status="404 Gone")) as there,
        asking(made) as guarded,
    ):
        answer = await guarded.ask(Request("REPORT", f"{there.url}/a/b?c", {"Depth": "1"}, b"<body/>"))
    assert (answer.status, answer.body, answer.headers["x-why"]) == (404, b"no", "because")
    assert there.heads[0].startswith("REPORT /a/b?c HTTP/1.1\r\n") and "Depth: 1" in there.heads[0]
    assert "cookie" not in there.heads[0].lower()


OTHERS = (
    *("http://{there}/", "ftp://{there}/", "//{there}/", "{there}", "", "https://", "https:///x"),
    *("https://me:secret@{there}/", "https://me@{there}/", "https://[::1]:1/", "https://10.0.0.1/"),
    *(
        "https://127.0.0.2/",
        "https://2130706433/",
        "https://127.1/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
    ),
    *("https://[::ffff:127.0.0.2]/", "https://[fe80::1]/", "https://[64:ff9b::7f00:2]/", "https://x:99999/"),
)


async def test_other_addresses_are_not_asked(made: Certificates) -> None:
    async with elsewhere(made, saying("")) as there, asking(made, "127.0.0.2") as guarded:
        for url in OTHERS:
            refusal = await refused(guarded, url.format(there=f"{NAME}:{there.port}"))
            assert refusal.why is Why.ADDRESS, url
    assert there.connections == 0


async def test_a_name_that_leads_to_a_private_address_is_not_asked(made: Certificates) -> None:
    for found in ("127.0.0.2", "10.0.0.1", "::1", "::ffff:127.0.0.2", "64:ff9b::7f00:2", "fe80::1%1"):
        async with asking(made, found) as guarded:
            assert (await refused(guarded, f"https://{NAME}:1/")).why is Why.ADDRESS, found


async def test_a_name_that_changes_its_mind_is_judged_each_time(made: Certificates) -> None:
    """First an address that may be asked, then one where something private listens on the same port."""
    said = iter([["127.0.0.1"], ["127.0.0.2"], ["127.0.0.2", "127.0.0.1"]])

    async with elsewhere(made, saying("hello", "Connection: close")) as there:
        async with elsewhere(made, saying("secret"), address="127.0.0.2", port=there.port) as private:
            guarded = Guarded(Trust((OURS,), (made.ca,)), SMALL, look_up=lambda host, port: next(said))
            request = Request("GET", there.url)
            assert (await guarded.ask(request)).body == b"hello"
            assert (await refused(guarded, there.url)).why is Why.ADDRESS
            assert (await guarded.ask(request)).body == b"hello"
            await guarded.close()
        assert private.connections == 0


async def test_the_socket_is_the_last_to_judge(made: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the names said: were they not looked at, nothing would be asked all the same."""
    async with (
        elsewhere(made, saying("secret"), address="127.0.0.2") as private,
        asking(made, "127.0.0.2") as guarded,
    ):
        monkeypatch.setattr(guarded._names, "_allowed", (network("127.0.0.0/8"),))
        await refused(guarded, private.url)
    assert private.connections == 0


async def test_redirects_stay_where_they_are(made: Certificates) -> None:
    async def respond(head: str, writer: asyncio.StreamWriter) -> None:
        path = head.split()[1]
        if path == "/there":
            await saying(head.split(maxsplit=1)[0])(head, writer)
        else:
            await saying("", "Location: /there", status="301 Moved")(head, writer)

    async with elsewhere(made, respond) as there, asking(made) as guarded:
        answer = await guarded.ask(Request("PROPFIND", f"{there.url}/.well-known/carddav"))
    assert (answer.body, answer.url) == (b"PROPFIND", f"{there.url}/there")


ELSEWHERE = {
    "https://other.local:1/x": "https://other.local:1",
    "//other.local:1/": "https://other.local:1",
    "https://dav.local:1/": "https://dav.local:1",
    "https://127.0.0.1:1/": "https://127.0.0.1:1",
    "https://me@dav.local:1/": "",
    "http://dav.local:1/": "",
    "file:///etc/passwd": "",
}


async def test_nothing_follows_a_redirect_elsewhere(made: Certificates) -> None:
    target = ""

    async def respond(head: str, writer: asyncio.StreamWriter) -> None:
        await saying("", f"Location: {target}", status="307 There")(head, writer)

    async with (
        elsewhere(made, saying("")) as other,
        elsewhere(made, respond) as there,
        asking(made) as guarded,
    ):
        for pattern, said in ELSEWHERE.items():
            target, shown = (each.replace(":1", f":{other.port}") for each in (pattern, said))
            found = await refused(guarded, there.url, headers={"Authorization": "Basic c2VjcmV0"})
            assert (found.why, found.elsewhere) == (Why.ELSEWHERE, shown), target
    assert len(there.heads) == len(ELSEWHERE) and other.connections == 0


async def test_a_circle_of_redirects_ends(made: Certificates) -> None:
    async with (
        elsewhere(made, saying("", "Location: /", status="302 There")) as there,
        asking(made) as guarded,
    ):
        assert (await refused(guarded, there.url)).why is Why.UNREACHABLE
    assert len(there.heads) == 5


def _endless(part: bytes, *headers: str) -> Respond:
    async def respond(head: str, writer: asyncio.StreamWriter) -> None:
        writer.write("\r\n".join(("HTTP/1.1 200 OK", *headers, "")).encode())
        while True:
            writer.write(part)
            await writer.drain()

    return respond


def _slow(*, after: bytes) -> Respond:
    async def respond(head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(after)
        await writer.drain()
        await asyncio.Event().wait()

    return respond


async def _gives(respond: Respond, made: Certificates, bounds: AnswerBounds) -> Why:
    async with elsewhere(made, respond) as there, asking(made, bounds=bounds) as guarded:
        return (await refused(guarded, there.url)).why


async def test_an_endless_body_is_too_large(made: Certificates) -> None:
    assert await _gives(_endless(b"x" * 4096, "", ""), made, SMALL) is Why.TOO_LARGE
    assert (
        await _gives(
            _endless(b"1000\r\n" + b"x" * 4096 + b"\r\n", "Transfer-Encoding: chunked", ""), made, SMALL
        )
        is Why.TOO_LARGE
    )
    assert await _gives(saying("x" * 10_001), made, SMALL) is Why.TOO_LARGE


async def test_an_endless_head_is_not_read(made: Certificates) -> None:
    assert await _gives(_endless(b"x" * 4096, "X: "), made, SMALL) is Why.UNREACHABLE
    assert await _gives(_endless(b"X: y\r\n" * 100), made, SMALL) is Why.UNREACHABLE


@pytest.mark.parametrize(
    "after", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nslow"]
)
async def test_one_that_does_not_go_on_is_not_waited_for(after: bytes, made: Certificates) -> None:
    assert await _gives(_slow(after=after), made, HURRIED) is Why.TOO_SLOW


async def test_a_body_that_trickles_has_no_more_time(made: Certificates) -> None:
    async def respond(head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    assert await _gives(respond, made, HURRIED) is Why.TOO_SLOW


async def test_nothing_is_unpacked(made: Certificates) -> None:
    bomb = gzip.compress(b"\0" * 5_000_000)
    assert len(bomb) < SMALL.body

    async def respond(head: str, writer: asyncio.StreamWriter) -> None:
        assert "accept-encoding: identity" in head.lower()
        writer.write(
            f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()
            + bomb
        )

    assert await _gives(respond, made, SMALL) is Why.UNREACHABLE


async def test_what_speaks_something_else_is_unreachable(made: Certificates) -> None:
    assert await _gives(_slow(after=b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), made, SMALL) is Why.UNREACHABLE
    async with elsewhere(None, saying("plain")) as plain, asking(made) as guarded:
        assert (await refused(guarded, plain.url)).why in (Why.UNREACHABLE, Why.CERTIFICATE)
        assert (await refused(guarded, f"https://{NAME}:1/")).why is Why.UNREACHABLE


async def test_only_a_certificate_that_is_believed_for_the_name(made: Certificates, tmp_path: Path) -> None:
    async with elsewhere(made, saying("")) as there:
        async with asking(made) as guarded:
            assert (await refused(guarded, there.url.replace(NAME, "third.local"))).why is Why.CERTIFICATE
        async with asking(made, authorities=()) as guarded:
            assert (await refused(guarded, there.url)).why is Why.CERTIFICATE
    assert there.heads == []


def test_a_file_that_holds_no_certificate_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("")
    for name in ("empty.pem", "missing.pem"):
        with pytest.raises(ValueError, match=name):
            Trust(authorities=(tmp_path / name,)).context()


async def test_a_name_that_is_never_found_holds_up_nobody_else(made: Certificates) -> None:
    async with elsewhere(made, saying("hello")) as there:

        def look_up(host: str, port: int) -> Sequence[str]:
            if host == NAME:
                return ["127.0.0.1"]
            raise OSError

        guarded = Guarded(Trust((OURS,), (made.ca,)), SMALL, look_up=look_up)
        assert (await refused(guarded, "https://nowhere.local/")).why is Why.UNREACHABLE
        assert (await guarded.ask(Request("GET", there.url))).body == b"hello"
        await guarded.close()


async def test_nothing_private_shows_in_what_is_printed() -> None:
    request = Request("GET", "https://dav.local/", {"Authorization": "secret"}, b"secret")
    assert "secret" not in repr(request)
