"""A vCard file in parts that a message can carry, each of whole cards.

Most of such a file is pictures, which a list of contacts has no use for: their lines are emptied. They are not left
out, so that every line has the number that it has in the file.
"""

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from kith.core.contacts import CardFault

MOST = 48 * 1024
"""Bytes of one part, in UTF-8: `import_contacts.text`."""

LONGEST = 1 << 20
"""Bytes of one line that are taken at once: a picture may be one line of many megabytes."""

_UNUSED = re.compile(r"[ \t]*(?:[\w-]+\.)?(?:PHOTO|LOGO|SOUND|KEY)[;:]", re.IGNORECASE)
_END = re.compile(r"[ \t]*END[ \t]*:[ \t]*VCARD", re.IGNORECASE)
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class CardPart:
    """Whole cards, from line `first_line` of the file on; `end` bytes of the file end with them. Where `fault` is set,
    this card cannot be sent at all and `text` is empty."""

    first_line: int
    text: str
    end: int
    fault: CardFault | None = None


def parts_of(path: Path) -> Iterator[CardPart]:
    """The parts of a file, which is read as far as they are asked for. Raises OSError."""
    with path.open("rb") as file:
        yield from split(_lines(file))


def split(lines: Iterable[tuple[str, int]], most: int = MOST) -> Iterator[CardPart]:
    """Lines without their ends, each with the offset at which it ends, into parts of at most `most` bytes."""
    part, card = _Pile(1), _Pile(1)
    unused = False
    for number, (line, end) in enumerate(lines, start=1):
        unused = (unused and _goes_on(line)) or _UNUSED.match(line) is not None
        card.add("" if unused else line, end, most)
        if _END.match(line):
            yield from _put(card, part, most)
            card = _Pile(number + 1)
    if any(card.lines):  # a card that does not end: whoever reads it says so
        yield from _put(card, part, most)
    yield from part.cut()


class _Pile:
    """Lines that are gathered, up to a size: of what is larger nothing is kept but that it is."""

    def __init__(self, first_line: int) -> None:
        self.first_line = first_line
        self.lines: list[str] = []
        self.count = 0
        self.size = 0
        self.end = 0

    def add(self, line: str, end: int, most: int) -> None:
        self.count += 1
        self.size += len(line.encode()) + 1
        self.end = end
        if self.size <= most:
            self.lines.append(line)

    def cut(self) -> Iterator[CardPart]:
        """What there is, if there is anything."""
        if self.lines:
            yield CardPart(self.first_line, "\n".join([*self.lines, ""]), self.end)


def _put(card: _Pile, part: _Pile, most: int) -> Iterator[CardPart]:
    """A card into a part. Yields what is full."""
    if part.size + card.size > most:
        yield from part.cut()
        part.lines, part.size, part.first_line = [], 0, card.first_line
    if card.size > most:
        yield CardPart(card.first_line, "", card.end, CardFault.TOO_LARGE)
        part.first_line = card.first_line + card.count
        return
    part.lines += card.lines
    part.size += card.size
    part.end = card.end


def _goes_on(line: str) -> bool:
    """Whether a line belongs to the picture before it: folded, or bare Base64 as old programs write it, up to an
    empty line (vCard 2.1, section 2.1.4.1)."""
    return line[:1] in (" ", "\t") or (bool(line.strip()) and ":" not in line)


def _lines(file: BinaryIO) -> Iterator[tuple[str, int]]:
    """The lines of a file with the offsets of their ends, in whichever encoding it is."""
    if file.read(2) in _UTF16:
        file.seek(0)
        for text in io.TextIOWrapper(file, "utf-16", errors="replace"):
            yield text.rstrip("\r\n"), file.tell()
        return
    file.seek(0)
    end = 0
    while line := file.readline(LONGEST):
        first, end = end == 0, end + len(line)
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = file.readline(LONGEST)
            end += len(rest)
        yield _decoded(line.removeprefix(_BOM) if first else line), end


def _decoded(line: bytes) -> str:
    """UTF-8, or what Windows wrote before that."""
    line = line.rstrip(b"\r\n")
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")
