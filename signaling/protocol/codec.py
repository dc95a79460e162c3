"""Bytes to commands and messages to bytes, in the two subprotocols. Pure."""

from typing import Any, get_args

import msgspec
from msgspec import Struct

from kith.core.problem import SENTENCES, Code, Problem
from signaling.protocol.commands import AnyCommand
from signaling.protocol.envelope import Command
from signaling.protocol.events import AnyEvent
from signaling.protocol.fields import MAX_FRAME, RequestId
from signaling.protocol.replies import AnyReply, ProblemReply
from signaling.protocol.sessions import Hello

FromServer = Hello | AnyReply | AnyEvent

COMMANDS: dict[str, type[Command]] = {
    str(command.__struct_config__.tag): command for command in get_args(AnyCommand)
}


UNHURRIED = ("send_message", "confirm_inbox")
"""Commands that are answered when the disk has written them, or not at all."""


def _beginning(tag: str, *, text: bool) -> bytes:
    """Of a command in JSON, or in MessagePack behind the byte that says how many fields there are."""
    if text:
        return b'{"t":"%s"' % tag.encode()
    return msgspec.msgpack.encode("t") + msgspec.msgpack.encode(tag)


class _Envelope(Struct):
    """Enough of a broken message to answer it."""

    id: RequestId


class Codec:
    """Bytes to commands and messages to bytes, in one of the two subprotocols."""

    def __init__(self, subprotocol: str, *, text: bool) -> None:
        self.subprotocol = subprotocol
        self.text = text
        decoder: Any = msgspec.json.Decoder if text else msgspec.msgpack.Decoder
        self._command = decoder(AnyCommand)
        self._from_server = decoder(FromServer)
        self._envelope = decoder(_Envelope)
        self._tags = tuple(_beginning(tag, text=text) for tag in UNHURRIED)
        self.encode = msgspec.json.Encoder().encode if text else msgspec.msgpack.Encoder().encode

    def command(self, data: bytes) -> AnyCommand:
        """Raises Problem: too_large, malformed, unknown_type, or invalid with the field's path."""
        if len(data) > MAX_FRAME:
            raise Problem(Code.TOO_LARGE, data={"limit": MAX_FRAME})
        try:
            return self._command.decode(data)  # type: ignore[no-any-return]
        except msgspec.ValidationError as error:
            raise invalid(error) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Problem(Code.MALFORMED) from None

    def unhurried(self, data: bytes) -> bool:
        """Whether it looks like one of UNHURRIED, which costs next to nothing to tell. The tag comes first where this
        project writes a message; where it does not, nothing is lost but time."""
        return data.startswith(self._tags, 0 if self.text else 1)

    def from_server(self, data: bytes) -> FromServer:
        """What an endpoint reads. Raises msgspec.DecodeError for what this version does not know."""
        return self._from_server.decode(data)  # type: ignore[no-any-return]

    def request_id(self, data: bytes) -> str | None:
        """The id of a message that may be otherwise broken; None if even that cannot be read."""
        try:
            return str(self._envelope.decode(data).id)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None


JSON = Codec("kith.v1.json", text=True)
MSGPACK = Codec("kith.v1.msgpack", text=False)
CODECS = {codec.subprotocol: codec for codec in (MSGPACK, JSON)}


def invalid(error: msgspec.ValidationError) -> Problem:
    """msgspec says "Expected `str`, got `int` - at `$.keys.identity`": keep the path, not the words."""
    text = str(error)
    words, separator, path = text.rpartition(" - at `")
    words = words if separator else text
    path = path.rstrip("`").removeprefix("$").removeprefix(".") if separator else ""
    if words.startswith("Object missing required field `"):  # what was sent may be quoted further in
        field = words.split("`")[1]
        path = f"{path}.{field}" if path else field
    return Problem(Code.UNKNOWN_TYPE if path == "t" else Code.INVALID, path=path)


def problem_reply(problem: Problem, re: str | None) -> ProblemReply:
    return ProblemReply(
        code=problem.code, message=SENTENCES[problem.code], path=problem.path, data=dict(problem.data), re=re
    )
