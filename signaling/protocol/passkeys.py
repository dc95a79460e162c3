"""The messages about passkeys: coming in with one, and a person's own. Pure."""

from typing import ClassVar

from kith.core.capabilities import Capabilities
from signaling.protocol.envelope import Command, Part, Reply
from signaling.protocol.fields import ByAuthenticator, Credential, Handle, Name, Nonce
from signaling.protocol.identity import Keys


class PasskeyView(Part, frozen=True, kw_only=True):
    """A passkey of the viewer's. `used`: when a browser last came in with it, absent if none has."""

    credential: Credential
    name: str
    added: float
    used: float | None = None


# -- commands ---------------------------------------------------------------------------------------


class AskPasskey(Command, frozen=True, kw_only=True, tag="ask_passkey"):
    """What an authenticator is to sign, so that this browser comes in with a passkey."""

    open: ClassVar[bool] = True


class UsePasskey(Command, frozen=True, kw_only=True, tag="use_passkey"):
    """Enrol this endpoint as one more of the person whose passkey signed. Nobody else believes that it is the person's
    until one of their endpoints signs for it. Answered as `pair` is."""

    credential: Credential
    client_data: ByAuthenticator
    authenticator_data: ByAuthenticator
    signature: ByAuthenticator
    handle: Handle
    keys: Keys
    name: Name
    capabilities: Capabilities = Capabilities()

    open: ClassVar[bool] = True


class BeginPasskey(Command, frozen=True, kw_only=True, tag="begin_passkey"):
    """What an authenticator is to make a new passkey of."""


class AddPasskey(Command, frozen=True, kw_only=True, tag="add_passkey"):
    """Keep the passkey that an authenticator made."""

    name: Name
    client_data: ByAuthenticator
    attestation: ByAuthenticator


class ListPasskeys(Command, frozen=True, kw_only=True, tag="list_passkeys"):
    """The own passkeys, the oldest first."""


class RenamePasskey(Command, frozen=True, kw_only=True, tag="rename_passkey"):
    """Call one of them something else."""

    credential: Credential
    name: Name


class RemovePasskey(Command, frozen=True, kw_only=True, tag="remove_passkey"):
    """Nobody comes in with it from now on."""

    credential: Credential


# -- replies ----------------------------------------------------------------------------------------


class PasskeyAsked(Reply, frozen=True, kw_only=True, tag="passkey_asked"):
    """For `navigator.credentials.get`: any passkey for `relying_party` signs the challenge, once and within
    `expires_in` seconds, after it has verified whose finger, face or PIN it was."""

    challenge: Nonce
    relying_party: str
    expires_in: float


class PasskeyBegun(Reply, frozen=True, kw_only=True, tag="passkey_begun"):
    """For `navigator.credentials.create`. `handle` is what the authenticator keeps to say whose the passkey is,
    `algorithms` what it may be of, the best first (COSE), `exclude` the passkeys that the person has."""

    challenge: Nonce
    relying_party: str
    expires_in: float
    handle: Handle
    name: str
    algorithms: tuple[int, ...]
    exclude: tuple[Credential, ...]


class Passkeys(Reply, frozen=True, kw_only=True, tag="passkeys"):
    passkeys: tuple[PasskeyView, ...]
