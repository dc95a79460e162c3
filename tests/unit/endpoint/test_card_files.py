"""A vCard file in parts: whole cards, without pictures, every line where it was."""

from pathlib import Path

import pytest

from kith.core.contacts import CardFault
from kith.endpoint.card_files import MOST, CardPart, parts_of, split


def parts(text: str, most: int = MOST) -> list[CardPart]:
    return list(split(((line, 0) for line in text.splitlines()), most))


def card(name: str, *lines: str) -> str:
    return "\n".join(["BEGIN:VCARD", f"FN:{name}", *lines, "END:VCARD", ""])


def test_a_part_is_of_whole_cards_and_knows_its_first_line() -> None:
    found = parts(card("One") + card("Two") + card("Three"), most=2 * len(card("Two")) + 1)
    assert [(one.first_line, one.text) for one in found] == [
        (1, card("One") + card("Two")),
        (7, card("Three")),
    ]


@pytest.mark.parametrize(
    "picture",
    [
        "PHOTO;ENCODING=b;TYPE=JPEG:AAAA\n BBBB\n CCCC",
        "item1.PHOTO:data:image/png;base64,AAAA\n\tBBBB\n x",
        "LOGO;ENCODING=BASE64:\nAAAA\nBBBB",
        "photo:http://example.org/x\nSOUND:AA\nKEY;X=1:AA",
    ],
)
def test_pictures_are_emptied_and_every_line_stays_where_it_was(picture: str) -> None:
    found = parts(card("One", picture, "", "TEL:1"))
    assert found[0].text.splitlines() == ["BEGIN:VCARD", "FN:One", "", "", "", "", "TEL:1", "END:VCARD"]


def test_a_card_that_is_too_large_is_reported_and_the_others_are_sent() -> None:
    found = parts(card("One") + card("Two", "NOTE:" + "x" * 999) + card("Three"), most=500)
    assert [(one.first_line, one.fault) for one in found] == [(1, None), (4, CardFault.TOO_LARGE), (8, None)]
    assert [one.text for one in found] == [card("One"), "", card("Three")]


def test_what_does_not_end_is_sent_to_be_reported_and_never_piles_up() -> None:
    assert [one.text for one in parts(card("One") + "BEGIN:VCARD\nFN:x\n")] == [
        card("One") + "BEGIN:VCARD\nFN:x\n"
    ]
    assert [one.fault for one in parts("junk\n" * 1_000, most=500)] == [CardFault.TOO_LARGE]
    assert parts("") == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_file_may_be_in_any_of_the_usual_encodings(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "contacts.vcf"
    path.write_bytes(card("Zoë").replace("\n", "\r\n").encode(encoding))
    assert [one.text for one in parts_of(path)] == [card("Zoë")]


def test_a_picture_in_one_endless_line_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "contacts.vcf"
    text = card("One", "PHOTO;ENCODING=b:" + "A" * 3_000_000, "TEL:1") + card("Two")
    path.write_text(text)
    (found,) = parts_of(path)
    assert found.text == card("One", "", "TEL:1") + card("Two")
    assert found.end == len(text)
