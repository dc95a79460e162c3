"""The one button of a wearable (R127): a double click calls the top contact, a click alone ends what goes on.

button = Button(endpoint)
gpio.when_pressed = button.press            # on the event loop's thread; from another: loop.call_soon_threadsafe
"""

import asyncio

from kith.core.utterances.intents import Language
from kith.endpoint.clicks import Clicks
from kith.endpoint.endpoint import Endpoint
from kith.endpoint.excuses import EXPECTED, excuse


class Button:
    """`endpoint.top_contact` is whom a double click calls: a name, or an id."""

    def __init__(self, endpoint: Endpoint, *, language: Language = "en") -> None:
        self._endpoint = endpoint
        self._language: Language = language
        self._clicks = Clicks()
        self._timer: asyncio.TimerHandle | None = None

    def press(self, *, bounces: bool = True) -> None:
        """The button went down. `bounces`: it is a real one, which a finger makes tremble."""
        loop = asyncio.get_running_loop()
        self._clicked(self._clicks.pressed(loop.time(), bounces=bounces))
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._clicks.deadline is not None:
            self._timer = loop.call_at(self._clicks.deadline, self._passed)

    def _passed(self) -> None:
        self._timer = None
        loop = asyncio.get_running_loop()
        self._clicked(self._clicks.passed(max(loop.time(), self._clicks.deadline or 0.0)))

    def _clicked(self, clicks: int) -> None:
        if clicks:
            self._endpoint.accompany(self._do(clicks))

    async def _do(self, clicks: int) -> None:
        try:
            await self._endpoint.press(clicks)
        except EXPECTED as error:
            whom = self._endpoint.top_contact or ""
            self._endpoint.presentation.announce(excuse(error, whom, self._language), self._language)
