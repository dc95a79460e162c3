"""The migrations, one file a subject. In which order they are applied is said by kith.store.schema, and nowhere else.

A migration that has been released is never edited: what it made is changed by another one.
"""
