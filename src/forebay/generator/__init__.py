"""Writes a schema as a typed Python package."""
