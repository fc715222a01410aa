"""A rule's page: what, why, what to do, both examples; the same in docs and in the terminal."""

from __future__ import annotations

from forebay.doctor.rule import Rule, Severity

_SEVERITIES = {
    Severity.ERROR: "error: breaks, leaks or loses data as it stands",
    Severity.WARNING: "warning: breaks under load, or on a day that will come",
    Severity.NOTE: "note: worth knowing; nothing breaks for it",
}
_COMMENTS = {
    "ts": "// {}", "tsx": "// {}", "js": "// {}", "prisma": "// {}", "python": "# {}",
    "env": "# {}", "yaml": "# {}", "ini": "; {}", "dockerfile": "# {}", "toml": "# {}",
    "sql": "-- {}",
}  # fmt: skip
_LANGUAGES = {
    "ts": "ts", "tsx": "tsx", "py": "python", "prisma": "prisma", "json": "json", "yml": "yaml",
    "yaml": "yaml", "toml": "toml", "ini": "ini", "sql": "sql", "tf": "hcl",
}  # fmt: skip


def page_name(rule: Rule) -> str:
    """Return the name of a rule's file below docs/rules."""
    return f"{rule.code}-{rule.name}.md"


def page(rule: Rule) -> str:
    """Return a rule's page in Markdown."""
    parts = [
        f"# {rule.code} {rule.name}\n",
        f"*{_SEVERITIES[rule.severity]}*\n",
        f"{rule.what}\n",
        f"## Why\n\n{rule.why}\n",
        f"## What to do\n\n{_sentence(rule.fix)}\n",
    ]
    if rule.bad:
        parts.append(f"## Found\n\n{_code(rule, rule.bad)}")
    if rule.good:
        parts.append(f"## Not found\n\n{_code(rule, rule.good)}")
    if rule.files:
        blocks = "\n".join(_block(path, text) for path, text in rule.files.items())
        parts.append(f"## Beside both\n\nBoth examples stand beside this:\n\n{blocks}")
    if rule.check is not None:
        parts.append(f"## To live with it\n\n{_silence(rule)}\n")
    if rule.references:
        lines = "\n".join(f"- <{one}>" for one in rule.references)
        parts.append(f"## More\n\n{lines}\n")
    return "\n".join(parts)


def _silence(rule: Rule) -> str:
    written = _COMMENTS.get(rule.language)
    if written is None:
        return f"`--ignore {rule.code}`, or a baseline: a file like this has no comments."
    comment = written.format(f"forebay: ignore[{rule.code}] the reason")
    return f"`{comment}` at the end of the line or on the one before; `ignore-file` for a file."


def _code(rule: Rule, text: str) -> str:
    if rule.check is None:
        return f"```{rule.language}\n{text.rstrip()}\n```\n"
    return _block(rule.example_place, text, rule.language)


def _block(path: str, text: str, language: str = "") -> str:
    """Return a file of an example: its path, and what is in it."""
    ending = path.rpartition(".")[2]
    return f"`{path}`:\n\n```{language or _LANGUAGES.get(ending, '')}\n{text.rstrip()}\n```\n"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "\n", "`")) else ".")
