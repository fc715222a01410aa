"""The limits of transactions, apart from what works with them: defaults of a client's methods."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeAlias

Span: TypeAlias = int | timedelta

MAX_WAIT = timedelta(seconds=2)
TIMEOUT = timedelta(seconds=5)
RETRIES = 10
