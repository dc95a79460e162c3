"""What is sealed and signed between the two endpoints of a call."""

import dataclasses
from collections.abc import Iterator

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kith.core.keys import KeyPair, statement
from kith.core.trust import seal
from kith.core.trust.history import u64
from kith.core.trust.person import replay
from kith.core.trust.person_write import begin
from kith.core.trust.seal import Sealer
from kith.core.trust.session import Party, Role, Session
from tools.vectors.form import Case, b64, endpoint, fixed, printed
from tools.vectors.person import START, anna

CALL = "c_0123456789abcdefghjk"
OTHER_CALL = "c_kjhgfedcba9876543210"
LAPTOP, BEN = endpoint("anna-laptop"), endpoint("ben-phone")
TEXT = b'{"v":2,"kind":"candidate","candidate":null}'


def sections() -> dict[str, list[Case]]:
    return {
        "seal": list(_sealed()),
        "seal_invalid": list(_unreadable()),
        "session": list(_sessions()),
        "session_invalid": list(_refused()),
        "fingerprint": [
            {"name": name, "sdp": sdp, "fingerprint": b64(bytes.fromhex(HEX.replace(":", "")))}
            for name, sdp in FINGERPRINTS.items()
        ],
        "fingerprint_invalid": [{"name": name, "sdp": sdp} for name, sdp in NO_FINGERPRINTS.items()],
    }


# -- sealing ----------------------------------------------------------------------------------------


def _sealed() -> Iterator[Case]:
    about = (
        ("call", CALL, 0, TEXT),
        ("call", CALL, 1, b""),
        ("drop_in", OTHER_CALL, 65_535, bytes(range(256))),
    )
    for kind, call, epoch, plaintext in about:
        for sender, receiver in (("anna-laptop", "ben-phone"), ("ben-phone", "anna-laptop")):
            own, peer = endpoint(sender), endpoint(receiver)
            nonce = fixed(f"{sender} {epoch}")[:12]
            shared = own.agree(peer.public.sealing)
            sealed = Sealer(own, peer.public, kind=kind, call=call, epoch=epoch).seal(plaintext, nonce)
            yield {
                "name": f"{kind} {epoch}, {sender} to {receiver}",
                **_between(kind, call, epoch, sender, receiver),
                "shared": b64(shared),
                "key": b64(_key(shared, (kind.encode(), call.encode(), u64(epoch)), own, peer)),
                "nonce": b64(nonce),
                "plaintext": b64(plaintext),
                "sealed": b64(sealed),
            }


def _between(kind: str, call: str, epoch: int, sender: str, receiver: str) -> Case:
    return {"kind": kind, "call": call, "epoch": epoch, "sender": sender, "receiver": receiver}


def _key(shared: bytes, about: tuple[bytes, ...], sender: KeyPair, receiver: KeyPair) -> bytes:
    """As docs/trust.md says it, so that the vectors do not only repeat what the code does."""
    ends = (
        sender.public.identity,
        receiver.public.identity,
        sender.public.sealing,
        receiver.public.sealing,
    )
    return HKDF(SHA256(), 32, salt=b"", info=statement(b"kith/1 signal-key", *about, *ends)).derive(shared)


def _unreadable() -> Iterator[Case]:
    def sealed_by(own: KeyPair, peer: KeyPair, kind: str = "call", call: str = CALL, epoch: int = 0) -> bytes:
        return Sealer(own, peer.public, kind=kind, call=call, epoch=epoch).seal(TEXT, fixed("nonce")[:12])

    good = sealed_by(LAPTOP, BEN)
    cases = {
        "of another kind": sealed_by(LAPTOP, BEN, kind="drop_in"),
        "of another call": sealed_by(LAPTOP, BEN, call=OTHER_CALL),
        "of another epoch": sealed_by(LAPTOP, BEN, epoch=1),
        "the receiver's own, sent back": sealed_by(BEN, LAPTOP),
        "by a stranger": sealed_by(endpoint("mallory"), BEN),
        "to a stranger": sealed_by(LAPTOP, endpoint("mallory")),
        "another format": b"\x02" + good[1:],
        "a bit of the nonce is flipped": good[:1] + bytes([good[1] ^ 1]) + good[2:],
        "a bit of the text is flipped": good[:20] + bytes([good[20] ^ 1]) + good[21:],
        "a bit of the tag is flipped": good[:-1] + bytes([good[-1] ^ 1]),
        "cut short": good[:-1],
        "too short to be any": good[:28],
        "nothing": b"",
        "too long": b"\x01" + bytes(12 + seal.MAX_PLAINTEXT + 1 + 16),
    }
    for name, sealed in cases.items():
        yield {"name": name, **_between("call", CALL, 0, "anna-laptop", "ben-phone"), "sealed": b64(sealed)}


# -- the session transcript -------------------------------------------------------------------------


def session() -> Session:
    """Anna's laptop calls Ben's phone."""
    caller, callee = replay(anna()), replay([begin(BEN, printed("ben").public, time=START)])
    return Session(
        "call",
        CALL,
        0,
        Party(caller.root, caller.point, LAPTOP.public.identity, fixed("certificate a"), fixed("nonce a")),
        Party(callee.root, callee.point, BEN.public.identity, fixed("certificate b"), fixed("nonce b")),
    )


def _sessions() -> Iterator[Case]:
    plain = session()
    for name, each in (
        ("a call", plain),
        ("a drop in, after the network changed", dataclasses.replace(plain, kind="drop_in", epoch=3)),
        ("two in a group", dataclasses.replace(plain, kind="group_call", call=OTHER_CALL)),
        ("two in a group that drops in", dataclasses.replace(plain, kind="group_drop_in", call=OTHER_CALL)),
    ):
        yield {
            "name": name,
            **_described(each),
            "caller_transcript": b64(each.transcript("caller")),
            "callee_transcript": b64(each.transcript("callee")),
            "caller_signature": b64(LAPTOP.sign(each.transcript("caller"))),
            "callee_signature": b64(BEN.sign(each.transcript("callee"))),
        }


def _described(each: Session) -> Case:
    return {
        "kind": each.kind,
        "call": each.call,
        "epoch": each.epoch,
        "caller": _party(each.caller, "anna-laptop"),
        "callee": _party(each.callee, "ben-phone"),
    }


def _party(party: Party, keys: str) -> Case:
    return {
        "root": b64(party.root),
        "version": party.point.version,
        "head": b64(party.point.head),
        "identity": b64(party.identity),
        "fingerprint": b64(party.fingerprint),
        "nonce": b64(party.nonce),
        "keys": keys,
    }


def _refused() -> Iterator[Case]:
    true = session()
    for name, seen in altered(true):
        for role, signer in (("caller", LAPTOP), ("callee", BEN)):
            signature = signer.sign(true.transcript("caller" if role == "caller" else "callee"))
            yield {"name": f"{name}, {role}", **_described(seen), "role": role, "signature": b64(signature)}
    crossed: tuple[tuple[Role, KeyPair, Role], ...] = (
        ("caller", LAPTOP, "callee"),
        ("callee", BEN, "caller"),
    )
    for role, signer, signed_as in crossed:
        signature = signer.sign(true.transcript(signed_as))
        name = f"the {role} signed as the {signed_as}"
        yield {"name": name, **_described(true), "role": role, "signature": b64(signature)}


def altered(true: Session) -> Iterator[tuple[str, Session]]:
    """The session as a forged server would have one side see it."""
    change = dataclasses.replace
    stale = dataclasses.replace(true.caller.point, version=true.caller.point.version - 1)
    fork = dataclasses.replace(true.caller.point, head=fixed("fork"))
    yield "another kind", change(true, kind="drop_in")
    yield "another call", change(true, call=OTHER_CALL)
    yield "another epoch", change(true, epoch=1)
    yield (
        "another certificate of the caller",
        change(true, caller=change(true.caller, fingerprint=fixed("m"))),
    )
    yield (
        "another certificate of the callee",
        change(true, callee=change(true.callee, fingerprint=fixed("m"))),
    )
    yield "another nonce of the caller", change(true, caller=change(true.caller, nonce=fixed("m")))
    yield "another nonce of the callee", change(true, callee=change(true.callee, nonce=fixed("m")))
    yield "another person calls", change(true, caller=change(true.caller, root=fixed("m")))
    yield "another person is called", change(true, callee=change(true.callee, root=fixed("m")))
    yield "an older chain of the caller", change(true, caller=change(true.caller, point=stale))
    yield "a forked chain of the caller", change(true, caller=change(true.caller, point=fork))
    yield "both ends swapped", change(true, caller=true.callee, callee=true.caller)


# -- fingerprints -----------------------------------------------------------------------------------

HEX = ":".join(f"{byte:02X}" for byte in fixed("certificate a"))
_LINE = f"a=fingerprint:sha-256 {HEX}"
_HEAD = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
_AUDIO = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=setup:actpass\r\n"
_OTHER = "a=fingerprint:sha-256 " + ":".join(f"{byte:02X}" for byte in fixed("certificate b"))

FINGERPRINTS = {
    "for the whole session": f"{_HEAD}{_LINE}\r\n{_AUDIO}",
    "for each part": f"{_HEAD}{_AUDIO}{_LINE}\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n{_LINE}\r\n",
    "in small letters, with bare line feeds": f"{_HEAD}{_AUDIO}{_LINE}\r\n".replace("\r\n", "\n").replace(
        HEX, HEX.lower()
    ),
}
NO_FINGERPRINTS = {
    "none": _HEAD + _AUDIO,
    "nothing at all": "",
    "two that differ": f"{_HEAD}{_LINE}\r\n{_AUDIO}{_OTHER}\r\n",
    "another hash": f"{_HEAD}a=fingerprint:sha-1 {HEX[:59]}\r\n{_AUDIO}",
    "another hash beside it": f"{_HEAD}{_LINE}\r\na=fingerprint:sha-512 {HEX}:{HEX}\r\n",
    "a byte too few": f"{_HEAD}a=fingerprint:sha-256 {HEX[:-3]}\r\n",
    "a byte too many": f"{_HEAD}{_LINE}:00\r\n",
    "not hex": f"{_HEAD}{_LINE[:-1]}g\r\n",
    "more after it": f"{_HEAD}{_LINE} x\r\n",
    "another way of writing it, which others may read": f"{_HEAD}{_LINE}\r\nA=Fingerprint:sha-256 {HEX}\r\n",
    "indented": f"{_HEAD}{_LINE}\r\n {_OTHER}\r\n",
    "after a bare carriage return": f"{_HEAD}{_LINE}\r{_OTHER}\r\n",
}
