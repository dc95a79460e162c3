"""Which endpoints can be reached."""
