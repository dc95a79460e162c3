"""Arithmetic on media. The pure parts are safe to import anywhere."""
