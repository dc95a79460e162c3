"""Networks of their own on one machine: an internet with the server in it, and homes behind routers (ip netns, nft).

    inet  198.51.100.x/28   server and relay; the test itself is on it, too
      |- home "a"  router a, network 10.99.1.0/24     "port-preserving": the router keeps ports where it can
      |- home "b"  router b, network 10.99.2.0/24     "symmetric": another port for every destination
      `- "c", "d"  further ways out, for those who move

IPv4 only: what IPv6 does by itself in the first seconds on a link (RFC 4862) makes Chromium wait longer before it
looks at its addresses. Names carry the process id; everything goes when the namespaces are deleted.
"""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

Nat = Literal["preserving", "symmetric"]

_RULES = """
table ip nat {{
  chain post {{
    type nat hook postrouting priority srcnat; policy accept;
    oifname "wan" masquerade {how}
  }}
}}
table ip guard {{
  chain passing {{
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    iifname != "wan" oifname "wan" accept
  }}
  chain arriving {{
    type filter hook input priority filter; policy drop;
    ct state established,related accept
    iifname != "wan" accept
    icmp type echo-request accept
  }}
}}
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
    routers: int = 0

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
        await run("ip", "netns", "exec", space, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")
        return space

    async def build(self) -> None:
        """The internet, and the test on it."""
        inet = await self._make("inet")
        await run("ip", "-n", inet, "link", "add", "br0", "type", "bridge")
        await run("ip", "-n", inet, "addr", "add", f"{self.server}/28", "dev", "br0")
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

    async def router(self, name: str, nat: Nat) -> None:
        """A router on the internet; `plug` leads machines to it."""
        space = await self._make(name)
        inet = self.space("inet")
        port = f"p-{name}"
        await run(
            "ip", "link", "add", "wan", "netns", space, "type", "veth", "peer", "name", port, "netns", inet
        )
        await run("ip", "-n", inet, "link", "set", port, "master", "br0", "up")
        await run("ip", "-n", space, "addr", "add", f"{self._address(3 + self.routers)}/28", "dev", "wan")
        await run("ip", "-n", space, "link", "set", "wan", "up")
        self.routers += 1
        await run("ip", "netns", "exec", space, "sysctl", "-qw", "net.ipv4.ip_forward=1")
        rules = _RULES.format(how="fully-random" if nat == "symmetric" else "")
        await run("ip", "netns", "exec", space, "nft", "-f", "-", stdin=rules)

    async def wire(self, machine: str, router: str, network: int) -> None:
        """A cable between the two, not plugged in: `plug` does that. `network` is the third number of 10.99.x."""
        inner, outer = self.space(machine), self.space(router)
        near, far = f"to-{router}", f"to-{machine}"
        await run(
            "ip", "link", "add", near, "netns", inner, "type", "veth", "peer", "name", far, "netns", outer
        )
        await run("ip", "-n", outer, "addr", "add", f"10.99.{network}.1/24", "dev", far)
        await run("ip", "-n", outer, "link", "set", far, "up")

    async def plug(self, machine: str, router: str, network: int) -> None:
        """The machine gets an address and a way out there."""
        inner, near = self.space(machine), f"to-{router}"
        await run("ip", "-n", inner, "addr", "add", f"10.99.{network}.2/24", "dev", near)
        await run("ip", "-n", inner, "link", "set", near, "up")
        metric = str(100 + network)  # there may be two ways out for a moment
        await run("ip", "-n", inner, "route", "add", "default", "via", f"10.99.{network}.1", "metric", metric)

    async def unplug(self, machine: str, router: str) -> None:
        """Its address and way out are gone, as when a Wi-Fi is left."""
        inner, near = self.space(machine), f"to-{router}"
        await run("ip", "-n", inner, "addr", "flush", "dev", near)
        await run("ip", "-n", inner, "link", "set", near, "down")

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


def within(directory: Path, inside: tuple[str, ...], program: str) -> Path:
    """A program that starts `program` inside, for those who want to be given one file."""
    script = directory / f"{Path(program).name}-{inside[-1]}"
    script.write_text(f'#!/bin/sh\nexec {" ".join(inside)} {program} "$@"\n')
    script.chmod(0o755)
    return script
