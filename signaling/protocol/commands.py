"""What endpoints ask: every command, in the order in which an endpoint's life has use for it. Pure."""

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
    names,
    passkeys,
    people,
    policy,
    push,
    rooms,
    sessions,
    utterances,
)

AnyCommand = (
    sessions.Challenge
    | sessions.SignIn
    | enrolment.LookUpInvitation
    | enrolment.SignUp
    | enrolment.Pair
    | enrolment.LookUpRecovery
    | enrolment.Recover
    | passkeys.AskPasskey
    | passkeys.UsePasskey
    | enrolment.EnrolTest
    | enrolment.Verify
    | enrolment.ResendCode
    | people.ChangeMobile
    | people.AcceptGuidelines
    | sessions.Ack
    | sessions.Leave
    | sessions.Ping
    | directory.Describe
    | directory.Rename
    | directory.ListDirectory
    | directory.ListIceServers
    | enrolment.Invite
    | people.ListProfiles
    | people.AddProfile
    | people.RemoveProfile
    | people.SetRegion
    | enrolment.OfferPairing
    | directory.ListEndpoints
    | directory.RenameEndpoint
    | directory.RemoveEndpoint
    | passkeys.BeginPasskey
    | passkeys.AddPasskey
    | passkeys.ListPasskeys
    | passkeys.RenamePasskey
    | passkeys.RemovePasskey
    | calls.DismissMissed
    | directory.DismissNews
    | contacts.ListContacts
    | contacts.AddContact
    | contacts.EditContact
    | contacts.DeleteContact
    | contacts.SetContactImport
    | contacts.ImportContacts
    | contacts.AcceptMoved
    | names.ResolveName
    | utterances.Utter
    | policy.Block
    | policy.Unblock
    | policy.ListBlocks
    | policy.ReportPerson
    | log.AppendLog
    | log.ListLog
    | log.ReadChain
    | log.DeleteLog
    | log.CheckLog
    | children.AddChild
    | children.ListChildren
    | children.GiveConsent
    | children.SetChild
    | children.ChildActivity
    | children.EraseChild
    | books.LinkBook
    | books.ListBooks
    | books.UnlinkBook
    | books.SyncBook
    | rooms.ListRooms
    | identity.ListIdentities
    | identity.ShowRoster
    | identity.ExtendPerson
    | identity.ExtendHousehold
    | identity.BeginAnew
    | identity.Delegate
    | people.LeaveHousehold
    | people.Deregister
    | identity.PairingSignal
    | calls.PlaceCall
    | calls.Alerting
    | calls.Answer
    | calls.Decline
    | calls.Busy
    | calls.Cancel
    | calls.HangUp
    | calls.Signal
    | calls.MediaUp
    | calls.MediaLost
    | calls.Indicate
    | calls.Move
    | drop_in.SetGrants
    | drop_in.ShowGrants
    | drop_in.HeardGrants
    | drop_in.ReportStanding
    | activity.Touch
    | drop_in.DropIn
    | drop_in.ShowRosters
    | drop_in.Panic
    | group.PlanGroup
    | group.StartGroup
    | group.JoinGroup
    | group.DeclineGroup
    | group.LeaveGroup
    | group.RemoveFromGroup
    | group.AskIntoGroup
    | group.SignalGroup
    | group.SignGroup
    | group.OfferMixer
    | group.GroupMedia
    | messages.ListRecipients
    | messages.PutSegment
    | messages.SendMessage
    | messages.FetchInbox
    | messages.GetSegment
    | messages.ConfirmInbox
    | messages.ListConversations
    | messages.MarkRead
    | messages.RemoveConversation
    | messages.SendOwn
    | messages.ReportMessage
    | push.SubscribePush
    | push.UnsubscribePush
    | push.ShowPush
    | push.ShowPushed
    | history.ListHistory
    | history.DeleteHistory
    | history.KeepHistory
    | announcements.ListTargets
    | announcements.Announce
    | announcements.AnnouncementLoaded
    | announcements.TellTime
)
