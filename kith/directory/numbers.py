"""Mobile numbers: to E.164, or refused. Pure."""

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from kith.core.problem import Code, Problem

_MOBILE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})


def mobile(text: str, region: str) -> str:
    """`text` as people write it, in E.164. `region` is the ISO 3166 country for numbers without a code.

    Raises Problem(number_invalid, path="mobile").
    """
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        raise Problem(Code.NUMBER_INVALID, path="mobile") from None
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in _MOBILE:
        raise Problem(Code.NUMBER_INVALID, path="mobile")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
