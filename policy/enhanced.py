"""Enhanced features: those for which the server decrypts what is said. Pure."""

from collections.abc import Collection


def may_use(opted_in: Collection[bool]) -> bool:
    """Whether all who take part have opted in. One who has not keeps all of them out."""
    return len(opted_in) > 0 and all(opted_in)
