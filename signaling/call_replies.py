"""How a call stands for one endpoint, or why there is none, and the reply that says so. Pure."""

from kith.core.ids import EndpointId
from kith.core.problem import Code, Problem
from policy.call import CallFacts, Reason, Refuse
from signaling.call import OPEN, Acceptance, Call, Connectivity, EndReason, Role
from signaling.protocol import AnyReply, CallEnded, CallState
from signaling.views import Faces, call_view

_LEG_ENDS = {
    Acceptance.LOST: EndReason.ANSWERED_ELSEWHERE,
    Acceptance.DECLINED: EndReason.DECLINED,
    Acceptance.BUSY: EndReason.BUSY,
}


def has_part(call: Call, endpoint: EndpointId) -> bool:
    """Whether the call goes on for this endpoint."""
    leg = call.legs.get(endpoint)
    if leg is None or call.over:
        return False
    if leg.acceptance is Acceptance.WON:
        return leg.connectivity is not Connectivity.LEFT
    return leg.acceptance in OPEN


def reason_for(call: Call, endpoint: EndpointId) -> EndReason:
    """Why it is over for this endpoint, in its own terms."""
    leg = call.legs[endpoint]
    if leg.role is Role.CALLEE and leg.acceptance in _LEG_ENDS:
        answered_late = leg.acceptance is Acceptance.LOST and call.winner is None
        if not answered_late:
            return _LEG_ENDS[leg.acceptance]
    if leg.connectivity is Connectivity.LEFT and not call.over:
        return EndReason.MOVED
    return call.reason or EndReason.NO_ANSWER


def reply_about(call: Call, endpoint: EndpointId, faces: Faces, request: str) -> AnyReply:
    """The call as it is for an endpoint with a leg in it, or that it is over there."""
    if has_part(call, endpoint):
        return CallState(re=request, call=call_view(call, endpoint, faces))
    return CallEnded(re=request, call=call.id, reason=reason_for(call, endpoint))


_REFUSALS = {
    Reason.CALLER_SUSPENDED: Code.SUSPENDED,
    Reason.CALLER_NOT_CONFIRMED: Code.NOT_CONFIRMED,
    Reason.CALLER_NOT_REGISTERED: Code.NOT_REGISTERED,
    Reason.CALLEE_UNKNOWN: Code.UNKNOWN_PERSON,
    Reason.NUMBER_MOVED: Code.NUMBER_MOVED,
    Reason.CALLEE_NOT_REGISTERED: Code.UNKNOWN_PERSON,
    Reason.OWN_ENDPOINT: Code.SELF_CALL,
    Reason.YOU_BLOCKED: Code.YOU_BLOCKED,
    Reason.CHILD_LIMIT: Code.CHILD_LIMIT,
    Reason.QUOTA: Code.QUOTA_EXCEEDED,
}


def refusal(refused: Refuse, facts: CallFacts, target: str) -> Problem:
    """What the caller is told; the reason itself is for the log."""
    code = _REFUSALS[refused.reason]
    if refused.reason is Reason.QUOTA:
        return Problem(code, data={"retry_after": round(facts.quota_wait, 3)})
    if code is Code.UNKNOWN_PERSON and target.startswith("e_"):
        code = Code.UNKNOWN_ENDPOINT
    return Problem(code, path="to")
