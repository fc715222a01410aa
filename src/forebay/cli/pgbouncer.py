"""`forebay-pgbouncer FILE.ini`: PgBouncer's command line before Forebay's gateway."""

import argparse
import sys
from pathlib import Path
from typing import Any

from forebay import __version__
from forebay.cli import report
from forebay.errors import ConfigurationError, MissingExtra

# PgBouncer has one exit code for whatever went wrong.
_REFUSED = 1


def main() -> int:
    """Run the command line, and return its exit code."""
    options = _parser().parse_args()
    if options.version:
        # The first line is what SHOW VERSION says: scripts compare the two, or look for PgBouncer.
        print(f"PgBouncer 1.25.2 (Forebay {__version__})\nreads the settings of PgBouncer 1.25")
        return 0
    if options.reboot:
        return _refuse(
            "-R (--reboot): not built yet in this version",
            "start the new process beside the old one on another port, then end the old with"
            " SIGTERM",
        )
    if options.file is None:
        return _refuse("no configuration file specified", "forebay-pgbouncer FILE.ini")
    return _serve(options)


def _serve(options: argparse.Namespace) -> int:
    try:
        from forebay.cli.serve import reader, run_service
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "forebay":
            raise
        report(MissingExtra("gateway", needed_for="the command `forebay-pgbouncer`"))
        return _REFUSED
    except KeyboardInterrupt:
        return 130
    given: dict[str, Any] = {}
    if options.verbose:
        given["verbose"] = options.verbose
    if options.user is not None:
        given["user"] = options.user
    code = run_service(
        reader(options.file, given),
        is_quiet=options.quiet,
        in_background=options.daemon,
        waits=True,
    )
    return _REFUSED if code == 2 else code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="forebay-pgbouncer",
        description="Serve a pgbouncer.ini as it stands.",
        allow_abbrev=False,
    )
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE.ini", help="the settings")
    flags = {
        "daemon": "run in the background; needs logfile and pidfile",
        "quiet": "write no log to standard error",
        "reboot": "take over from a running process (not built yet)",
    }
    for name, meaning in flags.items():
        short = "-R" if name == "reboot" else f"-{name[0]}"
        parser.add_argument(short, f"--{name}", action="store_true", help=meaning)
    parser.add_argument(
        "-v", "--verbose", action="count", default=0, help="log more, as log_level = debug does"
    )
    parser.add_argument("-u", "--user", metavar="USERNAME", help="become this account")
    parser.add_argument("-V", "--version", action="store_true", help="say the version and end")
    return parser


def _refuse(message: str, hint: str) -> int:
    report(ConfigurationError(message, hint=hint))
    return _REFUSED


if __name__ == "__main__":
    sys.exit(main())
