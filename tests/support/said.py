"""A hundred utterances, what they mean, and about whom, among the people and devices of one household's lists.

Whom: a name of KNOWN; "?A|B" where it is to be asked about these; "-" where nobody is called that; "" where it is about
nobody. People do not speak in the sentences of a data file: some of these are said as no sentence there has them.
"""

from collections.abc import Callable
from typing import NamedTuple

from kith.core.ids import EndpointId, PersonId
from kith.core.names import Outcome
from kith.core.utterances.intents import Act, Language
from kith.core.utterances.sentences import understand
from kith.core.utterances.settling import Search, Settled
from kith.directory.name_keys import Entry, Keys, Target, prepare
from kith.directory.resolve import Choice, Resolved, resolve

PEOPLE = (
    *("Anna", "Anna Maria", "Ben", "Bill Smith", "Bill Jones", "Mum", "Grandpa Joe", "Uncle José", "Lucía"),
    *("Dr. Patel", "Sophie-Anne Dubois", "Zoë", "Katherine"),
)
ROOMS = ("Kitchen", "Living Room", "Hall")


def listed() -> Keys:
    """Everybody and everything that can be meant."""
    people = [Entry(f"k {name}", name, "", (Target("mobile", PersonId(name)),)) for name in PEOPLE]
    rooms = [Entry(f"e {name}", name, "", (Target("", None, EndpointId(name)),)) for name in ROOMS]
    return prepare([*people, *rooms])


class Said(NamedTuple):
    language: Language
    words: str
    act: Act | None
    whom: str = ""
    text: str = ""


class Understood(NamedTuple):
    """`asked` are the names that were looked for."""

    act: Act | None
    whom: str
    text: str
    asked: tuple[str, ...]


def understood(language: Language, words: str, look: Callable[[str, str], Resolved]) -> Understood:
    """What an endpoint makes of it, where `look` is the server's answer to a name and a label."""
    readings = understand(words, language)
    if not readings:
        return Understood(None, "", "", ())
    intent = readings[0]
    if not intent.name or intent.act is Act.PROFILE or intent.name in ("home", "everyone"):
        return Understood(intent.act, intent.name, intent.text, ())
    search: Search[Choice] = Search(
        readings, name_of=lambda one: one.name, key_of=lambda one: one.target.reaches or one.name
    )
    asked = []
    while (reading := search.next()) is not None:
        asked.append(reading.name)
        found = look(reading.name, reading.label)
        search.found(found.outcome, found.choices)
    settled = search.settled()
    text = settled.choices[0].intent.text if settled.choices else intent.text
    return Understood(intent.act, _whom(settled), text, tuple(asked))


def _whom(settled: Settled[Choice]) -> str:
    names = [one.choice.name for one in settled.choices]
    match settled.outcome:
        case Outcome.ONE:
            return names[0]
        case Outcome.WHICH:
            return "?" + "|".join(sorted(names))
        case Outcome.NONE:
            return "-"


def among(keys: Keys) -> Callable[[str, str], Resolved]:
    return lambda name, label: resolve(name, label, near=[keys], far=[])


EN: Language = "en"
ES: Language = "es"
HUNDRED = (
    Said(EN, "call Anna", Act.CALL, "Anna"),
    Said(EN, "Call Ben, please.", Act.CALL, "Ben"),
    Said(EN, "please ring my mum", Act.CALL, "Mum"),
    Said(EN, "call mum's mobile", Act.CALL, "Mum"),
    Said(EN, "Phone Uncle José", Act.CALL, "Uncle José"),
    Said(EN, "call uncle jose on his cell phone", Act.CALL, "Uncle José"),
    Said(EN, "call Bill", Act.CALL, "?Bill Jones|Bill Smith"),
    Said(EN, "call Bill Smith", Act.CALL, "Bill Smith"),
    Said(EN, "call bill jones mobile", Act.CALL, "Bill Jones"),
    Said(EN, "dial doctor Patel", Act.CALL, "Dr. Patel"),
    Said(EN, "call Dr Patel's office", Act.CALL, "?Dr. Patel"),
    Said(EN, "give Sophie Anne a call", Act.CALL, "Sophie-Anne Dubois"),
    Said(EN, "I'd like to talk to Zoe", Act.CALL, "Zoë"),
    Said(EN, "call Catherine back", Act.CALL, "Katherine"),
    Said(EN, "call Ebenezer", Act.CALL, "-"),
    Said(EN, "call Anna Maria", Act.CALL, "Anna Maria"),
    Said(EN, "call the kitchen", Act.CALL, "Kitchen"),
    Said(EN, "can you call grandpa", Act.CALL, "Grandpa Joe"),
    Said(EN, "video call Ben", Act.VIDEO_CALL, "Ben"),
    Said(EN, "call Anna on video", Act.VIDEO_CALL, "Anna"),
    Said(EN, "start a video call with Lucia", Act.VIDEO_CALL, "Lucía"),
    Said(EN, "don't call Anna", None),
    Said(EN, "call for help", Act.CALL_FOR_HELP),
    Said(EN, "call 911!", Act.CALL_FOR_HELP),
    Said(EN, "call an ambulance", Act.CALL_FOR_HELP),
    Said(EN, "answer", Act.ANSWER),
    Said(EN, "pick up the phone", Act.ANSWER),
    Said(EN, "accept the call", Act.ANSWER),
    Said(EN, "ignore it", Act.DECLINE),
    Said(EN, "hang up", Act.HANG_UP),
    Said(EN, "Hang up, please", Act.HANG_UP),
    Said(EN, "end the call", Act.HANG_UP),
    Said(EN, "video off", Act.VIDEO_OFF),
    Said(EN, "turn my camera off", Act.VIDEO_OFF),
    Said(EN, "turn on the video", Act.VIDEO_ON),
    Said(EN, "mute", Act.MUTE),
    Said(EN, "mute my microphone", Act.MUTE),
    Said(EN, "drop in on the living room", Act.DROP_IN, "Living Room"),
    Said(EN, "Drop in on Mum", Act.DROP_IN, "Mum"),
    Said(EN, "drop in on home", Act.DROP_IN, "home"),
    Said(EN, "drop in on everybody", Act.DROP_IN, "everyone"),
    Said(EN, "drop in on the kitchen please", Act.DROP_IN, "Kitchen"),
    Said(EN, "drop in on Bill", Act.DROP_IN, "?Bill Jones|Bill Smith"),
    Said(EN, "let her in", Act.LET_IN),
    Said(EN, "not now", Act.NOT_NOW),
    Said(EN, "disable drop in", Act.DROP_IN_OFF),
    Said(EN, "turn off drop in", Act.DROP_IN_OFF),
    Said(EN, "enable drop in", Act.DROP_IN_ON),
    Said(EN, "do not disturb", Act.QUIET_ON),
    Said(EN, "Don't disturb me", Act.QUIET_ON),
    Said(EN, "turn on do not disturb", Act.QUIET_ON),
    Said(EN, "turn do not disturb off", Act.QUIET_OFF),
    Said(EN, "do not disturb everywhere", Act.QUIET_EVERYWHERE),
    Said(EN, "send a message to Anna", Act.MESSAGE, "Anna"),
    Said(EN, "send Ben a message", Act.MESSAGE, "Ben"),
    Said(EN, "Send a message to mum: I'm on the train", Act.MESSAGE, "Mum", "I'm on the train"),
    Said(EN, "tell Ben that dinner is ready", Act.MESSAGE, "Ben", "dinner is ready"),
    Said(EN, "tell Ben dinner is ready", Act.MESSAGE, "Ben", "dinner is ready"),
    Said(EN, "text Lucia I love you", Act.MESSAGE, "Lucía", "I love you"),
    Said(EN, "tell Anna Maria is late", Act.MESSAGE, "?Anna|Anna Maria"),
    Said(EN, "tell Bill the key is under the mat", Act.MESSAGE, "?Bill Jones|Bill Smith"),
    Said(EN, "tell Grandpa Joe I will call tonight", Act.MESSAGE, "Grandpa Joe", "I will call tonight"),
    Said(EN, "let Zoe know that I am here", Act.MESSAGE, "Zoë", "I am here"),
    Said(EN, "message Sophie Anne", Act.MESSAGE, "Sophie-Anne Dubois"),
    Said(EN, "tell Rumpelstiltskin I know", Act.MESSAGE, "-"),
    Said(EN, "leave a message for Ben", Act.RECORD, "Ben"),
    Said(EN, "send a voice message to Mum", Act.RECORD, "Mum"),
    Said(EN, "play my messages", Act.PLAY_MESSAGES),
    Said(EN, "do I have any new messages?", Act.PLAY_MESSAGES),
    Said(EN, "read me my messages", Act.PLAY_MESSAGES),
    Said(EN, "announce dinner is ready", Act.ANNOUNCE, "", "dinner is ready"),
    Said(EN, "announce that we leave in five minutes", Act.ANNOUNCE, "", "we leave in five minutes"),
    Said(EN, "tell everyone it is time to go", Act.ANNOUNCE, "", "it is time to go"),
    Said(EN, "say good night to everybody", Act.ANNOUNCE, "", "good night"),
    Said(EN, "what did I miss?", Act.READ_NOTICES),
    Said(EN, "read my notifications", Act.READ_NOTICES),
    Said(EN, "block Bill Jones", Act.BLOCK, "Bill Jones"),
    Said(EN, "I am Anna", Act.PROFILE, "Anna"),
    Said(EN, "make me a sandwich", None),
    Said(EN, "what is the weather like", None),
    Said(ES, "llama a Ana", Act.CALL, "?Anna|Anna Maria"),
    Said(ES, "llama a mamá, por favor", Act.CALL, "Mum"),
    Said(ES, "llama al móvil de Ben", Act.CALL, "Ben"),
    Said(ES, "Llama al tío José", Act.CALL, "Uncle José"),
    Said(ES, "quiero hablar con Lucía", Act.CALL, "Lucía"),
    Said(ES, "videollama a Ben", Act.VIDEO_CALL, "Ben"),
    Said(ES, "contesta", Act.ANSWER),
    Said(ES, "cuelga", Act.HANG_UP),
    Said(ES, "apaga la cámara", Act.VIDEO_OFF),
    Said(ES, "entra en casa", Act.DROP_IN, "home"),
    Said(ES, "manda un mensaje a Lucía", Act.MESSAGE, "Lucía"),
    Said(ES, "dile a Ben que la cena está lista", Act.MESSAGE, "Ben", "la cena está lista"),
    Said(ES, "graba un mensaje para mamá", Act.RECORD, "Mum"),
    Said(ES, "reproduce mis mensajes", Act.PLAY_MESSAGES),
    Said(ES, "anuncia que nos vamos", Act.ANNOUNCE, "", "nos vamos"),
    Said(ES, "no molestar", Act.QUIET_ON),
    Said(ES, "desactiva no molestar", Act.QUIET_OFF),
    Said(ES, "¿qué me he perdido?", Act.READ_NOTICES),
    Said(ES, "pide ayuda", Act.CALL_FOR_HELP),
    Said(ES, "bloquea a Bill", Act.BLOCK, "?Bill Jones|Bill Smith"),
)
