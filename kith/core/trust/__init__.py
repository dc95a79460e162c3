"""What endpoints believe of each other without believing the server. Formats in docs/trust.md.

Everything here is computed from what is passed in: keys, nonces and times come from outside.
"""
