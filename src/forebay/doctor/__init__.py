"""Finds the mistakes that exhaust a database before launch day, and says what to use instead."""
