"""What is left of a large card before anybody reads it."""

import time

import pytest

from kith.directory.bare_cards import MAX_CARD, MAX_LINES, bare
from kith.directory.vcards import read

PICTURE = "PHOTO;ENCODING=b;TYPE=JPEG:" + "\r\n ".join("A" * 74 for _ in range(20_000))
LARGE = 8 * 1024 * 1024


@pytest.mark.parametrize(
    "picture", [PICTURE, PICTURE.replace("\r\n", "\n"), f"item1.{PICTURE}", f"key:{'x' * 9_000}"]
)
def test_pictures_go_and_the_rest_stays(picture: str) -> None:
    text = f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ana\r\n{picture}\r\nTEL:+12025550140\r\n ;x\r\nEND:VCARD\r\n"
    found = bare(text)
    assert found == "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ana\r\nTEL:+12025550140\r\n ;x\r\nEND:VCARD\r\n"
    ((card,), _) = read(found, 1)
    assert card.name == "Ana"


def test_what_looks_like_a_picture_is_none() -> None:
    text = "BEGIN:VCARD\nFN:PHOTO: Ana\nNOTE:x\n PHOTO:y\nPHOTOGRAPHER:z\nEND:VCARD\n"
    assert bare(text) == text


@pytest.mark.parametrize(
    "line",
    [
        "\n",
        "x\n",
        "\r",
        "\r\n",
        "BEGIN:VCARD\nTEL:+12025550001\nEND:VCARD\n",
        "x",
        "\n x",
        "a-.",
        "PHOTO;",
        "item1.",
    ],
)
def test_nothing_large_is_left_and_finding_out_is_quick(line: str) -> None:
    begun = time.process_time()
    for head in ("", "BEGIN:VCARD\nPHOTO:"):
        found = bare(head + line * (LARGE // len(line)))
        assert found is None or (len(found) <= MAX_CARD and found.count("\n") <= MAX_LINES)
    assert time.process_time() - begun < 2, "linear: some 20 ms"
