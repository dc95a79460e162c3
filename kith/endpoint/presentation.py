"""What a person in the room notices: light, screen, indicators, tones and speech, said as events and made to sound."""

import asyncio
from collections.abc import Callable

from kith.core.utterances.intents import Language
from kith.endpoint.equipment import Equipment
from kith.endpoint.going import Going
from kith.endpoint.indicators import Facts, Light, Screen, Signs, Stage, signs
from kith.endpoint.recital import blocks
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
    EndReason.NOT_LET_IN: Tone.UNAVAILABLE,
    EndReason.SILENCE: Tone.ENDED,
    EndReason.TIME_LIMIT: Tone.ENDED,
}

_TONES = {
    Stage.RINGING_HERE: Tone.RINGING,
    Stage.RINGING_THERE: Tone.RINGBACK,
    Stage.KNOCKED_HERE: Tone.KNOCK,
}


class Presentation:
    """Emits "light", "screen", "indicator" when they change, "tone" and "speak" when they begin. `stream_tones`: with a
    tone whenever sound or picture begins or ceases to leave."""

    def __init__(self, equipment: Equipment, emit: Emit, *, stream_tones: bool = False) -> None:
        self._stream_tones = stream_tones
        self._equipment = equipment
        self._emit = emit
        self._tone: Tone | None = None
        self._streaming = False
        self._speaking: asyncio.Task[None] | None = None
        self.messages_wait = False
        """Whether there are messages to be heard or read, that somebody in the room should know of."""
        self._announcing = 0
        self.signs = Signs(Light.OFF, Screen.NONE, live_audio=False, live_video=False)

    def show(self, call: Going | None) -> None:
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
                opening=call is not None and call.opening,
                messages=self.messages_wait,
                announcing=self._announcing > 0,
            )
        )
        before, self.signs = self.signs, now
        if now.light is not before.light:
            self._emit("light", now.light)
        if now.screen is not before.screen:
            self._emit("screen", now.screen)
        if (now.live_audio, now.live_video) != (before.live_audio, before.live_video):
            self._emit("indicator", now.live_audio, now.live_video)
        self._note_streaming()
        self._keep_ringing(stage, silent=call is not None and call.silent)

    def announce(self, text: str, language: Language = "en") -> None:
        """Say it aloud, if there is a voice to say it with."""
        self._emit("speak", text)
        self._stop_speaking()
        self._speaking = asyncio.create_task(self._say(text, language))

    async def tell(self, text: str, language: Language = "en") -> bool:
        """Say it aloud to its end; False if something came between. Where nothing can speak, the event is all."""
        self._emit("speak", text)
        sound = await speak(text, language)
        return sound is None or await self._equipment.playback.recite(blocks(sound))

    def announcing(self, text: str | None) -> None:
        """An announcement begins to play, whose tone is part of it, as is its text where there is a voice. `show` once
        this was said, as with what follows."""
        self._announcing += 1
        self._emit("tone", Tone.ANNOUNCEMENT)
        if text is not None:
            self._emit("speak", text)

    def announced(self) -> None:
        """It is over."""
        self._announcing -= 1

    def connected(self, call: Going) -> None:
        """A drop in that opens something here has a tone of its own, see `kith.endpoint.drop_ins`."""
        if not call.held:
            self._play(Tone.CONNECTED)

    async def opening(self) -> bool:
        """Sound the tone of a drop in to its end; False if it could not be heard."""
        self._stop_speaking()
        self._emit("tone", Tone.DROP_IN)
        return await self._equipment.playback.sound(Tone.DROP_IN)

    def chime(self) -> None:
        """Somebody is still here."""
        self.cue(Tone.CHIME)

    def cue(self, tone: Tone) -> None:
        """A short tone beside everything else."""
        self._emit("tone", tone)
        self._equipment.playback.cue(tone)

    def ended(self, call: Going, reason: EndReason) -> None:
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

    def _note_streaming(self) -> None:
        """R143."""
        streaming = self._equipment.voice.live or self._equipment.picture.live
        if streaming != self._streaming:
            self._streaming = streaming
            if self._stream_tones:
                self.cue(Tone.STREAM_START if streaming else Tone.STREAM_END)

    def _keep_ringing(self, stage: Stage, *, silent: bool) -> None:
        wanted = None if silent else _TONES.get(stage)
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

    async def _say(self, text: str, language: Language) -> None:
        sound = await speak(text, language)
        if sound is not None:
            self._equipment.playback.say(sound)

    def _stop_speaking(self) -> None:
        if self._speaking is not None:
            self._speaking.cancel()
            self._speaking = None
        self._equipment.playback.hush()


def _stage(call: Going | None) -> Stage:
    if call is None or call.reason is not None:
        return Stage.IDLE
    if call.kind == "drop_in" and call.incoming:
        return Stage.KNOCKED_HERE if call.ringing and not call.taken else Stage.DROPPED_IN
    if not call.ringing:
        return Stage.IN_CALL
    return Stage.RINGING_HERE if call.incoming else Stage.RINGING_THERE
