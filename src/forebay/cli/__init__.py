"""The `forebay` command: composes the rooms, and holds no logic of its own."""

import sys

from forebay.errors import ConfigurationError, ForebayError, MissingExtra

# What every installation has, whatever its extras.
_BASE = frozenset({"psycopg", "psycopg_binary", "pydantic"})


def main() -> int:
    """Run the command line, and return its exit code when it has not ended by itself."""
    try:
        from forebay.cli.app import app

        app(prog_name="forebay")
    except ModuleNotFoundError as error:
        name = (error.name or "").partition(".")[0]
        if name == "forebay":
            raise
        if name in _BASE:
            return report(
                ConfigurationError(
                    f"{name} is not installed, which comes with forebay",
                    hint="pip install forebay",
                )
            )
        return report(MissingExtra("cli", needed_for="the command `forebay`"))
    except KeyboardInterrupt:
        # Loading takes long enough to be interrupted: nothing has started that would need an end.
        return 130
    return 0


def report(error: ForebayError) -> int:
    """Print what happened and what to do next, and return the exit code for it."""
    print(f"error[{error.code}]: {error.message}", file=sys.stderr)
    if error.hint:
        print(f"  hint: {error.hint}", file=sys.stderr)
    return 2
