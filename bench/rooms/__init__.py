"""Rooms full of participants, for mixers to be measured with: a process of its own, told on stdin what to do.

One JSON object a line; each is answered by one line when it has been done.

    {"do": "join", "rooms": 1, "size": 20, "talkers": 2, "level": true}
    {"do": "measure", "seconds": 8, "pids": [...]}     CPU, packets, and how late what is heard is
    {"do": "listen", "seconds": 12}                    how well the first listener hears all talkers at once
    {"do": "leave"}

aiortc does SDP, ICE and DTLS for each participant; afterwards packets that were encoded beforehand are protected and
sent as they are, and what arrives is counted. Only what a few participants hear is kept, and decoded after the
measurement.
"""
