"""Whatever bytes arrive, the decoder gives a command or a problem with a code, soon and in little memory."""

import json
import time
import tracemalloc
from typing import Any

import msgpack  # type: ignore[import-untyped]
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kith.core.problem import Code, Problem
from signaling.protocol import JSON, MAX_FRAME, MSGPACK, Codec, Command
from tests.support.commands import COMMANDS
from tests.support.hostile import HOSTILE
from tests.support.messages import any_of

many = settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
codecs = st.sampled_from([JSON, MSGPACK])
each_codec = pytest.mark.parametrize("codec", [JSON, MSGPACK], ids=["json", "msgpack"])

UNREADABLE = {Code.MALFORMED, Code.INVALID, Code.UNKNOWN_TYPE, Code.TOO_LARGE}


def outcome(codec: Codec, data: bytes) -> Code | None:
    """The code that `data` is answered with, None for a good command. Anything else that is raised is a bug."""
    codec.request_id(data)
    try:
        command = codec.command(data)
    except Problem as problem:
        assert problem.code in UNREADABLE  # noqa: PT017 - not raising is fine too
        assert len(problem.path) < 200  # noqa: PT017
        return problem.code
    assert isinstance(command, Command)
    return None


values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=40)
    | st.sampled_from(["c_" + "0" * 20, "p_" + "0" * 20, "e_" + "0" * 20]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
fields = sorted({field.encode_name for kind in COMMANDS for field in msgspec.structs.fields(kind)})
tags = st.sampled_from([kind.__struct_config__.tag for kind in COMMANDS])


@many
@given(codec=codecs, data=st.binary(max_size=2000))
def test_noise(codec: Codec, data: bytes) -> None:
    outcome(codec, data)


@many
@given(data=st.text(max_size=2000))
def test_noise_that_is_text(data: str) -> None:
    outcome(JSON, data.encode("utf-8", "surrogatepass"))


@many
@given(codec=codecs, message=st.dictionaries(st.sampled_from(fields), values), tag=tags)
def test_wrong_values_in_right_places(codec: Codec, message: dict[str, Any], tag: str) -> None:
    message = {"t": tag, **message}
    data = json.dumps(message, default=repr).encode() if codec.text else msgpack.packb(message)
    outcome(codec, data)


@many
@given(
    codec=codecs,
    command=st.sampled_from(COMMANDS).flatmap(any_of),
    changes=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=6),
    cut=st.integers(0, 200),
    tail=st.binary(max_size=8),
)
def test_a_good_command_with_a_few_bytes_wrong(
    codec: Codec, command: Any, changes: list[tuple[int, int]], cut: int, tail: bytes
) -> None:
    data = bytearray(codec.encode(command))
    for place, value in changes:
        data[place % len(data)] = value
    outcome(codec, bytes(data[: len(data) - cut] + tail))


@many
@given(codec=codecs, command=st.sampled_from(COMMANDS).flatmap(any_of), cut=st.integers(1, 400))
def test_a_good_command_cut_short(codec: Codec, command: Any, cut: int) -> None:
    data = codec.encode(command)
    assert outcome(codec, data[: max(0, len(data) - cut)]) is Code.MALFORMED


@each_codec
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_messages_are_answered_with_a_code_soon_and_in_little_memory(codec: Codec, name: str) -> None:
    tracemalloc.start()
    began = time.perf_counter()
    try:
        code = outcome(codec, HOSTILE[name])
        took = time.perf_counter() - began
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert code is not None
    assert took < 0.5
    assert peak < 20 * MAX_FRAME


@each_codec
def test_a_message_as_large_as_allowed_is_read(codec: Codec) -> None:
    ping = {"t": "ping", "id": "1", "x": ""}
    pack = (lambda value: json.dumps(value).encode()) if codec.text else msgpack.packb
    room = MAX_FRAME - len(pack(ping | {"x": "y" * 40_000})) + 40_000
    fits = pack(ping | {"x": "x" * room})
    assert len(fits) == MAX_FRAME
    assert outcome(codec, fits) is None
    assert outcome(codec, pack(ping | {"x": "x" * (room + 1)})) is Code.TOO_LARGE
