"""Whom a name means: found where it is meant, asked about where it might be, and never guessed."""

import pytest

from kith.core.ids import EndpointId, PersonId
from kith.core.names import Outcome, fold
from kith.directory import name_keys
from kith.directory.name_keys import ASK, Entry, Keys, Said, Target, prepare, scores
from kith.directory.nicknames import alike
from kith.directory.resolve import MAX_CHOICES, Resolved, resolve
from kith.directory.spoken import spoken


def entry(name: str, *targets: Target, nickname: str = "") -> Entry:
    return Entry(f"k {name}", name, nickname, targets or (person(name),))


def person(name: str, label: str = "", *, moved: bool = False) -> Target:
    return Target(label, PersonId(f"p {name}"), moved=moved)


def keys(*names: str | Entry) -> Keys:
    return prepare(entry(one) if isinstance(one, str) else one for one in names)


def ask(said: str, *names: str | Entry, far: tuple[str | Entry, ...] = (), label: str = "") -> Resolved:
    return resolve(said, label, near=[keys(*names)], far=[keys(*far)])


def names_of(resolved: Resolved) -> list[str]:
    return [choice.name for choice in resolved.choices]


ONE = [
    ("anna", "Anna", ["Anna", "Bob"]),
    ("josé", "Jose", ["Jose"]),
    ("JOSE", "José", ["José", "Josefa"]),
    ("josé garcía", "José María García-Peña", ["José María García-Peña"]),
    ("garcía josé", "José García", ["José García"]),
    ("smith", "Bill Smith", ["Bill Smith", "Bill Jones"]),
    ("mary ann", "Maryann", ["Maryann"]),
    ("maryann", "Mary Ann", ["Mary Ann"]),
    ("mum", "Mum", ["Mum", "Mom", "Mum Jones"]),
    ("mom", "Mum", ["Mum"]),
    ("mum", "Mamá", ["Mamá", "Dad"]),
    ("granny", "Abuela", ["Abuela"]),
    ("bill", "William Smith", ["William Smith", "Phil"]),
    ("william", "Bill Smith", ["Bill Smith"]),
    ("pepe", "José", ["José"]),
    ("alex", "Alexandra", ["Alexandra"]),
    ("katherine", "Catherine", ["Catherine"]),
    ("steven", "Stephen", ["Stephen"]),
    ("jhon", "John", ["John"]),
    ("eric", "Erik", ["Erik"]),
    ("tomas", "Thomas", ["Thomas"]),
    ("jon smyth", "John Smith", ["John Smith"]),
    ("ana", "Anna", ["Anna"]),
    ("ana", "Ana", ["Ana", "Anna"]),
    ("dr who", "Dr. Who", ["Dr. Who"]),
    ("maría de la cruz", "María de la Cruz", ["María de la Cruz"]),
    ("maría", "María de la Cruz", ["María de la Cruz"]),
    ("bill's wife", "Bill's wife", ["Bill's wife", "Bill"]),
    ("мама", "Мама", ["Мама", "Папа"]),
    ("由紀", "田中 由紀", ["田中 由紀"]),
]


@pytest.mark.parametrize(("said", "name", "names"), ONE)
def test_one_is_meant(said: str, name: str, names: list[str]) -> None:
    found = ask(said, *names)
    assert found.outcome is Outcome.ONE and names_of(found) == [name], scores(keys(*names), Said(said))


WHICH = [
    ("bill", ["Bill Jones", "Bill Smith"], ["Bill Smith", "Bill Jones"]),
    ("bill", ["Bill Jones", "William Smith"], ["William Smith", "Bill Jones"]),
    ("ana", ["Ana López", "Anna"], ["Anna", "Ana López"]),
    ("alex", ["Alexander", "Alexandra"], ["Alexandra", "Alexander"]),
    ("alexander", ["Alex"], ["Alex"]),  # it may be Alexandra
    ("bob", ["Rob"], ["Rob"]),
    ("tim", ["Tom"], ["Tom"]),
    ("jan", ["Jon"], ["Jon"]),
    ("daniel", ["Daniela"], ["Daniela"]),
    ("paul", ["Paula"], ["Paula"]),
    ("marie", ["Maria"], ["Maria"]),
    ("hanna", ["Anna"], ["Anna"]),
    ("jenny", ["Jonny"], ["Jonny"]),
    ("benny", ["Penny"], ["Penny"]),
    ("lucia", ["Luisa"], ["Luisa"]),
    ("kristin", ["Kristen"], ["Kristen"]),
    ("erik", ["Eric", "Erika"], ["Erika", "Eric"]),
    ("joan", ["John"], ["John"]),
    ("bill", ["Bill's wife"], ["Bill's wife"]),
    ("juan", ["Mujer de Juan"], ["Mujer de Juan"]),
    ("mum", ["Mum Office"], ["Mum Office"]),
    ("ben", ["Ben (Bank)"], ["Ben (Bank)"]),
    ("anna", ["Anna Ex"], ["Anna Ex"]),
    ("jane smith", ["June Smith"], ["June Smith"]),
    ("john smith", ["Joan Smith"], ["Joan Smith"]),
    ("karl baumgartner", ["Carol Baumgartner"], ["Carol Baumgartner"]),
    ("marie smith", ["Mary Smith"], ["Mary Smith"]),
    ("taxi 11", ["Taxi 1"], ["Taxi 1"]),
    ("uncle", ["Tito"], ["Tito"]),  # short for Alberto, too
]


@pytest.mark.row("R25")
@pytest.mark.parametrize(("said", "choices", "names"), WHICH)
def test_what_might_be_meant_is_a_question(said: str, choices: list[str], names: list[str]) -> None:
    found = ask(said, *names)
    assert found.outcome is Outcome.WHICH and names_of(found) == choices


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("bill", ["Phil", "Beth"]),
        ("mike", ["Mica", "Ike"]),
        ("a", ["Anna", "Abe"]),
        ("an", ["Anna"]),
        ("", ["Anna"]),
        ("?!", ["Anna", "?!"]),
        ("anna smith", ["Anna", "Smith"]),
    ],
)
def test_nobody_is_meant(said: str, names: list[str]) -> None:
    assert ask(said, *names) == Resolved(Outcome.NONE)


def test_a_question_has_no_more_choices_than_one_can_keep_in_mind() -> None:
    found = ask("bill", *(f"Bill {family}" for family in "ABCDEFGH"))
    assert names_of(found) == [f"Bill {family}" for family in "ABCDE"] and len(found.choices) == MAX_CHOICES


def test_a_long_list_of_long_names_has_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(name_keys, "MAX_SPELLINGS", 100)
    words = " ".join(f"word{number}" for number in range(20))
    listed = prepare(
        Entry(f"k{number}", f"Friend{number} {words}", ", ".join(f"n{number}x{other}" for other in range(9)))
        for number in range(200)
    )
    assert listed.size < 200 * (1 + name_keys.MAX_NICKNAMES) + 120
    for number in (0, 199):
        assert scores(listed, Said(f"n{number}x3")), "what is not spelled out is found as it is written"
        assert not scores(listed, Said(f"n{number}x4"), sure_only=True)
        assert scores(listed, Said(f"Friend{number}"))


# -- near and far -----------------------------------------------------------------------------------------------


def test_a_name_in_another_list_is_found_and_said_to_be_far() -> None:
    found = ask("granny", "Anna", far=("Granny Jones",))
    assert found.outcome is Outcome.ONE and found.choices[0].far and names_of(found) == ["Granny Jones"]


@pytest.mark.row("R25")
def test_a_better_name_in_another_list_does_not_silently_win() -> None:
    found = ask("bill", "Bill Smith", far=("Bill",))
    assert found.outcome is Outcome.WHICH and names_of(found) == ["Bill", "Bill Smith"]
    assert names_of(ask("bill", "Bill", far=("Bill Smith",))) == ["Bill"]


def test_the_same_name_for_two_is_a_question_and_for_one_is_one() -> None:
    granny, other = Target(person=PersonId("p 1")), Target(person=PersonId("p 2"))
    mine, theirs = entry("Mum", granny), entry("Mum", other)
    assert ask("mum", mine, far=(theirs,)).outcome is Outcome.WHICH
    same = ask("mum", mine, far=(entry("Mum", granny), entry("Mummy", granny)))
    assert same.outcome is Outcome.ONE and not same.choices[0].far


def test_another_list_answers_to_the_name_itself_and_not_to_what_is_like_it() -> None:
    assert ask("tim", far=("Tom",)).outcome is Outcome.NONE
    assert ask("bill", far=("Bill's wife",)).outcome is Outcome.NONE
    assert ask("jon", far=("John",)).outcome is Outcome.ONE, "it sounds the same, and who speaks cannot spell"


def test_who_cannot_be_reached_is_in_one_s_own_list_and_not_in_another_s() -> None:
    nobody = entry("Bill", Target("home"))
    own = ask("bill", nobody)
    assert own.outcome is Outcome.ONE and own.choices[0].target == Target()
    assert ask("bill", far=(nobody,)).outcome is Outcome.NONE
    question = ask("bill", "Bill Smith", entry("Bill Jones", Target()))
    assert question.outcome is Outcome.WHICH, "the one who can be reached may not be the one who is meant"


# -- numbers --------------------------------------------------------------------------------------------------------

HOME, MOBILE = person("at home", "home"), person("on the go", "mobile")


def test_a_label_chooses_among_numbers() -> None:
    both = entry("Folks", HOME, MOBILE)
    assert [one.target for one in ask("folks", both).choices] == [HOME, MOBILE]
    for label, target in (("mobile", MOBILE), ("cell phone", MOBILE), ("móvil", MOBILE), ("landline", HOME)):
        found = ask("folks", both, label=label)
        assert found.outcome is Outcome.ONE and found.choices[0].target == target
    assert ask("folks", both, label="phone").outcome is Outcome.WHICH
    assert ask("folks", both, label="work").outcome is Outcome.WHICH, "there is none: asked, not guessed"
    assert (
        ask("bill", entry("Bill A", MOBILE), entry("Bill B", HOME), label="mobile").choices[0].name
        == "Bill A"
    )


def test_two_numbers_of_one_person_are_no_question() -> None:
    found = ask("folks", entry("Folks", person("x", "home"), person("x", "mobile")))
    assert found.outcome is Outcome.ONE


def test_a_number_that_moved_is_said_and_never_merged_with_whose_it_is_now() -> None:
    moved = entry("Bill", person("eve", moved=True))
    assert ask("bill", moved).choices[0].target.moved
    found = ask("bill", moved, entry("Bill", person("eve")))
    assert found.outcome is Outcome.WHICH
    assert not ask("bill", entry("Bill", person("eve", moved=True), person("bill"))).choices[0].target.moved


def test_devices_are_called_as_people_are() -> None:
    kitchen = Entry("e_1", "Kitchen", targets=(Target(endpoint=EndpointId("e_1")),))
    found = ask("kitchen", kitchen, "Kit Chen")
    assert found.outcome is Outcome.ONE and found.choices[0].target.endpoint == "e_1"


def test_nicknames_are_names() -> None:
    found = ask("shorty", entry("Robert Long", nickname="Shorty, Bobby-O"))
    assert found.outcome is Outcome.ONE and names_of(found) == ["Robert Long"]
    assert ask("bobby o", entry("Robert Long", nickname="Shorty, Bobby-O")).outcome is Outcome.ONE


# -- the pieces --------------------------------------------------------------------------------------------------


def test_words_for_one_name() -> None:
    assert alike("bill")["william"] and alike("william")["bill"]
    assert alike("alex")["alexander"] and not alike("alexander")["alex"]
    assert not alike("rob")["bob"] and "alexandra" not in alike("alexander")
    assert alike("zzz") == {"zzz": True}


@pytest.mark.parametrize(
    "one",
    [
        "katherine catherine",
        "sara sarah",
        "jon john jhon",
        "erik eric",
        "thomas tomas",
        "smyth smith",
        "philip filip",
        "marcus markus",
        "katy katie cathy",
        "suzie susi",
        "christina kristina cristina",
        "max maks",
        "enrique enrike",
    ],
)
def test_spellings_of_one_sound(one: str) -> None:
    assert len({spoken(word) for word in one.split()}) == 1


@pytest.mark.parametrize(
    "several",
    ["anna hanna", "paul paula", "jenny jonny", "charles karles", "lucia luisa", "maria marie", "carl carol"],
)
def test_what_one_hears_is_kept_apart(several: str) -> None:
    assert len({spoken(word) for word in several.split()}) == 2


def test_all_words_of_the_table_are_as_folding_leaves_them() -> None:
    from kith.directory.nicknames import _LINES_OF

    assert all(fold(word) == word and word.isalpha() for word in _LINES_OF)


def test_nothing_below_the_threshold_is_kept() -> None:
    listed = keys("Anna", "Hannah", "Anno", "Diana", "Nan")
    assert all(score.points >= ASK for score in scores(listed, Said("anna")).values())
