"""By which names a server may be called, and who is believed about where a request comes from."""

import pytest
from multidict import CIMultiDict

from signaling.gateway import Address, Ends

PROXY = "10.0.0.1"
HERE = Ends("192.0.2.7", "192.0.2.1")
BEHIND = Ends(PROXY, "127.0.0.1")
ADDRESS = Address(
    names=frozenset({"kith.local", "203.0.113.5"}),
    scheme="https",
    trusted_proxies=frozenset({PROXY}),
    max_connections=1,
    max_per_address=1,
)


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("kith.local", "192.0.2.1"),
        ("KITH.local:8443", "192.0.2.1"),
        ("192.0.2.1:8443", "192.0.2.1"),
        ("203.0.113.5", "192.0.2.1"),
        ("192.0.2.1", "::ffff:192.0.2.1"),
        ("[2001:db8::1]:8443", "2001:db8::1"),
        ("[2001:DB8:0::1]", "2001:db8::1"),
        ("[fe80::1]", "fe80::1%eth0"),
    ],
)
def test_a_configured_name_and_the_address_that_was_dialled_are_its_own(host: str, local: str) -> None:
    assert ADDRESS.host_allowed(CIMultiDict(Host=host), Ends("192.0.2.7", local))


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "192.0.2.2",
        "127.0.0.1",
        "0.0.0.0",
        "[::1]",
        "",
        "kith.local.evil.example",
        "[",
        "unknown",
    ],
)
def test_anothers_name_or_address_is_not(host: str) -> None:
    assert not ADDRESS.host_allowed(CIMultiDict(Host=host), HERE)
    assert not ADDRESS.host_allowed(CIMultiDict(Host=host), Ends("unknown", "unknown"))


def test_the_address_that_the_proxy_added_last_is_believed() -> None:
    in_one = CIMultiDict({"X-Forwarded-For": "198.51.100.6, 203.0.113.9"})
    in_two = CIMultiDict([("X-Forwarded-For", "198.51.100.6"), ("X-Forwarded-For", "203.0.113.9")])
    for headers in (in_one, in_two):
        assert ADDRESS.remote(headers, BEHIND) == "203.0.113.9"
        assert ADDRESS.remote(headers, HERE) == HERE.peer, "strangers are not believed"
    assert ADDRESS.remote(CIMultiDict(), BEHIND) == PROXY


def test_the_scheme_that_the_proxy_added_last_is_believed() -> None:
    headers = CIMultiDict(
        [("Host", "kith.local"), ("X-Forwarded-Proto", "gopher"), ("X-Forwarded-Proto", "http")]
    )
    assert ADDRESS.origin_of(headers, BEHIND) == "http://kith.local"
    assert ADDRESS.origin_of(headers, HERE) == "https://kith.local"


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://kith.local", "https://kith.local:1"]
)
def test_another_sites_page_is_refused(origin: str) -> None:
    assert not ADDRESS.origin_allowed(CIMultiDict(Host="kith.local", Origin=origin), HERE)
    assert ADDRESS.origin_allowed(CIMultiDict(Host="kith.local", Origin="https://kith.local"), HERE)
    assert ADDRESS.origin_allowed(CIMultiDict(Host="kith.local"), HERE)
