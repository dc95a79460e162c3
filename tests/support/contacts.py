"""Contacts in tests."""

import asyncio
from typing import Any

from kith.core.ids import HouseholdId, PersonId
from kith.directory.contact_store import Known
from tests.support.wire import Endpoint


class NoContacts:
    """As much of a store of contacts as a call needs: nobody has anybody's number."""

    async def known(self, caller: PersonId, callee: PersonId) -> Known:
        return Known.NO

    async def known_at_home(self, household: HouseholdId, callee: PersonId) -> Known:
        return Known.NO


def vcard(name: str, *numbers: str, uid: str = "") -> str:
    """One card, as a phone would write it."""
    lines = ["BEGIN:VCARD", "VERSION:3.0", f"FN:{name}", f"N:{name};;;;"]
    lines += [f"UID:{uid}"] if uid else []
    lines += [f"TEL;TYPE=CELL:{number}" for number in numbers]
    return "\r\n".join([*lines, "END:VCARD", ""])


async def patiently(endpoint: Endpoint, command: str, **fields: Any) -> dict[str, Any]:
    """Ask again, as soon as it is said to be possible, where that was too often."""
    while True:
        reply = await endpoint.ask(command, **fields)
        if reply.get("code") != "rate_limited":
            assert reply["t"] != "problem", reply
            return reply
        await asyncio.sleep(reply["data"]["retry_after"])


async def whole_list(endpoint: Endpoint, since: int = 0) -> tuple[dict[str, dict[str, Any]], int]:
    """Everything that `list_contacts` tells of a list, by name, and the revision that one is at then."""
    found: dict[str, dict[str, Any]] = {}
    while True:
        reply = await patiently(endpoint, "list_contacts", since=since)
        found |= {one["name"]: one for one in reply["contacts"]}
        since = reply["revision"]
        if not reply["more"]:
            return found, since


def reached(contact: dict[str, Any]) -> list[str]:
    """Who is reachable by a contact, number after number; those whose number has moved in brackets."""
    return [
        f"({one['person']})" if one["moved"] else one["person"]
        for one in contact["numbers"]
        if one["person"] is not None
    ]


async def until_reached(endpoint: Endpoint, name: str, person: str | None) -> dict[str, Any]:
    """Wait until a contact shows that it reaches this person, following the list as an app does."""
    found, revision = await whole_list(endpoint)
    while reached(found[name]) != ([] if person is None else [person]):
        await endpoint.event("contacts_changed")
        more, revision = await whole_list(endpoint, revision)
        found |= more
    return found[name]
