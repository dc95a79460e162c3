"""The load of the benches relay and messages: a process of its own that speaks raw WebSocket (to Synapse HTTP), so that
its own cost is small and the same for every server. Told what to do by lines of JSON on stdin, answers each with one
line of JSON.

    {"do": "enrol", "port": 1, "endpoints": 2000}     become known to the server, where it wants to know
    {"do": "connect", "port": 1, "endpoints": 2000}   connect and sign in
    {"do": "pair", "ahead": 50}                       put endpoint 2n and 2n+1 into a call, where there are calls;
                                                      write so many messages of each pair ahead, where they are sealed
    {"do": "relay", "pid": 7, "rate": 1000, "seconds": 2, "trickle": 10}
"""
