"""What a `prisma.config.ts` says of a project's places, which is not read: only compared.

It is a program. Where it names another schema or folder in plain letters, a command that goes by
the usual places would work on the wrong ones without a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

_NAMES = tuple(f"prisma.config.{ending}" for ending in ("ts", "mts", "cts", "js", "mjs", "cjs"))
_SCHEMA = re.compile(r"""^\s*schema\s*:\s*["']([^"'$`]+)["']""", re.MULTILINE)
_MIGRATIONS = re.compile(r"""\bmigrations\s*:\s*\{[^{}]*?\bpath\s*:\s*["']([^"'$`]+)["']""")


def overlooked(folder: Path, schema: Path, migrations: Path) -> Iterator[str]:
    """Yield what a configuration of Prisma's in a folder says otherwise.

    ``schema`` and ``migrations`` are the places in use.
    """
    for name in _NAMES:
        try:
            text = (folder / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        schemas = {schema.resolve(), schema.parent.resolve()}
        if (found := _SCHEMA.search(text)) and (folder / found[1]).resolve() not in schemas:
            yield (
                f"{name} is not read: it says that the schema is {found[1]}, and {schema} is used;"
                f" --schema {found[1]} takes the other"
            )
        if (found := _MIGRATIONS.search(text)) and (folder / found[1]).resolve() != (
            migrations.resolve()
        ):
            yield (
                f"{name} is not read: it says that migrations are in {found[1]}, and {migrations}"
                " is used, beside the schema: move the folder, or the schema"
            )
