"""The client that a process has registered, so that models find it by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forebay.client import process
from forebay.client.errors import ClientAlreadyRegisteredError

if TYPE_CHECKING:
    from forebay.client.base import BaseClient


def register(client: BaseClient | Any) -> None:
    """Make a client the one that get_client() and `Model.prisma()` return.

    Raises:
        ClientAlreadyRegisteredError: another client of the package is.
    """
    made = client if not callable(client) else client()
    if not process.register(made):
        raise ClientAlreadyRegisteredError(
            "a client of this package is registered already",
            hint="register one client a process, or use get_client(), which makes it by itself",
        )
