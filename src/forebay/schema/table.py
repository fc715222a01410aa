"""Rows in columns: how the formatter lines up names, types and attributes."""


class Row:
    """A row: its columns, and what hangs behind them and takes no part in the widths."""

    __slots__ = ("columns", "suffix")

    def __init__(self, *columns: str, suffix: str = "") -> None:
        """Begin with some columns; empty ones at the end take no room."""
        self.columns = list(columns)
        while self.columns and not self.columns[-1]:
            self.columns.pop()
        self.suffix = suffix


class Table:
    """Rows that are lined up together; a plain string is a line of its own."""

    __slots__ = ("_out", "_rows")

    def __init__(self, out: list[str]) -> None:
        """Write lines to `out`, each ending with a line break."""
        self._out = out
        self._rows: list[Row | str] = []

    def add(self, row: Row | str) -> None:
        """Add a row."""
        self._rows.append(row)

    def flush(self, indent: str) -> None:
        """Write the rows lined up, and begin anew."""
        widths: list[int] = []
        for row in self._rows:
            if isinstance(row, Row):
                for i, column in enumerate(row.columns):
                    width = _width(column)
                    if i == len(widths):
                        widths.append(width)
                    elif width > widths[i]:
                        widths[i] = width
        for row in self._rows:
            self._out.append(
                f"{indent}{row}\n" if isinstance(row, str) else _line(row, widths, indent)
            )
        self._rows.clear()


def _width(text: str) -> int:
    """Return how many bytes a text has in UTF-8, by which Prisma lines up."""
    return len(text) if text.isascii() else len(text.encode())


def _line(row: Row, widths: list[int], indent: str) -> str:
    columns = row.columns
    if not columns:
        return f"{indent}{row.suffix}\n" if row.suffix else "\n"
    padded = [
        column + " " * (widths[i] - _width(column) + 1) for i, column in enumerate(columns[:-1])
    ]
    suffix = f" {row.suffix}" if row.suffix else ""
    return f"{indent}{''.join(padded)}{columns[-1]}{suffix}\n"
