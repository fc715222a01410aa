"""What a command prints: all of it, or one refusal that says why not."""

import os

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


def _forget_output() -> None:
    """Send what is still buffered nowhere, or Python fails once more when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
