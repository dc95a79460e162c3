"""The tables in docs that must agree with the code, written into the pages between their sentences.

    <!-- fields: sign_in -->    the fields of a message (by its `t`) or of a part (by its type's name)
    <!-- table: codes -->       one of TABLES

Such a line is followed by a table, which `fill` writes anew. What a field means is written by hand in the
table's last column and kept.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, get_args

import msgspec
from msgspec import inspect

from kith.core.capabilities import Capabilities
from kith.core.keys import KeyPair, sign_in_statement
from kith.core.problem import SENTENCES, Code
from kith.core.standing import DeviceStanding
from kith.core.trust.group import GroupMember, GroupRoster
from kith.core.trust.household_links import HouseholdBegin
from kith.core.trust.message import MessageEnvelope, SealedKey
from kith.core.trust.person_links import PersonBegin
from kith.directory import contacts as lists
from policy import announce, drop_in, group, message
from policy.call import RULES, Refuse, RingOut
from policy.quota import CALLS
from signaling import (
    announcements,
    books,
    call,
    contacts,
    conversation,
    discovery,
    gateway,
    granting,
    group_media,
    grouping,
    http,
    limits,
    names,
    protocol,
    session,
)
from signaling.schema import REPLIES

PARTS: tuple[type, ...] = (
    Capabilities,
    protocol.Keys,
    protocol.Resume,
    protocol.Snapshot,
    protocol.PersonView,
    protocol.EndpointView,
    protocol.EnrolledEndpoint,
    protocol.PasskeyView,
    protocol.PeerEndpoint,
    protocol.MediaView,
    protocol.CallView,
    protocol.MissedCall,
    protocol.IceServer,
    protocol.PersonIdentity,
    protocol.WaitingEndpoint,
    protocol.OngoingCall,
    protocol.NewsItem,
    protocol.OwnProfile,
    protocol.LogLine,
    protocol.LogHead,
    protocol.LiveRoom,
    protocol.LiveSeat,
    protocol.ProfileView,
    protocol.ContactView,
    protocol.ContactNumber,
    protocol.WrittenNumber,
    protocol.ImportProblem,
    protocol.NameChoice,
    protocol.MeantOne,
    protocol.BlockView,
    protocol.BookView,
    protocol.PersonGrants,
    protocol.HeardView,
    protocol.ReceiverView,
    protocol.GrantedView,
    protocol.RosterView,
    DeviceStanding,
    protocol.ChildView,
    protocol.ActivityView,
    protocol.ChildContact,
    protocol.ChildCallView,
    protocol.GroupView,
    protocol.StarterView,
    protocol.MemberView,
    protocol.PlaceView,
    GroupRoster,
    GroupMember,
    MessageEnvelope,
    SealedKey,
    protocol.Recipient,
    protocol.OwnSeal,
    protocol.MessageItem,
    protocol.OwnItem,
    protocol.ConversationView,
    protocol.HistoryEntry,
    protocol.HistoryDevice,
    protocol.HouseholdDevice,
)
_LINKS: dict[type, str] = {PersonBegin: "person link", HouseholdBegin: "household link"}
"""What docs/trust.md calls the kinds of link, by the first of them."""

_IDS = {
    "p": "person id",
    "e": "endpoint id",
    "h": "household id",
    "c": "call id",
    "s": "session id",
    "k": "contact id",
    "b": "address book id",
    "x": "block id",
    "m": "message id",
}
_MARK = re.compile(r"<!-- (fields|table): (\w+) -->\n(?:\n((?:\|.*\n)+))?")


def fill(page: str) -> str:
    """The page with its tables as the code has them."""

    def replaced(match: re.Match[str]) -> str:
        kind, name, old = match.groups()
        table = fields_table(name, _meanings(old or "")) if kind == "fields" else TABLES[name]()
        return f"<!-- {kind}: {name} -->\n\n{table}"

    return _MARK.sub(replaced, page)


def documented(page: str) -> set[str]:
    """The messages and parts that have a table on the page."""
    return {name for kind, name, _ in _MARK.findall(page) if kind == "fields"}


def unexplained(page: str) -> list[str]:
    """The fields whose meaning nobody has written."""
    return [
        f"{name}.{field}"
        for kind, name, table in _MARK.findall(page)
        if kind == "fields"
        for field, meaning in _meanings(table or "").items()
        if not meaning
    ]


def types() -> dict[str, type]:
    """Every message by its `t` and every part by its name."""
    messages = (*get_args(protocol.AnyCommand), *get_args(protocol.FromServer))
    return {tag_of(each): each for each in messages} | {part.__name__: part for part in PARTS}


# -- fields -----------------------------------------------------------------------------------------


def fields_table(name: str, meanings: dict[str, str]) -> str:
    """The table of one type; nothing but a sentence where it has no fields of its own."""
    kind = types()[name]
    envelope = _envelope(kind)
    from_endpoint = kind in protocol.COMMANDS.values() or kind in (
        Capabilities,
        DeviceStanding,
        protocol.Keys,
        protocol.Resume,
        protocol.WrittenNumber,
        GroupRoster,
        GroupMember,
        MessageEnvelope,
        SealedKey,
        protocol.OwnSeal,
    )
    rows = [
        (f"`{field.encode_name}`", _described(field, from_endpoint), meanings.get(field.encode_name, ""))
        for field in _fields(kind)
        if field.encode_name not in envelope
    ]
    return _table(("Field", "Type", "Meaning"), rows) if rows else ""


def _envelope(kind: type) -> frozenset[str]:
    """The fields that the page describes once for all messages of a kind."""
    if issubclass(kind, protocol.Command):
        return frozenset({"id", "as"})
    return frozenset(
        {"re"} if issubclass(kind, protocol.Reply) else {"seq"} if issubclass(kind, protocol.Event) else ()
    )


def _fields(kind: type) -> tuple[inspect.Field, ...]:
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    return info.fields


def _meanings(table: str) -> dict[str, str]:
    rows = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in table.splitlines()[2:]]
    return {row[0].strip("`"): row[2] for row in rows if len(row) == 3}


def _described(field: inspect.Field, from_endpoint: bool) -> str:  # noqa: FBT001 - a cell's two flavours
    kind = _kind(field.type)
    if not from_endpoint or field.required:
        return kind
    if field.default is None or field.default is msgspec.NODEFAULT or field.default == ():
        return f"{kind}, optional"
    if isinstance(field.default, str) and field.default:
        return f"{kind}, default `{field.default}`"
    if isinstance(field.default, bool):
        return f"{kind}, default {str(field.default).lower()}"
    return f"{kind}, optional"


def _kind(kind: inspect.Type) -> str:
    """The words for a type. Raises ValueError for what no message has so far."""
    match kind:
        case inspect.Metadata(type=inner):
            return _kind(inner)
        case inspect.UnionType(types=(inspect.StructType(cls=cls), inspect.StructType(), *_)) if (
            cls in _LINKS
        ):
            return _LINKS[cls]
        case inspect.UnionType(types=options):
            words = [_kind(option) for option in options if not isinstance(option, inspect.NoneType)]
            return " or ".join([*words, *(["null"] if kind.includes_none else [])])
        case inspect.StrType(pattern=str(pattern)):
            letters = re.sub(r"_.*", "", pattern).strip("^([]")
            words = [_IDS[letter] for letter in letters]
            also = [f"`{word}`" for word in ("home", "everyone") if f"|{word}" in pattern]
            return " or ".join([*words, *also])
        case inspect.StrType(min_length=low, max_length=high):
            return f"string{_span(low, high)}"
        case inspect.BytesType(min_length=low, max_length=high):
            return f"bytes{_span(low, high)}"
        case inspect.IntType(ge=low, le=high):
            return f"integer{_span(low, high)}"
        case inspect.FloatType():
            return "number"
        case inspect.BoolType():
            return "boolean"
        case inspect.EnumType(cls=cls):
            return f"{cls.__name__}"
        case inspect.LiteralType(values=values):
            return " or ".join(f"`{value}`" for value in values)
        case inspect.StructType(cls=cls):
            return cls.__name__
        case inspect.VarTupleType(item_type=item):
            return f"list of {_kind(item)}"
        case inspect.DictType():
            return "object of strings, numbers and booleans"
    raise ValueError(f"no words for {kind}")


def _span(low: int | None, high: int | None) -> str:
    if low is None and high is None:
        return ""
    if low == high:
        return f", {low}"
    high_words = "2^53-1" if high == 2**53 - 1 else str(high)
    if low is None:
        return f", up to {high_words}"
    return f", {low}-{high_words}"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = tuple(head)
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n".replace("|  |", "| |") for cells in lines)


# -- whole tables -----------------------------------------------------------------------------------


def _codes() -> str:
    rows = ((f"`{code}`", str(http.STATUS.get(code, 400)), SENTENCES[code]) for code in Code)
    return _table(("Code", "HTTP", "Meaning"), rows)


def _reasons() -> str:
    return _table(
        ("Reason", "Meaning"), ((f"`{reason}`", call.SENTENCES[reason]) for reason in call.EndReason)
    )


def _commands() -> str:
    return _table(
        ("Command", "Reply", "Before sign-in"),
        (
            (f"`{tag}`", _replies(command) or "none", "yes" if command.open else "")
            for tag, command in protocol.COMMANDS.items()
        ),
    )


def _replies(command: type[protocol.Command]) -> str:
    return " or ".join(f"`{tag_of(reply)}`" for reply in REPLIES[command])


def tag_of(message: Any) -> str:
    return str(message.__struct_config__.tag)


def _limits() -> str:
    rates = limits.Rates(0.0)
    return _table(("What", "How much", "Otherwise"), _limit_rows(rates))


def _limit_rows(rates: limits.Rates) -> Iterator[tuple[str, str, str]]:
    yield "One message", f"{protocol.MAX_FRAME} bytes", "`too_large`; above four times that, close 1009"
    yield "`signal.body`", f"{protocol.MAX_SIGNAL} bytes", "`invalid`"
    yield "From connecting to signed in", f"{conversation.SIGN_IN_TIMEOUT:g} s", "close 4003"
    yield (
        "Commands unanswered at a time",
        str(session.RETRIES),
        f"above {conversation.MAX_PENDING}, close 4008",
    )
    for name, bucket in (("Commands", rates.commands), ("`signal`", rates.signals)):
        yield f"{name} of one endpoint", f"{bucket.burst:g} at once, then {bucket.rate:g}/s", "`rate_limited`"
    rate, burst = names.QUESTIONS
    yield "`resolve_name` of one endpoint", f"{burst:g} at once, then {rate:g}/s", "`rate_limited`"
    rate, burst = granting.SETS
    yield "`set_grants` of one person", f"{burst:g} at once, then {rate:g}/s", "`rate_limited`"
    rate, burst = grouping.PLANS
    planned = f"{burst:g} at once, then {rate:g}/s"
    yield "`plan_group`, `start_group` and `ask_into_group` of one person", planned, "`rate_limited`"
    for command, (rate, burst) in (("join_group", grouping.JOINS), ("offer_mixer", group_media.OFFERS)):
        yield f"`{command}` of one endpoint", f"{burst:g} at once, then {rate:g}/s", "`rate_limited`"
    rate, burst = announcements.LISTS
    yield "`list_targets` of one endpoint", f"{burst:g} at once, then {rate:g}/s", "`rate_limited`"
    yield "Pieces of one announcement", str(protocol.MAX_PIECES), "`invalid`"
    yield "Announcements under way on the server", str(announcements.AT_ONCE), "`rate_limited`"
    yield "Groups that one household has begun, at a time", str(group.AT_A_TIME), "`group_limit`"
    yield "Endpoints in a mesh", str(group.MESH_MOST), "`group_not_available`"
    mixed = f"{group.MIXER_MOST}, or as the operator has set it"
    yield "Endpoints in a group that is mixed", mixed, "`group_not_available`"
    rate, burst = names.NEW_NAMES
    told = f"{burst:g} at once, then {rate * 86_400:g} a day"
    yield "New names of contacts that a household's shared endpoints are told", told, "`rate_limited`"
    for name, (rate, burst) in (("link_book", books.LINKS), ("sync_book", books.LOOKS)):
        yield f"`{name}` of one person", f"{burst:g} at once, then {rate * 60:g} a minute", "`rate_limited`"
    yield "Contacts of one person", str(lists.MAX_CONTACTS), "`contact_limit`"
    yield "`import_contacts.text`", f"{protocol.MAX_CARDS} signs", "`invalid`"
    yield (
        "Numbers of one person's contacts by which somebody may be reached",
        f"{lists.MAX_LOOKED_UP}, and {lists.KEPT_FOR_BY_HAND} more of those added by hand",
        "the others reach nobody",
    )
    rate, burst = contacts.PARTS
    yield "`import_contacts` of one person", f"{burst:g} at once, then {rate:g}/s", "`rate_limited`"
    yield "New numbers looked up for one person", f"{discovery.BUDGET} a day", "the others wait"
    yield "Events unacked", f"{session.MAX_EVENTS}, or {session.MAX_BYTES // 1024} KiB", "close 4009"
    problems = f"{conversation.MAX_PROBLEMS} at once, then {conversation.PROBLEMS_RATE:g}/s"
    yield "Problems on one connection", problems, "close 4008"
    yield (
        "Silence on a connection",
        f"{(gateway.PING_AFTER + 1) * gateway.PING_INTERVAL:g} s without so much as a pong",
        "dropped",
    )


def _timers() -> str:
    rows = (
        ("A call rings", call.RING_TIMEOUT, "`no_answer`"),
        ("From answer to media on both sides", call.CONNECT_TIMEOUT, "`connect_failed`"),
        ("From loss of media to media on both sides", call.RECOVERY_TIMEOUT, "`lost`"),
        ("Signaling may be away", call.GRACE, "`lost`; `cancelled` for the caller of a ringing call"),
        ("From answer to end, at most; the operator may set another time", call.LONGEST, "`time_limit`"),
    )
    return _table(
        ("What", "Seconds", "Ends as"), ((what, f"{seconds:g}", end) for what, seconds, end in rows)
    )


def _rules() -> str:
    words = {Refuse: "Refused", RingOut: "Rings out"}
    rows = ((f"`{rule.reason}`", rule.sentence, words[rule.verdict]) for rule in RULES)
    return _table(("Reason", "When", "Then"), rows)


def _drop_ins() -> str:
    rows = (
        (f"`{rule.reason}`", rule.sentence, f"`{rule.told or drop_in.Told.NOT_PERMITTED}`")
        for rule in drop_in.RULES
    )
    return _table(("Reason", "When", "The caller learns"), rows)


def _announcements() -> str:
    rows = ((f"`{rule.reason}`", rule.sentence) for rule in announce.RULES)
    return _table(("Reason", "Refused when"), rows)


def _skips() -> str:
    return _table(("Reason", "Silent when"), ((f"`{rule.skip}`", rule.sentence) for rule in announce.SKIPS))


def _announce_quotas() -> str:
    spans = {60.0: "a minute", 3_600.0: "an hour", 86_400.0: "a day"}
    rows = ((f"Announcements within {spans[one.span]}", str(one.most)) for one in announce.ANNOUNCEMENTS)
    return _table(("What", "At most"), rows)


def _messages() -> str:
    words = {message.Refuse: "Refused", message.Withhold: "Withheld"}
    rows = ((f"`{rule.reason}`", rule.sentence, words[rule.verdict]) for rule in message.RULES)
    return _table(("Reason", "When", "Then"), rows)


def _quotas() -> str:
    rows = (
        ("Calls within an hour", str(CALLS[0].most), "`--calls-an-hour`"),
        ("Calls within a day", str(CALLS[1].most), "`--calls-a-day`"),
    )
    return _table(("What", "At most", "Set by"), rows)


def _message_quotas() -> str:
    minute, day = message.MESSAGES
    rows = (
        ("Messages within a minute", str(minute.most)),
        ("Messages within a day (UTC)", str(day.most)),
        (
            "Of these, to persons who neither have the sender among their contacts nor live with them",
            str(message.TO_STRANGERS.most),
        ),
        ("Of contents and recordings within a day (UTC)", f"{message.BYTES.most >> 20} MiB"),
    )
    return _table(("What one person may send", "At most"), rows)


EXAMPLE_KEY = bytes(range(64))
EXAMPLE_SERVER = bytes(range(0x40, 0x60))
EXAMPLE_ORIGIN = "https://kith.local:8443"
EXAMPLE_NONCE = bytes(range(0x80, 0x90))
EXAMPLE_ENDPOINT = "e_0123456789abcdefghjk"


def _example() -> str:
    """A sign-in from fixed keys."""
    pair = KeyPair.from_private_bytes(EXAMPLE_KEY)
    message = sign_in_statement(EXAMPLE_SERVER, EXAMPLE_ORIGIN, EXAMPLE_NONCE, EXAMPLE_ENDPOINT)
    rows = (
        ("private key (Ed25519 seed)", EXAMPLE_KEY[:32].hex()),
        ("public key", pair.public.identity.hex()),
        ("server's key, from `hello`", EXAMPLE_SERVER.hex()),
        ("origin", EXAMPLE_ORIGIN),
        ("nonce, from `hello`", EXAMPLE_NONCE.hex()),
        ("endpoint", EXAMPLE_ENDPOINT),
        ("statement", message.hex()),
        ("signature", pair.sign(message).hex()),
    )
    return _table(("Part", "Value, bytes in hex"), ((part, f"`{value}`") for part, value in rows))


TABLES: dict[str, Callable[[], str]] = {
    "announce_quotas": _announce_quotas,
    "announcements": _announcements,
    "codes": _codes,
    "commands": _commands,
    "drop_ins": _drop_ins,
    "example": _example,
    "limits": _limits,
    "message_quotas": _message_quotas,
    "messages": _messages,
    "quotas": _quotas,
    "reasons": _reasons,
    "rules": _rules,
    "skips": _skips,
    "timers": _timers,
}
