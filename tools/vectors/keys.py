"""Endpoints' keys, and some that are nobody's."""

from dataclasses import replace

from kith.core.keys import PublicKeys, sealing_statement
from tools.vectors.form import Case, b64, endpoint

NAMES = ("anna-phone", "anna-laptop", "anna-tablet", "ben-phone", "ben-laptop", "kitchen", "hall", "mallory")

ORDER_8 = bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
"""A point for which anybody can make signatures."""


def sections() -> dict[str, list[Case]]:
    return {"keys": [_keys(name) for name in NAMES], "keys_invalid": list(_invalid())}


def _keys(name: str) -> Case:
    pair = endpoint(name)
    private = pair.private_bytes()
    return {
        "name": name,
        "identity_seed": b64(private[:32]),
        "sealing_private": b64(private[32:]),
        **_public(pair.public),
    }


def _public(keys: PublicKeys) -> Case:
    return {
        "identity": b64(keys.identity),
        "sealing": b64(keys.sealing),
        "sealing_signature": b64(keys.sealing_signature),
    }


def _invalid() -> list[Case]:
    anna, mallory = endpoint("anna-phone"), endpoint("mallory")
    swapped = replace(anna.public, sealing=mallory.public.sealing)
    by_another = replace(
        swapped, sealing_signature=mallory.sign(sealing_statement(swapped.identity, swapped.sealing))
    )
    for_sign_in = replace(
        anna.public, sealing_signature=anna.sign(anna.public.identity + anna.public.sealing)
    )
    neutral = b"\x01" + bytes(31)
    return [
        {"name": "another sealing key under the same signature", **_public(swapped)},
        {"name": "a sealing key signed by another identity", **_public(by_another)},
        {"name": "a signature on the bare keys, without label and lengths", **_public(for_sign_in)},
        {
            "name": "the neutral point, with the signature that fits every message",
            **_public(PublicKeys(neutral, anna.public.sealing, neutral + bytes(32))),
        },
        {"name": "a point of order 8", **_public(replace(anna.public, identity=ORDER_8))},
    ]
