"""The contract: every message that crosses the wire, typed and bounded. Prose in docs/protocol.md.

    fields, envelope                                      what messages are made of
    sessions, enrolment, passkeys, identity, directory,
    people, children, contacts, books, names, utterances,
    calls, drop_in, group, rooms, activity, policy, log,
    history, messages, announcements, push                the messages of one subject
    commands, replies, events                             all of them
    codec                                                 how it is written

One WebSocket at `/v1/connect`; subprotocol `kith.v1.msgpack` (binary frames) or `kith.v1.json`
(text frames, bytes as base64). The same commands are open as `POST /v1/<t>` with a JSON body.

    command   {t, id, as?, ...}    endpoint -> server; `id` is echoed, and makes a retry harmless
    reply     {t, re, ...}         server -> endpoint, exactly one for each command; `ack` and `signal` only if refused
    event     {t, seq, ...}        server -> endpoint, numbered 1, 2, 3 ... in a session, acked by `ack`
    hello     {t, nonce, ...}      server -> endpoint, first of all

Unknown fields are ignored, so that either side may be newer. An unknown `t` is a problem.
"""

# Whoever needs a message imports it from here: into how many files they are cut is the package's own business.
from signaling.protocol.activity import *  # noqa: F403
from signaling.protocol.announcements import *  # noqa: F403
from signaling.protocol.books import *  # noqa: F403
from signaling.protocol.calls import *  # noqa: F403
from signaling.protocol.children import *  # noqa: F403
from signaling.protocol.codec import *  # noqa: F403
from signaling.protocol.commands import *  # noqa: F403
from signaling.protocol.contacts import *  # noqa: F403
from signaling.protocol.directory import *  # noqa: F403
from signaling.protocol.drop_in import *  # noqa: F403
from signaling.protocol.enrolment import *  # noqa: F403
from signaling.protocol.envelope import *  # noqa: F403
from signaling.protocol.events import *  # noqa: F403
from signaling.protocol.fields import *  # noqa: F403
from signaling.protocol.group import *  # noqa: F403
from signaling.protocol.history import *  # noqa: F403
from signaling.protocol.identity import *  # noqa: F403
from signaling.protocol.log import *  # noqa: F403
from signaling.protocol.messages import *  # noqa: F403
from signaling.protocol.names import *  # noqa: F403
from signaling.protocol.passkeys import *  # noqa: F403
from signaling.protocol.people import *  # noqa: F403
from signaling.protocol.policy import *  # noqa: F403
from signaling.protocol.push import *  # noqa: F403
from signaling.protocol.replies import *  # noqa: F403
from signaling.protocol.rooms import *  # noqa: F403
from signaling.protocol.sessions import *  # noqa: F403
from signaling.protocol.utterances import *  # noqa: F403
