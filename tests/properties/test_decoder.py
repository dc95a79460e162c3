"""Whatever bytes arrive, the decoder gives a command or a problem with a code, soon and in little memory."""

import json
import struct
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


# -- what people who attack parsers send ---------------------------------------------------------------

DEEP = 20_000
HOSTILE: dict[str, bytes] = {
    "nothing": b"",
    "a space": b" ",
    "deep json arrays": b"[" * DEEP,
    "deep json objects": b'{"a":' * DEEP,
    "deep json in an unknown field": b'{"t":"ping","id":"1","x":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "deep json in a known field": b'{"t":"call","id":"1","to":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "deep msgpack arrays": b"\x91" * DEEP + b"\xc0",
    "deep msgpack maps": b"\x81\xa1a" * DEEP + b"\xc0",
    "deep msgpack in an unknown field": b"\x83\xa1t\xa4ping\xa2id\xa11\xa1x" + b"\x91" * DEEP + b"\xc0",
    "msgpack array of four billion": b"\xdd\xff\xff\xff\xff",
    "msgpack map of four billion": b"\xdf\xff\xff\xff\xff",
    "msgpack string of four billion": b"\xdb\xff\xff\xff\xffabc",
    "msgpack bytes of four billion": b"\xc6\xff\xff\xff\xffabc",
    "msgpack extension": b"\xc9\xff\xff\xff\xff\x05",
    "msgpack timestamp": b"\xd6\xff\x00\x00\x00\x00",
    "msgpack never used": b"\xc1",
    "four billion acquaintances": b"\x82\xa1t\xaaenrol_test\xa5knows\xdd\xff\xff\xff\xff",
    "keys that are numbers": b"\x82\x01\x02\x03\x04",
    "keys that are maps": b"\x81\x80\x80",
    "not utf-8 in msgpack": b"\x82\xa1t\xa4ping\xa2id\xa2\xff\xfe",
    "not utf-8 in json": b'{"t":"ping","id":"\xff\xfe"}',
    "half a surrogate": b'{"t":"ping","id":"\\ud800"}',
    "a nul": b'{"t":"ping","id":"\\u0000"}\x00',
    "a byte order mark": b'\xef\xbb\xbf{"t":"ping","id":"1"}',
    "utf-16": '{"t":"ping","id":"1"}'.encode("utf-16"),
    "an endless number": b'{"t":"ack","id":"1","seq":' + b"9" * 60_000 + b"}",
    "an endless exponent": b'{"t":"ack","id":"1","seq":1e' + b"9" * 60_000 + b"}",
    "not a number": b'{"t":"ack","id":"1","seq":NaN}',
    "infinity": b"\x83\xa1t\xa3ack\xa2id\xa11\xa3seq\xcb" + struct.pack(">d", float("inf")),
    "two types": b'{"t":"ping","t":"ack","id":"1"}',
    "the type last and far away": b'{"id":"1","x":"' + b"x" * 60_000 + b'","t":"nothing"}',
    "thousands of fields": b'{"t":"ping"' + b"".join(b',"f%d":1' % n for n in range(6000)) + b"}",
    "an array": b'["ping","1"]',
    "a word": b'"ping"',
    "null": b"null",
    "two messages": b'{"t":"ping","id":"1"}{"t":"ping","id":"2"}',
    "too large": b'{"t":"ping","id":"1","x":"' + b"x" * MAX_FRAME + b'"}',
    "far too large": b"\x00" * (16 * MAX_FRAME),
}


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
