"""The HTTP side as web/openapi.json describes it, against a real server."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from kith.core.ids import new_call
from signaling.protocol import COMMANDS
from signaling.schema import REPLIES
from tests.support.server import ROOT, RunningServer, running_server
from tools.reference import tag_of as reply_tag

DOCUMENT: dict[str, Any] = json.loads((ROOT / "web" / "openapi.json").read_text())


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[RunningServer]:
    async with running_server(tmp_path, "--no-tls") as running:
        yield running


def _replies(tag: str) -> set[str]:
    return {reply_tag(reply) for reply in REPLIES[COMMANDS[tag]]}


async def test_every_path_is_there_and_no_other(server: RunningServer) -> None:
    described = {path.removeprefix("/v1/") for path in DOCUMENT["paths"]}
    for tag in [*COMMANDS, "no_such_command"]:
        status, reply = await server.post(tag, seq=0, how="resume")  # what `ack` and `leave` ask for
        assert (reply.get("code") == "unknown_command") is (tag not in described), (tag, status, reply)


async def test_what_needs_a_token_is_refused_without_one(server: RunningServer) -> None:
    for path, item in DOCUMENT["paths"].items():
        required = item["post"]["security"] != []
        status, reply = await server.post(path.removeprefix("/v1/"), **_least(path))
        assert (reply.get("code") == "not_signed_in") is required, (path, reply)
        assert not required or status == 401, (path, reply)


async def test_replies_are_those_that_are_described(server: RunningServer) -> None:
    """A family's first minutes, over HTTP alone."""
    anna = await server.person("Anna")
    bert = await server.person("Bert", by=anna)
    token = await server.token(anna)
    call = new_call()
    steps: list[tuple[str, dict[str, Any]]] = [
        ("challenge", {}),
        ("ping", {}),
        ("describe", {"name": "Tablet"}),
        ("rename", {"name": "Anne"}),
        ("list_directory", {}),
        ("invite", {}),
        ("offer_pairing", {"shared": True}),
        ("dismiss_missed", {}),
        ("call", {"call": call, "to": bert.person}),
        ("cancel", {"call": call}),
        ("hang_up", {"call": call}),
    ]
    for tag, fields in steps:
        status, reply = await server.post(tag, token=token, **fields)
        assert status == 200, (tag, reply)
        assert reply["t"] in _replies(tag)


async def test_the_document_is_served(server: RunningServer) -> None:
    async with aiohttp.ClientSession() as http, http.get(f"{server.url}/v1/openapi.json") as response:
        assert await response.json() == DOCUMENT


EXACT = {"p256dh": "A" * 87 + "="}
"""Bytes of a number that base64 writes as long as those of another one."""


def _least(path: str) -> dict[str, Any]:
    """The smallest body that passes the schema: what is asked for is decided before anything else."""
    name = DOCUMENT["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    return dict(_made(name))


def _made(reference: str) -> Any:
    schema = DOCUMENT["components"]["schemas"][reference.rpartition("/")[2]]
    if "enum" in schema:
        return schema["enum"][0]
    return {field: EXACT.get(field) or _value(schema["properties"][field]) for field in schema["required"]}


def _value(schema: dict[str, Any]) -> Any:
    match schema:
        case {"$ref": reference}:
            return _made(reference)
        case {"enum": [first, *_]}:
            return first
        case {"contentEncoding": "base64", "minLength": length}:
            return (
                "A" * (length // 4 * 4 - 4)
                + {24: "AA==", 40: "AAA=", 44: "AAA=", 84: "AA==", 88: "AA==", 4: "AA=="}[length]
            )
        case {"pattern": pattern}:
            return f"{next(sign for sign in pattern if sign.isalpha())}_{'0' * 20}"
        case {"type": "array", "minItems": count, "items": items}:
            return [_value(items)] * count
        case {"type": "array"}:
            return []
        case {"anyOf": [first, *_]} | {"oneOf": [first, *_]}:
            return _value(first)
        case {"type": "string"}:
            return "0" * schema.get("minLength", 1)
        case {"type": "boolean"}:
            return False
    return schema.get("minimum", 0)
