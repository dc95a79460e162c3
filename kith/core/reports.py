"""Why a person is reported to the operator."""

from enum import StrEnum


class Why(StrEnum):
    SPAM = "spam"  # They call or write to sell, or to many who never asked.
    IMPERSONATION = "impersonation"  # They say that they are somebody else.
    ABUSE = "abuse"  # They threaten, insult or harass.
    OTHER = "other"  # Something else, which the text says.
