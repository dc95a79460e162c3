"""Minutes of load. `make soak` runs these; the suite has small slices of them in tests/peers: test_simulate.py and
test_mixer_rough.py."""
