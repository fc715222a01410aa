"""The engine's work on a connection, as tests ask for it."""

from forebay.client.carry import carry, connect, failure, run, send

__all__ = ["carry", "connect", "failure", "run", "send"]
