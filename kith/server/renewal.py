"""The server's certificate, renewed while the server runs."""

import asyncio
import logging
import ssl
import time
from collections.abc import Callable

from kith.server.authority import AuthorityError, Certificates

log = logging.getLogger(__name__)

LONGEST = 86_400.0
"""Seconds between two looks at most: a clock that is set, or an address that is new, is noticed within a day."""

SHORTEST = 60.0
RETRY = 3_600.0
"""Seconds until the next attempt where one failed. There are thirty days to succeed in."""


async def keep_fresh(context: ssl.SSLContext, ensure: Callable[[], Certificates], renew_at: float) -> None:
    """Present what `ensure` gives, for ever: at `renew_at` (Unix seconds), and as often as it says from then on.

    `ensure` makes keys and waits for the disk, so it runs in a thread of its own. New connections get the
    new certificate. Whatever goes wrong is a line in the log, and tried again.
    """
    while True:
        await asyncio.sleep(min(LONGEST, max(SHORTEST, renew_at - time.time())))
        try:
            renew_at = await _renew(context, ensure)
        except (AuthorityError, OSError) as error:  # an SSLError is one of the latter
            log.warning("the certificate is not renewed: %s", type(error).__name__)
            renew_at = time.time() + RETRY


async def _renew(context: ssl.SSLContext, ensure: Callable[[], Certificates]) -> float:
    certificates = await asyncio.to_thread(ensure)
    # Not in the thread: the context must not change while a handshake on the loop reads it.
    context.load_cert_chain(certificates.chain, certificates.key)
    return certificates.renew_at
