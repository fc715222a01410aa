"""A PostgreSQL with everything that it may be built with: Debian's."""

from __future__ import annotations

import pytest

from forebay.postgres.binaries import OVERRIDE
from forebay.postgres.embedded import EmbeddedServer, start_ephemeral
from tests.support.encrypted import tls_binaries


def start_whole() -> EmbeddedServer:
    """Start a throw-away server of the system's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(OVERRIDE, str(tls_binaries()))
        return start_ephemeral()
