"""Where a number in the README comes from. `python -m bench` measures everything, `python -m bench relay` one thing.

Every bench shows a table on stderr for people and prints one JSON object as the last line of stdout.
"""
