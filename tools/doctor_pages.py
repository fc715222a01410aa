"""Writes docs/rules and the table in docs/doctor.md: `python -m tools.doctor_pages`.

Both come from the registry of rules and are never edited by hand; a test fails while the committed
ones say something else.
"""

from __future__ import annotations

import sys
from pathlib import Path

from forebay.doctor.pages import page, page_name
from forebay.doctor.registry import all_rules

DOCS = Path(__file__).parent.parent / "docs"
PAGE = DOCS / "doctor.md"
FOLDER = DOCS / "rules"
BEGIN = "<!-- rules: written by `python -m tools.doctor_pages` -->"
END = "<!-- /rules -->"

_GROUPS = (
    ("FD0", "Comments that silence rules"),
    ("FD1", "The client in TypeScript and JavaScript"),
    ("FD2", "URLs, environment, configuration, deployment"),
    ("FD3", "Queries, transactions, mutations in TypeScript and JavaScript"),
    ("FD4", "schema.prisma"),
    ("FD5", "Engines, pools and processes in Python"),
    ("FD6", "Sessions and queries in Python"),
    ("FD9", "A running database"),
)


def table() -> str:
    """Return the tables of all rules, a group each."""
    parts = []
    for beginning, title in _GROUPS:
        rules = [rule for rule in all_rules() if rule.code.startswith(beginning)]
        if not rules:
            continue
        rows = [
            f"| [{rule.code}](rules/{page_name(rule)}) | {rule.name} | {rule.severity.label} "
            f"| {rule.what.replace('|', chr(92) + '|')} |"
            for rule in rules
        ]
        parts.append("\n".join([f"### {title}\n", "| code | name | | finds |",
                                "|---|---|---|---|", *rows]))  # fmt: skip
    return "\n\n".join(parts)


def doctor_page(text: str) -> str:
    """Return docs/doctor.md with the tables as the registry has them."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


def pages() -> dict[str, str]:
    """Return every page of docs/rules by its name."""
    return {page_name(rule): page(rule) for rule in all_rules()}


def main() -> int:
    """Write the pages, take away those of rules that are gone, and return the exit code."""
    FOLDER.mkdir(exist_ok=True)
    wanted = pages()
    for path in FOLDER.glob("*.md"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text)
    PAGE.write_text(doctor_page(PAGE.read_text()))
    print(f"wrote {PAGE.name} and {len(wanted)} pages of rules")
    return 0


if __name__ == "__main__":
    sys.exit(main())
