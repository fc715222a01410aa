"""`forebay doctor explain` and `forebay doctor rules`: what the doctor knows."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from forebay.cli import report as refuse
from forebay.cli.doctor_extra import loading
from forebay.cli.output import write
from forebay.errors import ForebayError


def explain(
    code: Annotated[str, typer.Argument(help="A rule's code or name.", metavar="CODE")],
    *,
    is_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Print a rule: what it finds, why that matters and what to do, with examples."""
    try:
        with loading():
            from forebay.doctor.pages import page
            from forebay.doctor.registry import find_rule
            from forebay.doctor.report.structured import rule_as_json

            rule = find_rule(code)
        write(json.dumps(rule_as_json(rule), indent=2) if is_json else page(rule).rstrip())
    except ForebayError as error:
        raise typer.Exit(refuse(error)) from None


def list_rules(
    *,
    is_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """List the rules."""
    try:
        with loading():
            from forebay.doctor.registry import all_rules
            from forebay.doctor.report.structured import rule_as_json

            rules = all_rules()
    except ForebayError as error:
        raise typer.Exit(refuse(error)) from None
    if is_json:
        body = [rule_as_json(rule) for rule in rules]
        write(json.dumps(body, ensure_ascii=False, indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("code", "name", "severity", "what", box=None, pad_edge=False)
    for rule in rules:
        table.add_row(rule.code, rule.name, rule.severity.label, rule.what)
    Console(file=sys.stdout, highlight=False).print(table)
