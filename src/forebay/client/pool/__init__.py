"""Connections that are lent for a piece of work, never more of them than the URL allows."""
