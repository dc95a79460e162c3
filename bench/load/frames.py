"""WebSocket frames (RFC 6455 section 5), as far as a load needs them. Pure."""

import struct

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10

MASK = bytes.fromhex("a17e3c95")
"""Every frame to a server is masked (section 5.3). A load need not be unpredictable, so the key is constant."""

_MASKS = int.from_bytes(MASK * 16_384, "big")


def masked(opcode: int, payload: bytes) -> bytes:
    """One unfragmented frame from an endpoint to a server; `payload` is at most 65,535 bytes."""
    size = len(payload)
    head = (
        struct.pack(">BB", 0x80 | opcode, 0x80 | size)
        if size < 126
        else struct.pack(">BBH", 0x80 | opcode, 0x80 | 126, size)
    )
    return head + MASK + _masked(payload)


def _masked(payload: bytes) -> bytes:
    """The payload under the mask: one long number is xored at once, which is what makes it cheap."""
    size = len(payload)
    keys = _MASKS >> (8 * (len(MASK) * 16_384 - size))
    return (int.from_bytes(payload, "big") ^ keys).to_bytes(size, "big")


class FrameReader:
    """Cuts what a server sends into messages. Servers here send each message in one frame and no mask."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """The (opcode, payload) of every frame that is complete with `data`."""
        if self._rest:
            data = self._rest + data
        frames: list[tuple[int, bytes]] = []
        at, end = 0, len(data)
        while end - at >= 2:
            size, head = data[at + 1], 2
            if size == 126:
                size, head = int.from_bytes(data[at + 2 : at + 4], "big"), 4
            elif size == 127:
                size, head = int.from_bytes(data[at + 2 : at + 10], "big"), 10
            if end - at < head + size:
                break
            frames.append((data[at] & 0x0F, data[at + head : at + head + size]))
            at += head + size
        self._rest = data[at:]
        return frames
