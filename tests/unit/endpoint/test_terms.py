"""What an endpoint keeps of who may drop in on it."""

from pathlib import Path

import pytest

from kith.core.keys import KeyPair
from kith.core.trust import grants_write, person_write
from kith.core.trust.grants import DropInTerm, Grants, signed
from kith.core.trust.history import Known
from kith.core.trust.person import replay
from kith.endpoint.home import Home
from kith.endpoint.lock import Locked, PhoneLock
from kith.endpoint.terms import Terms

OWN = KeyPair.generate()
CHAIN = replay([person_write.begin(OWN, KeyPair.generate().public.identity, time=1)])


def a_set(known: Grants | None, time: int) -> Grants:
    return signed(grants_write.draft(CHAIN, OWN, known, time=time), OWN.sign)


def test_it_is_read_as_it_was_written_and_nothing_runs_behind_it(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert home.terms() == Terms()
    first = a_set(None, 1000)
    second = a_set(first, 2000)
    terms = Terms().heard(first).switched(quiet=False, now=1500.0).heard(second)
    assert terms.time == 0, "not before it counts"
    terms = terms.counted([CHAIN.root], 2000).counted([CHAIN.root], 1000)
    terms = terms.visited(b"r" * 32, Known(b"r" * 32, 3, b"h" * 32))
    home.keep(terms)
    kept = home.terms()
    assert kept == terms and kept.time == 2000 and kept.known(CHAIN.root) == second
    assert kept.of([CHAIN.root, b"x" * 32]) == (second,) == kept.last_counted
    switch = kept.switch
    assert switch is not None and (switch.on, switch.at, switch.heard) == (False, 1500.0, {CHAIN.root: 0})
    assert (home.path / "terms.json").stat().st_mode & 0o077 == 0


def test_what_is_damaged_is_not_forgotten_in_silence(tmp_path: Path) -> None:
    (tmp_path / "terms.json").write_bytes(b'{"drop_in":"maybe"}')
    with pytest.raises(ValueError, match="damaged"):
        Home(tmp_path).terms()


def test_nothing_was_said_at_a_new_device() -> None:
    assert Terms().switch is None and Terms().drop_in is DropInTerm.ON


def test_contacts_are_hidden_half_an_hour_after_the_phone_was_locked_and_only_then() -> None:
    now, turns = [1000.0], []
    lock = PhoneLock(clock=lambda: now[0], changed=lambda: turns.append(now[0]))
    lock.check()
    lock.turn(locked=True)
    now[0] += 29 * 60
    lock.turn(locked=True)
    lock.check()
    assert lock.locked
    now[0] += 2 * 60
    with pytest.raises(Locked):
        lock.check()
    lock.rule(on=False)
    lock.check()
    lock.rule(on=True)
    lock.turn(locked=False)
    lock.check()
    assert turns == [1000.0, 1000.0 + 31 * 60]
