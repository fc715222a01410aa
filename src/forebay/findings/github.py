"""Workflow commands, which GitHub shows beside the lines of a pull request."""

from __future__ import annotations

from forebay.findings.severity import Severity
from forebay.findings.text import printable

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def workflow_command(severity: Severity, text: str, properties: dict[str, str]) -> str:
    """Return the command for a finding; ``properties`` are its title and its place."""
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{_COMMANDS[severity]} {written}::{_data(text)}"


def _data(text: str) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return printable(text)


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
