"""Households that live: they connect, ring, answer, decline, cancel, lose their connection and resume.

    plan     PURE: a seed becomes households and the calls they will make
    ledger   PURE: what every endpoint saw of every call, and whether the server kept its promises
    player   one endpoint on stage
    scene    one planned call being played
    stage    all of it together, from enrolment to the last hang-up
    report   the outcome as a table and as JSON

No media flows: what endpoints would send each other is opaque to the server anyway.
"""
