"""Seeing what a client does: events, slow queries, repeated queries, spans. Off costs nothing."""

from forebay.client.seeing.events import QueryEvent
from forebay.client.seeing.repeats import window

__all__ = ["QueryEvent", "window"]
