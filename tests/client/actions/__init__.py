"""Every action of the client, for asyncio and sync, on a real PostgreSQL."""
