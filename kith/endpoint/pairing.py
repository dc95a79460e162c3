"""From a pairing code to an endpoint with a home: whom to trust, who it is, all kept for the next start."""

from pathlib import Path

import aiohttp

from kith.core.capabilities import Capabilities
from kith.endpoint import enrol, pairing_code, trust
from kith.endpoint.home import Enrolment, Home, Pairing

WITHIN = 15.0
"""Seconds for the server to answer."""


async def pair_at_home(
    home: Home,
    server: str,
    code: str,
    *,
    name: str,
    capabilities: Capabilities,
    ca: Path | None,
    ca_fingerprint: str | None,
    trust_server: bool,
) -> Enrolment:
    """Enrol with a code and save what that gave. Raises as `Endpoint.pair` does."""
    code, secret = pairing_code.split(code)
    if home.enrolled:
        raise ValueError(f"an endpoint was enrolled in {home.path} already")
    if ca is not None:
        home.copy_authority(ca)
    elif server.startswith("https:"):
        authority = await trust.own_authority(server, expect=ca_fingerprint)
        if authority is not None:
            home.save_authority(authority)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=WITHIN)) as http:
        enlisted = await enrol.pair(
            http, server, code, keys=home.keys(), name=name, capabilities=capabilities, tls=home.tls()
        )
    paired = enlisted.paired
    enrolment = Enrolment(
        server=server,
        server_key=paired.server,
        endpoint=paired.endpoint,
        name=name,
        household=paired.household,
        person=paired.person,
    )
    if enlisted.known is not None and paired.person is not None:
        home.remember(home.memory().with_person(paired.person, enlisted.known, None))
    else:
        home.save_pairing(
            Pairing(by=paired.offered_by, code=pairing_code.plain(code), secret=secret, trusting=trust_server)
        )
    home.save(enrolment)
    return enrolment
