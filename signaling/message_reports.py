"""A message that somebody received is shown to the operator, with what it takes to read it.

The law of this file

    What is shown was signed by an endpoint of its sender's, for the very person who reports it, and opens with the key
    that comes along: nobody can put words into another one's mouth.
    The operator reads this one message and no other. Nobody else is told who reported.
"""

import logging
from collections.abc import Callable

from kith.core.ids import PersonId
from kith.core.principal import Principal
from kith.core.problem import Code, Problem
from kith.core.trust import message as messages
from kith.core.trust.message import MessageEnvelope
from kith.core.trust.message_content import read
from kith.core.trust.untrusted import Reason, Untrusted, require
from kith.directory.identities import Identities
from kith.directory.registry import registered
from signaling import protocol as wire
from signaling.blocking import REPORTS, Reports

log = logging.getLogger(__name__)

REPORT_COMMANDS = (wire.ReportMessage,)


class MessageReports:
    """Raises Problem for every "no"."""

    def __init__(self, identities: Identities, reports: Reports, clock: Callable[[], float]) -> None:
        self._identities = identities
        self._reports = reports
        self._clock = clock

    async def carry_out(self, principal: Principal, command: wire.ReportMessage) -> wire.AnyReply:
        """Keep it for the operator."""
        reporter, envelope = registered(principal), command.envelope
        try:
            await self._require_received(reporter, envelope)
            content = read(messages.open_content(envelope, command.key))
        except Untrusted as untrusted:
            raise Problem(Code.UNTRUSTED, path="envelope", data={"reason": untrusted.reason}) from None
        assert envelope.person is not None
        person = PersonId(envelope.person)
        shown = content.text or "(a voice message)"
        wait = await self._reports.add(
            reporter, person, command.why, command.text, quota=REPORTS, at=self._clock(), message=shown
        )
        if wait > 0:
            raise Problem(Code.QUOTA_EXCEEDED, data={"retry_after": round(wait, 3)})
        log.warning("message reported: person=%s why=%s", person, command.why)
        return wire.Ok(re=command.id)

    async def _require_received(self, reporter: PersonId, envelope: MessageEnvelope) -> None:
        """From somebody else's endpoint, as it was when it sent, to the reporter."""
        messages.require_signed(envelope)
        require(envelope.kind == "message" and envelope.person is not None, Reason.MALFORMED)
        sender = PersonId(envelope.person or "")
        own, chain = await self._identities.chain(reporter), await self._identities.chain(sender)
        signed = await self._identities.of(sender)
        if own is None or chain is None or signed is None:
            raise Untrusted(Reason.UNKNOWN_PERSON)
        require(envelope.root == chain.root and envelope.to_root == own.root, Reason.UNKNOWN_PERSON)
        require(sender != reporter, Reason.UNKNOWN_PERSON)
        delegated = () if signed.delegations is None else signed.delegations.endpoints
        active = chain.active_at(envelope.identity, envelope.version)
        require(active or envelope.identity in delegated, Reason.NOT_ACTIVE)
