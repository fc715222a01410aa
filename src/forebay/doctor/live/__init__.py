"""A running database as rules see it."""
