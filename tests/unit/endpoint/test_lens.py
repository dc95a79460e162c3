"""Between the camera and everybody who sees its picture."""

import numpy as np
from av import VideoFrame

from kith.endpoint.cameras import PatternCamera
from kith.endpoint.lens import Lens


def sharp(frame: VideoFrame) -> bool:
    luma = frame.to_ndarray(format="yuv420p")[: frame.height].astype(int)
    return bool(np.abs(np.diff(luma, axis=1)).max() > 15)


async def test_it_is_frosted_from_the_first_picture_until_its_time_and_clear_from_then_on() -> None:
    lens, camera = Lens(), PatternCamera()
    frame = await camera.read()
    assert (await lens.through(frame, 1.0)) is frame
    lens.frost(10)
    for now in (50.0, 55.0, 59.9):
        assert not sharp(await lens.through(await camera.read(), now))
    assert sharp(await lens.through(await camera.read(), 60.0))
    assert not lens.clear


async def test_a_pause_or_another_camera_begins_nothing_anew() -> None:
    lens = Lens()
    lens.frost(10)
    assert not sharp(await lens.through(await PatternCamera().read(), 50.0))
    assert not sharp(await lens.through(await PatternCamera().read(), 59.0))
    assert sharp(await lens.through(await PatternCamera().read(), 61.0))


async def test_a_picture_of_odd_size_is_frosted_too() -> None:
    lens = Lens()
    lens.frost(10)
    odd = (await PatternCamera().read()).reformat(width=333, height=251)
    assert not sharp(await lens.through(odd, 0.0))
