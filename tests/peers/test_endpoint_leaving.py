"""Leaving, with endpoints of the library: what others believe, what the leaver's own other endpoint believes."""

from functools import partial
from pathlib import Path

import pytest

from kith import Endpoint
from kith.core.problem import Code, Problem
from kith.core.trust.untrusted import Reason, Untrusted
from kith.endpoint.home import Home as Place
from tests.support import signing
from tests.support.endpoints import endpoint_of, phone_of
from tests.support.server import running_server


def moved(endpoint: Endpoint, household: str) -> bool:
    return endpoint.enrolment.household != household


async def test_others_believe_who_left_and_the_leaver_begins_anew(tmp_path: Path) -> None:
    async with running_server(tmp_path, "--no-tls") as server:
        mum = await server.person("Mum")
        dad = await server.person("Dad", by=mum, household=True)
        await signing.welcome(server, mum, dad)
        async with (
            phone_of(server, mum, tmp_path) as hers,
            phone_of(server, dad, tmp_path) as his,
            endpoint_of(server, mum, "Kitchen", tmp_path, shared=True) as kitchen,
            endpoint_of(server, dad, "Tablet", tmp_path) as tablet,
        ):
            await his.endpoint.belonging.move_in()
            await signing.let_act(server, dad)
            before = await tablet.endpoint._circle.identities.shown_roster(anew=True)
            root = (await signing.identity(server, dad))[0]
            assert root is not None and before is not None and root.root in before.members

            await his.endpoint.belonging.leave_household()
            roster = await hers.endpoint._circle.identities.roster(anew=True)
            assert roster is not None and root.root not in roster.members
            with pytest.raises(Untrusted) as untrusted:
                await kitchen.endpoint._circle.identities.require_of_household(str(dad.person))
            assert untrusted.value.reason in (Reason.NOT_A_MEMBER, Reason.UNKNOWN_PERSON)

            for one in (his, tablet):
                await one.until_true(partial(moved, one.endpoint, dad.household), "a household of his own")
                assert await one.endpoint._circle.identities.shown_roster(anew=True) is None
            kept = Place(tmp_path / "Tablet")
            await tablet.until_true(lambda: kept.load().household != dad.household, "remembered")
            assert kept.memory().household is None
            # The server shows what was left as it was before, as the roster of his new household: refused.
            (left,) = Place(tmp_path / "Dad's phone").memory().left
            assert left.version == before.point.version + 1, "the very link by which he left"

            await hers.endpoint.call("Dad")
            await his.until("ringing")
            await his.endpoint.answer()
            await hers.until("connected")
            await hers.endpoint.hang_up()

            with pytest.raises(Problem) as alone:
                await his.endpoint.belonging.leave_household()
            assert alone.value.code is Code.LAST_MEMBER
            await his.endpoint.belonging.deregister()
            await tablet.until("closed")
            with pytest.raises(Exception, match="Dad"):
                await hers.endpoint.call("Dad")
