"""The developer at the terminal of `migrate dev` and `reset`: asked, and served afterwards."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from forebay.cli.output import write
from forebay.cli.refusal import show_dangers
from forebay.errors import ConfigurationError, MigrationError
from forebay.migrate.commands.seed import seed, seed_command
from forebay.migrate.danger import Dangers

# What Prisma's users set where an option is out of reach.
SKIP_GENERATE = "PRISMA_MIGRATE_SKIP_GENERATE"
SKIP_SEED = "PRISMA_MIGRATE_SKIP_SEED"


SkipGenerate = Annotated[
    bool, typer.Option("--skip-generate", help="Do not generate the schema's clients.")
]
SkipSeed = Annotated[bool, typer.Option("--skip-seed", help="Do not run the seed command.")]


def is_there() -> bool:
    """Say whether somebody can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty() and not os.environ.get("CI")


class Developer:
    """Somebody at a terminal."""

    def may_reset(self, reason: str) -> bool:
        """Ask whether the database may be emptied."""
        write(f"{reason.rstrip()}\n")
        return typer.confirm("Empty the database now? All data will be lost.")

    def may_go_on(self, found: Dangers) -> bool:
        """Ask whether a migration may be made of which warnings are known."""
        show_dangers(found)
        print()
        return typer.confirm("Are you sure you want to create and apply this migration?")

    def name(self) -> str:
        """Ask for a name."""
        question = "Enter a name for the new migration"
        said: str = typer.prompt(question, default="", show_default=False)
        return said


def generate_after(schema: Path | None, *, is_skipped: bool) -> None:
    """Write the clients that a schema asks for, if it asks for any of ours."""
    if is_skipped or os.environ.get(SKIP_GENERATE):
        return
    from forebay.generator.run import asked_for

    jobs, others = asked_for(schema, Path())
    if others:
        names = ", ".join(others)
        note = f"not generated here: {names}; run `npx prisma generate`, or the generator's own"
        print(f"note: {note}", file=sys.stderr)
    for job in jobs:
        difference = job.write()
        state = "wrote" if difference else "nothing to change in"
        write(f"\n{state} {os.path.relpath(job.options.output)}: {job.models} models")


def seed_after(*, is_skipped: bool) -> None:
    """Run the project's seed command, if it has one.

    Raises:
        MigrationError: it did not end well.
    """
    if is_skipped or os.environ.get(SKIP_SEED):
        return
    if seed_command(Path()) is None:
        return
    try:
        code = seed((), write)
    except ConfigurationError as error:
        raise MigrationError("", error.message, hint=error.hint) from None
    if code:
        raise MigrationError("", f"the seed command ended with exit code {code}")
    write("The seed command has been executed.")
