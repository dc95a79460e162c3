"""Made-up address books, as phones export them. The same seed makes the same books."""

import random
from collections.abc import Sequence

GIVEN = (
    *("James", "Mary", "Robert", "Patricia", "John", "Jennifer", "Michael", "Linda", "David", "Elizabeth"),
    *("William", "Barbara", "Richard", "Susan", "Joseph", "Jessica", "Thomas", "Sarah", "Carlos", "María"),
    *("José", "Carmen", "Luis", "Ana", "Yuki", "Adaeze", "Siobhán", "Wei", "Fátima", "Omar"),
    *("Jürgen", "Zoë"),
)
FAMILY_STARTS = (
    *("Al", "Ber", "Cas", "Dor", "El", "Fer", "Gar", "Hol", "Iv", "Jan"),
    *("Kar", "Lin", "Mar", "Nor", "Ol", "Per", "Quin", "Ros", "San", "Tor"),
    *("Ul", "Vas", "Wil", "Ya", "Zim"),
)
FAMILY_ENDS = (
    *("a", "en", "er", "ez", "ido", "ing", "is", "itz", "man", "nn"),
    *("o", "ova", "sen", "son", "ton", "ura", "well", "y"),
)


def people(count: int, seed: int) -> list[tuple[str, str]]:
    """Given and family names; some are alike, as they are in life."""
    chance = random.Random(seed)
    return [
        (chance.choice(GIVEN), chance.choice(FAMILY_STARTS) + chance.choice(FAMILY_ENDS))
        for _ in range(count)
    ]


def export(names: Sequence[tuple[str, str]]) -> list[str]:
    """A card for each, as a phone writes it, without a photograph: those would cost vobject much and Kith nothing."""
    return [
        "\r\n".join(
            (
                "BEGIN:VCARD",
                "VERSION:3.0",
                "PRODID:-//Apple Inc.//iPhone OS 18.5//EN",
                f"N:{family};{given};;;",
                f"FN:{given} {family}",
                f"ORG:{family} & Co\\, Ltd;",
                f"EMAIL;type=INTERNET;type=HOME;type=pref:{number}@example.org",
                f"TEL;type=CELL;type=VOICE;type=pref:+1 202 {200 + number // 10_000:03d} {number % 10_000:04d}",
                f"TEL;type=HOME;type=VOICE:(312) 5{number // 10_000:02d}-{number % 10_000:04d}",
                "ADR;type=HOME;type=pref:;;1 Main Street\\nApt 2;Springfield;IL;62701;USA",
                "BDAY:1970-01-01",
                f"UID:4d1c2a1e-0000-4c8c-9d2a-{number:012d}",
                "END:VCARD",
                "",
            )
        )
        for number, (given, family) in enumerate(names)
    ]


def parts(cards: Sequence[str], most: int) -> list[tuple[int, str]]:
    """Whole cards in parts of at most `most` bytes, each with the number of its first line in the file."""
    found: list[tuple[int, str]] = []
    line, first, text, size = 1, 1, "", 0
    for card in cards:
        length = len(card.encode())
        if size + length > most:
            found.append((first, text))
            first, text, size = line, "", 0
        text, size = text + card, size + length
        line += card.count("\r\n")
    return [*found, (first, text)]
