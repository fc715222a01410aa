"""What a command prints: all of it, or one refusal that says why not."""

import os
import sys

from forebay.errors import ConfigurationError


def write(text: str) -> None:
    """Print a text and a line break; a reader that has left has what it wanted.

    Raises:
        ConfigurationError: the standard output cannot be written.
    """
    try:
        print(text, flush=True)
    except BrokenPipeError:
        _forget_output()
    except OSError as error:
        _forget_output()
        raise ConfigurationError(
            f"the output cannot be written: {error.strerror}",
            hint="check where it goes, and the free space there",
        ) from None


def aside(text: str) -> None:
    """Print a text on the standard error, where it is in nobody's way."""
    print(text, file=sys.stderr)


def has_colour(stream: object) -> bool:
    """Say whether a stream is a terminal that shows colours."""
    is_terminal = bool(getattr(stream, "isatty", lambda: False)())
    return is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _forget_output() -> None:
    """Send what is still buffered nowhere, or Python fails once more when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
