"""Ends connections of either kind: closes them, and copies their sockets to see them closed."""

from __future__ import annotations

import contextlib
import os

import psycopg

from forebay.client.connection.asynchronous import AsyncConnection
from forebay.client.connection.base import BaseConnection
from forebay.client.connection.sync import SyncConnection


def copy_socket(connection: BaseConnection) -> int | None:
    """Return a copy of a connection's socket, or None where it has none."""
    try:
        return os.dup(connection.socket)
    except (OSError, ValueError, OverflowError, psycopg.Error):
        return None


def close_quietly(connection: AsyncConnection | SyncConnection) -> None:
    """Close a connection, whatever state it is in."""
    with contextlib.suppress(Exception):
        connection.close()


def told_to_stop(connection: AsyncConnection) -> None:
    """Tell the server to give up what runs, and wait until it has heard it: no loop can."""
    with contextlib.suppress(psycopg.Error):
        connection.pgconn.cancel_conn().blocking()
