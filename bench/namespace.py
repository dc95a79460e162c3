"""A network of its own to measure in: one machine, one address, nobody else's traffic.

Some WebRTC stacks refuse the loopback interface, so the address is on one end of a cable whose other end is in the
same place. What is sent to it never leaves the kernel all the same.
"""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator

ADDRESS = "10.99.0.1"
INTERFACE = "near"


class NoNamespace(Exception):
    """A network namespace cannot be made here; the text says why."""


@contextlib.contextmanager
def namespace() -> Iterator[tuple[str, ...]]:
    """Yields what is put before a command to run it there. Raises NoNamespace."""
    if shutil.which("ip") is None:
        raise NoNamespace("iproute2 is not installed: make system")
    if os.geteuid() != 0:
        raise NoNamespace(
            "network namespaces need root: run this bench as root (sudo make bench NAME=mixing)"
        )
    name = f"kith-bench-{os.getpid()}"
    _ip("netns", "add", name)
    try:
        inside = ("ip", "netns", "exec", name)
        off = ("net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1")
        subprocess.run([*inside, "sysctl", "-qw", *off], check=True)
        _ip("-n", name, "link", "set", "lo", "up")
        _ip("-n", name, "link", "add", INTERFACE, "type", "veth", "peer", "name", "far")
        _ip("-n", name, "addr", "add", f"{ADDRESS}/24", "dev", INTERFACE)
        for end in (INTERFACE, "far"):
            _ip("-n", name, "link", "set", end, "up")
        yield inside
    finally:
        _ip("netns", "del", name)


def _ip(*arguments: str) -> None:
    done = subprocess.run([shutil.which("ip") or "", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NoNamespace(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
