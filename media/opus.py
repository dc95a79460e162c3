"""Opus (RFC 6716) by ctypes on the libopus that PyAV's wheel carries, or the system's.

PyAV decodes Opus too, but can neither conceal a lost frame nor read in-band FEC. Everything here is mono,
48 kHz, signed 16 bit, in numpy arrays of shape (samples,).
"""

import ctypes
import ctypes.util
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 48_000
SAMPLES = 960
"""Samples of a 20 ms frame."""

LONGEST = 5_760
"""Samples of the longest packet, 120 ms."""

LARGEST = 1_275
"""Bytes of the largest frame (RFC 6716 section 3.2.1)."""

Samples = NDArray[np.int16]

_VOIP = 2048
_LOW_DELAY = 2051
_SET_BITRATE = 4002
_SET_COMPLEXITY = 4010
_SET_INBAND_FEC = 4012
_SET_PACKET_LOSS = 4014


class OpusMissing(Exception):
    """There is no libopus on this machine."""


class OpusError(Exception):
    """libopus refused what it was given; `code` is its error code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"libopus error {code}")
        self.code = code


def present() -> bool:
    """Whether there is a libopus. Only looks for the file, so asking loads nothing."""
    try:
        _path()
    except OpusMissing:
        return False
    return True


def _path() -> str:
    spec = find_spec("av")
    bundled = Path((spec and spec.origin) or "/").parent.parent / "av.libs"
    found = sorted(bundled.glob("libopus-*.so*")) + sorted(bundled.glob("libopus*.dylib"))
    path = str(found[0]) if found else ctypes.util.find_library("opus")
    if path is None:
        raise OpusMissing("libopus was not found, neither in PyAV's wheel nor on the system")
    return path


@cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(_path())
    pointer, integer, errors = ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(ctypes.c_int)
    signatures = {
        "opus_decoder_create": (pointer, [ctypes.c_int32, integer, errors]),
        "opus_decoder_destroy": (None, [pointer]),
        "opus_decode": (integer, [pointer, ctypes.c_char_p, ctypes.c_int32, pointer, integer, integer]),
        "opus_encoder_get_size": (integer, [integer]),
        "opus_encoder_create": (pointer, [ctypes.c_int32, integer, integer, errors]),
        "opus_encoder_destroy": (None, [pointer]),
        "opus_encode": (integer, [pointer, pointer, integer, pointer, ctypes.c_int32]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


class Decoder:
    """One stream's decoder. Not for use from two threads at a time."""

    def __init__(self) -> None:
        self._library = _library()
        error = ctypes.c_int()
        self._state = self._library.opus_decoder_create(RATE, 1, ctypes.byref(error))
        if error.value != 0:
            raise OpusError(error.value)

    def __del__(self) -> None:
        if getattr(self, "_state", None):
            self._library.opus_decoder_destroy(self._state)

    def decode(self, payload: bytes) -> Samples:
        """The packet's samples, 2.5 to 120 ms. Raises OpusError if it is no Opus packet."""
        if not payload:
            raise OpusError(-4)  # OPUS_INVALID_PACKET: libopus would take it for a loss
        return self._decode(payload, LONGEST, 0)

    def conceal(self, samples: int = SAMPLES) -> Samples:
        """`samples` of what may have been said while nothing arrived; fades out when asked repeatedly."""
        return self._decode(None, samples, 0)

    def recover(self, following: bytes, samples: int = SAMPLES) -> Samples:
        """The frame before `following` from its in-band FEC; as good as `conceal` if it carries none."""
        return self._decode(following, samples, 1)

    def _decode(self, payload: bytes | None, samples: int, fec: int) -> Samples:
        pcm = np.empty(samples, np.int16)
        length = 0 if payload is None else len(payload)
        count = self._library.opus_decode(self._state, payload, length, pcm.ctypes.data, samples, fec)
        if count < 0:
            raise OpusError(count)
        return pcm[:count]


class Encoder:
    """One voice's encoder. `loss` is the share of packets, 0 to 1, that in-band FEC should prepare for.

    `low_delay` leaves the speech layer out (RFC 6716 section 2.1): a third of the work, and no in-band FEC.
    """

    def __init__(
        self,
        *,
        bitrate: int = 32_000,
        complexity: int = 5,
        loss: float = 0.05,
        low_delay: bool = False,
    ) -> None:
        self._library = _library()
        self._settings = {
            "bitrate": bitrate,
            "complexity": complexity,
            "loss": loss,
            "low_delay": low_delay,
        }
        error = ctypes.c_int()
        application = _LOW_DELAY if low_delay else _VOIP
        self._state = self._library.opus_encoder_create(RATE, 1, application, ctypes.byref(error))
        if error.value != 0:
            raise OpusError(error.value)
        self._packet = ctypes.create_string_buffer(LARGEST)
        self._set(_SET_BITRATE, bitrate)
        self._set(_SET_COMPLEXITY, complexity)
        self._set(_SET_INBAND_FEC, 1 if loss > 0 else 0)
        self._set(_SET_PACKET_LOSS, round(loss * 100))

    def __del__(self) -> None:
        if getattr(self, "_state", None):
            self._library.opus_encoder_destroy(self._state)

    def fork(self) -> "Encoder":
        """Another encoder that goes on from here: a decoder that followed this one can follow that one."""
        twin = Encoder(**self._settings)  # type: ignore[arg-type]
        size = self._library.opus_encoder_get_size(1)
        ctypes.memmove(twin._state, self._state, size)  # flat: opus.h allows a shallow copy
        return twin

    def encode(self, pcm: Samples) -> bytes:
        """One packet of a frame of 2.5, 5, 10, 20, 40 or 60 ms. Raises OpusError for another length."""
        pcm = np.ascontiguousarray(pcm, np.int16)
        count = self._library.opus_encode(self._state, pcm.ctypes.data, len(pcm), self._packet, LARGEST)
        if count < 0:
            raise OpusError(count)
        return self._packet.raw[:count]

    def _set(self, request: int, value: int) -> None:
        """opus_encoder_ctl is variadic: its arguments are passed as what they are."""
        code = self._library.opus_encoder_ctl(
            ctypes.c_void_p(self._state), ctypes.c_int(request), ctypes.c_int32(value)
        )
        if code != 0:
            raise OpusError(code)
