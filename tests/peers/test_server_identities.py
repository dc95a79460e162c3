"""What people sign about themselves: stored as signed, checked, shown to those whom it concerns and to nobody else."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kith.core.guidelines import VERSION
from kith.core.ids import new_call
from kith.core.keys import KeyPair
from kith.core.trust import delegations, household, household_write, person, person_write
from kith.core.trust.household_links import HouseholdLink
from kith.core.trust.person import Chain
from kith.core.trust.person_links import PersonLink
from kith.core.trust.recovery import RecoveryKey
from tests.support.home import Home, move_in
from tests.support.server import Joined, running_server
from tests.support.wire import Endpoint

TIME = 1_790_000_000
RECOVERY = RecoveryKey(b"r" * 32)


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    async with running_server(tmp_path, "--no-tls") as server:
        yield await move_in(server)


def plain(signed: Any) -> Any:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(signed))


@dataclass
class Signer:
    """A person with their chain as it is on the server."""

    joined: Joined
    endpoint: Endpoint
    chain: Chain

    async def extend(self, link: PersonLink) -> None:
        await self.endpoint.ok("extend_person", links=[plain(link)])
        self.chain = person.extend(self.chain, link)


async def begun(joined: Joined, endpoint: Endpoint, recovery: RecoveryKey = RECOVERY) -> Signer:
    link = person_write.begin(joined.keys, recovery.public, time=TIME)
    await endpoint.ok("extend_person", links=[plain(link)])
    return Signer(joined, endpoint, person.extend(None, link))


async def identity(asker: Endpoint, of: Joined) -> Any:
    found = (await asker.ok("list_identities", persons=[of.person]))["identities"]
    return found[0] if found else None


async def test_a_chain_begins_with_the_sign_up(home: Home) -> None:
    keys, recovery = KeyPair.generate(), RecoveryKey(b"s" * 32)
    link = person_write.begin(keys, recovery.public, time=TIME)
    async with home.online(home.mum) as (mum,):
        invited = await mum.ok("invite", household=False)
        reply = await mum.ok(
            "sign_up",
            secret=invited["secret"],
            name="Bo",
            mobile="+12025550777",
            device_name="Phone",
            guidelines=VERSION,
            keys=plain(
                {
                    "identity": keys.public.identity,
                    "sealing": keys.public.sealing,
                    "sealing_signature": keys.public.sealing_signature,
                }
            ),
            link=plain(link),
        )
        found = await mum.ok("look_up_recovery", recovery=recovery.public)
        assert (found["name"], found["identity"]["person"]) == ("Bo", reply["person"])
        assert found["identity"]["links"] == [plain(link)]


async def test_a_chain_that_does_not_hold_is_refused_with_its_reason(home: Home) -> None:
    async with home.online(home.mum) as (mum,):
        signer = await begun(home.mum, mum)
        stranger = KeyPair.generate()
        forged = person_write.add(signer.chain, stranger, stranger.public, time=TIME)
        problem = await mum.ask("extend_person", links=[plain(forged)])
        assert (problem["code"], problem["data"]) == ("untrusted", {"reason": "not_active"})
        again = person_write.begin(home.mum.keys, b"x" * 32, time=TIME)
        assert (await mum.ask("extend_person", links=[plain(again)]))["code"] == "untrusted"
        good = person_write.add(signer.chain, home.mum.keys, stranger.public, time=TIME)
        two = [good, msgspec.structs.replace(forged, version=2)]
        assert (await mum.ask("extend_person", links=[plain(each) for each in two]))["code"] == "untrusted"
        assert len((await identity(mum, home.mum))["links"]) == 1, "all or nothing"


async def test_two_who_sign_at_once_do_not_both_succeed(home: Home) -> None:
    async with home.online(home.dad, home.tablet) as (dad, tablet):
        signer = await begun(home.dad, dad)
        await signer.extend(person_write.add(signer.chain, home.dad.keys, home.tablet.keys.public, time=TIME))
        keys = KeyPair.generate().public, KeyPair.generate().public
        ours = person_write.add(signer.chain, home.dad.keys, keys[0], time=TIME)
        theirs = person_write.add(signer.chain, home.tablet.keys, keys[1], time=TIME)
        await tablet.event("identity_changed", person=home.dad.person)
        first = await dad.say("extend_person", links=[plain(ours)])
        second = await tablet.say("extend_person", links=[plain(theirs)])
        replies = [await dad.reply(first), await tablet.reply(second)]
        assert sorted(reply["t"] for reply in replies) == ["ok", "problem"]


async def test_identities_are_shown_to_those_who_know_the_person(home: Home) -> None:
    async with home.online(home.mum, home.granny, home.dad, home.kitchen) as (mum, granny, dad, kitchen):
        await begun(home.granny, granny)
        await mum.event("identity_changed", person=home.granny.person)
        assert not dad.had("identity_changed"), "they do not know each other"
        assert (await identity(mum, home.granny))["person"] == home.granny.person
        assert await identity(dad, home.granny) is None
        assert await identity(kitchen, home.granny) is not None, "its profile knows her"
        assert await identity(granny, home.dad) is None
        assert await identity(granny, home.mum) is None, "who has none is left out"


async def test_a_roster_and_who_waits(home: Home) -> None:
    async with home.online(home.mum, home.dad, home.kitchen) as (mum, dad, kitchen):
        own, his = await begun(home.mum, mum), await begun(home.dad, dad, RecoveryKey(b"d" * 32))
        waiting = (await mum.ok("show_roster"))["waiting"]
        assert {one["name"] for one in waiting} == {"Kitchen", "Hall"}
        assert {one["name"] for one in (await dad.ok("show_roster"))["waiting"]} == {
            "Kitchen",
            "Hall",
            "Tablet",
        }
        persons = {one.chain.root: one.chain for one in (own, his)}
        links: list[HouseholdLink] = [household_write.begin(own.chain, home.mum.keys, time=TIME)]
        roster = household.extend(None, links[0], persons)
        links.append(household_write.join(roster, own.chain, home.mum.keys, his.chain, time=TIME))
        roster = household.extend(roster, links[1], persons)
        links.append(
            household_write.add(roster, own.chain, home.mum.keys, home.kitchen.keys.public, time=TIME)
        )
        await mum.ok("extend_household", links=[plain(link) for link in links])
        await kitchen.event("roster_changed")
        shown = await kitchen.ok("show_roster")
        assert shown["links"] == [plain(link) for link in links]
        assert {one["person"] for one in shown["identities"]} == {home.mum.person, home.dad.person}
        assert shown["waiting"] == []
        assert {one["name"] for one in (await mum.ok("show_roster"))["waiting"]} == {"Hall"}

        foreign = household_write.add(
            household.extend(roster, links[2], persons),
            own.chain,
            home.dad.keys,
            home.hall.keys.public,
            time=TIME,
        )
        assert (await mum.ask("extend_household", links=[plain(foreign)]))["code"] == "untrusted"
        assert (await kitchen.ask("extend_household", links=[plain(links[2])]))["code"] == "not_permitted"


async def test_delegations_only_rise(home: Home) -> None:
    async with home.online(home.mum, home.kitchen) as (mum, kitchen):
        signer = await begun(home.mum, mum)
        first = delegations.delegate(
            signer.chain, home.mum.keys, None, [home.kitchen.keys.public.identity], time=TIME
        )
        second = delegations.delegate(signer.chain, home.mum.keys, first, [], time=TIME)
        await mum.ok("delegate", delegations=plain(first))
        await kitchen.event("identity_changed", person=home.mum.person)
        assert (await identity(kitchen, home.mum))["delegations"] == plain(first)
        await mum.ok("delegate", delegations=plain(second))
        problem = await mum.ask("delegate", delegations=plain(first))
        assert (problem["code"], problem["data"]) == ("untrusted", {"reason": "stale"})
        assert (await kitchen.ask("delegate", delegations=plain(second)))["code"] == "not_permitted"


async def test_a_recovery_key_replaces_every_endpoint(home: Home) -> None:
    async with home.online(home.dad, home.granny) as (dad, granny):
        tablet = await Endpoint(home.server, home.tablet).open()
        signer = await begun(home.dad, dad)
        new = KeyPair.generate()
        link = person_write.recover(
            signer.chain, RECOVERY, new.public, RecoveryKey(b"n" * 32).public, time=TIME
        )
        paired = await granny.ok("recover", link=plain(link), name="New phone")
        assert (paired["person"], paired["household"]) == (home.dad.person, home.dad.household)
        for former in (dad, tablet):
            await former.closed()
        joined = Joined("Dad", new, paired["endpoint"], home.dad.person, home.dad.household)
        async with Endpoint(home.server, joined) as phone:
            assert len((await identity(phone, home.dad))["links"]) == 2
        assert (await granny.ask("recover", link=plain(link), name="Again"))["code"] == "unknown_person"
        assert (await granny.ask("look_up_recovery", recovery=RECOVERY.public))["code"] == "unknown_person"


async def test_blobs_pass_between_the_two_of_a_pairing_only(home: Home) -> None:
    async with home.online(home.mum, home.kitchen, home.dad, home.tablet, home.granny) as everybody:
        mum, kitchen, dad, tablet, granny = everybody
        await kitchen.ok("pairing_signal", to=mum.id, body=b"commit")
        heard = await mum.event("pairing_signalled")
        assert (heard["endpoint"]["id"], heard["body"]) == (kitchen.id, b"commit")
        assert heard["endpoint"]["keys"]["identity"] == home.kitchen.keys.public.identity
        await tablet.ok("pairing_signal", to=dad.id, body=b"proof")
        await dad.event("pairing_signalled")
        for sender, receiver in ((mum, dad), (granny, kitchen), (kitchen, granny), (mum, tablet)):
            problem = await sender.ask("pairing_signal", to=receiver.id, body=b"x")
            assert (problem["code"], problem["path"]) == ("unknown_endpoint", "to")
        away = await mum.ask("pairing_signal", to=home.hall.endpoint, body=b"x")
        assert away["code"] == "unknown_endpoint", "Hall has no session"


async def test_whoever_pairs_is_told_with_whom_to_compare_keys(home: Home) -> None:
    code = await home.server.pairing(home.mum, shared=True)
    keys = KeyPair.generate().public
    async with home.online(home.granny) as (granny,):
        paired = await granny.ok(
            "pair",
            code=code,
            name="Attic",
            keys={
                "identity": keys.identity,
                "sealing": keys.sealing,
                "sealing_signature": keys.sealing_signature,
            },
        )
    assert paired["offered_by"] == home.mum.endpoint


async def test_an_endpoint_nobody_signed_for_neither_calls_nor_rings(home: Home) -> None:
    async with home.online(home.mum, home.granny) as (mum, granny):
        signer = await begun(home.mum, mum)
        watch = await home.server.device("Watch", by=home.mum, shared=False)
        async with Endpoint(home.server, watch) as new:
            refused = await new.ask("call", call=new_call(), to=home.granny.person)
            assert refused["code"] == "not_confirmed"
            call = new_call()
            await granny.call(home.mum.person or "", call)
            await mum.event("ringing", call=call)
            await mum.ok("decline", call=call)
            assert not new.had("ringing")
            await signer.extend(person_write.add(signer.chain, home.mum.keys, watch.keys.public, time=TIME))
            again = new_call()
            await granny.call(home.mum.person or "", again)
            for one in (mum, new):
                await one.event("ringing", call=again)
            await new.ok("decline", call=again)


async def test_whoever_lost_everything_begins_anew_and_everybody_sees_it(home: Home) -> None:
    async with home.online(home.dad, home.mum) as (dad, mum):
        tablet = await Endpoint(home.server, home.tablet).open()
        own, his = await begun(home.mum, mum), await begun(home.dad, dad, RecoveryKey(b"d" * 32))
        persons = {one.chain.root: one.chain for one in (own, his)}
        links: list[HouseholdLink] = [household_write.begin(own.chain, home.mum.keys, time=TIME)]
        roster = household.extend(None, links[0], persons)
        links.append(household_write.join(roster, own.chain, home.mum.keys, his.chain, time=TIME))
        await mum.ok("extend_household", links=[plain(link) for link in links])
        anew = person_write.begin(home.tablet.keys, RecoveryKey(b"t" * 32).public, time=TIME)
        assert (await dad.ask("begin_anew", link=plain(anew)))["code"] == "not_permitted", "it was signed for"
        refused = await tablet.ask("begin_anew", link=plain(anew))
        assert refused["code"] == "not_permitted", "his phone is here, and could sign for it"
        await dad.ok("leave", how="disconnect")
        await tablet.ok("begin_anew", link=plain(anew))
        assert (await mum.ask("pairing_signal", to=home.dad.endpoint, body=b"x"))[
            "code"
        ] == "unknown_endpoint"
        await mum.event("identity_changed", person=home.dad.person)
        assert (await identity(mum, home.dad))["links"] == [plain(anew)]
        shown = await mum.ok("show_roster")
        chains = [one["links"] for one in shown["identities"] if one["person"] == home.dad.person]
        assert len(chains) == 2, "the roster rests on the old one"
        news = await mum.event("household_news")
        while not any(item["kind"] == "identity_renewed" for item in news["news"]):
            news = await mum.event("household_news")
        await tablet.close()
