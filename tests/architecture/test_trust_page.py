"""docs/trust.md tells what the code does, and enough to do the same without it."""

import hashlib
import re
import struct
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kith.core.trust.untrusted import SENTENCES

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "trust.md").read_text()
LABEL = re.compile(r'b"(kith/1 [a-z-]+)"')


def test_every_label_is_told() -> None:
    sources = [ROOT / "kith" / "core" / "keys.py", *(ROOT / "kith" / "core" / "trust").glob("*.py")]
    labels = {label for path in sources for label in LABEL.findall(path.read_text())}
    assert len(labels) > 10
    assert {label for label in labels - {"kith/1 sign-in"} if label not in PAGE} == set()


def test_every_reason_is_told() -> None:
    reasons = PAGE.split("## 11.")[1].split("\n## ")[0]
    told = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", reasons, re.MULTILINE))
    assert told == {reason.value: sentence for reason, sentence in SENTENCES.items()}


def test_no_label_is_the_beginning_of_another() -> None:
    """A label has no length before it, so none may go on as another, with a length (0 to 127) after it."""
    labels = sorted(set(re.findall(r"kith/1 [a-z-]+", PAGE)))
    for label in labels:
        assert [other for other in labels if other != label and other.startswith(label)] == []


def test_the_first_link_can_be_made_by_hand() -> None:
    """Only what the page says, and none of our own code."""
    rows = dict(re.findall(r"^\| ([\w ()',`-]+) \| `([^`]+)` \|$", PAGE, re.MULTILINE))
    identity, sealing = bytes.fromhex(rows["identity, signer"]), bytes.fromhex(rows["sealing"])
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(rows["private key (Ed25519 seed)"]))
    assert private.public_key().public_bytes_raw() == identity
    bound = private.sign(_statement("kith/1 sealing-key", identity, sealing))
    assert bound.hex() == rows["sealing signature"]
    version, time = struct.pack(">Q", 0), struct.pack(">Q", int(rows["time"]))
    subject = (identity, sealing, bound, bytes.fromhex(rows["recovery"]))
    link = _statement("kith/1 person-link", version, bytes(32), time, b"begin", *subject, identity)
    assert link.hex() == rows["statement"]
    assert private.sign(link).hex() == rows["signature"]
    assert hashlib.sha256(link).hexdigest() == rows["root"]


def _statement(label: str, *fields: bytes) -> bytes:
    return label.encode("ascii") + b"".join(struct.pack(">H", len(field)) + field for field in fields)
