"""How people and devices come in, and how those who should not are kept out."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from kith.core.guidelines import VERSION
from kith.core.ids import new_call
from kith.core.keys import KeyPair
from tests.support.home import Home, living_at_home
from tests.support.server import Joined, RunningServer, as_json, running_server
from tests.support.wire import Endpoint

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    async with living_at_home(tmp_path) as home:
        yield home


@pytest_asyncio.fixture(loop_scope="module")
async def server(tmp_path: Path) -> AsyncIterator[RunningServer]:
    async with running_server(tmp_path, "--no-tls") as server:
        yield server


AGREED = {"guidelines": VERSION}


def keys() -> dict[str, str]:
    return as_json(KeyPair.generate().public)


async def ask(server: RunningServer, command: str, **fields: Any) -> dict[str, Any]:
    return (await server.post(command, **fields))[1]


# -- registering --------------------------------------------------------------------------------------------


@pytest.mark.row("R1")
async def test_nobody_calls_or_is_reached_before_registering(home: Home) -> None:
    async with home.online(home.mum) as (mum,):
        secret = (await mum.ok("invite"))["secret"]
        bo, code = await home.server.sign_up("Bo", secret=secret)
        async with Endpoint(home.server, bo) as phone:
            assert phone.snapshot["registered"] is False
            assert phone.snapshot["people"] == []
            for to in (home.mum.person, home.kitchen.endpoint, bo.person):
                reply = await phone.ask("call", call=new_call(), to=to)
                assert (reply["t"], reply["code"]) == ("problem", "not_registered")
            for command in (
                {"t": "invite"},
                {"t": "offer_pairing", "shared": False},
                {"t": "rename", "name": "B"},
            ):
                assert (await phone.ask(**command))["code"] == "not_registered"
            assert (await mum.ask("call", call=new_call(), to=bo.person))["code"] == "unknown_person"
            assert bo.person not in [one["id"] for one in (await mum.ok("list_directory"))["people"]]

            assert (await phone.ok("verify", code=code))["t"] == "ok"
            await phone.event("registered")
            await mum.event("directory_changed")
            call = new_call()
            await phone.call(home.mum.person or "", call)
            assert (await mum.event("ringing", call=call))["call"]["peer_name"] == "Bo"
            await phone.ok("cancel", call=call)
            back = new_call()
            await mum.call(bo.person or "", back)
            await phone.event("ringing", call=back)
            await mum.ok("cancel", call=back)


async def test_an_invitation_serves_once(home: Home) -> None:
    async with home.online(home.mum) as (mum,):
        secret = (await mum.ok("invite"))["secret"]
        details = await ask(home.server, "look_up_invitation", secret=secret)
        assert (details["inviter"], details["owner"], details["household"]) == ("Mum", False, False)
        await home.server.sign_up("Bo", secret=secret)
        fields = {"name": "Eve", "mobile": "+12025550998", "device_name": "P", "keys": keys(), **AGREED}
        for _ in range(2):
            reply = await ask(home.server, "sign_up", secret=secret, **fields)
            assert (reply["code"], reply["path"]) == ("invitation_invalid", "secret")
        assert (await ask(home.server, "look_up_invitation", secret=secret))["code"] == "invitation_invalid"
        uninvited = await ask(home.server, "sign_up", **fields)
        assert (uninvited["code"], uninvited["path"]) == ("invitation_invalid", "secret")


async def test_two_who_use_one_invitation_at_once_are_one(home: Home) -> None:
    async with home.online(home.mum) as (mum,):
        secret = (await mum.ok("invite"))["secret"]
        replies = await asyncio.gather(
            *(
                ask(
                    home.server,
                    "sign_up",
                    secret=secret,
                    name="Bo",
                    mobile=f"+120255506{number:02d}",
                    device_name="P",
                    keys=keys(),
                    guidelines=VERSION,
                )
                for number in range(5)
            )
        )
        assert sorted(reply["t"] for reply in replies) == ["problem"] * 4 + ["signed_up"]


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"mobile": "12"}, "invalid", "mobile"),
        ({"mobile": "not a number"}, "number_invalid", "mobile"),
        ({"mobile": "911911911"}, "number_invalid", "mobile"),
        ({"mobile": "+442079460000"}, "number_invalid", "mobile"),
        ({"name": " \t "}, "invalid", "name"),
        ({"name": "\u200b\u0000"}, "invalid", "name"),
        ({"device_name": "\n"}, "invalid", "device_name"),
        ({"name": "x" * 65}, "invalid", "name"),
    ],
)
async def test_a_name_and_a_mobile_number_are_needed(
    server: RunningServer, change: dict[str, str], code: str, path: str
) -> None:
    good = {"name": "Bo", "mobile": "+12025550123", "device_name": "P", "keys": keys(), **AGREED}
    secret = await server.owner_link()
    reply = await ask(server, "sign_up", secret=secret, **(good | change))
    assert (reply["code"], reply["path"]) == (code, path)
    assert (await ask(server, "sign_up", secret=secret, **good))["t"] == "signed_up", "nothing was used up"


async def test_a_name_is_shown_on_one_line(server: RunningServer) -> None:
    joined, code = await server.sign_up("Bo\n\tthe\x00 Great ", secret=await server.owner_link())
    await server.post("verify", token=await server.token(joined), code=code)
    async with Endpoint(server, joined) as bo:
        assert bo.snapshot["person"]["name"] == "Bo the Great"


async def test_keys_that_do_not_belong_together_are_refused(server: RunningServer) -> None:
    mixed = keys() | {"sealing": keys()["sealing"]}
    secret = await server.owner_link()
    reply = await ask(
        server,
        "sign_up",
        secret=secret,
        name="Bo",
        mobile="+12025550123",
        device_name="P",
        keys=mixed,
        **AGREED,
    )
    assert (reply["code"], reply["path"]) == ("bad_signature", "keys.sealing_signature")


async def test_keys_that_are_enrolled_are_not_enrolled_again(home: Home) -> None:
    async with home.online(home.mum) as (mum,):
        taken = as_json(home.mum.keys.public)
        secret = (await mum.ok("invite"))["secret"]
        code = (await mum.ok("offer_pairing", shared=True))["code"]
        for command, fields in (
            (
                "sign_up",
                {"secret": secret, "name": "B", "mobile": "+12025550555", "device_name": "P", **AGREED},
            ),
            ("pair", {"code": code, "name": "Porch"}),
        ):
            reply = await ask(home.server, command, keys=taken, **fields)
            assert (reply["code"], reply["path"]) == ("invalid", "keys.identity")
            assert (await ask(home.server, command, keys=keys(), **fields))["t"] != "problem", "not used up"
        assert "Traceback" not in home.server.log.read_text()


async def test_the_owner_link_is_of_no_use_once_there_is_an_owner(server: RunningServer) -> None:
    first = await server.owner_link()
    await server.stop()
    await server.start()
    second = await server.owner_link()
    assert second != first
    await server.person("Mum")
    for secret in (first, second):
        reply = await ask(
            server,
            "sign_up",
            secret=secret,
            name="Eve",
            mobile="+12025550777",
            device_name="P",
            keys=keys(),
            **AGREED,
        )
        assert reply["code"] == "invitation_invalid"
    await server.stop()
    await server.start()
    assert not [line for line in server.console if "#join=" in line]


# -- codes ------------------------------------------------------------------------------------------------


async def signed_up(server: RunningServer) -> tuple[Joined, str, str]:
    joined, code = await server.sign_up("Bo", secret=await server.owner_link())
    return joined, code, await server.token(joined)


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


async def test_a_wrong_code_may_be_tried_five_times(server: RunningServer) -> None:
    _, code, token = await signed_up(server)
    left = []
    for _ in range(5):
        _, reply = await server.post("verify", token=token, code=other_than(code))
        assert (reply["code"], reply["path"]) == ("wrong_code", "code")
        left.append(reply["data"]["tries_left"])
    assert left == [4, 3, 2, 1, 0]
    status, reply = await server.post("verify", token=token, code=code)
    assert (status, reply["code"]) == (429, "too_many_tries"), "not even the right one any more"

    before = len(server.console)
    await server.post("resend_code", token=token)
    fresh = (await server.line(r"code .*: (\d{6})$", after=before))[1]
    if fresh != code:
        assert (await server.post("verify", token=token, code=code))[1]["code"] == "wrong_code", "it is void"
    assert (await server.post("verify", token=token, code=fresh))[1]["t"] == "ok"
    assert (await server.post("verify", token=token, code=fresh))[1]["code"] == "already_registered"
    assert (await server.post("resend_code", token=token))[1]["code"] == "already_registered"


async def test_guessing_at_once_does_not_give_more_tries(server: RunningServer) -> None:
    _, code, token = await signed_up(server)
    guesses = [server.post("verify", token=token, code=other_than(code)) for _ in range(40)]
    codes = [reply["code"] for _, reply in await asyncio.gather(*guesses)]
    assert codes.count("wrong_code") <= 5, "each one more is another chance"


async def test_new_codes_cannot_be_asked_for_again_and_again(server: RunningServer) -> None:
    """Each one gives five more tries to whoever guesses, and costs the number's owner a message."""
    _, _, token = await signed_up(server)
    replies = [(await server.post("resend_code", token=token))[1] for _ in range(12)]
    refused = [reply for reply in replies if reply["t"] == "problem"]
    assert {reply["code"] for reply in refused} == {"rate_limited"}
    assert len(replies) - len(refused) <= 5
    assert all(reply["data"]["retry_after"] > 0 for reply in refused)


# -- pairing -------------------------------------------------------------------------------------------------


async def test_a_pairing_code_enrols_one_device_however_it_is_typed(home: Home) -> None:
    async with home.online(home.mum) as (mum,):
        code = (await mum.ok("offer_pairing", shared=True))["code"]
        typed = f" {code.lower().replace('-', ' ')} "
        reply = await ask(home.server, "pair", code=typed, name="Porch", keys=keys())
        assert (reply["t"], reply["household"]) == ("paired", home.mum.household)
        changed = await mum.event("directory_changed")
        assert "Porch" in [one["name"] for one in changed["endpoints"]]
        again = await ask(home.server, "pair", code=code, name="Porch", keys=keys())
        assert (again["code"], again["path"]) == ("pairing_invalid", "code")


async def test_guessing_pairing_codes_is_limited(home: Home) -> None:
    codes = [
        (await ask(home.server, "pair", code=f"{number:08d}", name="Eve", keys=keys()))["code"]
        for number in range(45)
    ]
    assert set(codes) == {"pairing_invalid", "rate_limited"}
    assert codes[-1] == "rate_limited"


async def test_a_personal_device_belongs_to_who_asked_for_the_code(home: Home) -> None:
    async with home.online(home.dad) as (dad,):
        watch = await home.server.device("Watch", by=home.dad, shared=False)
        assert watch.person == home.dad.person
        async with Endpoint(home.server, watch) as endpoint:
            assert endpoint.snapshot["person"]["name"] == "Dad"
        await dad.ok("ping")


# -- who may see and call whom --------------------------------------------------------------------------------


async def test_strangers_know_nothing_of_each_other(home: Home) -> None:
    """Granny was invited by Mum: she knows Mum, and neither Dad nor the devices in Mum's house."""
    async with home.online(home.granny, home.dad) as (granny, dad):
        assert [one["name"] for one in granny.snapshot["people"]] == ["Mum"]
        assert granny.snapshot["endpoints"] == []
        nobody = "p_" + "0" * 20
        for to in (home.dad.person, nobody):
            reply = await granny.ask("call", call=new_call(), to=to)
            assert (reply["code"], reply["path"]) == ("unknown_person", "to"), (
                "known or not, it looks the same"
            )
        for to in (home.kitchen.endpoint, home.dad.endpoint, home.mum.endpoint, "e_" + "0" * 20):
            reply = await granny.ask("call", call=new_call(), to=to)
            assert (reply["code"], reply["path"]) == ("unknown_endpoint", "to")
        await dad.ok("ping")
        assert not dad.had("ringing")


@pytest.mark.row("R4")
async def test_a_second_person_of_a_household_is_a_person_of_their_own(home: Home) -> None:
    assert home.mum.household == home.dad.household
    assert home.mum.person != home.dad.person
    async with home.online(home.mum, home.dad, home.granny) as (mum, dad, granny):
        assert [one.snapshot["person"]["name"] for one in (mum, dad)] == ["Mum", "Dad"]
        assert "Granny" in {one["name"] for one in mum.snapshot["people"]}
        assert "Granny" not in {one["name"] for one in dad.snapshot["people"]}, "his contacts are his own"
        await dad.ok("rename", name="Father")
        await mum.event("directory_changed")
        assert [one["name"] for one in (await mum.ok("list_directory"))["people"]] == ["Father", "Granny"]
        await dad.ok("rename", name="Dad")
        assert not granny.had("directory_changed"), "she knows Mum, and Mum's name is as it was"


@pytest.mark.row("R7")
async def test_a_shared_device_without_a_word_acts_for_its_profile_and_never_guesses(home: Home) -> None:
    async with home.online(home.kitchen, home.granny, home.dad) as (kitchen, granny, dad):
        await dad.ok("ping")  # he was the last to touch anything, which is no reason to be him
        call = new_call()
        await kitchen.ok("call", call=call, to=home.granny.person)
        ringing = await granny.event("ringing", call=call)
        assert (ringing["call"]["peer_name"], ringing["call"]["peer_person"]) == ("Mum", home.mum.person)
        await kitchen.ok("cancel", call=call)
        theirs = {one["name"] for one in (await kitchen.ok("list_directory"))["people"]}
        assert theirs == {"Mum", "Dad", "Granny"}, "those of its profile, and the profile itself"
        his = await kitchen.ok("list_directory", **{"as": home.dad.person})
        assert "Granny" not in {one["name"] for one in his["people"]}


async def test_a_shared_device_acts_for_those_of_its_household_only(home: Home) -> None:
    async with home.online(home.kitchen, home.granny, home.mum) as (kitchen, granny, _):
        call = new_call()
        reply = await kitchen.ok("call", **{"as": home.mum.person}, call=call, to=home.granny.person)
        assert reply["call"]["phase"] == "ringing"
        assert (await granny.event("ringing", call=call))["call"]["peer_name"] == "Mum"
        await kitchen.ok("cancel", call=call)
        foreign = await kitchen.ask("call", **{"as": home.granny.person}, call=new_call(), to=home.mum.person)
        assert (foreign["code"], foreign["path"]) == ("not_permitted", "as")
        as_other = await granny.ask("call", **{"as": home.mum.person}, call=new_call(), to=home.mum.person)
        assert (as_other["code"], as_other["path"]) == ("not_permitted", "as")


async def test_nobody_calls_themself(home: Home) -> None:
    async with home.online(home.dad) as (dad,):
        for to in (home.dad.person, home.dad.endpoint):
            reply = await dad.ask("call", call=new_call(), to=to)
            assert (reply["code"], reply["path"]) == ("self_call", "to")


# -- servers for tests -----------------------------------------------------------------------------------------

TEST = {"household": "H", "person": "P", "device_name": "D"}


async def test_a_server_for_tests_refuses_real_persons(tmp_path: Path) -> None:
    async with running_server(tmp_path, "--no-tls", "--admit-test") as server:
        assert not [line for line in server.console if "#join=" in line]
        person = {"name": "Bo", "mobile": "+12025550123", "device_name": "P", "keys": keys(), **AGREED}
        device = {"code": "12345678", "name": "P", "keys": keys()}
        refused: list[tuple[str, dict[str, Any]]] = [("sign_up", person), ("pair", device)]
        for command, fields in refused:
            status, reply = await server.post(command, **fields)
            assert (status, reply["code"]) == (403, "test_server")
        assert (await ask(server, "enrol_test", keys=keys(), **TEST))["t"] == "paired"


async def test_a_server_for_people_refuses_test_principals(home: Home) -> None:
    status, reply = await home.server.post("enrol_test", keys=keys(), **TEST)
    assert (status, reply["code"]) == (403, "not_test_server")


async def test_a_database_stays_what_it_was_made_for(tmp_path: Path) -> None:
    for first, second, sentence in (
        ((), ("--admit-test",), "belongs to a server for people"),
        (("--admit-test",), (), "belongs to a server for tests"),
    ):
        directory = tmp_path / sentence.replace(" ", "-")
        directory.mkdir()
        async with running_server(directory, "--no-tls", *first) as server:
            assert await server.stop() == 0
            server.arguments = ("--no-tls", *second)
            with pytest.raises(AssertionError, match=sentence):
                await server.start()
            assert await server.stop() != 0
            assert "Traceback" not in server.log.read_text()
            server.arguments = ("--no-tls", *first)
            await server.start()
