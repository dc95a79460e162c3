"""An endpoint of Kith: the library behind `from kith import Endpoint`, and the Echo-like device.

`Endpoint` is loaded when first asked for: the simulator needs only `kith.endpoint.connection`, without codecs.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kith.endpoint.endpoint import Endpoint as Endpoint

__all__ = ["Endpoint"]


def __getattr__(name: str) -> Any:
    if name == "Endpoint":
        from kith.endpoint.endpoint import Endpoint

        return Endpoint
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
