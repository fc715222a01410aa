"""How deeply JSON may be nested: what is written must be readable again, wherever that happens."""

from __future__ import annotations

import json
import re
from itertools import accumulate
from typing import Any

from forebay.engine.failures import RequestError

# Python reads as many levels as calls are left of its 1000, which a server's own need some of.
MOST_LEVELS = 500

# All but brackets; an end that is missing is for whoever reads the text.
_OTHER = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[^\[\]{}"]+', re.DOTALL)
_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}


def bounded(text: str) -> str:
    """Return a JSON text that is nested no deeper than can be read.

    Raises:
        ValueError: it is nested too deeply.
    """
    if text.count("[") + text.count("{") > MOST_LEVELS:
        levels = accumulate(map(_STEPS.__getitem__, _OTHER.sub("", text)))
        if max(levels, default=0) > MOST_LEVELS:
            raise ValueError(too_deep())
    return text


def too_deep() -> str:
    """Say what is wrong with JSON that is nested too deeply."""
    return f"it is nested more than {MOST_LEVELS} levels deep, which is the limit of JSON here"


def read_json(text: Any) -> Any:
    """Read JSON of the database.

    Raises:
        RequestError: it is nested too deeply.
    """
    try:
        return json.loads(text)
    except RecursionError:
        why = f"a value of a Json field cannot be read: {too_deep()}"
        raise RequestError("P2023", f"Inconsistent column data: {why}", message=why) from None
