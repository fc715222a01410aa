"""Migrations: what a schema and a database hold, the difference, and how it is applied."""
