"""What a server signs of its mixer."""

import dataclasses
from collections.abc import Iterator

from kith.core.keys import statement
from kith.core.trust.history import u64
from kith.core.trust.mixer import LABEL, MixerPromise
from tools.vectors.calls import CALL, LAPTOP, OTHER_CALL
from tools.vectors.form import Case, b64, endpoint, fixed

SERVER = endpoint("server")


def sections() -> dict[str, list[Case]]:
    return {"mixer": list(_promises()), "mixer_invalid": list(_refused())}


def promise() -> MixerPromise:
    """To Anna's laptop, in the first epoch of a group."""
    return MixerPromise(
        CALL,
        0,
        LAPTOP.public.identity,
        fixed("certificate of the mixer"),
        fixed("certificate a"),
        fixed("nonce a"),
    )


def _promises() -> Iterator[Case]:
    first = promise()
    for name, each in (
        ("the first epoch", first),
        ("another mixer, after the first was lost", dataclasses.replace(first, epoch=1, mixer=fixed("m"))),
    ):
        yield {
            "name": name,
            **_described(each),
            "message": b64(each.message()),
            "signature": b64(each.sign(SERVER)),
        }


def _described(each: MixerPromise) -> Case:
    return {
        "server": b64(SERVER.public.identity),
        "call": each.call,
        "epoch": each.epoch,
        "identity": b64(each.identity),
        "mixer": b64(each.mixer),
        "own": b64(each.own),
        "nonce": b64(each.nonce),
    }


def _refused() -> Iterator[Case]:
    true = promise()
    signature = b64(true.sign(SERVER))
    for name, seen in altered(true):
        yield {"name": name, **_described(seen), "signature": signature, "reason": "bad_signature"}
    stranger = b64(true.sign(endpoint("mallory")))
    yield {"name": "by a stranger", **_described(true), "signature": stranger, "reason": "bad_signature"}
    own = b64(true.sign(LAPTOP))
    yield {"name": "by the endpoint itself", **_described(true), "signature": own, "reason": "bad_signature"}
    fields = (true.call.encode(), u64(true.epoch), true.identity, true.mixer, true.own, true.nonce)
    other = b64(SERVER.sign(statement(b"kith/1 session", *fields)))
    assert LABEL != b"kith/1 session"
    yield {"name": "for another purpose", **_described(true), "signature": other, "reason": "bad_signature"}
    short, change = fixed("short")[:31], dataclasses.replace
    for name, seen in (
        ("a short identity", change(true, identity=short)),
        ("a short fingerprint of the mixer", change(true, mixer=short)),
        ("a short fingerprint of the endpoint", change(true, own=short)),
        ("a short nonce", change(true, nonce=short)),
    ):
        yield {"name": name, **_described(seen), "signature": signature, "reason": "malformed"}


def altered(true: MixerPromise) -> Iterator[tuple[str, MixerPromise]]:
    """The promise with one part of it changed."""
    change = dataclasses.replace
    yield "another call", change(true, call=OTHER_CALL)
    yield "another epoch", change(true, epoch=1)
    yield "another endpoint", change(true, identity=endpoint("ben-phone").public.identity)
    yield "another mixer", change(true, mixer=fixed("m"))
    yield "another certificate of the endpoint", change(true, own=fixed("m"))
    yield "another nonce", change(true, nonce=fixed("m"))
    yield "both certificates swapped", change(true, mixer=true.own, own=true.mixer)
