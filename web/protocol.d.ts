// Made from signaling/protocol by `make generate`. Do not edit.

/** Ask for a nonce to sign in with over HTTP. (On the WebSocket, `hello` brings one.) */
export interface Challenge {
  t: 'challenge';
  id: string;
  as?: string | null;
}

/** Prove the endpoint's identity key: see kith.core.keys.sign_in_statement for what is signed. */
export interface SignIn {
  t: 'sign_in';
  id: string;
  as?: string | null;
  endpoint: string;
  nonce: string;
  signature: string;
  capabilities?: Capabilities | null;
  standing?: DeviceStanding | null;
  resume?: Resume | null;
}

/**
 * What parts the endpoint has and whether they are switched off by hand.
 *
 * `microphone_off` is the hardware mute: it cuts microphone *and* camera.
 * `shutter_closed` covers the camera only. `reads_messages`: the endpoint fetches what is written to whomever it is
 * there for. Nothing is sealed to one that does not: it would wait at the server for nobody.
 */
export interface Capabilities {
  microphone?: boolean;
  speaker?: boolean;
  camera?: boolean;
  screen?: boolean;
  microphone_off?: boolean;
  shutter_closed?: boolean;
  reads_messages?: boolean;
}

/**
 * `quiet`: Do Not Disturb is on here, for whatever cause. `ready`: it can show its indicator, its sound runs and,
 * in a browser, somebody has tapped the page once and it is visible. `microphone_off`: the hardware switch, or what
 * stands for it. `drop_in` is the device's own switch. `locked`: a person's app that asks for its code.
 */
export interface DeviceStanding {
  quiet?: boolean;
  ready?: boolean;
  microphone_off?: boolean;
  drop_in?: DropInTerm;
  locked?: boolean;
}

/** Who may drop in on one device: whoever has a grant, only the own household, or nobody. */
export type DropInTerm =
  | 'on'
  | 'household'
  | 'off';

/** The session to take up again and the last event that arrived. */
export interface Resume {
  session: string;
  seq: number;
}

export interface LookUpInvitation {
  t: 'look_up_invitation';
  id: string;
  as?: string | null;
  secret: string;
}

/**
 * Become a person with this endpoint as the first. `secret` may be absent where sign-up is open, `guidelines` is
 * the version that the person accepts, `profile` which of the household's saved ones they are.
 * The mobile number is verified by `verify` before anybody can be called or reached (R1, R3).
 */
export interface SignUp {
  t: 'sign_up';
  id: string;
  as?: string | null;
  name: string;
  mobile: string;
  keys: Keys;
  device_name: string;
  guidelines?: number;
  secret?: string | null;
  profile?: string | null;
  capabilities?: Capabilities;
  link?: PersonBegin | null;
}

/** An endpoint's public keys: Ed25519, X25519, and the former's signature on the latter. */
export interface Keys {
  identity: string;
  sealing: string;
  sealing_signature: string;
}

/** The first endpoint of a person, signed by itself. `recovery` is the public half of the printed key. */
export interface PersonBegin {
  action: 'begin';
  version: number;
  previous: string;
  time: number;
  signer: string;
  signature: string;
  identity: string;
  sealing: string;
  sealing_signature: string;
  recovery: string;
}

/**
 * Enrol another endpoint with a code that an adult of the household asked for. `link` begins the chain of its
 * person, where the code is for a child who has none; elsewhere it is not looked at.
 */
export interface Pair {
  t: 'pair';
  id: string;
  as?: string | null;
  code: string;
  keys: Keys;
  name: string;
  capabilities?: Capabilities;
  link?: PersonBegin | null;
}

/** The chain that the public half of a printed recovery key belongs to. */
export interface LookUpRecovery {
  t: 'look_up_recovery';
  id: string;
  as?: string | null;
  recovery: string;
}

/**
 * Enrol this endpoint as a person's only one, by the link that the printed recovery key signs. All former
 * personal endpoints are signed out. Answered as `pair` is.
 */
export interface Recover {
  t: 'recover';
  id: string;
  as?: string | null;
  link: PersonRecover;
  name: string;
  capabilities?: Capabilities;
}

/** Every endpoint was lost: the printed key names the one that starts again, and what is printed next. */
export interface PersonRecover {
  action: 'recover';
  version: number;
  previous: string;
  time: number;
  signer: string;
  signature: string;
  identity: string;
  sealing: string;
  sealing_signature: string;
  recovery: string;
}

/** What an authenticator is to sign, so that this browser comes in with a passkey. */
export interface AskPasskey {
  t: 'ask_passkey';
  id: string;
  as?: string | null;
}

/**
 * Enrol this endpoint as one more of the person whose passkey signed. Nobody else believes that it is the person's
 * until one of their endpoints signs for it. Answered as `pair` is.
 */
export interface UsePasskey {
  t: 'use_passkey';
  id: string;
  as?: string | null;
  credential: string;
  client_data: string;
  authenticator_data: string;
  signature: string;
  handle: string;
  keys: Keys;
  name: string;
  capabilities?: Capabilities;
}

/** Enrol a load generator's endpoint, only on a server for tests, making person and household by name. */
export interface EnrolTest {
  t: 'enrol_test';
  id: string;
  as?: string | null;
  household: string;
  person: string;
  keys: Keys;
  device_name: string;
  shared?: boolean;
  knows?: string[];
  capabilities?: Capabilities;
}

/** The code that the mobile number received. */
export interface Verify {
  t: 'verify';
  id: string;
  as?: string | null;
  code: string;
}

/** Send a new verification code; the old one is void. */
export interface ResendCode {
  t: 'resend_code';
  id: string;
  as?: string | null;
}

/**
 * Prove another mobile number, by `verify` with the code that is sent to it. Until then nothing changes. Also to
 * correct the number of a sign-up that is not verified yet.
 */
export interface ChangeMobile {
  t: 'change_mobile';
  id: string;
  as?: string | null;
  mobile: string;
}

/** The person has read the version that waits, and accepts it. */
export interface AcceptGuidelines {
  t: 'accept_guidelines';
  id: string;
  as?: string | null;
  version: number;
}

/** Every event up to and including `seq` has arrived. Has no reply. */
export interface Ack {
  t: 'ack';
  id: string;
  as?: string | null;
  seq: number;
}

/**
 * Say goodbye. `resume`: back soon, keep the session; `reconnect`: back with a new one;
 * `disconnect`: the endpoint is going off, calls end now.
 */
export interface Leave {
  t: 'leave';
  id: string;
  as?: string | null;
  how: 'disconnect' | 'reconnect' | 'resume';
}

/** Answered by `ok`. For endpoints that cannot see the WebSocket's own pings (browsers). */
export interface Ping {
  t: 'ping';
  id: string;
  as?: string | null;
}

/** Change what this endpoint declares about itself. */
export interface Describe {
  t: 'describe';
  id: string;
  as?: string | null;
  capabilities?: Capabilities | null;
  name?: string | null;
}

/** Change the own name. */
export interface Rename {
  t: 'rename';
  id: string;
  as?: string | null;
  name: string;
}

/** The persons and endpoints that can be called from here. */
export interface ListDirectory {
  t: 'list_directory';
  id: string;
  as?: string | null;
}

/** The STUN and TURN servers to find a way to the other side with. Asked ahead of a call, not in it. */
export interface ListIceServers {
  t: 'list_ice_servers';
  id: string;
  as?: string | null;
}

/** Make a one-time link. `household`: the person joins the own household, else a new one of their own. */
export interface Invite {
  t: 'invite';
  id: string;
  as?: string | null;
  household?: boolean;
}

/** Whom the own household has saved and nobody has taken over yet. */
export interface ListProfiles {
  t: 'list_profiles';
  id: string;
  as?: string | null;
}

/** Save somebody who lives here and will join: they choose their name at sign-up. */
export interface AddProfile {
  t: 'add_profile';
  id: string;
  as?: string | null;
  name: string;
}

export interface RemoveProfile {
  t: 'remove_profile';
  id: string;
  as?: string | null;
  profile: string;
}

/**
 * In which country the household's contacts are read. Numbers without a country's code are read anew, which takes
 * a while.
 */
export interface SetRegion {
  t: 'set_region';
  id: string;
  as?: string | null;
  region: string;
}

/** Make a short code that enrols one more endpoint, own or shared by the household; or one of a child's own. */
export interface OfferPairing {
  t: 'offer_pairing';
  id: string;
  as?: string | null;
  shared: boolean;
  child?: string | null;
}

/** The own endpoints and those that the household shares, with when they were here. */
export interface ListEndpoints {
  t: 'list_endpoints';
  id: string;
  as?: string | null;
}

/** Call one of them something else. */
export interface RenameEndpoint {
  t: 'rename_endpoint';
  id: string;
  as?: string | null;
  endpoint: string;
  name: string;
}

/** Sign one of them out for good: its key, session and tokens are dead, its calls end. */
export interface RemoveEndpoint {
  t: 'remove_endpoint';
  id: string;
  as?: string | null;
  endpoint: string;
}

/** What an authenticator is to make a new passkey of. */
export interface BeginPasskey {
  t: 'begin_passkey';
  id: string;
  as?: string | null;
}

/** Keep the passkey that an authenticator made. */
export interface AddPasskey {
  t: 'add_passkey';
  id: string;
  as?: string | null;
  name: string;
  client_data: string;
  attestation: string;
}

/** The own passkeys, the oldest first. */
export interface ListPasskeys {
  t: 'list_passkeys';
  id: string;
  as?: string | null;
}

/** Call one of them something else. */
export interface RenamePasskey {
  t: 'rename_passkey';
  id: string;
  as?: string | null;
  credential: string;
  name: string;
}

/** Nobody comes in with it from now on. */
export interface RemovePasskey {
  t: 'remove_passkey';
  id: string;
  as?: string | null;
  credential: string;
}

/** The person has seen the missed calls: they vanish on all own endpoints. */
export interface DismissMissed {
  t: 'dismiss_missed';
  id: string;
  as?: string | null;
}

/** The person has seen the news up to this number: it vanishes on all own endpoints. */
export interface DismissNews {
  t: 'dismiss_news';
  id: string;
  as?: string | null;
  up_to: number;
}

/** The own contacts, as far as they have changed since a revision. */
export interface ListContacts {
  t: 'list_contacts';
  id: string;
  as?: string | null;
  since?: number;
}

/** Add a contact by hand. */
export interface AddContact {
  t: 'add_contact';
  id: string;
  as?: string | null;
  name: string;
  nickname?: string;
  organization?: string;
  numbers?: WrittenNumber[];
}

/** A number as a person writes it. */
export interface WrittenNumber {
  label?: string;
  number: string;
}

/** All that a contact consists of, in the place of what it was. One that was imported is edited at its source. */
export interface EditContact {
  t: 'edit_contact';
  id: string;
  as?: string | null;
  contact: string;
  name: string;
  nickname?: string;
  organization?: string;
  numbers?: WrittenNumber[];
}

/** Delete a contact that was added by hand. */
export interface DeleteContact {
  t: 'delete_contact';
  id: string;
  as?: string | null;
  contact: string;
}

/** Whether contacts may be imported. False: those that were are deleted at once, with the links to their books. */
export interface SetContactImport {
  t: 'set_contact_import';
  id: string;
  as?: string | null;
  allowed: boolean;
}

/** A part of a vCard file, of whole cards. `first_line` is the number of its first line in the file. */
export interface ImportContacts {
  t: 'import_contacts';
  id: string;
  as?: string | null;
  text: string;
  first_line?: number;
}

/** A number of a contact is somebody else's now, and the person knows: it may be called again. */
export interface AcceptMoved {
  t: 'accept_moved';
  id: string;
  as?: string | null;
  contact: string;
  number: string;
}

/**
 * Whom somebody means who says a name: among the people and devices of the household, the own contacts and, on a
 * shared endpoint, the contacts of all who live there. `label` is which of their numbers, such as "mobile".
 */
export interface ResolveName {
  t: 'resolve_name';
  id: string;
  as?: string | null;
  text: string;
  label?: string;
}

/**
 * What is meant by a sentence, and about whom it is: for scripts, and for devices that do not understand by
 * themselves. Nothing is done about it, and nothing of it is kept.
 */
export interface Utter {
  t: 'utter';
  id: string;
  as?: string | null;
  text: string;
  language?: 'en' | 'es';
}

/**
 * Hear no more of a person, or of whoever has the numbers of a contact: nothing that they do rings or shows, and
 * they are not told. One of the two is given.
 */
export interface Block {
  t: 'block';
  id: string;
  as?: string | null;
  person?: string | null;
  contact?: string | null;
}

/** Let the person reach one again. */
export interface Unblock {
  t: 'unblock';
  id: string;
  as?: string | null;
  block: string;
}

/** Whom one has blocked, the latest first. */
export interface ListBlocks {
  t: 'list_blocks';
  id: string;
  as?: string | null;
}

/** Tell the operator of the server what a person does. Nobody else is told who did. */
export interface ReportPerson {
  t: 'report_person';
  id: string;
  as?: string | null;
  person: string;
  why: Why;
  text?: string;
}

export type Why =
  | 'spam'
  | 'impersonation'
  | 'abuse'
  | 'other';

/**
 * Entries of the own chain, in their order: a personal endpoint's for its person, a shared one's for its household.
 * What is there already may come again.
 */
export interface AppendLog {
  t: 'append_log';
  id: string;
  as?: string | null;
  lines: LogLine[];
}

/** An entry and its payload, which is absent where it was taken away (kith.core.trust.log). */
export interface LogLine {
  entry: LogEntry;
  payload?: string | null;
}

/** `number` counts from 0 in the chain of `writer` for `owner`; `time` is in Unix seconds. */
export interface LogEntry {
  owner: string;
  number: number;
  previous: string;
  time: number;
  payload_hash: string;
  writer: string;
  signature: string;
}

/** The person's log and that of the household, the latest first. `before`: what `more` of the last page says. */
export interface ListLog {
  t: 'list_log';
  id: string;
  as?: string | null;
  before?: number | null;
  limit?: number;
}

/** One chain from its entry `first` on, to check it. */
export interface ReadChain {
  t: 'read_chain';
  id: string;
  as?: string | null;
  owner: string;
  writer: string;
  first?: number;
}

/**
 * Take away the payloads of these entries. Their hashes stay, and `line` is the entry that says so, which becomes
 * part of the own chain.
 */
export interface DeleteLog {
  t: 'delete_log';
  id: string;
  as?: string | null;
  owner: string;
  writer: string;
  numbers: number[];
  line: LogLine;
}

/** How far every chain goes that may be read here: to be compared with what one remembers. */
export interface CheckLog {
  t: 'check_log';
  id: string;
  as?: string | null;
}

/** Make a profile for a child of the household. It can do nothing before a parent agrees by `consent`. */
export interface AddChild {
  t: 'add_child';
  id: string;
  as?: string | null;
  name: string;
}

/** The children of the own household, the oldest profile first. */
export interface ListChildren {
  t: 'list_children';
  id: string;
  as?: string | null;
}

/**
 * A parent has read what this version says of the child's use of Kith, and agrees. They are told by a message to
 * their number, once.
 */
export interface GiveConsent {
  t: 'consent';
  id: string;
  as?: string | null;
  child: string;
  version: number;
}

/**
 * What the child is called and may do from now on; what is absent stays as it is. `contacts` are all persons
 * outside the household whom the child reaches and is reached by; whoever is new among them is known to the parent.
 */
export interface SetChild {
  t: 'set_child';
  id: string;
  as?: string | null;
  child: string;
  name?: string | null;
  calling?: boolean | null;
  messaging?: boolean | null;
  drop_in?: boolean | null;
  drop_in_home?: boolean | null;
  contacts?: string[] | null;
}

/** The child's calls, the latest first, a page at a time: those of before a moment. */
export interface ChildActivity {
  t: 'child_activity';
  id: string;
  as?: string | null;
  child: string;
  before?: number | null;
}

/** Erase the child with everything that is kept of them, with others too. */
export interface EraseChild {
  t: 'erase_child';
  id: string;
  as?: string | null;
  child: string;
}

/**
 * Follow an address book (CardDAV). `url` is its own address, or that of an account or a server on which the
 * account's books are found. `acknowledged` is the version of what the person was shown that this means.
 */
export interface LinkBook {
  t: 'link_book';
  id: string;
  as?: string | null;
  url: string;
  account: string;
  password: string;
  acknowledged: number;
}

/** The own address books. */
export interface ListBooks {
  t: 'list_books';
  id: string;
  as?: string | null;
}

/** Forget an address book, its password, and all contacts that came from it. */
export interface UnlinkBook {
  t: 'unlink_book';
  id: string;
  as?: string | null;
  book: string;
}

/** Look at an address book now. What comes of it, `books_changed` and `contacts_changed` tell. */
export interface SyncBook {
  t: 'sync_book';
  id: string;
  as?: string | null;
  book: string;
}

/** The groups that are mixed now in which a device takes part that is the asker's own or their household's. */
export interface ListRooms {
  t: 'list_rooms';
  id: string;
  as?: string | null;
}

/**
 * The identities of persons that can be called from here or are in a call here, and the own one. Those of
 * others are left out of the reply, as are persons who have none.
 */
export interface ListIdentities {
  t: 'list_identities';
  id: string;
  as?: string | null;
  persons: string[];
}

/** The own household's roster, everybody whose chain it rests on, and who waits to be signed for. */
export interface ShowRoster {
  t: 'show_roster';
  id: string;
  as?: string | null;
}

/** More links for the own chain. With `delegations` where that set must be signed anew, because its signer goes. */
export interface ExtendPerson {
  t: 'extend_person';
  id: string;
  as?: string | null;
  links: (PersonBegin | PersonAdd | PersonRemove | PersonRecover | PersonRenew)[];
  delegations?: Delegations | null;
}

/** One more endpoint, signed by one that the person has. */
export interface PersonAdd {
  action: 'add';
  version: number;
  previous: string;
  time: number;
  signer: string;
  signature: string;
  identity: string;
  sealing: string;
  sealing_signature: string;
}

/** An endpoint goes: lost, sold, signed out. */
export interface PersonRemove {
  action: 'remove';
  version: number;
  previous: string;
  time: number;
  signer: string;
  signature: string;
  identity: string;
}

/** Another key was printed; the former is worth nothing from here on. */
export interface PersonRenew {
  action: 'renew';
  version: number;
  previous: string;
  time: number;
  signer: string;
  signature: string;
  recovery: string;
}

/**
 * The whole set: `endpoints` are identities of shared endpoints, ascending. An empty one takes all back.
 *
 * `person`, `person_version` and `person_head` are the root of the person and the point of their chain at which
 * `signer` is active.
 */
export interface Delegations {
  person: string;
  person_version: number;
  person_head: string;
  version: number;
  time: number;
  endpoints: string[];
  signer: string;
  signature: string;
}

/** More links for the own household's roster. */
export interface ExtendHousehold {
  t: 'extend_household';
  id: string;
  as?: string | null;
  links: (HouseholdBegin | HouseholdJoin | HouseholdLeave | HouseholdAdd | HouseholdRemove | HouseholdConfirm)[];
}

/** The signer's person is the first member. */
export interface HouseholdBegin {
  action: 'begin';
  version: number;
  previous: string;
  time: number;
  person: string;
  person_version: number;
  person_head: string;
  signer: string;
  signature: string;
}

/** Somebody moves in; with the point of their chain as the signer knows it. */
export interface HouseholdJoin {
  action: 'join';
  version: number;
  previous: string;
  time: number;
  person: string;
  person_version: number;
  person_head: string;
  signer: string;
  signature: string;
  member: string;
  member_version: number;
  member_head: string;
}

/** Somebody moves out, or is put out by another member. */
export interface HouseholdLeave {
  action: 'leave';
  version: number;
  previous: string;
  time: number;
  person: string;
  person_version: number;
  person_head: string;
  signer: string;
  signature: string;
  member: string;
}

/** A shared endpoint. */
export interface HouseholdAdd {
  action: 'add';
  version: number;
  previous: string;
  time: number;
  person: string;
  person_version: number;
  person_head: string;
  signer: string;
  signature: string;
  identity: string;
  sealing: string;
  sealing_signature: string;
}

/** A shared endpoint goes. */
export interface HouseholdRemove {
  action: 'remove';
  version: number;
  previous: string;
  time: number;
  person: string;
  person_version: number;
  person_head: string;
  signer: string;
  signature: string;
  identity: string;
}

/** Pins the signer's own chain: written when an endpoint of theirs came or went. */
export interface HouseholdConfirm {
  action: 'confirm';
  version: number;
  previous: string;
  time: number;
  person: string;
  person_version: number;
  person_head: string;
  signer: string;
  signature: string;
}

/**
 * Every own endpoint and the recovery key are lost: begin another chain, by an endpoint that waits to be signed
 * for. Former endpoints are signed out, and everybody sees that this is another identity.
 */
export interface BeginAnew {
  t: 'begin_anew';
  id: string;
  as?: string | null;
  link: PersonBegin;
}

/** Which shared endpoints may act for the own person from now on. */
export interface Delegate {
  t: 'delegate';
  id: string;
  as?: string | null;
  delegations: Delegations;
}

/**
 * Have a household of one's own from now on. `link` says so in the roster, if that has the person and somebody
 * else; `delegations`, an empty set, takes back from the shared endpoints what they might do elsewhere.
 */
export interface LeaveHousehold {
  t: 'leave_household';
  id: string;
  as?: string | null;
  link?: HouseholdLeave | null;
  delegations?: Delegations | null;
}

/** Leave for good: everything that is kept of the person is erased. `link` as with `leave_household`. */
export interface Deregister {
  t: 'deregister';
  id: string;
  as?: string | null;
  link?: HouseholdLeave | null;
}

/**
 * A blob between an endpoint that waits to be signed for and one that could sign: an own one, or for a
 * shared endpoint any personal one of its household. The server does not read it.
 */
export interface PairingSignal {
  t: 'pairing_signal';
  id: string;
  as?: string | null;
  to: string;
  body: string;
}

/**
 * Call a person (all of their endpoints ring) or one endpoint. The caller names the call, so a retry
 * is the same call.
 */
export interface PlaceCall {
  t: 'call';
  id: string;
  as?: string | null;
  call: string;
  to: string;
  video?: boolean;
}

/** This endpoint rings now, audibly or visibly. */
export interface Alerting {
  t: 'alerting';
  id: string;
  as?: string | null;
  call: string;
}

/** Take the call. `video` false answers a video call with audio only. */
export interface Answer {
  t: 'answer';
  id: string;
  as?: string | null;
  call: string;
  video?: boolean;
}

export interface Decline {
  t: 'decline';
  id: string;
  as?: string | null;
  call: string;
}

/** This endpoint is in another call and takes no second one. */
export interface Busy {
  t: 'busy';
  id: string;
  as?: string | null;
  call: string;
}

/** The caller gives up before an answer. */
export interface Cancel {
  t: 'cancel';
  id: string;
  as?: string | null;
  call: string;
}

/**
 * `why` tells a drop in that nobody spoke in for too long, or that the endpoint does not let in, from one that
 * somebody was done with.
 */
export interface HangUp {
  t: 'hang_up';
  id: string;
  as?: string | null;
  call: string;
  why?: 'done' | 'not_let_in' | 'silence';
}

/**
 * A blob for the endpoint at the other end: session description or candidates. The server does not
 * read it. Only between the two who were connected by `answer`. On the WebSocket it is answered by a
 * problem or not at all (`welcome.signals` tells how many came).
 */
export interface Signal {
  t: 'signal';
  id: string;
  as?: string | null;
  call: string;
  epoch: number;
  body: string;
}

/** The peer connection of this epoch is connected here. */
export interface MediaUp {
  t: 'media_up';
  id: string;
  as?: string | null;
  call: string;
  epoch: number;
}

/** Media of this epoch is gone, or cannot come any more: opens epoch + 1. */
export interface MediaLost {
  t: 'media_lost';
  id: string;
  as?: string | null;
  call: string;
  epoch: number;
}

/** What really leaves this endpoint now: so the other side can show "microphone off". */
export interface Indicate {
  t: 'indicate';
  id: string;
  as?: string | null;
  call: string;
  audio: boolean;
  video: boolean;
  hardware_muted?: boolean;
}

/** Take over an own call, which goes on at another own endpoint, here. */
export interface Move {
  t: 'move';
  id: string;
  as?: string | null;
  call: string;
}

/**
 * Who may drop in on one from now on, as one signed set: it replaces the former. What goes on and is not granted
 * any more ends at once.
 */
export interface SetGrants {
  t: 'set_grants';
  id: string;
  as?: string | null;
  grants: Grants;
}

/**
 * The whole set of one person.
 *
 * `person`, `person_version` and `person_head` are the root of the person and the point of their chain at which
 * `signer` is active. `time` is in Unix seconds. `frost` is in seconds, `fresh_days` in days; `longest`, `silence` and
 * `chime` are in minutes, the last two 0 for never. `closed`: nobody at all, until a later set says otherwise.
 * `enhanced`: what decrypts media at the server may be used, where everybody else in the call has it on as well.
 */
export interface Grants {
  person: string;
  person_version: number;
  person_head: string;
  version: number;
  time: number;
  grants?: Grant[];
  home?: HomeTerm;
  devices?: DeviceTerm[];
  quiet?: Quiet[];
  schedules?: Schedule[];
  zone?: string;
  frost?: number;
  fresh_days?: number;
  show_activity?: boolean;
  closed?: boolean;
  longest?: number;
  silence?: number;
  chime?: number;
  enhanced?: boolean;
  signer: string;
  signature: string;
}

/**
 * One person, or they and all who live with them, may drop in.
 *
 * `receiver` is the root of that person, `household` of their roster, or nothing: this person only. `since` and
 * `until` are Unix seconds, `until` 0 where it does not end. No `hours`: always. No `devices`: at all of them.
 * `carer`: by the giver's wish this one person, and nobody else, passes Do Not Disturb and does not knock.
 */
export interface Grant {
  receiver: string;
  household?: string;
  mode?: Mode;
  carer?: boolean;
  since: number;
  until?: number;
  hours?: Hours[];
  devices?: string[];
}

/** How a drop in begins: with a soft ring that somebody must let in, or by itself. */
export type Mode =
  | 'knock'
  | 'instant';

/** A time that comes again each week, from `begin` on these days until `end`. */
export interface Hours {
  days: number;
  begin: number;
  end: number;
}

/**
 * What a person's own household may, their own other devices included. Unset is as good as off, but takes nothing
 * away from what other members of the household allow at a device that they share.
 */
export type HomeTerm =
  | 'unset'
  | 'off'
  | 'knock'
  | 'instant';

/** Who may drop in on one device. What is not listed is on. */
export interface DeviceTerm {
  identity: string;
  drop_in: DropInTerm;
}

/** Do Not Disturb at one device or everywhere. `changed` is the version of the set that switched it. */
export interface Quiet {
  identity?: string;
  on: boolean;
  changed: number;
}

/** Do Not Disturb that comes by itself. No `devices`: everywhere. */
export interface Schedule {
  devices?: string[];
  days: number;
  begin: number;
  end: number;
}

/** The own set and who has heard of it; at a shared endpoint the sets of all members of the household. */
export interface ShowGrants {
  t: 'show_grants';
  id: string;
  as?: string | null;
}

/** This endpoint holds these sets, and acts by them from now on. */
export interface HeardGrants {
  t: 'heard_grants';
  id: string;
  as?: string | null;
  receipts: Receipt[];
}

/** A device has heard a set: `hash` is that of the bytes which were signed, `identity` the device's. */
export interface Receipt {
  person: string;
  version: number;
  hash: string;
  time: number;
  identity: string;
  signature: string;
}

/** How things stand at this endpoint, now that something about them has changed. */
export interface ReportStanding {
  t: 'report_standing';
  id: string;
  as?: string | null;
  standing: DeviceStanding;
}

/** Somebody is at this endpoint: they used it, or it saw something move. */
export interface Touch {
  t: 'touch';
  id: string;
  as?: string | null;
  kind: 'interaction' | 'motion';
}

/**
 * Drop in on a person, on one endpoint, or on any shared one of the own household. The caller names the call, so a
 * retry is the same one.
 */
export interface DropIn {
  t: 'drop_in';
  id: string;
  as?: string | null;
  call: string;
  to: string;
  video?: boolean;
}

/**
 * The rosters of households, by their roots: the own one, and that of somebody who is in a call or drop in here.
 * Others are left out of the reply.
 */
export interface ShowRosters {
  t: 'show_rosters';
  id: string;
  as?: string | null;
  households: string[];
}

/**
 * Close everything: a set that grants nothing, and the removal of all other personal endpoints. `delegations` as
 * with `extend_person`.
 */
export interface Panic {
  t: 'panic';
  id: string;
  as?: string | null;
  grants: Grants;
  links?: (PersonBegin | PersonAdd | PersonRemove | PersonRecover | PersonRenew)[];
  delegations?: Delegations | null;
}

/** What would become of such a group. Nothing rings, and nobody is told. */
export interface PlanGroup {
  t: 'plan_group';
  id: string;
  as?: string | null;
  kind: CallKind;
  to: string[];
  video?: boolean;
  path?: 'any' | 'mesh' | 'mixer';
}

export type CallKind =
  | 'call'
  | 'drop_in';

/**
 * Call several, or drop in on several. `path` is the one that was planned and that the person was shown before they
 * tapped: where it is another one by now, nothing begins. The starter names the group, so a retry is the same one.
 * `roster` is its version 0, with the roots of all who are asked.
 */
export interface StartGroup {
  t: 'start_group';
  id: string;
  as?: string | null;
  call: string;
  kind: CallKind;
  to: string[];
  path: Path;
  roster: GroupRoster;
  video?: boolean;
}

/** How media goes between those who take part. */
export type Path =
  | 'mesh'
  | 'mixer';

/**
 * `previous` is the hash of the former's signed bytes, empty in version 0. `starter` is the root of whoever began
 * it. `invited` are the roots of all who were asked, and of the starter, ascending; `removed` those who are out for
 * good, ascending: persons by their root, a shared endpoint by its identity. `members` ascend by their order. `time`
 * is in Unix seconds.
 */
export interface GroupRoster {
  call: string;
  kind: 'call' | 'drop_in';
  path: 'mesh' | 'mixer';
  starter: string;
  version: number;
  previous?: string;
  invited: string[];
  removed?: string[];
  members: GroupMember[];
  time: number;
  signer: string;
  signature: string;
}

/**
 * An endpoint and for whom it speaks: the root of a person, or of a household's roster. `order` rises with every
 * joining: of two members the one with the higher offers the connection.
 */
export interface GroupMember {
  identity: string;
  root: string;
  order: number;
}

/**
 * Take part from here: answer, let in, come late or come back. Where another own endpoint takes part already, this
 * one takes its place as soon as it is connected.
 */
export interface JoinGroup {
  t: 'join_group';
  id: string;
  as?: string | null;
  call: string;
}

/** Do not take part. From a personal endpoint that is so everywhere, but for `busy`: this one is in another call. */
export interface DeclineGroup {
  t: 'decline_group';
  id: string;
  as?: string | null;
  call: string;
  why?: 'busy' | 'no';
}

/** Take part no more. As the starter of one that nobody has joined: give it up. */
export interface LeaveGroup {
  t: 'leave_group';
  id: string;
  as?: string | null;
  call: string;
  why?: 'done' | 'not_let_in' | 'silence';
}

/** Take somebody out for good: whoever speaks there, at any of their endpoints. For the starter. */
export interface RemoveFromGroup {
  t: 'remove_from_group';
  id: string;
  as?: string | null;
  call: string;
  endpoint: string;
}

/** Ask more people into a call. In a mesh with the next `roster`, in which they are invited. */
export interface AskIntoGroup {
  t: 'ask_into_group';
  id: string;
  as?: string | null;
  call: string;
  to: string[];
  roster?: GroupRoster | null;
}

/**
 * A blob for another member of a mesh. The server does not read it. On the WebSocket it is answered by a problem or
 * not at all (`welcome.signals` counts it).
 */
export interface SignalGroup {
  t: 'signal_group';
  id: string;
  as?: string | null;
  call: string;
  to: string;
  epoch: number;
  body: string;
}

/** The next roster of a mesh, by the connected member with the lowest order, once others joined or left. */
export interface SignGroup {
  t: 'sign_group';
  id: string;
  as?: string | null;
  call: string;
  roster: GroupRoster;
}

/**
 * Offer the mixer a connection. `epoch` is that of the group, or higher where this endpoint has offered in it
 * already; the former connection stays until the new one does.
 */
export interface OfferMixer {
  t: 'offer_mixer';
  id: string;
  as?: string | null;
  call: string;
  epoch: number;
  sdp: string;
  nonce: string;
}

/** Whether the connection with another member stands here; with the mixer where nobody is named. */
export interface GroupMedia {
  t: 'group_media';
  id: string;
  as?: string | null;
  call: string;
  up: boolean;
  with?: string | null;
}

/** To which endpoints a message to this person is sealed, and what shows whose they are. */
export interface ListRecipients {
  t: 'list_recipients';
  id: string;
  as?: string | null;
  to: string;
}

/** A sealed piece of a voice message or announcement that is about to be sent. */
export interface PutSegment {
  t: 'put_segment';
  id: string;
  as?: string | null;
  message: string;
  index: number;
  body: string;
}

/** Send a message. `keys` are for all recipients, `segments` is how many were put. */
export interface SendMessage {
  t: 'send_message';
  id: string;
  as?: string | null;
  to: string;
  envelope: MessageEnvelope;
  keys: SealedKey[];
  segments?: number;
}

/**
 * What is signed of a message.
 *
 * `root` is that of the person for whom `endpoint`, whose key `identity` is, speaks, and `version` and `head` the
 * point of their chain that it knew; where a shared endpoint announces for its household (`person` absent) those of
 * the roster. `to_root` is the receiver's, or the roster's where it is announced. `sent` is in Unix milliseconds.
 * What the server named, `person` and `endpoint`, is there to be looked up by and is not signed.
 */
export interface MessageEnvelope {
  id: string;
  kind: 'announcement' | 'message';
  person?: string | null;
  root: string;
  version: number;
  head: string;
  endpoint: string;
  identity: string;
  to_root: string;
  sent: number;
  ciphertext: string;
  signature: string;
}

/** The content key, for one endpoint. */
export interface SealedKey {
  endpoint: string;
  key: string;
}

/** What waits for this endpoint, behind number `after`. */
export interface FetchInbox {
  t: 'fetch_inbox';
  id: string;
  as?: string | null;
  after?: number;
  most?: number;
}

/** A piece of a message that waits for this endpoint. */
export interface GetSegment {
  t: 'get_segment';
  id: string;
  as?: string | null;
  message: string;
  index: number;
}

/**
 * This endpoint has stored everything up to number `upto`, and all that belongs to it: the server may forget it. On
 * the WebSocket it is answered by a problem or not at all: if it is lost, what waits comes again.
 */
export interface ConfirmInbox {
  t: 'confirm_inbox';
  id: string;
  as?: string | null;
  upto: number;
}

/** With whom messages were exchanged, the latest first. */
export interface ListConversations {
  t: 'list_conversations';
  id: string;
  as?: string | null;
}

/** The person has read or heard everything up to message number `upto`. */
export interface MarkRead {
  t: 'mark_read';
  id: string;
  as?: string | null;
  with: string;
  upto: number;
}

/**
 * Take everything up to message number `upto` out of the own list, at all own endpoints. The other's stays as it
 * is.
 */
export interface RemoveConversation {
  t: 'remove_conversation';
  id: string;
  as?: string | null;
  with: string;
  upto: number;
}

/** Something for other endpoints of the same person. */
export interface SendOwn {
  t: 'send_own';
  id: string;
  as?: string | null;
  topic: 'history' | 'transcript';
  item: string;
  items: OwnSeal[];
}

/** Something sealed to one of the own endpoints. */
export interface OwnSeal {
  endpoint: string;
  body: string;
}

/** Show the operator a message that one received, and tell why. With its key the operator can read it. */
export interface ReportMessage {
  t: 'report_message';
  id: string;
  as?: string | null;
  envelope: MessageEnvelope;
  key: string;
  why: Why;
  text?: string;
}

/** Wake this endpoint from now on, by the push service that its browser has chosen. It replaces what was there. */
export interface SubscribePush {
  t: 'subscribe_push';
  id: string;
  as?: string | null;
  url: string;
  p256dh: string;
  auth: string;
}

/** Wake it no more. */
export interface UnsubscribePush {
  t: 'unsubscribe_push';
  id: string;
  as?: string | null;
}

/** Whether this endpoint is woken, and by which key the browser is to know this server. */
export interface ShowPush {
  t: 'show_push';
  id: string;
  as?: string | null;
}

/** What a push was about, asked by whoever was woken by it. A call that still rings does so here from now on. */
export interface ShowPushed {
  t: 'show_pushed';
  id: string;
  as?: string | null;
  ref: string;
}

/**
 * The own history, the latest first. `before`: what `more` of the last page says. Only of one endpoint, or of
 * `since` up to but not including `until`, where given.
 */
export interface ListHistory {
  t: 'list_history';
  id: string;
  as?: string | null;
  before?: number | null;
  most?: number;
  endpoint?: string | null;
  since?: number | null;
  until?: number | null;
}

/**
 * Delete exactly this of the own history: one entry; or what is of one endpoint, or of a span of time (`since` and
 * `until`), or both at once; or all. What others keep of the same is theirs.
 */
export interface DeleteHistory {
  t: 'delete_history';
  id: string;
  as?: string | null;
  entry?: number | null;
  endpoint?: string | null;
  since?: number | null;
  until?: number | null;
  all?: boolean;
}

/**
 * Delete by itself what is older than so many months; null: nothing, 0: everything, and write nothing any more.
 * What is too old by this goes at once.
 */
export interface KeepHistory {
  t: 'keep_history';
  id: string;
  as?: string | null;
  months: 0 | 3 | 18 | null;
}

/** The other devices of the own household. */
export interface ListTargets {
  t: 'list_targets';
  id: string;
  as?: string | null;
}

/**
 * Play this at the devices in `to`, or at all of the household where that is absent, all at the same instant.
 * `segments` is how many pieces of a recording were put (`put_segment`).
 */
export interface Announce {
  t: 'announce';
  id: string;
  as?: string | null;
  envelope: MessageEnvelope;
  keys: SealedKey[];
  segments?: number;
  to?: string[] | null;
}

/** This device has all that it needs to play it. */
export interface AnnouncementLoaded {
  t: 'announcement_loaded';
  id: string;
  as?: string | null;
  announcement: string;
}

/** What the server's clock shows. */
export interface TellTime {
  t: 'tell_time';
  id: string;
  as?: string | null;
}

/** First on every connection, before sign-in; unnumbered. */
export interface Hello {
  t: 'hello';
  version: number;
  server: string;
  nonce: string;
}

/** Done, and there is nothing more to say. */
export interface Ok {
  t: 'ok';
  re: string;
}

export interface ChallengeIssued {
  t: 'challenge_issued';
  re: string;
  nonce: string;
  server: string;
}

/**
 * Signed in on this connection. `resumed`: the missed events follow; else `snapshot` is there and a
 * new session begins at seq 0. `signals`: how many have arrived in this session; later ones are to be sent again.
 * `inbox`: how many items wait for this endpoint.
 */
export interface Welcome {
  t: 'welcome';
  re: string;
  session: string;
  resumed: boolean;
  grace: number;
  signals: number;
  inbox: number;
  snapshot: Snapshot | null;
}

/** Everything an endpoint needs to start from nothing. */
export interface Snapshot {
  person: PersonView | null;
  endpoint: EndpointView;
  registered: boolean;
  people: PersonView[];
  endpoints: EndpointView[];
  calls: CallView[];
  missed: MissedCall[];
  elsewhere: OngoingCall[];
  news: NewsItem[];
  own: OwnProfile | null;
  blocks: BlockView[];
  granted: GrantedView[];
  activity: ActivityView[];
  groups: GroupView[];
}

/** A person as another one sees them. Never a number. */
export interface PersonView {
  id: string;
  name: string;
  household: string;
  own: boolean;
}

/**
 * An endpoint that the viewer may call directly: an own one, or a shared one of the own household. `quiet`: Do Not
 * Disturb is on there.
 */
export interface EndpointView {
  id: string;
  name: string;
  shared: boolean;
  online: boolean;
  capabilities: Capabilities;
  own: boolean;
  quiet: boolean;
}

/**
 * A call as one endpoint in it sees it.
 *
 * `peer_name` is the caller's name for a callee, what was called for a caller. `called_name` is for
 * shared devices: who is wanted. `endpoint` and `media` are there once the call is answered;
 * before that `media` is what an answer here would give. `epoch` counts peer connections.
 * `ends` is when the server ends an answered call because it is long enough.
 * `kind` is whether somebody calls or drops in; in a drop in `mode` says whether a person lets the caller in or the
 * endpoint does so by itself.
 * `own_person` and `peer_person` are for whom this endpoint and the one at the other end speak; absent where a
 * shared endpoint, called by itself, speaks for its household.
 */
export interface CallView {
  id: string;
  kind: CallKind;
  mode: Mode | null;
  role: Role;
  phase: Phase;
  peer_name: string;
  peer_person: string | null;
  own_person: string | null;
  called_name: string;
  video: boolean;
  media: MediaView;
  endpoint: PeerEndpoint | null;
  epoch: number;
  created: number;
  answered: number | null;
  ends: number | null;
}

export type Role =
  | 'caller'
  | 'callee';

export type Phase =
  | 'ringing'
  | 'answering'
  | 'active'
  | 'recovering'
  | 'ended';

/** The session's media lines, seen from the endpoint that this is sent to (policy.media). */
export interface MediaView {
  send_audio: boolean;
  receive_audio: boolean;
  send_video: boolean;
  receive_video: boolean;
}

/** The endpoint at the other end of an answered call. */
export interface PeerEndpoint {
  id: string;
  name: string;
  keys: Keys;
  capabilities: Capabilities;
}

export interface MissedCall {
  call: string;
  person: string;
  name: string;
  at: number;
  video: boolean;
  silenced: boolean;
}

/**
 * A call of the same person's at another of their endpoints, which `move` brings here. `at` is what that one is
 * called, `name` who is on the other side.
 */
export interface OngoingCall {
  call: string;
  name: string;
  at: string;
  video: boolean;
}

/**
 * Something that every adult of a household is told. `name` is whose doing or whose device it is,
 * `own` whether that is the viewer. `other` is whom, or which other device, it concerns.
 */
export interface NewsItem {
  number: number;
  kind: NewsKind;
  at: number;
  name: string;
  own: boolean;
  device: string;
  shared: boolean;
  other: string;
}

/** Each is one true sentence about a person, and mostly about a device that is theirs or that they did it with. */
export type NewsKind =
  | 'endpoint_added'
  | 'endpoint_removed'
  | 'new_network'
  | 'roster_changed'
  | 'identity_renewed'
  | 'passkey_added'
  | 'person_joined'
  | 'person_left'
  | 'number_moved'
  | 'grant_given'
  | 'grant_revoked'
  | 'home_drop_in_changed'
  | 'device_drop_in_changed'
  | 'panic'
  | 'child_added'
  | 'child_consented'
  | 'child_changed'
  | 'child_erased';

/**
 * What only the person's own endpoints are shown.
 *
 * Numbers are in E.164: `mobile` is the verified one, `proving` the one to which a code was sent. `contact_import`
 * is absent as long as the person has not been asked, `contacts` the revision of their list; `guidelines` the
 * version of the usage guidelines that waits to be accepted, absent if none does. `region` is the country (ISO 3166)
 * of numbers without a country's code among the contacts of the household.
 * A `child` has no number, and decides nothing for the household.
 */
export interface OwnProfile {
  mobile: string | null;
  proving: string | null;
  contact_import: boolean | null;
  contacts: number;
  guidelines: number | null;
  region: string;
  child: boolean;
}

/**
 * Somebody whom the viewer has blocked: `name` as they were called then. `person` is absent where it was a number
 * of which the viewer does not know who has it. `contact` is the viewer's own by which it was blocked, if it was by
 * one; it may be gone since.
 */
export interface BlockView {
  id: string;
  name: string;
  person: string | null;
  contact: string | null;
  since: number;
}

/**
 * Somebody on whom the viewer may drop in. `household`: because they live with the viewer, or granted it to all who
 * do. `until` is when that ends, in Unix seconds.
 */
export interface GrantedView {
  person: string;
  name: string;
  mode: Mode;
  household: boolean;
  carer: boolean;
  until: number | null;
}

/** Whether somebody was recently active. `recent` is false as well for whoever does not want to be seen. */
export interface ActivityView {
  person: string;
  recent: boolean;
}

/**
 * A group as one endpoint sees it: one that is in it, that it rings at, or that could still join.
 *
 * `mode` is how a drop in begins at this endpoint. `epoch` is the mixer's: when it changes, every member offers anew.
 * `own` and `own_person` are this endpoint, and for whom it speaks or would.
 */
export interface GroupView {
  id: string;
  kind: CallKind;
  path: Path;
  e2ee: boolean;
  epoch: number;
  video: boolean;
  phase: GroupPhase;
  started_by: StarterView;
  created: number;
  own: string;
  members: MemberView[];
  places: PlaceView[];
  mode: Mode | null;
  own_person: string | null;
  answered: number | null;
  ends: number | null;
  roster: GroupRoster | null;
}

export type GroupPhase =
  | 'ringing'
  | 'active'
  | 'ended';

/** Who started the group, and with which endpoint, whose key `identity` is. */
export interface StarterView {
  endpoint: string;
  name: string;
  device: string;
  identity: string;
  person: string | null;
}

/**
 * An endpoint that takes part. `person`, named `name`, is for whom it speaks; absent where a shared one speaks for
 * its household. `device` is what the endpoint is called. `order` rises with every joining.
 */
export interface MemberView {
  endpoint: string;
  order: number;
  name: string;
  device: string;
  shared: boolean;
  keys: Keys;
  capabilities: Capabilities;
  connected: boolean;
  starter: boolean;
  person: string | null;
}

/** Somebody who was asked: a person, or one endpoint. */
export interface PlaceView {
  name: string;
  state: PlaceState;
  person: string | null;
  endpoint: string | null;
}

export type PlaceState =
  | 'ringing'
  | 'joined'
  | 'left'
  | 'declined'
  | 'no_answer'
  | 'removed';

/** Signed in over HTTP: send `Authorization: Bearer <token>`; it dies in `expires_in` seconds. */
export interface Token {
  t: 'token';
  re: string;
  token: string;
  expires_in: number;
}

/**
 * `owner`: the first adult of this server, who gets the demo devices. `profiles`: whom the household has saved, to
 * choose from.
 */
export interface InvitationDetails {
  t: 'invitation_details';
  re: string;
  inviter: string;
  household: boolean;
  owner: boolean;
  profiles: ProfileView[];
}

/** Somebody whom a household saved, to be taken over at sign-up. */
export interface ProfileView {
  id: string;
  name: string;
}

/** Enrolled, not yet registered: a code is on its way to the mobile number, if it could be sent. */
export interface SignedUp {
  t: 'signed_up';
  re: string;
  person: string;
  household: string;
  endpoint: string;
  server: string;
  code_sent: boolean;
}

/**
 * Enrolled: sign in with the key. `person` is whose endpoint it is, None if it is shared. `offered_by`
 * asked for the code, and is the one to compare keys with; absent where the server made the code itself. `begun`: the
 * endpoint's link is the first of its person's chain, and nobody has to sign for it.
 */
export interface Paired {
  t: 'paired';
  re: string;
  household: string;
  endpoint: string;
  server: string;
  person: string | null;
  offered_by: string | null;
  begun: boolean;
}

/**
 * The secret goes into the link's fragment, which browsers do not send to servers.
 *
 * `origin` is under which address other devices reach the server, empty where it knows none: for a page
 * that was opened under a name which leads nowhere on other devices, such as localhost.
 */
export interface Invited {
  t: 'invited';
  re: string;
  secret: string;
  expires: number;
  origin: string;
}

/** `origin` as in `invited`. */
export interface PairingOffered {
  t: 'pairing_offered';
  re: string;
  code: string;
  expires: number;
  origin: string;
}

export interface Directory {
  t: 'directory';
  re: string;
  people: PersonView[];
  endpoints: EndpointView[];
}

export interface Endpoints {
  t: 'endpoints';
  re: string;
  endpoints: EnrolledEndpoint[];
}

/**
 * An own endpoint, or a shared one of the household, as whoever may sign it out sees it.
 *
 * `added` and `seen`, which is true to the hour, are absent where nobody kept them. `current`: the viewer.
 * `identity` is what a signed removal names.
 */
export interface EnrolledEndpoint {
  id: string;
  identity: string;
  name: string;
  shared: boolean;
  online: boolean;
  current: boolean;
  added: number | null;
  seen: number | null;
}

/** None where the operator set none. The credential is good for `expires_in` seconds. */
export interface IceServers {
  t: 'ice_servers';
  re: string;
  servers: IceServer[];
  expires_in: number;
}

/** One entry of an RTCConfiguration's `iceServers`: STUN has no credential, TURN has. */
export interface IceServer {
  urls: string[];
  username: string | null;
  credential: string | null;
}

export interface Identities {
  t: 'identities';
  re: string;
  identities: PersonIdentity[];
}

/**
 * What shows whose an endpoint is, for the viewer to check: a person's chain, and which shared endpoints
 * they let act for them. `household` is the root of the roster in which they are. None of it is to be believed because
 * the server says so (docs/trust.md).
 */
export interface PersonIdentity {
  person: string;
  links: (PersonBegin | PersonAdd | PersonRemove | PersonRecover | PersonRenew)[];
  delegations: Delegations | null;
  household: string | null;
}

/**
 * `links` is empty where nobody has begun the roster. `identities`: of everybody it rests on, members or not
 * any more. `waiting`: the viewer could sign for them.
 */
export interface RosterShown {
  t: 'roster';
  re: string;
  links: (HouseholdBegin | HouseholdJoin | HouseholdLeave | HouseholdAdd | HouseholdRemove | HouseholdConfirm)[];
  identities: PersonIdentity[];
  waiting: WaitingEndpoint[];
}

/** An endpoint with its keys, as its server has them, which prove nothing. */
export interface WaitingEndpoint {
  id: string;
  name: string;
  shared: boolean;
  keys: Keys;
}

/** Whose chain it is: the recovering link goes behind the last of its links. */
export interface RecoveryFound {
  t: 'recovery_found';
  re: string;
  name: string;
  identity: PersonIdentity;
}

/**
 * For `navigator.credentials.get`: any passkey for `relying_party` signs the challenge, once and within
 * `expires_in` seconds, after it has verified whose finger, face or PIN it was.
 */
export interface PasskeyAsked {
  t: 'passkey_asked';
  re: string;
  challenge: string;
  relying_party: string;
  expires_in: number;
}

/**
 * For `navigator.credentials.create`. `handle` is what the authenticator keeps to say whose the passkey is,
 * `algorithms` what it may be of, the best first (COSE), `exclude` the passkeys that the person has.
 */
export interface PasskeyBegun {
  t: 'passkey_begun';
  re: string;
  challenge: string;
  relying_party: string;
  expires_in: number;
  handle: string;
  name: string;
  algorithms: number[];
  exclude: string[];
}

export interface Passkeys {
  t: 'passkeys';
  re: string;
  passkeys: PasskeyView[];
}

/** A passkey of the viewer's. `used`: when a browser last came in with it, absent if none has. */
export interface PasskeyView {
  credential: string;
  name: string;
  added: number;
  used: number | null;
}

/** The oldest first. */
export interface Profiles {
  t: 'profiles';
  re: string;
  profiles: ProfileView[];
}

/**
 * What has changed, in the order in which it did. `revision`: what to ask from next time, and at once if there is
 * `more`. `whole`: whatever the asker has of before is to be forgotten first.
 */
export interface Contacts {
  t: 'contacts';
  re: string;
  contacts: ContactView[];
  removed: string[];
  revision: number;
  more: boolean;
  whole: boolean;
}

/** One of the viewer's contacts. `book` is the address book it comes from, absent unless `source` is one. */
export interface ContactView {
  id: string;
  source: Source;
  name: string;
  nickname: string;
  organization: string;
  numbers: ContactNumber[];
  book: string | null;
}

/** Where a contact comes from, and so where it is edited. */
export type Source =
  | 'manual'
  | 'file'
  | 'book';

/**
 * A number of a contact: in E.164, or as it was written where it makes no sense as one.
 *
 * `person` is who is reachable here by it. `moved`: somebody else was when the viewer first learned of it, and
 * nobody is called by it before the viewer says `accept_moved`.
 */
export interface ContactNumber {
  label: string;
  number: string;
  person: string | null;
  moved: boolean;
}

/** The contact as it is now. Who is reachable by its numbers is not said here: `contacts_changed` follows. */
export interface ContactSaved {
  t: 'contact_saved';
  re: string;
  contact: ContactView;
}

/** What became of the cards of this part. */
export interface ContactsImported {
  t: 'contacts_imported';
  re: string;
  added: number;
  updated: number;
  unchanged: number;
  problems: ImportProblem[];
}

/** A card that was left out, wholly or in part; `line` of the file is where it begins to be wrong. */
export interface ImportProblem {
  line: number;
  code: CardFault;
}

/** Why a card of a vCard file was left out, wholly or in part. */
export type CardFault =
  | 'not_a_card'
  | 'unfinished'
  | 'unreadable'
  | 'empty'
  | 'group'
  | 'too_large'
  | 'contact_limit';

/** `choices`: the one; those to ask about, the likeliest first (of a single one: whether it is meant); or none. */
export interface NameResolved {
  t: 'resolved';
  re: string;
  outcome: Outcome;
  choices: NameChoice[];
}

/** What a name means: one; one of several, or perhaps the only one, which is to be asked; nobody. */
export type Outcome =
  | 'none'
  | 'one'
  | 'which';

/**
 * Somebody or something that has the name. `label` is what their number is for. Neither `person` nor `endpoint` is
 * there where the one meant is not reachable here. `moved`: the number is somebody else's now, as in ContactNumber.
 */
export interface NameChoice {
  name: string;
  label: string;
  person: string | null;
  endpoint: string | null;
  moved: boolean;
}

/**
 * `act` is null where nothing was understood, `outcome` where it is about nobody. `answer` is a sentence to be
 * spoken: what would be done, or a question.
 */
export interface Uttered {
  t: 'uttered';
  re: string;
  answer: string;
  act: Act | null;
  name: string;
  label: string;
  text: string;
  outcome: Outcome | null;
  choices: MeantOne[];
}

export type Act =
  | 'announce'
  | 'answer'
  | 'block'
  | 'call'
  | 'call_for_help'
  | 'close_everything'
  | 'compare_again'
  | 'continue_here'
  | 'decline'
  | 'discard'
  | 'drop_in'
  | 'drop_in_back'
  | 'drop_in_off'
  | 'drop_in_on'
  | 'hang_up'
  | 'here'
  | 'let_in'
  | 'message'
  | 'microphone_off'
  | 'microphone_on'
  | 'mute'
  | 'not_now'
  | 'not_same'
  | 'play_messages'
  | 'profile'
  | 'quiet_everywhere'
  | 'quiet_nowhere'
  | 'quiet_off'
  | 'quiet_on'
  | 'read_notices'
  | 'record'
  | 'repeat_notices'
  | 'reply'
  | 'report_message'
  | 'same'
  | 'send_it'
  | 'shutter_closed'
  | 'shutter_open'
  | 'unblock'
  | 'unmute'
  | 'video_call'
  | 'video_off'
  | 'video_on';

/** Somebody whom a sentence may be about, where `said` is their name in it, and `text` what they are to be told. */
export interface MeantOne {
  choice: NameChoice;
  said: string;
  text: string;
}

export interface Blocked {
  t: 'blocked';
  re: string;
  block: BlockView;
}

export interface Blocks {
  t: 'blocks';
  re: string;
  blocks: BlockView[];
}

/** How far the own chain goes here. */
export interface LogAppended {
  t: 'log_appended';
  re: string;
  head: LogHead;
}

/** How far a chain goes: that of `writer` for `owner`. */
export interface LogHead {
  owner: string;
  writer: string;
  number: number;
  hash: string;
  time: number;
}

/** `more` is there where there are older ones. */
export interface LogPage {
  t: 'log_page';
  re: string;
  lines: LogLine[];
  more: number | null;
}

/** Entries in their order; fewer than asked for at the end of the chain. */
export interface LogChain {
  t: 'log_chain';
  re: string;
  lines: LogLine[];
}

export interface LogHeads {
  t: 'log_heads';
  re: string;
  heads: LogHead[];
}

/** The child as it is now. */
export interface ChildShown {
  t: 'child_shown';
  re: string;
  child: ChildView;
}

/**
 * A child, as the parents see them. `consent` is the version that a parent agreed to at `consented`: both are
 * absent before, and then the child can do nothing. The rest is what a parent allows (policy.child).
 */
export interface ChildView {
  id: string;
  name: string;
  consent: number | null;
  consented: number | null;
  calling: boolean;
  messaging: boolean;
  drop_in: boolean;
  drop_in_home: boolean;
  contacts: ChildContact[];
}

/** Somebody outside the household whom a parent has chosen for a child. */
export interface ChildContact {
  person: string;
  name: string;
}

/** `version` is that of the text to agree to. */
export interface ChildrenShown {
  t: 'children';
  re: string;
  children: ChildView[];
  version: number;
}

/** `more`: ask again, for what was before the last one's `at`. */
export interface ChildCalls {
  t: 'child_calls';
  re: string;
  calls: ChildCallView[];
  more: boolean;
}

/**
 * A call of a child's. `person` is who was on the other side, absent where a device was called; `answered` and
 * `ended` are absent where nobody answered, or it goes on.
 */
export interface ChildCallView {
  call: string;
  person: string | null;
  name: string;
  outgoing: boolean;
  video: boolean;
  at: number;
  answered: number | null;
  ended: number | null;
}

/** The book; of an account with several the first, and `books_changed` has all. Its contacts are on their way. */
export interface BookLinked {
  t: 'book_linked';
  re: string;
  book: BookView;
}

/**
 * One of the viewer's address books. `contacts` came from it so far.
 *
 * `synced` is when they were last those of the book, absent if never; `problem` what has been in the way since.
 * `left` are still to be fetched, and absent unless that goes on. `next` is when it is looked at again.
 */
export interface BookView {
  id: string;
  name: string;
  url: string;
  account: string;
  contacts: number;
  synced: number | null;
  problem: Code | null;
  left: number | null;
  next: number | null;
}

/**
 * - `malformed`: The message could not be read at all.
 * - `invalid`: A field is missing, has the wrong type or is out of bounds.
 * - `unknown_type`: There is no message of this type.
 * - `too_large`: The message is larger than the server accepts.
 * - `not_signed_in`: Sign in first.
 * - `bad_signature`: The signature does not match the key on record.
 * - `stale_nonce`: The challenge is unknown or too old; ask for a new one.
 * - `invalid_token`: The token is unknown or has expired; sign in again.
 * - `endpoint_removed`: This device was signed out for good; pair it again to use it.
 * - `not_registered`: The mobile number has not been verified yet.
 * - `not_permitted`: This is not permitted.
 * - `not_confirmed`: This device has to be confirmed with another one first.
 * - `suspended`: The operator of this server has suspended this account.
 * - `already_signed_in`: This connection has signed in already.
 * - `unknown_person`: There is no such person among those you know.
 * - `unknown_endpoint`: There is no such device among those you may use.
 * - `unknown_call`: There is no such call, or you have no part in it.
 * - `unknown_command`: There is no such command.
 * - `call_id_taken`: This call id was used for another call.
 * - `call_over`: The call has ended.
 * - `not_answered`: Nobody has answered this call yet.
 * - `self_call`: A device cannot call itself, nor a person themself.
 * - `not_movable`: A drop in stays at the device at which it began.
 * - `group_not_available`: There can be no such group with all of them.
 * - `group_changed_path`: The group would go another way by now than the one that was shown.
 * - `group_limit`: There are as many groups as one household may have at a time.
 * - `not_starter`: Only whoever started the group may do this.
 * - `untrusted`: What was signed does not fit what is known: look at that again and sign anew.
 * - `unknown_contact`: There is no such contact among yours.
 * - `imported_contact`: This contact was imported; it is edited where it comes from.
 * - `import_not_allowed`: Importing contacts has not been allowed by this person.
 * - `contact_limit`: There are as many contacts as one person may have.
 * - `number_moved`: This number belongs to somebody else now; say that you know before you call.
 * - `you_blocked`: You have blocked this person.
 * - `unknown_block`: There is no such block among yours.
 * - `block_limit`: There are as many blocks as one person may have.
 * - `quota_exceeded`: These are as many as one person may have in this time; wait and try again.
 * - `child_limit`: A parent has not allowed this.
 * - `consent_required`: A parent has to read what this means for the child, and agree, first.
 * - `unknown_book`: There is no such address book among yours.
 * - `book_limit`: There are as many address books as one person may link.
 * - `unknown_message`: There is no such message for this device, or it is gone already.
 * - `message_id_taken`: This message id, or this piece of it, was used for something else.
 * - `no_text_messages`: Phone numbers can be called only: messages go to persons who are on Kith.
 * - `segments_missing`: Pieces of the message are missing; send them again, and then the message.
 * - `inbox_limit`: As much as may wait there is waiting already.
 * - `log_forked`: Another entry has this number in the log.
 * - `log_limit`: There are as many entries as one log may have.
 * - `book_unreachable`: The server of the address book does not answer, or not as it should.
 * - `book_refused`: The server of the address book does not accept this account and password.
 * - `not_an_address_book`: There is no address book at this address.
 * - `address_not_allowed`: This server does not ask addresses of this kind.
 * - `terms_not_acknowledged`: Linking an address book needs a look at what it means.
 * - `invitation_invalid`: The invitation is unknown, used or expired.
 * - `pairing_invalid`: The pairing code is unknown, used or expired.
 * - `wrong_code`: The code is wrong.
 * - `too_many_tries`: Too many wrong codes; ask for a new one.
 * - `number_invalid`: This is not a mobile number that can receive a code.
 * - `number_refused`: The operator of this server does not admit this number.
 * - `code_not_sent`: The code could not be sent; try again in a while.
 * - `guidelines_required`: Read and accept the usage guidelines first.
 * - `profile_taken`: Somebody has taken this profile, or it was removed.
 * - `profile_limit`: There are as many saved profiles as one household may have.
 * - `last_member`: Nobody else lives here: this household has nobody to be left to.
 * - `already_registered`: This person is registered already.
 * - `passkey_refused`: This passkey does not serve here, or not any more.
 * - `passkeys_unavailable`: Passkeys need the server's host name, and TLS.
 * - `too_many_passkeys`: There are as many passkeys as one person may have.
 * - `test_server`: This server is for tests only and admits no real person.
 * - `not_test_server`: This server admits no test principals.
 * - `mixer_unavailable`: The server cannot mix what a group says right now.
 * - `bad_offer`: This is no offer that the mixer can answer.
 * - `push_off`: The operator of this server has switched push off.
 * - `rate_limited`: Too many requests; wait and try again.
 * - `storage_unavailable`: The server cannot save anything right now; nothing was changed.
 * - `shutting_down`: The server is restarting; connect again in a moment.
 * - `internal`: The server made a mistake; it was recorded.
 */
export type Code =
  | 'malformed'
  | 'invalid'
  | 'unknown_type'
  | 'too_large'
  | 'not_signed_in'
  | 'bad_signature'
  | 'stale_nonce'
  | 'invalid_token'
  | 'endpoint_removed'
  | 'not_registered'
  | 'not_permitted'
  | 'not_confirmed'
  | 'suspended'
  | 'already_signed_in'
  | 'unknown_person'
  | 'unknown_endpoint'
  | 'unknown_call'
  | 'unknown_command'
  | 'call_id_taken'
  | 'call_over'
  | 'not_answered'
  | 'self_call'
  | 'not_movable'
  | 'group_not_available'
  | 'group_changed_path'
  | 'group_limit'
  | 'not_starter'
  | 'untrusted'
  | 'unknown_contact'
  | 'imported_contact'
  | 'import_not_allowed'
  | 'contact_limit'
  | 'number_moved'
  | 'you_blocked'
  | 'unknown_block'
  | 'block_limit'
  | 'quota_exceeded'
  | 'child_limit'
  | 'consent_required'
  | 'unknown_book'
  | 'book_limit'
  | 'unknown_message'
  | 'message_id_taken'
  | 'no_text_messages'
  | 'segments_missing'
  | 'inbox_limit'
  | 'log_forked'
  | 'log_limit'
  | 'book_unreachable'
  | 'book_refused'
  | 'not_an_address_book'
  | 'address_not_allowed'
  | 'terms_not_acknowledged'
  | 'invitation_invalid'
  | 'pairing_invalid'
  | 'wrong_code'
  | 'too_many_tries'
  | 'number_invalid'
  | 'number_refused'
  | 'code_not_sent'
  | 'guidelines_required'
  | 'profile_taken'
  | 'profile_limit'
  | 'last_member'
  | 'already_registered'
  | 'passkey_refused'
  | 'passkeys_unavailable'
  | 'too_many_passkeys'
  | 'test_server'
  | 'not_test_server'
  | 'mixer_unavailable'
  | 'bad_offer'
  | 'push_off'
  | 'rate_limited'
  | 'storage_unavailable'
  | 'shutting_down'
  | 'internal';

export interface Books {
  t: 'books';
  re: string;
  books: BookView[];
}

/** The call as it is after the command. The reply to every command about a call but `signal`. */
export interface CallState {
  t: 'call_state';
  re: string;
  call: CallView;
}

/** The call is over (it may have been before the command). */
export interface CallEnded {
  t: 'call_ended';
  re: string;
  call: string;
  reason: EndReason;
}

/** Why an endpoint's part is over. Each is one true sentence (`SENTENCES`). */
export type EndReason =
  | 'hung_up'
  | 'declined'
  | 'busy'
  | 'no_answer'
  | 'cancelled'
  | 'answered_elsewhere'
  | 'connect_failed'
  | 'lost'
  | 'moved'
  | 'time_limit'
  | 'not_let_in'
  | 'silence'
  | 'removed';

/** Persons who never signed a set are not in it. */
export interface GrantsShown {
  t: 'grants_shown';
  re: string;
  sets: PersonGrants[];
}

/**
 * The set of a person that is in force, who has heard of it, and whom it names: those whom the server knows still.
 * `heard` and `receivers` are there for its owner alone.
 */
export interface PersonGrants {
  person: string;
  grants: Grants;
  heard: HeardView[];
  receivers: ReceiverView[];
}

/** An endpoint that has a signed set, with its own signature on that: `name` is what it is called. */
export interface HeardView {
  endpoint: string;
  name: string;
  receipt: Receipt;
}

/**
 * Who somebody is whom a set names by the root of their chain. `household` is the root of the roster in which they
 * are now.
 */
export interface ReceiverView {
  root: string;
  person: string;
  name: string;
  household: string | null;
}

export interface Rosters {
  t: 'rosters';
  re: string;
  rosters: RosterView[];
}

/** The roster of a household, and everybody whose chain it rests on, for the viewer to check. */
export interface RosterView {
  links: (HouseholdBegin | HouseholdJoin | HouseholdLeave | HouseholdAdd | HouseholdRemove | HouseholdConfirm)[];
  identities: PersonIdentity[];
}

/** `places`: how many would be asked. */
export interface GroupPlan {
  t: 'group_plan';
  re: string;
  path: Path;
  e2ee: boolean;
  places: number;
}

/** The group as it is after the command. */
export interface GroupState {
  t: 'group_state';
  re: string;
  group: GroupView;
}

/** The group is over, or this endpoint's part is (it may have been before the command). */
export interface GroupOver {
  t: 'group_over';
  re: string;
  call: string;
  reason: EndReason;
}

/**
 * `fingerprint` is that of the mixer's certificate (SHA-256), which the server vouches for by `statement`, its
 * signature: see kith.core.trust.mixer for what is signed.
 */
export interface MixerAnswer {
  t: 'mixer_answer';
  re: string;
  sdp: string;
  fingerprint: string;
  statement: string;
}

/**
 * All endpoints of both sides but the asking one. As the reply to `send_message`: the message was sealed to others
 * than these, and nothing was sent.
 */
export interface Recipients {
  t: 'recipients';
  re: string;
  endpoints: Recipient[];
  identities: PersonIdentity[];
}

/** An endpoint that a message is sealed to. `person` is for whom it is there, one of the two. */
export interface Recipient {
  endpoint: string;
  person: string;
  shared: boolean;
  keys: Keys;
}

/** It is stored, as number `seq` of the conversation. */
export interface MessageSent {
  t: 'message_sent';
  re: string;
  message: string;
  seq: number;
  at: number;
}

/** `more`: there are more behind the last one. */
export interface Inbox {
  t: 'inbox';
  re: string;
  items: (MessageItem | OwnItem)[];
  more: boolean;
}

/**
 * A message that waits for this endpoint as number `n`. It is part of the conversation that `person` has with
 * `other`, named `name`; `at` is when the server took it, in Unix seconds. `keys` are those of the endpoint that sent
 * it, as the server has them, and `key` is sealed to this one. `alert`: nothing is known of that it should be silent
 * here.
 */
export interface MessageItem {
  what: 'message';
  n: number;
  person: string;
  with: string;
  name: string;
  seq: number;
  at: number;
  envelope: MessageEnvelope;
  keys: Keys;
  key: string;
  segments: number;
  alert: boolean;
}

/**
 * Something from `endpoint`, another one of the same person's, with its `keys` as the server has them. `item` is
 * what it is about.
 */
export interface OwnItem {
  what: 'own';
  n: number;
  at: number;
  endpoint: string;
  keys: Keys;
  topic: string;
  item: string;
  body: string;
}

export interface Segment {
  t: 'segment';
  re: string;
  body: string;
}

export interface Conversations {
  t: 'conversations';
  re: string;
  conversations: ConversationView[];
}

/**
 * All messages with one other person, named `name`, as `person` has it, for whom the viewer is there.
 *
 * `last` is the number of the newest, `at` when it came. `delivered` and `read_by_them` are up to where own messages
 * have arrived at an endpoint of theirs, and were read; `read` and `removed` up to where this person has read, and
 * taken away.
 */
export interface ConversationView {
  person: string;
  with: string;
  name: string;
  last: number;
  at: number;
  delivered: number;
  read_by_them: number;
  read: number;
  removed: number;
}

export interface Targets {
  t: 'targets';
  re: string;
  devices: HouseholdDevice[];
}

/**
 * A device of the own household at which an announcement could play: shared, or `person`'s own. Of another's own
 * it says no more than what its person has signed.
 */
export interface HouseholdDevice {
  endpoint: string;
  person: string | null;
  shared: boolean;
  keys: Keys;
}

/**
 * It is for so many devices, and plays within seconds. Of somebody else's own device it is not told whether it
 * does.
 */
export interface Announced {
  t: 'announced';
  re: string;
  announcement: string;
  targets: number;
}

/** The server's clock, in Unix seconds: that by which `announcement_plays` says when. */
export interface Time {
  t: 'time';
  re: string;
  now: number;
}

/** As they are at this moment; numbers are a few seconds old at the most. Of what is said there nothing is kept. */
export interface RoomList {
  t: 'room_list';
  re: string;
  rooms: LiveRoom[];
}

/**
 * A group that the server mixes now. `others` is how many take part besides, whom it is not for the asker to see;
 * `load` how busy the mixer is, 1.0 for all of a processor.
 */
export interface LiveRoom {
  call: string;
  seats: LiveSeat[];
  others: number;
  load: number;
}

/**
 * One device in a group, and how what it sends arrives. `lost` is the share of its packets, 0 to 1; `jitter_ms` how
 * unevenly they come, `delay_ms` how long its voice waits at the server for those that are late.
 */
export interface LiveSeat {
  endpoint: string;
  device: string;
  connected: boolean;
  lost: number;
  jitter_ms: number;
  delay_ms: number;
}

/**
 * `key` is what the browser subscribes for (RFC 8292, section 4), absent where the operator has switched push
 * off.
 */
export interface PushShown {
  t: 'push_shown';
  re: string;
  key: string | null;
  subscribed: boolean;
}

/**
 * Who calls or wrote. `over` is there where nothing rings any more: nobody answered, or somebody dealt with it
 * elsewhere. `voice`: the message is to be heard.
 */
export interface Pushed {
  t: 'pushed';
  re: string;
  what: 'call' | 'group' | 'message';
  name: string;
  person: string | null;
  video: boolean;
  voice: boolean;
  over: 'elsewhere' | 'missed' | null;
}

/** `more` is there where there are older ones. `months` is how long it is kept, as in `keep_history`. */
export interface History {
  t: 'history';
  re: string;
  entries: HistoryEntry[];
  more: number | null;
  devices: HistoryDevice[];
  months: 0 | 3 | 18 | null;
}

/**
 * What happened, seen from one of those to whom it did. `name` is the other one's, a person's or a device's;
 * `endpoint` the own one at which it happened, absent where none took part, and `device` what that was called.
 * `seconds` is how long they talked.
 */
export interface HistoryEntry {
  number: number;
  kind: 'announcement' | 'call' | 'drop_in' | 'group' | 'message';
  outgoing: boolean;
  outcome: 'busy' | 'cancelled' | 'declined' | 'done' | 'failed' | 'missed' | 'no_answer' | 'not_let_in';
  at: number;
  seconds: number;
  person: string | null;
  name: string;
  endpoint: string | null;
  device: string;
}

/** An own endpoint of which there is something in the history. */
export interface HistoryDevice {
  endpoint: string;
  name: string;
}

/**
 * The command was not carried out. `path` names the field at fault; `message` is for people.
 * `re` is absent where the command's id could not be read.
 */
export interface ProblemReply {
  t: 'problem';
  code: Code;
  message: string;
  path: string;
  data: Record<string, string | number | boolean>;
  re: string | null;
}

/** Somebody calls. May come again for a call that rings already. */
export interface Ringing {
  t: 'ringing';
  seq: number;
  call: CallView;
}

/** A call this endpoint is in has changed: answered, recovering, a new epoch. */
export interface CallChanged {
  t: 'call_changed';
  seq: number;
  call: CallView;
}

/** This endpoint's part is over. Exactly once for each call it knew of. */
export interface Ended {
  t: 'ended';
  seq: number;
  call: string;
  reason: EndReason;
}

export interface Signalled {
  t: 'signalled';
  seq: number;
  call: string;
  epoch: number;
  sender: string;
  body: string;
}

export interface PeerIndicated {
  t: 'peer_indicated';
  seq: number;
  call: string;
  audio: boolean;
  video: boolean;
  hardware_muted: boolean;
}

/** The whole new directory; it replaces the old one. */
export interface DirectoryChanged {
  t: 'directory_changed';
  seq: number;
  person: PersonView | null;
  people: PersonView[];
  endpoints: EndpointView[];
}

/** One endpoint of the directory came, went or describes itself anew. */
export interface EndpointChanged {
  t: 'endpoint_changed';
  seq: number;
  endpoint: EndpointView;
}

/** All calls missed and not yet dismissed; it replaces the old list. */
export interface MissedCalls {
  t: 'missed_calls';
  seq: number;
  missed: MissedCall[];
}

/** All calls that the person may go on with here; it replaces the old list. Own endpoints only, not shared ones. */
export interface CallsElsewhere {
  t: 'calls_elsewhere';
  seq: number;
  calls: OngoingCall[];
}

/** All news not yet dismissed, the newest first; it replaces the old list. */
export interface HouseholdNews {
  t: 'household_news';
  seq: number;
  news: NewsItem[];
}

/** All blocks of the person, the latest first; it replaces the old list. Own endpoints only. */
export interface BlocksChanged {
  t: 'blocks_changed';
  seq: number;
  blocks: BlockView[];
}

/** Something was written, or taken away. Personal endpoints only. */
export interface LogChanged {
  t: 'log_changed';
  seq: number;
}

/** The own mobile number is verified. */
export interface Registered {
  t: 'registered';
  seq: number;
}

/** Somebody else has proved that the own mobile number is theirs: prove another one before calling again. */
export interface Unregistered {
  t: 'unregistered';
  seq: number;
}

/** What only the own endpoints are shown; it replaces the old. */
export interface OwnChanged {
  t: 'own_changed';
  seq: number;
  own: OwnProfile;
}

/** The own list has changed, here or elsewhere, or who is reachable by it: ask for what is new since. */
export interface ContactsChanged {
  t: 'contacts_changed';
  seq: number;
  revision: number;
}

/** All of the own address books as they are now; it replaces the old list. While one is fetched, every second. */
export interface BooksChanged {
  t: 'books_changed';
  seq: number;
  books: BookView[];
}

/** The children of the household; it replaces the old list. The own endpoints of adults only. */
export interface ChildrenChanged {
  t: 'children_changed';
  seq: number;
  children: ChildView[];
}

/** A person's chain or delegations have grown: ask for them again before relying on them. */
export interface IdentityChanged {
  t: 'identity_changed';
  seq: number;
  person: string;
}

/** The own household's roster has grown, or somebody waits to be signed for. */
export interface RosterChanged {
  t: 'roster_changed';
  seq: number;
}

/** From the other endpoint of a pairing. */
export interface PairingSignalled {
  t: 'pairing_signalled';
  seq: number;
  endpoint: WaitingEndpoint;
  body: string;
}

/** A person who lives here has signed another set. To the person's own endpoints and the household's shared ones. */
export interface GrantsChanged {
  t: 'grants_changed';
  seq: number;
  person: string;
  grants: Grants;
}

/** Which endpoints have which set of the viewer's own; it replaces the old list. Own endpoints only. */
export interface GrantsHeard {
  t: 'grants_heard';
  seq: number;
  heard: HeardView[];
}

/** On whom one may drop in; it replaces the old list. */
export interface GrantedChanged {
  t: 'granted_changed';
  seq: number;
  granted: GrantedView[];
}

/** Of all on whom one may drop in; it replaces the old list. It turns at whole minutes, or with whom it is about. */
export interface Activity {
  t: 'activity';
  seq: number;
  activity: ActivityView[];
}

/** This endpoint is asked. May come again for a group that rings already. */
export interface GroupRings {
  t: 'group_rings';
  seq: number;
  group: GroupView;
}

/** A group that this endpoint is in, or that rings here, is not as it was shown. */
export interface GroupChanged {
  t: 'group_changed';
  seq: number;
  group: GroupView;
}

/** From another member of a mesh, `endpoint`. */
export interface GroupSignal {
  t: 'group_signal';
  seq: number;
  call: string;
  endpoint: string;
  epoch: number;
  body: string;
}

/** Who speaks now, in a group that is mixed; it replaces the old list. */
export interface GroupSpeaking {
  t: 'group_speaking';
  seq: number;
  call: string;
  endpoints: string[];
}

/** This endpoint's part is over. Exactly once for each time that it had one. */
export interface GroupEnded {
  t: 'group_ended';
  seq: number;
  call: string;
  reason: EndReason;
}

/** Something has come into the inbox. */
export interface MessageArrived {
  t: 'message_arrived';
  seq: number;
  item: MessageItem | OwnItem;
}

/** How far a conversation has come: delivered, read, removed. */
export interface ConversationChanged {
  t: 'conversation_changed';
  seq: number;
  conversation: ConversationView;
}

/** Something was deleted from the own history, or it is kept for another time. Personal endpoints only. */
export interface HistoryChanged {
  t: 'history_changed';
  seq: number;
}

/**
 * Somebody at home announces something: fetch its pieces (`get_segment`), check it, and be ready. `name` is who
 * speaks and `device` from where, by the server's word; `key` is sealed to this endpoint.
 */
export interface Announcement {
  t: 'announcement';
  seq: number;
  envelope: MessageEnvelope;
  key: string;
  segments: number;
  name: string;
  device: string;
}

/** Play it at this instant of the server's clock, or not at all. */
export interface AnnouncementPlays {
  t: 'announcement_plays';
  seq: number;
  announcement: string;
  at: number;
}

/** The server drains: connect again after `retry_after` seconds. */
export interface ServerLeaving {
  t: 'server_leaving';
  seq: number;
  retry_after: number;
}

export type Command =
  | Challenge
  | SignIn
  | LookUpInvitation
  | SignUp
  | Pair
  | LookUpRecovery
  | Recover
  | AskPasskey
  | UsePasskey
  | EnrolTest
  | Verify
  | ResendCode
  | ChangeMobile
  | AcceptGuidelines
  | Ack
  | Leave
  | Ping
  | Describe
  | Rename
  | ListDirectory
  | ListIceServers
  | Invite
  | ListProfiles
  | AddProfile
  | RemoveProfile
  | SetRegion
  | OfferPairing
  | ListEndpoints
  | RenameEndpoint
  | RemoveEndpoint
  | BeginPasskey
  | AddPasskey
  | ListPasskeys
  | RenamePasskey
  | RemovePasskey
  | DismissMissed
  | DismissNews
  | ListContacts
  | AddContact
  | EditContact
  | DeleteContact
  | SetContactImport
  | ImportContacts
  | AcceptMoved
  | ResolveName
  | Utter
  | Block
  | Unblock
  | ListBlocks
  | ReportPerson
  | AppendLog
  | ListLog
  | ReadChain
  | DeleteLog
  | CheckLog
  | AddChild
  | ListChildren
  | GiveConsent
  | SetChild
  | ChildActivity
  | EraseChild
  | LinkBook
  | ListBooks
  | UnlinkBook
  | SyncBook
  | ListRooms
  | ListIdentities
  | ShowRoster
  | ExtendPerson
  | ExtendHousehold
  | BeginAnew
  | Delegate
  | LeaveHousehold
  | Deregister
  | PairingSignal
  | PlaceCall
  | Alerting
  | Answer
  | Decline
  | Busy
  | Cancel
  | HangUp
  | Signal
  | MediaUp
  | MediaLost
  | Indicate
  | Move
  | SetGrants
  | ShowGrants
  | HeardGrants
  | ReportStanding
  | Touch
  | DropIn
  | ShowRosters
  | Panic
  | PlanGroup
  | StartGroup
  | JoinGroup
  | DeclineGroup
  | LeaveGroup
  | RemoveFromGroup
  | AskIntoGroup
  | SignalGroup
  | SignGroup
  | OfferMixer
  | GroupMedia
  | ListRecipients
  | PutSegment
  | SendMessage
  | FetchInbox
  | GetSegment
  | ConfirmInbox
  | ListConversations
  | MarkRead
  | RemoveConversation
  | SendOwn
  | ReportMessage
  | SubscribePush
  | UnsubscribePush
  | ShowPush
  | ShowPushed
  | ListHistory
  | DeleteHistory
  | KeepHistory
  | ListTargets
  | Announce
  | AnnouncementLoaded
  | TellTime;

export type Reply =
  | Ok
  | ChallengeIssued
  | Welcome
  | Token
  | InvitationDetails
  | SignedUp
  | Paired
  | Invited
  | PairingOffered
  | Directory
  | Endpoints
  | IceServers
  | Identities
  | RosterShown
  | RecoveryFound
  | PasskeyAsked
  | PasskeyBegun
  | Passkeys
  | Profiles
  | Contacts
  | ContactSaved
  | ContactsImported
  | NameResolved
  | Uttered
  | Blocked
  | Blocks
  | LogAppended
  | LogPage
  | LogChain
  | LogHeads
  | ChildShown
  | ChildrenShown
  | ChildCalls
  | BookLinked
  | Books
  | CallState
  | CallEnded
  | GrantsShown
  | Rosters
  | GroupPlan
  | GroupState
  | GroupOver
  | MixerAnswer
  | Recipients
  | MessageSent
  | Inbox
  | Segment
  | Conversations
  | Targets
  | Announced
  | Time
  | RoomList
  | PushShown
  | Pushed
  | History
  | ProblemReply;

export type Event =
  | Ringing
  | CallChanged
  | Ended
  | Signalled
  | PeerIndicated
  | DirectoryChanged
  | EndpointChanged
  | MissedCalls
  | CallsElsewhere
  | HouseholdNews
  | BlocksChanged
  | LogChanged
  | Registered
  | Unregistered
  | OwnChanged
  | ContactsChanged
  | BooksChanged
  | ChildrenChanged
  | IdentityChanged
  | RosterChanged
  | PairingSignalled
  | GrantsChanged
  | GrantsHeard
  | GrantedChanged
  | Activity
  | GroupRings
  | GroupChanged
  | GroupSignal
  | GroupSpeaking
  | GroupEnded
  | MessageArrived
  | ConversationChanged
  | HistoryChanged
  | Announcement
  | AnnouncementPlays
  | ServerLeaving;

export type FromServer = Hello | Reply | Event;
