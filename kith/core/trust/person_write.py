"""Writing the next link of a person's chain. Whether it may be written, `person.extend` says. Pure."""

from kith.core.keys import KeyPair, PublicKeys
from kith.core.trust.history import History
from kith.core.trust.person import Chain, signed
from kith.core.trust.person_links import PersonAdd, PersonBegin, PersonRecover, PersonRemove, PersonRenew
from kith.core.trust.recovery import RecoveryKey


def begin(own: KeyPair, recovery: bytes, *, time: int) -> PersonBegin:
    """A person's first link, by their first endpoint. `recovery` is the public half of what was printed."""
    keys = own.public
    link = PersonBegin(
        **History().place(time),
        identity=keys.identity,
        sealing=keys.sealing,
        sealing_signature=keys.sealing_signature,
        recovery=recovery,
        signer=keys.identity,
    )
    return signed(link, own.sign)


def add(chain: Chain, own: KeyPair, new: PublicKeys, *, time: int) -> PersonAdd:
    link = PersonAdd(
        **chain.history.place(time),
        identity=new.identity,
        sealing=new.sealing,
        sealing_signature=new.sealing_signature,
        signer=own.public.identity,
    )
    return signed(link, own.sign)


def remove(chain: Chain, own: KeyPair, identity: bytes, *, time: int) -> PersonRemove:
    link = PersonRemove(**chain.history.place(time), identity=identity, signer=own.public.identity)
    return signed(link, own.sign)


def recover(
    chain: Chain, printed: RecoveryKey, new: PublicKeys, recovery: bytes, *, time: int
) -> PersonRecover:
    """Start again with the endpoint `new`; `recovery` is the public half of what is printed now."""
    link = PersonRecover(
        **chain.history.place(time),
        identity=new.identity,
        sealing=new.sealing,
        sealing_signature=new.sealing_signature,
        recovery=recovery,
        signer=printed.public,
    )
    return signed(link, printed.sign)


def renew(chain: Chain, own: KeyPair, recovery: bytes, *, time: int) -> PersonRenew:
    link = PersonRenew(**chain.history.place(time), recovery=recovery, signer=own.public.identity)
    return signed(link, own.sign)
