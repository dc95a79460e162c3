"""What an endpoint can do, as it declares on sign-in and changes while signed in."""

import msgspec


class Capabilities(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """What parts the endpoint has and whether they are switched off by hand.

    `microphone_off` is the hardware mute: it cuts microphone *and* camera.
    `shutter_closed` covers the camera only. `reads_messages`: the endpoint fetches what is written to whomever it is
    there for. Nothing is sealed to one that does not: it would wait at the server for nobody.
    """

    microphone: bool = True
    speaker: bool = True
    camera: bool = False
    screen: bool = False
    microphone_off: bool = False
    shutter_closed: bool = False
    reads_messages: bool = True

    @property
    def can_send_audio(self) -> bool:
        return self.microphone and not self.microphone_off

    @property
    def can_send_video(self) -> bool:
        return self.camera and not self.microphone_off and not self.shutter_closed
