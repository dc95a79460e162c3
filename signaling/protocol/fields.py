"""What the fields of messages are made of, and how large they may be. Pure."""

from typing import Annotated

from msgspec import Meta

MAX_FRAME = 65_536
"""Bytes of one message. The largest honest one is an SDP of about 8 KiB with its seal. Up to four times as
much is read, to be answered with `too_large`: 256 KiB is what a stranger's connection can make the server hold."""

MAX_SIGNAL = 32_768
VERSION = 1

RequestId = Annotated[str, Meta(min_length=1, max_length=64)]
# The length is bounded besides, because `$` would let one line feed pass, and ids go into the log.
PersonRef = Annotated[str, Meta(pattern=r"^p_[0-9a-z]{20}$", max_length=22)]
EndpointRef = Annotated[str, Meta(pattern=r"^e_[0-9a-z]{20}$", max_length=22)]
HouseholdRef = Annotated[str, Meta(pattern=r"^h_[0-9a-z]{20}$", max_length=22)]
CallRef = Annotated[str, Meta(pattern=r"^c_[0-9a-z]{20}$", max_length=22)]
SessionRef = Annotated[str, Meta(pattern=r"^s_[0-9a-z]{20}$", max_length=22)]
ContactRef = Annotated[str, Meta(pattern=r"^k_[0-9a-z]{20}$", max_length=22)]
BookRef = Annotated[str, Meta(pattern=r"^b_[0-9a-z]{20}$", max_length=22)]
BlockRef = Annotated[str, Meta(pattern=r"^x_[0-9a-z]{20}$", max_length=22)]
MessageRef = Annotated[str, Meta(pattern=r"^m_[0-9a-z]{20}$", max_length=22)]
Target = Annotated[
    str, Meta(pattern=r"^[pe]_[0-9a-z]{20}$", max_length=22, description="A person, or one endpoint.")
]
Name = Annotated[str, Meta(min_length=1, max_length=64)]
Mobile = Annotated[str, Meta(min_length=4, max_length=32)]
Region = Annotated[str, Meta(min_length=2, max_length=2)]  # ISO 3166-1, alpha-2
Secret = Annotated[str, Meta(min_length=16, max_length=64)]
ShortCode = Annotated[str, Meta(min_length=4, max_length=16)]
Key = Annotated[bytes, Meta(min_length=32, max_length=32)]
Signature = Annotated[bytes, Meta(min_length=64, max_length=64)]
Nonce = Annotated[bytes, Meta(min_length=16, max_length=32)]
Seq = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Epoch = Annotated[int, Meta(ge=0, le=65_535)]
Handle = Annotated[bytes, Meta(min_length=1, max_length=64)]  # WebAuthn, section 5.4.3
Credential = Annotated[bytes, Meta(min_length=1, max_length=1_023)]  # WebAuthn, section 5.10.3
ByAuthenticator = Annotated[bytes, Meta(min_length=1, max_length=4_096)]
PairingBody = Annotated[bytes, Meta(min_length=1, max_length=4_096)]
Body = Annotated[bytes, Meta(min_length=1, max_length=MAX_SIGNAL)]
