"""What every adult of a household is told of."""

from enum import StrEnum


class NewsKind(StrEnum):
    """Each is one true sentence about a person, and mostly about a device that is theirs or that they did it with."""

    ENDPOINT_ADDED = "endpoint_added"  # The person enrolled the device.
    ENDPOINT_REMOVED = "endpoint_removed"  # The person signed the device out for good.
    NEW_NETWORK = "new_network"  # The person's device signed in from a network that is new for the person.
    ROSTER_CHANGED = (
        "roster_changed"  # The person signed, with the device, who and what belongs to the household.
    )
    IDENTITY_RENEWED = (
        "identity_renewed"  # The person, who had lost everything, began a new identity with the device.
    )
    PASSKEY_ADDED = "passkey_added"
    PERSON_JOINED = "person_joined"  # The person became a member of the household, with the device.
    PERSON_LEFT = "person_left"  # The person left the household, or Kith altogether.
    NUMBER_MOVED = "number_moved"  # Somebody else proved that the person's number is theirs.
    GRANT_GIVEN = "grant_given"  # The person lets somebody drop in who could not before, or in another way.
    GRANT_REVOKED = "grant_revoked"  # The person lets somebody drop in no more.
    HOME_DROP_IN_CHANGED = (
        "home_drop_in_changed"  # The person changed whether those who live here may drop in.
    )
    DEVICE_DROP_IN_CHANGED = "device_drop_in_changed"  # The person changed who may drop in on a device.
    PANIC = "panic"  # The person closed everything.
    CHILD_ADDED = "child_added"  # A profile was made for the child, who is the person.
    CHILD_CONSENTED = (
        "child_consented"  # A parent agreed to the child's use of Kith; the child is the person.
    )
    CHILD_CHANGED = "child_changed"  # A parent changed what the child, who is the person, may do.
    CHILD_ERASED = "child_erased"  # The person, a parent, had all erased that was kept of a child.
