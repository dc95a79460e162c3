"""Laws of whom a name means, for any lists."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from kith.core.ids import PersonId
from kith.core.names import Outcome
from kith.directory import nicknames
from kith.directory.name_keys import Entry, Target, prepare
from kith.directory.nicknames import alike
from kith.directory.resolve import MAX_CHOICES, Resolved, resolve
from kith.directory.spoken import spoken

_WORDS = [
    "ana",
    "anna",
    "Anne",
    "bill",
    "William",
    "Bil",
    "mum",
    "Mamá",
    "tito",
    "García",
    "'s",
    "de",
    "",
    "李",
]
_NAMES = st.one_of(
    st.lists(st.sampled_from(_WORDS), min_size=1, max_size=3).map(" ".join), st.text(max_size=10)
)
_LABELS = st.sampled_from(["", "mobile", "cell", "home", "boat"])
_PEOPLE = st.none() | st.integers(1, 6).map(lambda number: PersonId(f"p{number}"))
_TARGETS = st.builds(Target, label=_LABELS, person=_PEOPLE, moved=st.booleans())
_ENTRIES = st.lists(
    st.builds(
        Entry,
        id=st.just(""),
        name=_NAMES,
        nickname=st.just("") | _NAMES,
        targets=st.lists(_TARGETS, min_size=1, max_size=3).map(tuple),
    ),
    max_size=8,
).map(lambda entries: [Entry(f"k{n}", e.name, e.nickname, e.targets) for n, e in enumerate(entries)])
_SOME = settings(max_examples=50, deadline=None)
_LISTS = st.lists(_ENTRIES, max_size=3)


def _ask(said: str, label: str, near: list[list[Entry]], far: list[list[Entry]]) -> Resolved:
    return resolve(said, label, near=[prepare(one) for one in near], far=[prepare(one) for one in far])


@_SOME
@given(_NAMES, _LABELS, _LISTS, _LISTS)
def test_nobody_is_meant_who_is_not_in_the_lists(
    said: str, label: str, near: list[list[Entry]], far: list[list[Entry]]
) -> None:
    found = _ask(said, label, near, far)
    assert (found.outcome is Outcome.NONE) == (not found.choices)
    assert len(found.choices) <= (1 if found.outcome is Outcome.ONE else MAX_CHOICES)
    for choice in found.choices:
        lists = far if choice.far else near
        assert any(
            entry.name == choice.name and (choice.target in entry.targets or not choice.target.reaches)
            for one in lists
            for entry in one
        )
        assert choice.target.reaches or not choice.far


@_SOME
@given(_NAMES, _LABELS, _LISTS, _LISTS, st.randoms(use_true_random=False))
def test_the_order_of_lists_and_of_what_is_in_them_means_nothing(
    said: str, label: str, near: list[list[Entry]], far: list[list[Entry]], random: object
) -> None:
    found = _ask(said, label, near, far)
    for one in (near, far):
        for entries in one:
            random.shuffle(entries)  # type: ignore[attr-defined]
        random.shuffle(one)  # type: ignore[attr-defined]
    assert _ask(said, label, near, far) == found


def _entry(name: str, *targets: Target) -> Entry:
    return Entry("", name, targets=targets)


@_SOME
@example(
    "ana",
    "mobile",
    [_entry("ana", Target()), _entry("ana ana", Target("mobile", PersonId("p2")))],
    [_entry("ana", Target("mobile", PersonId("p1")))],
    {0},
)
@given(_NAMES, _LABELS, _ENTRIES, _ENTRIES, st.sets(st.integers(0, 7)))
def test_who_is_certain_among_many_is_certain_among_fewer(
    said: str, label: str, near: list[Entry], far: list[Entry], left_out: set[int]
) -> None:
    found = _ask(said, label, [near], [far])
    if found.outcome is not Outcome.ONE:
        return
    target = found.choices[0].target
    if not target.reaches:
        return

    def fewer(entries: list[Entry]) -> list[Entry]:
        return [
            one
            for number, one in enumerate(entries)
            if number not in left_out or any(each.reaches == target.reaches for each in one.targets)
        ]

    again = _ask(said, label, [fewer(near)], [fewer(far)])
    assert again.outcome is Outcome.ONE and again.choices[0].target.reaches == target.reaches


@_SOME
@given(_NAMES, _ENTRIES, _ENTRIES)
def test_what_another_member_has_never_turns_a_call_to_somebody_else(
    said: str, near: list[Entry], far: list[Entry]
) -> None:
    alone, together = _ask(said, "", [near], []), _ask(said, "", [near], [far])
    if alone.outcome is Outcome.ONE and together.outcome is Outcome.ONE:
        assert together.choices[0].target.reaches == alone.choices[0].target.reaches


@_SOME
@given(_NAMES, _LABELS, _ENTRIES)
def test_a_list_that_is_far_tells_nothing_that_the_same_list_would_not_tell_its_owner(
    said: str, label: str, entries: list[Entry]
) -> None:
    theirs, own = _ask(said, label, [], [entries]), _ask(said, label, [entries], [])
    if theirs.choices:
        assert own.choices
        assert all(choice.target.reaches for choice in theirs.choices)


_GIVEN = sorted({word for full, short in nicknames._NAMES for word in full | short})


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(_GIVEN), st.sampled_from(_GIVEN), st.sampled_from(["", " Smith", " Baumgartner"]))
def test_whoever_shares_a_family_name_is_called_by_their_own_given_name_only(
    said: str, listed: str, family: str
) -> None:
    entry = Entry("k", listed + family, targets=(Target(person=PersonId("p")),))
    found = _ask(said + family, "", [[entry]], [])
    if found.outcome is Outcome.ONE:
        assert said == listed or alike(said).get(listed) or spoken(said) == spoken(listed)
