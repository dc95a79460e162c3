"""What the server answers: every reply, and the two that any command may have. Pure."""

from msgspec import Struct

from kith.core.problem import Code, Scalar
from signaling.protocol import (
    announcements,
    books,
    calls,
    children,
    contacts,
    directory,
    drop_in,
    enrolment,
    group,
    history,
    identity,
    log,
    messages,
    names,
    passkeys,
    people,
    policy,
    push,
    rooms,
    sessions,
    utterances,
)
from signaling.protocol.envelope import Reply


class Ok(Reply, frozen=True, kw_only=True, tag="ok"):
    """Done, and there is nothing more to say."""


class ProblemReply(Struct, frozen=True, kw_only=True, tag_field="t", tag="problem"):
    """The command was not carried out. `path` names the field at fault; `message` is for people.
    `re` is absent where the command's id could not be read."""

    code: Code
    message: str
    path: str = ""
    data: dict[str, Scalar] = {}
    re: str | None = None


AnyReply = (
    Ok
    | sessions.ChallengeIssued
    | sessions.Welcome
    | sessions.Token
    | enrolment.InvitationDetails
    | enrolment.SignedUp
    | enrolment.Paired
    | enrolment.Invited
    | enrolment.PairingOffered
    | directory.Directory
    | directory.Endpoints
    | directory.IceServers
    | identity.Identities
    | identity.RosterShown
    | enrolment.RecoveryFound
    | passkeys.PasskeyAsked
    | passkeys.PasskeyBegun
    | passkeys.Passkeys
    | people.Profiles
    | contacts.Contacts
    | contacts.ContactSaved
    | contacts.ContactsImported
    | names.NameResolved
    | utterances.Uttered
    | policy.Blocked
    | policy.Blocks
    | log.LogAppended
    | log.LogPage
    | log.LogChain
    | log.LogHeads
    | children.ChildShown
    | children.ChildrenShown
    | children.ChildCalls
    | books.BookLinked
    | books.Books
    | calls.CallState
    | calls.CallEnded
    | drop_in.GrantsShown
    | drop_in.Rosters
    | group.GroupPlan
    | group.GroupState
    | group.GroupOver
    | group.MixerAnswer
    | messages.Recipients
    | messages.MessageSent
    | messages.Inbox
    | messages.Segment
    | messages.Conversations
    | announcements.Targets
    | announcements.Announced
    | announcements.Time
    | rooms.RoomList
    | push.PushShown
    | push.Pushed
    | history.History
    | ProblemReply
)
