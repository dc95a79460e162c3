"""The contract as data: what OpenAPI readers and the browser's type checker read. Pure.

Everything comes from the message types in signaling.protocol; `python -m tools.generate` writes the files.

    web/openapi.json     POST /v1/<t> for every command that makes sense without a WebSocket
    web/protocol.d.ts    every message, as TypeScript sees it
"""

import inspect
from collections.abc import Iterable
from enum import StrEnum
from typing import Any, get_args

import msgspec

from kith.core.contacts import CardFault, Source
from kith.core.news import NewsKind
from kith.core.problem import SENTENCES, Code
from kith.core.reports import Why
from kith.core.trust.grants import DropInTerm, HomeTerm, Mode
from policy.group import Path
from signaling import protocol
from signaling.call import CallKind, EndReason, Phase, Role
from signaling.group import GroupPhase, PlaceState
from signaling.protocol import COMMANDS, AnyCommand, Command, FromServer

Schema = dict[str, Any]

REF = "#/components/schemas/"

_DONE: tuple[type, ...] = (protocol.Ok,)
_CALL: tuple[type, ...] = (protocol.CallState, protocol.CallEnded)
_GROUP: tuple[type, ...] = (protocol.GroupState, protocol.GroupOver)

REPLIES: dict[type[Command], tuple[type, ...]] = {
    protocol.Challenge: (protocol.ChallengeIssued,),
    protocol.SignIn: (protocol.Welcome, protocol.Token),
    protocol.LookUpInvitation: (protocol.InvitationDetails,),
    protocol.SignUp: (protocol.SignedUp,),
    protocol.Pair: (protocol.Paired,),
    protocol.LookUpRecovery: (protocol.RecoveryFound,),
    protocol.Recover: (protocol.Paired,),
    protocol.AskPasskey: (protocol.PasskeyAsked,),
    protocol.UsePasskey: (protocol.Paired,),
    protocol.EnrolTest: (protocol.Paired,),
    protocol.Verify: _DONE,
    protocol.ResendCode: _DONE,
    protocol.ChangeMobile: _DONE,
    protocol.AcceptGuidelines: _DONE,
    protocol.Ack: (),
    protocol.Leave: _DONE,
    protocol.Ping: _DONE,
    protocol.Describe: _DONE,
    protocol.Rename: _DONE,
    protocol.ListDirectory: (protocol.Directory,),
    protocol.ListIceServers: (protocol.IceServers,),
    protocol.Invite: (protocol.Invited,),
    protocol.ListProfiles: (protocol.Profiles,),
    protocol.AddProfile: (protocol.Profiles,),
    protocol.RemoveProfile: _DONE,
    protocol.SetRegion: _DONE,
    protocol.OfferPairing: (protocol.PairingOffered,),
    protocol.ListEndpoints: (protocol.Endpoints,),
    protocol.RenameEndpoint: _DONE,
    protocol.RemoveEndpoint: _DONE,
    protocol.BeginPasskey: (protocol.PasskeyBegun,),
    protocol.AddPasskey: (protocol.Passkeys,),
    protocol.ListPasskeys: (protocol.Passkeys,),
    protocol.RenamePasskey: _DONE,
    protocol.RemovePasskey: _DONE,
    protocol.DismissMissed: _DONE,
    protocol.DismissNews: _DONE,
    protocol.ListContacts: (protocol.Contacts,),
    protocol.AddContact: (protocol.ContactSaved,),
    protocol.EditContact: (protocol.ContactSaved,),
    protocol.DeleteContact: _DONE,
    protocol.SetContactImport: _DONE,
    protocol.ImportContacts: (protocol.ContactsImported,),
    protocol.AcceptMoved: _DONE,
    protocol.ResolveName: (protocol.NameResolved,),
    protocol.Utter: (protocol.Uttered,),
    protocol.Block: (protocol.Blocked,),
    protocol.Unblock: _DONE,
    protocol.ListBlocks: (protocol.Blocks,),
    protocol.ReportPerson: _DONE,
    protocol.AppendLog: (protocol.LogAppended,),
    protocol.ListLog: (protocol.LogPage,),
    protocol.ReadChain: (protocol.LogChain,),
    protocol.DeleteLog: (protocol.Ok,),
    protocol.CheckLog: (protocol.LogHeads,),
    protocol.AddChild: (protocol.ChildShown,),
    protocol.ListChildren: (protocol.ChildrenShown,),
    protocol.GiveConsent: (protocol.ChildShown,),
    protocol.SetChild: (protocol.ChildShown,),
    protocol.ChildActivity: (protocol.ChildCalls,),
    protocol.EraseChild: _DONE,
    protocol.LinkBook: (protocol.BookLinked,),
    protocol.ListBooks: (protocol.Books,),
    protocol.ListRooms: (protocol.RoomList,),
    protocol.UnlinkBook: _DONE,
    protocol.SyncBook: _DONE,
    protocol.ListIdentities: (protocol.Identities,),
    protocol.ShowRoster: (protocol.RosterShown,),
    protocol.ExtendPerson: _DONE,
    protocol.ExtendHousehold: _DONE,
    protocol.BeginAnew: _DONE,
    protocol.Delegate: _DONE,
    protocol.LeaveHousehold: _DONE,
    protocol.Deregister: _DONE,
    protocol.PairingSignal: _DONE,
    protocol.PlaceCall: _CALL,
    protocol.Alerting: _CALL,
    protocol.Answer: _CALL,
    protocol.Decline: _CALL,
    protocol.Busy: _CALL,
    protocol.Cancel: _CALL,
    protocol.HangUp: _CALL,
    protocol.Signal: _DONE,
    protocol.MediaUp: _CALL,
    protocol.MediaLost: _CALL,
    protocol.Indicate: _DONE,
    protocol.Move: _CALL,
    protocol.SetGrants: _DONE,
    protocol.ShowGrants: (protocol.GrantsShown,),
    protocol.HeardGrants: _DONE,
    protocol.ReportStanding: _DONE,
    protocol.Touch: _DONE,
    protocol.DropIn: (protocol.CallState,),
    protocol.ShowRosters: (protocol.Rosters,),
    protocol.Panic: _DONE,
    protocol.PlanGroup: (protocol.GroupPlan,),
    protocol.StartGroup: _GROUP,
    protocol.JoinGroup: _GROUP,
    protocol.DeclineGroup: _DONE,
    protocol.LeaveGroup: _DONE,
    protocol.RemoveFromGroup: _DONE,
    protocol.AskIntoGroup: _DONE,
    protocol.SignalGroup: _DONE,
    protocol.SignGroup: _DONE,
    protocol.OfferMixer: (protocol.MixerAnswer,),
    protocol.GroupMedia: _DONE,
    protocol.ListRecipients: (protocol.Recipients,),
    protocol.PutSegment: _DONE,
    protocol.SendMessage: (protocol.MessageSent, protocol.Recipients),
    protocol.FetchInbox: (protocol.Inbox,),
    protocol.GetSegment: (protocol.Segment,),
    protocol.ConfirmInbox: _DONE,
    protocol.ListConversations: (protocol.Conversations,),
    protocol.MarkRead: _DONE,
    protocol.RemoveConversation: _DONE,
    protocol.SendOwn: _DONE,
    protocol.ReportMessage: _DONE,
    protocol.SubscribePush: _DONE,
    protocol.UnsubscribePush: _DONE,
    protocol.ShowPush: (protocol.PushShown,),
    protocol.ShowPushed: (protocol.Pushed,),
    protocol.ListHistory: (protocol.History,),
    protocol.DeleteHistory: _DONE,
    protocol.KeepHistory: _DONE,
    protocol.ListTargets: (protocol.Targets,),
    protocol.Announce: (protocol.Announced,),
    protocol.AnnouncementLoaded: _DONE,
    protocol.TellTime: (protocol.Time,),
}
"""What a command is answered with when it is carried out; anything else is a `problem`. `sign_in` is
answered with `welcome` on the WebSocket and with `token` over HTTP."""

_CONNECTION = (protocol.Ack, protocol.Leave)
"""Commands about a connection, which a request is not."""

_CALLS: tuple[type[StrEnum], ...] = (
    Role,
    CallKind,
    Phase,
    EndReason,
    Mode,
    HomeTerm,
    DropInTerm,
    Path,
    GroupPhase,
    PlaceState,
)
_ENUMS: tuple[type[StrEnum], ...] = (*_CALLS, NewsKind, Source, CardFault, Why, Code)


def components() -> dict[str, Schema]:
    """The JSON Schema of every message and every part, by the name of its type, commands first.

    A field with a default may be left out by whoever sends a command. The server leaves nothing out,
    so in what only the server sends every field is required.
    """
    _, commands = msgspec.json.schema_components([AnyCommand], ref_template=REF + "{name}")
    _, everything = msgspec.json.schema_components([AnyCommand, FromServer], ref_template=REF + "{name}")
    for name, schema in everything.items():
        if "description" in schema:
            schema["description"] = inspect.cleandoc(schema["description"])
        if name not in commands and "properties" in schema:
            schema["required"] = list(schema["properties"])
    for enum in _ENUMS:
        everything[enum.__name__]["enum"] = [member.value for member in enum]  # as declared, not sorted
    everything["Code"]["description"] = _sentences((code.value, SENTENCES[code]) for code in Code)
    return everything


def openapi(version: str) -> Schema:
    """The OpenAPI 3.1 document of the commands as HTTP requests. `version` is that of the product."""
    schemas = components()
    for command in COMMANDS.values():
        body = schemas[command.__name__]
        del body["properties"]["t"]  # the path says it
        body["required"] = [field for field in body["required"] if field not in ("t", "id")]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Kith",
            "version": version,
            "description": "The commands of docs/protocol.md for scripts: one POST each, bytes as base64; `id` may be "
            "left out where nothing is retried. Events come over the WebSocket /v1/connect only.",
        },
        "paths": {
            f"/v1/{tag}": {"post": _operation(tag, command)}
            for tag, command in COMMANDS.items()
            if command not in _CONNECTION
        },
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "From `challenge` and `sign_in`; short-lived.",
                }
            },
        },
    }


def _operation(tag: str, command: type[Command]) -> Schema:
    description = inspect.cleandoc(command.__doc__ or "")
    replies = [reply for reply in REPLIES[command] if reply is not protocol.Welcome]
    return {
        "operationId": tag,
        "summary": description.split("\n\n")[0].replace("\n", " "),
        "security": [] if command.open else [{"bearer": []}],
        "requestBody": {"required": True, "content": _content([command])},
        "responses": {
            "200": {"description": "Carried out.", "content": _content(replies)},
            "default": {
                "description": "Not carried out: `code` says why and never changes meaning.",
                "content": _content([protocol.ProblemReply]),
            },
        },
    }


def _content(types: list[type]) -> Schema:
    refs = [{"$ref": REF + each.__name__} for each in types]
    return {"application/json": {"schema": refs[0] if len(refs) == 1 else {"oneOf": refs}}}


def _sentences(lines: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"- `{value}`: {sentence}" for value, sentence in lines)


# -- TypeScript -------------------------------------------------------------------------------------


def typescript() -> str:
    """The browser's types: an interface for each message and part, and the four unions."""
    schemas = components()
    declarations = [_declaration(name, schema) for name, schema in schemas.items()]
    unions = {
        "Command": AnyCommand,
        "Reply": protocol.AnyReply,
        "Event": protocol.AnyEvent,
    }
    declarations += [
        f"export type {name} =\n  | " + "\n  | ".join(member.__name__ for member in get_args(union)) + ";\n"
        for name, union in unions.items()
    ]
    declarations.append("export type FromServer = Hello | Reply | Event;\n")
    return "\n".join(declarations)


def _declaration(name: str, schema: Schema) -> str:
    comment = _comment(schema.get("description", ""))
    if "enum" in schema:
        return f"{comment}export type {name} =\n  | " + "\n  | ".join(map(_literal, schema["enum"])) + ";\n"
    fields = "".join(
        f"  {field}{'' if field in schema['required'] else '?'}: {_type(inner)};\n"
        for field, inner in schema["properties"].items()
    )
    return f"{comment}export interface {name} {{\n{fields}}}\n"


def _type(schema: Schema) -> str:
    """The TypeScript type of a field. Raises ValueError for what no message has so far."""
    match schema:
        case {"$ref": ref}:
            return str(ref).removeprefix(REF)
        case {"enum": values}:
            return " | ".join(map(_literal, values))
        case {"anyOf": options}:
            return " | ".join(dict.fromkeys(_type(option) for option in options))
        case {"type": "array", "items": items}:
            inner = _type(items)
            return f"({inner})[]" if " " in inner else f"{inner}[]"
        case {"type": "object", "additionalProperties": values}:
            return f"Record<string, {_type(values)}>"
        case {"type": "string" | "boolean" | "null" as simple}:
            return str(simple)
        case {"type": "integer" | "number"}:
            return "number"
    raise ValueError(f"no TypeScript for {sorted(schema)}")


def _literal(value: str | int) -> str:
    return str(value) if isinstance(value, int) else f"'{value}'"


def _comment(text: str) -> str:
    lines = text.splitlines()
    if len(lines) < 2:
        return f"/** {text} */\n" if text else ""
    return "/**\n" + "".join(f" * {line}".rstrip() + "\n" for line in lines) + " */\n"
