"""Sets of grants that count as checked already, for whatever decides by them."""

from typing import Any

from kith.core.trust.grants import Grants
from tools.vectors.form import fixed

ANNA, BEN, CARLA, DAN = (fixed(name) for name in ("anna", "ben", "carla", "dan"))
HOME, BENS = fixed("anna's household"), fixed("ben's household")
PHONE, KITCHEN, HALL = fixed("anna's phone"), fixed("kitchen"), fixed("hall")

NOW = 1_790_500_000


def set_of(person: bytes, **terms: Any) -> Grants:
    """This person's terms, signed by nobody."""
    given = {"version": 5, "time": NOW, **terms}
    return Grants(
        person=person, person_version=0, person_head=person, signer=person, signature=bytes(64), **given
    )
