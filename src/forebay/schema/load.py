"""A schema as the rest of the project takes it: checked by either version's rules, or refused."""

from collections.abc import Sequence
from dataclasses import dataclass

from forebay.errors import SchemaError
from forebay.schema.check import Checked, Version, check
from forebay.schema.diagnostics import render
from forebay.schema.model import Schema

_URLS = frozenset({"url", "directUrl", "shadowDatabaseUrl"})


@dataclass(slots=True, frozen=True)
class Verdict:
    """What came of a check, and a remark where the versions of Prisma disagree."""

    checked: Checked
    note: str | None = None


def judge(files: Sequence[tuple[str, str]], prisma: Version | None = None) -> Verdict:
    """Check a schema by the rules of one version, or take what either version takes.

    Of a schema that neither takes, the errors are those of the version it is written for: Prisma 6
    has URLs in the datasource, Prisma 7 has them in a configuration file.
    """
    if prisma is not None:
        return Verdict(check(files, prisma))
    first: Version = 6 if _has_urls(files) else 7
    second: Version = 7 if first == 6 else 6
    checked = check(files, first)
    if not checked.errors:
        other = check(files, second) if first == 6 else None
        if other is None or not other.errors:
            return Verdict(checked)
        return Verdict(checked, _note(first, second, other))
    other = check(files, second)
    if other.errors:
        return Verdict(checked)
    return Verdict(other, _note(second, first, checked))


def load(files: Sequence[tuple[str, str]], prisma: Version | None = None) -> Schema:
    """Return what a sound schema says.

    Raises:
        SchemaError: the schema has errors.
    """
    checked = judge(files, prisma).checked
    if checked.errors:
        first = checked.errors[0]
        place = checked.source.place(first.start)
        raise SchemaError(
            f"{place.file}:{place.line}:{place.column}: {first.message}",
            hint=first.hint,
            rendered=render(checked.source, checked.errors, with_hints=True),
        )
    return checked.schema


def _has_urls(files: Sequence[tuple[str, str]]) -> bool:
    """Say whether a datasource seems to have a URL; only the order of two checks hangs on it."""
    return any("datasource" in text and any(name in text for name in _URLS) for _, text in files)


def _note(taken: Version, refused: Version, other: Checked) -> str:
    first = other.errors[0].message.partition("\n")[0]
    return f"valid for Prisma {taken}, and not for Prisma {refused}: {first}"
