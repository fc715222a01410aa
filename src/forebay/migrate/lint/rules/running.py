"""What the linter says of the client that runs while a script does: which of its queries fail."""

from forebay.migrate.lint.registry import Page, Severity, told

_INSTEAD = """Take two migrations, with the deployment between them: the first only adds, the second
takes away what no client asks for any more. `forebay migrate roll-out` prints both."""
_HOW = """Clients name every column that they know, and none that they do not. The linter is told
which client runs with --client or --client-revision; with --database, where none is named, it takes
the one that the applied migrations are for, and says so one level lower."""

FAILS = told(
    "FM701",
    "running-client-fails",
    Severity.ERROR,
    Page(
        about="Queries of the client that runs fail once the script has.",
        why=f"""Between the migration and the last old instance that is replaced, old code meets the
new database. {_HOW}""",
        instead=_INSTEAD,
        bad='-- model Reader { id Int @id  city String }\nALTER TABLE "Reader" DROP COLUMN "city";',
        good="-- model Reader { id Int @id  city String }\n"
        'ALTER TABLE "Reader" ADD COLUMN "town" text;',
    ),
    danger="clients",
)
MAY_FAIL = told(
    "FM702",
    "running-client-may-fail",
    Severity.WARNING,
    Page(
        about="Queries of the client that runs fail on some values once the script has run.",
        why=f"""A value that is too long, a null where the client has no place for one, a duplicate:
the finding says what must be so. {_HOW}""",
        instead=_INSTEAD,
        bad="-- model Reader { id Int @id  city String }\n"
        'ALTER TABLE "Reader" ALTER COLUMN "city" DROP NOT NULL;',
        good="-- model Reader { id Int @id  city String? }\n"
        'ALTER TABLE "Reader" ALTER COLUMN "city" DROP NOT NULL;',
    ),
    danger="clients",
)
BEHAVES = told(
    "FM703",
    "running-client-behaves-otherwise",
    Severity.NOTE,
    Page(
        about="Queries of the client that runs do something else once the script has run.",
        why=f"A delete that takes other rows with it is no error, and nobody is told. {_HOW}",
        instead=_INSTEAD,
        bad="-- model Reader { id Int @id  stars Star[] }\n"
        "-- model Star { id Int @id  by Int  reader Reader"
        " @relation(fields: [by], references: [id]) }\n"
        'ALTER TABLE "Star" DROP CONSTRAINT "Star_by_fkey",\n'
        '    ADD CONSTRAINT "Star_by_fkey" FOREIGN KEY ("by") REFERENCES "Reader" ("id")'
        " ON DELETE CASCADE;",
        good='ALTER TABLE "Star" ADD COLUMN "note" text;',
    ),
    danger="clients",
)
