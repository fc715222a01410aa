"""JSON texts, and what a strict reader says of the first place where one is none."""

import json


def json_problem(text: str) -> str | None:
    """Return what is wrong with a JSON text."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return str(error)
    return None
