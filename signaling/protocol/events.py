"""What the server tells without being asked: every event. Pure."""

from signaling.protocol import (
    activity,
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
    people,
    policy,
    sessions,
)

AnyEvent = (
    calls.Ringing
    | calls.CallChanged
    | calls.Ended
    | calls.Signalled
    | calls.PeerIndicated
    | directory.DirectoryChanged
    | directory.EndpointChanged
    | calls.MissedCalls
    | calls.CallsElsewhere
    | directory.HouseholdNews
    | policy.BlocksChanged
    | log.LogChanged
    | enrolment.Registered
    | people.Unregistered
    | contacts.OwnChanged
    | contacts.ContactsChanged
    | books.BooksChanged
    | children.ChildrenChanged
    | identity.IdentityChanged
    | identity.RosterChanged
    | identity.PairingSignalled
    | drop_in.GrantsChanged
    | drop_in.GrantsHeard
    | drop_in.GrantedChanged
    | activity.Activity
    | group.GroupRings
    | group.GroupChanged
    | group.GroupSignal
    | group.GroupSpeaking
    | group.GroupEnded
    | messages.MessageArrived
    | messages.ConversationChanged
    | history.HistoryChanged
    | announcements.Announcement
    | announcements.AnnouncementPlays
    | sessions.ServerLeaving
)
