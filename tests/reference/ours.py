"""What Forebay answers, in the form in which the reference's answers are kept."""

from __future__ import annotations

from typing import Any, Literal

from forebay.schema.check import Checked, check
from forebay.schema.diagnostics import Diagnostic, render
from forebay.schema.dmmf.datamodel import datamodel
from forebay.schema.dmmf.document import document
from forebay.schema.format import format_files
from tests.reference.wasm import Files

NUMBERS: dict[str, Literal[6, 7]] = {"6": 6, "7": 7}


def errors_of(checked: Checked) -> str | None:
    """Lay out the errors as Prisma does, without our hints; None where there are none."""
    if not checked.errors:
        return None
    return render(checked.source, checked.errors, with_hints=False)


def _diagnostic(checked: Checked, kind: str, found: Diagnostic) -> list[Any]:
    source = checked.source
    number = source.file_of(found.start)
    before = source.starts[number]

    def in_units(offset: int) -> int:
        return len(source.text[before:offset].encode("utf-16-le")) // 2

    start, end = in_units(found.start), in_units(found.end)
    return [kind, source.names[number], start, end, found.message]


def answers_of(files: Files, version: str, *, with_types: bool = True) -> dict[str, Any]:
    """Answer everything that the reference is asked."""
    checked = check(files, NUMBERS[version])
    kept: dict[str, Any] = {
        "errors": errors_of(checked),
        "diagnostics": [
            *(_diagnostic(checked, "error", one) for one in checked.errors),
            *(_diagnostic(checked, "warning", one) for one in checked.warnings),
        ],
        "formatted": [text for _, text in format_files(files, NUMBERS[version])],
    }
    if checked.errors:
        return kept
    return kept | (
        document(checked.schema, checked.prisma)
        if with_types
        else {"datamodel": datamodel(checked.schema)}
    )
