"""The ports of the directory and the switchboard, on SQLite."""
