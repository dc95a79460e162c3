"""The messages of an endpoint, made of its parts."""

from collections.abc import Callable

from kith.core.keys import KeyPair
from kith.endpoint.equipment import Equipment
from kith.endpoint.floor import Floor
from kith.endpoint.home import Enrolment, Home
from kith.endpoint.identities import Identities
from kith.endpoint.message_notice import Notice
from kith.endpoint.message_sealing import Sealing
from kith.endpoint.message_store import MessageStore
from kith.endpoint.messages import Messages
from kith.endpoint.names import Names
from kith.endpoint.presentation import Presentation
from kith.endpoint.reach import Reach
from kith.endpoint.wire import Wire


def messages_at(
    home: Home,
    enrolment: Enrolment,
    identities: Identities,
    keys: KeyPair,
    wire: Wire,
    names: Names,
    equipment: Equipment,
    presentation: Presentation,
    reach: Reach,
    floor: Floor,
    *,
    accept_changed: bool,
    clock: Callable[[], float],
    emit: Callable[..., object],
) -> Messages:
    """Raises ValueError, OSError if what was kept cannot be used."""
    return Messages(
        MessageStore(home.path / "messages.db"),
        Sealing(
            identities,
            keys,
            enrolment.endpoint,
            person=enrolment.person,
            accept_changed=accept_changed,
            clock=clock,
        ),
        wire,
        names,
        equipment,
        Notice(presentation, equipment, quiet=lambda: reach.quiet, show=floor.show),
        person=enrolment.person,
        endpoint=enrolment.endpoint,
        clock=clock,
        unlocked=reach.lock.check,
        emit=emit,
    )
