"""Becoming an endpoint of a server: the three open commands, over HTTP.

Each takes the key pair that the endpoint will sign in with and gives the server's reply, which holds the
endpoint's id and the server's identity key: keep both, the key is pinned from then on.
"""

import secrets
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import aiohttp
import msgspec

from kith.core.capabilities import Capabilities
from kith.core.ids import new_secret
from kith.core.keys import KeyPair
from kith.core.problem import Code, Problem
from kith.core.trust import person_write
from kith.core.trust.history import Known
from kith.core.trust.person import replay
from kith.core.trust.person_links import PersonBegin
from kith.core.trust.recovery import SEED, RecoveryKey
from kith.endpoint.dialling import origin_of
from signaling.protocol import (
    AnyReply,
    Command,
    EnrolTest,
    Keys,
    Pair,
    Paired,
    ProblemReply,
    SignedUp,
    SignUp,
)

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Begun:
    """A new person. `recovery` is to be printed, and is nowhere else: with it they start again when every endpoint
    is lost. `known` is their chain, to be remembered (kith.endpoint.memory)."""

    signed_up: SignedUp
    recovery: str = field(repr=False)
    known: Known


@dataclass(frozen=True, slots=True)
class Enlisted:
    """One more endpoint. `known` is the chain of its person, where that begins with it: a child's first device, which
    nobody has to sign for. No paper brings that chain back; a parent makes another code."""

    paired: Paired
    known: Known | None


_replies = msgspec.json.Decoder(AnyReply)


def public_keys(keys: KeyPair) -> Keys:
    """The public half as it goes over the wire."""
    return Keys(
        identity=keys.public.identity,
        sealing=keys.public.sealing,
        sealing_signature=keys.public.sealing_signature,
    )


async def post(
    http: aiohttp.ClientSession, server: str, command: Command, *, tls: ssl.SSLContext | None = None
) -> AnyReply:
    """Carry out one command over HTTP. Raises Problem, or aiohttp.ClientError if the server cannot be reached."""
    body = msgspec.to_builtins(command)
    kind = body.pop("t")
    async with http.post(
        f"{origin_of(server)}/v1/{kind}",
        data=msgspec.json.encode(body),
        headers={"Content-Type": "application/json"},
        ssl=True if tls is None else tls,
    ) as response:
        data = await response.read()
    try:
        reply: AnyReply = _replies.decode(data)
    except msgspec.DecodeError:
        raise Problem(Code.MALFORMED) from None
    if isinstance(reply, ProblemReply):
        raise Problem(reply.code, path=reply.path, data=reply.data)
    return reply


async def pair(
    http: aiohttp.ClientSession,
    server: str,
    code: str,
    *,
    keys: KeyPair,
    name: str,
    capabilities: Capabilities,
    tls: ssl.SSLContext | None = None,
) -> Enlisted:
    """Enrol with the short code that an adult of the household was shown."""
    link = _begin(keys, RecoveryKey(secrets.token_bytes(SEED)))
    command = Pair(
        id=new_secret(), code=code, keys=public_keys(keys), name=name, capabilities=capabilities, link=link
    )
    paired = _expect(Paired, await post(http, server, command, tls=tls))
    return Enlisted(paired, _known(link) if paired.begun else None)


async def sign_up(
    http: aiohttp.ClientSession,
    server: str,
    *,
    secret: str | None,
    keys: KeyPair,
    name: str,
    mobile: str,
    device_name: str,
    guidelines: int,
    profile: str | None = None,
    capabilities: Capabilities,
    tls: ssl.SSLContext | None = None,
) -> Begun:
    """Become a person, by an invitation's `secret` or where sign-up is open. The mobile number is verified later.

    `guidelines` is the version of the usage guidelines that the person has read and accepts (kith.core.guidelines);
    `profile` which of the household's saved profiles they are, None for somebody else.
    """
    recovery = RecoveryKey(secrets.token_bytes(SEED))
    link = _begin(keys, recovery)
    command = SignUp(
        id=new_secret(),
        name=name,
        mobile=mobile,
        keys=public_keys(keys),
        device_name=device_name,
        guidelines=guidelines,
        secret=secret,
        profile=profile,
        capabilities=capabilities,
        link=link,
    )
    reply = _expect(SignedUp, await post(http, server, command, tls=tls))
    return Begun(reply, recovery.text(), _known(link))


async def enrol_test(
    http: aiohttp.ClientSession,
    server: str,
    *,
    keys: KeyPair,
    household: str,
    person: str,
    device_name: str,
    shared: bool = False,
    knows: Sequence[str] = (),
    capabilities: Capabilities | None = None,
    tls: ssl.SSLContext | None = None,
) -> Paired:
    """Enrol a load generator's endpoint; only a server for tests admits it."""
    command = EnrolTest(
        id=new_secret(),
        household=household,
        person=person,
        keys=public_keys(keys),
        device_name=device_name,
        shared=shared,
        knows=tuple(knows),
        capabilities=capabilities or Capabilities(),
    )
    return _expect(Paired, await post(http, server, command, tls=tls))


def _begin(keys: KeyPair, recovery: RecoveryKey) -> PersonBegin:
    return person_write.begin(keys, recovery.public, time=int(time.time()))


def _known(link: PersonBegin) -> Known:
    chain = replay([link])
    return Known(chain.root, chain.point.version, chain.point.head)


def _expect(kind: type[R], reply: AnyReply) -> R:
    if not isinstance(reply, kind):
        raise Problem(Code.MALFORMED)
    return reply
