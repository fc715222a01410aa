"""Reads where a pooler is: a host and a port."""

from __future__ import annotations

import re

from forebay.doctor.advise.paste.facts import POOLER_PORT
from forebay.errors import ConfigurationError

_PLACE = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9._-]+))(?::(?P<port>\d+))?")


def pooler_of(text: str | None) -> tuple[str, int] | None:
    """Return the host and the port of `HOST[:PORT]`.

    Raises:
        ConfigurationError: it has another form.
    """
    if text is None:
        return None
    found = _PLACE.fullmatch(text.strip())
    port = int(found["port"] or POOLER_PORT) if found and len(found["port"] or "") < 6 else 0
    if found is None or not 0 < port < 65536:
        raise ConfigurationError(
            "--pooler must be HOST or HOST:PORT, with a port from 1 to 65535",
            hint="such as pooler.internal:6432; credentials do not belong there",
        )
    return found["six"] or found["host"], port
