"""From one database to another beside the traffic: the migrations that it takes, in their order.

Each is a script of its own, so that no lock is held for longer than a moment by what comes behind
it: what builds or drops an index concurrently stands alone, since no transaction may hold it, and
what reads every row is apart from what locks others out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from forebay.migrate import render
from forebay.migrate.database import LONGEST_NAME, Column, Database, Index, PrimaryKey, Table
from forebay.migrate.diff import steps as to
from forebay.migrate.diff.columns import ColumnChange
from forebay.migrate.diff.differ import difference
from forebay.migrate.folder import Migration, slug
from forebay.migrate.render import qualified, quoted
from forebay.migrate.roll_out.rough import is_filled
from forebay.migrate.script import statements_of
from forebay.schema.checks.constraints import cut

_NAMES = "no client names it any more"
_FILL = """\
DO $$
DECLARE
    done bigint;
    given bigint;
BEGIN
    LOOP
        WITH filled AS (
            UPDATE {table} SET {name} = DEFAULT WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM {table} WHERE {name} IS NULL LIMIT 1000))
            RETURNING {name} AS value)
        SELECT count(*), count(value) INTO done, given FROM filled;
        EXIT WHEN done = 0;
        IF given = 0 THEN
            RAISE EXCEPTION 'the default is null: fill the column by an UPDATE of your own';
        END IF;
        COMMIT;
    END LOOP;
END $$"""


def migrations(before: Database, after: Database, phase: str) -> list[Migration]:
    """Return the migrations from one database to another; their names begin with a word."""
    found = _Stages(before)
    for step in difference(before, after):
        found.take(step)
    return [
        Migration(f"{phase}_{number:02}_{slug(name)}", f"-- {about}\n{text}")
        for number, (name, about, text) in enumerate(found.scripts(), 1)
    ]


@dataclass
class _Stages:
    """The statements of each stage, without the semicolons at their ends."""

    before: Database
    values: list[str] = field(default_factory=list)
    add: list[str] = field(default_factory=list)
    fill: list[tuple[str, str]] = field(default_factory=list)
    indexes: list[tuple[str, str]] = field(default_factory=list)
    check: list[str] = field(default_factory=list)
    first: list[str] = field(default_factory=list)
    validate: list[str] = field(default_factory=list)
    settle: list[str] = field(default_factory=list)
    unused: list[tuple[str, str]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    drop: list[str] = field(default_factory=list)
    # Keys that are dropped, by table and name: one that comes back is never gone.
    keys: dict[tuple[tuple[str | None, str], str], str] = field(default_factory=dict)
    made: set[tuple[str | None, str]] = field(default_factory=set)
    # Indexes that become a primary key, or were dropped for one of the same name.
    taken: set[tuple[str | None, str]] = field(default_factory=set)
    replaced: dict[tuple[str | None, str], str] = field(default_factory=dict)

    def take(self, step: to.Step) -> None:
        """Give a step's statements to their stages."""
        match step:
            case to.AlterTable():
                self._alter(step)
            case to.CreateIndex():
                self._index(step.table, step.index)
            case to.DropIndex():
                self._drop_index(step)
            case to.AddForeignKey():
                self._key(step)
            case to.DropForeignKey():
                self.keys[step.table.key, step.key.name] = statements_of(step)[0]
            case to.AlterEnum():
                self._values(step)
            case to.DropTable():
                self.drop += [_ignored("FM202", _NAMES, one) for one in statements_of(step)]
            case _:
                self._whole(step)

    def _whole(self, step: to.Step) -> None:
        """Take what is over in a moment as it is."""
        if isinstance(step, to.CreateTable):
            self.made.add(step.table.key)
        if isinstance(step, to.RenameIndex):
            self.names += statements_of(step)
        elif isinstance(step, to.DropEnum):
            self.drop += statements_of(step)
        else:
            self.add += statements_of(step)

    def _values(self, step: to.AlterEnum) -> None:
        if step.removed:
            # The script is one transaction without being told so.
            self.drop += statements_of(step)[1:-1]
            return
        name = qualified(*step.before.key)
        self.values += [f"ALTER TYPE {name} ADD VALUE {render.text(one)}" for one in step.added]

    def scripts(self) -> Iterator[tuple[str, str, str]]:
        """Yield the name, the purpose and the text of each script that is not empty."""
        yield from _one("values", "Values are known to the transactions after this", self.values)
        # A key goes before what it hangs on.
        yield from _one("add", "Takes a moment", [*self.keys.values(), *self.add])
        for name, text in self.fill:
            yield from _one(
                f"fill_{name}",
                "A thousand rows at a time, each time a transaction: stands alone",
                [text],
            )
        for name, text in self.indexes:
            yield from _one(f"index_{name}", "Built beside the traffic: stands alone", [text])
        # Whatever changes a row fails a check that the row does not pass: what is null goes first.
        about = "\n-- ".join(["For rows from now on; takes a moment", *self.first])
        yield from _one("check", about, self.check)
        about = "Reads the rows that are there, and locks nobody out"
        yield from _one("validate", about, self.validate)
        yield from _one("settle", "What was validated is taken for granted", self.settle)
        for name, text in self.unused:
            yield from _one(f"drop_{name}", "Waits for nobody's query: stands alone", [text])
        yield from _one("names", "Takes a moment", self.names)
        yield from _one("drop", "What nobody names any more", self.drop)

    # Indexes and keys

    def _index(self, table: Table, index: Index) -> None:
        if table.key in self.made:
            self.add.append(render.create_index(table, index))
            return
        where = (table.schema, index.name)
        name = index.name
        if where in self.replaced:
            # The old one serves until the new one does.
            name = cut(index.name, "_new", LONGEST_NAME)
            short = qualified(table.schema, name)
            self.names.append(f"ALTER INDEX {short} RENAME TO {quoted(index.name)}")
        self.indexes.append((index.name, _concurrently(table, replace(index, name=name))))

    def _drop_index(self, step: to.DropIndex) -> None:
        where = (step.table.schema, step.index.name)
        name = qualified(*where)
        if where in self.taken:
            return
        self.replaced[where] = name
        if step.index.is_constraint:
            alter = f"ALTER TABLE {qualified(*step.table.key)}"
            self.settle.append(f"{alter} DROP CONSTRAINT {quoted(step.index.name)}")
        else:
            self.unused.append((step.index.name, f"DROP INDEX CONCURRENTLY {name}"))

    def _key(self, step: to.AddForeignKey) -> None:
        table, key = step.table, step.key
        # One that only changes what it does is replaced in one transaction.
        dropped = self.keys.pop((table.key, key.name), None)
        text = render.add_foreign_key(table, key)
        if table.key in self.made and self._is_keyed(key.table, key.references):
            self.add.append(text)
            return
        if dropped is not None:
            self.check.append(dropped)
        text += " NOT VALID"
        if not _leads(table, key.columns):
            text = _ignored("FM601", "the schema asks for no index of these columns", text)
        self.check.append(text)
        alter = f"ALTER TABLE {qualified(*table.key)}"
        self.validate.append(f"{alter} VALIDATE CONSTRAINT {quoted(key.name)}")

    def _is_keyed(self, table: tuple[str | None, str], columns: Sequence[str]) -> bool:
        """Say whether what a key refers to is unique before any index is built."""
        known = next((one for one in self.before.tables if one.key == table), None)
        if table in self.made or known is None:
            return True
        key = known.primary_key
        return (key is not None and set(key.columns) == set(columns)) or any(
            one.is_unique and {column.name for column in one.columns} == set(columns)
            for one in known.indexes
        )

    # Columns

    def _alter(self, step: to.AlterTable) -> None:
        alter = f"ALTER TABLE {qualified(*step.before.key)}"
        for column in step.added:
            self._add_column(step.after, alter, column)
        for change in step.changed:
            self._change(step, alter, change)
        if step.added_key is not None:
            self._primary(step, alter, step.added_key)
        elif step.dropped_key is not None:
            self.settle.append(f"{alter} DROP CONSTRAINT {quoted(step.dropped_key.name)}")
        elif step.renamed_key is not None:
            self.names += statements_of(
                to.AlterTable(step.before, step.after, None, step.renamed_key)
            )
        if step.dropped:
            lines = ", ".join(f"DROP COLUMN {quoted(column.name)}" for column in step.dropped)
            self.drop.append(_ignored("FM201", _NAMES, f"{alter} {lines}"))

    def _add_column(self, table: Table, alter: str, column: Column) -> None:
        name = quoted(column.name)
        if not is_filled(column):
            self.add.append(_as_asked(column, f"{alter} ADD COLUMN {render.column_line(column)}"))
            return
        text = f"{alter} ADD COLUMN {name} {render.array_type(column)}"
        self.add.append(_as_asked(column, text))
        if column.is_serial:
            sequence = qualified(
                table.schema, cut(f"{table.name}_{column.name}", "_seq", LONGEST_NAME)
            )
            whole = f"{qualified(*table.key)}.{name}"
            self.add.insert(-1, f"CREATE SEQUENCE {sequence}{_as(column)}")
            self.add.append(
                f"{alter} ALTER COLUMN {name} SET DEFAULT nextval({render.text(sequence)})"
            )
            self.add.append(f"ALTER SEQUENCE {sequence} OWNED BY {whole}")
        else:
            self.add.append(f"{alter} ALTER COLUMN {name} SET DEFAULT {render.default_of(column)}")
        text = _FILL.format(table=qualified(*table.key), name=name)
        self.fill.append((f"{table.name}_{column.name}", text))

    def _change(self, step: to.AlterTable, alter: str, change: ColumnChange) -> None:
        is_required = change.arity and change.after.arity == "required"
        rest = replace(change, arity=False) if is_required else change
        if rest.is_any:
            self.add += statements_of(
                to.AlterTable(
                    step.before, step.after, changed=(rest,), free_sequences=step.free_sequences
                )
            )
        if rest.serial and change.after.is_serial:
            self.add.append(_behind(step.after, change.after))
        if is_required:
            self._require(step.after, alter, change.after)

    def _require(self, table: Table, alter: str, column: Column) -> None:
        # Not by the name that PostgreSQL itself gives what makes a column NOT NULL.
        name = quoted(cut(f"{table.name}_{column.name}", "_required", LONGEST_NAME))
        here = quoted(column.name)
        self.check.append(f"{alter} ADD CONSTRAINT {name} CHECK ({here} IS NOT NULL) NOT VALID")
        value = "DEFAULT" if is_filled(column) else "…"
        self.first.append(
            f"First: UPDATE {qualified(*table.key)} SET {here} = {value} WHERE {here} IS NULL;"
        )
        self.validate.append(f"{alter} VALIDATE CONSTRAINT {name}")
        self.settle.append(f"{alter} ALTER COLUMN {here} SET NOT NULL")
        # In a statement of its own: one statement would drop it before it is looked at.
        self.settle.append(f"{alter} DROP CONSTRAINT {name}")

    def _primary(self, step: to.AlterTable, alter: str, key: PrimaryKey) -> None:
        """Make a primary key of an index, one that is there already or one that is built."""
        there = next((one for one in step.before.indexes if _is_over(one, key)), None)
        if there is not None and not _is_kept(there, step.after):
            name = there.name
            self.taken.add((step.before.schema, name))
            self.unused = [one for one in self.unused if one[0] != name]
        else:
            name = cut(key.name, "_new", LONGEST_NAME)
            columns = render.names(key.columns)
            table = qualified(*step.before.key)
            text = f"CREATE UNIQUE INDEX CONCURRENTLY {quoted(name)} ON {table}({columns})"
            self.indexes.append((key.name, text))
        gone = f"DROP CONSTRAINT {quoted(step.dropped_key.name)}, " if step.dropped_key else ""
        made = f"ADD CONSTRAINT {quoted(key.name)} PRIMARY KEY USING INDEX {quoted(name)}"
        self.settle.append(f"{alter} {gone}{made}")


def _one(name: str, about: str, statements: list[str]) -> Iterator[tuple[str, str, str]]:
    if statements:
        yield name, about, "".join(f"{one};\n" for one in statements)


def _ignored(code: str, why: str, statement: str) -> str:
    return f"-- forebay: ignore[{code}] {why}\n{statement}"


def _as_asked(column: Column, statement: str) -> str:
    is_json = column.type.name == "JSON"
    return _ignored("FM308", "the schema asks for json", statement) if is_json else statement


def _concurrently(table: Table, index: Index) -> str:
    return render.create_index(table, index).replace("INDEX ", "INDEX CONCURRENTLY ", 1)


def _is_over(index: Index, key: PrimaryKey) -> bool:
    """Say whether a primary key can be made of an index."""
    return (
        index.is_unique
        and index.where is None
        and not index.is_constraint
        and not any(one.sort == "Desc" or one.ops for one in index.columns)
        and tuple(one.name for one in index.columns) == key.columns
    )


def _is_kept(index: Index, after: Table) -> bool:
    return any(one.name == index.name for one in after.indexes)


def _leads(table: Table, columns: Sequence[str]) -> bool:
    """Say whether a table has an index that begins with columns."""
    found = [[column.name for column in one.columns] for one in table.indexes if not one.where]
    found += [list(table.primary_key.columns)] if table.primary_key is not None else []
    return any(set(one[: len(columns)]) == set(columns) for one in found)


def _as(column: Column) -> str:
    return "" if column.type.text == "BIGINT" else f" AS {column.type.text}"


def _behind(table: Table, column: Column) -> str:
    """Have a sequence go on behind the numbers that are there."""
    name, whole = quoted(column.name), qualified(*table.key)
    sequence = f"pg_get_serial_sequence({render.text(whole)}, {render.text(column.name)})"
    # An oid knows no sums.
    next_one = f"SELECT coalesce(max({name})::bigint, 0) + 1 FROM {whole}"
    return f"SELECT setval({sequence}, ({next_one}), false)"
