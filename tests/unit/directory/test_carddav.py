"""What is said to servers of address books, and what is made of their answers."""

import pytest
from lxml import etree

from kith.directory import carddav
from kith.directory.carddav import NotDav, Resource, understand

ASKED = "https://dav.example/mum/contacts/"


def _multistatus(*responses: str, token: str = "", head: str = "") -> bytes:
    spaces = 'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"'
    end = f"<sync-token>{token}</sync-token>" if token else ""
    return f"{head}<multistatus {spaces}>{''.join(responses)}{end}</multistatus>".encode()


def _response(href: str, properties: str, status: str = "200 OK") -> str:
    return (
        f"<response><href>{href}</href><propstat><prop>{properties}</prop>"
        f"<status>HTTP/1.1 {status}</status></propstat></response>"
    )


def test_questions_are_what_the_rfcs_write() -> None:
    root = etree.fromstring(carddav.changes_since("data:,7"))
    assert root.tag == "{DAV:}sync-collection"
    assert [each.tag for each in root] == ["{DAV:}sync-token", "{DAV:}sync-level", "{DAV:}prop"]
    assert (root[0].text, root[1].text) == ("data:,7", "1")
    assert etree.fromstring(carddav.changes_since(""))[0].text is None
    root = etree.fromstring(carddav.fetch([f"{ASKED}a%20b.vcf", f"{ASKED}c&d.vcf"]))
    assert root.tag == "{urn:ietf:params:xml:ns:carddav}addressbook-multiget"
    assert [each.text for each in root.findall("{DAV:}href")] == [
        "/mum/contacts/a%20b.vcf",
        "/mum/contacts/c&d.vcf",
    ]


def test_changes_deletions_and_the_token_are_understood() -> None:
    found = understand(
        _multistatus(
            _response("/mum/contacts/a.vcf", "<getetag>&quot;1&quot;</getetag>"),
            _response("https://dav.example/mum/contacts/b%20c.vcf", "<getetag>2</getetag>"),
            "<response><href>d.vcf</href><status>HTTP/1.1 404 Not Found</status></response>",
            "<response><href>/mum/contacts/</href><status>HTTP/1.1 507 Insufficient Storage</status></response>",
            token="data:,8",
        ),
        ASKED,
    )
    first, second, gone, rest = found.resources
    assert (first.key, first.etag) == ("/mum/contacts/a.vcf", '"1"')
    assert (second.key, second.etag) == ("/mum/contacts/b c.vcf", "2")
    assert gone == Resource(f"{ASKED}d.vcf", gone=True)
    assert rest.truncated and found.token == "data:,8"


def test_what_a_resource_is_and_where_the_books_are() -> None:
    kind = "<resourcetype><collection/><C:addressbook/></resourcetype><displayname>Family</displayname>"
    home = (
        "<current-user-principal><href>/mum/</href></current-user-principal>"
        "<C:addressbook-home-set><href>/mum/</href><href>https://other.example/mum/</href></C:addressbook-home-set>"
    )
    book, person = understand(_multistatus(_response(ASKED, kind), _response("/", home)), ASKED).resources
    assert (book.book, book.collection, book.name) == (True, True, "Family")
    assert person.principal == "https://dav.example/mum/"
    assert person.homes == ("https://dav.example/mum/", "https://other.example/mum/")


def test_properties_that_are_not_there_say_nothing() -> None:
    text = _response(
        "a.vcf", "<getetag>1</getetag><C:address-data>BEGIN:VCARD</C:address-data>", "404 Not Found"
    )
    assert understand(_multistatus(text), ASKED).resources == (Resource(f"{ASKED}a.vcf"),)


def test_other_origins_are_left_out() -> None:
    others = (
        "https://other.example/a.vcf",
        "http://dav.example/a.vcf",
        "//other.example/a.vcf",
        "",
        "https://[/a.vcf",
    )
    assert understand(_multistatus(*(_response(href, "") for href in others)), ASKED).resources == ()


def test_a_key_is_the_same_however_it_is_written() -> None:
    keys = {carddav.key_of(f"https://dav.example/{path}") for path in ("a@b.vcf", "a%40b.vcf", "%61%40b.vcf")}
    assert keys == {"/a@b.vcf"}
    long = carddav.key_of("https://dav.example/" + "x" * 5000)
    assert len(long) <= carddav.MAX_KEY and long != carddav.key_of("https://dav.example/" + "x" * 5001)


def test_what_is_said_at_length_is_not_kept() -> None:
    long = "x" * 6_000_000
    found = understand(
        _multistatus(
            _response(f"/{long}", ""),
            _response("a.vcf", f"<getetag>{long}</getetag><displayname>{long}</displayname>"),
            _response("b.vcf", f"<getetag>{long[1:]}</getetag>"),
            _response("/", f"<current-user-principal><href>/{'y' * 3_000}/</href></current-user-principal>"),
            token=long,
        ),
        ASKED,
    )
    first, second, person = found.resources
    assert (found.token, person.principal) == ("", "")
    assert len(first.etag) <= carddav.MAX_ETAG and first.etag != second.etag
    assert len(first.name) <= carddav.MAX_NAME


ENTITY = '<!DOCTYPE multistatus [<!ENTITY e "x">]>'
OUTSIDE = '<!DOCTYPE multistatus [<!ENTITY e SYSTEM "file:///etc/hostname">]>'
LAUGHS = '<!DOCTYPE multistatus [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {chr(98 + number)} "{f"&{chr(97 + number)};" * 10}">' for number in range(12)
)


@pytest.mark.parametrize(
    "body",
    [
        *(
            b"",
            b"<",
            b"\0",
            b"<html><body>Sign in</body></html>",
            b'{"t":"ok"}',
            b"<multistatus/>",
            b"\xff\xfe<",
        ),
        _multistatus(_response("a.vcf", "<getetag>&e;</getetag>"), head=ENTITY),
        _multistatus(_response("a.vcf", "<getetag>&e;</getetag>"), head=OUTSIDE),
        _multistatus(_response("a.vcf", "<getetag>&m;</getetag>"), head=f"{LAUGHS}]>"),
        _multistatus(head='<!DOCTYPE multistatus SYSTEM "http://other.example/dtd">'),
        _multistatus(head=ENTITY).decode().encode("utf-16"),
        b"<multistatus xmlns='DAV:'>" + b"<a>" * 100_000,
        b"<multistatus xmlns='DAV:'>" + b"<a/>" * (carddav.MAX_TAGS + 1) + b"</multistatus>",
    ],
    ids=range(14),
)
def test_what_is_meant_badly_is_not_read(body: bytes) -> None:
    with pytest.raises(NotDav):
        understand(body, ASKED)


def test_nonsense_in_good_form_is_no_fault() -> None:
    text = _multistatus(
        "<response/>",
        "<response><href/></response>",
        "<response><href>a.vcf</href><status>fine</status><propstat><status>H 200</status></propstat></response>",
        "<response><href>b.vcf</href><propstat><prop/></propstat></response>",
    )
    assert [each.key for each in understand(text, ASKED).resources] == [
        "/mum/contacts/a.vcf",
        "/mum/contacts/b.vcf",
    ]
