"""When the samples of an announcement sound, and what is remembered of those that did."""

from pathlib import Path

import numpy as np
import pytest

from kith.core.trust.message import MessageEnvelope
from kith.core.trust.untrusted import Untrusted
from kith.endpoint.announce_kept import MOST, Heard
from kith.endpoint.announce_trust import STALE, require_recent
from kith.endpoint.instant import Instant
from kith.endpoint.microphones import FRAME, SAMPLES
from media.tones import RATE, Samples

SOUND: Samples = np.arange(1, 3 * SAMPLES + 1, dtype=np.int16)
AT = 100.0
LATENCY = 0.05


class Room:
    """Whoever listens beside a speaker that is so many seconds ahead of what is heard."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, now: float, late: float = 0.25) -> None:
        self.now = now
        self.instant = Instant(SOUND, AT, late, lambda: LATENCY)
        monkeypatch.setattr(self.instant, "_clock", lambda: self.now)

    def heard(self, frames: int) -> list[tuple[float, int]]:
        """When each sample sounded that is not silence."""
        found = []
        for _ in range(frames):
            part = self.instant.pull()
            if part is None:
                break
            found += [(self.now + LATENCY + at / RATE, int(one)) for at, one in enumerate(part) if one != 0]
            self.now += FRAME
        return found


@pytest.mark.parametrize("early", [0.0, 0.001, 0.0137, 0.5])
async def test_the_first_sample_sounds_at_the_instant(monkeypatch: pytest.MonkeyPatch, early: float) -> None:
    """Wherever the speaker's frames begin."""
    heard = Room(monkeypatch, AT - LATENCY - early).heard(100)
    assert heard[0][0] == pytest.approx(AT, abs=1 / RATE)
    assert [one for _, one in heard] == list(range(1, len(SOUND) + 1))


async def test_what_comes_a_little_late_comes_in_where_the_others_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard = Room(monkeypatch, AT - LATENCY + 0.01).heard(100)
    when, what = heard[0]
    assert when == pytest.approx(AT + 0.01)
    assert what == pytest.approx(0.01 * RATE + 1, abs=1)


async def test_what_comes_later_is_not_heard_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room(monkeypatch, AT - LATENCY + 0.26)
    assert room.heard(100) == [] and room.instant.missed


async def test_after_a_stall_it_goes_on_where_the_others_are(monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room(monkeypatch, AT - LATENCY)
    room.instant = Instant(np.tile(SOUND, 20), AT, 0.25, lambda: LATENCY)
    monkeypatch.setattr(room.instant, "_clock", lambda: room.now)
    room.heard(1)
    room.now += 0.3
    when, what = room.heard(1)[0]
    assert what == pytest.approx((when - AT) * RATE % len(SOUND) + 1, abs=1)


# -- what is remembered --------------------------------------------------------------------------------


def envelope(sent: int) -> MessageEnvelope:
    return MessageEnvelope(
        id="m_" + "1" * 20,
        kind="announcement",
        root=b"r" * 32,
        version=0,
        head=b"h" * 32,
        endpoint="e_" + "1" * 20,
        identity=b"i" * 32,
        to_root=b"r" * 32,
        sent=sent,
        ciphertext=b"c" * 40,
        signature=b"s" * 64,
    )


async def test_nothing_is_heard_twice_also_after_a_restart(tmp_path: Path) -> None:
    heard = Heard(tmp_path)
    require_recent(envelope(5_000), heard.last(b"i" * 32), now=6.0)
    await heard.note(b"i" * 32, 5_000)
    again = Heard(tmp_path)
    for sent in (4_999, 5_000):
        with pytest.raises(Untrusted):
            require_recent(envelope(sent), again.last(b"i" * 32), now=6.0)
    require_recent(envelope(5_001), again.last(b"i" * 32), now=6.0)
    assert again.last(b"o" * 32) == -1, "of others nothing is known"
    assert (tmp_path / "announcements.json").stat().st_mode & 0o777 == 0o600


async def test_what_was_held_back_is_not_heard() -> None:
    require_recent(envelope(1_000), -1, now=1.0 + STALE)
    with pytest.raises(Untrusted):
        require_recent(envelope(1_000), -1, now=1.1 + STALE)


async def test_times_rise_whatever_the_clock_shows(tmp_path: Path) -> None:
    heard = Heard(tmp_path)
    first = await heard.next(2_000_000_000.0)
    assert [await Heard(tmp_path).next(1.0), await Heard(tmp_path).next(1.0)] == [first + 1, first + 2]


async def test_what_is_remembered_is_bounded(tmp_path: Path) -> None:
    heard = Heard(tmp_path)
    heard._kept = type(heard._kept)({f"{one:064x}": one + 1 for one in range(MOST)})
    await heard.note(b"i" * 32, 10_000)
    assert len(heard._kept.heard) == MOST and heard.last(b"i" * 32) == 10_000
    assert heard.last(bytes(32)) == -1, "who announced longest ago is forgotten"


def test_a_damaged_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "announcements.json").write_text("{")
    with pytest.raises(ValueError, match="damaged"):
        Heard(tmp_path)
