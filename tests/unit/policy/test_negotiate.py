"""Media lines between any two endpoints: all 64 x 64 pairs, audio and video calls."""

from itertools import product

import msgspec

from kith.core.capabilities import Capabilities
from policy.media import Media, negotiate

FIELDS = [field.name for field in msgspec.structs.fields(Capabilities) if field.name != "reads_messages"]
EVERY = [
    Capabilities(**dict(zip(FIELDS, values, strict=True))) for values in product((False, True), repeat=6)
]


def test_the_table_is_whole() -> None:
    assert len(set(EVERY)) == 64


def test_what_one_sends_the_other_receives() -> None:
    for own, peer, video in product(EVERY, EVERY, (False, True)):
        here, there = negotiate(own, peer, video=video), negotiate(peer, own, video=video)
        assert (here.send_audio, here.receive_audio) == (there.receive_audio, there.send_audio)
        assert (here.send_video, here.receive_video) == (there.receive_video, there.send_video)
        assert here.video == there.video, "both describe the same session"


def test_nothing_is_sent_without_its_source_nor_to_where_it_cannot_be_played() -> None:
    for own, peer, video in product(EVERY, EVERY, (False, True)):
        media = negotiate(own, peer, video=video)
        assert media.send_audio == (own.microphone and peer.speaker)
        assert not media.send_video or (own.camera and peer.screen and video)
        assert not media.send_video or not (own.shutter_closed or own.microphone_off)


def test_the_full_table_of_video() -> None:
    """Counted by hand: a sender has a camera and both switches open (8 of 64), a viewer a screen (32 of 64)."""
    sends = sum(negotiate(own, peer, video=True).send_video for own, peer in product(EVERY, EVERY))
    assert sends == 8 * 32


def test_an_audio_only_endpoint_is_never_offered_video() -> None:
    for peer in EVERY:
        assert not negotiate(Capabilities(), peer, video=True).video


def test_a_closed_shutter_or_the_button_means_no_video_is_offered() -> None:
    for peer in EVERY:
        shut = Capabilities(camera=True, screen=False, shutter_closed=True)
        off = Capabilities(camera=True, screen=False, microphone_off=True)
        assert not negotiate(shut, peer, video=True).video
        assert not negotiate(off, peer, video=True).video


def test_an_audio_call_has_no_video_line() -> None:
    whole = Capabilities(camera=True, screen=True)
    assert negotiate(whole, whole, video=False) == Media(
        send_audio=True, receive_audio=True, send_video=False, receive_video=False
    )


def test_two_screens_with_cameras_see_each_other() -> None:
    whole = Capabilities(camera=True, screen=True)
    assert negotiate(whole, whole, video=True) == Media(
        send_audio=True, receive_audio=True, send_video=True, receive_video=True
    )
