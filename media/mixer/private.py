"""Nothing of what passes through stays: no core dump, no look from another process, memory given back.

See prctl(2), getrlimit(2) and malloc_trim(3).
"""

import gc
import resource

from cffi import FFI  # type: ignore[import-untyped]

_SET_DUMPABLE = 4

_ffi = FFI()
_ffi.cdef("""
int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long);
int malloc_trim(size_t);
""")


def forbid_dumps() -> None:
    """No core dump of this process is written, and no other process of the same account may read its memory.

    Raises OSError: a mixer that can be looked into does not start.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if _ffi.dlopen(None).prctl(_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise OSError("this process cannot forbid dumps of itself")


def give_back() -> None:
    """Collect what closed rooms left, and give the pages back. Takes some 10 ms, which playout buffers bridge."""
    gc.collect()
    library = _ffi.dlopen(None)
    if hasattr(library, "malloc_trim"):  # glibc's; musl gives back by itself
        library.malloc_trim(0)
