"""The usage guidelines that people accept. Their text is web/guidelines.en.html and web/guidelines.es.html."""

VERSION = 1
"""Rises with every change of what the guidelines ask; correcting a typing error is none. Whoever accepted an
older one is asked once, in the app; nobody is locked out of calling meanwhile."""
