"""One epoch of a call's media: a peer connection from its making to its end.

The caller's side offers, the other answers; both sides' candidates may come one by one after the descriptions.
Nothing here knows about the call, the server or who is at the other end: microphone and camera are attached by
`let_out`, once somebody does.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass

from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from aiortc.sdp import candidate_from_sdp
from av import VideoFrame

from kith.endpoint import aiortc_hooks, body, ice_hooks, sdp
from kith.endpoint.capture import Outlet, OutletTrack, Spoken
from kith.endpoint.equipment import Equipment
from kith.endpoint.ice_hooks import Gathering, Helpers
from media.tones import Samples
from media.voice import Voice
from signaling.protocol import MediaView

log = logging.getLogger(__name__)

SILENT_AFTER = 2.0
"""Seconds without any packet while the other side says that it sends sound, fifty a second. A new connection is made
beside the old one then, which goes on if it was only a gap: less would cost one at every hiccup, more is time in
which nobody is heard."""

DEAF_AFTER = 8.0
"""The same where the other side is silent by choice. Even where both sides are silent checks come
every 6 s at the latest; longer leaves two people saying "hello?" to each other."""

NO_HELPERS = Helpers()

MAX_EARLY = 64
"""Candidates that may come before the description they belong to."""


@dataclass(frozen=True, slots=True)
class Up:
    """Media of this epoch is connected."""

    epoch: int


@dataclass(frozen=True, slots=True)
class Lost:
    """Media of this epoch is gone, or cannot come, and will not come back by itself."""

    epoch: int
    network_changed: bool = False
    """The machine is in another network: a new try may well succeed."""


@dataclass(frozen=True, slots=True)
class Impostor:
    """Who connected has another certificate than the one that was signed."""

    epoch: int


@dataclass(frozen=True, slots=True)
class Picture:
    """A frame of the other side's video."""

    epoch: int
    frame: VideoFrame


@dataclass(frozen=True, slots=True)
class Found:
    """A way for the other side to reach this one; None: there are no more."""

    epoch: int
    line: body.CandidateLine | None


LinkEvent = Up | Lost | Impostor | Picture | Found


class Link:
    """`tell` is called from the event loop. Capture runs from `let_out` to `close`, while its outlets are enabled; from
    `open` on where it is `held`. `announces`: how loud each packet of the voice is may be read on its way."""

    def __init__(
        self,
        epoch: int,
        media: MediaView,
        *,
        equipment: Equipment,
        send_voice: bool,
        send_picture: bool,
        tell: Callable[[LinkEvent], None],
        helpers: Helpers = NO_HELPERS,
        held: bool = False,
        announces: bool = False,
    ) -> None:
        aiortc_hooks.allow_loopback_when_alone()
        self.epoch = epoch
        self.media = media
        self.up = False
        """Whether media flows, both ways as far as there are lines for it, to and from who was expected."""
        self.described: str | None = None
        """The own description, as it was sent."""
        self.found: list[str] = []
        """The candidates that were told after it."""
        self.voice = Voice()
        self._tell = tell
        self._closed = False
        self._equipment = equipment
        self._early: list[body.CandidateLine] = []
        self._described = False
        self._reader: asyncio.Task[None] | None = None
        self._heard_at = 0.0
        self._sounding = False
        self._expecting = False
        self._watch: asyncio.TimerHandle | None = None
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._voice_outlet: Outlet[Spoken] | None = None
        self._picture_outlet: Outlet[VideoFrame] | None = None
        self._wanted = (send_voice, send_picture)
        self._pinned: bytes | None = None
        self._released = False
        self._held = held
        self._announces = announces
        self._add("audio", send=media.send_audio, receive=media.receive_audio)
        if media.send_video or media.receive_video:
            self._add("video", send=media.send_video, receive=media.receive_video)
        aiortc_hooks.watch_arrivals(self._pc, self._note_arrival)
        aiortc_hooks.connect_without_idling(self._pc)
        self._helpers = helpers
        self._gathering = Gathering(self._pc, helpers, self._candidate_found)
        self._pc.on("connectionstatechange", self._state_changed)
        self._pc.on("track", self._track_arrived)

    def _add(self, kind: str, *, send: bool, receive: bool) -> None:
        direction = {
            (True, True): "sendrecv",
            (True, False): "sendonly",
            (False, True): "recvonly",
            (False, False): "inactive",
        }[send, receive]
        transceiver = self._pc.addTransceiver(kind, direction=direction)
        codecs = RTCRtpSender.getCapabilities(kind).codecs
        if kind == "audio":
            # The playout speaks Opus only; every browser and every Kith endpoint does.
            transceiver.setCodecPreferences([codec for codec in codecs if codec.mimeType == "audio/opus"])
            aiortc_hooks.divert_voice(transceiver.receiver, self._take_voice)
        else:
            transceiver.setCodecPreferences(sorted(codecs, key=lambda codec: codec.mimeType != "video/VP8"))
            aiortc_hooks.release_whole_frames(transceiver.receiver)

    # -- negotiation ----------------------------------------------------------------------------------

    async def offer(self) -> str:
        """The description to send to the other side."""
        await self._pc.setLocalDescription(await self._pc.createOffer())
        return self._describe()

    async def take_offer(self, description: str) -> str:
        """The answer to the other side's description. Raises ValueError if that cannot be used."""
        await self._take_remote(description, "offer")
        try:
            await self._pc.setLocalDescription(await self._pc.createAnswer())
        except Exception as error:
            raise ValueError("the other side's description cannot be answered") from error
        await self._take_early()
        return self._describe()

    async def take_answer(self, description: str) -> None:
        """Raises ValueError if it cannot be used."""
        await self._take_remote(description, "answer")
        await self._take_early()

    async def _take_remote(self, description: str, kind: str) -> None:
        text = sdp.without_unreachable(description)
        try:
            await self._pc.setRemoteDescription(RTCSessionDescription(text, kind))
        except ValueError:
            raise
        except Exception as error:  # aiortc has no common base for what a foreign description can do to it
            raise ValueError("the other side's description cannot be used") from error
        for transceiver in self._pc.getTransceivers():
            if transceiver.kind == "video" and not (self.media.send_video or self.media.receive_video):
                transceiver.direction = "inactive"
        self._described = True

    async def _take_early(self) -> None:
        for line in self._early:
            await self._add_candidate(line)
        self._early.clear()

    async def take_candidate(self, line: body.CandidateLine | None) -> None:
        """One of the other side's candidates. Their end is not passed on: some may never be told."""
        if line is None or not sdp.reachable(line.candidate):
            return
        if self._described:
            await self._add_candidate(line)
        elif len(self._early) < MAX_EARLY:
            self._early.append(line)

    async def _add_candidate(self, line: body.CandidateLine) -> None:
        try:
            candidate = candidate_from_sdp(line.candidate.removeprefix("candidate:"))
            candidate.sdpMid, candidate.sdpMLineIndex = line.sdpMid, line.sdpMLineIndex
            await self._pc.addIceCandidate(candidate)
        except (ValueError, AssertionError, IndexError, KeyError):
            log.info("a candidate could not be used")

    def _describe(self) -> str:
        text = sdp.tidy(self._pc.localDescription.sdp)
        if self._helpers.any:
            text = sdp.still_gathering(text)
        if self._helpers.relay_only:
            text = sdp.relayed_only(text)
        self.described = text
        return text

    def _candidate_found(self, candidate: str | None) -> None:
        line = None
        if candidate is not None:
            if self._helpers.relay_only and (candidate := sdp.relayed(candidate)) is None:
                return
            self.found.append(candidate)
            line = body.CandidateLine(candidate=candidate, sdpMid="0", sdpMLineIndex=0)
        if not self._closed:
            self._tell(Found(self.epoch, line))

    # -- media ----------------------------------------------------------------------------------------

    def pin(self, fingerprint: bytes) -> None:
        """The SHA-256 of the certificate that the other side has signed."""
        self._pinned = fingerprint

    def let_out(self) -> None:
        """The other side is who it should be: attach microphone and camera, unless they are held."""
        if self._closed:
            return
        self._released = True
        if not self._held:
            self._attach()
        self._rise()

    def open(self) -> None:
        """They are held no more."""
        if self._held and not self._closed:
            self._held = False
            if self._released:
                self._attach()

    def _attach(self) -> None:
        media, equipment = self.media, self._equipment
        self._voice_outlet = equipment.voice.attach() if media.send_audio else None
        self._picture_outlet = equipment.picture.attach() if media.send_video else None
        for transceiver in self._pc.getTransceivers():
            outlet = self._voice_outlet if transceiver.kind == "audio" else self._picture_outlet
            if outlet is not None:  # until here there is nothing to send, not even silence
                track = OutletTrack(transceiver.kind, outlet)
                transceiver.sender.replaceTrack(track)
                if self._announces:
                    aiortc_hooks.announce_level(transceiver.sender, track)
        voice, picture = self._wanted
        self.send(voice=voice, picture=picture)

    def send(self, *, voice: bool, picture: bool) -> None:
        """What the person wants to be sent, as far as the call has a line for it."""
        self._wanted = (voice, picture)
        if self._voice_outlet is not None:
            self._voice_outlet.enabled = voice
        if self._picture_outlet is not None:
            self._picture_outlet.enabled = picture

    def expect(self, *, sound: bool) -> None:
        """Whether the other side says that it sends sound: then its absence means something."""
        self._expecting = sound
        if self._watch is not None:
            self._watch.cancel()
            self._watch_for_silence()

    def pull(self, now: float) -> Samples | None:
        """The next 20 ms of the other side's voice."""
        return self.voice.pull(now)

    def _take_voice(self, source: int, sequence: int, timestamp: int, payload: bytes) -> None:
        self._sounding = True
        self.voice.put(source, sequence, timestamp, payload, asyncio.get_running_loop().time())

    def _track_arrived(self, track: MediaStreamTrack) -> None:
        if track.kind == "video" and self._reader is None:
            self._reader = asyncio.create_task(self._read_pictures(track))

    async def _read_pictures(self, track: MediaStreamTrack) -> None:
        """aiortc queues what nobody reads, without bound: so always read."""
        try:
            while True:
                frame = await track.recv()
                if self.media.receive_video and isinstance(frame, VideoFrame):
                    self._tell(Picture(self.epoch, frame))
        except MediaStreamError:
            pass

    async def packets_sent(self) -> dict[str, int]:
        """RTP packets that left so far, by kind of media."""
        sent: dict[str, int] = {}
        for report in (await self._pc.getStats()).values():
            if report.type == "outbound-rtp":
                sent[report.kind] = sent.get(report.kind, 0) + report.packetsSent
        return sent

    # -- life and end ---------------------------------------------------------------------------------

    def _state_changed(self) -> None:
        state = self._pc.connectionState
        if self._closed:
            return
        if state == "connected":
            self._rise()
        elif state in ("failed", "closed"):
            self._lose()

    def _rise(self) -> None:
        """Connected, and with whom it should be."""
        if self.up or not self._released or self._pc.connectionState != "connected":
            return
        certificate = aiortc_hooks.peer_certificate(self._pc)
        if certificate is None or hashlib.sha256(certificate).digest() != self._pinned:
            self.stop_sending()
            self._tell(Impostor(self.epoch))
            return
        self.up = True
        self._note_arrival()
        self._watch_for_silence()
        self._tell(Up(self.epoch))

    def _note_arrival(self) -> None:
        self._heard_at = asyncio.get_running_loop().time()

    def _watch_for_silence(self) -> None:
        loop = asyncio.get_running_loop()
        patience = SILENT_AFTER if self._expecting and self._sounding else DEAF_AFTER
        deadline = self._heard_at + patience
        if loop.time() >= deadline:
            self._lose()
        else:
            self._watch = loop.call_at(deadline, self._watch_for_silence)

    def network_changed(self, addresses: frozenset[str]) -> None:
        """The machine has these addresses now. What stands on one that is gone is lost at once."""
        bases = ice_hooks.bases_in_use(self._pc)
        gone = bases - addresses - {"127.0.0.1", ""}
        came = not self.up and addresses - bases - {"127.0.0.1", "::1"}
        if not self._closed and bases and (gone or came):
            self._stop_watching()
            self._tell(Lost(self.epoch, network_changed=True))

    def _lose(self) -> None:
        if not self._closed:
            self._stop_watching()
            self._tell(Lost(self.epoch))

    def _stop_watching(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    @property
    def stopped(self) -> bool:
        """Whether nothing leaves: it has let go of microphone and camera, or never had them."""
        return self._voice_outlet is None and self._picture_outlet is None

    def stop_sending(self) -> None:
        """Let go of microphone and camera at once; `close` may take a moment."""
        if self._voice_outlet is not None:
            self._equipment.voice.detach(self._voice_outlet)
            self._voice_outlet = None
        if self._picture_outlet is not None:
            self._equipment.picture.detach(self._picture_outlet)
            self._picture_outlet = None

    async def close(self) -> None:
        """End the peer connection. The other side notices by itself."""
        self._closed = True
        self._stop_watching()
        self.stop_sending()
        self._gathering.close()
        await self._pc.close()
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.wait([self._reader])
