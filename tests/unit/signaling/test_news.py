"""Which sign-ins count as from the same network."""

import pytest

from signaling.news import HOME, network_of


@pytest.mark.parametrize(
    "address",
    [
        "192.168.1.7",
        "10.0.0.1",
        "172.16.9.9",
        "127.0.0.1",
        "169.254.1.1",
        "100.64.0.1",
        "fd00::1",
        "fe80::1%eth0",
        "::1",
        "::ffff:192.168.1.7",
        "unknown",
        "",
    ],
)
def test_what_is_not_public_is_one_network(address: str) -> None:
    assert network_of(address) == HOME


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("81.2.69.142", "81.2.1.1", True),
        ("81.2.69.142", "81.3.69.142", False),
        ("::ffff:81.2.69.142", "81.2.69.142", True),
        ("2a01:4f8:1::1", "2a01:4f8:ffff::9", True),
        ("2a01:4f8:1::1", "2a01:4f9:1::1", False),
        ("81.2.69.142", "192.168.1.1", False),
    ],
)
def test_a_network_is_a_providers_region(one: str, other: str, same: bool) -> None:
    assert (network_of(one) == network_of(other)) is same
