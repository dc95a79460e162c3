"""Names that are said at an endpoint: whom they mean, and what nobody is told by asking."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from kith.core.ids import new_call
from signaling.names import NEW_NAMES, QUESTIONS
from tests.support.contacts import until_reached, vcard
from tests.support.home import Home, living_at_home
from tests.support.server import Joined
from tests.support.wire import Endpoint

pytestmark = pytest.mark.asyncio(loop_scope="module")

MUM, DAD, GRANNY = "+12025550001", "+12025550002", "+12025550003"
"""Their verified numbers, by the order in which they signed up."""


@dataclass(frozen=True)
class Known:
    """A home where Dad has Granny in his list as "Oma Schmidt", and nobody else has."""

    home: Home
    secret: str


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def known(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Known]:
    async with living_at_home(tmp_path_factory.mktemp("names"), "--open-sign-up") as home:
        async with home.online(home.dad) as (dad,):
            await add(dad, "Oma Schmidt", GRANNY, label="home")
            await add(dad, "Bill Hidden", "+12025559998")
            await until_reached(dad, "Oma Schmidt", home.granny.person)
        yield Known(home, "Hidden")


async def add(endpoint: Endpoint, name: str, *numbers: str, label: str = "mobile") -> str:
    written = [{"label": label, "number": number} for number in numbers]
    return str((await endpoint.ok("add_contact", name=name, numbers=written))["contact"]["id"])


async def ask(endpoint: Endpoint, text: str, label: str = "", *, by: Joined | None = None) -> dict[str, Any]:
    acting = {} if by is None else {"as": by.person}
    return await endpoint.ask("resolve_name", **acting, text=text, label=label)


def told(reply: dict[str, Any]) -> tuple[str, list[tuple[str, str | None]]]:
    assert reply["t"] == "resolved", reply
    return reply["outcome"], [(one["name"], one["person"] or one["endpoint"]) for one in reply["choices"]]


# -- who is meant ---------------------------------------------------------------------------------------------


@pytest.mark.row("R6")
async def test_a_contact_that_only_one_has_is_found_for_another_who_is_the_caller(known: Known) -> None:
    home = known.home
    async with home.online(home.kitchen, home.granny) as (kitchen, granny):
        found = await ask(kitchen, "oma schmidt", by=home.mum)
        assert told(found) == ("one", [("Oma Schmidt", home.granny.person)])
        call = new_call()
        await kitchen.ok("call", **{"as": home.mum.person}, call=call, to=found["choices"][0]["person"])
        ringing = (await granny.event("ringing", call=call))["call"]
        assert (ringing["peer_name"], ringing["peer_person"]) == ("Mum", home.mum.person)
        await kitchen.ok("cancel", call=call)


@pytest.mark.row("R14")
async def test_a_name_means_the_same_on_a_device_and_in_the_app(known: Known) -> None:
    home = known.home
    async with home.online(home.kitchen, home.dad, home.tablet) as endpoints:
        for name, label in (
            ("Oma", ""),
            ("oma schmit", ""),
            ("Grany", ""),
            ("mum", ""),
            ("kitchn", ""),
            ("x", ""),
        ):
            replies = [await ask(one, name, label, by=home.dad) for one in endpoints]
            people = [[pair for pair in told(one)[1] if pair[1] != home.kitchen.endpoint] for one in replies]
            assert people[0] == people[1] == people[2], name
        assert told(replies[0]) == ("none", [])


async def test_people_and_devices_are_found_by_name_and_numbers_by_what_they_are_for(known: Known) -> None:
    home = known.home
    async with home.online(home.mum) as (mum,):
        assert told(await ask(mum, "kitchen")) == ("one", [("Kitchen", home.kitchen.endpoint)])
        assert told(await ask(mum, "dad", "cell")) == ("one", [("Dad", home.dad.person)])
        assert told(await ask(mum, "papá")) == ("one", [("Dad", home.dad.person)])
        assert told(await ask(mum, "dad", "work")) == ("which", [("Dad", home.dad.person)])
        assert told(await ask(mum, "dat"))[0] == "which"


@pytest.mark.row("R25")
async def test_two_of_one_name_are_a_question_in_an_order_that_stays(known: Known) -> None:
    home = known.home
    async with home.online(home.mum, home.kitchen) as (mum, kitchen):
        await add(mum, "Bill Zander", GRANNY)
        await add(mum, "William Abel", DAD)
        await until_reached(mum, "William Abel", home.dad.person)
        await until_reached(mum, "Bill Zander", home.granny.person)
        first = told(await ask(mum, "bill"))
        assert first == ("which", [("Bill Zander", home.granny.person), ("William Abel", home.dad.person)])
        assert told(await ask(mum, "bill")) == told(await ask(kitchen, "BILL", by=home.mum)) == first
        # Dad has a name for Granny of his own, and Mum's are told to him as hers: it is one person still.
        assert told(await ask(kitchen, "bill zander", by=home.dad)) == (
            "one",
            [("Bill Zander", home.granny.person)],
        )


async def test_two_who_are_called_the_same_are_told_apart_by_what_is_known_here(known: Known) -> None:
    home = known.home
    async with home.online(home.mum, home.dad, home.kitchen) as (mum, dad, kitchen):
        await add(mum, "Nanna", GRANNY)
        await add(dad, "Nanna", MUM)
        await until_reached(mum, "Nanna", home.granny.person)
        await until_reached(dad, "Nanna", home.mum.person)
        assert told(await ask(kitchen, "nanna", by=home.dad)) == (
            "which",
            [("Nanna (Mum)", home.mum.person), ("Nanna", home.granny.person)],
        )
        assert told(await ask(dad, "nanna")) == ("one", [("Nanna", home.mum.person)])
        assert "Granny" not in json.dumps(kitchen.all[-1], default=str)


async def test_whose_a_number_is_nobody_learns_by_giving_two_one_name(known: Known) -> None:
    home = known.home
    async with home.online(home.granny) as (granny,):
        await granny.ok("add_contact", name="X Y", organization="Baker", numbers=[{"number": DAD}])
        await granny.ok("add_contact", name="x y", numbers=[{"number": MUM}])
        await until_reached(granny, "X Y", home.dad.person)
        await until_reached(granny, "x y", home.mum.person)
        found = told(await ask(granny, "x y"))[1]
        assert sorted(found) == [("X Y (Baker)", home.dad.person), ("x y (Mum)", home.mum.person)], (
            "she knows Mum, and of Dad no more than his number"
        )


# -- what nobody learns -------------------------------------------------------------------------------------------


@pytest.mark.row("R6", "R23")
async def test_of_another_s_list_nothing_is_told_but_the_name_that_was_said(known: Known) -> None:
    home = known.home
    async with home.online(home.kitchen, home.mum, home.granny) as (kitchen, mum, granny):
        assert told(await ask(kitchen, "bill hidden", by=home.mum)) == ("none", []), "it reaches nobody"
        assert told(await ask(kitchen, "oma schmitt", by=home.mum))[0] in ("one", "none")
        for guess in ("o", "om", "ona", "sch", "schmi", "a", "%", "*", "", "_", "."):
            reply = await ask(kitchen, guess, by=home.mum)
            assert reply["t"] == "problem" or told(reply) == ("none", []), guess
        assert told(await ask(mum, "oma schmidt")) == ("none", []), "her own phone has her own list only"
        assert told(await ask(granny, "oma schmidt")) == ("none", [])
        foreign = await ask(granny, "dad", by=home.dad)
        assert (foreign["code"], foreign["path"]) == ("not_permitted", "as")
        assert (await kitchen.ask("list_contacts", **{"as": home.dad.person}))["code"] == "not_permitted"
        everything = json.dumps([one for one in kitchen.all + mum.all if one["t"] == "resolved"], default=str)
        assert GRANNY not in everything and DAD not in everything and known.secret not in everything


GIVEN = ["Aldo", "Berta", "Cuno", "Dora", "Egon", "Frida", "Gustl", "Heidi", "Ignaz", "Jutta"]
FAMILIES = [
    f"{a}{b}" for a in ("Kar", "Lim", "Mon", "Nip", "Ost") for b in ("ach", "berg", "dorf", "feld", "horst")
]


async def many(owner: Endpoint, *numbers: str) -> list[str]:
    """Two hundred and fifty contacts more."""
    names = [f"{one} {other}{'sen' if numbers else 'ski'}" for one in GIVEN for other in FAMILIES]
    await owner.ok("set_contact_import", allowed=True)
    cards = "".join(vcard(name, *numbers, uid=name) for name in names)
    assert (await owner.ok("import_contacts", text=cards))["added"] == len(names)
    return names


async def guess(endpoint: Endpoint, names: list[str], *, by: Joined) -> set[str]:
    """All that is told to a program that asks until it is stopped."""
    told: set[str] = set()
    for name in names:
        reply = await ask(endpoint, name, by=by)
        if reply["t"] == "problem":
            assert reply["code"] == "rate_limited" and reply["data"]["retry_after"] > 0
            return told
        told |= {choice["name"] for choice in reply["choices"]}
    raise AssertionError(f"nobody stopped it after {len(told)}")


@pytest.mark.row("R6", "R23")
async def test_a_list_cannot_be_read_by_asking_for_names(known: Known) -> None:
    """Contacts that all reach somebody, and a program at a speaker that says it is somebody else of the household."""
    home = known.home
    async with home.online(home.dad, home.hall) as (dad, hall):
        names = await many(dad, GRANNY)
        await until_reached(dad, names[-1], home.granny.person)
        told = await guess(hall, names, by=home.mum)
        assert 0 < len(told) <= QUESTIONS[1] + 5
        assert (await ask(dad, names[0]))["t"] == "resolved", "nobody else is held up"


@pytest.mark.row("R6", "R23")
async def test_a_list_cannot_be_read_by_saying_that_it_is_one_s_own(known: Known) -> None:
    """Nobody at a shared device is known to be who they say. Each question names five, until the day's are told."""
    home = known.home
    speaker = await home.server.device("Den", by=home.mum, shared=True)
    async with home.online(home.dad, speaker) as (dad, den):
        await many(dad)
        families = [f"{family}ski" for family in FAMILIES]
        told = await guess(den, families, by=home.dad)
        assert 20 < len(told) <= NEW_NAMES[1] and NEW_NAMES[0] * 86_400 <= 100
        assert len([await ask(dad, family) for family in families[:5]]) == 5, "his own phone is not stopped"
        again = await ask(den, families[0], by=home.dad)
        assert {one["name"] for one in again["choices"]} <= told, "what is known is told again"


# -- what is meant by a sentence --------------------------------------------------------------------------------


@pytest.mark.row("R12")
async def test_a_sentence_has_its_intent_and_whom_it_is_about_and_an_answer_to_speak(known: Known) -> None:
    home = known.home
    token = await home.server.token(home.dad)

    async def utter(text: str, language: str = "en") -> dict[str, Any]:
        _, said = await home.server.post("utter", token=token, text=text, language=language)
        assert said["t"] == "uttered", said
        return said

    called = await utter("call Oma Schmidt at home")
    assert (called["act"], called["outcome"], called["label"]) == ("call", "one", "home")
    assert called["choices"][0]["choice"]["person"] == home.granny.person
    assert called["answer"] == "Call Oma Schmidt."
    told = await utter("dile a mamá que llego tarde", "es")
    assert (told["act"], told["text"]) == ("message", "llego tarde")
    assert [one["choice"]["person"] for one in told["choices"]] == [home.mum.person]
    assert (await utter("do not disturb"))["act"] == "quiet_on"
    assert (await utter("drop in on home"))["answer"] == "Drop in on home."
    assert (await utter("call for help"))["answer"].startswith("I cannot call for help.")
    lost = await utter("call Ebenezer")
    assert (lost["outcome"], lost["answer"]) == ("none", "I do not know Ebenezer.")
    nothing = await utter("my hidden diary of yesterday")
    assert nothing["act"] is None and nothing["answer"] == "I did not understand that."
    log = home.server.log.read_text()
    assert "diary" not in log and "llego tarde" not in log and "Ebenezer" not in log


async def test_sentences_count_as_names_do(known: Known) -> None:
    home = known.home
    async with home.online(home.kitchen) as (kitchen,):
        assert (await kitchen.ask("utter", text="hang up"))["act"] == "hang_up"
        for _ in range(int(QUESTIONS[1]) + 2):
            last = await kitchen.ask("utter", **{"as": home.mum.person}, text="call Granny")
        assert last["code"] == "rate_limited"
