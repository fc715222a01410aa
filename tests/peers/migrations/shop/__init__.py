"""An application of Django's with two tables."""
