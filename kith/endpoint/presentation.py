"""What a person in the room notices: light, screen, indicators, tones and speech, said as events and made to sound."""

import asyncio
from collections.abc import Callable

from kith.endpoint.call import Call
from kith.endpoint.equipment import Equipment
from kith.endpoint.indicators import Facts, Light, Screen, Signs, Stage, signs
from kith.endpoint.speech import speak
from media.tones import Tone
from signaling.call import EndReason

Emit = Callable[..., object]

_LAST_TONES = {
    EndReason.BUSY: Tone.BUSY,
    EndReason.DECLINED: Tone.UNAVAILABLE,
    EndReason.NO_ANSWER: Tone.UNAVAILABLE,
    EndReason.CONNECT_FAILED: Tone.UNAVAILABLE,
    EndReason.LOST: Tone.UNAVAILABLE,
    EndReason.HUNG_UP: Tone.ENDED,
}


class Presentation:
    """Emits "light", "screen", "indicator" when they change, "tone" and "speak" when they begin."""

    def __init__(self, equipment: Equipment, emit: Emit) -> None:
        self._equipment = equipment
        self._emit = emit
        self._tone: Tone | None = None
        self._speaking: asyncio.Task[None] | None = None
        self.signs = Signs(Light.OFF, Screen.NONE, live_audio=False, live_video=False)

    def show(self, call: Call | None) -> None:
        """Make everything agree with the call and the equipment as they are now."""
        stage = _stage(call)
        equipment = self._equipment
        now = signs(
            Facts(
                stage=stage,
                has_screen=equipment.capabilities.screen,
                microphone_off=equipment.microphone_off,
                muted=call is not None and call.muted,
                microphone_live=equipment.voice.live,
                camera_live=equipment.picture.live,
            )
        )
        before, self.signs = self.signs, now
        if now.light is not before.light:
            self._emit("light", now.light)
        if now.screen is not before.screen:
            self._emit("screen", now.screen)
        if (now.live_audio, now.live_video) != (before.live_audio, before.live_video):
            self._emit("indicator", now.live_audio, now.live_video)
        self._keep_ringing(stage, placing=call is not None and call.placing is not None)

    def announce(self, text: str) -> None:
        """Say it aloud, if there is a voice to say it with."""
        self._emit("speak", text)
        self._stop_speaking()
        self._speaking = asyncio.create_task(self._say(text))

    def connected(self) -> None:
        self._play(Tone.CONNECTED)

    def ended(self, call: Call, reason: EndReason) -> None:
        """What the end of a call sounds like. One that only rang here falls silent."""
        self._stop_speaking()
        if call.was_answered or not call.incoming:
            tone = _LAST_TONES.get(reason)
            if tone is not None:
                self._play(tone)

    def switched(self, *, microphone_off: bool) -> None:
        self._play(Tone.MICROPHONE_OFF if microphone_off else Tone.MICROPHONE_ON)

    async def close(self) -> None:
        self._stop_speaking()
        await self._equipment.playback.close()

    def _keep_ringing(self, stage: Stage, *, placing: bool) -> None:
        """The tone that says "it rings there" is not heard before the server knows of the call."""
        wanted = {Stage.RINGING_HERE: Tone.RINGING, Stage.RINGING_THERE: Tone.RINGBACK}.get(stage)
        if placing:
            wanted = None
        if wanted is self._tone:
            return
        if wanted is not None:
            self._play(wanted)
        else:
            self._equipment.playback.tone(None)
            self._stop_speaking()
        self._tone = wanted

    def _play(self, tone: Tone) -> None:
        self._emit("tone", tone)
        self._equipment.playback.tone(tone)

    async def _say(self, text: str) -> None:
        sound = await speak(text)
        if sound is not None:
            self._equipment.playback.say(sound)

    def _stop_speaking(self) -> None:
        if self._speaking is not None:
            self._speaking.cancel()
            self._speaking = None
        self._equipment.playback.hush()


def _stage(call: Call | None) -> Stage:
    if call is None or call.reason is not None:
        return Stage.IDLE
    if not call.ringing:
        return Stage.IN_CALL
    return Stage.RINGING_HERE if call.incoming else Stage.RINGING_THERE
