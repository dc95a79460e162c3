"""How things stand at an endpoint, as it says of itself. Pure."""

import msgspec

from kith.core.trust.grants import DropInTerm


class DeviceStanding(msgspec.Struct, frozen=True, kw_only=True):
    """`quiet`: Do Not Disturb is on here, for whatever cause. `ready`: it can show its indicator, its sound runs and,
    in a browser, somebody has tapped the page once and it is visible. `microphone_off`: the hardware switch, or what
    stands for it. `drop_in` is the device's own switch. `locked`: a person's app that asks for its code."""

    quiet: bool = False
    ready: bool = False
    microphone_off: bool = False
    drop_in: DropInTerm = DropInTerm.ON
    locked: bool = False
