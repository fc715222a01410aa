"""The `forebay` command: composes the rooms, and holds no logic of its own."""

import sys

from forebay.errors import ForebayError, MissingExtra


def main() -> int:
    """Run the command line, and return its exit code when it has not ended by itself."""
    try:
        from forebay.cli.app import app
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "forebay":
            raise
        return report(MissingExtra("cli", needed_for="the command `forebay`"))
    except KeyboardInterrupt:
        # Loading takes long enough to be interrupted: nothing has started that would need an end.
        return 130
    app(prog_name="forebay")
    return 0


def report(error: ForebayError) -> int:
    """Print what happened and what to do next, and return the exit code for it."""
    print(f"error[{error.code}]: {error.message}", file=sys.stderr)
    if error.hint:
        print(f"  hint: {error.hint}", file=sys.stderr)
    return 2
