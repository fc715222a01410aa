"""Writes: records created, updated and deleted, with what is nested in them."""
