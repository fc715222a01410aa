"""The steps of a migration in words: what was added, removed and changed, table by table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from forebay.migrate import names
from forebay.migrate.database import PrimaryKey
from forebay.migrate.diff import steps as to
from forebay.migrate.diff.columns import ColumnChange

NOTHING = "No difference detected."

# The order of the sections, and their headings; a name stands in the place of the braces.
_SECTIONS = (
    "[*] Changed the `{}` extension",
    # The stray sign is Prisma's.
    "[-] Removed extensions\n`",
    "[+] Added extensions",
    "[+] Added Schemas",
    "[+] Added enums",
    "[+] Added tables",
    "[-] Removed enums",
    "[-] Removed tables",
    "[*] Changed the `{}` enum",
    "[*] Changed the `{}` table",
)


def summary(steps: list[to.Step]) -> str:
    """Return the steps in words."""
    if not steps:
        return NOTHING
    # Prisma orders names by their bytes.
    found = sorted(
        ((*_place(step), number, step) for number, step in enumerate(steps)),
        key=lambda one: (one[0], one[1].encode(), one[2]),
    )
    out, current = "", None
    for section, name, _, step in found:
        if (section, name) != current:
            heading = _SECTIONS[section].format(name)
            out += f"\n{heading}" + ("" if section == 1 else "\n")
            current = section, name
        out += "".join(f"{line}\n" for line in _lines(step))
    return out


# Where the steps of a kind stand, if they do not change a table, and where their names are.
_PLACES: dict[type[to.Step], tuple[int, Callable[[Any], str]]] = {
    to.AlterExtension: (0, lambda step: step.before.name),
    to.DropExtension: (1, lambda step: step.extension.name),
    to.CreateExtension: (2, lambda step: step.extension.name),
    to.CreateSchema: (3, lambda _: ""),
    to.CreateEnum: (4, lambda _: ""),
    to.CreateTable: (5, lambda _: ""),
    to.DropEnum: (6, lambda _: ""),
    to.DropTable: (7, lambda _: ""),
    to.AlterEnum: (8, lambda step: step.before.name),
    to.AlterTable: (9, lambda step: step.before.name),
}
_OTHERS: tuple[int, Callable[[Any], str]] = (9, lambda step: step.table.name)


def _place(step: to.Step) -> tuple[int, str]:
    """Return the section that a step stands in, and the name in its heading."""
    section, name = _PLACES.get(type(step), _OTHERS)
    return section, name(step)


def _lines(step: to.Step) -> Iterator[str]:
    writer = _WRITERS.get(type(step))
    if writer is not None:
        yield from writer(step)


def _enum(step: to.AlterEnum) -> Iterator[str]:
    for value in step.added:
        yield f"  [+] Added variant `{value}`"
    for value in step.removed:
        yield f"  [-] Removed variant `{value}`"


def _table(step: to.AlterTable) -> Iterator[str]:
    if step.dropped_key is not None:
        yield f"  [-] Dropped the primary key on columns {_key(step.dropped_key)}"
    if step.renamed_key is not None:
        yield f"  [*] Renamed the primary key on columns {_key(step.renamed_key[0])}"
    for column in step.dropped:
        yield f"  [-] Removed column `{column.name}`"
    for column in step.added:
        yield f"  [+] Added column `{column.name}`"
    for change in step.changed:
        what = _changes(change)
        if change.cast == "impossible":
            yield f"  [*] Column `{change.after.name}` would be dropped and recreated ({what})"
        else:
            yield f"  [*] Altered column `{change.after.name}` ({what})"
    if step.added_key is not None:
        yield f"  [+] Added primary key on columns {_key(step.added_key)}"
        # One bracket too many, as Prisma has it.
        yield ")"


def _key(key: PrimaryKey) -> str:
    return f"({', '.join(key.columns)})"


def _changes(change: ColumnChange) -> str:
    before, after = change.before, change.after
    parts = []
    if change.arity:
        parts.append(f"changed from {names.arity(before)} to {names.arity(after)}")
    if change.default:
        old, new = names.default(before), names.default(after)
        parts.append(f"default changed from `{old}` to `{new}`")
    if change.cast is not None:
        parts.append("type changed")
    if change.serial:
        end = "is no longer" if before.is_serial else "became"
        parts.append(f"column {end} autoincrementing")
    return ", ".join(parts)


def _index(sign: str, step: to.CreateIndex | to.DropIndex) -> str:
    unique = "unique " if step.index.is_unique else ""
    columns = ", ".join(one.name for one in step.index.columns)
    return f"  {sign} {unique}index on columns ({columns})"


def _foreign_key(sign: str, step: to.AddForeignKey | to.DropForeignKey) -> str:
    return f"  {sign} foreign key on columns ({', '.join(step.key.columns)})"


_WRITERS: dict[type[to.Step], Callable[[Any], Any]] = {
    to.CreateSchema: lambda step: (f"  - {step.name}",),
    to.CreateExtension: lambda step: (f"  - {step.extension.name}",),
    to.CreateEnum: lambda step: (f"  - {step.enum.name}",),
    to.DropEnum: lambda step: (f"  - {step.enum.name}",),
    to.CreateTable: lambda step: (f"  - {step.table.name}",),
    to.DropTable: lambda step: (f"  - {step.table.name}",),
    to.AlterEnum: _enum,
    to.AlterTable: _table,
    to.CreateIndex: lambda step: (_index("[+] Added", step),),
    to.DropIndex: lambda step: (_index("[-] Removed", step),),
    to.AddForeignKey: lambda step: (_foreign_key("[+] Added", step),),
    to.DropForeignKey: lambda step: (_foreign_key("[-] Removed", step),),
    to.RenameIndex: lambda step: (
        f"  [*] Renamed index `{step.before.name}` to `{step.after.name}`",
    ),
    to.RenameForeignKey: lambda step: (
        f'  [*] Renamed the foreign key "{step.before.name}" to "{step.after.name}"',
    ),
}
