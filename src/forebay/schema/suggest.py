"""What somebody may have meant: names that look like one that is not known."""

from collections.abc import Iterable
from difflib import get_close_matches

# Longer names are compared with nothing: the comparison costs the product of two lengths.
_LONGEST = 100
# As many as fit in a line that is still read.
_MOST_LISTED = 12

ATTRIBUTES = (
    *("id", "unique", "default", "map", "updatedAt", "relation", "ignore"),
    *("index", "schema", "fulltext", "shardKey"),
)


def hint(name: str, known: Iterable[str], what: str) -> str:
    """Say which known name a name looks like; where it looks like none, which there are."""
    names = list(known)
    close = get_close_matches(name, names, n=1) if len(name) <= _LONGEST else []
    if close:
        return f"did you mean {close[0]}?"
    listed = ", ".join(names[:_MOST_LISTED])
    return f"{what}: {listed}{' …' if len(names) > _MOST_LISTED else ''}"
