"""The other end of a call, written from docs/trust.md alone, and not bound to be honest.

    far = FarEnd(phone, keys=bobs, speaks=(root, point), victim=annas)
    await far.ring(anna); await far.talk(); assert far.counts.media

It believes whatever it is told, says what it likes, and counts what reaches its sockets by the first byte of each
datagram (RFC 7983): that is what left the endpoint at the other end, which knows no other address to send to.
"""

import asyncio
import base64
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from aiortc import (
    AudioStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.sdp import candidate_from_sdp

from kith.core.keys import KeyPair, PublicKeys
from kith.core.trust.fingerprint import fingerprint_of
from kith.core.trust.history import Point
from kith.core.trust.seal import Sealer
from kith.core.trust.session import Kind, Party, Role, Session
from kith.core.trust.untrusted import Untrusted
from kith.endpoint import aiortc_hooks, sdp
from tests.support.wire import Closed, Endpoint

Said = dict[str, Any]

GENEROUS = 15.0


@dataclass
class Counts:
    """Datagrams that came, by what they are."""

    stun: int = 0
    dtls: int = 0
    media: int = 0
    """RTP and RTCP, both encrypted: what an endpoint says once it says anything."""
    captured: int = 0
    """RTP alone: sound and picture."""
    first: float | None = None
    """When the first of these came, on the loop's clock."""

    def note(self, datagram: bytes) -> None:
        first = datagram[0] if datagram else 0
        self.stun += first < 4
        self.dtls += 20 <= first < 64
        media = 128 <= first < 192
        self.media += media
        if media and not 192 <= datagram[1] < 224:  # RFC 5761, section 4
            self.captured += 1
            self.first = self.first or asyncio.get_running_loop().time()


class FarEnd:
    """One call, over the signed-in `wire`. `keys` seal and sign; `speaks` is root and point that they sign."""

    def __init__(
        self,
        wire: Endpoint,
        *,
        keys: KeyPair,
        speaks: tuple[bytes, Point],
        victim: PublicKeys,
        call: str,
        kind: Kind = "call",
        sealed: bool = True,
        epoch: int = 0,
        mute: bool = False,
    ) -> None:
        """`kind` is what it takes the call for; not `sealed`, it speaks as endpoints did before they sealed. `mute`: it
        answers nothing."""
        aiortc_hooks.allow_loopback_when_alone()
        self.counts = Counts()
        self.heard: list[Said] = []
        """Everything that the victim sealed to `keys`."""
        self.sent: list[bytes] = []
        """Every body that left, as it left."""
        self.call = call
        self._wire = wire
        self._keys = keys
        self._speaks = speaks
        self._victim = victim
        self._kind: Kind = kind
        self._sealed = sealed
        self._epoch = epoch
        self._mute = mute
        self._sealer = Sealer(keys, victim, kind=kind, call=call, epoch=epoch)
        self._nonce = os.urandom(32)
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._role: Role = "callee"
        self._grown = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._worker = asyncio.create_task(self._listen())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._worker is not None
        self._worker.cancel()
        await asyncio.wait([self._worker])
        await self._pc.close()

    # -- what it does ---------------------------------------------------------------------------------

    async def offer(self) -> None:
        """Begin, as the caller's side does."""
        self._role = "caller"
        self._pc.addTrack(AudioStreamTrack())
        await self._pc.setLocalDescription(await self._pc.createOffer())
        self._watch()
        await self._say(self._description("offer"))

    async def replay(self, bodies: list[bytes]) -> None:
        """Send these bytes again, as the server has kept them."""
        for body in bodies:
            await self._signal(body)

    async def media(self, datagrams: int = 20) -> None:
        """Wait until so much more has come."""
        enough = self.counts.media + datagrams
        async with asyncio.timeout(GENEROUS):
            while self.counts.media < enough:
                self._grown.clear()
                await self._grown.wait()

    async def nothing_for(self, seconds: float) -> bool:
        """Whether no more media comes for so long."""
        try:
            async with asyncio.timeout(seconds):
                await self.media(1)
        except TimeoutError:
            return True
        return False

    # -- what it hears --------------------------------------------------------------------------------

    async def _listen(self) -> None:
        while True:
            try:
                signal = await self._wire.event("signalled", call=self.call, epoch=self._epoch)
            except (Closed, TimeoutError):
                return
            said = self._read(signal["body"])
            if said is not None:
                self.heard.append(said)
                if not self._mute:
                    await self._answer(said)
                self._grown.set()
            elif self._mute:
                continue
            elif self._role == "callee" and not self.sent:
                await self._answer_blindly()

    def _read(self, body: bytes) -> Said | None:
        """None for what was sealed to somebody else, or for another kind of call."""
        try:
            return dict(json.loads(self._sealer.open(body)))
        except Untrusted:
            return None

    async def _answer(self, said: Said) -> None:
        if said["kind"] == "candidate":
            await self._reach(said["candidate"])
        elif said.get("type") == "offer":
            await self._pc.setRemoteDescription(RTCSessionDescription(said["sdp"], "offer"))
            self._pc.addTrack(AudioStreamTrack())
            await self._pc.setLocalDescription(await self._pc.createAnswer())
            self._watch()
            await self._say(self._description("answer"))
        elif said.get("type") == "answer":
            await self._say({"v": 2, "kind": "confirm", "signature": self._sign(said)})
            await self._pc.setRemoteDescription(RTCSessionDescription(said["sdp"], "answer"))

    async def _answer_blindly(self) -> None:
        """Answer an offer that cannot be read."""
        other = RTCPeerConnection()
        other.addTrack(AudioStreamTrack())
        await other.setLocalDescription(await other.createOffer())
        offered = {
            "v": 2,
            "kind": "description",
            "type": "offer",
            "sdp": sdp.tidy(other.localDescription.sdp),
        }
        await other.close()
        unknown = base64.b64encode(bytes(32)).decode()
        self.heard.append({**offered, "root": unknown, "version": 0, "head": unknown, "nonce": unknown})
        await self._answer(self.heard[-1])

    async def _reach(self, candidate: Said | None) -> None:
        if candidate and candidate["candidate"] and " udp " in candidate["candidate"].lower():
            found = candidate_from_sdp(candidate["candidate"].removeprefix("candidate:"))
            found.sdpMid, found.sdpMLineIndex = candidate["sdpMid"], candidate["sdpMLineIndex"]
            await self._pc.addIceCandidate(found)

    # -- what it says ---------------------------------------------------------------------------------

    def _description(self, kind: str) -> Said:
        root, point = self._speaks
        said = {
            "v": 2,
            "kind": "description",
            "type": kind,
            "sdp": sdp.tidy(self._pc.localDescription.sdp),
            "nonce": self._nonce,
            "root": root,
            "version": point.version,
            "head": point.head,
        }
        if kind == "answer":
            offer = next(one for one in self.heard if one.get("type") == "offer")
            said["signature"] = self._sign(offer)
        return said

    def _sign(self, theirs: Said) -> bytes:
        own = Party(
            self._speaks[0],
            self._speaks[1],
            self._keys.public.identity,
            fingerprint_of(sdp.tidy(self._pc.localDescription.sdp)),
            self._nonce,
        )
        if not self._sealed:
            return bytes(64)
        other = Party(
            base64.b64decode(theirs["root"]),
            Point(theirs["version"], base64.b64decode(theirs["head"])),
            self._victim.identity,
            fingerprint_of(theirs["sdp"]),
            base64.b64decode(theirs["nonce"]),
        )
        caller, callee = (own, other) if self._role == "caller" else (other, own)
        session = Session(self._kind, self.call, self._epoch, caller, callee)
        return self._keys.sign(session.transcript(self._role))

    async def _say(self, said: Said) -> None:
        if not self._sealed:
            said = {name: value for name, value in said.items() if name in ("kind", "type", "sdp")} | {"v": 1}
        plain = json.dumps(said, default=lambda raw: base64.b64encode(raw).decode()).encode()
        body = self._sealer.seal(plain, os.urandom(12)) if self._sealed else plain
        self.sent.append(body)
        await self._signal(body)

    async def _signal(self, body: bytes) -> None:
        await self._wire.say("signal", call=self.call, epoch=self._epoch, body=body)

    # -- what comes to its sockets --------------------------------------------------------------------

    def _watch(self) -> None:
        """Count from now on; nobody has been told of these sockets yet."""
        for protocol in self._protocols():
            taken = protocol.datagram_received

            def received(data: bytes, address: Any, taken: Any = taken) -> None:
                self.counts.note(data)
                self._grown.set()
                taken(data, address)

            protocol.datagram_received = received

    def _protocols(self) -> Iterator[Any]:
        transports = {each.sender.transport.transport for each in self._pc.getTransceivers()}
        for transport in transports:
            yield from transport._connection._protocols
