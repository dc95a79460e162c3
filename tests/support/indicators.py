"""What a page says that it captures is what it captures."""

from playwright.async_api import expect

from tests.support.browsers import Screen

LIT = {"microphone": "audio", "video": "video"}
"""The track that each indicator stands for."""


async def indicators_are_true(screen: Screen, expected: set[str]) -> None:
    """The lights show `expected`, and just those tracks are live."""
    for light in LIT:
        await expect(screen.page.locator(f"kith-call [data-live={light}]")).to_be_visible(
            visible=light in expected
        )
    assert await screen.live() == expected
    assert await screen.live_tracks() == {LIT[light] for light in expected}
