"""What is said to a server of address books, and what its answers mean. Pure.

CardDAV (RFC 6352) is WebDAV (RFC 4918) with XML in both directions. Answers come from servers that somebody else
runs: they are read without entities, document types and network, and no larger than MAX_TAGS.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urljoin, urlsplit

from lxml import etree

MAX_TAGS = 500_000
"""Tags of one answer, opening and closing: a book of 10,000 contacts has some 200,000, and 500,000 take 100 MB for
as long as they are read."""

MAX_KEY = 255
MAX_URL = 2_048
MAX_TOKEN = 2_048
MAX_ETAG = 256
MAX_NAME = 256
"""Signs of what is kept of somebody else's words. Servers that are known say some 50."""

DAV = "{DAV:}"
CARDDAV = "{urn:ietf:params:xml:ns:carddav}"
_SPACES = {"D": "DAV:", "C": "urn:ietf:params:xml:ns:carddav"}


class NotDav(Exception):
    """An answer that is no multistatus of WebDAV."""


@dataclass(frozen=True, slots=True)
class Resource:
    """What an answer says of one resource. Everything but `url` is empty where it says nothing of it.

    `url` is absolute. `gone`: it is not there (any more). `truncated`: the answer leaves out some of what is in it.
    """

    url: str
    gone: bool = False
    truncated: bool = False
    etag: str = ""
    name: str = ""
    collection: bool = False
    book: bool = False
    principal: str = ""
    homes: tuple[str, ...] = ()
    card: str = ""

    @property
    def key(self) -> str:
        """What the resource is called, however its address is written down."""
        return key_of(self.url)


@dataclass(frozen=True, slots=True)
class Multistatus:
    """`token` is the state of the collection that the answer describes (RFC 6578, section 4), empty without one or with
    one that nobody wants to keep."""

    resources: tuple[Resource, ...]
    token: str = ""


# -- asking -------------------------------------------------------------------------------------------


def describe() -> bytes:
    """The body of a PROPFIND that asks what a resource is, and where its owner's address books are."""
    return _propfind(
        f"{DAV}resourcetype",
        f"{DAV}displayname",
        f"{DAV}current-user-principal",  # RFC 5397
        f"{CARDDAV}addressbook-home-set",  # RFC 6352, section 7.1.1
    )


def list_etags() -> bytes:
    """The body of a PROPFIND that asks which contacts there are, and which version of each."""
    return _propfind(f"{DAV}getetag", f"{DAV}resourcetype")


def changes_since(token: str) -> bytes:
    """The body of a REPORT that asks what has changed; all there is if the token is empty (RFC 6578, section 3.2)."""
    root = _element(f"{DAV}sync-collection")
    etree.SubElement(root, f"{DAV}sync-token").text = token or None
    etree.SubElement(root, f"{DAV}sync-level").text = "1"
    etree.SubElement(etree.SubElement(root, f"{DAV}prop"), f"{DAV}getetag")
    return _written(root)


def fetch(urls: Iterable[str]) -> bytes:
    """The body of a REPORT that asks for some contacts (RFC 6352, section 8.7)."""
    root = _element(f"{CARDDAV}addressbook-multiget")
    properties = etree.SubElement(root, f"{DAV}prop")
    etree.SubElement(properties, f"{DAV}getetag")
    etree.SubElement(properties, f"{CARDDAV}address-data")
    for url in urls:
        etree.SubElement(root, f"{DAV}href").text = urlsplit(url).path
    return _written(root)


def _propfind(*names: str) -> bytes:
    root = _element(f"{DAV}propfind")
    properties = etree.SubElement(root, f"{DAV}prop")
    for name in names:
        etree.SubElement(properties, name)
    return _written(root)


def _element(name: str) -> etree._Element:
    return etree.Element(name, nsmap=_SPACES)


def _written(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")


# -- understanding ------------------------------------------------------------------------------------


def understand(body: bytes, asked: str) -> Multistatus:
    """An answer of `asked`, which its relative addresses belong to. What it says of other origins is left out.

    Raises NotDav.
    """
    root = _parsed(body)
    if root.tag != f"{DAV}multistatus":
        raise NotDav
    resources = (_resource(each, asked) for each in root.iterchildren(f"{DAV}response"))
    token = _text(root.find(f"{DAV}sync-token"))
    return Multistatus(
        resources=tuple(each for each in resources if each is not None),
        token=token if len(token) <= MAX_TOKEN else "",
    )


def key_of(url: str) -> str:
    """The path without its percent signs: servers differ in what they escape, and do not always agree with
    themselves. At most MAX_KEY long."""
    path = unquote(urlsplit(url).path).strip()
    return _short(path, MAX_KEY)


def _short(text: str, most: int) -> str:
    """The same for the same text, and another for another one."""
    if len(text) <= most:
        return text
    return f"long:{hashlib.blake2b(text.encode(errors='surrogatepass'), digest_size=16).hexdigest()}"


def _parsed(body: bytes) -> etree._Element:
    if body.count(b"<") > MAX_TAGS:
        raise NotDav
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise NotDav from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise NotDav  # what could be in it is never meant well
    return root


def _resource(response: etree._Element, asked: str) -> Resource | None:
    url = _url(response.find(f"{DAV}href"), asked)
    if not url:
        return None
    status = _status(response.find(f"{DAV}status"))
    found = [
        each.find(f"{DAV}prop")
        for each in response.iterchildren(f"{DAV}propstat")
        if _status(each.find(f"{DAV}status")) == 200
    ]
    properties = {each.tag: each for prop in found if prop is not None for each in prop}
    kind = properties.get(f"{DAV}resourcetype")
    principal = properties.get(f"{DAV}current-user-principal")
    homes = properties.get(f"{CARDDAV}addressbook-home-set")
    return Resource(
        url=url,
        gone=status in (404, 410),
        truncated=status == 507,  # RFC 6578, section 3.6
        etag=_short(_text(properties.get(f"{DAV}getetag")), MAX_ETAG),
        name=_text(properties.get(f"{DAV}displayname"))[:MAX_NAME],
        collection=kind is not None and kind.find(f"{DAV}collection") is not None,
        book=kind is not None and kind.find(f"{CARDDAV}addressbook") is not None,
        principal="" if principal is None else _anywhere(principal.find(f"{DAV}href"), asked),
        homes=()
        if homes is None
        else tuple(_anywhere(each, asked) for each in homes.iterchildren(f"{DAV}href")),
        card=_text(properties.get(f"{CARDDAV}address-data")),
    )


def _url(href: etree._Element | None, asked: str) -> str:
    """Where an address leads, if that is at the same origin; else nothing."""
    text = _text(href)
    if len(text) > MAX_URL:
        return ""
    if text.startswith("/") and not text.startswith("//"):  # as nearly all are, and there may be 10,000
        return "/".join(asked.split("/", 3)[:3]) + text
    url = _anywhere(href, asked)
    return url if urlsplit(url)[:2] == urlsplit(asked)[:2] else ""


def _anywhere(href: etree._Element | None, asked: str) -> str:
    text = _text(href)
    try:
        return urljoin(asked, text) if 0 < len(text) <= MAX_URL else ""
    except ValueError:
        return ""


def _text(element: etree._Element | None) -> str:
    return "" if element is None else (element.text or "").strip()


def _status(element: etree._Element | None) -> int | None:
    """`HTTP/1.1 200 OK` to 200."""
    words = _text(element).split()
    return int(words[1]) if len(words) > 1 and words[1].isascii() and words[1].isdigit() else None
