"""What a parent agrees to before a child uses Kith. Its text is web/consent.en.html and web/consent.es.html."""

VERSION = 1
"""Rises with every change of what is agreed to; correcting a typing error is none. A parent who agreed to an older one
is asked once, in the app; the child goes on meanwhile."""
