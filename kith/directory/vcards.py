"""vCards (2.1, 3.0 and 4.0) to cards, with the lines at which something was wrong. Pure; never raises.

A text is cut into lines and cards here, in one pass whose cost grows with its length and with nothing else. Of each
card only the lines that a contact is made of are read, by vobject; photographs and the rest are passed over. A
line that cannot be read costs that line, a card that is not whole costs that card, and everything else comes in.

Two things keep what strangers wrote in bounds. vobject's own expression for a line takes exponential time for
some (`TEL;A=A=A=A=A...`): what goes in has passed `_HEADER`, which can be matched in one way only. And a charset is
one of `_CHARSETS`: codecs are not text encodings throughout, some take quadratic time, and unknown ones are
remembered for ever.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import StringIO
from operator import attrgetter
from urllib.parse import unquote

from vobject.base import (  # type: ignore[import-untyped]
    ContentLine,
    VObjectError,
    textLineToContentLine,
)

from kith.core.contacts import CardFault
from kith.directory.contacts import MAX_NUMBERS, Card, CardProblem

MAX_LINE = 8_192
"""Signs of one unfolded line that is read. Names have some 30, in quoted-printable up to nine times that."""

MAX_LINES = 200
"""Lines of one card that are read. Whoever collects telephones has thirty."""

MAX_PHYSICAL = 50_000
"""Lines of one card, or between two, that are looked at: some 50 ms. A photograph of 3 MB has as many. Behind a card
that has more nothing is read."""

_READ = frozenset(
    (
        *("N", "FN", "NICKNAME", "ORG", "TEL", "UID", "KIND"),
        *("X-ADDRESSBOOKSERVER-KIND", "X-ABLABEL", "X-ANDROID-CUSTOM"),
    )
)
_NAME = re.compile(r"[ \t]*(?:[\w-]+\.)?([\w-]+)[ \t]*[;:]", re.ASCII)
_HEADER = re.compile(
    r'(?:[\w-]+\.)?[\w-]+(?:;[\w-]+(?:=(?:"[^"]*"|[^";:,=]*)(?:,(?:"[^"]*"|[^";:,=]*))*)?)*:', re.ASCII
)
_EDGE = re.compile(r"[ \t]*(BEGIN|END)[ \t]*:[ \t]*VCARD[ \t]*", re.ASCII | re.IGNORECASE)
_CHARSETS = re.compile(
    r';CHARSET="?(?:(?:US-)?ASCII|UTF-?8|UTF-16|ISO-?8859-?\d{1,2}|LATIN-?1|(?:WINDOWS-?|CP)\d{3,4}|KOI8-[RU]'
    r'|MACINTOSH|SHIFT[_-]JIS|EUC-(?:JP|KR)|GB2312|GBK|GB18030|BIG5)"?(?=[;:])'
)
_FOLD = frozenset(" \t")
_LONGEST_EDGE = 40
_TOO_MUCH = "..."
"""Stands where a property's name would, behind the last line that is looked at."""


def read(text: str, first_line: int = 1, *, most: int | None = None) -> tuple[list[Card], list[CardProblem]]:
    """All cards of `text` that can be read, in their order, and what could not be, by line; or the first `most` cards,
    and what was wrong before.

    `first_line` is the number of the text's first line, where it is a part of something larger.
    """
    reader = _Reader()
    for number, name, line in _lines(text, first_line):
        reader.take(number, name, line)
        if len(reader.cards) == most:
            break
    reader.end()
    return reader.cards, sorted(reader.problems, key=attrgetter("line"))


# -- lines -----------------------------------------------------------------------------------------------------


def _lines(text: str, first_line: int) -> Iterator[tuple[int, str, str]]:
    """Unfold (RFC 6350, section 3.2; the soft line breaks of quoted-printable: RFC 2045, section 6.7).

    For each line where it began, its property in capitals, and all of it, which is left empty where it is not to be
    read. What is no property at all has no name.
    """
    number, name, parts, size, soft = first_line, "", [""], 0, False
    looked_at = 0
    for at, line in enumerate(_physical(text), first_line):
        edge = _EDGE.fullmatch(line) if len(line) < _LONGEST_EDGE else None
        if edge is not None:
            looked_at = 0
        looked_at += 1
        if looked_at > MAX_PHYSICAL:
            yield at, _TOO_MUCH, ""
            return
        folded = line[:1] in _FOLD and not line.isspace()
        found = None if edge or (folded and name) else _NAME.match(line)
        if edge is None and (soft or (name and (folded or _goes_on(name, line, found)))):
            size += len(line)
            if name in _READ and size <= MAX_LINE:
                parts.append("\n" + line if soft else line[1:])
            soft = line.endswith("=") and (soft or _is_quoted(parts[0]))
            continue
        if name:
            yield number, name, "".join(parts) if name in _READ and size <= MAX_LINE else ""
        name, soft = "", False
        if edge is not None:
            yield at, edge[1].upper(), line
        elif found is not None:
            number, name, parts, size = at, found[1].upper(), [line], len(line)
            soft = line.endswith("=") and _is_quoted(line)
        elif line and not line.isspace():
            yield at, "", line
    if name:
        yield number, name, "".join(parts) if name in _READ and size <= MAX_LINE else ""


def _goes_on(name: str, line: str, found: re.Match[str] | None) -> bool:
    """Whether a line that is not indented continues the one before: some write photographs so."""
    return found is None and bool(line) and name not in _READ


def _physical(text: str) -> Iterator[str]:
    """Lines without their ends, be they of Unix, Windows or an old Mac. One after another: a large text is not split
    for the sake of its first card."""
    for line in StringIO(text.removeprefix("\ufeff"), newline=None):
        yield line[:-1] if line[-1] == "\n" else line


def _is_quoted(line: str) -> bool:
    return "QUOTED-PRINTABLE" in line.partition(":")[0].upper()


def _content(line: str) -> ContentLine | None:
    """A property with its parameters and its decoded value, as vobject reads it; None if it cannot be read."""
    line = line.strip(" \t")
    header = _HEADER.match(line)
    if header is None:  # Android once wrote a label of one's own, spaces and all, where a parameter belongs
        name, _, value = line.partition(":")
        name, *parameters = name.split(";")
        return ContentLine(name, [[one] for one in parameters], value) if value else None
    properties = header.group().upper()
    charsets = properties.count("CHARSET")
    if charsets > len(_CHARSETS.findall(properties)):
        return None
    value = line[header.end() :]
    try:
        return textLineToContentLine(properties + value)
    except UnicodeDecodeError:  # Outlook does not say that its own charset is not UTF-8
        return _content(f"{properties[:-1]};CHARSET=CP1252:{value}") if not charsets else None
    except (VObjectError, LookupError, ValueError, TypeError):
        return None


# -- cards -----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Draft:
    """A card that is being read. `numbers` have the group by which a label of their own is found in `labels`."""

    line: int
    lines: int = 0
    uid: str = ""
    name: str = ""
    parts: str = ""
    nickname: str = ""
    organization: str = ""
    kind: str = ""
    numbers: list[tuple[str, str, str]] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)


class _Reader:
    """Draws a line between one card and the next, whatever is missing."""

    def __init__(self) -> None:
        self.cards: list[Card] = []
        self.problems: list[CardProblem] = []
        self._draft: _Draft | None = None
        self._inner = 0
        self._agent = False
        self._astray = False

    def take(self, number: int, name: str, line: str) -> None:
        agent, self._agent = self._agent, name == "AGENT"
        if name == _TOO_MUCH:
            self._tell(self._draft or _Draft(number), number, CardFault.TOO_LARGE)
            self._draft = None
        elif name == "BEGIN":
            self._begin(number, inner=agent or self._agent)
        elif name == "END":
            self._close(number)
        elif self._draft is None:
            if not self._astray:
                self.problems.append(CardProblem(number, CardFault.NOT_A_CARD))
            self._astray = True
        elif not self._inner and (name in _READ or not name):
            self._fill(self._draft, number, name, line)

    def end(self) -> None:
        if self._draft is not None:
            self.problems.append(CardProblem(self._draft.line, CardFault.UNFINISHED))
            self._draft = None

    def _begin(self, number: int, *, inner: bool) -> None:
        """An agent may be a whole card inside of one (vCard 2.1). Otherwise the one before was cut off."""
        self._astray = False
        if inner and self._draft is not None:
            self._inner += 1
            return
        self.end()
        self._draft, self._inner = _Draft(number), 0

    def _close(self, number: int) -> None:
        self._astray = False
        draft = self._draft
        if draft is None:
            self.problems.append(CardProblem(number, CardFault.NOT_A_CARD))
        elif self._inner:
            self._inner -= 1
        else:
            self._draft = None
            card = _card(draft)
            if len(draft.numbers) > MAX_NUMBERS:
                self._tell(draft, draft.line, CardFault.TOO_LARGE)
            if draft.kind in ("group", "location"):
                self.problems.append(CardProblem(draft.line, CardFault.GROUP))
            elif card is None:
                self.problems.append(CardProblem(draft.line, CardFault.EMPTY))
            else:
                self.cards.append(card)

    def _fill(self, draft: _Draft, number: int, name: str, line: str) -> None:
        draft.lines += 1
        if draft.lines == MAX_LINES:
            self._tell(draft, number, CardFault.TOO_LARGE)
        if draft.lines >= MAX_LINES:
            return
        content = _content(line) if name and line else None
        if content is not None:
            _FILL[name](draft, content)
        else:
            self._tell(draft, number, CardFault.TOO_LARGE if name and not line else CardFault.UNREADABLE)

    def _tell(self, draft: _Draft, number: int, fault: CardFault) -> None:
        """Once a card; somebody is to look at it, not to read a list."""
        if not self.problems or self.problems[-1].line < draft.line:
            self.problems.append(CardProblem(number, fault))


def _card(draft: _Draft) -> Card | None:
    name = draft.name or draft.parts or draft.nickname
    if not (name or draft.organization or draft.numbers):
        return None
    numbers = tuple(
        (draft.labels.get(group, label), number) for group, label, number in draft.numbers[:MAX_NUMBERS]
    )
    return Card(draft.uid, name, draft.nickname, draft.organization, numbers)


# -- properties --------------------------------------------------------------------------------------------------

_PIECES = re.compile(r"((?>[^\\;]|\\.|\\$)*)(?:;|$)", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_APPLE = re.compile(r"_\$!<(.*)>!\$_")
_KINDS = {
    "cell": "mobile",
    "mobile": "mobile",
    "iphone": "mobile",
    "fax": "fax",
    "pager": "pager",
    "home": "home",
    "work": "work",
    "main": "main",
    "car": "car",
}
"""What a number is for (RFC 6350, section 6.4.1, and Apple), the most telling first."""


def _fill_uid(draft: _Draft, line: ContentLine) -> None:
    draft.uid = line.value.strip()


def _fill_name(draft: _Draft, line: ContentLine) -> None:
    draft.name = draft.name or _plain(line.value)


def _fill_parts(draft: _Draft, line: ContentLine) -> None:
    """Family, given, further, before, behind (RFC 6350, section 6.2.2), in the order in which they are said."""
    family, given, further, before, behind = (*_pieces(line.value), "", "", "", "", "")[:5]
    draft.parts = draft.parts or " ".join(filter(None, (before, given, further, family, behind)))


def _fill_nickname(draft: _Draft, line: ContentLine) -> None:
    draft.nickname = draft.nickname or _plain(line.value)


def _fill_android(draft: _Draft, line: ContentLine) -> None:
    kind, nickname = (*_pieces(line.value), "", "")[:2]
    if kind == "vnd.android.cursor.item/nickname":
        draft.nickname = draft.nickname or nickname


def _fill_organization(draft: _Draft, line: ContentLine) -> None:
    draft.organization = draft.organization or ", ".join(filter(None, _pieces(line.value)))


def _fill_kind(draft: _Draft, line: ContentLine) -> None:
    draft.kind = line.value.strip().lower()


def _fill_label(draft: _Draft, line: ContentLine) -> None:
    label = _plain(line.value)
    built_in = _APPLE.fullmatch(label)
    if built_in:
        label = built_in[1].lower()
    if line.group:
        draft.labels.setdefault(line.group.upper(), _KINDS.get(label, label))


def _fill_number(draft: _Draft, line: ContentLine) -> None:
    number = _number(_plain(line.value))
    if number:
        draft.numbers.append(((line.group or "").upper(), _label(line), number))


def _label(line: ContentLine) -> str:
    types = [*line.singletonparams, *line.params.get("TYPE", ())]
    said = {word.strip().lower() for one in types for word in one.split(",")}
    if "fax" in said:
        return next((f"{place} fax" for place in ("home", "work") if place in said), "fax")
    label = next((label for kind, label in _KINDS.items() if kind in said), "")
    return label or next((one[2:] for one in line.singletonparams if one[:2] == "X-"), "")


def _number(value: str) -> str:
    """As written; of a `tel:` URI (RFC 3966) the number, with the context that a local one needs."""
    if value[:4].lower() != "tel:":
        return value
    number, *parameters = unquote(value[4:]).split(";")
    context = next((one[14:] for one in parameters if one.lower().startswith("phone-context=+")), "")
    return number if number.startswith("+") else context + number


_FILL = {
    "UID": _fill_uid,
    "FN": _fill_name,
    "N": _fill_parts,
    "NICKNAME": _fill_nickname,
    "X-ANDROID-CUSTOM": _fill_android,
    "ORG": _fill_organization,
    "KIND": _fill_kind,
    "X-ADDRESSBOOKSERVER-KIND": _fill_kind,
    "X-ABLABEL": _fill_label,
    "TEL": _fill_number,
}


def _plain(value: str) -> str:
    """Without escapes (RFC 6350, section 3.4); a line break is a space."""
    if "\\" in value:
        value = _ESCAPED.sub(lambda found: " " if found[1] in "nN" else found[1], value)
    return value.strip()


def _pieces(value: str) -> list[str]:
    """The parts between semicolons."""
    found = _PIECES.findall(value) if "\\" in value else value.split(";")
    return [_plain(one) for one in found]
