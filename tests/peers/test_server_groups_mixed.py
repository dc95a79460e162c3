"""Groups that the server mixes, on a running server with its real mixers: who may, who is told, and what they hear."""

import os
import secrets
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from kith.core.trust.fingerprint import fingerprint_of
from kith.core.trust.grants import HomeTerm
from kith.core.trust.mixer import MixerPromise
from kith.endpoint.sdp import tidy
from tests.support.family import Family, family
from tests.support.granting import Signer, having
from tests.support.groups import ask_to_start, changed, ended, join, start, who
from tests.support.mixer_peers import Load, Peer, quiet_packets, tone_packets
from tests.support.wire import Endpoint, Message

SIZE = 4
"""What the operator of this server has chosen."""

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Family]:
    async with family(tmp_path_factory.mktemp("mixed"), "--mixers=1", f"--group-size={SIZE}") as made:
        gus_signs = Signer(made.server, made.gus)  # Granny might come at the parlour, which is his as well
        for signer in (made.mum_signs, made.dad_signs, made.granny_signs, gus_signs):
            async with Endpoint(made.server, signer.person) as app:
                await signer.set(app, having(enhanced=True, home=HomeTerm.INSTANT))
        yield made


async def offer(endpoint: Endpoint, peer: Peer, *, epoch: int = 0) -> Message:
    """Offer the mixer a connection, and see that the server vouches for the answer."""
    sdp, nonce = tidy(await peer.offer()), secrets.token_bytes(32)
    answer = await endpoint.ok("offer_mixer", call=peer.room, epoch=epoch, sdp=sdp, nonce=nonce)
    promise = MixerPromise(
        call=peer.room,
        epoch=epoch,
        identity=endpoint.joined.keys.public.identity,
        mixer=answer["fingerprint"],
        own=fingerprint_of(sdp),
        nonce=nonce,
    )
    promise.verify(endpoint.hello["server"], answer["statement"])
    assert fingerprint_of(answer["sdp"]) == answer["fingerprint"]
    return answer


async def test_a_group_is_as_large_as_the_operator_lets_it_be(home: Family) -> None:
    people = [home.dad.person, home.granny.person, home.gus.person, home.kitchen.endpoint]
    async with home.online(home.mum, home.dad, home.granny, home.gus, home.kitchen) as (mum, *_):
        plan = await mum.ok("plan_group", kind="call", to=people[: SIZE - 1], path="mixer")
        assert plan["path"] == "mixer"
        refused = await mum.ask("plan_group", kind="call", to=people, path="mixer")
        assert refused["code"] == "group_not_available"


@pytest.mark.row("R82", "R89")
async def test_a_call_that_is_mixed_is_said_to_be_to_everybody_in_it(home: Family) -> None:
    people = [home.dad.person, home.granny.person]
    async with home.online(home.mum, home.dad, home.granny) as online:
        mum, dad, granny = online
        plan = await mum.ok("plan_group", kind="call", to=people)
        assert (plan["path"], plan["e2ee"]) == ("mixer", False)
        group = await start(mum, people, path="mixer", video=True)
        call = group["id"]
        assert not group["video"], "the mixer carries no picture"
        shown = [await join(one, call) for one in (dad, granny)]
        assert [(one["path"], one["e2ee"]) for one in shown] == [("mixer", False)] * 2
        for one in online:
            views = [event["group"] for event in one.all if "group" in event]
            assert views and not any(view["e2ee"] for view in views)
        assert (await mum.ask("signal_group", call=call, to=dad.id, epoch=0, body=b"x"))["path"] == "to"

        async with AsyncExitStack() as stack:
            load = await stack.enter_async_context(Load())
            peers = []
            for one in online:
                peer = Peer(call, one.id)
                stack.push_async_callback(peer.close)
                await peer.take((await offer(one, peer))["sdp"])
                peers.append(peer)
            peers[0].says, peers[1].says, peers[2].says = tone_packets(440), quiet_packets(), quiet_packets()
            load.add(*peers)
            view = await changed(granny, call)
            while not all(one["connected"] for one in view["members"]):
                view = await changed(granny, call)
            await peers[2].hears(25)
            assert (await dad.event("group_speaking", call=call))["endpoints"] == [mum.id]

            again = Peer(call, granny.id)
            stack.push_async_callback(again.close)
            late = await granny.ask(
                "offer_mixer", call=call, epoch=0, sdp=tidy(await again.offer()), nonce=bytes(32)
            )
            assert (late["code"], late["path"]) == ("bad_offer", "epoch")
            await dad.ok("leave_group", call=call)
            assert await ended(dad, call) == "hung_up"
            gone = await dad.ask("offer_mixer", call=call, epoch=9, sdp="v=0", nonce=bytes(32))
            assert gone["code"] == "unknown_call"
        await mum.ok("leave_group", call=call)
        assert await ended(granny, call) == "hung_up"


def mixers_of(home: Family) -> list[int]:
    """The processes that the server has started."""
    children = Path(f"/proc/{home.server.pid}/task/{home.server.pid}/children").read_text().split()
    return [int(one) for one in children if b"media.mixer" in Path(f"/proc/{one}/cmdline").read_bytes()]


async def test_after_its_mixer_was_killed_all_offer_anew_and_nobody_is_out(home: Family) -> None:
    async with home.online(home.mum, home.dad) as online, AsyncExitStack() as stack:
        mum, dad = online
        call = (await start(mum, [home.dad.person], path="mixer"))["id"]
        await join(dad, call)
        for one in online:
            peer = Peer(call, one.id)
            stack.push_async_callback(peer.close)
            await peer.take((await offer(one, peer, epoch=4))["sdp"])
        view = await changed(dad, call)
        while not all(one["connected"] for one in view["members"]):
            view = await changed(dad, call)
        for process in mixers_of(home):
            os.kill(process, signal.SIGKILL)
        for one in online:
            lost = await changed(one, call, epoch=5)
            assert not any(member["connected"] for member in lost["members"])
            peer = Peer(call, one.id)
            stack.push_async_callback(peer.close)
            await peer.take((await offer(one, peer, epoch=5))["sdp"])
        view = await changed(dad, call)
        while not all(one["connected"] for one in view["members"]):
            view = await changed(dad, call)
        assert who(view) == [mum.id, dad.id]
        await dad.ok("leave_group", call=call)
        await ended(mum, call)


@pytest.mark.row("R82", "R91")
async def test_one_who_has_not_opted_in_keeps_everybody_out_of_the_mixer(home: Family) -> None:
    async with home.online(home.mum, home.dad, home.granny, home.stranger) as (mum, dad, granny, stranger):
        people = [home.dad.person, home.granny.person, home.stranger.person]
        plan = await mum.ok("plan_group", kind="call", to=people)
        assert (plan["path"], plan["e2ee"]) == ("mesh", True)
        refused = await ask_to_start(mum, people, path="mixer")
        assert refused["code"] == "group_changed_path"
        call = (await start(mum, [home.dad.person], path="mixer"))["id"]
        await join(dad, call)
        more = await mum.ask("ask_into_group", call=call, to=[home.stranger.person])
        assert (more["code"], more["data"]) == ("group_not_available", {})
        await mum.ok("ask_into_group", call=call, to=[home.granny.person])
        await granny.event("group_rings", call=call)
        assert stranger.had("group_rings") == []
        await dad.ok("leave_group", call=call)
        await mum.ok("leave_group", call=call)
        await ended(granny, call)


@pytest.mark.row("R91")
async def test_whoever_opts_out_is_out_of_what_is_mixed_and_nobody_joins_who_has(home: Family) -> None:
    async with home.online(home.mum, home.dad, home.granny) as (mum, dad, granny):
        call = (await start(mum, [home.dad.person, home.granny.person], path="mixer"))["id"]
        for one in (dad, granny):
            await join(one, call)
        await home.granny_signs.set(granny, having(enhanced=False))
        assert await ended(granny, call) == "hung_up"
        again = await granny.ask("join_group", call=call)
        assert (again["code"], again["data"]) == ("group_not_available", {})
        await home.granny_signs.set(granny, having(enhanced=True))
        assert (await granny.ok("join_group", call=call))["group"]["path"] == "mixer"
        for one in (granny, dad):
            await one.ok("leave_group", call=call)
        await ended(mum, call)


@pytest.mark.row("R82")
async def test_dropping_in_on_everyone_is_mixed_where_the_whole_household_has_opted_in(home: Family) -> None:
    async with home.online(home.mum, home.kitchen, home.hall, home.dad) as (mum, kitchen, hall, dad):
        assert (await mum.ok("plan_group", kind="drop_in", to=["everyone"]))["path"] == "mixer"
        group = await start(mum, ["everyone"], kind="drop_in", path="mixer")
        for room in (kitchen, hall):
            assert not (await room.event("group_rings", call=group["id"]))["group"]["e2ee"]
            await room.ok("join_group", call=group["id"])
        await mum.ok("leave_group", call=group["id"])
        assert {await ended(one, group["id"]) for one in (kitchen, hall)} == {"hung_up"}
        await home.dad_signs.set(dad, having(enhanced=False))
        assert (await mum.ok("plan_group", kind="drop_in", to=["everyone"]))["path"] == "mesh"
        await home.dad_signs.set(dad, having(enhanced=True))
