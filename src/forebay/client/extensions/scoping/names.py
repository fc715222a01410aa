"""Which models an extension covers, checked against the schema when it is loaded."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping

from forebay.client.extensions.scoping.failures import ExtensionInvalid
from forebay.client.extensions.scoping.writes import COVERED, COVERED_NESTED
from forebay.client.operations import ACTIONS, NESTED_WRITES
from forebay.engine.catalog import Catalog, Entity

# Conditions are put together with these words, so a field of such a name would take them.
_WORDS = ("AND", "OR", "NOT", "is", "isNot")


def check_models(catalog: Catalog, extension: str, names: Iterable[str]) -> None:
    """Check that models exist.

    Raises:
        ExtensionInvalid: one does not.
    """
    for name in names:
        if name not in catalog.entities:
            near = difflib.get_close_matches(name, catalog.entities, n=1)
            raise ExtensionInvalid(
                f"{extension} names the model {name}, and the schema has none of that name.",
                hint=f"Did you mean {near[0]}?" if near else "Names are the schema's, as `User`.",
            )


def check_words(catalog: Catalog, extension: str) -> None:
    """Check that no field has a name that conditions need.

    Raises:
        ExtensionInvalid: one has.
    """
    for entity in catalog.entities.values():
        for name in (*entity.columns, *entity.links):
            if name in _WORDS:
                raise ExtensionInvalid(
                    f"{extension} puts conditions together with `{name}`, and {entity.name} has a "
                    "field of that name.",
                    hint=f'Rename the field, and keep its column with @map("{name}").',
                )


def columns_of(
    catalog: Catalog, column: str, columns: Mapping[str, str]
) -> tuple[dict[str, str], list[str]]:
    """Return the models that have the column, and the names of those that do not."""
    found: dict[str, str] = {}
    missing: list[str] = []
    for entity in catalog.entities.values():
        name = columns.get(entity.name, column)
        if name in entity.columns:
            found[entity.name] = name
        else:
            missing.append(entity.name)
    return found, missing


def check_plain(entity: Entity, column: str, extension: str, *, is_required: bool) -> None:
    """Check that a column holds one value, and that it is never, or may be, null.

    Raises:
        ExtensionInvalid: it does not.
    """
    one = entity.columns[column]
    if not one.is_list and one.is_nullable != is_required:
        return
    needed = "required" if is_required else "optional"
    raise ExtensionInvalid(
        f"{extension} needs `{column}` of {entity.name} to be {needed} and no list.",
        hint="Declare it without `?` and `[]`." if is_required else "Declare it with `?`.",
    )


def check_covers(
    extension: str,
    covered: Collection[str] = COVERED,
    covered_nested: Collection[str] = COVERED_NESTED,
) -> None:
    """Check that an extension which says it covers every operation leaves none out.

    Raises:
        ExtensionInvalid: it does; they are named.
    """
    missing = sorted(ACTIONS - set(covered))
    missing += [f"nested {name}" for name in NESTED_WRITES if name not in covered_nested]
    if missing:
        raise ExtensionInvalid(
            f"{extension} says that it covers every operation, and leaves out: "
            f"{', '.join(missing)}.",
            hint="Say what each of them does, beside the others.",
        )
