"""Which media two endpoints exchange. Pure.

Offered is the cut of what one can send, the other can show, and the caller asked for:
an endpoint without a screen is never sent video, one without a camera is never asked for it.
"""

from dataclasses import dataclass

from kith.core.capabilities import Capabilities


@dataclass(frozen=True, slots=True)
class Media:
    """Media lines of one endpoint's session, seen from that endpoint."""

    send_audio: bool
    receive_audio: bool
    send_video: bool
    receive_video: bool

    @property
    def video(self) -> bool:
        """Whether the session has a video line at all."""
        return self.send_video or self.receive_video


def negotiate(own: Capabilities, peer: Capabilities, *, video: bool) -> Media:
    """Media lines for `own` facing `peer`; `video` is whether the call was placed as a video call.

    A switched-off microphone or a closed shutter keeps its line, so that it can be opened
    during the call without a new negotiation: what those switches cut is the track, on the device.
    A closed shutter at the start does mean that no video is offered (R133).
    """
    return Media(
        send_audio=own.microphone and peer.speaker,
        receive_audio=own.speaker and peer.microphone,
        send_video=video and own.can_send_video and peer.screen,
        receive_video=video and peer.can_send_video and own.screen,
    )
