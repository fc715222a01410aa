"""What runs where the types for asyncio are declared: the stub beside says what these are."""

from forebay.client.base import AsyncClient as AsyncClient
