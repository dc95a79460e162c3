"""Calling, messaging and drop in for households, on a server of their own.

`from kith import Endpoint` is an Echo-like device as a library. It is loaded when first asked for,
so that the server does not pay for codecs that it never uses.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kith.endpoint import Endpoint as Endpoint

__all__ = ["Endpoint"]


def __getattr__(name: str) -> Any:
    if name == "Endpoint":
        from kith.endpoint import Endpoint

        return Endpoint
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
