"""vCards as phones, computers and mail programs write them, and as nobody should."""

import time
from pathlib import Path

import pytest

from kith.core.contacts import CardFault
from kith.directory.contacts import MAX_NUMBERS, Card, CardProblem
from kith.directory.vcards import MAX_LINES, read

SAMPLES = Path(__file__).resolve().parents[2] / "vectors" / "vcards"


def sample(name: str) -> tuple[list[Card], list[tuple[int, str]]]:
    cards, problems = read((SAMPLES / f"{name}.vcf").read_bytes().decode())
    return cards, [(one.line, one.fault.value) for one in problems]


def test_android_writes_quoted_printable_with_soft_breaks_and_labels_where_parameters_belong() -> None:
    cards, problems = sample("android")
    assert cards == [
        Card(
            "",
            "Begoña Álvarez",
            "Bego",
            "",
            (("mobile", "612345678"), ("home", "+34 912 34 56 78"), ("Casa del pueblo", "+34 949 12 34 56")),
        ),
        Card(
            "",
            "Mamá (casa nueva)",
            "",
            "",
            (("mobile", "+34-655-55-01-01"), ("work fax", "+34-915-55-01-02")),
        ),
        Card("", "", "", "", (("mobile", "*646#"),)),
    ]
    assert problems == [(29, "empty")]


def test_iphone_labels_numbers_through_groups_and_escapes() -> None:
    cards, problems = sample("iphone")
    assert cards == [
        Card(
            "4d1c2a1e-0000-4c8c-9d2a-aaaaaaaaaaaa",
            "Sinéad O'Neill",
            "Shin",
            "O'Neill & Daughters; Bakers",
            (
                ("mobile", "+353 85 012 3456"),
                ("Boat", "+353 1 555 0123"),
                ("mobile", "(085) 012-3457"),
                ("home fax", "+353 1 555 0124"),
            ),
        ),
        Card("", "Northside Taxis", "", "Northside Taxis", (("main", "+353 1 555 0199"),)),
    ]
    assert not problems


def test_gmail_folds_and_labels() -> None:
    cards, problems = sample("gmail")
    numbers = (
        ("mobile", "+1 202-555-0143"),
        ("work", "+1 202-555-0144"),
        ("Summer house", "+1 202-555-0145"),
    )
    assert cards == [
        Card("", "José María García-Peña", "Pepe", "Clinica Sol", numbers),
        Card("", "Mom", "", "", (("mobile", "(202) 555-0146"),)),
    ]
    assert not problems


def test_outlook_writes_commas_unescaped_its_own_charset_and_cards_in_cards() -> None:
    cards, problems = sample("outlook")
    numbers = (
        ("work", "(425) 555-0100"),
        ("mobile", "+1 (425) 555-0101"),
        ("work fax", "+1 (425) 555-0102"),
    )
    assert cards == [
        Card("", "Müller, Jürgen", "", "Contoso Ltd., Sales", numbers),
        Card("", "René Lefèvre", "", "", (("home", "+33 1 99 00 00 01"),)),
    ]
    assert not problems


def test_macos_has_groups_that_are_nobody() -> None:
    cards, problems = sample("macos")
    numbers = (
        ("mobile", "+234 803 123 4567"),
        ("work", "+234 1 270 0001"),
        ("pager", "+234 1 270 0002"),
    )
    assert cards == [
        Card("9a1d0b9a-77aa-4d1b-9c2e-000000000001", "Prof. Adaeze Chi Okafor PhD", "Ada", "", numbers)
    ]
    assert problems == [(15, "group")]


def test_version_4_has_uris_quoted_types_and_several_languages() -> None:
    cards, problems = sample("version-4")
    numbers = (("mobile", "+81-90-1234-5678"), ("home", "+8103-1234-5678"), ("work", "+81 3 8765 4321"))
    assert cards == [
        Card("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "Yuki Tanaka", "Yu,Yuki-chan", "", numbers),
        Card("", "Harbour Clinic", "", "Harbour Clinic", (("", "+44-20-7946-0018"),)),
    ]
    assert not problems


def test_what_is_broken_costs_itself_and_is_said_by_line() -> None:
    cards, problems = sample("broken")
    assert cards == [
        Card("", "Good One", "", "", (("mobile", "+442079460002"),)),
        Card("", "Anton Bravo", "", "Depot", (("", "+442079460003"),)),
    ]
    assert problems == [
        (1, "not_a_card"),
        (3, "unfinished"),
        (10, "unreadable"),
        (13, "not_a_card"),
        (14, "empty"),
        (20, "unreadable"),
        (25, "unfinished"),
    ]


def test_a_part_of_a_file_counts_its_lines_from_where_it_was_cut() -> None:
    _, problems = read("BEGIN:VCARD\nFN:A\nEND:VCARD\nEND:VCARD\n", first_line=1_001)
    assert problems == [CardProblem(1_004, CardFault.NOT_A_CARD)]


@pytest.mark.parametrize(
    ("lines", "card"),
    [
        ("N:Doe;Jane", Card("", "Jane Doe", "", "", ())),
        ("N:Doe;Jane;;;\nFN:", Card("", "Jane Doe", "", "", ())),
        ("NICKNAME:Boss", Card("", "Boss", "Boss", "", ())),
        ("ORG:Shop", Card("", "", "", "Shop", ())),
        ("TEL:1 2 3", Card("", "", "", "", (("", "1 2 3"),))),
        ("FN:one\nFN:two", Card("", "one", "", "", ())),
        ("fn:lower\ntel;cell:1", Card("", "lower", "", "", (("mobile", "1"),))),
        ("FN;encoding=quoted-printable:=C3=A9t=C3=A9", Card("", "été", "", "", ())),
        ("FN;CHARSET=shift_jis;QUOTED-PRINTABLE:=93=63=92=86", Card("", "田中", "", "", ())),
        ("FN:a\\, b\\; c\\nd \\\\n", Card("", "a, b; c d \\n", "", "", ())),
        ("FN:A\nTEL;VALUE=uri:sip:a@b.example", Card("", "A", "", "", (("", "sip:a@b.example"),))),
        ("FN:A\nX.TEL:1\nx.X-ABLabel:Boat", Card("", "A", "", "", (("Boat", "1"),))),
    ],
)
def test_small_things(lines: str, card: Card) -> None:
    assert read(f"BEGIN:VCARD\n{lines}\nEND:VCARD\n") == ([card], [])


def test_line_ends_of_all_kinds_and_a_byte_order_mark() -> None:
    for end in ("\n", "\r\n", "\r"):
        cards, problems = read(end.join(["\ufeffBEGIN:VCARD", "FN:A", " nna", "END:VCARD", "", ""]))
        assert [card.name for card in cards] == ["Anna"] and not problems


def test_a_soft_break_that_never_ends_does_not_swallow_the_next_card() -> None:
    cards, problems = read(
        "BEGIN:VCARD\nFN;ENCODING=QUOTED-PRINTABLE:Anna=\nEND:VCARD\nBEGIN:VCARD\nFN:Bob\nEND:VCARD"
    )
    assert [card.name for card in cards] == ["Anna", "Bob"] and not problems


def test_only_so_many_numbers_and_lines_are_taken_from_one_card() -> None:
    for count in (MAX_NUMBERS + 1, MAX_LINES * 2):
        many = "\n".join(f"TEL:{number}" for number in range(count))
        (card,), problems = read(f"BEGIN:VCARD\nFN:A\n{many}\nFN:B\nEND:VCARD")
        assert len(card.numbers) == MAX_NUMBERS and card.name == "A"
        assert [one.fault for one in problems] == [CardFault.TOO_LARGE]


def test_a_line_too_long_to_be_a_name_is_left_out() -> None:
    (card,), problems = read(f"BEGIN:VCARD\nFN:{'x' * 9_000}\nN:B;A\nEND:VCARD")
    assert card.name == "A B" and problems == [CardProblem(2, CardFault.TOO_LARGE)]


def test_only_as_many_cards_are_read_as_are_wanted() -> None:
    text = "END:VCARD\n" + "BEGIN:VCARD\nFN:A\nEND:VCARD\n" * 3
    cards, problems = read(text, most=2)
    assert [card.name for card in cards] == ["A", "A"]
    assert problems == [CardProblem(1, CardFault.NOT_A_CARD)]


FRAME = 48 * 1024
BOMBS = {
    "header without an end": "BEGIN:VCARD\nTEL" + ";A=A" + "=A" * 200 + "\nEND:VCARD\n",
    "header of equals": "BEGIN:VCARD\nTEL;TYPE" + "=a" * (FRAME // 2) + ":1\nEND:VCARD",
    "header of commas": "BEGIN:VCARD\nTEL;TYPE=" + "," * FRAME + '"\nEND:VCARD',
    "header of quotes": "BEGIN:VCARD\nTEL;TYPE=" + '"",' * (FRAME // 3) + "\nEND:VCARD",
    "one endless line": "BEGIN:VCARD\nFN:" + "x" * FRAME + "\nEND:VCARD",
    "one endless fold": "BEGIN:VCARD\nFN:x\n" + " x\n" * (FRAME // 3) + "END:VCARD",
    "endless soft breaks": "BEGIN:VCARD\nFN;ENCODING=QUOTED-PRINTABLE:x=\n" + "x=\n" * (FRAME // 3),
    "photograph": "BEGIN:VCARD\nPHOTO;ENCODING=b:x\n" + " QUJD\n" * (FRAME // 6) + "FN:A\nEND:VCARD",
    "cards in cards": "BEGIN:VCARD\nAGENT:\n" * (FRAME // 19) + "END:VCARD\n" * (FRAME // 19),
    "cards that never end": "BEGIN:VCARD\n" * (FRAME // 12),
    "ends alone": "END:VCARD\n" * (FRAME // 10),
    "escapes": "BEGIN:VCARD\nORG:" + "\\" * 8_000 + "\nN:" + "\\x" * 4_000 + "\nEND:VCARD",
    "punycode": "BEGIN:VCARD\nFN;CHARSET=PUNYCODE;QUOTED-PRINTABLE:"
    + "x" * 8_000
    + "-"
    + "9" * 100
    + "\nEND:VCARD",
    "hidden charset": 'BEGIN:VCARD\nFN;X=";CHARSET=UTF-8";CHARSET=PUNYCODE;QUOTED-PRINTABLE:'
    + "x" * 8_000
    + "\nEND:VCARD",
    "second charset": "BEGIN:VCARD\nFN;CHARSET=,ZIP;QUOTED-PRINTABLE:x\nEND:VCARD",
    "a codec that is none": "BEGIN:VCARD\nFN;CHARSET=ZIP;QUOTED-PRINTABLE:x\nEND:VCARD",
    "two encodings": "BEGIN:VCARD\nFN;ENCODING=QUOTED-PRINTABLE,8BIT:x\nEND:VCARD",
    "half a surrogate": "BEGIN:VCARD\nFN;QUOTED-PRINTABLE:\ud800\nEND:VCARD",
    "words": "BEGIN:VCARD\n" + "w" * FRAME + "\nEND:VCARD",
    "dots": "BEGIN:VCARD\n" + "a." * (FRAME // 2) + ":\nEND:VCARD",
    "spaces": "BEGIN:VCARD\n" + " " * FRAME + "x\nEND:VCARD",
}


ANSWER = 2 * 1024 * 1024
LARGE = {
    "cards": "BEGIN:VCARD\nFN:A\nEND:VCARD\n" * (ANSWER // 27),
    "empty lines": "BEGIN:VCARD\nFN:A\n" + "\n" * ANSWER,
    "short lines": "BEGIN:VCARD\nFN:A\n" + "x\n" * (ANSWER // 2),
    "folded lines": "BEGIN:VCARD\nFN:A\n" + " x\n" * (ANSWER // 3),
    "numbers": "BEGIN:VCARD\nFN:A\n" + "TEL:1\n" * (ANSWER // 6),
    "a photograph": "BEGIN:VCARD\nFN:A\nPHOTO:\n" + f" {'A' * 74}\n" * (ANSWER // 76) + "END:VCARD\n",
}


@pytest.mark.parametrize("text", LARGE.values(), ids=LARGE.keys())
def test_what_a_strange_server_answers_costs_little_however_large_it_is(text: str) -> None:
    began = time.process_time()
    cards, problems = read(text, most=1)
    assert time.process_time() - began < 0.25, "2 MiB; 8 MiB are no more"
    assert len(cards) + len(problems) == 1


def test_a_whole_file_is_read_however_many_lines_it_has() -> None:
    cards, problems = read("BEGIN:VCARD\nFN:A\nEND:VCARD\n" * 17_000)
    assert len(cards) == 17_000 and not problems


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_what_is_meant_to_hurt_does_not(bomb: str) -> None:
    began = time.process_time()
    cards, problems = read(bomb)
    assert time.process_time() - began < 0.25, "a part of an import, for which 5 ms are usual"
    assert len(cards) <= 1 and len(problems) <= bomb.count("\n") + 1
