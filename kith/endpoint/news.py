"""The household's news in words, for a device that has no other way to show them. Pure."""

from kith.core.news import NewsKind
from signaling.protocol import NewsItem


def sentence(item: NewsItem) -> str:
    """One sentence about one piece of news."""
    who = "You" if item.own else item.name or "Somebody"
    device = item.device
    match item.kind:
        case NewsKind.ENDPOINT_ADDED:
            return f"{who} added a device{' for everybody' if item.shared else ''}: {device}."
        case NewsKind.ENDPOINT_REMOVED:
            return f"{who} signed out a device: {device}."
        case NewsKind.NEW_NETWORK:
            return f"{device}{_of(item)} signed in from a network that it had not used before."
        case NewsKind.ROSTER_CHANGED:
            return f"{who} confirmed with {device} who and what belongs to the household."
        case NewsKind.IDENTITY_RENEWED:
            return f"{who} had lost every device and began anew with {device}."
        case NewsKind.PASSKEY_ADDED:
            return f"{who} added a passkey with {device}."
        case NewsKind.PERSON_JOINED:
            return f"{who} joined the household with {device}."
        case NewsKind.PERSON_LEFT:
            return f"{who} left the household."
        case NewsKind.CHILD_ADDED | NewsKind.CHILD_CONSENTED | NewsKind.CHILD_CHANGED | NewsKind.CHILD_ERASED:
            return _of_child(item.kind, item)
        case NewsKind.NUMBER_MOVED:
            return "Somebody else has proved that your mobile number is theirs. Confirm another one to go on calling."
        case NewsKind.GRANT_GIVEN:
            return f"{who} let {item.other} drop in, as signed with {device}."
        case NewsKind.GRANT_REVOKED:
            return f"{who} no longer let {item.other} drop in, as signed with {device}."
        case NewsKind.HOME_DROP_IN_CHANGED:
            return f"{who} changed with {device} whether those who live here may drop in."
        case NewsKind.DEVICE_DROP_IN_CHANGED:
            return f"{who} changed with {device} who may drop in on {item.other}."
        case NewsKind.PANIC:
            return f"{who} closed everything with {device}: nobody from outside gets in."


def _of_child(kind: NewsKind, item: NewsItem) -> str:
    name = item.name or "A child"
    match kind:
        case NewsKind.CHILD_ADDED:
            return f"{name} has a child's profile, which waits for a parent to agree."
        case NewsKind.CHILD_CONSENTED:
            return f"A parent agreed that {name} uses Kith."
        case NewsKind.CHILD_CHANGED:
            return f"What {name} may do was changed."
        case _:
            who = "You" if item.own else item.name or "Somebody"
            return f"{who} had everything erased that was kept of a child."


def _of(item: NewsItem) -> str:
    if item.shared:
        return ""
    return ", your device," if item.own else f", a device of {item.name},"
