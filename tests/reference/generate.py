"""Makes random schemas, most of them valid, from a seed: the same seed makes the same schema."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tests.reference import words
from tests.reference.cases import URL
from tests.reference.layout import laid_out


@dataclass
class Column:
    """A field as it will be written: its words, and what others have to know of it."""

    name: str
    type: str
    arity: str = ""
    attributes: list[str] = field(default_factory=list)
    native: str = ""

    @property
    def words(self) -> list[str]:
        """Return the words of its line."""
        native = [f"@db.{self.native}"] if self.native else []
        return [self.name, self.type + self.arity, *self.attributes, *native]


@dataclass
class Table:
    """A model as it will be written."""

    name: str
    columns: list[Column] = field(default_factory=list)
    attributes: list[str] = field(default_factory=list)
    key: list[Column] = field(default_factory=list)
    is_view: bool = False

    def free_name(self, chance: random.Random, wanted: str) -> str:
        """Return a name that no field has."""
        taken = {column.name for column in self.columns}
        while wanted in taken:
            wanted += chance.choice(("2", "_x", "Other"))
        return wanted

    def plain(self) -> list[Column]:
        """Return the fields that hold one plain value."""
        return [column for column in self.columns if column.type in words.NATIVE]


class Maker:
    """Makes one schema."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.tables: list[Table] = []
        self.enums: dict[str, list[str]] = {}
        self.relations = 0
        self.uniques = 0
        self.related: set[frozenset[str]] = set()
        self.has_extensions = self.often(0.05)

    def often(self, share: float) -> bool:
        """Decide something that is so in ``share`` of all cases."""
        return self.chance.random() < share

    def text(self) -> str:
        """Make the whole schema."""
        chance = self.chance
        names = chance.sample(words.SINGULAR, k=chance.randint(1, 9))
        for name in names[: chance.choice((0, 0, 1, 2))]:
            self.enums[f"{name}Kind"] = chance.sample(words.VALUES, k=chance.randint(1, 4))
        has_views = self.often(0.1)
        for name in names:
            self.tables.append(self.table(name, is_view=has_views and self.often(0.3)))
        for _ in range(chance.choice((0, 1, 2, 3, 5, 8))):
            self.relation()
        for table in self.tables:
            self.indexes(table)
        schemas = ["base", "other"] if self.often(0.1) else []
        blocks = [self.datasource(schemas), self.generator(views=has_views)]
        for table in self.tables:
            kind = "view" if table.is_view else "model"
            body = [column.words for column in table.columns]
            rest = [*table.attributes, *self.schema_of(schemas)]
            blocks.append((f"{kind} {table.name}", body, rest))
        for name, values in self.enums.items():
            lines = [[value, *self.value_map(value)] for value in values]
            mapped = [f'@@map("{name.lower()}")'] if self.often(0.2) else []
            blocks.append((f"enum {name}", lines, [*mapped, *self.schema_of(schemas)]))
        if self.often(0.3):
            chance.shuffle(blocks)
        return laid_out(chance, blocks)

    def schema_of(self, schemas: list[str]) -> list[str]:
        """Put a block into one of the schemas, where there are any."""
        return [f'@@schema("{self.chance.choice(schemas)}")'] if schemas else []

    def value_map(self, value: str) -> list[str]:
        """Give a value of an enum a name in the database, at times."""
        return [f'@map("{value.lower()}_")'] if self.often(0.15) else []

    def datasource(self, schemas: list[str]) -> tuple[str, list[list[str]], list[str]]:
        """Make the block that every schema has."""
        lines = ['  provider = "postgresql"', URL.rstrip("\n")]
        if schemas:
            lines.append(f'  schemas  = ["{schemas[0]}", "{schemas[1]}"]')
        if self.often(0.08):
            mode = self.chance.choice(("prisma", "foreignKeys"))
            lines.append(f'  relationMode = "{mode}"')
        if self.has_extensions:
            lines.append('  extensions = [pg_trgm, uuidOssp(map: "uuid-ossp", schema: "public")]')
        return ("datasource db", [[line] for line in lines], [])

    def generator(self, *, views: bool) -> tuple[str, list[list[str]], list[str]]:
        """Make a generator with preview features."""
        lines = ['  provider = "prisma-client-js"']
        features = ["views"] if views else []
        if self.often(0.25):
            features += self.chance.sample(words.PREVIEW, k=self.chance.randint(0, 3))
        if self.often(0.01):
            features.append(self.chance.choice(("nothing", "metrics", "partialIndexes")))
        if self.has_extensions:
            features.append("postgresqlExtensions")
        if features:
            listed = ", ".join(f'"{feature}"' for feature in features)
            lines.append(f"  previewFeatures = [{listed}]")
        if self.often(0.2):
            lines.append('  output   = "../generated"')
        return ("generator client", [[line] for line in lines], [])

    def table(self, name: str, *, is_view: bool) -> Table:
        """Make a model with a criterion and plain fields."""
        table = Table(name, is_view=is_view)
        self.criterion(table)
        for wanted in self.chance.sample(words.FIELDS, k=self.chance.randint(0, 9)):
            table.columns.append(self.column(table.free_name(self.chance, wanted)))
        if self.often(0.2):
            table.attributes.append(f'@@map("{name.lower()}_table")')
        return table

    def criterion(self, table: Table) -> None:
        """Give a model what identifies its rows."""
        chance = self.chance
        id_ = chance.choice(("id", "id", "id", "uid", f"{table.name}_id"))
        kind = chance.choice(("Int", "Int", "String", "String", "BigInt"))
        key = Column(id_, kind)
        table.columns.append(key)
        table.key = [key]
        if table.is_view or self.often(0.06):
            key.attributes.append("@unique")
        elif self.often(0.2):
            second = Column("part", chance.choice(("Int", "String", "DateTime", "Decimal")))
            table.columns.append(second)
            table.key.append(second)
            named = chance.choice(("", "", ', name: "both"', f', map: "{table.name}_p"'))
            attribute = chance.choice(("@@id", "@@id", "@@id", "@@unique"))
            table.attributes.append(f"{attribute}([{id_}, part]{named})")
        else:
            named = "@id" if self.often(0.8) else f'@id(map: "{table.name}_key")'
            key.attributes.append(named)
            if self.often(0.7):
                key.attributes.append(f"@default({chance.choice(words.FUNCTIONS[kind])})")
        if kind == "String" and self.often(0.3):
            key.native = "Uuid"
        if self.often(0.1):
            key.attributes.append(f'@map("{id_}_column")')

    def column(self, name: str) -> Column:
        """Make one plain field."""
        chance = self.chance
        if self.enums and self.often(0.15):
            return self.enum_column(name)
        if self.often(0.04):
            arity = chance.choice(("", "?", "[]"))
            return Column(name, f'Unsupported("{chance.choice(words.UNSUPPORTED)}")', arity)
        type_ = chance.choice(words.SCALARS)
        column = Column(name, type_, chance.choice(("", "", "", "?", "?", "[]")))
        if self.often(0.3):
            column.native = chance.choice(words.NATIVE[type_])
        if self.often(0.3):
            column.attributes.append(f"@default({self.value(column)})")
        if self.often(0.1) and column.arity != "[]" and column.native != "Xml":
            self.uniques += 1
            named = f'@unique(map: "u_{self.uniques}")'
            column.attributes.append(chance.choice(("@unique", "@unique", named)))
        if self.often(0.1):
            column.attributes.append(f'@map("{name}_column")')
        if type_ == "DateTime" and column.arity != "[]" and self.often(0.2):
            column.attributes.append("@updatedAt")
        if self.often(0.03):
            column.attributes.append("@ignore")
        chance.shuffle(column.attributes)
        return column

    def enum_column(self, name: str) -> Column:
        """Make a field of an enum's type."""
        chance = self.chance
        type_ = chance.choice(sorted(self.enums))
        column = Column(name, type_, chance.choice(("", "?", "[]")))
        if self.often(0.4):
            value = chance.choice(self.enums[type_])
            column.attributes.append(
                f"@default([{value}])" if column.arity == "[]" else f"@default({value})"
            )
        return column

    def value(self, column: Column) -> str:
        """Make a default that suits a field."""
        literals = words.LITERALS[column.type]
        if column.arity == "[]":
            count = self.chance.randint(0, 3)
            return f"[{', '.join(self.chance.choices(literals, k=count))}]"
        if self.often(0.4):
            return self.chance.choice(words.FUNCTIONS[column.type])
        return self.chance.choice(literals)

    def relation(self) -> None:
        """Relate two models, or one with itself."""
        chance = self.chance
        here, there = chance.choice(self.tables), chance.choice(self.tables)
        self.relations += 1
        pair = frozenset((here.name, there.name))
        named = here is there or pair in self.related or self.often(0.3)
        self.related.add(pair)
        name = f'"R{self.relations}"' if named and not self.often(0.01) else ""
        has_ids = all("@id" in table.columns[0].attributes[:1] for table in (here, there))
        if self.often(0.2) and (has_ids or self.often(0.02)):
            self.many_to_many(here, there, name)
        else:
            self.to_one(here, there, name)

    def many_to_many(self, here: Table, there: Table, name: str) -> None:
        """Relate by lists on both sides."""
        attribute = [f"@relation({name})"] if name else []
        for one, other in ((here, there), (there, here)):
            wanted = one.free_name(self.chance, f"{other.name.lower()}s")
            one.columns.append(Column(wanted, other.name, "[]", list(attribute)))

    def to_one(self, here: Table, there: Table, name: str) -> None:
        """Relate by foreign keys in ``here``."""
        chance = self.chance
        optional = "?" if self.often(0.4) else ""
        is_single = self.often(0.3)
        keys = []
        for target in there.key:
            wanted = here.free_name(chance, f"{there.name.lower()}_{target.name}")
            key = Column(wanted, target.type, optional, native=target.native)
            here.columns.append(key)
            keys.append(key)
        if is_single and len(keys) == 1:
            keys[0].attributes.append("@unique")
        elif is_single:
            here.attributes.append(f"@@unique([{', '.join(key.name for key in keys)}])")
        parts = [name] if name else []
        parts.append(f"fields: [{', '.join(key.name for key in keys)}]")
        parts.append(f"references: [{', '.join(key.name for key in there.key)}]")
        for when in ("onDelete", "onUpdate"):
            if self.often(0.3):
                allowed = words.ACTIONS if optional else words.ACTIONS[:3]
                parts.append(f"{when}: {chance.choice(allowed)}")
        if self.often(0.1):
            parts.append(f'map: "fk_{self.relations}"')
        field_ = here.free_name(chance, there.name.lower())
        attribute = f"@relation({', '.join(parts)})"
        here.columns.append(Column(field_, there.name, optional, [attribute]))
        back = there.free_name(chance, f"{here.name.lower()}{'' if is_single else 's'}")
        other = [f"@relation({name})"] if name else []
        there.columns.append(Column(back, here.name, "?" if is_single else "[]", other))

    def indexes(self, table: Table) -> None:
        """Index a model's fields in several ways."""
        chance = self.chance
        plain = table.plain()
        while not table.is_view and self.often(0.3):
            chosen = chance.sample(plain, k=min(len(plain), chance.choice((1, 1, 2, 3))))
            parts = [self.part(column) for column in chosen]
            attribute = chance.choice(("@@index", "@@index", "@@unique"))
            options = [f"[{', '.join(parts)}]"]
            if attribute == "@@index" and self.often(0.1):
                options.append(f"type: {self.index_type(chosen)}")
            if self.often(0.2):
                options.append(f'map: "{table.name}_{len(table.attributes)}"')
            if attribute == "@@unique" and self.often(0.2):
                options.append(f'name: "n{len(table.attributes)}"')
            table.attributes.append(f"{attribute}({', '.join(options)})")

    def index_type(self, chosen: list[Column]) -> str:
        """Choose a type of index that suits the fields, mostly."""
        if self.often(0.05) or len(chosen) != 1:
            return self.chance.choice(
                words.INDEX_TYPES[:2] if self.often(0.9) else words.INDEX_TYPES
            )
        if chosen[0].arity == "[]" or chosen[0].type == "Json":
            return "Gin"
        return self.chance.choice(("BTree", "Hash", "Brin"))

    def part(self, column: Column) -> str:
        """Make one field of an index."""
        if self.often(0.15):
            return f"{column.name}(sort: {self.chance.choice(('Asc', 'Desc'))})"
        if self.often(0.01):
            return f"{column.name}(ops: {self.chance.choice(words.OPERATORS)})"
        return column.name


def make_schema(seed: int) -> str:
    """Make the schema of a seed."""
    return Maker(seed).text()
