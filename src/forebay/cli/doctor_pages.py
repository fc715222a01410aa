"""`forebay doctor explain` and `forebay doctor rules`: what the doctor knows."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from forebay.cli import report as refuse
from forebay.cli.output import write
from forebay.doctor.pages import page
from forebay.doctor.registry import all_rules, find_rule
from forebay.doctor.report.structured import rule_as_json
from forebay.errors import ForebayError


def explain(
    code: Annotated[str, typer.Argument(help="A rule's code or name.", metavar="CODE")],
    *,
    is_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Print a rule: what it finds, why that matters and what to do, with examples."""
    try:
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
        if is_json:
            body = [rule_as_json(rule) for rule in all_rules()]
            write(json.dumps(body, ensure_ascii=False, indent=2))
            return
    except ForebayError as error:
        raise typer.Exit(refuse(error)) from None
    table = Table("code", "name", "severity", "what", box=None, pad_edge=False)
    for rule in all_rules():
        table.add_row(rule.code, rule.name, rule.severity.label, rule.what)
    Console(file=sys.stdout, highlight=False).print(table)
