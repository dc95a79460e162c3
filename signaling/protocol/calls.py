"""The messages about calls between two: from the first ring to what was missed. Pure."""

from kith.core.capabilities import Capabilities
from kith.core.trust.grants import Mode
from signaling.call import CallKind, EndReason, Phase, Role
from signaling.protocol.drop_in import WhyOut
from signaling.protocol.envelope import Command, Event, Part, Reply
from signaling.protocol.fields import Body, CallRef, EndpointRef, Epoch, PersonRef, Target
from signaling.protocol.identity import Keys


class PeerEndpoint(Part, frozen=True, kw_only=True):
    """The endpoint at the other end of an answered call."""

    id: EndpointRef
    name: str
    keys: Keys
    capabilities: Capabilities


class MediaView(Part, frozen=True, kw_only=True):
    """The session's media lines, seen from the endpoint that this is sent to (policy.media)."""

    send_audio: bool
    receive_audio: bool
    send_video: bool
    receive_video: bool


class CallView(Part, frozen=True, kw_only=True):
    """A call as one endpoint in it sees it.

    `peer_name` is the caller's name for a callee, what was called for a caller. `called_name` is for
    shared devices: who is wanted. `endpoint` and `media` are there once the call is answered;
    before that `media` is what an answer here would give. `epoch` counts peer connections.
    `ends` is when the server ends an answered call because it is long enough.
    `kind` is whether somebody calls or drops in; in a drop in `mode` says whether a person lets the caller in or the
    endpoint does so by itself.
    `own_person` and `peer_person` are for whom this endpoint and the one at the other end speak; absent where a
    shared endpoint, called by itself, speaks for its household.
    """

    id: CallRef
    kind: CallKind = CallKind.CALL
    mode: Mode | None = None
    role: Role
    phase: Phase
    peer_name: str
    peer_person: PersonRef | None = None
    own_person: PersonRef | None = None
    called_name: str = ""
    video: bool
    media: MediaView
    endpoint: PeerEndpoint | None = None
    epoch: int = 0
    created: float
    answered: float | None = None
    ends: float | None = None


class MissedCall(Part, frozen=True, kw_only=True):
    call: CallRef
    person: PersonRef
    name: str
    at: float
    video: bool
    silenced: bool = False


class OngoingCall(Part, frozen=True, kw_only=True):
    """A call of the same person's at another of their endpoints, which `move` brings here. `at` is what that one is
    called, `name` who is on the other side."""

    call: CallRef
    name: str
    at: str
    video: bool


# -- commands ---------------------------------------------------------------------------------------


class PlaceCall(Command, frozen=True, kw_only=True, tag="call"):
    """Call a person (all of their endpoints ring) or one endpoint. The caller names the call, so a retry
    is the same call."""

    call: CallRef
    to: Target
    video: bool = False


class Alerting(Command, frozen=True, kw_only=True, tag="alerting"):
    """This endpoint rings now, audibly or visibly."""

    call: CallRef


class Answer(Command, frozen=True, kw_only=True, tag="answer"):
    """Take the call. `video` false answers a video call with audio only."""

    call: CallRef
    video: bool = True


class Decline(Command, frozen=True, kw_only=True, tag="decline"):
    call: CallRef


class Busy(Command, frozen=True, kw_only=True, tag="busy"):
    """This endpoint is in another call and takes no second one."""

    call: CallRef


class Cancel(Command, frozen=True, kw_only=True, tag="cancel"):
    """The caller gives up before an answer."""

    call: CallRef


class HangUp(Command, frozen=True, kw_only=True, tag="hang_up"):
    """`why` tells a drop in that nobody spoke in for too long, or that the endpoint does not let in, from one that
    somebody was done with."""

    call: CallRef
    why: WhyOut = "done"


class Signal(Command, frozen=True, kw_only=True, tag="signal"):
    """A blob for the endpoint at the other end: session description or candidates. The server does not
    read it. Only between the two who were connected by `answer`. On the WebSocket it is answered by a
    problem or not at all (`welcome.signals` tells how many came)."""

    call: CallRef
    epoch: Epoch
    body: Body


class MediaUp(Command, frozen=True, kw_only=True, tag="media_up"):
    """The peer connection of this epoch is connected here."""

    call: CallRef
    epoch: Epoch


class MediaLost(Command, frozen=True, kw_only=True, tag="media_lost"):
    """Media of this epoch is gone, or cannot come any more: opens epoch + 1."""

    call: CallRef
    epoch: Epoch


class Indicate(Command, frozen=True, kw_only=True, tag="indicate"):
    """What really leaves this endpoint now: so the other side can show "microphone off"."""

    call: CallRef
    audio: bool
    video: bool
    hardware_muted: bool = False


class Move(Command, frozen=True, kw_only=True, tag="move"):
    """Take over an own call, which goes on at another own endpoint, here."""

    call: CallRef


class DismissMissed(Command, frozen=True, kw_only=True, tag="dismiss_missed"):
    """The person has seen the missed calls: they vanish on all own endpoints."""


# -- replies ----------------------------------------------------------------------------------------


class CallState(Reply, frozen=True, kw_only=True, tag="call_state"):
    """The call as it is after the command. The reply to every command about a call but `signal`."""

    call: CallView


class CallEnded(Reply, frozen=True, kw_only=True, tag="call_ended"):
    """The call is over (it may have been before the command)."""

    call: CallRef
    reason: EndReason


# -- events -----------------------------------------------------------------------------------------


class Ringing(Event, frozen=True, kw_only=True, tag="ringing"):
    """Somebody calls. May come again for a call that rings already."""

    call: CallView


class CallChanged(Event, frozen=True, kw_only=True, tag="call_changed"):
    """A call this endpoint is in has changed: answered, recovering, a new epoch."""

    call: CallView


class Ended(Event, frozen=True, kw_only=True, tag="ended"):
    """This endpoint's part is over. Exactly once for each call it knew of."""

    call: CallRef
    reason: EndReason


class Signalled(Event, frozen=True, kw_only=True, tag="signalled"):
    call: CallRef
    epoch: Epoch
    sender: EndpointRef
    body: Body


class PeerIndicated(Event, frozen=True, kw_only=True, tag="peer_indicated"):
    call: CallRef
    audio: bool
    video: bool
    hardware_muted: bool


class MissedCalls(Event, frozen=True, kw_only=True, tag="missed_calls"):
    """All calls missed and not yet dismissed; it replaces the old list."""

    missed: tuple[MissedCall, ...]


class CallsElsewhere(Event, frozen=True, kw_only=True, tag="calls_elsewhere"):
    """All calls that the person may go on with here; it replaces the old list. Own endpoints only, not shared ones."""

    calls: tuple[OngoingCall, ...]
