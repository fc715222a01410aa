"""Writes docs/lint from the linter's registry of rules: `python -m tools.lint_pages`.

The pages are never edited by hand; a test fails while a committed one says something else.
"""

from pathlib import Path

from forebay.migrate.lint.page import pages

FOLDER = Path(__file__).parent.parent / "docs" / "lint"


def main() -> None:
    """Write every page, and remove those of rules that are gone."""
    FOLDER.mkdir(exist_ok=True)
    written = pages()
    for path in FOLDER.glob("*.md"):
        if path.name not in written:
            path.unlink()
    for name, text in written.items():
        (FOLDER / name).write_text(text)
    print(f"{len(written)} pages in {FOLDER}")


if __name__ == "__main__":
    main()
