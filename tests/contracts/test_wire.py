"""The wire is MessagePack and JSON as everybody else writes them.

`msgspec` is fast and ours; the packages `msgpack` and `json` stand for an endpoint written in another
language: what they write we read, and what we write they read, byte for byte.
"""

import base64
import json
from typing import Any

import msgpack  # type: ignore[import-untyped]
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kith.core.problem import Code, Problem
from signaling.protocol import JSON, MSGPACK, Codec, Command
from tests.support.commands import ALL_DEFAULTS, COMMANDS, EXAMPLES, KEYS, example, plain, takes_fractions
from tests.support.messages import FROM_SERVER, any_of

quick = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)

each_command = pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.__name__)
each_answer = pytest.mark.parametrize("kind", FROM_SERVER, ids=lambda kind: kind.__name__)
each_codec = pytest.mark.parametrize("codec", [JSON, MSGPACK], ids=["json", "msgpack"])


def from_plain(kind: type[msgspec.Struct], value: Any, *, text: bool) -> Any:
    return msgspec.convert(value, kind, builtin_types=() if text else (bytes,))


@each_command
@quick
@given(data=st.data())
def test_a_command_written_by_msgpack_is_read_and_the_other_way_round(
    kind: type[msgspec.Struct], data: st.DataObject
) -> None:
    command = data.draw(any_of(kind))
    theirs = msgpack.packb(plain(command, text=False))

    assert MSGPACK.encode(command) == theirs, "the same bytes"
    assert MSGPACK.command(theirs) == command
    assert from_plain(kind, msgpack.unpackb(MSGPACK.encode(command)), text=False) == command


@each_answer
@quick
@given(data=st.data())
def test_what_the_server_says_is_read_by_msgpack_and_the_other_way_round(
    kind: type[msgspec.Struct], data: st.DataObject
) -> None:
    message = data.draw(any_of(kind))
    theirs = msgpack.packb(plain(message, text=False))

    assert MSGPACK.encode(message) == theirs, "the same bytes"
    assert MSGPACK.from_server(theirs) == message
    assert from_plain(kind, msgpack.unpackb(MSGPACK.encode(message)), text=False) == message


@each_command
@quick
@given(data=st.data())
def test_a_command_in_json_goes_both_ways(kind: type[msgspec.Struct], data: st.DataObject) -> None:
    command = data.draw(any_of(kind))

    assert JSON.command(json.dumps(plain(command, text=True)).encode()) == command
    assert from_plain(kind, json.loads(JSON.encode(command)), text=True) == command


@each_answer
@quick
@given(data=st.data())
def test_what_the_server_says_in_json_goes_both_ways(kind: type[msgspec.Struct], data: st.DataObject) -> None:
    message = data.draw(any_of(kind))

    assert JSON.from_server(json.dumps(plain(message, text=True)).encode()) == message
    assert from_plain(kind, json.loads(JSON.encode(message)), text=True) == message


def test_bytes_are_standard_base64_in_json() -> None:
    body = bytes(range(250, 256)) + b"?>"
    call = "c_" + "0" * 20
    said = json.dumps(
        {"t": "signal", "id": "1", "call": call, "epoch": 0, "body": base64.b64encode(body).decode()}
    )
    command: Any = JSON.command(said.encode())
    assert command.body == body
    assert json.loads(JSON.encode(command))["body"] == base64.b64encode(body).decode()


def test_an_envelope_by_hand() -> None:
    """Byte by byte, so that it would be seen if the envelope ever changed shape."""
    assert JSON.encode(JSON.command(b'{"t":"ping","id":"7"}')) == b'{"t":"ping","id":"7","as":null}'
    assert MSGPACK.command(b"\x82\xa1t\xa4ping\xa2id\xa17") == JSON.command(b'{"t":"ping","id":"7"}')


# -- what is read of what is wrong ----------------------------------------------------------------------


def packed(codec: Codec, message: dict[str, Any]) -> bytes:
    if not codec.text:
        packed: bytes = msgpack.packb(message)
        return packed
    return json.dumps(message, default=lambda raw: base64.b64encode(raw).decode()).encode()


FIELDS = [(kind, field) for kind in COMMANDS for field in msgspec.structs.fields(kind)]
each_field = pytest.mark.parametrize(
    ("kind", "field"), FIELDS, ids=[f"{kind.__name__}.{field.encode_name}" for kind, field in FIELDS]
)


def problem_of(codec: Codec, data: bytes) -> Problem:
    with pytest.raises(Problem) as caught:
        codec.command(data)
    return caught.value


@each_command
@each_codec
def test_the_example_itself_is_fine(codec: Codec, kind: type[Command]) -> None:
    assert codec.command(packed(codec, example(kind))) == EXAMPLES[kind]


@each_field
@each_codec
def test_a_missing_field_is_named(codec: Codec, kind: type[Command], field: Any) -> None:
    message = example(kind)
    del message[field.encode_name]
    if field.required:
        problem = problem_of(codec, packed(codec, message))
        assert (problem.code, problem.path) == (Code.INVALID, field.encode_name)
    else:
        codec.command(packed(codec, message))


def _may_be_empty(field: Any) -> bool:
    meta = next(
        (one for one in getattr(field.type, "__metadata__", ()) if isinstance(one, msgspec.Meta)), None
    )
    return meta is not None and meta.min_length == 0


@each_field
@each_codec
def test_a_field_of_a_wrong_type_is_named(codec: Codec, kind: type[Command], field: Any) -> None:
    for wrong in (3.5, ["x"], {"no": 1}, "", 10**17, -1):
        message = example(kind) | {field.encode_name: wrong}
        if field.encode_name in ALL_DEFAULTS and isinstance(wrong, dict):
            continue  # every field of it has a default and unknown ones are ignored: it is right
        if takes_fractions(field) and isinstance(wrong, float):
            continue
        if wrong == "" and _may_be_empty(field):
            continue
        problem = problem_of(codec, packed(codec, message))
        assert problem.code is Code.INVALID
        assert problem.path.split(".")[0].split("[")[0] == field.encode_name, (wrong, problem.path)


@each_codec
@pytest.mark.parametrize(
    ("kind", "change", "path"),
    [
        ("sign_up", {"keys": KEYS | {"identity": b"short"}}, "keys.identity"),
        ("sign_up", {"keys": {"identity": b"i" * 32}}, "keys.sealing"),
        ("sign_up", {"capabilities": {"camera": "yes"}}, "capabilities.camera"),
        ("sign_in", {"resume": {"session": "s_" + "1" * 20, "seq": -1}}, "resume.seq"),
        ("sign_in", {"resume": {"seq": 1}}, "resume.session"),
        ("enrol_test", {"knows": ["p_" + "1" * 20, 7]}, "knows[1]"),
        ("enrol_test", {"knows": ["p_" + "1" * 20] * 65}, "knows"),
        ("signal", {"body": b"x" * 32_769}, "body"),
        ("signal", {"body": b""}, "body"),
        ("call", {"to": "x_" + "1" * 20}, "to"),
        ("call", {"call": "c_" + "1" * 21}, "call"),
        ("call", {"call": "c_" + "1" * 20 + "\n"}, "call"),
        ("ping", {"id": ""}, "id"),
        ("ping", {"id": "x" * 65}, "id"),
        ("ack", {"seq": 2**53}, "seq"),
        ("media_up", {"epoch": 65_536}, "epoch"),
        ("leave", {"how": "missing required field `evil` - at `$.evil`"}, "how"),
        ("leave", {"how": "Object missing required field `t`"}, "how"),
    ],
)
def test_the_path_leads_to_the_fault(codec: Codec, kind: str, change: dict[str, Any], path: str) -> None:
    of_kind = next(one for one in COMMANDS if one.__struct_config__.tag == kind)
    problem = problem_of(codec, packed(codec, example(of_kind) | change))
    assert (problem.code, problem.path) == (Code.INVALID, path)


@each_command
@each_codec
def test_unknown_fields_are_ignored(codec: Codec, kind: type[Command]) -> None:
    newer = example(kind) | {"newer": {"deep": [1, {"x": None}]}, "re": "9"}
    assert codec.command(packed(codec, newer)) == EXAMPLES[kind]


@each_codec
@pytest.mark.parametrize(
    "t", ["", "nothing", "PING", "ok", "welcome", 7, None, ["ping"], "missing required field `x`"]
)
def test_an_unknown_type_is_said_to_be_one(codec: Codec, t: Any) -> None:
    problem = problem_of(codec, packed(codec, {"t": t, "id": "1"}))
    assert (problem.code, problem.path) == (Code.UNKNOWN_TYPE, "t")


@each_codec
def test_no_type_at_all_is_an_unknown_one(codec: Codec) -> None:
    problem = problem_of(codec, packed(codec, {"id": "1"}))
    assert (problem.code, problem.path) == (Code.UNKNOWN_TYPE, "t")


@each_codec
def test_the_id_of_what_is_broken_is_still_read(codec: Codec) -> None:
    assert codec.request_id(packed(codec, {"t": "nothing", "id": "77", "x": 1})) == "77"
    assert codec.request_id(packed(codec, {"t": "ping", "id": 77})) is None
    assert codec.request_id(packed(codec, {"t": "ping"})) is None
    assert codec.request_id(b"\xff\x00\xff") is None
