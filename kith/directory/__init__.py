"""Persons, households, endpoints: who is who."""
