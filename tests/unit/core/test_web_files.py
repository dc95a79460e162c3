"""Published hashes: written the same each time, read strictly, and compared."""

import json
from pathlib import Path

import pytest

from kith.core.web_files import ROOT, Difference, Found, compare, digest, loaded_by, manifest, read, write


def test_the_web_apps_files_are_all_there_and_nothing_else() -> None:
    hashes = manifest()
    assert {"/index.html", "/app.js", "/sw.js", "/texts/es.json", "/styles/base.css"} <= hashes.keys()
    assert hashes["/sw.js"] == digest((ROOT / "sw.js").read_bytes())
    assert len(hashes) == sum(path.is_file() for path in ROOT.rglob("*"))
    assert list(hashes) == sorted(hashes, key=lambda path: path[1:].split("/"))


def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("b.js", "a.js"):
        (tmp_path / name).write_text(name)
    (tmp_path / ".hidden").write_text("an editor's")
    first = write(manifest(tmp_path))
    assert first == write(dict(reversed(manifest(tmp_path).items())))
    assert read(first) == manifest(tmp_path) == {"/a.js": digest(b"a.js"), "/b.js": digest(b"b.js")}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"version": 1, "sha256": {}}',
        '{"version": 2, "sha256": {"/a": "%s"}}' % ("0" * 64),
        '{"version": 1, "sha256": {"a": "%s"}}' % ("0" * 64),
        '{"version": 1, "sha256": {"/a": "00"}}',
        '{"version": 1, "sha256": {"/a": 7}}',
    ],
)
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - json's own errors too
        read(text)


def test_each_difference_is_found() -> None:
    published = {"/same": digest(b"1"), "/changed": digest(b"1"), "/missing": digest(b"1")}
    served = {"/same": b"1", "/changed": b"2", "/missing": None, "/extra": b"", "/nothing": None}
    assert compare(published, served) == [
        Found("/changed", Difference.CHANGED),
        Found("/extra", Difference.EXTRA),
        Found("/missing", Difference.MISSING),
    ]
    assert compare(json.loads(json.dumps(published)), {}) == [
        Found(path, Difference.MISSING) for path in sorted(published)
    ]


def test_what_a_file_loads() -> None:
    script = (
        b"""import { a } from './a.js'; import('/b/c.mjs'); fetch(`../d.json?x`); 'https://x.example/e.js'"""
    )
    assert set(loaded_by("/web/app.js", script)) == {"/web/a.js", "/b/c.mjs", "/d.json"}
    assert set(loaded_by("/", b'<script src="/evil.js"></script>')) == {"/evil.js"}
