"""What may happen. Pure: facts in, decision out."""
