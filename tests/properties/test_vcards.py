"""Any text is read: nothing is raised, nothing grows, and what is good comes in whatever surrounds it."""

from hypothesis import given
from hypothesis import strategies as st

from kith.directory.contacts import MAX_NUMBERS, Card
from kith.directory.vcards import read

_LINES = st.sampled_from(
    [
        *("BEGIN:VCARD", "END:VCARD", "BEGIN:VCALENDAR", "AGENT:", "VERSION:3.0", "", " ", "\t folded", "="),
        *(
            "FN:Ana",
            "N:B;A",
            "TEL;CELL:1",
            "item1.TEL;type=pref:2",
            "item1.X-ABLabel:Boat",
            "TEL;=;=:",
            "ORG:;;",
        ),
        *(
            "FN;ENCODING=QUOTED-PRINTABLE:=C3=\n=A9",
            "FN;CHARSET=utf-16;QUOTED-PRINTABLE:=",
            "PHOTO:x",
            "KIND:group",
        ),
        *(
            "NICKNAME:a\\,b",
            "UID:1",
            "X-ANDROID-CUSTOM:;",
            'TEL;TYPE="a,b;c:d":3',
            "TEL;VALUE=uri:tel:4;ext=5",
        ),
    ]
)
_TEXTS = st.one_of(
    st.text(),
    st.lists(st.one_of(_LINES, st.text(max_size=12)), max_size=40).map("\n".join),
    st.lists(_LINES, max_size=40).map("\r\n".join),
)


def _is_of(text: str, card: Card) -> bool:
    """Something, and not more than there was to read."""
    parts = [card.name, card.nickname, card.organization, *(part for one in card.numbers for part in one)]
    return (
        bool(card.name or card.organization or card.numbers)
        and sum(map(len, parts)) <= 2 * len(text)
        and len(card.numbers) <= MAX_NUMBERS
    )


@given(_TEXTS, st.integers(1, 10**9))
def test_any_text_is_read(text: str, first: int) -> None:
    cards, problems = read(text, first)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    assert all(_is_of(text, card) for card in cards) and len(cards) + len(problems) <= lines
    assert all(first <= one.line < first + lines for one in problems)
    assert problems == sorted(problems, key=lambda one: one.line)


@given(st.lists(_LINES, max_size=20).map("\n".join), st.lists(_LINES, max_size=20).map("\n".join))
def test_a_good_card_comes_in_whatever_is_before_and_behind_it(before: str, behind: str) -> None:
    good = "BEGIN:VCARD\nFN:Good\nTEL;TYPE=home:99\nEND:VCARD"
    ends = "\nEND:VCARD" * before.count("AGENT")  # a card within a card is not taken
    cards, _ = read(f"{before}{ends}\n{good}\n{behind}")
    assert Card("", "Good", "", "", (("home", "99"),)) in cards


@given(st.lists(st.text(alphabet="abcé ,;\\", max_size=12).filter(str.strip), min_size=1, max_size=5))
def test_names_come_out_as_they_went_in(names: list[str]) -> None:
    def escaped(name: str) -> str:
        return name.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;")

    text = "".join(f"BEGIN:VCARD\nVERSION:3.0\nFN:{escaped(name)}\nEND:VCARD\n" for name in names)
    cards, problems = read(text)
    assert [card.name for card in cards] == [name.strip() for name in names] and not problems
