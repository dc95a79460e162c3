"""Every message that the protocol knows, made at random within its bounds."""

import re
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec
from hypothesis import strategies as st

from signaling import protocol

REPLIES: tuple[type[msgspec.Struct], ...] = get_args(protocol.AnyReply)
EVENTS: tuple[type[msgspec.Struct], ...] = get_args(protocol.AnyEvent)
FROM_SERVER = (protocol.Hello, *REPLIES, *EVENTS)

_TEXT = st.characters(codec="utf-8")
_FLOATS = st.floats(allow_nan=False, allow_infinity=False)


@cache
def any_of(kind: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    """Instances of a message type whose every field is within the bounds that the protocol sets."""
    hints = get_type_hints(kind, include_extras=True)
    return st.builds(kind, **{field.name: of(hints[field.name]) for field in msgspec.structs.fields(kind)})


def of(hint: Any) -> st.SearchStrategy[Any]:
    """Values of one annotated type."""
    meta = msgspec.Meta()
    if get_origin(hint) is Annotated:
        hint, meta = get_args(hint)[:2]
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return any_of(hint)
    arguments = get_args(hint)
    if get_origin(hint) is tuple:
        return st.lists(of(arguments[0]), min_size=meta.min_length or 0, max_size=4).map(tuple)
    if get_origin(hint) is dict:
        return st.dictionaries(of(arguments[0]), of(arguments[1]), max_size=3)
    if arguments:  # a union, or a Literal
        return st.one_of(
            *(of(one) if isinstance(one, type) or get_origin(one) else st.just(one) for one in arguments)
        )
    return _plain(hint, meta)


def _plain(hint: Any, meta: msgspec.Meta) -> st.SearchStrategy[Any]:
    low, high = meta.min_length or 0, min(meta.max_length or 40, 200)
    kinds: dict[Any, Callable[[], st.SearchStrategy[Any]]] = {
        str: lambda: (
            st.from_regex(re.compile(meta.pattern), fullmatch=True).filter(
                lambda text: low <= len(text) <= high
            )
            if meta.pattern
            else st.text(_TEXT, min_size=low, max_size=high)
        ),
        bytes: lambda: st.binary(min_size=low, max_size=high),
        bool: st.booleans,
        int: lambda: st.integers(int(meta.ge or 0), _most(meta)),
        float: lambda: _FLOATS if meta.ge is None else st.floats(float(meta.ge), float(meta.le or 1e300)),
        type(None): st.none,
    }
    return kinds[hint]() if hint in kinds else st.sampled_from(hint)  # what is left are enums


def _most(meta: msgspec.Meta) -> int:
    if meta.lt is not None:
        return int(meta.lt) - 1
    return 2**53 - 1 if meta.le is None else int(meta.le)
