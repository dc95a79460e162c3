"""Which addresses the server may ask when somebody else chose them. Pure.

Whoever gives the server an address to ask can have it knock wherever the server stands: at the router, at the
neighbour in the rack, at itself. So only what everybody on the internet could ask is asked, and besides it
what the operator has listed.
"""

from collections.abc import Iterable
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Network = IPv4Network | IPv6Network

# The registries of special purpose addresses (RFC 6890, as IANA keeps them), and what is no single host. Written
# out, because Python's own idea of it changes between its versions.
_NOT_PUBLIC = tuple(
    IPv4Network(each)
    for each in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # behind a provider's address translation
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, and where clouds keep their secrets
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",  # and 255.255.255.255
    )
)
_PUBLIC_6 = IPv6Network("2000::/3")  # all that has been given to anybody (RFC 4291, section 2.4)
_NOT_PUBLIC_6 = tuple(IPv6Network(each) for each in ("2001::/23", "2001:db8::/32", "3fff::/20"))
_TRANSLATED = IPv6Network("64:ff9b::/96")  # RFC 6052, section 2.1
_SIX_TO_FOUR = IPv6Network("2002::/16")  # RFC 3056, section 2


def network(text: str) -> Network:
    """`192.168.1.0/24`, or one address. Raises ValueError."""
    return ip_network(text.strip())


def may_ask(address: str, allowed: Iterable[Network] = ()) -> bool:
    """Whether `address`, as a resolver or a socket says it, is everybody's to ask or in what is `allowed`.

    An IPv6 address that stands for an IPv4 one is judged as that one. What is no address is not asked.
    """
    try:
        found = _unwrapped(ip_address(address.partition("%")[0]))
    except ValueError:
        return False
    return _public(found) or any(found in each for each in allowed)


def _unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    if address in _SIX_TO_FOUR:
        return IPv4Address(int(address) >> 80 & 0xFFFF_FFFF)
    return address


def _public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in each for each in _NOT_PUBLIC)
    return address in _PUBLIC_6 and not any(address in each for each in _NOT_PUBLIC_6)
