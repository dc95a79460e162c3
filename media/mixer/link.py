"""One connection with an endpoint: its offer answered, ICE and DTLS carried, until its keys are there and it ends.

link = Link(port, certificate, tell); answer = await link.answer(offer)
tell(Up) once connected, tell(Over) once it is not any more; never both ways, never twice, none after close()
"""

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from enum import Enum, auto
from functools import partial
from typing import Any

from aiortc import (
    RTCBundlePolicy,
    RTCCertificate,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpTransceiver,
    RTCSessionDescription,
)

from media.mixer import aiortc_hooks
from media.mixer.aiortc_hooks import Address, Datagrams, Keys, Lane
from media.mixer.offers import BadOffer, tidy_answer, tidy_offer
from media.mixer.port import Listener, Port, Way

PATIENCE = 20.0
"""Seconds from the offer to a connection. An endpoint behind a relay needs two, one that is asked for nothing else
gives up after 15."""

ADDRESSES = 8
"""Addresses that one connection may come from, as ICE tries its pairs; the oldest is forgotten."""

CANDIDATES = 2 * ADDRESSES
"""Addresses for which ICE keeps checks of one connection; it tries some that come to nothing."""

BACKLOG = 32
"""DTLS datagrams that wait. A handshake has six."""

BUDGET = 16
"""ICE and DTLS datagrams of a link in one drain's time; each may cost 0.2 ms."""

SPELL = 0.02
"""Seconds for which BUDGET lasts."""


class Change(Enum):
    UP = auto()
    OVER = auto()


class Link:
    """See the module."""

    def __init__(
        self, port: Port, certificate: RTCCertificate, epoch: int, tell: Callable[["Link", Change], None]
    ) -> None:
        self.epoch = epoch
        self.aimed: Callable[[Way, Address], None] | None = None
        """Called with where media goes, when that changes."""
        self._port = port
        self._tell = tell
        self._name = secrets.token_hex(8)
        self._connection = RTCPeerConnection(
            RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        )
        aiortc_hooks.use_certificate(self._connection, certificate)
        self._connection.on("connectionstatechange", self._changed)
        self._voice: RTCRtpTransceiver | None = None
        self._lanes: dict[Way, Lane] = {}
        self._places: dict[tuple[Way, Address], None] = {}
        self._listener: Listener | None = None
        self._aim: tuple[Way, Address] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._up = self._over = False
        self._spell = (0.0, 0)

    async def answer(self, offer: str) -> str:
        """The answer to this offer. Raises BadOffer, and nothing else; close the link then."""
        self._timer = asyncio.get_running_loop().call_later(PATIENCE, self._end)
        try:
            await self._connection.setRemoteDescription(RTCSessionDescription(tidy_offer(offer), "offer"))
            self._voice = next(one for one in self._connection.getTransceivers() if one.kind == "audio")
            aiortc_hooks.prepare(
                self._connection, self._voice, self._name, self._make_lanes, self._port.announced
            )
            if self._over:  # closed meanwhile: nobody would take the name out again
                raise BadOffer("it is not wanted any more")
            self._port.strangers[self._name] = self
            await self._connection.setLocalDescription(await self._connection.createAnswer())
            return tidy_answer(self._connection.localDescription.sdp)
        except BadOffer:
            raise
        except Exception as error:  # aiortc has no common base for what a foreign description can do to it
            raise BadOffer(type(error).__name__) from error

    def keys(self) -> Keys:
        """Of a link that is up."""
        assert self._voice is not None
        return aiortc_hooks.keys_of(self._voice)

    def listen(self, listener: Listener) -> None:
        """Give what is media to `listener` from now on."""
        self._listener = listener
        for way, address in self._places:
            key = way.key_of(address)
            if way.guests.get(key) is self:
                way.media[key] = listener
        self._follow()

    def close(self) -> Coroutine[Any, Any, None]:
        """Forget everything, at once: nothing is told any more. Await what it gives to have said goodbye."""
        self._over = True
        if self._timer is not None:
            self._timer.cancel()
        self._port.strangers.pop(self._name, None)
        for place in tuple(self._places):
            self._forget(place)
        self.aimed = self._listener = None
        return self._connection.close()

    # -- datagrams -----------------------------------------------------------------------------------------

    def aside(self, datagram: bytes, way: Way, address: Address) -> None:
        """A datagram of ICE or DTLS that may be ours."""
        lane = self._lanes.get(way)
        if lane is None or self._over or not self._affords():
            return
        if datagram[0] >= 4 and aiortc_hooks.backlog(aiortc_hooks.ice_of(self._connection)) >= BACKLOG:
            return
        lane.datagram_received(datagram, address)
        aiortc_hooks.forget_addresses(aiortc_hooks.ice_of(self._connection), CANDIDATES)
        self._follow()

    def _affords(self) -> bool:
        now = asyncio.get_running_loop().time()
        begun, count = self._spell
        self._spell = (begun, count + 1) if now - begun < SPELL else (now, 1)
        return self._spell[1] <= BUDGET

    def _make_lanes(self) -> list[Lane]:
        ice = aiortc_hooks.ice_of(self._connection)
        self._lanes = {
            way: Lane(ice, Datagrams(way.send, way.address), partial(self._proven, way))
            for way in self._port.ways
        }
        return list(self._lanes.values())

    def _proven(self, way: Way, address: Address) -> None:
        """This address knows our password: what comes from it is ours, whosever it was before."""
        place, key = (way, address), way.key_of(address)
        if self._over or (place in self._places and way.guests.get(key) is self):
            return
        if place not in self._places:
            while len(self._places) >= ADDRESSES:
                self._forget(next(one for one in self._places if one != self._aim))
            self._places[place] = None
        way.guests[key] = self
        if self._listener is not None:
            way.media[key] = self._listener

    def _forget(self, place: tuple[Way, Address]) -> None:
        way, address = place
        key = way.key_of(address)
        del self._places[place]
        if way.guests.get(key) is self:
            del way.guests[key]
        if way.media.get(key) is self._listener:
            way.media.pop(key, None)

    def _follow(self) -> None:
        """Media goes where ICE says; an endpoint that changes its network nominates another pair."""
        pair = aiortc_hooks.nominated(aiortc_hooks.ice_of(self._connection))
        if pair is None or self.aimed is None:
            return
        lane, address = pair
        way = next((way for way, one in self._lanes.items() if one is lane), None)
        if way is not None and (way, address) != self._aim:
            self._aim = (way, address)
            self.aimed(way, address)

    # -- its life ------------------------------------------------------------------------------------------

    def _changed(self) -> None:
        state = self._connection.connectionState
        if state == "connected" and not self._up and not self._over:
            self._up = True
            if self._timer is not None:
                self._timer.cancel()
            self._tell(self, Change.UP)
        elif state in ("failed", "closed"):
            self._end()

    def _end(self) -> None:
        if not self._over:
            self._over = True
            self._tell(self, Change.OVER)
