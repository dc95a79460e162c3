"""What persons compare, type and print: safety numbers, pairing, recovery keys."""

from collections.abc import Iterator

from kith.core.keys import PublicKeys
from kith.core.trust.history import Point
from kith.core.trust.pairing_digits import Answer, commitment, digits
from kith.core.trust.pairing_proof import new_proof, own_proof
from kith.core.trust.recovery import RecoveryKey
from kith.core.trust.safety import safety_number, safety_qr
from kith.core.trust.untrusted import Reason
from tools.vectors.form import Case, b64, endpoint, fixed
from tools.vectors.household import CHAINS, EARLY
from tools.vectors.person import LAPTOP, MALLORY, PHONE

CODE = "472913"
SERVER = endpoint("server").public.identity
SECRET = fixed("secret")[:16]
AUTHORITY = fixed("authority")


def sections() -> dict[str, list[Case]]:
    return {
        "safety": list(_safety()),
        "pairing_qr": list(_scanned()),
        "pairing_qr_invalid": list(_scanned_refused()),
        "pairing_digits": list(_typed()),
        "pairing_digits_invalid": list(_typed_refused()),
        "recovery": list(_printed()),
        "recovery_invalid": list(_mistyped()),
    }


def _safety() -> Iterator[Case]:
    anna, ben = EARLY.root, CHAINS["ben"].root
    for name, one, other in (
        ("Anna and Ben", anna, ben),
        ("Anna and Mallory", anna, CHAINS["mallory"].root),
        ("zeros and ones", bytes(32), b"\xff" * 32),
    ):
        number, qr = safety_number(one, other), safety_qr(one, other)
        yield {"name": name, "roots": [b64(one), b64(other)], "digits": number, "qr": qr}


# -- a code that is scanned -------------------------------------------------------------------------


def _point(point: Point) -> Case:
    return {"version": point.version, "head": b64(point.head)}


def _scanned() -> Iterator[Case]:
    for name, authority in (("with the house's own authority", AUTHORITY), ("without one", b"")):
        keys = LAPTOP.public
        yield {
            "name": name,
            "secret": b64(SECRET),
            "code": CODE,
            "server": b64(SERVER),
            "keys": "anna-laptop",
            "identity": b64(keys.identity),
            "root": b64(EARLY.root),
            **_point(EARLY.point),
            "authority": b64(authority),
            "new_proof": b64(new_proof(SECRET, CODE, SERVER, keys)),
            "own_proof": b64(_vouched(authority)),
        }


def _vouched(authority: bytes = AUTHORITY) -> bytes:
    return own_proof(
        SECRET,
        CODE,
        SERVER,
        LAPTOP.public.identity,
        root=EARLY.root,
        point=EARLY.point,
        authority=authority,
    )


def _scanned_refused() -> Iterator[Case]:
    keys = LAPTOP.public
    good = new_proof(SECRET, CODE, SERVER, keys)
    true: Case = {
        "secret": b64(SECRET),
        "code": CODE,
        "server": b64(SERVER),
        **_written(keys),
        "root": b64(EARLY.root),
        **_point(EARLY.point),
        "authority": b64(AUTHORITY),
    }
    wrong = Reason.WRONG_PROOF.value
    news: dict[str, Case] = {
        "the server put its own key in": _written(MALLORY.public),
        "another secret": {"secret": b64(fixed("guess")[:16])},
        "another code": {"code": "000000"},
        "another server": {"server": b64(fixed("server"))},
    }
    for name, changes in news.items():
        yield {"name": f"{name} (new)", **true, **changes, "new_proof": b64(good), "reason": wrong}
    bent = bytes([good[0] ^ 1]) + good[1:]
    yield {"name": "a bit is flipped (new)", **true, "new_proof": b64(bent), "reason": wrong}
    yield {
        "name": "the answer's proof sent as its own (new)",
        **true,
        "new_proof": b64(_vouched()),
        "reason": wrong,
    }
    mixed = PublicKeys(keys.identity, MALLORY.public.sealing, keys.sealing_signature)
    proof = new_proof(SECRET, CODE, SERVER, mixed)
    yield {
        "name": "keys that do not belong together (new)",
        **true,
        **_written(mixed),
        "new_proof": b64(proof),
        "reason": Reason.WEAK_KEY.value,
    }
    owns: dict[str, Case] = {
        "another person": {"root": b64(CHAINS["mallory"].root)},
        "an older chain": {"version": 0},
        "a forked chain": {"head": b64(fixed("fork"))},
        "another certificate authority": {"authority": b64(fixed("else"))},
        "no certificate authority": {"authority": ""},
        "another new endpoint": _written(MALLORY.public),
        "another secret": {"secret": b64(fixed("guess")[:16])},
        "another server": {"server": b64(fixed("server"))},
    }
    for name, changes in owns.items():
        yield {"name": f"{name} (own)", **true, **changes, "own_proof": b64(_vouched()), "reason": wrong}
    yield {
        "name": "the question sent back as the answer (own)",
        **true,
        "own_proof": b64(good),
        "reason": wrong,
    }


def _written(keys: PublicKeys) -> Case:
    return {
        "identity": b64(keys.identity),
        "sealing": b64(keys.sealing),
        "sealing_signature": b64(keys.sealing_signature),
    }


# -- a code that is typed ---------------------------------------------------------------------------


def _typed() -> Iterator[Case]:
    keys = LAPTOP.public
    for name in ("first", "second", "third"):
        nonce = fixed(f"{name} new")
        answer = Answer(fixed(f"{name} own"), PHONE.public.identity, EARLY.root, EARLY.point)
        yield {
            "name": name,
            "code": CODE,
            "server": b64(SERVER),
            "keys": "anna-laptop",
            "nonce_new": b64(nonce),
            "nonce_own": b64(answer.nonce),
            "own_identity": b64(answer.identity),
            "root": b64(answer.root),
            **_point(answer.point),
            "commitment": b64(commitment(CODE, SERVER, keys, nonce)),
            "digits": digits(CODE, SERVER, keys, nonce, answer),
        }


def _typed_refused() -> Iterator[Case]:
    keys, nonce = LAPTOP.public, fixed("first new")
    wrong = Reason.WRONG_PROOF
    mixed = PublicKeys(keys.identity, MALLORY.public.sealing, keys.sealing_signature)
    for name, revealed, shown, reason in (
        ("another nonce", keys, fixed("better"), wrong),
        ("another endpoint", MALLORY.public, nonce, wrong),
        ("keys that do not belong together", mixed, nonce, Reason.WEAK_KEY),
        ("a nonce that is too short", keys, nonce[:31], Reason.MALFORMED),
    ):
        yield {
            "name": name,
            "code": CODE,
            "server": b64(SERVER),
            "commitment": b64(commitment(CODE, SERVER, keys, nonce)),
            **_written(revealed),
            "nonce_new": b64(shown),
            "reason": reason.value,
        }


# -- a key on paper ---------------------------------------------------------------------------------


def _printed() -> Iterator[Case]:
    for name, seed in (("zeros", bytes(32)), ("ones", b"\xff" * 32), ("any", fixed("anna recovery"))):
        key = RecoveryKey(seed)
        text = key.text()
        loose = text.lower().replace("0", "o").replace("1", "i")
        yield {
            "name": name,
            "seed": b64(seed),
            "public": b64(key.public),
            "text": text,
            "typed": [text, text.replace("-", ""), f" {loose} ", text.replace("-", " ").replace("1", "L")],
        }


def _mistyped() -> Iterator[Case]:
    text = RecoveryKey(fixed("anna recovery")).text()
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    swapped = text[1] + text[0] + text[2:]
    padded = text[:-1] + alphabet[alphabet.index(text[-1]) + 1]
    for name, wrong in (
        ("one symbol is another", ("7" if text[0] != "7" else "8") + text[1:]),
        ("two symbols swapped", swapped),
        ("one too few", text[:-1]),
        ("one too many", text + "0"),
        ("a symbol that is none", "U" + text[1:]),
        ("a letter of another alphabet", "\u00e9" + text[1:]),
        ("padding that is not zero", padded),
        ("nothing", ""),
    ):
        yield {"name": name, "text": wrong}
