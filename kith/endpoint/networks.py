"""Tells when this machine's network changes: an address came or went, a cable was pulled, a Wi-Fi joined.

Linux says so by itself (rtnetlink(7)). Elsewhere nobody is told, and a loss is noticed by its silence.
"""

import asyncio
import logging
import socket
from collections.abc import Callable

import ifaddr

log = logging.getLogger(__name__)

SETTLE = 0.05
"""Seconds from the first word of a change to looking: an address and the route through it come one by one."""

_RTMGRP_LINK, _RTMGRP_IPV4_IFADDR, _RTMGRP_IPV4_ROUTE = 0x1, 0x10, 0x40
_RTMGRP_IPV6_IFADDR, _RTMGRP_IPV6_ROUTE = 0x100, 0x400
_GROUPS = _RTMGRP_LINK | _RTMGRP_IPV4_IFADDR | _RTMGRP_IPV4_ROUTE | _RTMGRP_IPV6_IFADDR | _RTMGRP_IPV6_ROUTE


class Networks:
    """Calls `changed` with the machine's addresses after each change, from the event loop, until `close`."""

    def __init__(self, changed: Callable[[frozenset[str]], None]) -> None:
        self._changed = changed
        self._loop = asyncio.get_running_loop()
        self._due: asyncio.TimerHandle | None = None
        self._socket: socket.socket | None = None
        try:
            told = socket.socket(
                socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE
            )
            told.bind((0, _GROUPS))
        except (AttributeError, OSError):
            log.info("this system does not tell of changes of its network")
            return
        self._socket = told
        self._loop.add_reader(told, self._told)

    def close(self) -> None:
        if self._due is not None:
            self._due.cancel()
        if self._socket is not None:
            self._loop.remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    def _told(self) -> None:
        """What it was does not matter, only that it was."""
        assert self._socket is not None
        try:
            while self._socket.recv(65_536):
                pass
        except BlockingIOError:
            pass
        except OSError:  # more came than the kernel keeps (ENOBUFS): something did change
            pass
        if self._due is None:
            self._due = self._loop.call_later(SETTLE, self._look)

    def _look(self) -> None:
        self._due = None
        self._changed(addresses())


def addresses() -> frozenset[str]:
    """The addresses of this machine, IPv4 and IPv6, without zones."""
    return frozenset(
        ip.ip if isinstance(ip.ip, str) else ip.ip[0]
        for adapter in ifaddr.get_adapters()
        for ip in adapter.ips
    )
