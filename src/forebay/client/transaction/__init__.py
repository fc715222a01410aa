"""Interactive transactions: several operations on one connection, all of them or none."""

from forebay.client.transaction.managers import (
    AsyncTransactionManager,
    SyncTransactionManager,
    run_transaction,
    run_transaction_sync,
)
from forebay.client.transaction.rules import IsolationLevel

__all__ = [
    "AsyncTransactionManager",
    "IsolationLevel",
    "SyncTransactionManager",
    "run_transaction",
    "run_transaction_sync",
]
