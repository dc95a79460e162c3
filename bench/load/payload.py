"""What is sent: the message that a PeerJS page sends for one candidate, some 300 bytes of JSON; and what a person
writes, 200 characters."""

import json

TEXT_MESSAGE = (
    "We are on our way, the train is twelve minutes late. Could you put the soup on and let the dog out before we are "
    "there? Granny has the key if nobody is at home. We will bring bread and apples. See you."
)


def candidate_message(to: str) -> bytes:
    """With the field names and the sizes of a real one; the addresses are from RFC 5737 and RFC 1918."""
    candidate = (
        "candidate:842163049 1 udp 1677729535 203.0.113.77 46154 typ srflx raddr 192.168.1.23 rport 46154 "
        "generation 0 ufrag Xh3T network-id 1 network-cost 10"
    )
    message = {
        "type": "CANDIDATE",
        "payload": {
            "candidate": {"candidate": candidate, "sdpMLineIndex": 0, "sdpMid": "0"},
            "type": "media",
            "connectionId": "mc_9f2kq07d1xw",
        },
        "dst": to,
    }
    return json.dumps(message, separators=(",", ":")).encode()
