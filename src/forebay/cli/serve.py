"""`forebay serve`: the gateway before the databases of a settings file, for production."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from forebay.cli import report
from forebay.cli.config import check
from forebay.errors import ConfigurationError, ForebayError
from forebay.serve.load import Loaded, load, read_file
from forebay.serve.service import serve as serve_settings

ConfigOption = Annotated[
    Path,
    typer.Option("--config", help="Settings: a forebay.toml or a pgbouncer.ini.", metavar="FILE"),
]


def serve(
    *,
    config: ConfigOption,
    only_check: Annotated[
        bool, typer.Option("--check", help="Look at the settings, say what is wrong, and end.")
    ] = False,
) -> None:
    """Serve the databases of a settings file until SIGTERM or Ctrl-C; SIGHUP reads it again.

    FOREBAY_<SETTING> in the environment overrides a setting of the file. Nothing is embedded.
    """
    if only_check:
        check(config)
        return
    code = run_service(reader(config, {}))
    if code:
        raise typer.Exit(code)


def reader(config: Path, given: Mapping[str, Any]) -> Callable[[], Loaded]:
    """Return a function that reads the file, the environment and what was given by options."""
    return lambda: load(given, read_file(config), environment=os.environ)


def run_service(read: Callable[[], Loaded], **options: bool) -> int:
    """Serve to the end, report a refusal, and return the exit code."""
    try:
        serve_settings(read, **options)
    except ForebayError as error:
        return report(error)
    except OSError as error:
        # Whatever has its own words was given them above: this is a full disk, or a missing right.
        place = f"{error.filename}: " if error.filename else ""
        refusal = ConfigurationError(
            f"{place}{error.strerror or error}", hint="check the rights and the free space there"
        )
        return report(refusal)
    except KeyboardInterrupt:
        return 130
    return 0
