"""The conversation with a server of address books, which may say anything."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from kith.core.problem import Code, Problem
from kith.directory import book_account
from kith.directory.asking import Answer, NoAnswer, Request, Why
from kith.directory.book_account import Account
from kith.directory.carddav import Resource

HERE = "https://dav.example"
BOOK = f"{HERE}/mum/contacts/"
IS_BOOK = "<resourcetype><collection/><C:addressbook/></resourcetype>"
HOME = "<C:addressbook-home-set><href>/mum/</href></C:addressbook-home-set>"
Reply = tuple[int, str] | NoAnswer


@dataclass
class Server:
    """Answers by method and path, each answer once; the last one again and again."""

    answers: dict[str, list[Reply]]
    asked: list[Request] = field(default_factory=list)

    async def ask(self, request: Request) -> Answer:
        self.asked.append(request)
        path = request.url.removeprefix(HERE)
        replies = self.answers.get(f"{request.method} {path}", [(404, "")])
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if isinstance(reply, NoAnswer):
            raise reply
        return Answer(reply[0], request.url, {}, reply[1].encode())

    @property
    def account(self) -> Account:
        return Account(self, "mum", "secret")


def _said(*responses: str, token: str = "") -> tuple[int, str]:
    spaces = 'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"'
    end = f"<sync-token>{token}</sync-token>" if token else ""
    return 207, f"<multistatus {spaces}>{''.join(responses)}{end}</multistatus>"


def _has(href: str, properties: str = "<getetag>1</getetag>") -> str:
    return (
        f"<response><href>{href}</href><propstat><prop>{properties}</prop>"
        "<status>HTTP/1.1 200 OK</status></propstat></response>"
    )


def _only(href: str, status: str) -> str:
    return f"<response><href>{href}</href><status>HTTP/1.1 {status}</status></response>"


async def _refusal(what: Callable[[Account], object], server: Server) -> Problem:
    with pytest.raises(Problem) as caught:
        await what(server.account)  # type: ignore[misc]
    return caught.value


# -- finding books ------------------------------------------------------------------------------------


async def test_the_address_of_a_book_is_that_book() -> None:
    server = Server({"PROPFIND /mum/contacts/": [_said(_has("/mum/contacts/", IS_BOOK))]})
    assert [each.url for each in await server.account.find(BOOK)] == [BOOK]
    assert len(server.asked) == 1 and server.asked[0].headers["Depth"] == "0"


@pytest.mark.parametrize("start", ["/", "/.well-known/carddav"])
async def test_the_address_of_a_server_leads_to_the_accounts_books(start: str) -> None:
    server = Server(
        {
            f"PROPFIND {start}": [
                _said(_has("/", "<current-user-principal><href>/people/mum/</href></current-user-principal>"))
            ],
            "PROPFIND /people/mum/": [_said(_has("/people/mum/", HOME))],
            "PROPFIND /mum/": [
                _said(
                    _has("/mum/", "<resourcetype><collection/></resourcetype>"),
                    _has("/mum/contacts/", IS_BOOK),
                    _has("/mum/office/", IS_BOOK),
                )
            ],
        }
    )
    found = await server.account.find(f"{HERE}/")
    assert [each.url for each in found] == [BOOK, f"{HERE}/mum/office/"]


async def test_books_at_another_host_are_told_and_not_asked() -> None:
    away = HOME.replace("/mum/", "https://p42.dav.example:8443/mum/")
    server = Server({"PROPFIND /": [_said(_has("/", away))]})
    refusal = await _refusal(lambda account: account.find(f"{HERE}/"), server)
    assert (refusal.code, refusal.data) == (
        Code.NOT_AN_ADDRESS_BOOK,
        {"elsewhere": "https://p42.dav.example:8443"},
    )
    assert {request.url.split("/")[2] for request in server.asked} == {"dav.example"}


@pytest.mark.parametrize(
    ("reply", "code", "data"),
    [
        ((401, ""), Code.BOOK_REFUSED, {}),
        ((404, ""), Code.NOT_AN_ADDRESS_BOOK, {}),
        ((200, "<html>Welcome</html>"), Code.NOT_AN_ADDRESS_BOOK, {}),
        ((207, "<html>"), Code.NOT_AN_ADDRESS_BOOK, {}),
        ((207, "<multistatus xmlns='DAV:'/>"), Code.NOT_AN_ADDRESS_BOOK, {}),
        ((500, ""), Code.BOOK_UNREACHABLE, {}),
        ((429, ""), Code.BOOK_UNREACHABLE, {}),
        (NoAnswer(Why.ADDRESS), Code.ADDRESS_NOT_ALLOWED, {}),
        (NoAnswer(Why.UNREACHABLE), Code.BOOK_UNREACHABLE, {"reason": "unreachable"}),
        (NoAnswer(Why.CERTIFICATE), Code.BOOK_UNREACHABLE, {"reason": "certificate"}),
        (NoAnswer(Why.TOO_SLOW), Code.BOOK_UNREACHABLE, {"reason": "too_slow"}),
        (NoAnswer(Why.TOO_LARGE), Code.BOOK_UNREACHABLE, {"reason": "too_large"}),
        (
            NoAnswer(Why.ELSEWHERE, "https://x.example"),
            Code.NOT_AN_ADDRESS_BOOK,
            {"elsewhere": "https://x.example"},
        ),
    ],
)
async def test_every_way_of_not_being_a_book(reply: Reply, code: Code, data: dict[str, str]) -> None:
    refusal = await _refusal(lambda account: account.find(f"{HERE}/x/"), Server({"PROPFIND /x/": [reply]}))
    assert (refusal.code, dict(refusal.data)) == (code, data)


# -- changes --------------------------------------------------------------------------------------------

REPORT = "REPORT /mum/contacts/"


async def test_changes_since_a_token() -> None:
    server = Server({REPORT: [_said(_has("a.vcf"), _only("b.vcf", "404 Not Found"), _has("./"), token="2")]})
    changes = await server.account.changes(BOOK, "1")
    assert (changes.token, list(changes.listed), changes.gone, changes.whole) == (
        "2",
        ["/mum/contacts/a.vcf"],
        frozenset({"/mum/contacts/b.vcf"}),
        False,
    )
    assert b"<D:sync-token>1</D:sync-token>" in server.asked[0].body


@pytest.mark.parametrize("status", [400, 403, 404, 409, 410, 412, 415])
async def test_a_token_that_means_nothing_any_more_is_a_new_beginning(status: int) -> None:
    server = Server(
        {
            REPORT: [
                (status, "<error xmlns='DAV:'><valid-sync-token/></error>"),
                _said(_has("a.vcf"), token="9"),
            ]
        }
    )
    changes = await server.account.changes(BOOK, "1")
    assert (changes.token, changes.whole, list(changes.listed)) == ("9", True, ["/mum/contacts/a.vcf"])


async def test_an_answer_in_parts_is_put_together() -> None:
    cut = _only("/mum/contacts/", "507 Insufficient Storage")
    parts: list[Reply] = [
        _said(_has("a.vcf"), _has("b.vcf"), cut, token="2"),
        _said(_has("c.vcf"), _only("a.vcf", "404 Gone"), cut, token="3"),
        _said(_has("d.vcf"), token="4"),
    ]
    changes = await Server({REPORT: parts}).account.changes(BOOK, "")
    assert (changes.token, changes.whole) == ("4", True)
    assert set(changes.listed) == {f"/mum/contacts/{name}.vcf" for name in "bcd"}


async def test_an_answer_in_endless_parts_ends() -> None:
    cut = _only("/mum/contacts/", "507 Insufficient Storage")
    server = Server({REPORT: [_said(cut, token=str(number)) for number in range(500)]})
    assert (await _refusal(lambda account: account.changes(BOOK, ""), server)).code is Code.BOOK_UNREACHABLE
    assert len(server.asked) <= 100
    server = Server({REPORT: [_said(_has("a.vcf"), cut, token="2")]})
    assert (await server.account.changes(BOOK, "")).token == "2", "the same part again is no progress"


@pytest.mark.parametrize("status", [400, 403, 405, 415, 501])
async def test_a_server_without_sync_is_asked_for_everything(status: int) -> None:
    collection = _has("old/", "<resourcetype><collection/></resourcetype>")
    server = Server(
        {REPORT: [(status, "")], "PROPFIND /mum/contacts/": [_said(_has("./"), _has("a.vcf"), collection)]}
    )
    changes = await server.account.changes(BOOK, "")
    assert (changes.token, list(changes.listed), changes.whole) == ("", ["/mum/contacts/a.vcf"], True)


async def test_a_list_that_was_cut_off_deletes_nothing() -> None:
    cut = _only("/mum/contacts/", "507 Insufficient Storage")
    server = Server({REPORT: [(501, "")], "PROPFIND /mum/contacts/": [_said(_has("a.vcf"), cut)]})
    assert not (await server.account.changes(BOOK, "")).whole


async def test_a_book_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book_account, "MAX_MEMBERS", 100)
    server = Server({REPORT: [_said(*(_has(f"{number}.vcf") for number in range(101)), token="2")]})
    assert (await _refusal(lambda account: account.changes(BOOK, ""), server)).code is Code.CONTACT_LIMIT


@pytest.mark.parametrize(
    ("replies", "code"),
    [
        ({REPORT: [(401, "")]}, Code.BOOK_REFUSED),
        ({REPORT: [(403, "")], "PROPFIND /mum/contacts/": [(403, "")]}, Code.BOOK_REFUSED),
        ({REPORT: [(404, "")], "PROPFIND /mum/contacts/": [(404, "")]}, Code.NOT_AN_ADDRESS_BOOK),
        ({REPORT: [(207, "<html>")]}, Code.NOT_AN_ADDRESS_BOOK),
        ({REPORT: [(503, "")]}, Code.BOOK_UNREACHABLE),
        ({REPORT: [NoAnswer(Why.TOO_LARGE)]}, Code.BOOK_UNREACHABLE),
    ],
)
async def test_what_is_wrong_with_a_book(replies: dict[str, list[Reply]], code: Code) -> None:
    assert (await _refusal(lambda account: account.changes(BOOK, ""), Server(replies))).code is code


# -- cards ----------------------------------------------------------------------------------------------


def _wanted(*names: str) -> list[Resource]:
    return [Resource(f"{BOOK}{name}.vcf", etag="1") for name in names]


def _card(name: str) -> str:
    return _has(f"{name}.vcf", f"<getetag>1</getetag><C:address-data>BEGIN:{name}</C:address-data>")


async def test_only_what_was_asked_for_is_taken() -> None:
    server = Server({REPORT: [_said(_card("a"), _card("z"), _only("b.vcf", "404 Not Found"))]})
    found = await server.account.cards(BOOK, _wanted("a", "b"))
    assert [(each.key, each.card, each.gone) for each in found] == [
        ("/mum/contacts/a.vcf", "BEGIN:a", False),
        ("/mum/contacts/b.vcf", "", True),
    ]


async def test_what_is_too_large_together_is_fetched_in_halves() -> None:
    large = NoAnswer(Why.TOO_LARGE)
    server = Server({REPORT: [large, _said(_card("a")), large, large, _said(_card("c"))]})
    found = await server.account.cards(BOOK, _wanted("a", "b", "c"))
    assert [(each.key[-5:], each.card) for each in found] == [
        ("a.vcf", "BEGIN:a"),
        ("b.vcf", ""),
        ("c.vcf", "BEGIN:c"),
    ]


async def test_a_flood_ends_the_conversation() -> None:
    server = Server({REPORT: [_said(_card("a"))]})
    account = server.account
    account._left = 3 * len(_said(_card("a"))[1])
    for _ in range(3):
        await account.cards(BOOK, _wanted("a"))
    assert (await _refusal(lambda _: account.cards(BOOK, _wanted("a")), server)).code is Code.BOOK_UNREACHABLE


async def test_the_password_is_in_no_text() -> None:
    server = Server({})
    await _refusal(lambda account: account.find(BOOK), server)
    assert "secret" not in repr(server.account) and "Basic" not in repr(server.asked[0])
    assert server.asked[0].headers["Authorization"] == "Basic bXVtOnNlY3JldA=="
