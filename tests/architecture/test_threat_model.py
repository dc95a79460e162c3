"""docs/threat-model.md claims nothing that no test shows."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "threat-model.md").read_text()
TEST = re.compile(r"\[`(test_\w+)`\]\((\.\./tests/[\w/]+\.py)\)")
CLAIM = re.compile(r"^\| (?!What they try|---)(?P<claim>.+?) \| .+ \| (?P<tests>.+) \|$", re.MULTILINE)


def test_every_line_names_a_test() -> None:
    claims = list(CLAIM.finditer(PAGE))
    assert len(claims) > 30
    assert [one["claim"] for one in claims if not TEST.search(one["tests"])] == []
    assert len(re.findall(r"^\| (?!What they try)", PAGE, re.MULTILINE)) == len(claims), "no line is left out"


def test_every_test_that_is_named_is_there() -> None:
    named = set(TEST.findall(PAGE))
    assert len(named) > 50
    sources = {path: (ROOT / "docs" / path).resolve().read_text() for _, path in named}
    missing = [
        name for name, path in named if not re.search(rf"^(async )?def {name}\(", sources[path], re.MULTILINE)
    ]
    assert missing == []


def test_the_page_can_be_found() -> None:
    for page in ("README.md", "docs/glossary.md", "docs/trust.md"):
        assert "threat-model.md" in (ROOT / page).read_text(), page
