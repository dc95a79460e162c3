"""Many datagrams in one system call: recvmmsg(2) and sendmmsg(2), by cffi's ABI mode, which needs no compiler.

A batch is SLOTS datagrams side by side in one piece of memory. The kernel writes lengths and addresses where SRTP and
the sorting of datagrams read them, and the other way round: nothing is copied between a system call and decryption.
SRTP takes its lengths as `int *`, the kernel keeps them in `size_t` and `unsigned int`: on a little-endian machine the
low half of one is the other.

The kernel also notes when each datagram came (SO_TIMESTAMPNS, socket(7)): how unevenly packets come must not be
mistaken for how unevenly they are fetched.
"""

import socket
import sys
import time
from typing import Any

from cffi import FFI  # type: ignore[import-untyped]

SLOTS = 256
"""Datagrams a system call. More saves little: 256 take the room for a tick of five rooms of 50."""

SLOT = 1_536
"""Bytes of a datagram: an Ethernet frame's worth. What is longer is cut, and then not authentic."""

NAME = 32
"""Bytes of a socket address; an IPv6 one has 28."""

NOTE = 32
"""Bytes of a note when it came: struct cmsghdr and struct timespec. It is the only one, and so always this long."""

STAMPED = 35  # SO_TIMESTAMPNS, which the socket module does not name
OLDEST = 1.0
"""Seconds that a datagram can have waited; if the notes say more, the machine's clock was set."""

_DO_NOT_WAIT = 0x40  # MSG_DONTWAIT

_ffi = FFI()
_ffi.cdef("""
struct iovec { void *iov_base; size_t iov_len; };
struct msghdr {
    void *msg_name; unsigned int msg_namelen;
    struct iovec *msg_iov; size_t msg_iovlen;
    void *msg_control; size_t msg_controllen;
    int msg_flags;
};
struct mmsghdr { struct msghdr msg_hdr; unsigned int msg_len; };
int recvmmsg(int, struct mmsghdr *, unsigned int, int, void *);
int sendmmsg(int, struct mmsghdr *, unsigned int, int);
""")


def _library() -> Any:
    if sys.byteorder != "little" or sys.maxsize < 2**32 or not sys.platform.startswith("linux"):
        raise OSError("the mixer needs Linux on a little-endian machine of 64 bits")
    return _ffi.dlopen(None)


class Batch:
    """SLOTS datagrams with their addresses. `data`, `names` and `lengths` are views of the memory itself."""

    def __init__(self, udp: socket.socket) -> None:
        self._descriptor = udp.fileno()
        self._library = _library()
        self._slots = _ffi.new("char[]", SLOTS * SLOT)
        self._names = _ffi.new("char[]", SLOTS * NAME)
        self._vectors = _ffi.new("struct iovec[]", SLOTS)
        self._headers = _ffi.new("struct mmsghdr[]", SLOTS)
        self.name_size = 16 if udp.family == socket.AF_INET else 28
        for slot in range(SLOTS):
            self._vectors[slot].iov_base = self._slots + slot * SLOT
            self._vectors[slot].iov_len = SLOT
            header = self._headers[slot].msg_hdr
            header.msg_name = self._names + slot * NAME
            header.msg_namelen = self.name_size
            header.msg_iov = self._vectors + slot
            header.msg_iovlen = 1
        self.data = memoryview(_ffi.buffer(self._slots)).cast("B")
        self.names = memoryview(_ffi.buffer(self._names)).cast("B")

    def places(self) -> list[int]:
        """The address in memory of each slot."""
        base = int(_ffi.cast("uintptr_t", self._slots))
        return [base + slot * SLOT for slot in range(SLOTS)]

    def wipe(self) -> None:
        """Nothing that was said stays in memory."""
        _ffi.memmove(self._slots, bytes(SLOTS * SLOT), SLOTS * SLOT)


class Inbox(Batch):
    """What came in. `lengths[slot * stride + first]` is the length of a datagram."""

    def __init__(self, udp: socket.socket) -> None:
        super().__init__(udp)
        udp.setsockopt(socket.SOL_SOCKET, STAMPED, 1)
        self._notes = _ffi.new("char[]", SLOTS * NOTE)
        for slot in range(SLOTS):
            self._headers[slot].msg_hdr.msg_control = self._notes + slot * NOTE
            self._headers[slot].msg_hdr.msg_controllen = NOTE
        self._stamps = memoryview(_ffi.buffer(self._notes)).cast("B").cast("Q")
        self._now = self._wall = 0.0
        size = _ffi.sizeof("struct mmsghdr")
        self.first = _ffi.offsetof("struct mmsghdr", "msg_len") // 4
        self.stride = size // 4
        self.lengths = memoryview(_ffi.buffer(self._headers)).cast("B").cast("I")
        self.keys = self.names.cast("Q")
        """Family, port and IPv4 address as one number, at every fourth place."""

    def length_places(self) -> list[int]:
        base = int(_ffi.cast("uintptr_t", self._headers))
        return [base + 4 * (slot * self.stride + self.first) for slot in range(SLOTS)]

    def receive(self, now: float) -> int:
        """Datagrams that are there now, at most SLOTS. Never waits. `now` is the time on the caller's clock."""
        self._now, self._wall = now, time.time()
        count: int = self._library.recvmmsg(self._descriptor, self._headers, SLOTS, _DO_NOT_WAIT, _ffi.NULL)
        return max(0, count)

    def came(self, slot: int) -> float:
        """When it came, on the clock of `receive`."""
        seconds, nanoseconds = self._stamps[4 * slot + 2], self._stamps[4 * slot + 3]
        waited = self._wall - seconds - nanoseconds / 1e9
        return self._now - waited if 0 <= waited < OLDEST else self._now


class Outbox(Batch):
    """What goes out. `lengths[slot * stride + first]` is the length of a datagram, `used` counts filled slots."""

    def __init__(self, udp: socket.socket) -> None:
        super().__init__(udp)
        size = _ffi.sizeof("struct iovec")
        self.first = _ffi.offsetof("struct iovec", "iov_len") // 8
        self.stride = size // 8
        self.lengths = memoryview(_ffi.buffer(self._vectors)).cast("B").cast("Q")
        self.used = 0
        self.dropped = 0

    def length_places(self) -> list[int]:
        base = int(_ffi.cast("uintptr_t", self._vectors))
        return [base + 8 * (slot * self.stride + self.first) for slot in range(SLOTS)]

    def flush(self) -> None:
        """Send what is filled. What the kernel has no room for is dropped: voice that waits is no use."""
        done, used = 0, self.used
        while done < used:
            count = self._library.sendmmsg(self._descriptor, self._headers + done, used - done, _DO_NOT_WAIT)
            if count > 0:
                done += count
            else:
                self.dropped += 1
                done += 1  # one datagram that could not go, such as to where there is no route
        self.used = 0
