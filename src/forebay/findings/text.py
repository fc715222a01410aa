"""Texts of others' on a terminal, in a log or in an annotation."""


def printable(text: str, keeping: str = "") -> str:
    """Return a text without what a terminal obeys or a log's reader is misled by, as escapes."""
    return "".join(
        one
        if one.isprintable() or one in keeping
        else one.encode("unicode_escape", "backslashreplace").decode()
        for one in text
    )
