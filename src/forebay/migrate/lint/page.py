"""The pages of the rules, and the list of them: what `explain` prints and docs/lint holds."""

from __future__ import annotations

from forebay.migrate.lint import rules as _all
from forebay.migrate.lint.registry import RULES, Rule

assert _all.__all__  # noqa: S101 - the rules register themselves when they are imported

FOLDER = "docs/lint"
_DANGERS = {
    "lock": "others wait",
    "data": "something is lost",
    "clients": "running programs fail",
    "fails": "the script fails, or is not what it looks like",
    "habit": "a habit that costs later",
}


def slug(rule: Rule) -> str:
    """Return the name of a rule's file."""
    return f"{rule.code}-{rule.name}.md"


def page(rule: Rule) -> str:
    """Return a rule's page."""
    told = rule.page
    level = rule.level.label + (", only where it is named" if rule.is_opt_in else "")
    facts = [f"| level | {level} |", f"| what it is about | {_DANGERS[rule.danger]} |"]
    others = [f"`{one}`" for one in rule.aliases]
    if others:
        facts.append(f"| also answers to | {', '.join(others)} |")
    parts = [
        f"# {rule.code} {rule.name}",
        told.about,
        "\n".join(["| | |", "| --- | --- |", *facts]),
        "## Why",
        _wrapped(told.why),
        "## Instead",
        _wrapped(told.instead),
        "## Found",
        f"```sql\n{told.bad}\n```",
    ]
    if told.good:
        parts += ["## Not found", f"```sql\n{told.good}\n```"]
    parts.append("[All rules](README.md)")
    return "\n\n".join(parts) + "\n"


def _wrapped(text: str) -> str:
    return " ".join(text.split())


def index() -> str:
    """Return the page that lists the rules."""
    rows = [
        f"| [{one.code}]({slug(one)}) | {one.name} | {one.level.label}"
        f"{' (opt-in)' if one.is_opt_in else ''} | {one.page.about} |"
        for one in sorted(RULES.values(), key=lambda one: one.code)
    ]
    return "\n".join(
        [
            "# Rules of the linter",
            "",
            "What `forebay migrate lint` looks for. [Migrations](../migrate.md#lint) says how it is"
            " run, how a finding is ignored, and what the levels mean.",
            "",
            "| code | name | level | what |",
            "| --- | --- | --- | --- |",
            *rows,
            "",
        ]
    )


def pages() -> dict[str, str]:
    """Return every page by the name of its file."""
    return {"README.md": index(), **{slug(one): page(one) for one in RULES.values()}}


def explanation(rule: Rule) -> str:
    """Return a rule's page for a terminal."""
    told = rule.page
    level = rule.level.label + (", opt-in" if rule.is_opt_in else "")
    parts = [
        f"{rule.code} {rule.name} ({level})",
        told.about,
        _wrapped(told.why),
        f"Instead: {_wrapped(told.instead)}",
        "Found:\n" + _indented(told.bad),
    ]
    if told.good:
        parts.append("Not found:\n" + _indented(told.good))
    return "\n\n".join(parts)


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
