"""What people who attack parsers send."""

import struct

from signaling.protocol import MAX_FRAME

DEEP = 20_000

HOSTILE: dict[str, bytes] = {
    "nothing": b"",
    "a space": b" ",
    "deep json arrays": b"[" * DEEP,
    "deep json objects": b'{"a":' * DEEP,
    "deep json in an unknown field": b'{"t":"ping","id":"1","x":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "deep json in a known field": b'{"t":"call","id":"1","to":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "deep msgpack arrays": b"\x91" * DEEP + b"\xc0",
    "deep msgpack maps": b"\x81\xa1a" * DEEP + b"\xc0",
    "deep msgpack in an unknown field": b"\x83\xa1t\xa4ping\xa2id\xa11\xa1x" + b"\x91" * DEEP + b"\xc0",
    "msgpack array of four billion": b"\xdd\xff\xff\xff\xff",
    "msgpack map of four billion": b"\xdf\xff\xff\xff\xff",
    "msgpack string of four billion": b"\xdb\xff\xff\xff\xffabc",
    "msgpack bytes of four billion": b"\xc6\xff\xff\xff\xffabc",
    "msgpack extension": b"\xc9\xff\xff\xff\xff\x05",
    "msgpack timestamp": b"\xd6\xff\x00\x00\x00\x00",
    "msgpack never used": b"\xc1",
    "four billion acquaintances": b"\x82\xa1t\xaaenrol_test\xa5knows\xdd\xff\xff\xff\xff",
    "keys that are numbers": b"\x82\x01\x02\x03\x04",
    "keys that are maps": b"\x81\x80\x80",
    "not utf-8 in msgpack": b"\x82\xa1t\xa4ping\xa2id\xa2\xff\xfe",
    "not utf-8 in json": b'{"t":"ping","id":"\xff\xfe"}',
    "half a surrogate": b'{"t":"ping","id":"\\ud800"}',
    "a nul": b'{"t":"ping","id":"\\u0000"}\x00',
    "a byte order mark": b'\xef\xbb\xbf{"t":"ping","id":"1"}',
    "utf-16": '{"t":"ping","id":"1"}'.encode("utf-16"),
    "an endless number": b'{"t":"ack","id":"1","seq":' + b"9" * 60_000 + b"}",
    "an endless exponent": b'{"t":"ack","id":"1","seq":1e' + b"9" * 60_000 + b"}",
    "not a number": b'{"t":"ack","id":"1","seq":NaN}',
    "infinity": b"\x83\xa1t\xa3ack\xa2id\xa11\xa3seq\xcb" + struct.pack(">d", float("inf")),
    "two types": b'{"t":"ping","t":"ack","id":"1"}',
    "the type last and far away": b'{"id":"1","x":"' + b"x" * 60_000 + b'","t":"nothing"}',
    "thousands of fields": b'{"t":"ping"' + b"".join(b',"f%d":1' % n for n in range(6000)) + b"}",
    "an array": b'["ping","1"]',
    "a word": b'"ping"',
    "null": b"null",
    "two messages": b'{"t":"ping","id":"1"}{"t":"ping","id":"2"}',
    "too large": b'{"t":"ping","id":"1","x":"' + b"x" * MAX_FRAME + b'"}',
    "far too large": b"\x00" * (16 * MAX_FRAME),
}
