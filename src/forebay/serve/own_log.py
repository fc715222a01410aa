"""Writes the log lines of this process, in the form that the data plane's lines have."""

import json
import sys
from datetime import UTC, datetime

_is_json = False


def use_log_format(name: str) -> None:
    """Write what follows as `log_format` says: text or json."""
    global _is_json
    _is_json = name == "json"


def log(text: str) -> None:
    """Say something in the log of the process."""
    line = _as_json(text) if _is_json else f"forebay: {text}"
    print(line, file=sys.stderr, flush=True)  # noqa: T201


def _as_json(text: str) -> str:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")
    return json.dumps(
        {"time": f"{now}Z", "level": "info", "message": text, "fields": {}},
        separators=(",", ":"),
        ensure_ascii=False,
    )
