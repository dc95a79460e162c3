"""Conversations: how messages between two persons are numbered, how far they have come, and how many there may be."""
