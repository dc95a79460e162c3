"""Networks of their own on one machine: an internet with the server in it, and homes behind routers (ip netns, nft).

    inet  198.51.100.x/28, 2001:db8::/64    server and relay; the test itself is on it, too
      |- router "ra"  10.99.1.0/24, 2001:db8:1:1::/64    with machine "a" behind it
      |- router "rb"  10.99.2.0/24, 2001:db8:2:2::/64    with machine "b" behind it
      `- router "rc"  10.99.3.0/24, 2001:db8:3:3::/64    a further way out, for those who move

IPv4 goes through NAT: "preserving" keeps ports where it can, "symmetric" takes another one for every destination.
IPv6 is routed, past a firewall that lets in only answers; `dual` machines have an address of it, and make sure that it
is theirs before they use it (RFC 4862, section 5.4), as everywhere. Names carry the process id; everything goes when
the namespaces are deleted.
"""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

import pytest

Nat = Literal["preserving", "symmetric"]

_NAT = """
table ip nat
delete table ip nat
table ip nat {{
  chain post {{
    type nat hook postrouting priority srcnat; policy accept;
    oifname "wan" masquerade {how}
  }}
}}
"""
"""In the place of what was there before."""

_GUARD = """
table inet guard {
  chain passing {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    iifname != "wan" oifname "wan" accept
  }
  chain arriving {
    type filter hook input priority filter; policy drop;
    ct state established,related accept
    iifname != "wan" accept
    icmp type echo-request accept
    meta l4proto ipv6-icmp accept
  }
}
"""

_COUNTERS = """
table inet count {{
  counter signaling {{ }}
  counter relay {{ }}
  counter datagrams {{ }}
  chain arriving {{
    type filter hook input priority filter; policy accept;
    tcp dport {server} counter name signaling
    udp dport {{ {relay}, 49152-65535 }} counter name relay
    meta l4proto udp counter name datagrams
  }}
}}
"""


_AT_ONCE = ("net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0")
"""Of routers and the internet nobody doubts whose their addresses are."""


def _outside(router: int) -> str:
    """A router's own IPv6 address on the internet."""
    return f"2001:db8::{16 + router:x}"


def _route(router: int) -> tuple[str, ...]:
    return (f"2001:db8:{router:x}::/48", "via", _outside(router))


def need_root() -> None:
    """Skip where namespaces cannot be made."""
    missing = [name for name in ("ip", "nft", "sysctl") if shutil.which(name) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)} (make system)")
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root: run the tests as root to see these")


async def run(*command: str, stdin: str = "") -> str:
    """What a command prints. Raises RuntimeError with what it complains about."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, complaint = await process.communicate(stdin.encode())
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {complaint.decode().strip()}")
    return out.decode()


@dataclass(frozen=True)
class Count:
    """What arrived at the internet's machine."""

    packets: int
    bytes: int


@dataclass
class Nets:
    """See the module. Addresses end in .1 for the server, .2 for the test, .11 and on for routers."""

    prefix: str = field(default_factory=lambda: f"kith{os.getpid()}")
    spaces: list[str] = field(default_factory=list)
    routers: dict[str, int] = field(default_factory=dict)
    """Their numbers, from 1 on."""

    @property
    def _block(self) -> int:
        return (os.getpid() % 16) * 16

    def _address(self, number: int) -> str:
        return f"198.51.100.{self._block + number}"

    @property
    def server(self) -> str:
        return self._address(1)

    def space(self, name: str) -> str:
        return f"{self.prefix}-{name}"

    def inside(self, name: str) -> tuple[str, ...]:
        """Put before a command to run it there."""
        return ("ip", "netns", "exec", self.space(name))

    async def _make(self, name: str) -> str:
        space = self.space(name)
        await run("ip", "netns", "add", space)
        self.spaces.append(space)
        await run("ip", "-n", space, "link", "set", "lo", "up")
        return space

    async def _set(self, name: str, *settings: str) -> None:
        await run(*self.inside(name), "sysctl", "-qw", *settings)

    async def build(self) -> None:
        """The internet, and the test on it."""
        inet = await self._make("inet")
        await self._set("inet", *_AT_ONCE)
        await run("ip", "-n", inet, "link", "add", "br0", "type", "bridge")
        await run("ip", "-n", inet, "addr", "add", f"{self.server}/28", "dev", "br0")
        await run("ip", "-n", inet, "addr", "add", "2001:db8::1/64", "dev", "br0")
        await run("ip", "-n", inet, "link", "set", "br0", "up")
        here = f"k{os.getpid()}"
        await run("ip", "link", "add", here, "type", "veth", "peer", "name", "test", "netns", inet)
        await run("ip", "-n", inet, "link", "set", "test", "master", "br0", "up")
        await run("ip", "addr", "add", f"{self._address(2)}/28", "dev", here)
        await run("ip", "link", "set", here, "up")

    async def count(self, *, server: int, relay: int) -> None:
        """Count what arrives for the server and for the relay, from now on."""
        rules = _COUNTERS.format(server=server, relay=relay)
        await run(*self.inside("inet"), "nft", "-f", "-", stdin=rules)

    async def counts(self) -> dict[str, Count]:
        """Since `count`: "signaling", "relay", and all "datagrams"."""
        told = json.loads(await run(*self.inside("inet"), "nft", "-j", "list", "counters"))
        found = [entry["counter"] for entry in told["nftables"] if "counter" in entry]
        return {one["name"]: Count(one["packets"], one["bytes"]) for one in found}

    async def home(self, name: str) -> None:
        """A machine without a network yet."""
        await self._make(name)
        await self.stacks(name, dual=False)

    async def stacks(self, machine: str, *, dual: bool) -> None:
        """Whether the machine has IPv6 beside IPv4, from its next `plug` on."""
        off = 0 if dual else 1
        await self._set(
            machine, f"net.ipv6.conf.all.disable_ipv6={off}", f"net.ipv6.conf.default.disable_ipv6={off}"
        )

    async def router(self, name: str, nat: Nat) -> None:
        """A router on the internet; `plug` leads machines to it."""
        space = await self._make(name)
        await self._set(name, "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", *_AT_ONCE)
        inet, port = self.space("inet"), f"p-{name}"
        await run(
            "ip", "link", "add", "wan", "netns", space, "type", "veth", "peer", "name", port, "netns", inet
        )
        await run("ip", "-n", inet, "link", "set", port, "master", "br0", "up")
        number = self.routers[name] = len(self.routers) + 1
        await run("ip", "-n", space, "addr", "add", f"{self._address(2 + number)}/28", "dev", "wan")
        await run("ip", "-n", space, "addr", "add", f"{_outside(number)}/64", "dev", "wan")
        await run("ip", "-n", space, "link", "set", "wan", "up")
        await self._know_each_other(name, number)
        await run(*self.inside(name), "nft", "-f", "-", stdin=_GUARD)
        await self.nat(name, nat)

    async def _know_each_other(self, name: str, number: int) -> None:
        """Whom the IPv6 networks behind a router are reached through: what an internet knows."""
        await run("ip", "-n", self.space("inet"), "-6", "route", "add", *_route(number))
        for other, its in self.routers.items():
            if other != name:
                await run("ip", "-n", self.space(name), "-6", "route", "add", *_route(its))
                await run("ip", "-n", self.space(other), "-6", "route", "add", *_route(number))

    async def nat(self, router: str, nat: Nat) -> None:
        """What the router does to IPv4 connections that are made from now on."""
        rules = _NAT.format(how="fully-random" if nat == "symmetric" else "")
        await run(*self.inside(router), "nft", "-f", "-", stdin=rules)

    async def wire(self, machine: str, router: str, network: int) -> None:
        """A cable between the two, not plugged in: `plug` does that. `network` is the third number of 10.99.x."""
        inner, outer = self.space(machine), self.space(router)
        near, far = f"to-{router}", f"to-{machine}"
        await run(
            "ip", "link", "add", near, "netns", inner, "type", "veth", "peer", "name", far, "netns", outer
        )
        await run("ip", "-n", outer, "addr", "add", f"10.99.{network}.1/24", "dev", far)
        await run("ip", "-n", outer, "addr", "add", f"{self._prefix6(router, network)}1/64", "dev", far)
        await run("ip", "-n", outer, "link", "set", far, "up")

    def _prefix6(self, router: str, network: int) -> str:
        return f"2001:db8:{self.routers[router]:x}:{network:x}::"

    async def plug(self, machine: str, router: str, network: int, *, dual: bool = False) -> None:
        """The machine gets an address and a way out there; `dual`, two of each."""
        inner, near = self.space(machine), f"to-{router}"
        metric = str(100 + network)  # there may be two ways out for a moment
        prefix = self._prefix6(router, network)
        ways = [("-4", f"10.99.{network}.2/24", f"10.99.{network}.1")]
        ways += [("-6", f"{prefix}2/64", f"{prefix}1")] if dual else []
        for version, own, _ in ways:
            await run("ip", "-n", inner, version, "addr", "add", own, "dev", near)
        await run("ip", "-n", inner, "link", "set", near, "up")
        for version, _, router_there in ways:
            where = ("default", "via", router_there, "dev", near, "metric", metric)
            await run("ip", "-n", inner, version, "route", "add", *where)

    async def unplug(self, machine: str, router: str) -> None:
        """Its address and way out are gone, as when a Wi-Fi is left."""
        inner, near = self.space(machine), f"to-{router}"
        await run("ip", "-n", inner, "addr", "flush", "dev", near)
        await run("ip", "-n", inner, "link", "set", near, "down")

    async def settled(self, machine: str) -> None:
        """Wait until every address there may be used."""
        show = ("ip", "-n", self.space(machine), "-6", "-o", "addr", "show", "tentative")
        while await run(*show):  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.05)

    async def close(self) -> None:
        if self.spaces:
            with suppress(RuntimeError):  # it goes with its other end otherwise, but a moment later
                await run("ip", "link", "del", f"k{os.getpid()}")
        for space in self.spaces:
            await run("ip", "netns", "del", space)


@asynccontextmanager
async def nets() -> AsyncIterator[Nets]:
    """An internet, gone afterwards. Skips where it cannot be made."""
    need_root()
    made = Nets()
    try:
        await made.build()
        yield made
    finally:
        await made.close()
