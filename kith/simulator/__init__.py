"""Households that live, for load and for demonstration."""
