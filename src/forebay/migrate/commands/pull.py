"""`db pull`: the schema that a database asks for, with what the user gave the one before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import psycopg

from forebay.errors import SchemaError
from forebay.migrate import texts
from forebay.migrate.connect import connect, schema_of
from forebay.migrate.introspect.scope import Scope
from forebay.migrate.to_schema.pulled import NEW_FILE, Pulled, to_schema
from forebay.migrate.where import direct_url
from forebay.postgres.url import PostgresUrl
from forebay.schema.check import Checked
from forebay.schema.diagnostics import render
from forebay.schema.files import DEFAULTS, Located, find_schema
from forebay.schema.load import judge
from forebay.schema.replace import replace_file
from forebay.schema.tree import Block

Files: TypeAlias = Sequence[tuple[str, str]]

# What a schema begins with where there was none.
_FIRST = 'datasource db {\n  provider = "postgresql"\n}\n'

# Where the definitions of views go, beside the schema.
_VIEWS = "views"


@dataclass(frozen=True, slots=True)
class Pull:
    """What came of it: the schema, the files that it belongs in, and what changed in them."""

    pulled: Pulled
    path: Path
    files: tuple[tuple[Path, str], ...]
    changes: tuple[str, ...]


def pull(
    path: Path | None,
    folder: Path | None = None,
    url: PostgresUrl | None = None,
    *,
    is_fresh: bool = False,
    schemas: Sequence[str] | None = None,
) -> Pull:
    """Return the schema of a database; nothing is written.

    ``is_fresh`` forgets models and enums that the schema before holds, ``schemas`` are those to
    look at in place of the datasource's.

    Raises:
        ConfigurationError: there is no schema, and no URL.
        SchemaError: the schema before is not sound.
        MigrationError: the database is empty (P4001), or refers to a schema that is not looked at
            (P4002).
    """
    located = _located(path, folder or Path(), url)
    before = _checked(located.files, is_fresh=is_fresh)
    given = url or direct_url(before.schema.datasource)
    new_file = _new_file(located.files)
    pulled = _pulled(before, located.files, new_file, given, schemas, is_fresh)
    return Pull(pulled, located.path, _placed(located, pulled), tuple(_changes(before, pulled)))


def pulled_from(files: Files, url: PostgresUrl, *, is_fresh: bool = False) -> Pulled:
    """Return the schema of a database, with what the files of a schema before it say.

    Raises:
        SchemaError, MigrationError: as of `pull`.
    """
    before = _checked(files, is_fresh=is_fresh)
    return _pulled(before, files, _new_file(files), url, None, is_fresh)


def _pulled(
    before: Checked,
    files: Files,
    new_file: str,
    url: PostgresUrl,
    schemas: Sequence[str] | None,
    is_fresh: bool,
) -> Pulled:
    source = before.schema.datasource
    named = list(schemas) if schemas else source.schemas if source is not None else None
    with connect(url) as connection:
        # Prisma 6 has no partial indexes, and Prisma 7 wants a generator to say that it may.
        has_partial = before.prisma >= 7 and bool(before.schema.generators)
        scope = Scope(named, schema_of(url), has_partial)
        found = scope.look(connection)
        _check(named or [scope.default], connection)
    pulled = to_schema(
        found, before, files, new_file=new_file, schemas=schemas or None, is_fresh=is_fresh
    )
    if not (pulled.models or pulled.enums or pulled.views):
        raise texts.nothing_there()
    return pulled


def write(done: Pull) -> None:
    """Write the files, each at once.

    Raises:
        ConfigurationError: one cannot be written.
    """
    for path, text in done.files:
        if not path.exists() or path.read_bytes() != text.encode():
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, text)


def _located(path: Path | None, folder: Path, url: PostgresUrl | None) -> Located:
    """Find the schema; where there is none and a URL is given, one begins."""
    wanted = folder / (path or DEFAULTS[0])
    if url is not None and not wanted.exists():
        is_usual = path is None and any((folder / name).exists() for name in DEFAULTS)
        if not is_usual:
            return Located(wanted, [wanted], [(str(path or DEFAULTS[0]), _FIRST)])
    return find_schema(path, folder)


def _checked(files: Files, *, is_fresh: bool) -> Checked:
    checked = judge(files).checked
    if not checked.errors:
        return checked
    if is_fresh:
        # What models say is forgotten anyway; generators and datasource have to be sound.
        bare = judge(_configuration(files, checked)).checked
        if not bare.errors:
            return replace(checked, schema=bare.schema, errors=[])
        checked = bare
    first = checked.errors[0]
    place = checked.source.place(first.start)
    raise SchemaError(
        f"{place.file}:{place.line}:{place.column}: {first.message}",
        hint=first.hint,
        rendered=render(checked.source, checked.errors, with_hints=True),
    )


def _configuration(files: Files, checked: Checked) -> list[tuple[str, str]]:
    """Return the files with generators and datasource alone."""
    text = checked.source.text
    return [
        (
            name,
            "".join(
                f"{text[block.start : block.end]}\n"
                for block in tree.blocks
                if block.kind in ("generator", "datasource")
            ),
        )
        for (name, _), tree in zip(files, checked.trees, strict=True)
    ]


def _check(schemas: Sequence[str], connection: psycopg.Connection[Any]) -> None:
    """Make sure that no foreign key leads out of the schemas that are looked at."""
    row = connection.execute(_LEADS_OUT, {"schemas": list(schemas)}).fetchone()
    if row is not None:
        raise texts.leads_out(*row)


_LEADS_OUT = """
select n.nspname, c.relname, fn.nspname, f.relname, con.conname
from pg_constraint con
join pg_class c on c.oid = con.conrelid
join pg_namespace n on n.oid = c.relnamespace
join pg_class f on f.oid = con.confrelid
join pg_namespace fn on fn.oid = f.relnamespace
where con.contype = 'f' and n.nspname = any(%(schemas)s) and fn.nspname <> all(%(schemas)s)
order by n.nspname, c.relname, con.conname limit 1
"""


def _new_file(files: Files) -> str:
    if len(files) == 1:
        return files[0][0]
    return (Path(files[0][0]).parent / NEW_FILE).as_posix()


def _placed(located: Located, pulled: Pulled) -> tuple[tuple[Path, str], ...]:
    """Return the paths of all files, and of the views' definitions, with their texts."""
    paths = {name: path for (name, _), path in zip(located.files, located.paths, strict=True)}
    home = located.path if located.path.is_dir() else located.path.parent
    out = [(paths.get(name, home / NEW_FILE), text) for name, text in pulled.files]
    out += [
        (home / _VIEWS / view.schema / f"{view.name}.sql", f"{view.definition.strip()}\n")
        for view in pulled.views
    ]
    return tuple(out)


def _changes(before: Checked, pulled: Pulled) -> list[str]:
    """Return what became of each block: added, removed, or changed."""
    after = judge(pulled.files, before.prisma).checked
    old, new = _blocks(before), _blocks(after)
    out = [f"[-] Removed {kind} `{name}`" for kind, name in old if (kind, name) not in new]
    for (kind, name), text in new.items():
        if (kind, name) not in old:
            out.append(f"[+] Added {kind} `{name}`")
        elif old[kind, name] != text:
            out.append(f"[*] Changed {kind} `{name}`")
    return out


def _blocks(checked: Checked) -> dict[tuple[str, str], list[str]]:
    """Return the words of every block: how it is laid out is no change."""
    text = checked.source.text
    blocks: list[Block] = [block for tree in checked.trees for block in tree.blocks]
    return {(one.kind, one.name): text[one.start : one.end].split() for one in blocks}
