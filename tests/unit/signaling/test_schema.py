"""The generated description says what the types say."""

import re

import pytest

from kith.core.problem import Code
from signaling import protocol, schema

IN_PLACE = re.compile(r"^export (?:interface|type) (\w+)", re.MULTILINE)


def _interface(text: str, name: str) -> str:
    start = text.index(f"export interface {name} {{")
    return text[start : text.index("\n}\n", start)]


def test_every_message_has_an_interface_with_its_tag() -> None:
    text = schema.typescript()
    for command in protocol.COMMANDS.values():
        tag = command.__struct_config__.tag
        assert f"export interface {command.__name__} {{\n  t: '{tag}';\n" in text


def test_every_name_that_is_used_is_declared_once() -> None:
    text = schema.typescript()
    declared = IN_PLACE.findall(text)
    assert len(declared) == len(set(declared))
    used = set(re.findall(r"\b[A-Z][A-Za-z]+\b", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)))
    assert used - {"Record"} <= set(declared)


def test_what_a_command_may_leave_out_is_optional_and_what_the_server_sends_is_not() -> None:
    text = schema.typescript()
    assert "  video?: boolean;" in _interface(text, "PlaceCall")
    assert "  as?: string | null;" in _interface(text, "PlaceCall")
    assert "  epoch: number;" in _interface(text, "CallView")
    assert "  seq: number;" in _interface(text, "Ringing")


def test_every_command_but_those_about_a_connection_is_a_request() -> None:
    paths = schema.openapi("1.0")["paths"]
    assert set(paths) == {f"/v1/{tag}" for tag in protocol.COMMANDS} - {"/v1/ack", "/v1/leave"}
    assert set(schema.REPLIES) == set(protocol.COMMANDS.values())


def test_only_open_commands_need_no_token() -> None:
    paths = schema.openapi("1.0")["paths"]
    without = {path.removeprefix("/v1/") for path, item in paths.items() if item["post"]["security"] == []}
    assert without == {tag for tag, command in protocol.COMMANDS.items() if command.open}


def test_every_reference_leads_somewhere() -> None:
    document = schema.openapi("1.0")
    schemas = document["components"]["schemas"]
    references = re.findall(r"'\$ref': '([^']+)'", repr(document))
    assert references
    assert {reference.removeprefix(schema.REF) for reference in references} <= set(schemas)


def test_every_problem_code_is_listed_with_its_sentence() -> None:
    listed = schema.openapi("1.0")["components"]["schemas"]["Code"]
    assert listed["enum"] == [code.value for code in Code]
    assert all(f"- `{code.value}`: " in listed["description"] for code in Code)


def test_a_shape_that_no_message_has_is_an_error_and_not_a_guess() -> None:
    with pytest.raises(ValueError, match="no TypeScript"):
        schema._type({"type": "tuple"})
