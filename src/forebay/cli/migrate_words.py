"""What the commands about migrations say alike."""

from __future__ import annotations

from pathlib import Path

from forebay.cli.output import aside, write
from forebay.migrate.commands.prisma_config import overlooked
from forebay.migrate.commands.project import Project


def begin(found: Project) -> None:
    """Say which database a command works on, and what of Prisma's settings it does not read."""
    url = found.url
    write(f'PostgreSQL database "{url.database or url.user}" at "{url.address}"')
    for line in overlooked(Path(), found.path, found.migrations):
        aside(f"warning: {line}")


def counted(count: int, folder: Path) -> str:
    """Say how many migrations there are."""
    if not count:
        return f"No migration found in {folder}"
    return f"{count} migration{'s' if count > 1 else ''} found in {folder}"


def applied(names: list[str]) -> str:
    """Say which migrations were applied."""
    lines = "".join(f"\n  {name}" for name in names)
    return (
        f"The following migration(s) have been applied:\n{lines}\n\n"
        "All migrations have been successfully applied."
    )
