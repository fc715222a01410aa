"""Connections on libpq: an exchange that never waits; asyncio and threads each wait for it."""
