"""The mixer as a process, with endpoints whose ICE, DTLS, SRTP and Opus are real: who hears whom, and what it costs."""

from collections.abc import AsyncIterator

import pytest

from tests.support.mixer_peers import Load, MixerProcess, mixer, strengths, tone_packets


@pytest.fixture
async def process() -> AsyncIterator[MixerProcess]:
    async with mixer() as running:
        yield running


async def test_everybody_hears_all_others_and_not_themselves(process: MixerProcess) -> None:
    tones = [400.0 + 200 * n for n in range(5)]
    async with Load() as load:
        peers = [await process.sit("c_1", f"e_{n}") for n in range(len(tones))]
        for peer, hertz in zip(peers, tones, strict=True):
            peer.says = tone_packets(hertz)
        load.add(*peers)
        for peer in peers:
            await peer.hears(100)
        for number, peer in enumerate(peers):
            found = list(strengths(peer.sound(50), tones))
            assert found[number] < 0.01, "itself"
            assert all(one > 0.07 for other, one in enumerate(found) if other != number), found
