"""The codes with which the server closes a connection; docs/protocol.md says what to do about each. Pure."""

from enum import IntEnum


class Close(IntEnum):
    """RFC 6455, section 7.4.1, and from 4000 on this protocol's own."""

    NORMAL = 1000
    GOING_AWAY = 1001
    DISORDER = 1002
    UNSUPPORTED = 1003
    TOO_LARGE = 1009
    BUG = 1011
    RESTART = 1012
    REPLACED = 4001
    VIOLATION = 4002
    SILENT = 4003
    FLOOD = 4008
    SLOW = 4009
    REMOVED = 4010
    SUSPENDED = 4011
