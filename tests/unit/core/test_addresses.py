"""Which addresses may be asked."""

import pytest

from kith.core.addresses import may_ask, network


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "192.167.255.255",
        "172.32.0.1",
        "2606:4700::1",
        "::ffff:1.1.1.1",
        "64:ff9b::101:101",
        "2002:101:101::1",
    ],
)
def test_what_is_public_may_be_asked(address: str) -> None:
    assert may_ask(address)


@pytest.mark.parametrize(
    "address",
    [
        *(
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
        ),
        *("172.31.255.255", "192.168.1.1", "198.18.0.1", "224.0.0.1", "239.255.255.250", "255.255.255.255"),
        *(
            "::",
            "::1",
            "fe80::1",
            "fe80::1%eth0",
            "fc00::1",
            "fd12:3456::1",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
        ),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1", "::10.0.0.1"),
        *(
            "64:ff9b::7f00:1",
            "64:ff9b::c0a8:101",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2002:c0a8:101::1",
            "2001:0:1::1",
        ),
        *("", "localhost", "127.1", "0x7f000001", "2130706433", "0177.0.0.1"),
    ],
)
def test_what_is_not_public_or_no_address_may_not(address: str) -> None:
    assert not may_ask(address)


def test_what_the_operator_lists_may_be_asked_and_nothing_beside_it() -> None:
    allowed = (network("192.168.7.0/24"), network("127.0.0.2"), network("fd00:1::/64"))
    for address in ("192.168.7.20", "127.0.0.2", "::ffff:192.168.7.20", "64:ff9b::c0a8:714", "fd00:1::5"):
        assert may_ask(address, allowed), address
    for address in ("192.168.8.1", "127.0.0.1", "::ffff:192.168.8.1", "fd00:2::1", "::1"):
        assert not may_ask(address, allowed), address


@pytest.mark.parametrize("text", ["", "192.168.1.5/24", "home", "1.2.3.4/33"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - ipaddress has words of its own
        network(text)
