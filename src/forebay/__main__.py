"""Lets `python -m forebay` be the `forebay` command."""

import sys

from forebay.cli import main

if __name__ == "__main__":
    sys.exit(main())
