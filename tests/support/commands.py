"""One good example of every command, to be made wrong in every way."""

from typing import Any, get_args

import msgspec

from signaling import protocol

COMMANDS: tuple[type[protocol.Command], ...] = get_args(protocol.AnyCommand)

KEYS = {"identity": b"i" * 32, "sealing": b"s" * 32, "sealing_signature": b"g" * 64}
_GRANTS = {
    "person": b"r" * 32,
    "person_version": 0,
    "person_head": b"r" * 32,
    "version": 0,
    "time": 1,
    "signer": b"i" * 32,
    "signature": b"g" * 64,
}
_GROUP = {
    "call": "c_" + "1" * 20,
    "kind": "call",
    "path": "mesh",
    "starter": b"r" * 32,
    "version": 0,
    "invited": [b"r" * 32],
    "members": [{"identity": b"i" * 32, "root": b"r" * 32, "order": 0}],
    "time": 1,
    "signer": b"i" * 32,
    "signature": b"g" * 64,
}
_RECEIPT = {
    "person": b"r" * 32,
    "version": 0,
    "hash": b"h" * 32,
    "time": 1,
    "identity": b"i" * 32,
    "signature": b"g" * 64,
}
ENVELOPE = {
    "id": "m_" + "1" * 20,
    "kind": "message",
    "person": "p_" + "1" * 20,
    "root": b"r" * 32,
    "version": 0,
    "head": b"r" * 32,
    "endpoint": "e_" + "1" * 20,
    "identity": b"i" * 32,
    "to_root": b"t" * 32,
    "sent": 1,
    "ciphertext": b"c" * 29,
    "signature": b"g" * 64,
}
LINE = {
    "entry": {
        "owner": "p_" + "1" * 20,
        "number": 0,
        "previous": b"h" * 32,
        "time": 1,
        "payload_hash": b"h" * 32,
        "writer": b"i" * 32,
        "signature": b"g" * 64,
    },
    "payload": b"{}",
}
_FILL: dict[str, Any] = {
    "id": "1",
    "language": "en",
    "as": "p_" + "1" * 20,
    "endpoint": "e_" + "1" * 20,
    "nonce": b"n" * 16,
    "link": None,
    "links": [],
    "persons": ["p_" + "1" * 20],
    "recovery": b"r" * 32,
    "delegations": {
        "person": b"r" * 32,
        "person_version": 0,
        "person_head": b"r" * 32,
        "version": 0,
        "time": 1,
        "endpoints": [b"e" * 32],
        "signer": b"i" * 32,
        "signature": b"g" * 64,
    },
    "signature": b"g" * 64,
    "credential": b"k" * 32,
    "client_data": b"{}",
    "authenticator_data": b"a" * 37,
    "attestation": b"o" * 64,
    "handle": b"p_" + b"1" * 20,
    "capabilities": {},
    "resume": {"session": "s_" + "1" * 20, "seq": 1},
    "secret": "s" * 22,
    "name": "Mum",
    "mobile": "+12025550123",
    "keys": KEYS,
    "device_name": "Phone",
    "guidelines": 1,
    "version": 1,
    "profile": "p_" + "1" * 20,
    "code": "123456",
    "household": "Home",
    "person": "Mum",
    "shared": False,
    "knows": ["p_" + "1" * 20],
    "seq": 1,
    "up_to": 1,
    "how": "resume",
    "kind": "motion",
    "call": "c_" + "1" * 20,
    "message": "m_" + "1" * 20,
    "item": "m_" + "1" * 20,
    "index": 0,
    "segments": 0,
    "after": 0,
    "most": 50,
    "upto": 1,
    "topic": "transcript",
    "items": [{"endpoint": "e_" + "1" * 20, "body": b"b" * 29}],
    "key": b"k" * 32,
    "envelope": ENVELOPE,
    "announcement": "m_" + "1" * 20,
    "to": "p_" + "1" * 20,
    "video": True,
    "epoch": 0,
    "why": "spam",
    "block": "x_" + "1" * 20,
    "body": b"b" * 29,
    "audio": True,
    "hardware_muted": False,
    "since": 0,
    "contact": "k_" + "1" * 20,
    "nickname": "Mama",
    "organization": "Bakery",
    "numbers": [{"label": "mobile", "number": "+12025550123"}],
    "number": "+12025550123",
    "allowed": True,
    "text": "BEGIN:VCARD\nVERSION:3.0\nFN:Mum\nEND:VCARD\n",
    "first_line": 1,
    "region": "GB",
    "label": "mobile",
    "url": "https://dav.example/mum/",
    "account": "mum",
    "password": "p",
    "acknowledged": 1,
    "child": "p_" + "2" * 20,
    "calling": True,
    "messaging": True,
    "drop_in": True,
    "drop_in_home": False,
    "contacts": ["p_" + "1" * 20],
    "book": "b_" + "1" * 20,
    "grants": _GRANTS,
    "receipts": [_RECEIPT],
    "path": "mesh",
    "roster": _GROUP,
    "sdp": "v=0",
    "up": True,
    "with": "e_" + "1" * 20,
    "standing": {"quiet": True, "ready": True},
    "households": [b"r" * 32],
    "owner": "p_" + "1" * 20,
    "writer": b"i" * 32,
    "first": 0,
    "before": 7,
    "limit": 32,
    "line": LINE,
    "lines": [LINE],
    "p256dh": b"\x04" + b"k" * 64,
    "auth": b"a" * 16,
    "ref": "c_" + "1" * 20,
    "entry": 7,
    "until": 2,
    "all": True,
    "months": 3,
}


ALL_DEFAULTS = ("capabilities", "standing")
"""Fields whose values are all defaults where nothing is known of them: an object with other fields is right."""


def takes_fractions(field: Any) -> bool:
    """Whether a number that is not whole is right there. `field` is of msgspec."""
    return "float" in str(field.type)


def plain(message: Any, *, text: bool) -> Any:
    """The message as dicts, lists and scalars; bytes stay bytes unless it is for text."""
    return msgspec.to_builtins(message, builtin_types=() if text else (bytes,))


def _example(kind: type[protocol.Command]) -> protocol.Command:
    fill = {field.encode_name: _FILL[field.encode_name] for field in msgspec.structs.fields(kind)}
    if kind is protocol.Invite:
        fill["household"] = True  # elsewhere it is a name
    if kind is protocol.DeleteLog:
        fill["numbers"] = [1]  # elsewhere they are of phones
    if kind in (protocol.Block, protocol.ReportPerson):
        fill["person"] = "p_" + "1" * 20  # elsewhere it is a name
    if kind is protocol.Announce:
        fill["to"] = ["e_" + "1" * 20]  # elsewhere it is one
    if kind in (protocol.SendMessage, protocol.Announce):
        fill["keys"] = [{"endpoint": "e_" + "1" * 20, "key": b"k" * 61}]  # elsewhere they are an endpoint's
    if kind in (protocol.MarkRead, protocol.RemoveConversation):
        fill["with"] = "p_" + "1" * 20  # elsewhere it is an endpoint
    if kind is protocol.HangUp:
        fill["why"] = "done"  # elsewhere it is why somebody is reported
    if kind in (protocol.PlanGroup, protocol.StartGroup, protocol.AskIntoGroup):
        fill["to"] = ["p_" + "1" * 20]  # elsewhere it is one
    if kind in (protocol.PlanGroup, protocol.StartGroup):
        fill["kind"] = "call"  # elsewhere it is what was noticed
    if kind is protocol.LeaveGroup:
        fill["why"] = "done"
    if kind is protocol.DeclineGroup:
        fill["why"] = "busy"
    if kind is protocol.OfferMixer:
        fill["nonce"] = b"n" * 32
    if kind in (protocol.PairingSignal, protocol.SignalGroup):
        fill["to"] = "e_" + "1" * 20  # elsewhere it may be a person
    link = {"version": 1, "previous": b"h" * 32, "time": 1, "signer": b"i" * 32, "signature": b"g" * 64}
    if kind is protocol.ExtendPerson:
        fill["links"] = [{"action": "remove", "identity": b"o" * 32, **link}]
    if kind is protocol.ExtendHousehold:
        fill["links"] = [
            {"action": "confirm", "person": b"r" * 32, "person_version": 0, "person_head": b"h" * 32, **link}
        ]
    if kind is protocol.BeginAnew:
        fill["link"] = {"action": "begin", **KEYS, "recovery": b"n" * 32, **link}
    if kind is protocol.Recover:
        fill["link"] = {"action": "recover", **KEYS, "recovery": b"n" * 32, **link}
    return msgspec.convert(fill, kind)


EXAMPLES = {kind: _example(kind) for kind in COMMANDS}


def example(kind: type[protocol.Command], *, text: bool = False) -> dict[str, Any]:
    """A whole command of this kind as a dictionary, with bytes as base64 for `text`."""
    return dict(plain(EXAMPLES[kind], text=text))
