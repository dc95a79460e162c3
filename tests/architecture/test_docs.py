"""What the docs claim of the code holds: tables, examples, links, names."""

import base64
import json
import re
import struct
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from kith.endpoint import body, pairing_steps
from signaling.closing import Close
from tools import generate, reference

ROOT = Path(__file__).resolve().parents[2]
PROTOCOL = (ROOT / "docs" / "protocol.md").read_text()
TRUST = (ROOT / "docs" / "trust.md").read_text()
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), ROOT / "certs" / "README.md"]
LINK = re.compile(r"\[(?P<text>[^\]]+)\]\((?P<target>[^)\s]+)\)")


def test_generated_files_are_those_of_the_code() -> None:
    assert generate.stale() == []


def test_every_message_and_part_is_documented() -> None:
    without_fields = {name for name in reference.types() if not reference.fields_table(name, {})}
    assert set(reference.types()) - without_fields == reference.documented(PROTOCOL)
    assert {name for name in without_fields if f"`{name}`" not in PROTOCOL} == set()


def test_every_field_has_a_meaning() -> None:
    assert reference.unexplained(PROTOCOL) == []


def test_every_close_code_is_documented() -> None:
    documented = {int(code) for code in re.findall(r"^\| (\d{4}) \|", PROTOCOL, re.MULTILINE)}
    assert documented == {int(code) for code in Close}


def test_the_worked_example_can_be_followed_by_hand() -> None:
    """Only what the page says, and none of our own code."""
    rows = dict(re.findall(r"^\| ([\w ()',`-]+) \| `([^`]+)` \|$", PROTOCOL, re.MULTILINE))
    server = bytes.fromhex(rows["server's key, from `hello`"])
    nonce = bytes.fromhex(rows["nonce, from `hello`"])
    fields = (server, rows["origin"].encode(), nonce, rows["endpoint"].encode())
    statement = b"kith/1 sign-in" + b"".join(struct.pack(">H", len(field)) + field for field in fields)
    assert statement.hex() == rows["statement"]
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(rows["private key (Ed25519 seed)"]))
    assert private.sign(statement).hex() == rows["signature"]
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(rows["public key"]))
    public.verify(bytes.fromhex(rows["signature"]), statement)


BYTES = {"nonce": 32, "root": 32, "head": 32, "signature": 64, "proof": 32, "commitment": 32, "identity": 32}
BYTES |= {"sealing": 32, "sealing_signature": 64, "authority": 32}


def _filled(example: Any) -> Any:
    """An example of the page with bytes in the place of dots."""
    keys = {"identity": "...", "sealing": "...", "sealing_signature": "..."}
    return {
        name: _filled(keys if value == {} else value)
        if isinstance(value, dict)
        else base64.b64encode(bytes(BYTES[name])).decode()
        if value == "..." and name in BYTES
        else value
        for name, value in example.items()
    }


def test_the_bodies_of_signals_are_understood() -> None:
    examples = re.findall(r'^    (\{"v": 2, .*\})$', TRUST, re.MULTILINE)
    assert len(examples) == 7
    for example in examples:
        assert body.read(json.dumps(_filled(json.loads(example))).encode()) is not None


def test_the_steps_of_a_pairing_are_understood() -> None:
    examples = re.findall(r'^    (\{"v": 1, "step": .*\})$', TRUST, re.MULTILINE)
    assert len(examples) == 8
    for example in examples:
        step = _filled(json.loads(example.replace("{...}", "{}")))
        assert pairing_steps.read(json.dumps(step).encode()) is not None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in LINK.finditer(page.read_text()):
        path, _, anchor = link["target"].partition("#")
        if "://" in path:
            continue
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link[0]
        if anchor:
            assert anchor in _anchors(target.read_text()), link[0]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_name_that_links_to_code_is_in_that_code(page: Path) -> None:
    """A link whose text is code, as [`Desk.carry_out`](...), names something that the file defines."""
    for link in LINK.finditer(page.read_text()):
        target = (page.parent / link["target"]).resolve()
        named = re.fullmatch(r"`([\w.#]+)(?:\(\))?`", link["text"])
        if named is None or target.suffix not in (".py", ".js") or named[1] == target.name:
            continue
        text = target.read_text()
        for part in named[1].split("."):
            defined = rf"(?:class|def|function|const|let)\s+{part}\b|^\s*(?:async\s+)?{part}\s*[(:=]"
            assert target.stem == part or re.search(defined, text, re.MULTILINE), link[0]


def _anchors(page: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
