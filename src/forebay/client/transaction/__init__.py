"""Interactive transactions: several operations on one connection, all of them or none."""

from forebay.client.transaction.asynchronous import (
    AsyncTransaction,
    AsyncTransactionManager,
    run_transaction,
)
from forebay.client.transaction.rules import IsolationLevel
from forebay.client.transaction.synchronous import (
    SyncTransaction,
    SyncTransactionManager,
    run_transaction_sync,
)

__all__ = [
    "AsyncTransaction",
    "AsyncTransactionManager",
    "IsolationLevel",
    "SyncTransaction",
    "SyncTransactionManager",
    "run_transaction",
    "run_transaction_sync",
]
