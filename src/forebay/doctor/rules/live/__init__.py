"""Rules about a running database."""
